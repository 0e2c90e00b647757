"""One block of a grid after every single outage: the worst loading of each winding, and what fails.

Outages are those of :func:`gridsim.studies.n1_study.single_outages` without rows of ``gen``: each transformer, line and
unit of given output. A row of ``gen`` is a whole plant or tie that holds the voltage of its busbar; its outage would be
a net of its own in every hour, and no single fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.enums import StepStatus
from gridsim.studies.n1_study import single_outages

if TYPE_CHECKING:
    from collections.abc import Collection

    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.grid.stages import Block
    from gridsim.solve.contingency_solver import ContingencySolver, FailedCases
    from gridsim.studies.lead_lag_run import Solving

#: Tables whose rows are no single outage here.
LEFT_OUT = "gen"
#: In place of an outage where the loading with nothing out is the highest.
NOTHING_OUT = -1
#: Lists of outages kept ready for a block.
KEPT_LISTS = 3


@dataclass(frozen=True)
class AfterOutages:
    """Solved steps after every outage of a list.

    Attributes
    ----------
    names:
        The outages.
    percent, cause:
        Highest loading of each winding after any outage or none, NaN where out of service, and the place of the outage
        in ``names``, ``NOTHING_OUT`` where it is highest before any. Shape (n_column, n_step).
    is_failed:
        Steps without solution before any outage. Shape (n_step,).
    cases:
        Outages without solution, or with load that no source reaches.
    is_above:
        Whether an outage brings a winding above the loading asked about in some step. Shape (n_outage, n_column).
    """

    names: tuple[str, ...]
    percent: FloatArray
    cause: IndexArray
    is_failed: BoolArray
    cases: FailedCases
    is_above: BoolArray

    def unsolved(self) -> set[tuple[str, int]]:
        """Return outage and step of the cases without solution."""
        cases = self.cases
        mine = (cases.contingency >= 0) & (cases.status != int(StepStatus.de_energised))
        places, steps = cases.contingency[mine].tolist(), cases.step[mine].tolist()
        return {(self.names[place], step) for place, step in zip(places, steps, strict=True)}

    def cut_off_mw(self, step: int) -> dict[str, float]:
        """Return the load (MW) that each outage leaves without a source at a step, those with none left out."""
        cases = self.cases
        is_cut = cases.status == int(StepStatus.de_energised)
        mine = (cases.contingency >= 0) & (cases.step == step) & is_cut
        places, lost = cases.contingency[mine].tolist(), cases.lost_mw[mine].tolist()
        return {self.names[place]: mw for place, mw in zip(places, lost, strict=True)}

    def put(self, rows: IndexArray, other: AfterOutages) -> None:
        """Write the loadings of another list of outages, part of this one, at some of the steps."""
        place = np.array([*map(self.names.index, other.names), NOTHING_OUT])
        self.percent[:, rows] = other.percent
        self.cause[:, rows] = place[other.cause]


class OutageBlock:
    """One block of a grid, ready to solve any of its steps after outages; the taps start as in the whole block.

    ``sampled`` are the steps, ascending, that are asked for most; their injections are kept.
    """

    def __init__(self, grid: StagedGrid, block: Block, solving: Solving, sampled: IndexArray) -> None:
        self.block = block
        self._grid, self._solving = grid, solving
        profiles = grid.profiles_for(block)
        self._sampled = sampled
        self._kept = {key: values[sampled - block.start_step] for key, values in profiles.items()}
        self._net = solving.net_of(grid, block, profiles)
        outages = single_outages(grid, grid.stages[block.stage_index], self._net)
        self.outages = {outage.name: outage for outage in outages if LEFT_OUT not in outage.elements}
        self._lists: dict[frozenset[str], ContingencySolver] = {}

    def solve(self, steps: IndexArray, names: Collection[str], above_percent: float) -> AfterOutages:
        """Solve ascending steps after each of the outages named, those that the block does not know left out."""
        known = tuple(name for name in self.outages if name in names)
        solver = self._solver_of(known)
        found = solver.solve(self._profiles(steps), len(steps), limit_percent=above_percent, from_settled_taps=True)
        kept = self._solving.columns.kept
        before = np.asarray(found.before.loading.columns, dtype=np.float64)[:, kept].T
        worst, cause = found.worst_percent[:, kept].T, found.cause[:, kept].T
        is_worse = worst > np.where(np.isnan(before), -np.inf, before)
        return AfterOutages(
            names=known,
            percent=np.where(is_worse, worst, before),
            cause=np.where(is_worse, cause, NOTHING_OUT),
            is_failed=~found.before.is_solved,
            cases=found.failed,
            is_above=found.violations[:, kept] > 0,
        )

    def _solver_of(self, names: tuple[str, ...]) -> ContingencySolver:
        from gridsim.solve.contingency_solver import ContingencySolver  # noqa: PLC0415  loads numba

        key = frozenset(names)
        if key not in self._lists:
            if len(self._lists) >= KEPT_LISTS:
                self._lists.pop(next(iter(self._lists)))
            outages = [self.outages[name] for name in names]
            self._lists[key] = ContingencySolver(self._net, outages, self._solving.options, self._solving.basis)
        return self._lists[key]

    def _profiles(self, steps: IndexArray) -> dict[tuple[str, str], FloatArray]:
        place = np.searchsorted(self._sampled, steps)
        if len(self._sampled) and (self._sampled[np.minimum(place, len(self._sampled) - 1)] == steps).all():
            return {key: np.ascontiguousarray(values[place]) for key, values in self._kept.items()}
        serving = self._grid.stages[self.block.stage_index].in_service["bus"]
        first = int(steps[0])
        whole = self._grid.injections.element_profiles(first, int(steps[-1]) + 1, serving)
        return {key: np.ascontiguousarray(values[steps - first]) for key, values in whole.items()}
