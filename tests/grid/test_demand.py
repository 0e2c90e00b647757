"""Energy and peak of every area, sector and year are the stated numbers; shapes follow season, holidays and weather."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gridsim.enums import Area, ForecastReading, Sector
from gridsim.errors import ScenarioError
from gridsim.grid.climate import temperatures
from gridsim.grid.demand import area_demand
from gridsim.grid.home_loads import HomeLoads, tan_phi
from gridsim.grid.local_time import SUNDAY, WORKDAY, local_days
from gridsim.grid.shape_fit import target_shape
from gridsim.scenario import load_scenario
from gridsim.scenario.knots import ShareKnots, YearKnots

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.grid.demand import AreaSeries
    from gridsim.scenario.demand_model import AreaDemand
    from gridsim.scenario.model import Scenario

REFERENCE = Path(__file__).resolve().parents[2] / "scenarios" / "reference.toml"
YEARS = (2026, 2027, 2028, 2029)


def loads() -> HomeLoads:
    """Return ten loads, every sector once in each area, at ten busbars in two places."""
    n = 20
    return HomeLoads(
        area=np.repeat(["almaty_region", "almaty_city"], 10).astype(object),
        place=np.tile(["Here", "There"], 10).astype(object),
        sector=np.tile([str(sector) for sector in Sector], 2).astype(object),
        bus_pos=np.arange(n) // 2,
        p_mw=np.linspace(10.0, 60.0, n),
        tan_phi=tan_phi(np.full(n, 0.95)),
    )


def with_city(scenario: Scenario, **changes: object) -> Scenario:
    city = dataclasses.replace(scenario.demand.almaty_city, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(scenario, demand=dataclasses.replace(scenario.demand, almaty_city=city))


def calm(scenario: Scenario) -> Scenario:
    weather = dataclasses.replace(scenario.profiles.weather, amplitude=0.0)
    return dataclasses.replace(scenario, profiles=dataclasses.replace(scenario.profiles, weather=weather))


def series(scenario: Scenario, area: Area, investor_mw: FloatArray | None = None) -> AreaSeries:
    horizon = scenario.horizon
    days = local_days(horizon.from_year, horizon.to_year, scenario.profiles.holiday_country)
    air = temperatures(scenario.profiles.climate, scenario.profiles.weather, days, scenario.seed)
    return area_demand(area, scenario, loads(), days, air, investor_mw)


def steps_of(scenario: Scenario, year: int) -> slice:
    return slice(scenario.horizon.first_step(year), scenario.horizon.first_step(year + 1))


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(REFERENCE, from_year=YEARS[0], to_year=YEARS[-1])


def stated(demand: AreaDemand, year: int) -> float:
    return float(np.interp(year, demand.knots_mw.years, demand.knots_mw.values))


@pytest.mark.parametrize("resolution_h", [1, 3])
@pytest.mark.parametrize("reading", ForecastReading)
def test_each_year_has_the_stated_mean_or_maximum(
    scenario: Scenario, reading: ForecastReading, resolution_h: int
) -> None:
    horizon = dataclasses.replace(scenario.horizon, resolution_h=resolution_h)
    changed = dataclasses.replace(with_city(scenario, reading=reading), horizon=horizon)
    found = series(changed, Area.almaty_city)
    total = found.p_mw.sum(axis=0)
    assert len(total) == horizon.n_step
    for year in YEARS:
        own = total[steps_of(changed, year)]
        value = own.mean() if reading is ForecastReading.mean else own.max()
        assert value == pytest.approx(stated(changed.demand.almaty_city, year), rel=1e-9)
        assert own.min() > 0.0


def test_each_sector_has_its_share_of_the_energy_of_each_year(scenario: Scenario) -> None:
    found = series(scenario, Area.almaty_region)
    p_mw = loads().p_mw[:10]
    for year in YEARS:
        means = found.p_mw[:, steps_of(scenario, year)].mean(axis=1)
        expected = stated(scenario.demand.almaty_region, year) * p_mw / p_mw.sum()
        assert means == pytest.approx(expected, rel=1e-9)


def test_shares_of_the_scenario_replace_those_of_the_tables(scenario: Scenario) -> None:
    shares = ShareKnots((2025, 2030), ({Sector.commerce: 0.5, Sector.residential: 0.5}, {Sector.commerce: 1.0}))
    found = series(with_city(scenario, sector_shares=shares, reading=ForecastReading.mean), Area.almaty_city)
    assert found.sectors == (Sector.residential, Sector.commerce)
    for year in YEARS:
        means = found.p_mw[:, steps_of(scenario, year)].mean(axis=1)
        commerce = 0.5 + 0.1 * (year - 2025)
        assert means / means.sum() == pytest.approx([1.0 - commerce, commerce], rel=1e-9)


def test_growth_goes_on_after_the_last_knot(scenario: Scenario) -> None:
    knots = YearKnots((2025, 2027), (900.0, 1000.0))
    changed = with_city(scenario, knots_mw=knots, growth_after_percent=10.0, reading=ForecastReading.mean)
    total = series(changed, Area.almaty_city).p_mw.sum(axis=0)
    for year, expected in zip(YEARS, (950.0, 1000.0, 1100.0, 1210.0), strict=True):
        assert total[steps_of(changed, year)].mean() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("area", [Area.almaty_region, Area.almaty_city])
def test_in_a_mean_year_the_sum_follows_the_published_shapes(scenario: Scenario, area: Area) -> None:
    # The fit is made on the base year; seen from there without growth, the sum repeats the target to rounding.
    knots = YearKnots((2025,), (500.0,))
    demand = dataclasses.replace(scenario.demand.areas[area], knots_mw=knots, growth_after_percent=0.0)
    base = dataclasses.replace(
        calm(scenario),
        horizon=dataclasses.replace(scenario.horizon, from_year=2025, to_year=2025),
        demand=dataclasses.replace(
            scenario.demand, **{str(area): dataclasses.replace(demand, growth_after_percent=0.0)}
        ),
    )
    total = series(base, area).p_mw.sum(axis=0).reshape(-1, 24)
    months = local_days(2025, 2025, "KZ").month
    found = np.stack([total[months == month].mean(axis=0) for month in range(1, 13)])
    target = target_shape(demand, scenario.profiles, str(area))
    assert found / found.mean() == pytest.approx(target / target.mean(), rel=1e-9)


def test_in_later_years_the_month_shares_stay_near_the_published_ones(scenario: Scenario) -> None:
    changed = calm(with_city(scenario, knots_mw=YearKnots((2025,), (500.0,)), growth_after_percent=0.0))
    total = series(changed, Area.almaty_city).p_mw.sum(axis=0)
    target = target_shape(scenario.demand.almaty_city, scenario.profiles, "almaty_city").mean(axis=1)
    days = local_days(2027, 2027, "KZ")
    months = np.repeat(days.month, 24)
    own = total[steps_of(changed, 2027)]
    found = np.array([own[months == month].mean() for month in range(1, 13)])
    assert found / own.mean() == pytest.approx(target, rel=0.02)  # weekends and holidays fall otherwise


def test_load_grows_through_the_year_and_does_not_jump(scenario: Scenario) -> None:
    growing = with_city(scenario, knots_mw=YearKnots((2025, 2035), (500.0, 1500.0)), reading=ForecastReading.mean)
    standing = with_city(scenario, knots_mw=YearKnots((2025,), (500.0,)), reading=ForecastReading.mean)
    standing = with_city(standing, growth_after_percent=0.0)
    found = series(growing, Area.almaty_city)
    level = found.p_mw.sum(axis=0) / series(standing, Area.almaty_city).p_mw.sum(axis=0)
    first = scenario.horizon.first_step(2028)
    assert level[first - 1] == pytest.approx(750.0 / 500.0, rel=0.02)
    assert level[first] / level[first - 1] == pytest.approx(1.0, abs=0.01)
    assert level[first + 4000] / level[first] == pytest.approx(796.0 / 750.0, rel=0.01)
    assert (np.diff(found.growth_share) > 0.0).all()
    assert found.growth_share[182] == pytest.approx(1.0 - 500.0 / 600.0, abs=1e-3)


def test_industry_rests_on_holidays(scenario: Scenario) -> None:
    found = series(calm(scenario), Area.almaty_region)
    days = local_days(YEARS[0], YEARS[-1], "KZ")
    daily = found.p_mw[found.sectors.index(Sector.industry)].reshape(-1, 24).mean(axis=1)
    # 16 December 2027 is a Thursday; the Thursdays around it are working days.
    holiday = int(np.flatnonzero((days.year == 2027) & (days.month == 12) & (days.day == 16))[0])
    assert days.day_type[holiday] == SUNDAY
    assert days.day_type[holiday - 7] == days.day_type[holiday + 7] == WORKDAY
    assert daily[holiday] < 0.92 * min(daily[holiday - 7], daily[holiday + 7])


def test_cold_days_take_more_and_so_do_hot_ones(scenario: Scenario) -> None:
    with_weather, without = series(scenario, Area.almaty_region), series(calm(scenario), Area.almaty_region)
    days = local_days(YEARS[0], YEARS[-1], "KZ")
    air = temperatures(scenario.profiles.climate, scenario.profiles.weather, days, scenario.seed)
    departure = (air.actual_c - air.mean_year_c).mean(axis=1)
    home = with_weather.sectors.index(Sector.residential)
    ratio = (with_weather.p_mw[home] / without.p_mw[home]).reshape(-1, 24).mean(axis=1)
    for months, sign in (((12, 1, 2), -1.0), ((7,), 1.0)):
        chosen = np.isin(days.month, months)
        assert np.corrcoef(departure[chosen], sign * ratio[chosen])[0, 1] > 0.9
    cold = np.isin(days.month, (12, 1, 2)) & (departure < -8.0)
    assert cold.any()
    assert ratio[cold].mean() > 1.04


def test_demand_of_a_year_does_not_depend_on_the_horizon(scenario: Scenario) -> None:
    for area in (Area.almaty_region, Area.almaty_city):
        whole = series(scenario, area)
        part = series(load_scenario(REFERENCE, from_year=2028, to_year=2028), area)
        assert np.array_equal(part.p_mw, whole.p_mw[:, steps_of(scenario, 2028)])


@pytest.mark.parametrize("reading", ForecastReading)
def test_a_trajectory_with_investors_holds_for_the_sum(scenario: Scenario, reading: ForecastReading) -> None:
    changed = with_city(scenario, includes_investors=True, reading=reading)
    investor_mw = np.linspace(0.0, 300.0, scenario.horizon.n_step)
    total = series(changed, Area.almaty_city, investor_mw).p_mw.sum(axis=0) + investor_mw
    for year in YEARS:
        own = total[steps_of(changed, year)]
        value = own.mean() if reading is ForecastReading.mean else own.max()
        assert value == pytest.approx(stated(changed.demand.almaty_city, year), rel=1e-9)


@pytest.mark.parametrize("reading", ForecastReading)
def test_investors_beyond_the_trajectory_are_refused(scenario: Scenario, reading: ForecastReading) -> None:
    changed = with_city(scenario, includes_investors=True, reading=reading)
    with pytest.raises(ScenarioError, match=r"almaty_city\.knots_mw.*2026"):
        series(changed, Area.almaty_city, np.full(scenario.horizon.n_step, 5000.0))


def test_growth_goes_to_the_named_places() -> None:
    home = loads()
    base = home.base_weights("almaty_region", "residential")
    assert base.sum() == pytest.approx(1.0)
    growth = home.growth_weights("almaty_region", "residential", {"Here": 0.6})
    # The only residential load of the region is Here: nothing can move.
    assert growth == pytest.approx(base)
    two = dataclasses.replace(home, sector=np.full(20, "food", dtype=object))
    growth = two.growth_weights("almaty_region", "food", {"Here": 0.6, "Nowhere": 0.1})
    here = two.place == "Here"
    in_region = two.area == "almaty_region"
    share_here = two.p_mw[here & in_region].sum() / two.p_mw[in_region].sum()
    assert growth.sum() == pytest.approx(1.0)
    assert growth[here].sum() == pytest.approx(0.6 + 0.4 * share_here)
    assert growth[~in_region].sum() == 0.0


def test_a_sector_without_loads_is_spread_as_all_load() -> None:
    home = loads()
    only_food = dataclasses.replace(home, sector=np.full(20, "food", dtype=object))
    assert only_food.base_weights("almaty_city", "transport") == pytest.approx(
        only_food.base_weights("almaty_city", "food")
    )
