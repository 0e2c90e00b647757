"""From dates of projects to what is in service on which day.

The rules walk through the planned dates, the grid room through the dates of a scenario, where projects are late or
cancelled and the plan no longer fits together. How such a plan is read:

1. An element is *wanted* from the day its project opens it (from ever, if it exists) until the day a project closes
   it. Events of cancelled projects do not happen. An element that is closed before it opens never comes.
2. A planned substation *stands* from the first date of the projects that name it as their main substation; if none
   names it, from the day the first of its elements is wanted. A wanted element with an end in a substation that does
   not stand is deferred: a late substation cannot be used as a joint of somebody else's line.
3. A busbar comes into service when branches in service connect it to a slack. Wanted elements at a busbar that never
   had such a connection are deferred too.
4. A busbar that once was in service stays in service while a branch touches it or load has its home there, even when
   a plan gone wrong cuts it off: its hours are then honestly without supply, instead of the load silently vanishing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gridsim.tables.schema import ELEMENT_TABLES, TABLES
from gridsim.tables.topology import positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from gridsim.dtypes import BoolArray
    from gridsim.tables.topology import Topology

Day = np.datetime64
DayArray = NDArray[np.datetime64]
FIRST_DAY = np.datetime64("0001-01-01", "D")
NEVER = np.datetime64("9999-12-31", "D")
KEYS = {table.name: table.key for table in TABLES}


@dataclass(frozen=True)
class ServiceDates:
    """When each element is wanted and each substation stands.

    Attributes
    ----------
    opens, closes:
        Element table to ``(n_row,)`` days: in service from ``opens`` until the day before ``closes``.
    stands:
        ``(n_substation,)`` first day of each substation.
    """

    opens: Mapping[str, DayArray]
    closes: Mapping[str, DayArray]
    stands: DayArray

    def wanted(self, day: Day) -> dict[str, BoolArray]:
        """Return for each element table ``(n_row,)`` whether the plan wants the element in service on ``day``."""
        return {table: (self.opens[table] <= day) & (day < self.closes[table]) for table in self.opens}

    def change_days(self) -> list[Day]:
        """Return ``FIRST_DAY`` and then every day on which something opens, closes or begins to stand, ascending."""
        days = np.concatenate([self.stands, *self.opens.values(), *self.closes.values()])
        return [FIRST_DAY, *np.unique(days[(days > FIRST_DAY) & (days < NEVER)])]


@dataclass(frozen=True)
class GridState:
    """What is in service from ``day`` on.

    Attributes
    ----------
    in_service:
        Element table, and ``buses``, to mask over its rows.
    supplied:
        ``(n_bus,)`` whether the busbar has a path to a slack.
    deferred:
        ``(table, key, reason)`` of each element that the plan wants and the grid cannot yet take.
    """

    day: Day
    in_service: Mapping[str, BoolArray]
    supplied: BoolArray
    deferred: tuple[tuple[str, str, str], ...]


def service_dates(
    frames: Mapping[str, pd.DataFrame], topology: Topology, project_days: Mapping[str, Day]
) -> ServiceDates:
    """Read the commissioning events with the dates of ``project_days``; projects that are not in it do not happen."""
    opens: dict[str, DayArray] = {}
    closes: dict[str, DayArray] = {}
    for table in ELEMENT_TABLES:
        is_existing = (frames[table]["status"] == "existing").to_numpy(dtype=np.bool_)
        opens[table] = np.where(is_existing, FIRST_DAY, NEVER)
        closes[table] = np.full(len(is_existing), NEVER)
    events = frames["commissioning"]
    for table in ELEMENT_TABLES:
        rows = events[events["element_table"] == table]
        places = positions(rows["element_id"], frames[table][KEYS[table]])
        for project, action, pos in zip(rows["project_id"], rows["action"], places, strict=True):
            day = project_days.get(project)
            if day is None or pos < 0:
                continue
            days = opens[table] if action == "open" else closes[table]
            days[pos] = min(days[pos], day)
    return ServiceDates(opens, closes, _standing_days(frames, topology, project_days, opens))


def _standing_days(
    frames: Mapping[str, pd.DataFrame],
    topology: Topology,
    project_days: Mapping[str, Day],
    opens: Mapping[str, DayArray],
) -> DayArray:
    stands = np.where(topology.is_standing, FIRST_DAY, NEVER)
    projects, substations = frames["projects"], frames["substations"]
    is_named = np.zeros(len(stands), dtype=np.bool_)
    places = positions(projects["substation_id"], substations["substation_id"])
    for project, pos in zip(projects["project_id"], places, strict=True):
        if pos >= 0 and not topology.is_standing[pos]:
            is_named[pos] = True
            stands[pos] = min(stands[pos], project_days.get(project, NEVER))
    for table, buses in topology.buses_of.items():
        for ends, day in zip(buses, opens[table], strict=True):
            for pos in topology.substation_of_bus[ends[ends >= 0]]:
                if pos >= 0 and not is_named[pos]:
                    stands[pos] = min(stands[pos], day)
    return stands


def grid_states(
    frames: Mapping[str, pd.DataFrame], topology: Topology, dates: ServiceDates, days: Iterable[Day] | None = None
) -> list[GridState]:
    """Walk through ``days`` (default: every day of change) and tell what is in service from each one on."""
    states: list[GridState] = []
    was_in_service = np.zeros(topology.n_bus, dtype=np.bool_)
    for day in dates.change_days() if days is None else days:
        state = _state(frames, topology, dates, day, was_in_service)
        was_in_service = was_in_service | state.in_service["buses"]
        states.append(state)
    return states


def _state(
    frames: Mapping[str, pd.DataFrame],
    topology: Topology,
    dates: ServiceDates,
    day: Day,
    was_in_service: BoolArray,
) -> GridState:
    wanted = dates.wanted(day)
    stands = np.append(dates.stands <= day, True)[topology.substation_of_bus]
    usable = {table: wanted[table] & _all_ends(stands, topology, table) for table in wanted}
    supplied = topology.supplied(usable)
    is_up = (supplied | was_in_service) & stands & (topology.touched(usable) | topology.is_home)
    in_service = {table: usable[table] & _all_ends(is_up, topology, table) for table in wanted}
    deferred: list[tuple[str, str, str]] = []
    for table in wanted:
        keys = frames[table][KEYS[table]].to_numpy()
        deferred += [
            (table, str(key), "a substation it belongs to or ends in does not stand yet")
            for key in keys[wanted[table] & ~usable[table]]
        ]
        late = usable[table] & ~in_service[table]
        deferred += [(table, str(key), "no branch in service connects it to the slack") for key in keys[late]]
    return GridState(day, in_service | {"buses": is_up}, supplied & is_up, tuple(deferred))


def _all_ends(is_up: BoolArray, topology: Topology, table: str) -> BoolArray:
    """Whether every end of each element lies at a busbar that is up; unknown ends (-1) do not count as up."""
    is_up_at_end: BoolArray = np.append(is_up, False)[topology.buses_of[table]]
    return np.asarray(is_up_at_end.all(axis=1), dtype=np.bool_)
