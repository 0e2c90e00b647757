"""The ending summary of a time-series study as plain numbers and texts: what ``summary.json`` holds.

Failed steps come first in everything; the worst transformers follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.assess.verdicts import verdict_counts
from gridsim.enums import StepStatus
from gridsim.results.frames import TIME_FORMAT
from gridsim.studies.official_figures import official_demand
from gridsim.units import MWH_PER_GWH, PERCENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.assess.overload_report import OverloadReport
    from gridsim.grid.staged import StagedGrid

N_WORST = 10
#: Columns of table ``ranking`` that agree in units which share their load.
SAME_IN_PARALLEL = ("element_type", "winding", "substation_name", "limit", "first_overload_utc", "hours")
DATE_FORMAT = "%Y-%m-%d"


def step_counts(steps: pd.DataFrame) -> dict[str, Any]:
    """Count the steps by status: ``total``, ``solved``, ``failed``, and ``by_status`` with zero counts included."""
    counts = steps["status"].value_counts()
    by_status = {status.name: int(counts.get(status.name, 0)) for status in StepStatus}
    solved = sum(by_status[status.name] for status in StepStatus if status.is_solved)
    return {"total": len(steps), "solved": solved, "failed": len(steps) - solved, "by_status": by_status}


def is_failed(steps: pd.DataFrame) -> pd.Series[bool]:
    """Whether each row of the steps table has no solution."""
    return ~steps["status"].isin([status.name for status in StepStatus if status.is_solved])


def summarise(grid: StagedGrid, steps: pd.DataFrame, report: OverloadReport) -> dict[str, Any]:
    """Return the summary of a run.

    Parameters
    ----------
    grid:
        What was run.
    steps:
        Table of steps as written.
    report:
        Verdict over the run.
    """
    scenario = grid.scenario
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "from_year": scenario.horizon.from_year,
        "to_year": scenario.horizon.to_year,
        "resolution_h": scenario.horizon.resolution_h,
        "utc_offset_h": scenario.horizon.utc_offset_h,
        "steps": step_counts(steps) | _failures(grid, steps),
        "overloads": _overloads(report, scenario.horizon.years),
        "worst_transformers": _worst(report.ranking[report.ranking["episodes"] > 0]),
        "load": _load(steps, scenario.horizon.resolution_h),
        "published_figures": official_demand(grid.tables, scenario),
        "limits": [
            {"name": rule.name, "percent": rule.percent, "edition": rule.edition, "source": rule.source}
            | {"is_verified": rule.is_verified, "is_inferred": rule.is_inferred, "derivation": rule.derivation}
            | {"transformers": verdict_counts(report.verdicts, rule)}
            for rule in scenario.limit_rules
        ],
        "not_built": list(grid.calendar.cancelled),
        "held_back": _held_back(grid),
    }


def _failures(grid: StagedGrid, steps: pd.DataFrame) -> dict[str, Any]:
    horizon = grid.scenario.horizon
    failed = steps[is_failed(steps)]
    years = (failed["time_utc"] + pd.Timedelta(hours=horizon.utc_offset_h)).dt.year
    by_year = years.value_counts().sort_index() * horizon.resolution_h
    return {
        "failed_h": len(failed) * horizon.resolution_h,
        "failed_h_by_year": {str(year): int(hours) for year, hours in by_year.items()},
        "first_failed_utc": _time(failed["time_utc"].min()),
        "last_failed_utc": _time(failed["time_utc"].max()),
        "unserved_mwh": _number(failed["unserved_mw"].sum() * horizon.resolution_h),
    }


def _overloads(report: OverloadReport, years: tuple[int, ...]) -> dict[str, Any]:
    ranking, yearly = report.ranking, report.yearly
    overloaded = ranking[ranking["episodes"] > 0]
    leading = overloaded[["element_type", "name", "winding", "limit"]]
    of_worst = yearly.merge(leading, on=["element_type", "name", "winding", "limit"])
    by_year = of_worst[of_worst["hours"] > 0].groupby("year").agg(transformers=("name", "size"), hours=("hours", "sum"))
    empty = {"transformers": 0, "hours": 0.0}
    lines = report.episodes[report.episodes["element_type"] == "line"]
    return {
        "transformers": len(ranking),
        "overloaded_transformers": len(overloaded),
        "overloaded_lines": int(lines["name"].nunique()),
        "episodes": len(report.episodes),
        "first_utc": _time(overloaded["first_overload_utc"].min()),
        "overload_mvah": _number(overloaded["overload_mvah"].sum()),
        "by_year": {
            str(year): _plain(by_year.loc[[year]].to_dict(orient="records")[0]) if year in by_year.index else empty
            for year in years
        },
        "overloaded_by_confidence": _plain(overloaded["confidence"].value_counts().sort_index().to_dict()),
    }


def _worst(overloaded: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the worst transformers; parallel units with the same overloads are one entry, the others ``alike``."""
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in _records(overloaded):
        key = (*(row[name] for name in SAME_IN_PARALLEL), round(row["peak_percent"], 1))
        if key in groups:
            groups[key]["alike"].append(row["name"])
        else:
            groups[key] = row | {"alike": []}
    return list(groups.values())[:N_WORST]


def _load(steps: pd.DataFrame, resolution_h: float) -> dict[str, Any]:
    load, loss = steps["load_mw"], steps["loss_mw"]
    highest = steps["time_utc"].loc[load.idxmax()] if load.notna().any() else pd.NaT
    return {
        "mean_mw": _number(load.mean()),
        "peak_mw": _number(load.max()),
        "peak_utc": _time(highest),
        "energy_gwh": _number(load.sum() * resolution_h / MWH_PER_GWH),
        "loss_percent": _number(loss.sum() / load.sum() * PERCENT if load.sum() else np.nan),
    }


def _held_back(grid: StagedGrid) -> list[dict[str, Any]]:
    """Return what the plan wants in service within the horizon and the grid cannot take."""
    offset = pd.Timedelta(hours=grid.scenario.horizon.utc_offset_h)
    first, last = (grid.time_utc[pos].tz_localize(None) + offset for pos in (0, -1))
    table = grid.calendar.deferred
    is_touched = (table["from_date"].isna() | (table["from_date"] <= last)) & ~(table["until_date"] <= first)
    return _records(table[is_touched])


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [_plain(row) for row in table.to_dict(orient="records")]


def _plain(record: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a record in the types of JSON: no NaN, no numpy, times as text."""
    return {str(key): _value(value) for key, value in record.items()}


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return _number(value)
    return _time(value)


def _number(value: Any) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None


def _time(value: Any) -> str | None:
    """Return a moment in UTC as ISO text, or a day without time zone as its date."""
    if pd.isna(value):
        return None
    return str(value.strftime(TIME_FORMAT if value.tzinfo is not None else DATE_FORMAT))
