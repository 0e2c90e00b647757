"""Numbers behind the pictures of the report: timeline, heat maps, duration curves, packed for the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.enums import ElementStatus
from gridsim.report.page.packing import base64_of, narrow_loading, wide_loading
from gridsim.report.page.place_names import chart_name, place_name, unit_names
from gridsim.studies.finished_run import records
from gridsim.studies.towns import TOWNS
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.dtypes import FloatArray
    from gridsim.report.page.run_tables import RunTables

#: Groups of like units whose every hour is looked at (duration curves, hour by day), the worst.
N_DETAILED = 60
#: Episodes that the timeline carries, those with the most MVA h above the limit; page and picture say when some miss.
N_EPISODES = 60_000
#: Points of a duration curve, close together where the loading is high.
CURVE_SHARES = np.linspace(0.0, 1.0, 41) ** 2.5
MS_PER_HOUR = 3_600_000
HOURS_PER_DAY = 24
DAYS_PER_YEAR = 366


def chart_data(run: RunTables) -> dict[str, Any]:
    """Return what all pictures but the map need, in the types of JSON."""
    return {
        "first_ms": int(run.first.value // 1_000_000),
        "end_ms": int(run.end.value // 1_000_000),
        "step_ms": int(run.manifest.resolution_h * MS_PER_HOUR),
        "from_year": run.manifest.from_year,
        "to_year": run.manifest.to_year,
        "groups": _groups(run),
        "months": _months(run),
        "failed": _failed_runs(run),
        "timeline": _timeline(run),
        "events": _events(run),
        **_hours(run),
    }


def _groups(run: RunTables) -> list[dict[str, Any]]:
    return [
        {
            "name": place_name(row.substation_name) or row.name,
            "units": unit_names(row),
            "short": chart_name(row.substation_name) or row.name,
            "peak": None if np.isnan(row.peak_percent) else round(float(row.peak_percent), 1),
        }
        for row in records(run.groups)
    ]


def _months(run: RunTables) -> dict[str, Any]:
    worst, failed = run.months
    row, month = np.nonzero(failed > 0.0)
    marks = np.stack([row, month, np.minimum(failed[row, month], 65535.0)], axis=1).astype(np.uint16)
    return {"worst": wide_loading(worst, failed > 0.0), "failed": base64_of(marks)}


def _failed_runs(run: RunTables) -> str:
    """Return first step and number of steps of every stretch without solution."""
    edges = np.diff(run.failed_steps.astype(np.int8), prepend=0, append=0)
    first, stop = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return base64_of(np.stack([first, stop - first], axis=1).astype(np.uint32))


def _timeline(run: RunTables) -> dict[str, Any]:
    episodes = run.episodes
    total = len(episodes)
    kept = episodes.nlargest(N_EPISODES, "overload_mvah").sort_values(["group", "start"], kind="stable")
    first = run.step_of(kept["start"])
    n_steps = run.step_of(kept["end"]) - first
    rows = kept.groupby("group")["start"].min().sort_values(kind="stable").index
    place = {group: number for number, group in enumerate(rows.tolist())}
    return {
        "rows": [int(group) for group in rows],
        "row": base64_of(kept["group"].map(place).to_numpy(np.uint16)),
        "start": base64_of(first.astype(np.uint32)),
        "steps": base64_of(np.asarray(n_steps).astype(np.uint32)),
        "peak": base64_of(np.ceil(kept["peak_percent"].to_numpy(np.float64) * 10.0).astype(np.uint16)),
        "mvah": base64_of(kept["overload_mvah"].to_numpy(np.float32)),
        "shown": len(kept),
        "total": total,
    }


def _events(run: RunTables) -> list[list[Any]]:
    lanes = {"substation": 0, "reinforcement": 0, "generation": 1, "plant": 1, "investor": 2}
    return [
        [
            lanes[event.kind],
            int(event.opens.value // 1_000_000),
            place_name(event.name),
            None if np.isnan(event.mw) else round(float(event.mw), 1),
        ]
        for event in records(run.events)
        if event.kind in lanes
    ]


def _hours(run: RunTables) -> dict[str, Any]:
    """Return duration curves of every year and the hours of the worst year of the most loaded groups."""
    chosen = run.groups.head(N_DETAILED)
    names = list(dict.fromkeys(chosen["element"]))
    per_day = round(HOURS_PER_DAY / run.manifest.resolution_h)
    curves = np.full((len(chosen), len(run.years), len(CURVE_SHARES)), np.nan)
    worst_year = _worst_years(run, chosen["group"].to_numpy(np.int64))
    days = np.full((len(chosen), DAYS_PER_YEAR * per_day), np.nan)
    is_unknown = np.zeros(days.shape, dtype=np.bool_)
    for number, year in enumerate(run.years):
        if year not in run.store.years:
            continue
        frame = run.store.loading(year, names)
        failed = run.failed_steps[run.step_of(run.local(frame["time_utc"]))]
        for place, element in enumerate(chosen["element"]):
            values = frame[element].to_numpy(np.float64)
            curves[place, number] = _curve(values)
            if worst_year[place] == year:
                days[place, : len(values)] = values
                is_unknown[place, : len(values)] = failed
    return {
        "per_day": per_day,
        "curves": {
            "shares": [round(float(share) * PERCENT, 4) for share in CURVE_SHARES],
            "percent": wide_loading(curves, np.zeros(curves.shape, dtype=np.bool_)),
        },
        "days": {"year": worst_year, "percent": narrow_loading(days, is_unknown)},
        "detailed": len(chosen),
    }


def _curve(values: FloatArray) -> FloatArray:
    """Return the loading that is reached in each of ``CURVE_SHARES`` of the known hours; NaN when there are none."""
    known = np.sort(values[~np.isnan(values)])[::-1]
    if len(known) == 0:
        return np.full(len(CURVE_SHARES), np.nan)
    return np.asarray(known[np.rint(CURVE_SHARES * (len(known) - 1)).astype(np.int64)])


def _worst_years(run: RunTables, groups: Any) -> list[int]:
    """Return the local year in which each group is loaded most; the first year where nothing is known."""
    worst = run.months[0][groups].reshape(len(groups), len(run.years), 12)
    by_year = np.nan_to_num(np.fmax.reduce(worst, axis=2), nan=-1.0)
    return [int(run.years[place]) for place in by_year.argmax(axis=1)]


def map_data(run: RunTables, town_names: Mapping[str, str]) -> dict[str, Any]:
    """Return substations and lines with their worst loading in every year, and towns by name, in the types of JSON."""
    stations, lines = run.substations, run.lines
    worst, failed = run.by_year("worst_percent", "max"), run.by_year("failed_hours", "sum")
    transformers = run.elements[run.elements["element_type"] != "line"]
    keys = transformers["substation_id"].to_numpy()
    place = {name: number for number, name in enumerate(stations["substation_id"])}
    row = np.array([place.get(key, -1) for key in keys], dtype=np.int64)
    of_station = np.full((len(stations), len(run.years)), np.nan)
    unknown = np.zeros(of_station.shape)
    is_known = row >= 0
    elements = transformers["element"].to_list()
    np.fmax.at(of_station, row[is_known], worst.reindex(elements).to_numpy(np.float64)[is_known])
    np.fmax.at(unknown, row[is_known], failed.reindex(elements).fillna(0.0).to_numpy(np.float64)[is_known])
    line_names = [f"line:{name}" for name in lines["line_id"]]
    of_line = worst.reindex(line_names).to_numpy(np.float64)
    line_unknown = failed.reindex(line_names).fillna(0.0).to_numpy(np.float64) > 0.0
    last = run.manifest.to_year + 1
    return {
        "stations": [
            [
                place_name(station.name),
                round(float(station.lat), 4),
                round(float(station.lon), 4),
                float(station.voltage_kv),
                _year_of(station.opens, run.manifest.from_year),
                int(station.status != ElementStatus.existing.value),
                int(station.is_representative),
                None if pd.isna(station.opens) else f"{station.opens:%Y-%m-%d}",
                int(station.area == "outside"),
            ]
            for station in records(stations)
        ],
        "station_worst": wide_loading(of_station, unknown > 0.0),
        "lines": [
            [
                *(round(float(value), 4) for value in (line.lat_from, line.lon_from, line.lat_to, line.lon_to)),
                float(line.vn_kv),
                _year_of(line.opens, run.manifest.from_year),
                _year_of(line.closes, last),
            ]
            for line in records(lines)
        ],
        "line_worst": wide_loading(of_line, line_unknown),
        "towns": [[town_names[town.name], town.lat, town.lon] for town in TOWNS],
        "unsolved_h": [int(hours) for hours in _failed_by_year(run)],
    }


def _year_of(moment: Any, missing: int) -> int:
    return missing if pd.isna(moment) else int(moment.year)


def _failed_by_year(run: RunTables) -> FloatArray:
    year = run.steps.loc[run.failed_steps, "local"].dt.year.to_numpy(np.int64)
    counts = np.bincount(year - run.manifest.from_year, minlength=len(run.years))
    return np.asarray(counts * run.manifest.resolution_h, dtype=np.float64)
