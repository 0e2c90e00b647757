"""Rules about what is opened and closed when, and about load that moves.

NaN-safe: projects without a readable date take part in no comparison, shares that could not be read count as zero in
sums (``np.nansum``), and an unreadable status matches neither "existing" nor "planned".
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.tables.draft import TABLE_BY_NAME
from gridsim.tables.schema import ELEMENT_TABLES
from gridsim.tables.topology import ATTACHED_TABLES, BRANCH_ENDS

if TYPE_CHECKING:
    from gridsim.errors import Finding
    from gridsim.tables.draft import Draft

#: Shares in a spreadsheet are rounded by hand.
SHARE_TOLERANCE = 1e-6
_NOT_YET = ("planned", "under_construction")
_Events = dict[tuple[str, str], list[int]]


def _events(draft: Draft, action: str) -> _Events:
    """Return ``(table, key)`` to the rows of the events with this action."""
    found: _Events = defaultdict(list)
    rows = zip(*(draft.words("commissioning", name) for name in ("action", "element_table", "element_id")), strict=True)
    for pos, (own, table, key) in enumerate(rows):
        if own == action and table and key:
            found[table, key].append(pos)
    return found


def events_fit_status(draft: Draft) -> list[Finding]:
    """Planned elements that nothing opens, existing ones that something opens."""
    if "commissioning" in draft.unreadable:
        return []
    findings: list[Finding] = []
    opens = _events(draft, "open")
    for table in ELEMENT_TABLES:
        key_column = TABLE_BY_NAME[table].key
        for pos, (key, status) in enumerate(zip(draft.keys(table), draft.words(table, "status"), strict=True)):
            if status in _NOT_YET and key and (table, key) not in opens:
                message = f"the element is {status.replace('_', ' ')}, but no event opens it"
                remedy = f"Add a row to commissioning.csv (open, {table}, {key}), or set status to existing."
                findings.append(
                    draft.finding(table, pos, key_column, "planned_without_event", message=message, remedy=remedy)
                )
            if status == "existing":
                for event in opens.get((table, key), ()):
                    message = f"the element is existing ({TABLE_BY_NAME[table].file}, row {draft.rows[table][pos]})"
                    remedy = "Set its status to planned, or delete the event."
                    findings.append(
                        draft.finding(
                            "commissioning", event, "element_id", "opens_existing", message=message, remedy=remedy
                        )
                    )
    return findings


def events_are_single(draft: Draft) -> list[Finding]:
    """Elements that are opened or closed more than once."""
    findings: list[Finding] = []
    for action in ("open", "close"):
        for events in _events(draft, action).values():
            for pos in events[1:]:
                message = f"row {draft.rows['commissioning'][events[0]]} has the same action for this element"
                remedy = (
                    f"An element has one {action} event; delete the other, or give the later unit a row of its own."
                )
                findings.append(
                    draft.finding(
                        "commissioning", pos, "element_id", f"several_{action}s", message=message, remedy=remedy
                    )
                )
    return findings


def close_after_open(draft: Draft) -> list[Finding]:
    """Elements that are closed on or before the day they open."""
    findings: list[Finding] = []
    opens = _events(draft, "open")
    dates = _event_dates(draft)
    for element, closings in _events(draft, "close").items():
        for opening in opens.get(element, ()):
            for pos in closings:
                if dates[pos] <= dates[opening]:
                    message = f"it closes on {dates[pos]:%Y-%m-%d} and opens on {dates[opening]:%Y-%m-%d}"
                    remedy = "Let the closing project come after the opening one."
                    findings.append(
                        draft.finding(
                            "commissioning", pos, "element_id", "close_before_open", message=message, remedy=remedy
                        )
                    )
    return findings


def _event_dates(draft: Draft) -> list[pd.Timestamp]:
    """Return the planned date of each event; NaT, which compares False with everything, when it has none."""
    project_of = pd.Index(draft.keys("projects"))
    dates = draft.frames["projects"]["commissioning_date"]
    by_key = dates.set_axis(project_of)[~project_of.duplicated()]
    return list(by_key.reindex(draft.words("commissioning", "project_id")))


def existing_in_planned_substation(draft: Draft) -> list[Finding]:
    """Existing elements whose substation does not stand yet."""
    findings: list[Finding] = []
    states = draft.words("substations", "status")
    substation_of = dict(draft.looked_up("buses", "substation_id", "substations"))
    columns = {**BRANCH_ENDS, **dict.fromkeys(ATTACHED_TABLES, ("bus_id",))}
    for table, names in columns.items():
        status = draft.words(table, "status")
        for column in names:
            for pos, bus in draft.looked_up(table, column, "buses"):
                if status[pos] == "existing" and bus in substation_of and states[substation_of[bus]] in _NOT_YET:
                    message = "the element is existing, its substation is not"
                    remedy = "Correct the status of the one or the other, or the busbar."
                    findings.append(
                        draft.finding(table, pos, column, "existing_in_planned", message=message, remedy=remedy)
                    )
    return findings


def transfers_add_up(draft: Draft) -> list[Finding]:
    """Load transfers that move more than there is, from where nothing is, or to where it was."""
    findings: list[Finding] = []
    shares = draft.numbers("load_transfers", "share")
    origins, targets = draft.words("load_transfers", "from_bus_id"), draft.words("load_transfers", "to_bus_id")
    homes = set(draft.words("loads", "bus_id"))
    moved: dict[str, float] = defaultdict(float)
    for pos, origin in enumerate(origins):
        before = moved[origin]
        moved[origin] += float(np.nansum(shares[pos]))
        if origin and before <= 1.0 + SHARE_TOLERANCE < moved[origin]:
            message = f"with this row the shares moved away from {origin} add up to {moved[origin]:g}"
            remedy = "Shares are of the load that has its home there; together at most 1."
            findings.append(
                draft.finding("load_transfers", pos, "share", "transfer_sum", message=message, remedy=remedy)
            )
        if origin and "loads" not in draft.unreadable and origin in draft.position["buses"] and origin not in homes:
            message = "no load has its home at this busbar, so nothing would move"
            remedy = "Name the home busbar of the load (bus_id in loads.csv), even if other transfers move parts of it."
            findings.append(
                draft.finding(
                    "load_transfers", pos, "from_bus_id", "transfer_of_nothing", message=message, remedy=remedy
                )
            )
        if origin and origin == targets[pos]:
            message = "load would move to where it is"
            remedy = "Name the busbar of the new substation."
            findings.append(
                draft.finding("load_transfers", pos, "to_bus_id", "transfer_to_itself", message=message, remedy=remedy)
            )
    return findings


RULES = (
    events_fit_status,
    events_are_single,
    close_after_open,
    existing_in_planned_substation,
    transfers_add_up,
)
