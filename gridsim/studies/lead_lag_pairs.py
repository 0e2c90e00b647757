"""The same hours without and with one project, after the same outages: where the project makes a winding safe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridsim.solve.contingency import NO_OUTAGE
from gridsim.studies.lead_lag_outages import NOTHING_OUT, OutageBlock
from gridsim.studies.lead_lag_projects import NOTHING, RELIEF_POINTS

if TYPE_CHECKING:
    from collections.abc import Collection

    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.grid.stages import Block
    from gridsim.studies.lead_lag_outages import AfterOutages
    from gridsim.studies.lead_lag_projects import ProjectScan
    from gridsim.studies.lead_lag_run import LeadingLimit, PlannedRun

#: Blocks kept ready: of the planned grid, for all projects, and of the grid without or with a project.
KEPT_PLANNED, KEPT_OTHER = 8, 3


@dataclass(frozen=True)
class OutageNeed:
    """An hour at which a project is needed in N-1.

    Attributes
    ----------
    step, column, without_percent, with_percent, limit_percent:
        As those of :class:`gridsim.studies.lead_lag_projects.Need`; the loadings are the worst of all outages.
    outage:
        What has to fail, without the project; ``none`` where nothing has to.
    """

    step: int
    column: int
    outage: str
    without_percent: float
    with_percent: float
    limit_percent: float


@dataclass
class PlannedOutages:
    """What all projects share: the planned run, the limit after outages, and blocks of the planned grid."""

    run: PlannedRun
    limit: LeadingLimit
    _open: dict[int, OutageBlock] = field(default_factory=dict)

    def take_up(self, block: Block) -> OutageBlock:
        """Open a block of the planned grid, or return it where it is open."""
        if block.index not in self._open:
            while len(self._open) >= KEPT_PLANNED:
                self._open.pop(next(iter(self._open)))
            self._open[block.index] = self.opened(self.run.grid, block)
        return self._open[block.index]

    def opened(self, grid: StagedGrid, block: Block) -> OutageBlock:
        """Open a block of a grid."""
        samples = self.run.samples_between(block.start_step, block.stop_step)
        return OutageBlock(grid, block, self.run.solving, self.run.sample_step[samples])


@dataclass(frozen=True)
class Stretch:
    """Steps of a year in which neither the planned grid nor the other one changes.

    Attributes
    ----------
    start, stop, year:
        Steps, half open, and their local year.
    planned, other:
        Blocks of the planned grid, and of the grid with the project (before its date) or without it.
    is_early:
        Whether it lies before the date of the project.
    """

    start: int
    stop: int
    year: int
    planned: Block
    other: Block
    is_early: bool


def stretches(scan: ProjectScan, stop_step: int) -> list[Stretch]:
    """Return the stretches of a project up to a step, in time order."""
    n_step = len(scan.run.grid.time_utc)
    date = min(max(scan.date_step, 0), n_step)
    spans = [(0, date, True), (date, n_step, False)]
    found = []
    for first, last, is_early in spans:
        last = min(last, stop_step)  # noqa: PLW2901
        if first >= last:
            continue
        other_grid = scan.early if is_early else scan.without
        for planned in scan.run.grid.blocks:
            for other in other_grid.blocks:
                start = max(first, planned.start_step, other.start_step)
                stop = min(last, planned.stop_step, other.stop_step)
                if start < stop:
                    found.append(Stretch(start, stop, planned.year, planned, other, is_early))
    return found


@dataclass(frozen=True)
class Pair:
    """Steps without and with the project.

    Attributes
    ----------
    steps, limit:
        Steps of the horizon, (n_step,), and limits, (n_column, n_step).
    without, with_project:
        Their loadings after the same outages.
    needed:
        Whether a winding is above its limit without the project and not with it. Shape (n_column, n_step).
    saved:
        Outage and place in ``steps`` of the cases without solution that have one with the project.
    """

    steps: IndexArray
    limit: FloatArray
    without: AfterOutages
    with_project: AfterOutages
    needed: BoolArray
    saved: tuple[tuple[str, int], ...]

    @property
    def is_need(self) -> BoolArray:
        """Whether the project is needed at each step. Shape (n_step,)."""
        is_need: BoolArray = np.any(self.needed, axis=0, keepdims=False)
        is_need[[place for _, place in self.saved]] = True
        return is_need

    def first(self) -> OutageNeed | None:
        """Return the first need, and of its windings the one furthest above its limit."""
        is_need = self.is_need
        if not is_need.any():
            return None
        at = int(is_need.argmax())
        step = int(self.steps[at])
        if not self.needed[:, at].any():
            outage = min(name for name, place in self.saved if place == at)
            return OutageNeed(step, NOTHING, outage, np.nan, np.nan, np.nan)
        percent, limit = self.without.percent[:, at], self.limit[:, at]
        column = int(np.where(self.needed[:, at], percent - limit, -np.inf).argmax())
        cause = int(self.without.cause[column, at])
        return OutageNeed(
            step,
            column,
            NO_OUTAGE if cause == NOTHING_OUT else self.without.names[cause],
            float(percent[column]),
            float(self.with_project.percent[column, at]),
            float(limit[column]),
        )

    def cut_off_mw(self) -> dict[str, float]:
        """Return the load that outages cut off in the last step without the project, and less or none with it."""
        last = len(self.steps) - 1
        there = self.with_project.cut_off_mw(last)
        less = {name: mw - there.get(name, 0.0) for name, mw in self.without.cut_off_mw(last).items()}
        common = set(self.with_project.names)
        return {name: mw for name, mw in less.items() if name in common and mw > 0.0}


class PairSolver:
    """Solves hours of one project without and with it.

    Parameters
    ----------
    planned:
        What the projects share.
    scan:
        The project in N-0, which has its grids.

    Attributes
    ----------
    n_case:
        Outages times steps solved so far, both grids counted.
    """

    def __init__(self, planned: PlannedOutages, scan: ProjectScan) -> None:
        self._planned, self._scan = planned, scan
        self._open: dict[tuple[bool, int], OutageBlock] = {}
        self.n_case = 0

    def solve(
        self,
        stretch: Stretch,
        steps: IndexArray,
        names: Collection[str] | None = None,
        near_points: float = 0.0,
    ) -> Pair:
        """Solve ascending steps of a stretch after outages of what stands in both grids.

        Parameters
        ----------
        names:
            The outages; all by default.
        near_points:
            An outage counts as near the limit (``without.is_above``) within so many percentage points of it.
        """
        limit = self._planned.limit.at(steps)
        finite = limit[np.isfinite(limit)]
        above = max(float(finite.min()) - near_points, 0.0) if len(finite) else np.inf
        planned, other = self._planned.take_up(stretch.planned), self._other(stretch)
        both = planned.outages.keys() & other.outages.keys()
        grids = (planned, other) if stretch.is_early else (other, planned)
        # Solved with all outages of each grid, the lists are those of other projects, too, and ready for them.
        asked = [grid.outages.keys() if names is None else both & set(names) for grid in grids]
        without, with_project = (
            self._solved(grid, steps, some, above) for grid, some in zip(grids, asked, strict=True)
        )
        if names is None:
            self._leave_out_own(grids, (without, with_project), both, steps, limit)
        is_over = without.percent > limit
        is_relieved = ~(without.percent - with_project.percent < RELIEF_POINTS)
        is_solved = ~(without.is_failed | with_project.is_failed)
        needed = is_over & ~(with_project.percent > limit) & is_relieved & is_solved
        lost = without.unsolved() - with_project.unsolved()
        saved = tuple(sorted((name, at) for name, at in lost if name in both and is_solved[at]))
        return Pair(steps, limit, without, with_project, needed, saved)

    def _solved(self, grid: OutageBlock, steps: IndexArray, names: Collection[str], above: float) -> AfterOutages:
        self.n_case += len(steps) * len(names)
        return grid.solve(steps, names, above)

    def _leave_out_own(
        self,
        grids: tuple[OutageBlock, OutageBlock],
        found: tuple[AfterOutages, AfterOutages],
        both: Collection[str],
        steps: IndexArray,
        limit: FloatArray,
    ) -> None:
        """Solve again, without the outages that only one grid knows, the steps in which one of those decides."""
        without, with_project = found
        own = [np.array([*(name not in both for name in part.names), False])[part.cause] for part in found]
        is_over = without.percent > limit
        is_open = is_over & (own[1] | ~(with_project.percent > limit))
        for grid, part, is_own in zip(grids, found, own, strict=True):
            rows = np.flatnonzero((is_open & is_own).any(axis=0))
            if len(rows):
                part.put(rows, self._solved(grid, steps[rows], both, np.inf))

    def _other(self, stretch: Stretch) -> OutageBlock:
        key = (stretch.is_early, stretch.other.index)
        if key not in self._open:
            while len(self._open) >= KEPT_OTHER:
                self._open.pop(next(iter(self._open)))
            grid = self._scan.early if stretch.is_early else self._scan.without
            self._open[key] = self._planned.opened(grid, stretch.other)
        return self._open[key]
