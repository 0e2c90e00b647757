"""Results of studies made of formulas, for their pictures: any number of transformers, deterministic, nothing solved.

``FIGURES`` draws every figure that gridsim has, those of a run itself from :mod:`tests.support.synthetic_store`.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import gridsim
from gridsim.assess.thermal_parameters import ThermalParameters
from gridsim.plots import KINDS, draw
from gridsim.plots.attribution_figure import draw_attribution
from gridsim.plots.compare_figure import draw_comparison
from gridsim.plots.dossier_figure import draw_dossier
from gridsim.plots.fixes_figure import LOOKS, draw_fixes
from gridsim.plots.hosting_figure import draw_hosting
from gridsim.plots.lead_lag_figure import draw_lead_lag
from gridsim.plots.n1_figure import draw_n1
from gridsim.plots.thermal_week_figure import draw_thermal_week
from gridsim.results import ResultStore
from gridsim.solve.hosting import SINGLE_SUPPLY, HostingRules
from gridsim.studies.dossier import dossier
from gridsim.studies.fix_frames import CANDIDATE_COLUMNS, CATALOGUE_COLUMNS, LEFT_COLUMNS, PLAN_COLUMNS, REFUSED_COLUMNS
from gridsim.studies.fixes import Fixes
from gridsim.studies.hosting_capacity import HostingCapacity
from gridsim.studies.hosting_year import HOSTING_COLUMNS, OutageCheck
from gridsim.studies.lead_lag import LeadLag
from gridsim.studies.lead_lag_rows import N1_COLUMNS, PROJECT_COLUMNS
from gridsim.studies.thermal_week import HOUR_COLUMNS, ThermalWeek
from tests.support.synthetic_store import NAMED_SUBSTATIONS, write_synthetic_store
from tests.support.tiny_study import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes

    from gridsim.scenario.model import Scenario

SEED = 20260117
PLANTS = ("PepsiCo Central Asia", "Mars Petcare Kazakhstan", "Iconic Towers", "Logistics park Alatau Gate")
TITLE = "Synthetic study"


def station_name(number: int) -> str:
    """Return a name as real ones are: some long, most of them numbered."""
    if number % 3 == 0 and number // 3 < len(NAMED_SUBSTATIONS):
        return NAMED_SUBSTATIONS[number // 3][0]
    return f"Representative 110 kV {'Almaty' if number % 2 else 'Region'} {number:03d}"


def _scenario(from_year: int, to_year: int) -> Scenario:
    found = gridsim.load_scenario(REFERENCE, from_year=from_year, to_year=to_year)
    return dataclasses.replace(found, title=TITLE)


def _times(generator: np.random.Generator, n: int, from_year: int, to_year: int) -> pd.DatetimeIndex:
    first = pd.Timestamp(from_year, 1, 1, tz="UTC")
    hours = (pd.Timestamp(to_year, 12, 31, tz="UTC") - first) // pd.Timedelta(hours=1)
    return first + pd.to_timedelta(generator.integers(0, hours, n), unit="h")


def attribution_table(n: int) -> pd.DataFrame:
    """Return what ``attribute_overloads`` returns, one episode for each of ``n`` transformers."""
    generator = np.random.default_rng(SEED)
    peaks = _times(generator, n, 2027, 2034)
    rows = []
    for number in range(n):
        loading = 170.0 - 69.0 * number / max(n - 1, 1)
        parts = [("base", "base year", 62.0), ("growth", "households", 9.0), ("growth", "commerce", 5.0)]
        parts += [("investor", PLANTS[(number + k) % len(PLANTS)], 13.0 - 6.0 * k) for k in range(2)]
        parts += [("supply", "CHP-3", -7.0), ("rest", "all others", 0.0)]
        parts[-1] = ("rest", "all others", 100.0 - sum(share for _, _, share in parts))
        rows += [
            {
                "element": f"trafo:{'gov' if number % 2 else 'city_110'}_{number // 2:02d}.t1",
                "start_utc": peaks[number] - pd.Timedelta(hours=3),
                "peak_utc": peaks[number],
                "loading_percent": loading,
                "tipped_by": PLANTS[number % len(PLANTS)],
                "kind": kind,
                "contributor": contributor,
                "share_percent": share,
            }
            for kind, contributor, share in parts
        ]
    return pd.DataFrame(rows)


def hosting_result(n: int) -> HostingCapacity:
    """Return firm and flexible MW of ``n`` busbars: one failed, some on a single supply, some overloaded already."""
    generator = np.random.default_rng(SEED)
    table = pd.DataFrame(index=range(n), columns=list(HOSTING_COLUMNS))
    firm = np.sort(generator.gamma(1.2, 30.0, n))[::-1]
    table["substation_id"] = [f"S{i:03d}" for i in range(n)]
    table["substation"] = [station_name(i) for i in range(n)]
    table["busbar"] = table["substation_id"] + ".b10"
    table["year"], table["hours"] = 2030, 8760
    table["n0_firm_mw"] = firm
    table["flexible_mw"] = firm * 1.3 + 4.0
    is_single = np.arange(n) % 4 == 1
    table["n1_firm_mw"] = np.where(is_single, 0.0, 0.6 * firm)
    table["n1_held_by"] = np.where(is_single, SINGLE_SUPPLY, "trafo:city_110_27.t1")
    table["n0_is_above_before"] = np.arange(n) % 3 == 2
    table["n1_is_above_before"] = np.arange(n) % 2 == 0
    table["is_failed"] = np.arange(n) == n - 1
    table["unsolved_hours"] = np.where(table["is_failed"], 6, 0)
    table.loc[table["is_failed"], ["n0_firm_mw", "n1_firm_mw", "flexible_mw"]] = np.nan
    check = OutageCheck(*[2030 if field.name == "year" else 0 for field in dataclasses.fields(OutageCheck)])
    return HostingCapacity(table, TITLE, "nameplate", "rating plate", 87.0, HostingRules(), 5.0, (check,))


def n1_tables(n: int) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Return tables ``n1_failed`` and ``n1_worst`` and the summary of an N-1 study of ``n`` transformers."""
    generator = np.random.default_rng(SEED)
    years = range(2026, 2036)
    hours = _times(generator, n * len(years), years[0], years[-1])
    rows = [
        {
            "element_type": "trafo",
            "name": f"gov_{number:02d}.t1",
            "winding": "",
            "substation_name": station_name(number),
            "year": year,
            "worst_percent": 175.0 - 150.0 * number / n + 4.0 * (year - years[-1]),
            "cause": f"trafo:gov_{number:02d}.t2" if number % 2 else "line:alma_500_kaskelen_220_circuit_1",
            "worst_utc": hours[number * len(years) + place],
            "hours_above": 10.0,
        }
        for number in range(n)
        for place, year in enumerate(years)
        if not (number % 5 == 1 and year < 2029)
    ]
    failed = pd.DataFrame(
        {
            "outage": [f"trafo3w:kaskelen_220.at{number + 1}" for number in range(min(n, 20))],
            "hours": 40.0,
            "unsolved_h": [12.0 if number < 2 else 0.0 for number in range(min(n, 20))],
            "lost_max_mw": 55.3,
        }
    )
    cases = {"total": 5_000_000, "solved": 4_999_976, "without_solution": 24, "skipped": 0, "cutting_load": 40}
    summary = {"title": TITLE, "from_year": years[0], "to_year": years[-1], "limit_percent": 100.0, "cases": cases}
    return failed, pd.DataFrame(rows), summary


