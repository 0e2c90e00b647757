"""The planned run that lead and lag are measured against: its overloads, unsolved hours and highest hours.

Every hour is solved, block by block as :func:`gridsim.run_scenario` does, so the numbers are those of the run. Kept are
all overloads, all failed steps, and the loading of every transformer winding at the *samples*: in each month of a
block, the hour at which each winding is highest.
"""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.assess.limits import ambient_series, watch_list
from gridsim.enums import Solver
from gridsim.grid.stages import by_block
from gridsim.solve import make_solver
from gridsim.studies.result_tables import LoadingColumns, loading_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.grid.stages import Block
    from gridsim.scenario.limit_model import LimitRule
    from gridsim.solve import BatchSolver
    from gridsim.solve.options import SolveOptions
    from gridsim.studies.progress import Progress


@dataclass(frozen=True)
class Loading:
    """Solved steps: ``percent`` of every transformer winding, (n_column, n_step), NaN where out of service or failed.

    ``is_failed`` has shape (n_step,).
    """

    percent: NDArray[np.float32]
    is_failed: BoolArray


class OpenBlock:
    """One block of a grid, ready to solve any of its steps; the taps start as in the whole block."""

    def __init__(
        self,
        block: Block,
        profiles: Mapping[tuple[str, str], FloatArray],
        solver: BatchSolver,
        columns: LoadingColumns,
    ) -> None:
        self.block = block
        self._profiles, self._solver, self._columns = profiles, solver, columns

    def solve(
        self, steps: IndexArray | None = None, profiles: Mapping[tuple[str, str], FloatArray] | None = None
    ) -> Loading:
        """Solve steps of the horizon, all of the block by default.

        ``profiles``, by table and column with a row per step, stand in place of those of the block.
        """
        if profiles is None:
            rows = slice(None) if steps is None else steps - self.block.start_step
            profiles = {key: values[rows] for key, values in self._profiles.items()}
        n_step = self.block.n_step if steps is None else len(steps)
        solution = self._solver.solve(profiles, n_step, loading_only=True, from_settled_taps=True)
        return Loading(self._columns.stored(solution.loading), ~solution.is_solved)


class LeadingLimit:
    """Where the first of some rules that holds for a winding begins, percent; those of the scenario by default.

    Attributes
    ----------
    rules:
        Those by which some winding is judged, in their order.
    """

    def __init__(self, grid: StagedGrid, elements: pd.DataFrame, rules: Sequence[LimitRule] | None = None) -> None:
        self._watches = watch_list(elements, grid.scenario.limit_rules if rules is None else rules)
        leading = self._watches.leading
        self._is_watched = leading >= 0
        judging = np.unique(self._watches.rule_pos[leading[self._is_watched]])
        self.rules = tuple(self._watches.rules[position] for position in judging)
        self._tier = self._watches.first_tier[leading]
        self._ambient = ambient_series(grid)

    def at(self, steps: IndexArray) -> FloatArray:
        """Return the limits at steps of the horizon, shape (n_column, n_step); infinite without rule."""
        ambient = self._ambient
        tiers = self._watches.limit_percent(type(ambient)(ambient.hour[steps], ambient.month_mean[steps]))
        return np.where(self._is_watched[:, np.newaxis], tiers[self._tier], np.inf)


class Solving:
    """Opens blocks of a grid and its variants; all have the same columns: every transformer winding of the net."""

    def __init__(self, grid: StagedGrid, options: SolveOptions) -> None:
        self.columns = transformer_columns(grid)
        self.limit = LeadingLimit(grid, self.columns.elements)
        self.options = dataclasses.replace(options, solver=Solver.newton)
        self.basis = grid.scenario.limits.basis
        self.n_solved = 0

    def with_threads(self, threads: int) -> Solving:
        """Return the same with another number of threads."""
        other = copy.copy(self)
        other.options = dataclasses.replace(self.options, threads=threads)
        return other

    def take_up(self, grid: StagedGrid, block: Block) -> OpenBlock:
        """Prepare a block of a grid."""
        profiles = grid.profiles_for(block)
        solver = make_solver(self.net_of(grid, block, profiles), self.options, self.basis)
        return OpenBlock(block, profiles, solver, self.columns)

    def net_of(self, grid: StagedGrid, block: Block, profiles: Mapping[tuple[str, str], FloatArray]) -> Any:
        """Return the net of a block, the means of its profiles as its own values."""
        return grid.net_at(grid.stages[block.stage_index], profiles, moves_taps=self.options.run_control)


def transformer_columns(grid: StagedGrid) -> LoadingColumns:
    """Return the loading columns of all transformer windings, whether in service at some step or not."""
    stage = grid.stages[0]
    whole = dataclasses.replace(stage, in_service={table: np.ones_like(up) for table, up in stage.in_service.items()})
    everything = loading_columns(dataclasses.replace(grid, stages=(whole,)))
    kept = np.flatnonzero((everything.elements["element_type"] != "line").to_numpy())
    return LoadingColumns(
        everything.elements.iloc[kept].reset_index(drop=True), everything.kept[kept], everything.in_service[:, kept]
    )


