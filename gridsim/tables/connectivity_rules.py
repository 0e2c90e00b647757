"""Rules about supply: on a walk through the planned dates, everything that must be alive reaches the slack.

NaN-safe: references that cannot be resolved connect nothing, projects without a readable date do not happen, and shares
that could not be read count as zero. When a table that the walk needs is not there at all, the walk is left out.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.tables.calendar_rules import SHARE_TOLERANCE
from gridsim.tables.draft import TABLE_BY_NAME
from gridsim.tables.service_dates import FIRST_DAY, Day, GridState, grid_states, service_dates
from gridsim.tables.topology import positions, read_topology

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, IndexArray
    from gridsim.errors import Finding
    from gridsim.tables.draft import Draft
    from gridsim.tables.topology import Topology

_NEEDED = {
    "substations",
    "buses",
    "trafos",
    "trafos3w",
    "lines",
    "power_plants",
    "external_grids",
    "projects",
    "commissioning",
}
#: Keys listed in one finding about a part of the grid.
_LISTED = 6


def supply(draft: Draft) -> list[Finding]:
    """All rules about supply, on one walk through the planned dates."""
    if draft.unreadable & _NEEDED or not len(draft.frames["buses"]):
        return []
    topology = read_topology(draft.frames)
    days = planned_days(draft)
    states = grid_states(draft.frames, topology, service_dates(draft.frames, topology, days))
    findings = [*_one_slack(draft, topology, states), *_exchange_shares(draft, states)]
    if not states[0].supplied.any():
        return findings  # Without a slack everything is isolated; saying so for each row would hide the cause.
    return [
        *findings,
        *_isolated_loads(draft, topology, states, days),
        *_held_back(draft, states),
        *_transfers_arrive(draft, states, days),
        *_investors_are_served(draft, states),
    ]


def planned_days(draft: Draft) -> dict[str, Day]:
    """Return the planned day of each project that has a readable one."""
    dates = pd.DatetimeIndex(draft.frames["projects"]["commissioning_date"])
    days = zip(draft.keys("projects"), dates, strict=True)
    return {project: np.datetime64(date.date(), "D") for project, date in days if project and not pd.isna(date)}


def _when(day: Day) -> str:
    return "on the first day" if day == FIRST_DAY else f"from {day} on"


def _one_slack(draft: Draft, topology: Topology, states: list[GridState]) -> list[Finding]:
    slacks = np.flatnonzero(topology.is_slack)
    if not slacks.size:
        message = "no external grid has the role slack"
        remedy = "Exactly one must: it holds the voltage and balances what is left."
        return [draft.file_finding("external_grids", "no_slack", message=message, remedy=remedy)]
    findings: list[Finding] = []
    for pos in slacks[1:]:
        message = f"row {draft.rows['external_grids'][slacks[0]]} is a slack already"
        remedy = "Exactly one external grid has the role slack; give the others the role exchange."
        findings.append(draft.finding("external_grids", pos, "role", "several_slacks", message=message, remedy=remedy))
    for state in states:
        if not state.in_service["external_grids"][slacks].any():
            message = f"no slack is in service {_when(state.day)}"
            remedy = "The slack must exist from the first day to the last."
            findings.append(
                draft.finding("external_grids", slacks[0], "status", "no_slack", message=message, remedy=remedy)
            )
            break
    return findings


def _exchange_shares(draft: Draft, states: list[GridState]) -> list[Finding]:
    is_exchange = np.array([role == "exchange" for role in draft.words("external_grids", "role")], dtype=np.bool_)
    shares = draft.numbers("external_grids", "share_of_deficit")
    for state in states:
        rows = np.flatnonzero(is_exchange & state.in_service["external_grids"])
        total = float(np.nansum(shares[rows]))
        if total > 1.0 + SHARE_TOLERANCE:
            message = f"the shares of the exchanges in service {_when(state.day)} add up to {total:g}"
            remedy = "Together at most 1; the slack feeds the rest."
            column = "share_of_deficit"
            return [draft.finding("external_grids", rows[-1], column, "exchange_sum", message=message, remedy=remedy)]
    return []


def _isolated_loads(draft: Draft, topology: Topology, states: list[GridState], days: dict[str, Day]) -> list[Finding]:
    """One finding for each isolated part that holds load of the base year, on the first day on which it is isolated."""
    findings: list[Finding] = []
    home = positions(draft.frames["loads"]["bus_id"], draft.frames["buses"]["bus_id"])
    reported = np.zeros(topology.n_bus, dtype=np.bool_)
    bus_ids = draft.keys("buses")
    for state in states:
        left = _load_left(draft, topology, days, state.day)
        dark = left & ~state.supplied & ~reported
        if not dark.any():
            continue
        reported |= dark
        islands = topology.islands(state.in_service)
        for island in np.unique(islands[dark]):
            members = np.flatnonzero(dark & (islands == island))
            pos = int(np.flatnonzero(np.isin(home, members))[0])
            listed = ", ".join(bus_ids[bus] for bus in members[:_LISTED])
            more = f" and {len(members) - _LISTED} more" if len(members) > _LISTED else ""
            message = f"no path of branches in service leads from {listed}{more} to the slack {_when(state.day)}"
            remedy = "Add the missing line or transformer, correct a status or a date, or move the load in time."
            findings.append(draft.finding("loads", pos, "bus_id", "isolated", message=message, remedy=remedy))
    return findings


def _load_left(draft: Draft, topology: Topology, days: dict[str, Day], day: Day) -> BoolArray:
    """Whether load still has to be served at its home after the transfers up to ``day``."""
    moved = np.zeros(topology.n_bus + 1)
    shares = np.nan_to_num(draft.numbers("load_transfers", "share"))
    origins = positions(draft.frames["load_transfers"]["from_bus_id"], draft.frames["buses"]["bus_id"])
    for pos, project in enumerate(draft.words("load_transfers", "project_id")):
        if project in days and days[project] <= day:
            moved[origins[pos]] += shares[pos]
    result: BoolArray = topology.is_home & (moved[: topology.n_bus] < 1.0 - SHARE_TOLERANCE)
    return result


def _held_back(draft: Draft, states: list[GridState]) -> list[Finding]:
    """Find elements that the plan wants on the first or on the last day and that have no supply then."""
    wanted_why: dict[tuple[str, str], list[str]] = defaultdict(list)
    for state, when in ((states[0], "on the first day"), (states[-1], "at the end of the plan")):
        for table, key, reason in state.deferred:
            wanted_why[table, key].append(f"{reason} {when}")
    findings: list[Finding] = []
    for (table, key), reasons in wanted_why.items():
        pos = draft.position[table].get(key)
        if pos is not None:
            message = f"the element cannot be in service: {reasons[-1]}"
            remedy = "Connect its busbars to the grid, or correct the project, its date or the status."
            column = TABLE_BY_NAME[table].key
            findings.append(draft.finding(table, pos, column, "isolated", message=message, remedy=remedy))
    return findings


def _transfers_arrive(draft: Draft, states: list[GridState], days: dict[str, Day]) -> list[Finding]:
    findings: list[Finding] = []
    targets = _bus_rows(draft, "load_transfers", "to_bus_id")
    for pos, project in enumerate(draft.words("load_transfers", "project_id")):
        if project not in days or targets[pos] < 0:
            continue
        state = [state for state in states if state.day <= days[project]][-1]
        if not state.supplied[targets[pos]]:
            message = f"the busbar is not in service on {days[project]}, the day of project {project}"
            remedy = "Let the project open what supplies it, or name a busbar in service."
            findings.append(
                draft.finding(
                    "load_transfers", pos, "to_bus_id", "transfer_into_the_dark", message=message, remedy=remedy
                )
            )
    return findings


def _investors_are_served(draft: Draft, states: list[GridState]) -> list[Finding]:
    findings: list[Finding] = []
    wanted = _bus_rows(draft, "investors", "bus_id")
    fallback = _bus_rows(draft, "investors", "fallback_bus_id")
    ever = np.logical_or.reduce([state.supplied for state in states])
    for pos, (bus, other) in enumerate(zip(wanted, fallback, strict=True)):
        if bus >= 0 and not ever[bus]:
            message = "the busbar is never in service"
            remedy = "Add what opens it, or name a busbar that is."
            findings.append(
                draft.finding("investors", pos, "bus_id", "investor_never_served", message=message, remedy=remedy)
            )
        if other >= 0 and not states[0].supplied[other]:
            message = "the fallback busbar is not in service on the first day"
            remedy = "Name a busbar that exists."
            findings.append(
                draft.finding(
                    "investors", pos, "fallback_bus_id", "fallback_in_the_dark", message=message, remedy=remedy
                )
            )
        elif bus >= 0 and other >= 0 and not all(state.supplied[[bus, other]].any() for state in states):
            message = "at some time neither this busbar nor the wanted one is in service"
            remedy = "Name a busbar that stays until the wanted one stands."
            findings.append(
                draft.finding(
                    "investors", pos, "fallback_bus_id", "fallback_in_the_dark", message=message, remedy=remedy
                )
            )
    return findings


def _bus_rows(draft: Draft, table: str, column: str) -> IndexArray:
    return positions(draft.frames[table][column], draft.frames["buses"]["bus_id"])


RULES = (supply,)
