"""One change of the grid, tried in the hours by which a fix of a bank is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.grid.fix_change import GridChange
    from gridsim.studies.fix_bench import FixBench, RunState

#: Overload that a fix causes elsewhere, as a share of what it takes away, that does not make it a cause of overloads.
NEGLIGIBLE_SHARE = 0.01


@dataclass(frozen=True)
class Trial:
    """What a change does in the steps that were solved.

    Attributes
    ----------
    steps:
        The steps, ascending. Shape (n_step,).
    own_mva:
        Overload of the bank, MVA; in a step that has no solution with the change it is that of before, because what is
        not known was not taken away. Shape (n_step,).
    is_failed:
        Whether a step has no solution. Shape (n_step,).
    caused_mvah:
        Overload of every other bank in steps at which it had none before, MVA h. Shape (n_bank,).
    others_mvah:
        Change of the overload of all other banks in these steps, MVA h; negative where they are relieved.
    """

    steps: IndexArray
    own_mva: FloatArray
    is_failed: BoolArray
    caused_mvah: FloatArray
    others_mvah: float
    step_h: float

    @property
    def own_mvah(self) -> float:
        """Overload of the bank, MVA h."""
        return float(self.own_mva.sum()) * self.step_h

    @property
    def failed_h(self) -> float:
        """Hours without solution."""
        return float(self.is_failed.sum()) * self.step_h

    @property
    def badness(self) -> tuple[float, float]:
        """Hours without solution, and after them the overload of the bank: less is better."""
        return self.failed_h, self.own_mvah

    @property
    def first_step(self) -> int | None:
        """First step at which the bank is above its limit."""
        above = np.flatnonzero(self.own_mva > 0.0)
        return int(self.steps[above[0]]) if len(above) else None

    def leaves_nothing(self, before_mvah: float, failed_before_h: float) -> bool:
        """Whether the bank has no overload left and nothing else got worse."""
        is_quiet = float(self.caused_mvah.sum()) <= NEGLIGIBLE_SHARE * before_mvah
        return self.own_mvah == 0.0 and is_quiet and self.failed_h <= failed_before_h


def try_change(bench: FixBench, state: RunState, change: GridChange, bank: int, steps: IndexArray) -> Trial:
    """Solve ascending steps with a change, and compare with the run that ``state`` tells of."""
    grid = bench.changed(change)
    step_h = float(grid.scenario.horizon.resolution_h)
    own, failed = [], []
    caused, others = np.zeros(len(bench.banks)), 0.0
    for part, loading in bench.loadings(grid, steps):
        after = bench.by_bank(bench.overload_mva(loading, part))
        before = state.at(part)
        own.append(np.where(loading.is_failed, before[bank], after[bank]))
        failed.append(loading.is_failed)
        is_known = ~loading.is_failed & ~state.is_failed[part]
        new = np.where((before == 0.0) & is_known, after, 0.0).sum(axis=1) * step_h
        change_mvah = np.where(is_known, after - before, 0.0).sum(axis=1) * step_h
        new[bank] = change_mvah[bank] = 0.0
        caused += new
        others += float(change_mvah.sum())
    return Trial(steps, np.concatenate(own), np.concatenate(failed), caused, others, step_h)