def lead_lag_result(n: int) -> LeadLag:
    """Return planned and needed dates of ``n`` projects, with N-1, of all verdicts."""
    generator = np.random.default_rng(SEED)
    scenario = _scenario(2026, 2035)
    planned = pd.DatetimeIndex(
        [pd.Timestamp(day).normalize() for day in _times(generator, n, 2027, 2034).tz_localize(None)]
    )
    verdicts = np.array(["behind", "ahead", "no need", "not built"])[np.arange(n) % 4 if n > 3 else np.arange(n) % 3]
    months = np.where(verdicts == "behind", -1.0, 1.0) * generator.uniform(0.5, 14.0, n)
    frame = pd.DataFrame(index=range(n), columns=[*PROJECT_COLUMNS, *N1_COLUMNS])
    frame["name"] = [f"{station_name(i)} 110/10 kV" for i in range(n)]
    frame["substation_name"] = [station_name(i) for i in range(n)]
    frame["verdict"] = verdicts
    frame["planned_date"] = np.where(verdicts == "not built", np.datetime64("NaT"), planned.to_numpy())
    is_needed = np.isin(verdicts, ["behind", "ahead"])
    for criterion, earlier_days in (("n0", 0.0), ("n1", 260.0)):
        shift = pd.to_timedelta(months * 30.4 - earlier_days, unit="D").floor("h")
        moments = (planned + shift).tz_localize("UTC")
        moments = moments.where(moments.year >= 2026, pd.Timestamp(2026, 1, 4, tz="UTC"))
        frame[f"{criterion}_needed_utc"] = pd.Series(moments).where(is_needed)
        frame[f"{criterion}_lead_months"] = np.where(is_needed, months - earlier_days / 30.4, np.nan)
        frame[f"{criterion}_is_bound"] = (moments.year <= 2026) & is_needed
        frame[f"{criterion}_need"] = np.where(is_needed, "overload", "")
        frame[f"{criterion}_element"] = np.where(is_needed, "trafo:city_110_27.t1", "")
        frame[f"{criterion}_without_percent"] = np.where(is_needed, 108.0, np.nan)
    frame["n1_outage"] = np.where(is_needed, "trafo:city_110_27.t2", "")
    frame["n1_verdict"] = verdicts
    frame["planned_date"] = pd.to_datetime(frame["planned_date"])
    rule = scenario.limit_rules[0]
    return LeadLag(frame, pd.DataFrame(), scenario, (rule,), (rule,), 87_648, 24, {})


