"""The shipped scenarios say what the published figures say, and their demand on the shipped network keeps to it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gridsim.enums import ForecastReading, LoadingBasis
from gridsim.grid.commissioning import calendar
from gridsim.grid.injections import plan_injections
from gridsim.scenario import load_scenario
from gridsim.scenario.knots import YearKnots
from gridsim.tables import load_tables

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.grid.injections import InjectionPlan
    from gridsim.scenario.model import Scenario
    from gridsim.tables.network_tables import NetworkTables

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
NAMES = ("reference", "official_forecast", "no_new_substations", "substations_late")


@functools.cache
def scenario(name: str) -> Scenario:
    return load_scenario(SCENARIOS / f"{name}.toml")


@functools.cache
def almaty() -> NetworkTables:
    return load_tables(scenario("reference").network_folder)


@functools.cache
def plan(name: str, first: int, last: int) -> InjectionPlan:
    own = load_scenario(SCENARIOS / f"{name}.toml", from_year=first, to_year=last)
    return plan_injections(almaty(), own, calendar(almaty(), own), own.horizon.time_utc())


def areas(name: str, first: int, last: int) -> pd.DataFrame:
    return plan(name, first, last).area_summary().set_index(["year", "area"])


def test_every_file_of_the_folder_is_tested() -> None:
    assert sorted(path.stem for path in SCENARIOS.glob("*.toml")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_covers_every_hour_of_25_years(name: str) -> None:
    own = scenario(name)
    assert own.name == name
    assert own.title
    assert own.description
    assert own.horizon.n_step == 219_144
    assert own.horizon.utc_offset_h == 5
    assert own.network_folder.is_dir()
    assert own.limits.basis is LoadingBasis.current
    assert own.limit_rules[0].percent == 100.0
    assert [rule.name for rule in own.limit_rules] == list(own.limits.rules)


def test_the_reference_starts_from_the_published_demand() -> None:
    demand = scenario("reference").demand
    region, city = demand.almaty_region, demand.almaty_city
    assert region.reading is ForecastReading.mean
    assert region.knots_mw.at(np.array([2025])) == 775.0
    assert city.reading is ForecastReading.maximum
    assert city.knots_mw == YearKnots((2025, 2030, 2040), (982.0, 1450.0, 1700.0))
    # facts/planned/demand_growth.md: 1.6 % a year from 2030 to 2040.
    assert city.growth_after_percent == pytest.approx(100.0 * ((1700.0 / 1450.0) ** 0.1 - 1.0), abs=0.05)


def test_the_official_forecast_is_carried_as_means_with_investors() -> None:
    region = scenario("official_forecast").demand.almaty_region
    assert region.reading is ForecastReading.mean
    assert region.includes_investors
    assert region.knots_mw == YearKnots((2025, 2030, 2050), (775.0, 2064.0, 4164.0))
    assert scenario("official_forecast").demand.almaty_city == scenario("reference").demand.almaty_city


def test_the_other_cases_differ_in_projects_alone() -> None:
    reference = scenario("reference")
    for name in ("no_new_substations", "substations_late"):
        own = scenario(name)
        assert own.commissioning != reference.commissioning
        for field in ("demand", "profiles", "investors", "limits", "solver", "horizon", "seed", "network_folder"):
            assert getattr(own, field) == getattr(reference, field), field


def test_doing_nothing_builds_no_substation_line_or_transformer() -> None:
    own = scenario("no_new_substations")
    dates = calendar(almaty(), own)
    # What a power plant brings along to connect itself is a line.
    assert set(dates.events["element_table"]) == {"power_plants", "lines"}
    assert set(dates.events["programme"]) == {"generation"}
    assert dates.transfers.empty


def test_late_projects_are_late_by_the_documented_slips() -> None:
    slips = scenario("substations_late").commissioning.slip_months_by_programme
    assert set(slips) == {"government_15", "alatau_11", "named_project", "reinforcement"}
    assert all(1.6 * 12 - 1 <= months <= 3 * 12 for months in slips.values())
    on_time, late = calendar(almaty(), scenario("reference")), calendar(almaty(), scenario("substations_late"))
    programme = almaty()["projects"].set_index("project_id")["programme"]
    for project, date in on_time.dates.items():
        months = (late.dates[project].year - date.year) * 12 + late.dates[project].month - date.month
        assert months == slips.get(programme[project], 0)


@pytest.mark.slow
def test_reference_demand_lies_where_it_is_argued_to_lie() -> None:
    summary = areas("reference", 2026, 2050)
    # The official figures as maxima are a ceiling.
    assert summary.loc[(2030, "almaty_region"), "peak_mw"] < 2064.0
    assert summary.loc[(2050, "almaty_region"), "peak_mw"] < 4164.0
    assert 5000.0 < summary.loc[(2050, "all"), "peak_mw"] < 6000.0
    own = summary.xs("almaty_region", level="area")
    without_investors = own["mean_mw"] - own["investors_mean_mw"]
    assert without_investors[2030] == pytest.approx(943.0, rel=1e-9)
    assert without_investors[2050] == pytest.approx(1703.0, rel=1e-9)
    # The city keeps its published maxima, and its energy stays where the weak fact of 516 MW allows: up to 573 MW at
    # 982 MW, a load factor of 0.53 to 0.58, in a mean year some more.
    city = summary.xs("almaty_city", level="area")
    assert city["load_factor"].min() > 0.54
    assert city["load_factor"].mean() == pytest.approx(0.60, abs=0.02)
    growth = city["mean_mw"].iloc[1:].to_numpy() / city["mean_mw"].iloc[:-1].to_numpy()
    assert growth.min() > 0.88  # a year with a cold spell has less energy under the same maximum


@pytest.mark.slow
def test_the_official_forecast_is_met_to_the_megawatt() -> None:
    summary = areas("official_forecast", 2029, 2031)
    assert summary.loc[(2030, "almaty_region"), "mean_mw"] == pytest.approx(2064.0, rel=1e-9)
    assert areas("official_forecast", 2050, 2050).loc[(2050, "almaty_region"), "mean_mw"] == pytest.approx(
        4164.0, rel=1e-9
    )


@pytest.mark.slow
def test_city_maxima_are_met_at_the_busbars() -> None:
    found = plan("reference", 2030, 2030)
    mask = np.ones(len(almaty()["buses"]), dtype=np.bool_)
    served = found.element_profiles(0, len(found.time_utc), mask)["load", "p_mw"]
    demand = sum(area.p_mw.sum(axis=0) for area in found.areas)
    investors = sum(found.investors.area_mw(area, len(demand)) for area in ("almaty_city", "almaty_region"))
    assert np.abs(served.sum(axis=1) / (demand + investors) - 1.0).max() < 1e-12
    city = next(area for area in found.areas if area.area == "almaty_city")
    assert city.p_mw.sum(axis=0).max() == pytest.approx(1450.0, rel=1e-9)


@pytest.mark.slow
def test_the_evening_maximum_of_winter_is_the_highest_hour() -> None:
    found = plan("reference", 2030, 2030)
    demand = sum(area.p_mw.sum(axis=0) for area in found.areas)
    peak = found.time_utc[int(np.argmax(demand))].tz_convert("Etc/GMT-5")
    assert peak.month in {12, 1, 2}
    assert 17 <= peak.hour <= 20
