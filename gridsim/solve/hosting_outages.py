"""What a load added at a candidate bus does to the loadings after outages: the N-1 side of hosting capacity.

What counts is the highest loading of every element over all outages: after none of them may it pass its limit, or rise
by more than a little where some outage brings it above the limit without the addition. No outage may be left without a
solution that has one without the addition. Tap changers settle with the addition before the outage and stand still
after it, as in :func:`gridsim.solve_contingencies`.

Solving all outages takes hundreds of times as long as a step without any. So only the steps are looked at in which some
element has one of its highest loadings before outages, which is where its own outage shifts most and its limit is
nearest: the *sample*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.enums import LoadingBasis, StepStatus
from gridsim.solve.contingency import NO_OUTAGE
from gridsim.solve.contingency_solver import ContingencySolver
from gridsim.solve.hosting_room import Answers, Room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridsim.dtypes import AnyArray, BoolArray, FloatArray, IndexArray
    from gridsim.solve.contingency import Contingency
    from gridsim.solve.hosting_grid import HostingGrid
    from gridsim.solve.options import SolveOptions

#: How many of its highest steps each element brings into the sample.
HIGHEST_STEPS = 3
#: Questions solved in one call. Bounds the memory of their results; no result depends on it.
QUESTIONS_AT_ONCE = 256


class HostingOutages:
    """Solves steps of one topology after every outage, with a load added at a candidate bus.

    Parameters
    ----------
    grid:
        The topology and its steps without outages.
    contingencies:
        What is taken out, elements of the net of ``grid``.
    limit_percent, added_percent:
        As for :class:`gridsim.solve.hosting_grid.HostingGrid`.
    options, basis:
        As for :class:`gridsim.solve.newton_solver.NewtonSolver`.

    Attributes
    ----------
    names:
        Names of the outages.
    steps:
        The sample, ascending; only steps that are solved without outages. Shape (n_sample,).
    is_fed:
        As of ``grid``.
    cut_off_by:
        First outage that leaves each candidate without a source, -1 where none does. Shape (n_candidate,).
    n_unsolved:
        Cases of the sample, steps times outages, without solution before any addition. They hold nothing.
    room:
        By how much the highest loadings of the sample may rise.
    """

    def __init__(
        self,
        grid: HostingGrid,
        contingencies: Sequence[Contingency],
        *,
        limit_percent: AnyArray | float,
        added_percent: float,
        options: SolveOptions,
        basis: LoadingBasis = LoadingBasis.current,
    ) -> None:
        self.names = [contingency.name for contingency in contingencies]
        self.is_fed = grid.is_fed
        self._grid = grid
        self._solver = ContingencySolver(grid.net, contingencies, options, basis, solver=grid.solver)
        self.cut_off_by = np.full(len(grid.load_row), -1)
        for k in reversed(range(len(contingencies))):
            self.cut_off_by[self._solver.loads_cut_off(k)[grid.load_row]] = k
        highest = grid.room.highest_rows(HIGHEST_STEPS)
        self.steps: IndexArray = highest[grid.is_solved[highest]]
        nothing = np.zeros(len(self.steps), dtype=np.int64)
        highest_loading, _, is_open = self._solve(nothing, self.steps, nothing.astype(np.float64))
        self._is_open_before = is_open
        self.n_unsolved = int(is_open.sum())
        limit = np.broadcast_to(limit_percent, (len(grid.steps), highest_loading.shape[1]))[self.steps]
        self.room = Room(highest_loading, limit, added_percent, options.threads)

    def ask(self, candidates: IndexArray, steps: IndexArray, mw: FloatArray) -> Answers:
        """Solve steps of the sample with MW at candidates after every outage, all of shape (n,)."""
        rows = np.searchsorted(self.steps, steps)
        loading, cause, is_open = self._solve(candidates, steps, mw)
        is_new = is_open & ~self._is_open_before[rows]
        has_new = np.asarray(is_new.any(axis=1))
        answers = self.room.judge(loading, rows, mw, ~has_new)
        held = np.maximum(answers.column, 0)
        outage = np.where(answers.column >= 0, cause[np.arange(len(rows)), held], -1)
        first_new = np.where(is_open.all(axis=1), -1, is_new.argmax(axis=1))
        return answers._replace(outage=np.where(has_new, first_new, outage))

    def name_of(self, outage: int) -> str:
        """Return the name of an outage, ``none`` for -1."""
        return self.names[outage] if outage >= 0 else NO_OUTAGE

    def rises(self, candidates: IndexArray, steps: IndexArray, mw: FloatArray) -> AnyArray:
        """Return the rise of the highest loadings kept in percent per MW at such questions, shape (n, n_kept)."""
        return self.room.rises(self._solve(candidates, steps, mw)[0], np.searchsorted(self.steps, steps), mw)

    def _solve(
        self, candidates: IndexArray, steps: IndexArray, mw: FloatArray
    ) -> tuple[FloatArray, IndexArray, BoolArray]:
        """Return highest loading and its outage, (n, n_column), and which cases have no solution, (n, n_outage)."""
        parts = [
            self._solve_some(candidates[some], steps[some], mw[some])
            for first in range(0, max(len(steps), 1), QUESTIONS_AT_ONCE)
            for some in (slice(first, first + QUESTIONS_AT_ONCE),)
        ]
        loading, cause, is_open = (np.concatenate(part) for part in zip(*parts, strict=True))
        return loading, cause, is_open

    def _solve_some(
        self, candidates: IndexArray, steps: IndexArray, mw: FloatArray
    ) -> tuple[FloatArray, IndexArray, BoolArray]:
        grid = self._grid
        found: Any = self._solver.solve(
            grid.added(candidates, steps, mw),
            len(steps),
            limit_percent=np.inf,
            start_tap_pos=grid.start_taps(steps),
        )
        failed = found.failed
        is_open = np.zeros((len(steps), len(self.names)), dtype=np.bool_)
        is_unsolved = failed.status != int(StepStatus.de_energised)
        # A step without solution before any outage, contingency -1, has none after any.
        of_step = is_unsolved & (failed.contingency < 0)
        is_open[failed.step[of_step]] = True
        of_case = is_unsolved & (failed.contingency >= 0)
        is_open[failed.step[of_case], failed.contingency[of_case]] = True
        return found.worst_percent, found.cause, is_open
