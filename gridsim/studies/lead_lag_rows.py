"""What lead and lag say of each project, as a table: dates of need in N-0 and N-1 against the planned date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.studies.lead_lag_n1 import security
from gridsim.studies.lead_lag_projects import NOTHING, ProjectScan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridsim.studies.lead_lag_n1 import Security
    from gridsim.studies.lead_lag_pairs import OutageNeed, PlannedOutages
    from gridsim.studies.lead_lag_projects import Caused, Need
    from gridsim.studies.lead_lag_run import PlannedRun

DAYS_PER_YEAR = 365
#: Mean length of a month in days.
DAYS_PER_MONTH = 365.25 / 12.0
#: Verdicts on projects.
BEHIND, AHEAD, NO_NEED, NOT_BUILT = "behind", "ahead", "no need", "not built"
#: What makes a project needed.
NO_SOLUTION, OVERLOAD = "no solution", "overload"
_NAMES = ("project_id", "name", "programme", "substation_id", "substation_name", "planned_date", "verdict")
_NEED = ("needed_utc", "lead_months", "is_bound", "need", "element", "element_substation")
_PERCENT = ("without_percent", "with_percent", "limit_percent")
PROJECT_COLUMNS = (
    *_NAMES,
    *(f"n0_{name}" for name in (*_NEED, *_PERCENT)),
    "causes_element",
    "causes_utc",
    "causes_percent",
    "solved_h",
)
#: Further columns where N-1 was asked for.
N1_COLUMNS = (
    "n1_verdict",
    *(f"n1_{name}" for name in (*_NEED, "outage", *_PERCENT)),
    "n1_every_hour_from_utc",
    "n1_cut_off_outage",
    "n1_cut_off_mw",
    "n1_cut_off_outages",
    "n1_cases",
)


def project_table(rows: Iterable[dict[str, Any]], *, has_n1: bool) -> pd.DataFrame:
    """Put rows in the order in which they are read: hours without solution first, then the furthest behind."""
    columns = [*PROJECT_COLUMNS, *(N1_COLUMNS if has_n1 else ())]
    frame = pd.DataFrame(rows, columns=columns)
    for name in columns:
        if name.endswith("_utc"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
    frame["planned_date"] = pd.to_datetime(frame["planned_date"])
    order = frame.assign(is_solved=frame["n0_need"] != NO_SOLUTION)
    return order.sort_values(["is_solved", "n0_lead_months", "planned_date"], kind="stable", ignore_index=True)[columns]


def project_row(run: PlannedRun, project_id: str, outages: PlannedOutages | None) -> dict[str, Any]:
    """Look for the needs of one project; N-1 where ``outages`` are given."""
    grid, tables = run.grid, run.grid.tables
    horizon = grid.scenario.horizon
    row = tables["projects"].set_index("project_id").loc[project_id]
    planned = grid.calendar.dates.get(project_id)
    date_step = len(grid.time_utc) if planned is None else horizon.step_at(planned)
    scan = ProjectScan(run, project_id, date_step)
    need = scan.need()
    caused = scan.caused(DAYS_PER_YEAR * horizon.steps_per_day)
    secured = None if outages is None else security(outages, scan, need)
    names = dict(zip(tables["substations"]["substation_id"], tables["substations"]["name"], strict=True))
    cells = _need_cells(run, need, planned)
    return {
        "project_id": project_id,
        "name": row["name"],
        "programme": row["programme"],
        "substation_id": row["substation_id"],
        "substation_name": names.get(str(row["substation_id"]), ""),
        "planned_date": planned,
        "verdict": cells.pop("verdict"),
        **{f"n0_{name}": value for name, value in cells.items()},
        **_caused_cells(run, caused),
        "solved_h": scan.n_solved * horizon.resolution_h,
        **({} if secured is None else _n1_cells(run, secured, planned)),
    }


def _need_cells(run: PlannedRun, need: Need | OutageNeed | None, planned: pd.Timestamp | None) -> dict[str, Any]:
    if need is None:
        verdict = NOT_BUILT if planned is None else NO_NEED
        return {"verdict": verdict, "is_bound": False, "need": "", "element": "", "element_substation": ""}
    horizon = run.grid.scenario.horizon
    needed = run.grid.time_utc[need.step]
    local = (needed + pd.Timedelta(hours=horizon.utc_offset_h)).tz_localize(None)
    lead_days = np.nan if planned is None else (local - planned) / pd.Timedelta(days=1)
    elements = run.solving.columns.elements
    named = {} if need.column == NOTHING else elements.iloc[need.column].to_dict()
    return {
        "verdict": NOT_BUILT if planned is None else BEHIND if local < planned else AHEAD,
        "needed_utc": needed,
        "lead_months": lead_days / DAYS_PER_MONTH,
        "is_bound": need.step < DAYS_PER_YEAR * horizon.steps_per_day,
        "need": NO_SOLUTION if need.column == NOTHING else OVERLOAD,
        "element": named.get("element", ""),
        "element_substation": named.get("substation_name", ""),
        "without_percent": need.without_percent,
        "with_percent": need.with_percent,
        "limit_percent": need.limit_percent,
    }


def _n1_cells(run: PlannedRun, found: Security, planned: pd.Timestamp | None) -> dict[str, Any]:
    cells = {f"n1_{name}": value for name, value in _need_cells(run, found.need, planned).items()}
    first = found.every_hour_from
    most = max(found.cut_off_mw, key=lambda name: found.cut_off_mw[name], default="")
    return cells | {
        "n1_outage": "" if found.need is None else found.need.outage,
        "n1_every_hour_from_utc": pd.NaT if first < 0 else run.grid.time_utc[first],
        "n1_cut_off_outage": most,
        "n1_cut_off_mw": found.cut_off_mw.get(most, 0.0),
        "n1_cut_off_outages": len(found.cut_off_mw),
        "n1_cases": found.n_case,
    }


def _caused_cells(run: PlannedRun, caused: Caused | None) -> dict[str, Any]:
    if caused is None:
        return {"causes_element": ""}
    return {
        "causes_element": run.solving.columns.names[caused.column],
        "causes_utc": run.grid.time_utc[caused.step],
        "causes_percent": caused.percent,
    }
