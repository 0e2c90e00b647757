"""For one project: the first hour at which the grid needs it, and what it overloads itself.

Up to the planned date the run without the project is the planned run itself, and the run with it is one in which it is
in service from the first day of the horizon. From the date on it is the other way round. So one further grid is solved
on either side:

* *Before the date* the planned run says which hours are overloaded or have no solution. Only these can be needs. They
  are solved again with the project; the first hour that it cures is the date by which it is needed. A winding is not
  asked about (again) when the project moves it by less than ``RELEVANT_POINTS`` percentage points in every overloaded
  hour of a block (a part of a year without change of the grid), or lowers it by less than ``REACH_POINTS`` in every
  hour of a block at which some winding is highest in its month, as long as the project consists of the same elements.
* *After the date* the grid without the project is solved at the samples: in each month, the hours at which the windings
  of all transformers are highest in the planned run. In a year those blocks are asked that hold the highest hours of
  the year of the windings that the project has been seen to relieve (before any has: the block with those of most
  windings). Where such a winding comes within ``CLOSE_POINTS`` of its limit, *every* hour of the block is solved, and
  where that finds a need, every hour of the year up to it. While all of them stay further away, years are passed over
  (:mod:`gridsim.studies.lead_lag_strides`); they are asked when the year after them has a need.

What follows: a date before the plan is exact but for windings dropped as unmoved or out of reach; a date after the plan
is the first hour of its year without exception, and the years before it are free of need in their highest hours (or
passed over at a distance that growth would have to jump and fall back from). "No need" says the same of the whole
horizon. The hours solved are counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gridsim.studies.lead_lag_grids import grid_with_from_first_day, grid_without
from gridsim.studies.lead_lag_reach import Reach
from gridsim.studies.lead_lag_strides import first_need

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.grid.stages import Block
    from gridsim.studies.lead_lag_run import Loading, OpenBlock, PlannedRun

#: Relief, in percentage points of the rating, by which a project must bring a winding under its limit to be needed for
#: it: a winding at 100.1 % that a project far away brings to 99.9 % is nobody's reason to build a substation.
RELIEF_POINTS = 2.0
#: Relief, in the same points, below which a winding is not looked at for a project.
RELEVANT_POINTS = 1.0
#: Distance to the limit, in the same points, within which every hour is looked at.
CLOSE_POINTS = 2.0
#: Column of a need that is an hour without solution.
NOTHING = -1
#: Blocks kept ready for a second look.
KEPT_BLOCKS = 4


@dataclass(frozen=True)
class Need:
    """The first hour at which a project is needed.

    Attributes
    ----------
    step:
        Step of the horizon.
    column:
        The winding above its limit that the project cures, the furthest above; ``NOTHING`` where the hour has no
        solution without the project.
    without_percent, with_percent, limit_percent:
        Loading without and with the project; NaN where the hour has no solution, and with the project where it takes
        the unit out of service.
    """

    step: int
    column: int
    without_percent: float
    with_percent: float
    limit_percent: float


@dataclass(frozen=True)
class Caused:
    """The first hour of the first year of a project at which it overloads a winding, and by how much."""

    step: int
    column: int
    percent: float


@dataclass
class ProjectScan:
    """Looks for the need of one project.

    Parameters
    ----------
    run:
        The planned run.
    project_id:
        The project.
    date_step:
        First step at which it is in service, the number of steps when it is not within the horizon.
    """

    run: PlannedRun
    project_id: str
    date_step: int
    n_solved: int = 0
    _open: dict[int, OpenBlock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._n_step = len(self.run.grid.time_utc)
        self._first = max(self.date_step, 0)
        self.reach = Reach(len(self.run.solving.columns.elements))

    @cached_property
    def without(self) -> StagedGrid:
        """The grid without the project, from its date on."""
        return grid_without(self.run.grid, self.project_id) if self._first < self._n_step else self.run.grid

    @cached_property
    def early(self) -> StagedGrid:
        """The grid with the project from the first day, up to its date."""
        return grid_with_from_first_day(self.run.grid, self.project_id)

    def need(self) -> Need | None:
        """Return the first hour at which the project is needed, None when there is none."""
        return self._need_before() or self._need_after()

    def caused(self, year_steps: int) -> Caused | None:
        """Return the first overload in the first ``year_steps`` steps of service that is not there without it."""
        run = self.run
        stop = min(self._first + year_steps, self._n_step)
        left = np.ones(len(self.reach.relief), dtype=np.bool_)
        for block in self._blocks(self.without, self._first, stop):
            first, end = max(block.start_step, self._first), min(block.stop_step, stop)
            self._begin(self.without, block, first)
            if not len(self._trouble(first, end, left & self.reach.is_burdened, failed=False)):
                continue
            if block.index not in self.reach.seen:
                self._distance(block)
            steps = self._trouble(first, end, left & self.reach.is_burdened, failed=False)
            if not len(steps):
                continue
            loading = self._solve_without(block, steps)
            planned = run.over_at(steps)
            is_over = ~np.isnan(planned)
            is_new = ~(loading.percent > run.solving.limit.at(steps)) & ~(planned - loading.percent < RELIEF_POINTS)
            new = is_over & is_new & ~loading.is_failed
            if new.any():
                step = int(new.any(axis=0).argmax())
                column = int(np.where(new[:, step], planned[:, step], -np.inf).argmax())
                return Caused(int(steps[step]), column, float(planned[column, step]))
            left &= ~self._unmoved(is_over, planned, loading)
        return None

    # -- before the date -----------------------------------------------------------------------------------------

    def _need_before(self) -> Need | None:
        """Return the first overloaded or unsolved hour of the planned run that the project, were it there, cures."""
        run, stop = self.run, min(self._first, self._n_step)
        left = np.ones(len(self.reach.relief), dtype=np.bool_)
        if not len(self._trouble(0, stop, left)):
            return None
        for block in self._blocks(self.early, 0, stop):
            first, end = block.start_step, min(block.stop_step, stop)
            self._begin(self.early, block, first)
            if not len(self._trouble(first, end, left & self.reach.is_relieved)):
                continue
            opened = run.solving.take_up(self.early, block)
            samples = run.samples_between(first, end)
            early = self._solved(opened, run.sample_step[samples])
            self.reach.learn(run.sample_percent[:, samples] - early.percent)
            steps = self._trouble(first, end, left & self.reach.is_relieved)
            if not len(steps):
                continue
            loading = self._solved(opened, steps)
            without = run.over_at(steps)
            is_over = ~np.isnan(without)
            limit = run.solving.limit.at(steps)
            is_relieved = ~(without - loading.percent < RELIEF_POINTS)
            cured = is_over & is_relieved & ~(loading.percent > limit) & ~loading.is_failed
            saved = run.is_failed[steps] & ~loading.is_failed
            found = _found(steps, cured, saved, without, loading.percent, limit)
            if found is not None:
                return found
            left &= ~self._unmoved(is_over, without, loading)
        return None

    def _begin(self, grid: StagedGrid, block: Block, step: int) -> None:
        planned = next(stage for stage in self.run.grid.stages if step < stage.stop_step)
        self.reach.begin(planned.in_service, grid.stages[block.stage_index].in_service)

    def _trouble(self, start: int, stop: int, left: BoolArray, *, failed: bool = True) -> IndexArray:
        """Return the steps of the planned run without solution or with an overload of a winding in ``left``."""
        run = self.run
        part = run.over_between(start, max(stop, start))
        steps = run.over_step[part][left[run.over_column[part]]]
        unsolved = start + np.flatnonzero(run.is_failed[start:stop]) if failed else steps[:0]
        return np.union1d(steps, unsolved)

    @staticmethod
    def _unmoved(is_over: BoolArray, planned: NDArray[np.float32], other: Loading) -> BoolArray:
        """Whether each winding is overloaded in the planned run, and hardly other in the other run. (n_column,)."""
        change = np.abs(planned - other.percent)
        moved = (is_over & ~(change < RELEVANT_POINTS)).any(axis=1)
        return np.asarray(is_over.any(axis=1) & ~moved)

    # -- after the date ------------------------------------------------------------------------------------------

    def _need_after(self) -> Need | None:
        """Return the first hour at which the grid without the project is overloaded or unsolved and the plan is not."""
        by_year: dict[int, list[Block]] = {}
        for block in self._blocks(self.without, self._first, self._n_step):
            by_year.setdefault(block.year, []).append(block)
        return first_need(list(by_year.values()), self._need_in_year)

    def _need_in_year(self, blocks: list[Block]) -> tuple[float, Need | None]:
        """Return how close relieved windings come to their limits in the samples of a year, and its first need."""
        nearest = np.inf
        self._begin(self.without, blocks[-1], max(blocks[-1].start_step, self._first))
        is_relieved = self.reach.relief >= RELEVANT_POINTS
        relieved = [block for block in blocks if (self._peaks_in(block) & is_relieved).any()]
        main = max(blocks, key=lambda block: int(self._peaks_in(block).sum()))
        for block in relieved or [main]:
            distance = self._distance(block)
            if distance <= CLOSE_POINTS and self._first_in(block) is not None:
                before = [one for one in blocks if one.start_step <= block.start_step]
                return 0.0, next(found for found in map(self._first_in, before) if found is not None)
            nearest = min(nearest, distance)
        return nearest, None

    def _peaks_in(self, block: Block) -> BoolArray:
        """Whether the highest hour of the year of each winding lies in the block, in service. (n_column,)."""
        peaks = self.run.peak_step[block.year - self.run.grid.scenario.horizon.from_year]
        return np.asarray((peaks >= max(block.start_step, self._first)) & (peaks < block.stop_step))

    def _distance(self, block: Block) -> float:
        """Return how close relieved windings come to their limits in the samples of a block, in percentage points.

        Negative where one is above; minus infinity where a sample has no solution without the project.
        """
        run = self.run
        part = run.samples_between(max(block.start_step, self._first), block.stop_step)
        steps, planned = run.sample_step[part], run.sample_percent[:, part]
        loading = self._solve_without(block, steps)
        is_solved = ~run.is_failed[steps]
        self.reach.seen.add(block.index)
        self.reach.learn(loading.percent - planned)
        if (loading.is_failed & is_solved).any():
            return float("-inf")
        limit = run.solving.limit.at(steps)
        is_moved = ~(loading.percent - planned < RELEVANT_POINTS) & ~np.isnan(loading.percent) & is_solved
        is_open = is_moved & ~(planned > limit)
        return float(np.min(limit - loading.percent, where=is_open, initial=np.inf))

    def _first_in(self, block: Block) -> Need | None:
        """Return the first need in a block, every hour solved."""
        run = self.run
        steps = np.arange(max(block.start_step, self._first), block.stop_step)
        loading = self._solve_without(block, steps)
        limit = run.solving.limit.at(steps)
        is_open = np.isnan(run.over_at(steps)) & ~run.is_failed[steps]
        needed = (loading.percent > limit) & is_open
        lost = loading.is_failed & ~run.is_failed[steps]
        rows = np.flatnonzero(needed.any(axis=0) | lost)
        planned = run.percent_at(steps[rows])
        without, limit = loading.percent[:, rows], limit[:, rows]
        needed = needed[:, rows] & ~(without - planned < RELIEF_POINTS)
        return _found(steps[rows], needed, lost[rows], without, planned, limit)

    def _solve_without(self, block: Block, steps: IndexArray) -> Loading:
        if block.index not in self._open:
            while len(self._open) >= KEPT_BLOCKS:
                self._open.pop(next(iter(self._open)))
            self._open[block.index] = self.run.solving.take_up(self.without, block)
        return self._solved(self._open[block.index], steps)

    # -- both ----------------------------------------------------------------------------------------------------

    def _solved(self, block: OpenBlock, steps: IndexArray) -> Loading:
        self.n_solved += len(steps)
        return block.solve(steps)

    @staticmethod
    def _blocks(grid: StagedGrid, start: int, stop: int) -> list[Block]:
        return [block for block in grid.blocks if block.stop_step > start and block.start_step < stop]


def _found(
    steps: IndexArray,
    needed: BoolArray,
    lost: BoolArray,
    without: NDArray[np.float32],
    with_project: NDArray[np.float32],
    limit: FloatArray,
) -> Need | None:
    """Return the first of ``steps`` with a need, and the winding furthest above its limit."""
    is_need = needed.any(axis=0) | lost
    if not is_need.any():
        return None
    place = int(is_need.argmax())
    step = int(steps[place])
    if lost[place]:
        return Need(step, NOTHING, np.nan, np.nan, np.nan)
    excess = np.where(needed[:, place], without[:, place] - limit[:, place], -np.inf)
    column = int(excess.argmax())
    values = (float(percent[column, place]) for percent in (without, with_project, limit))
    return Need(step, column, *values)