@dataclass(frozen=True)
class PlannedRun:
    """What is kept of the run of the scenario as planned.

    Attributes
    ----------
    over_step, over_column, over_percent:
        One entry per step and winding above its limit, ascending by step.
    is_failed:
        ``(n_step,)`` steps without solution.
    sample_step:
        ``(n_sample,)`` ascending.
    sample_percent:
        ``(n_column, n_sample)`` loading, NaN in failed steps and out of service.
    peak_step:
        ``(n_year, n_column)`` step of the highest loading in each local year, -1 where there is none.
    part_step, part_peak:
        First step of each part (a local month within a block), and the step of the highest loading in it, -1 where
        there is none. Shapes (n_part,), (n_part, n_column).
    """

    grid: StagedGrid
    solving: Solving
    over_step: IndexArray
    over_column: IndexArray
    over_percent: NDArray[np.float32]
    is_failed: BoolArray
    sample_step: IndexArray
    sample_percent: NDArray[np.float32]
    peak_step: IndexArray
    part_step: IndexArray
    part_peak: IndexArray

    def over_between(self, start_step: int, stop_step: int) -> slice:
        """Return the entries of overloads in steps ``start_step`` to ``stop_step`` (half open)."""
        first, stop = np.searchsorted(self.over_step, [start_step, stop_step])
        return slice(int(first), int(stop))

    def over_at(self, steps: IndexArray) -> NDArray[np.float32]:
        """Return the loading of windings above their limit at ascending steps, (n_column, n_step), NaN elsewhere."""
        found = np.full((len(self.solving.columns.elements), len(steps)), np.nan, dtype=np.float32)
        if len(steps):
            part = self.over_between(int(steps[0]), int(steps[-1]) + 1)
            place = np.searchsorted(steps, self.over_step[part])
            is_there = steps[np.minimum(place, len(steps) - 1)] == self.over_step[part]
            found[self.over_column[part][is_there], place[is_there]] = self.over_percent[part][is_there]
        return found

    def samples_between(self, start_step: int, stop_step: int) -> slice:
        """Return the samples in steps ``start_step`` to ``stop_step`` (half open)."""
        first, stop = np.searchsorted(self.sample_step, [start_step, stop_step])
        return slice(int(first), int(stop))

    def percent_at(self, steps: IndexArray) -> NDArray[np.float32]:
        """Return the loading of every winding at ascending steps, solved again, (n_column, n_step)."""
        parts = [np.empty((len(self.solving.columns.elements), 0), dtype=np.float32)]
        for block, own in by_block(self.grid.blocks, steps):
            parts.append(self.solving.take_up(self.grid, block).solve(own).percent)
        return np.concatenate(parts, axis=1)


def solve_planned(grid: StagedGrid, solving: Solving, progress: Progress) -> PlannedRun:
    """Solve every step of the scenario as planned, and keep what lead and lag need."""
    years = grid.scenario.horizon.years
    n_column = len(solving.columns.elements)
    highest = np.full((len(years), n_column), -np.inf)
    peak_step = np.full((len(years), n_column), -1, dtype=np.int64)
    over: list[tuple[IndexArray, IndexArray, NDArray[np.float32]]] = []
    samples: list[tuple[IndexArray, NDArray[np.float32]]] = []
    failed: list[BoolArray] = []
    parts: list[tuple[IndexArray, IndexArray]] = []
    months = np.repeat(grid.injections.days.month, grid.scenario.horizon.steps_per_day)
    progress.begin("Solving the planned grid", len(grid.time_utc))
    for block in grid.blocks:
        loading = solving.take_up(grid, block).solve()
        percent, steps = loading.percent, np.arange(block.start_step, block.stop_step)
        failed.append(loading.is_failed)
        step, column = np.nonzero((percent > solving.limit.at(steps)).T)
        over.append((steps[step], column, percent[column, step]))
        known = np.where(np.isnan(percent), -np.inf, percent)
        first, peaks = _monthly_peaks(known, months[steps])
        rows = np.unique(peaks)
        samples.append((steps[rows], percent[:, rows]))
        is_there = np.isfinite(np.take_along_axis(known, peaks.T, axis=1).T)
        parts.append((steps[first], np.where(is_there, steps[peaks], -1)))
        at = known.argmax(axis=1)
        value = known[np.arange(n_column), at]
        year = block.year - years[0]
        better = value > highest[year]
        highest[year, better] = value[better]
        peak_step[year, better] = steps[at[better]]
        solving.n_solved += block.n_step
        progress.advance(block.n_step)
    return PlannedRun(
        grid=grid,
        solving=solving,
        over_step=np.concatenate([part[0] for part in over]),
        over_column=np.concatenate([part[1] for part in over]),
        over_percent=np.concatenate([part[2] for part in over]),
        is_failed=np.concatenate(failed),
        sample_step=np.concatenate([part[0] for part in samples]),
        sample_percent=np.concatenate([part[1] for part in samples], axis=1),
        peak_step=peak_step,
        part_step=np.concatenate([part[0] for part in parts]),
        part_peak=np.concatenate([part[1] for part in parts]),
    )


def _monthly_peaks(percent: NDArray[np.float32], months: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Return the first row of each month, (n_month,), and the row at which each winding is highest, (n_month, n)."""
    cuts = [0, *(np.flatnonzero(np.diff(months)) + 1).tolist(), len(months)]
    peaks = [first + percent[:, first:stop].argmax(axis=1) for first, stop in pairwise(cuts)]
    return np.array(cuts[:-1]), np.stack(peaks)
