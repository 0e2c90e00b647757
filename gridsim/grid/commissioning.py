"""Which project comes when in a scenario, and what that does to the grid.

Dates are local: a project is in service from local midnight of its date. How late and cancelled projects are read when
the plan no longer fits together is written in :mod:`gridsim.tables.service_dates`; what that reading held back is
listed in :attr:`CommissioningCalendar.deferred`, because a planner must see it.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from gridsim.errors import ScenarioError
from gridsim.tables.service_dates import FIRST_DAY, GridState, grid_states, service_dates
from gridsim.tables.topology import read_topology

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridsim.tables.network_tables import NetworkTables

EVENT_COLUMNS = ("event_id", "project_id", "action", "element_table", "element_id")
TRANSFER_COLUMNS = ("transfer_id", "project_id", "from_bus_id", "to_bus_id", "share")


class DatedProjects(Protocol):
    """The part of ``CommissioningOptions`` that decides about dates."""

    @property
    def cancelled_projects(self) -> Sequence[str]:
        """Projects that are not built."""

    @property
    def slip_months_by_project(self) -> Mapping[str, int]:
        """Months late, by project."""

    def effective_date(self, project_id: str, programme: str, planned: pd.Timestamp) -> pd.Timestamp | None:
        """Return the first day in service, None when the project is never built."""


class HasCommissioning(Protocol):
    """The part of a ``Scenario`` that is read here."""

    @property
    def commissioning(self) -> DatedProjects:
        """Options about dates of projects."""


@dataclass(frozen=True)
class CommissioningCalendar:
    """The plan of a scenario.

    Attributes
    ----------
    dates:
        ``project_id`` to first day in service, as a timestamp without zone at local midnight; cancelled projects are
        absent.
    cancelled:
        Projects that are never built, in table order.
    events:
        Columns ``date``, ``planned_date``, ``programme`` and those of table ``commissioning``, ascending by date (table
        order within a day); events of cancelled projects are absent.
    transfers:
        Columns ``date`` and those of table ``load_transfers``, ascending by date; cancelled projects are absent.
    states:
        What is in service from which day on, ascending; the first is the state before any event.
    deferred:
        Columns ``element_table``, ``element_id``, ``from_date`` (NaT: from the beginning), ``until_date`` (NaT: to the
        end), ``reason``: elements that the plan wants in service and the grid cannot take.
    """

    dates: Mapping[str, pd.Timestamp]
    cancelled: tuple[str, ...]
    events: pd.DataFrame
    transfers: pd.DataFrame
    states: tuple[GridState, ...]
    deferred: pd.DataFrame


def calendar(tables: NetworkTables, scenario: HasCommissioning) -> CommissioningCalendar:
    """Date every project of the tables as the scenario says.

    Raises
    ------
    ScenarioError
        When the scenario cancels or delays a project that the tables do not have.
    """
    options = scenario.commissioning
    projects = tables["projects"]
    _refuse_unknown(options, projects["project_id"].to_list())
    dates: dict[str, pd.Timestamp] = {}
    planned = pd.DatetimeIndex(projects["commissioning_date"])
    for project, programme, day in zip(projects["project_id"], projects["programme"], planned, strict=True):
        date = options.effective_date(project, programme, day)
        if date is not None:
            dates[project] = date.normalize()
    topology = read_topology(tables.frames)
    days = {project: np.datetime64(date.date(), "D") for project, date in dates.items()}
    states = grid_states(tables.frames, topology, service_dates(tables.frames, topology, days))
    return CommissioningCalendar(
        dates=dates,
        cancelled=tuple(project for project in projects["project_id"] if project not in dates),
        events=_dated(tables["commissioning"], EVENT_COLUMNS, dates, projects),
        transfers=_dated(tables["load_transfers"], TRANSFER_COLUMNS, dates, projects).drop(
            columns=["planned_date", "programme"]
        ),
        states=tuple(states),
        deferred=_deferred(states),
    )


def _refuse_unknown(options: DatedProjects, known: list[str]) -> None:
    asked = {
        "commissioning.cancelled_projects": options.cancelled_projects,
        "commissioning.slip_months_by_project": list(options.slip_months_by_project),
    }
    problems = []
    for key, projects in asked.items():
        for project in projects:
            if project not in known:
                near = difflib.get_close_matches(project, known, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                problems.append(f"{key}: {project!r} is not a project of the network tables (projects.csv){hint}")
    if problems:
        raise ScenarioError("\n".join(problems))


def _dated(
    frame: pd.DataFrame, columns: tuple[str, ...], dates: Mapping[str, pd.Timestamp], projects: pd.DataFrame
) -> pd.DataFrame:
    by_id = projects.set_index("project_id")
    found = frame.loc[frame["project_id"].isin(list(dates)), list(columns)]
    ids = found["project_id"]
    result = found.assign(
        date=pd.to_datetime(ids.map(dict(dates))),
        planned_date=pd.to_datetime(ids.map(by_id["commissioning_date"])),
        programme=ids.map(by_id["programme"]),
    )
    ordered = result[["date", "planned_date", "programme", *columns]]
    return ordered.sort_values("date", kind="stable", ignore_index=True)


def _deferred(states: list[GridState]) -> pd.DataFrame:
    """Join what consecutive states held back into intervals."""
    since: dict[tuple[str, str, str], np.datetime64] = {}
    records: list[tuple[str, str, np.datetime64, np.datetime64, str]] = []
    no_day = np.datetime64("NaT", "D")
    for state in states:
        over = [item for item in since if item not in state.deferred]
        records.extend((item[0], item[1], since.pop(item), state.day, item[2]) for item in over)
        for item in state.deferred:
            since.setdefault(item, no_day if state.day == FIRST_DAY else state.day)
    records.extend((item[0], item[1], day, no_day, item[2]) for item, day in since.items())
    columns = ["element_table", "element_id", "from_date", "until_date", "reason"]
    frame = pd.DataFrame(records, columns=columns).astype(
        {"from_date": "datetime64[ns]", "until_date": "datetime64[ns]"}
    )
    return frame.sort_values(["from_date", "element_table", "element_id"], ignore_index=True)