def fixes_result(n: int) -> Fixes:
    """Return fixes of ``n`` groups of transformers: every kind somewhere, one group that stays overloaded."""
    generator = np.random.default_rng(SEED)
    scenario = _scenario(2026, 2030)
    candidates, plan = [], []
    for number in range(n):
        head = {"transformers": f"gov_{number:02d}.t1, gov_{number:02d}.t2", "substation_name": station_name(number)}
        for rank, kind in enumerate(LOOKS):
            cost = float(10.0 ** generator.uniform(0.3, 4.2))
            row = head | {"kind": str(kind), "what": f"{kind} {number}", "cost_mln": cost, "rank": rank + 1.0}
            row |= {"is_enough": (rank + number) % 3 != 0, "day": pd.Timestamp(2026 + number % 5, 3, 1)}
            candidates.append(row)
            if rank == number % len(LOOKS) and number != n - 1:
                plan.append(row)
    left = pd.DataFrame([{"transformers": candidates[-1]["transformers"]}], columns=list(LEFT_COLUMNS))
    catalogue = pd.DataFrame([{"kind": "fans", "confidence": "assumed"}], columns=list(CATALOGUE_COLUMNS))
    return Fixes(
        candidates=pd.DataFrame(candidates, columns=list(CANDIDATE_COLUMNS)),
        plan=pd.DataFrame(plan, columns=list(PLAN_COLUMNS)),
        left=left,
        refused=pd.DataFrame(columns=list(REFUSED_COLUMNS)),
        catalogue=catalogue,
        scenario=scenario,
        asked="",
        rule=scenario.limit_rules[0],
        currency="KZT",
        price_year=2025,
        total_h=43_824,
        failed_before_h=12,
        failed_after_h=12,
        mvah_before=123_456.0,
        mvah_after=789.0,
        solved_h=100_000,
        elapsed_s={},
    )


