"""For one project: the first hour at which, without it, some winding is not safe against an outage, and with it is.

A winding is safe in an hour when neither the grid as it is nor the loss of any one transformer, line or unit of given
output brings it above its limit (taps as they stood before the fault, :mod:`gridsim.studies.n1_study`). A project is
needed in N-1 from the first hour at which a winding is not safe without it and safe with it, its worst loading being
lower by at least :data:`gridsim.studies.lead_lag_projects.RELIEF_POINTS` percentage points; or at which an outage has
no solution without it and one with it. What is needed in N-0 is needed in N-1 from the same hour at the latest.

Only outages of what stands in both grids count: those of the project itself are not held against it, and the lines that
it cuts have no counterpart. Load that an outage cuts off is no overload: it is told beside the date and makes none.
Left out are the outages of voltage-holding plants and ties (:mod:`gridsim.studies.lead_lag_outages`).

Every hour after every outage would be too much, so hours are chosen:

* *Sampled hours*: in each month the hours at which those ``N_WINDING`` windings are highest (N-0, as planned) that the
  project relieves most; before any is known, the hour at which most windings are highest. All outages are solved in
  them, without and with the project. Of a year those stretches (parts without change of the grid) are asked that hold
  the highest hours of the year of these windings; where one has a need, those before it are asked, too. While all
  windings that the project could make safe stay away from their limits, years are passed over as for N-0, and asked
  when the year after them has a need (:mod:`gridsim.studies.lead_lag_projects`).
* *Every hour* of the month up to the sampled hour that has a need, and of the month before; and so on until a month has
  none. Here only those outages are solved that bring a relieved winding within ``NEAR_POINTS`` of the limit in the
  sampled hour. The hour found is confirmed with all outages; one that comes up then joins the others.

What follows: the hour named *is* a need, by all outages. From ``every_hour_from`` on it is the first, by the outages
near the limit. An earlier one is possible in the months before, of which the sampled hours alone were solved, and in
stretches and years that were not asked. "No need" says that the sampled hours have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.solve.contingency import NO_OUTAGE
from gridsim.studies.lead_lag_pairs import OutageNeed, PairSolver, stretches
from gridsim.studies.lead_lag_reach import REACH_POINTS
from gridsim.studies.lead_lag_strides import first_need

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, IndexArray
    from gridsim.studies.lead_lag_pairs import Pair, PlannedOutages, Stretch
    from gridsim.studies.lead_lag_projects import Need, ProjectScan

#: Windings, those that a project relieves most, whose highest hour of each month is solved after all outages.
N_WINDING = 6
#: Distance to the limit, in percentage points, within which an outage is solved in every hour of a month.
NEAR_POINTS = 5.0
#: Steps solved at a time while the first one is looked for.
STEPS_AT_ONCE = 96


@dataclass(frozen=True)
class Security:
    """What a project means for single outages.

    Attributes
    ----------
    need:
        The first hour of need, None when the hours asked have none.
    every_hour_from:
        First step from which every hour was solved up to the need; -1 without need, or where N-0 alone tells it.
    cut_off_mw:
        Load that each outage cuts off without the project and not with it, in the hour of the need; in the last sampled
        hour where there is none.
    n_case:
        Outages times hours solved, both grids counted.
    """

    need: OutageNeed | None
    every_hour_from: int
    cut_off_mw: dict[str, float]
    n_case: int


def security(planned: PlannedOutages, scan: ProjectScan, need: Need | None) -> Security:
    """Say when a project is needed against single outages.

    Parameters
    ----------
    planned:
        What the projects share.
    scan:
        The project, after its need in N-0 was looked for.
    need:
        That need.
    """
    return _OutageScan(planned, scan, need).security()


class _OutageScan:
    """Looks for the need of one project up to its need in N-0."""

    def __init__(self, planned: PlannedOutages, scan: ProjectScan, need: Need | None) -> None:
        self._run, self._scan, self._n0 = planned.run, scan, need
        stop = len(planned.run.grid.time_utc) if need is None else need.step + 1
        self._stretches = stretches(scan, stop)
        self._pairs = PairSolver(planned, scan)
        self._relief = np.nan_to_num(scan.reach.relief, nan=0.0)
        self._cut_off_mw: dict[str, float] = {}
        months = planned.run.grid.injections.days.month
        first_days = np.concatenate([[0], np.flatnonzero(np.diff(months)) + 1])
        self._month_step = first_days * planned.run.grid.scenario.horizon.steps_per_day

    def security(self) -> Security:
        """Return what was found."""
        found, from_step, n0 = self._sampled_need(), -1, self._n0
        if found is not None:
            found, from_step = self._first_hour(found)
        elif n0 is not None:
            found = OutageNeed(n0.step, n0.column, NO_OUTAGE, n0.without_percent, n0.with_percent, n0.limit_percent)
        if found is not None:
            hour = self._pairs.solve(self._stretch_at(found.step), np.array([found.step]))
            self._cut_off_mw = hour.cut_off_mw()
        return Security(found, from_step, self._cut_off_mw, self._pairs.n_case)

    def _stretch_at(self, step: int) -> Stretch:
        return next(part for part in self._stretches if part.start <= step < part.stop)

    # -- sampled hours ---------------------------------------------------------------------------------------------

    def _sampled_need(self) -> OutageNeed | None:
        """Return the first need in the sampled hours of the years asked."""
        by_year: dict[int, list[Stretch]] = {}
        for stretch in self._stretches:
            by_year.setdefault(stretch.year, []).append(stretch)
        return first_need(list(by_year.values()), self._need_in_year)

    def _need_in_year(self, parts: list[Stretch]) -> tuple[float, OutageNeed | None]:
        """Return how close windings come to their limits in the sampled hours of a year, and its first need."""
        nearest = np.inf
        watched = self._watched()
        asked = [part for part in parts if self._peaks_in(part)[watched].any()] if len(watched) else []
        for part in asked or [max(parts, key=lambda part: int(self._peaks_in(part).sum()))]:
            distance, found = self._look(part)
            if found is not None:
                for before in parts[: parts.index(part)]:
                    earlier = self._look(before)[1]
                    if earlier is not None:
                        return 0.0, earlier
                return 0.0, found
            nearest = min(nearest, distance)
        return nearest, None

    def _peaks_in(self, part: Stretch) -> BoolArray:
        """Whether the highest hour of the year of each winding lies in a stretch. (n_column,)."""
        peaks = self._run.peak_step[part.year - self._run.grid.scenario.horizon.from_year]
        return np.asarray((peaks >= part.start) & (peaks < part.stop))

    def _watched(self) -> IndexArray:
        """Return the windings that the project relieves most, (n_watched,)."""
        order = np.argsort(-self._relief, kind="stable")[:N_WINDING]
        return order[self._relief[order] >= REACH_POINTS]

    def _look(self, part: Stretch) -> tuple[float, OutageNeed | None]:
        """Solve the sampled hours of a stretch, month by month, up to the first need."""
        nearest = np.inf
        parts = self._run.part_step
        first = int(np.searchsorted(parts, part.start, side="right")) - 1
        last = int(np.searchsorted(parts, part.stop, side="left"))
        for month in range(max(first, 0), last):
            steps = self._sampled(month, part)
            if not len(steps):
                continue
            pair = self._pairs.solve(part, steps)
            self._cut_off_mw = pair.cut_off_mw()
            found = pair.first()
            if found is not None:
                return 0.0, found
            nearest = min(nearest, self._distance(pair))
        return nearest, None

    def _sampled(self, month: int, part: Stretch) -> IndexArray:
        """Return the sampled hours of a month that lie in a stretch."""
        peaks = self._run.part_peak[month]
        watched = self._watched()
        if not (len(watched) and (peaks[watched] >= 0).any()):
            steps, counts = np.unique(peaks[peaks >= 0], return_counts=True)
            chosen = steps[counts.argmax() : counts.argmax() + 1] if len(steps) else steps
        else:
            chosen = np.unique(peaks[watched])
        return np.asarray(chosen[(chosen >= max(part.start, 0)) & (chosen < part.stop)])

    def _distance(self, pair: Pair) -> float:
        """Return how close a winding that the project could make safe comes to its limit, percentage points."""
        relief = pair.without.percent - pair.with_project.percent
        known = ~np.isnan(relief).all(axis=1)
        self._relief[known] = np.fmax(self._relief[known], np.nanmax(relief[known], axis=1))
        is_open = (relief >= REACH_POINTS) & ~(pair.with_project.percent > pair.limit)
        return float(np.min(pair.limit - pair.without.percent, where=is_open, initial=np.inf))

    # -- every hour ------------------------------------------------------------------------------------------------

    def _first_hour(self, found: OutageNeed) -> tuple[OutageNeed, int]:
        """Return the first hour of need before one that is known, and from where on every hour was asked."""
        names = self._near(found)
        month = int(np.searchsorted(self._month_step, found.step, side="right")) - 1
        start = int(self._month_step[max(month - 1, 0)])
        found = self._first_between(start, found.step, names) or found
        while start > 0 and found.step < self._month_step[month]:
            month -= 1
            start = int(self._month_step[max(month - 1, 0)])
            found = self._first_between(start, int(self._month_step[month]), names) or found
        return found, start

    def _near(self, found: OutageNeed) -> set[str]:
        """Return the outages that bring a relieved winding near its limit at a step, without the project."""
        pair = self._pairs.solve(self._stretch_at(found.step), np.array([found.step]), near_points=NEAR_POINTS)
        relief = pair.without.percent - pair.with_project.percent
        columns = (relief >= REACH_POINTS).any(axis=1) | pair.needed.any(axis=1)
        names = set(np.array(pair.without.names, dtype=object)[pair.without.is_above[:, columns].any(axis=1)])
        return names | {found.outage}

    def _first_between(self, start: int, stop: int, names: set[str]) -> OutageNeed | None:
        """Return the first need in steps ``start`` to ``stop`` by the outages named; others that come up join them."""
        for part in self._stretches:
            first, last = max(start, part.start), min(stop, part.stop)
            for at in range(first, last, STEPS_AT_ONCE):
                steps = np.arange(at, min(at + STEPS_AT_ONCE, last))
                found = self._confirmed(part, steps, names)
                if found is not None:
                    return found
        return None

    def _confirmed(self, part: Stretch, steps: IndexArray, names: set[str]) -> OutageNeed | None:
        """Return the first need of some steps that holds after all outages."""
        while len(steps):
            pair = self._pairs.solve(part, steps, names)
            likely = np.flatnonzero(pair.is_need)
            if not len(likely):
                return None
            at = int(likely[0])
            whole = self._pairs.solve(part, steps[at : at + 1])
            found = whole.first()
            if found is not None:
                return found
            causes = whole.with_project.cause[pair.needed[:, at], 0]
            come_up = {whole.with_project.names[cause] for cause in causes if cause >= 0} - names
            names |= come_up
            # Where nothing new has come up, the step itself is the exception, and those after it are asked.
            steps = steps[at:] if come_up else steps[at + 1 :]
        return None
