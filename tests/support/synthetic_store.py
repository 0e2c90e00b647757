"""A result directory made of formulas: the layout of a real study without solving one.

Deterministic for the same arguments. Loadings follow growth, season and hour of day; new substations relieve their
neighbours; a few steps have no solution when asked for. Monthly values, episodes and steps are all taken from the
same loading array, so that they agree with one another as those of a real study do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.results import Manifest, ResultStore
from gridsim.results.layout import EVENTS, RANKING, TAP_OPERATIONS, THERMAL_LIFE, VERDICTS, YEARLY
from gridsim.results.manifest import BlockRecord

if TYPE_CHECKING:
    from pathlib import Path

UTC_OFFSET = pd.Timedelta(hours=5)
LIMITS = (
    {"name": "continuous", "percent": 100.0, "edition": "rating plate", "is_verified": True, "is_inferred": False},
    {"name": "emergency", "percent": 130.0, "edition": "made up", "is_verified": False, "is_inferred": False},
)
RULE_KEYS = ("edition", "is_verified", "is_inferred")
SECTOR_MW = {
    ("almaty_region", "residential"): 270.0,
    ("almaty_region", "commerce"): 90.0,
    ("almaty_region", "public"): 60.0,
    ("almaty_region", "industry"): 200.0,
    ("almaty_region", "agriculture"): 95.0,
    ("almaty_region", "transport"): 60.0,
    ("almaty_city", "residential"): 520.0,
    ("almaty_city", "commerce"): 310.0,
    ("almaty_city", "public"): 150.0,
    ("almaty_city", "industry"): 170.0,
    ("almaty_city", "transport"): 40.0,
}
INVESTOR_SECTORS = ("food", "logistics", "tourism", "industry")
NAMED_SUBSTATIONS = (
    ("Alma 500", 43.6107, 76.9661, 500.0, "almaty_region"),
    ("Kaskelen 220", 43.2070, 76.6270, 220.0, "almaty_region"),
    ("Robot 220", 43.8519, 77.0493, 220.0, "almaty_region"),
    ("Shelek 220", 43.5781, 78.2677, 220.0, "almaty_region"),
    ("Yermensay PS-160A", 43.1900, 76.8900, 110.0, "almaty_city"),
    ("Tuzdybastau", 43.3100, 77.0500, 110.0, "almaty_city"),
    ("Kirpichnaya", 43.3050, 76.9350, 110.0, "almaty_city"),
    ("CHP-3 busbars (Otegen Batyr)", 43.4149, 77.0132, 220.0, "almaty_region"),
    ("Moinak HPP switchyard", 43.0985, 78.7994, 220.0, "almaty_region"),
    ("YuKGRES 500", 45.2024, 73.9652, 500.0, "outside"),
    ("Taldykorgan 500", 45.0002, 77.9027, 500.0, "outside"),
)
CENTRES = (
    ("almaty_city", 43.245, 76.915, 0.055),
    ("almaty_region", 43.47, 77.03, 0.07),
    ("almaty_region", 43.86, 77.07, 0.05),
    ("almaty_region", 43.35, 77.45, 0.06),
    ("almaty_region", 43.22, 76.32, 0.06),
    ("almaty_region", 43.60, 78.25, 0.08),
    ("almaty_region", 43.01, 79.20, 0.08),
    ("almaty_region", 44.80, 76.27, 0.05),
)
NAMED_EVENTS = (
    ("2026-03-01", "substation", "named_project", "Kirpichnaya 110/10 kV", np.nan),
    ("2026-07-01", "investor", "active_20", "PepsiCo Central Asia, stage 1", 1.4),
    ("2026-09-01", "substation", "named_project", "Tuzdybastau 110/10-10 kV", np.nan),
    ("2026-12-01", "generation", "generation", "CHP-2 gas conversion (557 MW)", 557.0),
    ("2027-01-01", "generation", "generation", "CHP-3 reconstruction (544 MW)", 544.0),
    ("2027-07-01", "investor", "active_20", "PepsiCo Central Asia, stage 2", 0.7),
    ("2027-10-01", "investor", "active_20", "Logistics park Alatau Gate", 18.0),
    ("2028-04-01", "investor", "formed_32", "Zhibek Zholy tourism complex", 12.0),
    ("2029-06-01", "reinforcement", "reinforcement", "Second autotransformer at Alma 500", np.nan),
    ("2029-12-31", "investor", "active_20", "Iconic Towers", 26.0),
    ("2031-01-01", "investor", "active_20", "Mars Petcare Kazakhstan", 6.0),
    ("2035-07-01", "generation", "generation", "Ulken nuclear plant, unit 1 (1,200 MW)", 1200.0),
    ("2036-07-01", "generation", "generation", "Ulken nuclear plant, unit 2 (1,200 MW)", 1200.0),
)


@dataclass(frozen=True)
class SyntheticGrid:
    """Tables of the grid and the two coefficients per element that its loading follows."""

    elements: pd.DataFrame
    substations: pd.DataFrame
    lines: pd.DataFrame
    base_percent: np.ndarray
    growth: np.ndarray


def write_synthetic_store(
    folder: str | Path,
    *,
    n_transformers: int = 60,
    from_year: int = 2026,
    to_year: int = 2050,
    resolution_h: int = 1,
    is_failing: bool = False,
    with_loading: bool = False,
    load_level: float = 1.0,
    late_days: int = 0,
    seed: int = 20260117,
) -> ResultStore:
    """Write the results of a made-up study into ``folder`` and open them.

    ``resolution_h`` hours per step (episodes and hours follow it), ``is_failing`` leaves winter peaks of the last
    years without solution, ``with_loading`` also writes the (large) loading files, ``load_level`` scales all
    loadings, so that 0.3 gives a study without any overload; planned substations are ``late_days`` late.
    """
    generator = np.random.default_rng(seed)
    grid = _grid(n_transformers, from_year, to_year, generator, late_days)
    time_utc = pd.date_range(
        pd.Timestamp(from_year, 1, 1, tz="UTC") - UTC_OFFSET,
        pd.Timestamp(to_year + 1, 1, 1, tz="UTC") - UTC_OFFSET,
        freq=pd.Timedelta(hours=resolution_h),
        inclusive="left",
        unit="ns",
    )
    local = time_utc.tz_localize(None) + UTC_OFFSET
    failed = _failed_steps(local, to_year, is_failing=is_failing)
    columns = list(grid.elements["element"])
    monthly, episodes, blocks = [], [], []
    with ResultStore.create(folder, overwrite=True) as store:
        for year in range(from_year, to_year + 1):
            rows = np.flatnonzero(local.year == year)
            loading = np.float32(load_level) * _loading(grid, time_utc[rows], local[rows], from_year, seed)
            loading[failed[rows]] = np.nan
            monthly.append(_monthly(grid.elements, loading, local[rows], failed[rows], resolution_h))
            episodes.append(_episodes(grid.elements, loading, time_utc[rows], resolution_h))
            if with_loading:
                file = store.write_loading(year, 0, time_utc[rows], columns, np.ascontiguousarray(loading.T))
                blocks.append(BlockRecord(file, year, 0, int(rows[0]), int(rows[-1]) + 1))
        steps = _steps(time_utc, local, failed, from_year, generator)
        overloads = _joined(pd.concat(episodes, ignore_index=True))
        months = pd.concat(monthly, ignore_index=True)
        store.write_steps(steps)
        store.write_monthly(months)
        store.write_overloads(overloads)
        store.write_table("elements", grid.elements)
        store.write_table("substations", grid.substations)
        store.write_table("lines", grid.lines)
        store.write_table("events", _events(from_year, to_year, np.random.default_rng([seed, 1]), late_days))
        store.write_table("demand", _demand(from_year, to_year))
        store.write_table("ranking", _ranking(grid.elements, overloads, months))
        store.write_table("yearly", _yearly(overloads))
        store.write_table("verdicts", _verdicts(grid.elements, overloads, months))
        store.write_table("tap_operations", _taps(grid.elements, range(from_year, to_year + 1), load_level))
        store.write_table("thermal_life", _thermal(grid.elements, months, resolution_h))
        n_solved = int((~failed).sum())
        store.write_summary(_summary(len(steps), n_solved))
        store.finish(
            Manifest(
                scenario="synthetic",
                title="Synthetic study",
                from_year=from_year,
                to_year=to_year,
                resolution_h=float(resolution_h),
                utc_offset_h=5.0,
                loading_basis="current",
                limits=LIMITS,
                options={},
                inputs={},
                versions={},
                steps={
                    "total": len(steps),
                    "solved": n_solved,
                    "failed": len(steps) - n_solved,
                    "by_status": {str(name): int(n) for name, n in steps["status"].value_counts().items()},
                },
                blocks=tuple(blocks),
                created_utc="2026-01-17T00:00:00Z",
                elapsed_s={"total": 0.0},
                scenario_values={"name": "synthetic", "late_days": late_days, "load_level": load_level},
            )
        )
    return ResultStore.open(folder)


def _stamp(times: Any) -> Any:
    return pd.Series(times).dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_numpy()


def _substations(n: int, from_year: int, generator: np.random.Generator, late_days: int) -> pd.DataFrame:
    records = []
    for i in range(n):
        if i % 2 == 0 and i // 2 < len(NAMED_SUBSTATIONS):
            name, lat, lon, voltage, area = NAMED_SUBSTATIONS[i // 2]
            is_representative, is_planned = False, name in {"Tuzdybastau", "Kirpichnaya"}
        else:
            area, centre_lat, centre_lon, spread = CENTRES[0 if i % 4 == 1 else i % len(CENTRES)]
            lat, lon = np.array([centre_lat, centre_lon]) + generator.normal(0.0, spread, 2)
            voltage, is_representative, is_planned = 110.0, True, i % 5 == 3
            place = "Almaty" if area == "almaty_city" else "Region"
            name = f"{'Planned' if is_planned else 'Representative'} 110 kV {place} {i:02d}"
        opening = pd.Timestamp(from_year, 1, 1) + pd.Timedelta(days=int(generator.integers(90, 3200)) + late_days)
        records.append(
            {
                "substation_id": f"S{i:03d}",
                "name": name,
                "area": area,
                "lat": round(float(lat), 4),
                "lon": round(float(lon), 4),
                "voltage_kv": voltage,
                "status": "planned" if is_planned else "existing",
                "programme": ("government_15" if i % 2 else "named_project") if is_planned else "",
                "is_representative": is_representative,
                "open_utc": f"{opening:%Y-%m-%d}T19:00:00Z" if is_planned else "",
                "confidence": "assumed" if is_representative else ("published", "osm", "inferred")[i % 3],
            }
        )
    return pd.DataFrame(records)


def _transformers(substations: pd.DataFrame, n: int) -> list[dict[str, Any]]:
    records = []
    for i in range(n):
        station = substations.iloc[i // 2]
        identifier = f"{station['substation_id']}-T{i % 2 + 1}"
        is_three = station["voltage_kv"] >= 220.0
        ratings = {"hv": 250.0, "mv": 250.0, "lv": 100.0} if is_three else {"": (25.0, 40.0, 63.0, 16.0)[i % 4]}
        kind = "trafo3w" if is_three else "trafo"
        records += [
            {
                "element": f"{kind}:{identifier}" + (f":{winding}" if winding else ""),
                "element_type": kind,
                "name": identifier,
                "winding": winding,
                "substation_id": station["substation_id"],
                "substation_name": station["name"],
                "sn_mva": sn_mva,
                "max_i_ka": np.nan,
                "open_utc": station["open_utc"],
                "close_utc": "",
                "confidence": station["confidence"],
                "is_representative": bool(station["is_representative"]),
                "area": station["area"],
                "voltage_kv": station["voltage_kv"],
                "cooling": "ofaf" if is_three else "onaf",
            }
            for winding, sn_mva in ratings.items()
        ]
    return records


def _lines(substations: pd.DataFrame) -> pd.DataFrame:
    """A tree: every substation hangs on the nearest one before it of at least its own voltage, if there is one."""
    records = []
    for i in range(1, len(substations)):
        here = substations.iloc[i]
        before = substations.iloc[:i]
        candidates = before[before["voltage_kv"] >= here["voltage_kv"]]
        there = (candidates if len(candidates) else before).assign(
            far=lambda frame, here=here: np.hypot(frame["lat"] - here["lat"], 0.72 * (frame["lon"] - here["lon"]))
        )
        there = there.sort_values("far").iloc[0]
        records.append(
            {
                "line_id": f"L{i:03d}",
                "lat_from": there["lat"],
                "lon_from": there["lon"],
                "lat_to": here["lat"],
                "lon_to": here["lon"],
                "vn_kv": min(here["voltage_kv"], there["voltage_kv"]),
                "open_utc": here["open_utc"],
                "close_utc": "",
                "confidence": here["confidence"],
            }
        )
    columns = ("line_id", "lat_from", "lon_from", "lat_to", "lon_to", "vn_kv", "open_utc", "close_utc", "confidence")
    return pd.DataFrame(records, columns=list(columns))


def _grid(
    n_transformers: int, from_year: int, to_year: int, generator: np.random.Generator, late_days: int
) -> SyntheticGrid:
    substations = _substations((n_transformers + 1) // 2, from_year, generator, late_days)
    # What would open after the horizon is not part of the study.
    opening = pd.to_datetime(substations["open_utc"], utc=True)
    substations = substations[~(opening >= pd.Timestamp(to_year, 7, 1, tz="UTC"))].reset_index(drop=True)
    lines = _lines(substations)
    transformers = _transformers(substations, min(n_transformers, 2 * len(substations)))
    line_elements = [
        {
            "element": f"line:{row.line_id}",
            "element_type": "line",
            "name": row.line_id,
            "winding": "",
            "substation_id": "",
            "substation_name": "",
            "sn_mva": np.nan,
            "max_i_ka": 0.605,
            "open_utc": row.open_utc,
            "close_utc": "",
            "confidence": row.confidence,
            "is_representative": False,
            "area": "almaty_region",
            "voltage_kv": row.vn_kv,
            "cooling": "",
        }
        for row in lines.itertuples(index=False)
    ]
    elements = pd.DataFrame([*transformers, *line_elements])
    n = len(elements)
    # Units of every third substation are twins: they carry the same load, as equal units in parallel do.
    is_twin = elements["name"].str.endswith("-T2") & (
        elements["substation_id"].str[1:].replace("", "1").astype(int) % 3 == 0
    )
    base = np.where(elements["element_type"] == "line", generator.uniform(15, 60, n), generator.uniform(30, 88, n))
    growth = generator.uniform(0.006, 0.04, n)
    # Windings follow one another: the first unit has as many columns before it as its twin.
    for column in np.flatnonzero(is_twin):
        twin = column - (3 if elements["element_type"][column] == "trafo3w" else 1)
        base[column], growth[column] = base[twin], growth[twin]
    return SyntheticGrid(elements, substations, lines, base, growth)


def _failed_steps(local: pd.DatetimeIndex, to_year: int, *, is_failing: bool) -> np.ndarray:
    if not is_failing:
        return np.zeros(len(local), bool)
    is_late = np.asarray(local.year >= to_year - 3)
    is_winter = np.isin(local.month, (1, 12))
    return is_late & is_winter & np.isin(local.hour, (18, 19, 20)) & np.asarray(local.day % 3 == 0)


def _loading(
    grid: SyntheticGrid, time_utc: pd.DatetimeIndex, local: pd.DatetimeIndex, from_year: int, seed: int
) -> np.ndarray:
    elements = grid.elements
    generator = np.random.default_rng([seed, int(local.year[0])])
    years = (np.asarray(local.dayofyear) - 1) / 365.25 + np.asarray(local.year) - from_year
    season = 0.86 + 0.14 * np.cos(2 * np.pi * (np.asarray(local.dayofyear) - 15) / 365.25)
    hour = np.asarray(local.hour)
    day = 0.78 + 0.17 * np.exp(-(((hour - 20) / 3.0) ** 2)) + 0.12 * np.exp(-(((hour - 10) / 3.5) ** 2))
    weather = np.repeat(generator.normal(1.0, 0.03, 367), 24)[(np.asarray(local.dayofyear) - 1) * 24 + hour]
    loading = np.outer(season * day * weather, grid.base_percent) * np.exp(np.outer(years, grid.growth))
    # A planned substation takes a quarter of the load of the transformers whose number follows its own.
    opening = pd.to_datetime(elements["open_utc"], utc=True)
    planned = elements[opening.notna()].drop_duplicates("substation_id")
    for position, when in zip(planned.index, opening[planned.index], strict=True):
        relieved = np.arange(position + 1, min(position + 5, len(elements)))
        loading[np.ix_(np.asarray(time_utc >= when), relieved)] *= 0.75
    for column, when in enumerate(opening):
        if pd.notna(when):
            loading[np.asarray(time_utc < when), column] = np.nan
    return loading.astype(np.float32)


def _monthly(
    elements: pd.DataFrame, loading: np.ndarray, local: pd.DatetimeIndex, failed: np.ndarray, resolution_h: int
) -> pd.DataFrame:
    frames = []
    for month in range(1, 13):
        rows = np.asarray(local.month == month)
        part = loading[rows]
        has_value = np.isfinite(part).any(axis=0)
        worst = np.full(part.shape[1], np.nan, np.float32)
        worst[has_value] = np.nanmax(part[:, has_value], axis=0)
        frames.append(
            pd.DataFrame(
                {
                    "element": elements["element"],
                    "year": int(local.year[0]),
                    "month": month,
                    "worst_percent": worst,
                    "hours_over_100": (part > 100.0).sum(axis=0) * float(resolution_h),
                    "failed_hours": float(failed[rows].sum() * resolution_h),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _episodes(
    elements: pd.DataFrame, loading: np.ndarray, time_utc: pd.DatetimeIndex, resolution_h: int
) -> pd.DataFrame:
    frames = []
    for limit in LIMITS:
        percent = float(str(limit["percent"]))
        over = np.nan_to_num(loading, nan=0.0) > percent
        edges = np.diff(over.astype(np.int8), axis=0, prepend=0, append=0)
        column, start = np.nonzero(edges.T == 1)
        _, stop = np.nonzero(edges.T == -1)
        excess = np.cumsum(np.where(over, loading - percent, 0.0), axis=0, dtype=np.float64)
        excess = np.vstack([np.zeros(loading.shape[1]), excess])
        peaks = np.array([loading[a:b, c].max() for a, b, c in zip(start, stop, column, strict=True)], float)
        picked = elements.iloc[column]
        sn_mva = picked["sn_mva"].to_numpy(float)
        overload = (excess[stop, column] - excess[start, column]) / 100.0 * sn_mva * resolution_h
        frames.append(
            pd.DataFrame(
                {
                    "element_type": picked["element_type"].to_numpy(),
                    "name": picked["name"].to_numpy(),
                    "winding": picked["winding"].to_numpy(),
                    "limit": limit["name"],
                    "start_utc": _stamp(time_utc[start]),
                    "end_utc": _stamp(time_utc[start] + (stop - start) * pd.Timedelta(hours=resolution_h)),
                    "duration_h": (stop - start) * float(resolution_h),
                    "peak_percent": np.round(peaks, 3),
                    "overload_mvah": np.round(overload, 3),
                    "confidence": picked["confidence"].to_numpy(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _joined(episodes: pd.DataFrame) -> pd.DataFrame:
    """Join episodes that were cut at the turn of a year."""
    keys = ["element_type", "name", "winding", "limit"]
    ordered = episodes.sort_values([*keys, "start_utc"], kind="stable").reset_index(drop=True)
    follows = (ordered["start_utc"] == ordered["end_utc"].shift()) & (ordered[keys] == ordered[keys].shift()).all(
        axis=1
    )
    return (
        ordered.groupby((~follows).cumsum(), sort=False)
        .agg(
            {
                **dict.fromkeys(keys, "first"),
                "start_utc": "first",
                "end_utc": "last",
                "duration_h": "sum",
                "peak_percent": "max",
                "overload_mvah": "sum",
                "confidence": "first",
            }
        )
        .reset_index(drop=True)
    )


def _steps(
    time_utc: pd.DatetimeIndex,
    local: pd.DatetimeIndex,
    failed: np.ndarray,
    from_year: int,
    generator: np.random.Generator,
) -> pd.DataFrame:
    years = np.asarray(local.year) - from_year
    season = 1.0 + 0.2 * np.cos(2 * np.pi * (np.asarray(local.dayofyear) - 15) / 365.25)
    day = 1.0 + 0.16 * np.sin(2 * np.pi * (np.asarray(local.hour) - 13) / 24)
    load = 1965.0 * 1.035**years * season * day
    return pd.DataFrame(
        {
            "time_utc": time_utc,
            "stage": np.minimum(years, 20).astype(np.int64),
            "status": np.where(failed, "diverged", "ok"),
            "iterations": np.where(failed, 20, generator.integers(3, 5, len(time_utc))).astype(np.int64),
            "mismatch_pu": np.where(failed, np.nan, 1e-10),
            "load_mw": np.where(failed, np.nan, load),
            "loss_mw": np.where(failed, np.nan, 0.035 * load),
            "unserved_mw": 0.0,
        }
    )


def _events(from_year: int, to_year: int, generator: np.random.Generator, late_days: int) -> pd.DataFrame:
    records = [
        (when, kind, programme, name, mw, f"E{i:03d}", False)
        for i, (when, kind, programme, name, mw) in enumerate(NAMED_EVENTS)
    ]
    for i in range(24):
        when = pd.Timestamp(2026, 6, 1) + pd.Timedelta(days=int(generator.integers(0, 2600)))
        programme = "government_15" if i < 15 else "alatau_11"
        name = f"Representative substation {programme} {i + 1:02d}"
        records.append((f"{when:%Y-%m-%d}", "substation", programme, name, np.nan, f"R{i:03d}", True))
    for i in range(26):
        when = pd.Timestamp(2026, 6, 1) + pd.Timedelta(days=int(generator.integers(0, 3600)))
        mw = float(generator.integers(1, 30))
        records.append(
            (f"{when:%Y-%m-%d}", "investor", "active_20", f"Representative investor {i + 1:02d}", mw, f"I{i:03d}", True)
        )
    columns = ["date_utc", "kind", "programme", "name", "mw", "project_id", "is_representative"]
    frame = pd.DataFrame(records, columns=columns)
    frame["investor_id"] = np.where(frame["kind"] == "investor", frame["project_id"], "")
    frame["project_id"] = np.where(frame["kind"] == "investor", "", frame["project_id"])
    frame["date_utc"] = pd.to_datetime(frame["date_utc"], utc=True) - UTC_OFFSET
    frame["date_utc"] += pd.to_timedelta(np.where(frame["kind"] == "substation", late_days, 0), unit="D")
    is_late = frame["name"] == "Tuzdybastau 110/10-10 kV"
    frame["planned_date"] = frame["date_utc"] - pd.to_timedelta(np.where(is_late, 600, 0), unit="D")
    local_year = (frame["date_utc"] + UTC_OFFSET).dt.year
    frame = frame[local_year.between(from_year, to_year)].sort_values("date_utc", kind="stable")
    return frame[list(EVENTS.column_names)].reset_index(drop=True)


def _demand(from_year: int, to_year: int) -> pd.DataFrame:
    records = []
    for year in range(from_year, to_year + 1):
        for month in range(1, 13):
            season = 1.0 + 0.2 * np.cos(2 * np.pi * (month - 0.5) / 12)
            for (area, sector), mw in SECTOR_MW.items():
                mean = mw * season * (1.062 if area == "almaty_region" else 1.022) ** (year - from_year)
                records.append((year, month, area, sector, mean, 1.35 * mean))
            for k, sector in enumerate(INVESTOR_SECTORS):
                mean = (40.0 + 25.0 * k) * season * min(1.0, max(0.0, (year - 2026 - k) / 6.0))
                records.append((year, month, "almaty_region", f"investors:{sector}", mean, 1.2 * mean))
    return pd.DataFrame(records, columns=["year", "month", "area", "sector", "mean_mw", "peak_mw"])


def _summary(n_steps: int, n_solved: int) -> dict[str, Any]:
    figures = [
        {"figure_id": "today", "area": "almaty_region", "year": 2026, "value_mw": 775.0, "reading": "mean"},
        {"figure_id": "forecast_2030", "area": "almaty_region", "year": 2030, "value_mw": 2064.0, "reading": "maximum"},
        {"figure_id": "city_2030", "area": "almaty_city", "year": 2030, "value_mw": 1450.0, "reading": "maximum"},
        {"figure_id": "city_2040", "area": "almaty_city", "year": 2040, "value_mw": 1700.0, "reading": "maximum"},
        {"figure_id": "forecast_2050", "area": "almaty_region", "year": 2050, "value_mw": 4164.0, "reading": ""},
    ]
    return {"steps": {"total": n_steps, "failed": n_steps - n_solved}, "published_figures": figures}


def _ranking(elements: pd.DataFrame, overloads: pd.DataFrame, monthly: pd.DataFrame) -> pd.DataFrame:
    keys = ["element_type", "name", "winding"]
    found = overloads[overloads["limit"] == "continuous"].groupby(keys)
    sums = found.agg(
        first_overload_utc=("start_utc", "min"),
        episodes=("start_utc", "size"),
        hours=("duration_h", "sum"),
        overload_mvah=("overload_mvah", "sum"),
    ).reset_index()
    months = monthly.groupby("element").agg(peak_percent=("worst_percent", "max"), failed_h=("failed_hours", "sum"))
    ranking = elements.merge(sums, on=keys, how="left").merge(months, left_on="element", right_index=True)
    ranking = ranking.fillna({"episodes": 0, "hours": 0.0, "overload_mvah": 0.0})
    ranking = ranking.sort_values(["hours", "peak_percent"], ascending=False, kind="stable")
    ranking = ranking.drop_duplicates(["element_type", "name"]).reset_index(drop=True)
    ranking["rank"] = np.arange(1, len(ranking) + 1)
    ranking["limit"] = "continuous"
    return ranking[list(RANKING.column_names)]


def _yearly(overloads: pd.DataFrame) -> pd.DataFrame:
    start = pd.to_datetime(overloads["start_utc"], utc=True) + UTC_OFFSET
    keys = ["element_type", "name", "winding", "limit", "year"]
    counted = (
        overloads.assign(year=start.dt.year)
        .groupby(keys)
        .agg(episodes=("start_utc", "size"), hours=("duration_h", "sum"), overload_mvah=("overload_mvah", "sum"))
    )
    return counted.reset_index()[list(YEARLY.column_names)]


def _verdicts(elements: pd.DataFrame, overloads: pd.DataFrame, monthly: pd.DataFrame) -> pd.DataFrame:
    keys = ["element_type", "name", "winding", "limit"]
    found = overloads.groupby(keys).agg(
        first_violation_utc=("start_utc", "min"),
        episodes=("start_utc", "size"),
        hours=("duration_h", "sum"),
        longest_h=("duration_h", "max"),
        overload_mvah=("overload_mvah", "sum"),
    )
    months = monthly.groupby("element").agg(peak_percent=("worst_percent", "max"), failed_h=("failed_hours", "sum"))
    judged = elements.merge(months, left_on="element", right_index=True)
    table = pd.concat(
        [judged.assign(limit=limit["name"]).assign(**{key: limit[key] for key in RULE_KEYS}) for limit in LIMITS]
    )
    table = table.merge(found.reset_index(), on=keys, how="left")
    table = table.fillna({"episodes": 0, "hours": 0.0, "longest_h": 0.0, "overload_mvah": 0.0})
    broken, unsolved = table["episodes"] > 0, table["failed_h"] > 0
    table["verdict"] = np.where(broken, "violated", np.where(unsolved, "unknown", "ok"))
    return table[list(VERDICTS.column_names)]


def _taps(elements: pd.DataFrame, years: range, load_level: float) -> pd.DataFrame:
    units = elements[elements["element_type"] == "trafo"]["element"].to_list()
    records = [
        (unit, year, 300 + int(50 * load_level) * (number % 4) + year % 7, -3.0, 4.0, 0.0, 0.0)
        for number, unit in enumerate(units)
        for year in years
    ]
    return pd.DataFrame(records, columns=list(TAP_OPERATIONS.column_names))


def _thermal(elements: pd.DataFrame, monthly: pd.DataFrame, resolution_h: int) -> pd.DataFrame:
    """Hot spots that follow the worst loading of the year, and a life that hotter years use up faster."""
    units = elements.loc[elements["element_type"] != "line", "element"]
    own = monthly[monthly["element"].astype(str).isin(units)].assign(element=lambda frame: frame["element"].astype(str))
    years = own.groupby(["element", "year"], sort=False).agg(
        worst=("worst_percent", "max"), unknown_h=("failed_hours", "sum")
    )
    table = years[years["worst"].notna()].reset_index()
    hot_spot = 40.0 + 0.6 * table["worst"]
    lost = 365.0 * 2.0 ** ((hot_spot - 98.0) / 6.0)
    table = table.assign(
        max_hot_spot_temp_c=hot_spot,
        max_hot_spot_utc=pd.to_datetime(table["year"].astype(str) + "-01-05", utc=True),
        max_top_oil_temp_c=hot_spot - 20.0,
        loss_of_life_days=lost,
        life_used_percent=lost.groupby(table["element"]).cumsum() / 75.0,
        end_of_life_year=np.nan,
        known_h=8760.0 - table["unknown_h"],
        is_verified=False,
        **{f"above_{limit}_h": np.where(hot_spot > limit, float(resolution_h), 0.0) for limit in (98, 120, 140)},
    )
    return table[list(THERMAL_LIFE.column_names)]