def thermal_week_result() -> ThermalWeek:
    """Return the hottest week of one transformer, with five hours whose temperature is not known."""
    hour = np.arange(7 * 24, dtype=np.float64)
    loading = 95.0 + 32.0 * np.sin((hour - 9.0) * np.pi / 12.0) + 0.1 * hour
    air = 26.0 + 8.0 * np.sin((hour - 9.0) * np.pi / 12.0)
    oil = air + 52.0 * ((1.0 + 6.0 * (loading / 100.0) ** 2) / 7.0) ** 0.8
    hot = oil + 26.0 * (loading / 100.0) ** 1.3
    values = np.column_stack([loading, np.full(len(hour), 100.0), air, oil, hot, 2.0 ** ((hot - 98.0) / 6.0)])
    values[140:145] = np.nan
    index = pd.date_range("2034-07-10", periods=len(hour), freq="h", name="time_local")
    hours = pd.DataFrame(values, index=index, columns=list(HOUR_COLUMNS))
    hours.loc[:, "ambient_temp_c"] = air
    name, element = "city_110_27.t1", "trafo:city_110_27.t1"
    return ThermalWeek(name, station_name(4), element, 40.0, ThermalParameters.onaf(), "onaf", "nameplate", hours, 1.0)


def _draw_dossier(folder: Path, n: int) -> Axes:
    store = write_synthetic_store(
        folder / "dossier",
        n_transformers=min(n, 12),
        from_year=2026,
        to_year=2031 if n < 100 else 2050,
        resolution_h=6 if n < 100 else 24,
        load_level=1.7 if n < 12 else 1.1,
        is_failing=n < 100,
    )
    ranking = store.read_table("ranking")
    return draw_dossier(dossier(store, str(ranking.loc[ranking["element_type"] == "trafo", "name"].iloc[0])))


def _draw_comparison(folder: Path, n: int) -> Axes:
    span: dict[str, Any] = {"n_transformers": n, "to_year": 2028, "resolution_h": 6 if n < 100 else 24}
    level = 1.6 if n < 12 else 1.2
    write_synthetic_store(folder / "a", **span, load_level=level)
    write_synthetic_store(folder / "b", **span, load_level=1.03 * level, late_days=200, is_failing=n < 100)
    return draw_comparison(gridsim.compare_runs(folder / "a", folder / "b"))


def _draw_of_run(kind: str) -> Callable[[Path, int], Axes]:
    def drawn(folder: Path, n: int) -> Axes:
        place = folder / f"run_{n}"
        span: dict[str, Any] = {"to_year": 2029, "resolution_h": 6, "is_failing": True, "load_level": 1.5}
        is_there = place.is_dir()
        store = ResultStore.open(place) if is_there else write_synthetic_store(place, n_transformers=n, **span)
        return draw(store, kind)

    return drawn


#: Every figure of a study that is not a plain run, drawn for a number of transformers.
STUDY_FIGURES: dict[str, Callable[[Path, int], Axes]] = {
    "attribution": lambda _, n: draw_attribution(attribution_table(n), utc_offset_h=5.0),
    "compare": _draw_comparison,
    "dossier": _draw_dossier,
    "fixes": lambda _, n: draw_fixes(fixes_result(n)),
    "hosting": lambda _, n: draw_hosting(hosting_result(n)),
    "lead_lag": lambda _, n: draw_lead_lag(lead_lag_result(n)),
    "n1": lambda _, n: draw_n1(*n1_tables(n)),
    "thermal_week": lambda _folder, _n: draw_thermal_week(thermal_week_result()),
}
#: Every figure; stores that it needs are written into the folder, or found there.
FIGURES: dict[str, Callable[[Path, int], Axes]] = {kind: _draw_of_run(kind) for kind in KINDS} | STUDY_FIGURES
