"""All contingencies of one net: through the outage kernels, and what those leave open as a net of its own.

Tap changers stand where they have settled before the outage: what counts is the minute after the fault, in which no
tap has moved. Generators hold their voltages, the slack balances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.compiled.injection import check_profiles
from gridsim.compiled.outage_lanes import grid_outage
from gridsim.compiled.ratings import loading_columns
from gridsim.dtypes import INDEX
from gridsim.enums import LoadingBasis, StepStatus
from gridsim.kernels.jit import IS_COMPILED
from gridsim.solve.newton_solver import NewtonSolver
from gridsim.solve.outage_net import OutageNet, served_loads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.compiled.injection import Profiles
    from gridsim.compiled.outage_lanes import GridOutage
    from gridsim.dtypes import AnyArray, BoolArray, FloatArray, IndexArray, StatusArray
    from gridsim.solve.contingency import Contingency
    from gridsim.solve.options import SolveOptions
    from gridsim.solve.outage_batch import OutageBatch
    from gridsim.solve.solution import BatchSolution

#: A loading above the limit counts as a violation of an outage only where it adds at least so many percentage points.
ADDED_PERCENT = 0.1


@dataclass
class FailedCases:
    """Cases without solution, or with load that no source reaches; one entry each.

    Attributes
    ----------
    contingency:
        Its place in the list, -1 for a step that has no solution before any outage. Shape (n_failed,).
    step, status, lost_mw:
        Step, :class:`gridsim.StepStatus`, and load without supply. Shape (n_failed,).
    """

    contingency: IndexArray
    step: IndexArray
    status: StatusArray
    lost_mw: FloatArray


@dataclass(frozen=True)
class ContingencyBatch:
    """Result of all contingencies of a batch.

    Attributes
    ----------
    before:
        Solution before any outage.
    worst_percent, cause:
        Largest loading of every column after any contingency, NaN where there is none, and the place of the
        contingency, -1 likewise. Shape (n_step, n_column); columns as in
        :class:`gridsim.solve.solution.LoadingArrays`.
    failed:
        Failed cases.
    violations, peak_percent, peak_step:
        For every contingency and column the number of steps above the limit, the largest loading among them, and its
        first step. Shape (n_contingency, n_column).
    n_case, n_unsolved, n_skipped, n_slow:
        Contingencies times steps; those without solution, those that step before any outage has none included; those
        not solved because a bound proves them harmless; those solved as nets of their own.
    """

    before: BatchSolution
    worst_percent: FloatArray
    cause: IndexArray
    failed: FailedCases
    violations: AnyArray
    peak_percent: FloatArray
    peak_step: AnyArray
    n_case: int
    n_unsolved: int
    n_skipped: int
    n_slow: int


class ContingencySolver:
    """Solves contingencies of one topology.

    Parameters
    ----------
    net:
        One topology; not changed.
    contingencies:
        What is out.
    options, basis:
        As for :class:`gridsim.solve.newton_solver.NewtonSolver`.
    moves_taps:
        Whether tap changers act after each outage, from the net's own positions, instead of standing where they were
        before it. Slow: every contingency is then a net of its own.
    solver:
        What solves the net before outages, where there is one already.

    Raises
    ------
    CompileError
        When the net holds something that is not modelled, or a contingency names what does not exist.
    """

    def __init__(
        self,
        net: Any,
        contingencies: Sequence[Contingency],
        options: SolveOptions,
        basis: LoadingBasis = LoadingBasis.current,
        *,
        moves_taps: bool = False,
        solver: NewtonSolver | None = None,
    ) -> None:
        self._net, self._options, self._basis, self._moves_taps = net, options, basis, moves_taps
        self._rows = [contingency.rows_in(net) for contingency in contingencies]
        self._solver = solver or NewtonSolver(net, options, basis)
        compiled = self._solver.compiled
        self._columns = loading_columns(compiled, basis)
        self._outages: list[GridOutage | None] = [None] * len(self._rows)
        if not moves_taps and _is_plain(compiled):
            self._outages = [grid_outage(compiled, rows) for rows in self._rows]
        self._fast: OutageBatch | None = None
        if IS_COMPILED and any(outage is not None for outage in self._outages):
            from gridsim.solve.outage_batch import OutageBatch  # noqa: PLC0415  only the compiler reads its kernels

            self._fast = OutageBatch(compiled, self._columns, self._outages, options)
        self._nets: dict[int, OutageNet] = {}

    @property
    def tap_units(self) -> list[tuple[str, int]]:
        """Table and place of the unit of each controlled tap changer, in the order of ``BatchSolution.tap_pos``."""
        return self._solver.tap_units

    def loads_cut_off(self, k: int) -> BoolArray:
        """Return which loads in service have no source after a contingency. Shape (n_load,)."""
        pos, outage = self._solver.compiled.channels["load", "p_mw"].pos, self._outages[k]
        if outage is None:
            return (pos >= 0) & ~served_loads(self._alone(k).compiled, len(pos))
        return (pos >= 0) & ~self._is_served(outage)

    def solve(
        self,
        profiles: Profiles,
        n_step: int,
        *,
        limit_percent: float = 100.0,
        from_settled_taps: bool = False,
        start_tap_pos: IndexArray | None = None,
    ) -> ContingencyBatch:
        """Solve every contingency at every step.

        Parameters
        ----------
        profiles, n_step, from_settled_taps, start_tap_pos:
            As for :meth:`gridsim.solve.newton_solver.NewtonSolver.solve`; the last two for the solution before outages.
        limit_percent:
            Loading above which a case counts as a violation.
        """
        limit_percent = float(limit_percent)  # the kernels would be compiled once more for a whole number
        checked = check_profiles(self._solver.compiled, profiles, n_step)
        before = self._solver.solve(checked, n_step, from_settled_taps=from_settled_taps, start_tap_pos=start_tap_pos)
        tally = _Tally(len(self._rows), before, limit_percent)
        n_slow = 0
        is_open = np.tile(before.is_solved[:, np.newaxis], (1, len(self._rows)))
        if self._fast is not None:
            found = self._fast.solve(checked, before, limit_percent, ADDED_PERCENT)
            is_open[:, self._fast.place] &= found.code != StepStatus.ok
            tally.take_fast(found, self._fast.place)
        for k in range(len(self._rows)):
            steps = np.flatnonzero(is_open[:, k])
            if steps.size:
                n_slow += len(steps)
                self._solve_alone(k, checked, steps, before, tally)
            self._count_lost(k, checked, np.flatnonzero(before.is_solved & ~is_open[:, k]), tally)
        tally.fail_before(self._wanted_mw(checked, n_step))
        unrated = np.flatnonzero(np.isinf(self._columns.percent_from))
        return tally.batch(n_slow, unrated)

    def _solve_alone(
        self,
        k: int,
        profiles: dict[tuple[str, str], FloatArray],
        steps: IndexArray,
        before: BatchSolution,
        tally: _Tally,
    ) -> None:
        """Solve one contingency at some steps as a net of its own."""
        after = self._alone(k)
        taps = None if self._moves_taps or before.tap_pos is None else before.tap_pos[steps]
        solution = after.solve(profiles, steps, taps)
        wanted = self._wanted_mw(profiles, len(before.status))[steps]
        lost, is_lost = self._lost_mw(after.compiled, profiles, steps)
        if solution is None:
            tally.fail(k, steps, np.full(len(steps), int(StepStatus.de_energised)), wanted)
            return
        unsolved = ~solution.is_solved
        tally.fail(k, steps[unsolved], solution.status[unsolved], wanted[unsolved])
        cut = ~unsolved & is_lost
        tally.fail(k, steps[cut], np.full(int(cut.sum()), int(StepStatus.de_energised)), lost[cut])
        tally.take(k, steps[~unsolved], np.asarray(solution.loading.columns[~unsolved], dtype=np.float64))

    def _count_lost(
        self, k: int, profiles: dict[tuple[str, str], FloatArray], steps: IndexArray, tally: _Tally
    ) -> None:
        """Write down the load that a contingency solved by the kernels cuts off."""
        outage = self._outages[k]
        if outage is None or not steps.size or not (outage.is_dead.any() or "load" in outage.elements):
            return
        compiled = self._solver.compiled
        lost, is_lost = _lost_by(compiled, self._is_served(outage), profiles, steps)
        cut = np.flatnonzero(is_lost)
        tally.fail(k, steps[cut], np.full(len(cut), int(StepStatus.de_energised)), lost[cut])

    def _alone(self, k: int) -> OutageNet:
        """Return the net after a contingency."""
        if k not in self._nets:
            self._nets[k] = OutageNet(self._net, self._rows[k], self._options, self._basis)
        return self._nets[k]

    def _is_served(self, outage: GridOutage) -> BoolArray:
        """Whether each load has a source after an outage that the kernels can solve. Shape (n_load,)."""
        pos = self._solver.compiled.channels["load", "p_mw"].pos
        is_served = np.asarray((pos >= 0) & ~outage.is_dead[np.maximum(pos, 0)])
        is_served[outage.elements.get("load", np.empty(0, dtype=INDEX))] = False
        return is_served

    def _lost_mw(
        self, after: CompiledGrid | None, profiles: dict[tuple[str, str], FloatArray], steps: IndexArray
    ) -> tuple[FloatArray, BoolArray]:
        compiled = self._solver.compiled
        lost, is_lost = _lost_by(
            compiled, served_loads(after, len(compiled.channels["load", "p_mw"].pos)), profiles, steps
        )
        fixed = compiled.fixed_load_mw - (after.fixed_load_mw if after is not None else 0.0)
        return lost + fixed, is_lost | (fixed != 0.0)

    def _wanted_mw(self, profiles: dict[tuple[str, str], FloatArray], n_step: int) -> FloatArray:
        """Active load in service, with a source or without. Shape (n_step,)."""
        compiled = self._solver.compiled
        channel = compiled.channels["load", "p_mw"]
        weight = np.where(channel.pos >= 0, -channel.factor * compiled.base_mva, channel.unserved)
        p_mw = profiles.get(("load", "p_mw"), np.broadcast_to(channel.own, (n_step, len(channel.own))))
        return np.asarray(p_mw @ weight + compiled.fixed_load_mw + compiled.fixed_unserved_mw)


def _is_plain(compiled: CompiledGrid) -> bool:
    """Whether the outage kernels know everything that reacts to the voltages of the grid."""
    controls = compiled.controls
    return not (len(controls.limits.pos) or len(controls.shares.pos))


def _lost_by(
    compiled: CompiledGrid, is_served: BoolArray, profiles: dict[tuple[str, str], FloatArray], steps: IndexArray
) -> tuple[FloatArray, BoolArray]:
    """Return the active load (MW) served before and not after, and whether there is any, active or reactive."""
    active, reactive = compiled.channels["load", "p_mw"], compiled.channels["load", "q_mvar"]
    lost = np.flatnonzero((active.pos >= 0) & ~is_served)
    scaling = -active.factor[lost] * compiled.base_mva
    p_mw = profiles[("load", "p_mw")][np.ix_(steps, lost)] if ("load", "p_mw") in profiles else active.own[None, lost]
    q_mvar = (
        profiles[("load", "q_mvar")][np.ix_(steps, lost)]
        if ("load", "q_mvar") in profiles
        else reactive.own[None, lost]
    )
    is_lost = ((p_mw * scaling != 0.0) | (q_mvar * scaling != 0.0)).any(axis=1)
    return np.broadcast_to(p_mw @ scaling, steps.shape), np.broadcast_to(is_lost, steps.shape)


class _Tally:
    """What is kept of all cases, in the making."""

    def __init__(self, n_contingency: int, before: BatchSolution, limit_percent: float) -> None:
        n_step, n_column = before.loading.columns.shape
        self._before, self._limit = before, limit_percent
        self._n_contingency = n_contingency
        self.worst = np.full((n_step, n_column), -1.0)
        self.cause = np.full((n_step, n_column), -1, dtype=INDEX)
        self.count = np.zeros((n_contingency, n_column), dtype=np.int32)
        self.peak = np.full((n_contingency, n_column), np.nan)
        self.peak_step = np.full((n_contingency, n_column), -1, dtype=np.int32)
        self._failed: list[tuple[IndexArray, IndexArray, AnyArray, FloatArray]] = []

    def take_fast(self, found: Any, place: IndexArray) -> None:
        """Take what the kernels have found; it is the first there is."""
        self.worst[:] = found.worst
        self.cause[:] = np.where(found.cause >= 0, place[found.cause], -1) if len(place) else -1
        self.count[place] = found.n_above
        self.peak[place] = np.where(found.n_above > 0, found.peak, np.nan)
        self.peak_step[place] = found.peak_step

    def take(self, k: int, steps: IndexArray, loading: FloatArray) -> None:
        """Take the loading of one contingency at some steps. Shape of ``loading``: (n_todo, n_column)."""
        worst, cause = self.worst[steps], self.cause[steps]
        takes = (loading > worst) | ((loading == worst) & (k < cause))
        self.worst[steps] = np.where(takes, loading, worst)
        self.cause[steps] = np.where(takes, k, cause)
        before = np.asarray(self._before.loading.columns)[steps]
        is_above = (loading > self._limit) & (loading >= before + ADDED_PERCENT)
        self.count[k] += is_above.sum(axis=0, dtype=np.int32)
        for column in np.flatnonzero(is_above.any(axis=0)):
            counted = np.where(is_above[:, column], loading[:, column], -1.0)
            first = int(np.argmax(counted))
            old, step = self.peak[k, column], int(steps[first])
            if not counted[first] <= old or (counted[first] == old and step < self.peak_step[k, column]):
                self.peak[k, column], self.peak_step[k, column] = counted[first], step

    def fail(self, k: int, steps: IndexArray, status: AnyArray, lost_mw: FloatArray) -> None:
        """Write down failed cases of one contingency."""
        if len(steps):
            self._failed.append((np.full(len(steps), k, dtype=INDEX), steps, np.asarray(status), np.asarray(lost_mw)))

    def fail_before(self, wanted_mw: FloatArray) -> None:
        """Write down the steps that have no solution before any outage; all their load counts as lost."""
        steps = np.flatnonzero(~self._before.is_solved)
        self.fail(-1, steps, self._before.status[steps], wanted_mw[steps])

    def batch(self, n_slow: int, unrated: IndexArray) -> ContingencyBatch:
        """Return the whole."""
        none = (np.empty(0, dtype=INDEX), np.empty(0, dtype=INDEX), np.empty(0, dtype=np.int8), np.empty(0))
        contingency, step, status, lost = (np.concatenate(parts) for parts in zip(none, *self._failed, strict=True))
        order = np.lexsort((contingency, step))
        failed = FailedCases(contingency[order], step[order], status[order].astype(np.int8), lost[order])
        is_known = self.cause >= 0
        worst = np.where(is_known, self.worst, np.nan)
        worst[:, unrated] = np.where(worst[:, unrated] > 0.0, np.inf, np.nan)
        n_before = int((~self._before.is_solved).sum())
        no_solution = (failed.contingency >= 0) & (failed.status != int(StepStatus.de_energised))
        return ContingencyBatch(
            before=self._before,
            worst_percent=worst,
            cause=np.where(is_known, self.cause, -1),
            failed=failed,
            violations=self.count,
            peak_percent=self.peak,
            peak_step=self.peak_step,
            n_case=self._n_contingency * len(self._before.status),
            n_unsolved=int(no_solution.sum()) + n_before * self._n_contingency,
            n_skipped=0,
            n_slow=n_slow,
        )
