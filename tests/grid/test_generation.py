"""Plants: exact yearly energy, never above installed power, dark at night, the same numbers in every study."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import ScenarioError
from gridsim.grid.climate import temperatures
from gridsim.grid.generation import plant_output
from gridsim.grid.local_time import local_days
from gridsim.grid.mean_scaling import scale_to_mean
from gridsim.grid.wind_output import power_curve, unit_wind, weibull_scale
from gridsim.scenario import load_scenario
from gridsim.tables.network_tables import NetworkTables

if TYPE_CHECKING:
    from gridsim.grid.generation import PlantOutput
    from gridsim.scenario.model import Scenario

REFERENCE = Path(__file__).resolve().parents[2] / "scenarios" / "reference.toml"
KINDS = {
    "chp_coal": 0.60,
    "chp_gas": 0.55,
    "gas": 0.40,
    "hydro_reservoir": 0.36,
    "hydro_run_of_river": 0.45,
    "wind": 0.43,
    "solar": 0.18,
    "nuclear": 0.90,
}


def plants(*rows: tuple[str, str, float, float, float]) -> NetworkTables:
    """Return tables with plants given as (id, kind, capacity factor, lat, lon), 100 MW each."""
    columns = ["plant_id", "kind", "capacity_factor", "lat", "lon"]
    frame = pd.DataFrame(rows, columns=columns).assign(p_max_mw=100.0)
    return NetworkTables("", {"power_plants": frame}, {})


def output(tables: NetworkTables, scenario: Scenario) -> PlantOutput:
    days = local_days(scenario.horizon.from_year, scenario.horizon.to_year, "KZ")
    air = temperatures(scenario.profiles.climate, scenario.profiles.weather, days, scenario.seed)
    return plant_output(tables, scenario, days, air)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(REFERENCE, from_year=2027, to_year=2028)


@pytest.fixture(scope="module")
def all_kinds() -> NetworkTables:
    return plants(*((kind, kind, factor, 43.6, 78.3) for kind, factor in KINDS.items()))


@pytest.fixture(scope="module")
def every(all_kinds: NetworkTables, scenario: Scenario) -> dict[str, np.ndarray]:
    """Return MW of one plant of each kind, shape (n_day, 24)."""
    found = output(all_kinds, scenario)
    n_step = scenario.horizon.n_step
    return {kind: found.power_mw(row, 0, n_step).reshape(-1, 24) for row, kind in enumerate(KINDS)}


@pytest.mark.parametrize("kind", KINDS)
def test_every_year_has_the_energy_of_the_capacity_factor(kind: str, every: dict[str, np.ndarray]) -> None:
    for year in (every[kind][:365], every[kind][365:]):
        assert year.mean() == pytest.approx(100.0 * KINDS[kind], rel=1e-9)
        assert year.min() >= 0.0
        assert year.max() <= 100.0


@pytest.mark.parametrize("resolution_h", [4, 24])
def test_coarse_steps_keep_the_energy(all_kinds: NetworkTables, scenario: Scenario, resolution_h: int) -> None:
    horizon = dataclasses.replace(scenario.horizon, resolution_h=resolution_h)
    found = output(all_kinds, dataclasses.replace(scenario, horizon=horizon))
    assert found.per_unit.shape == (len(KINDS), horizon.n_step)
    for row, factor in enumerate(KINDS.values()):
        assert found.power_mw(row, 0, horizon.first_step(2028)).mean() == pytest.approx(100.0 * factor, rel=1e-9)


def test_solar_is_dark_at_night_and_bright_at_local_noon(every: dict[str, np.ndarray]) -> None:
    days = local_days(2027, 2028, "KZ")
    solar = every["solar"]
    assert (solar[:, [22, 23, 0, 1, 2, 3]] == 0.0).all()
    december = solar[days.month == 12]
    assert (december[:, :7] == 0.0).all()
    assert (december[:, 18:] == 0.0).all()
    # The sun of 78.3 degrees east stands highest a quarter of an hour before 12:00 of UTC+5.
    mean_day = solar.mean(axis=0)
    assert int(np.argmax(mean_day)) == 11
    assert mean_day[9] + mean_day[10] == pytest.approx(mean_day[12] + mean_day[13], rel=0.1)
    assert solar[days.month == 7].mean() > 1.7 * solar[days.month == 12].mean()
    # Days differ by clouds.
    noon = solar[days.month == 7][:, 11]
    assert noon.min() < 0.6 * noon.max()


def test_heat_plants_follow_the_cold(every: dict[str, np.ndarray], scenario: Scenario) -> None:
    days = local_days(2027, 2028, "KZ")
    air = temperatures(scenario.profiles.climate, scenario.profiles.weather, days, scenario.seed)
    for kind in ("chp_coal", "chp_gas"):
        daily = every[kind].mean(axis=1)
        assert daily[days.month == 1].mean() > 1.5 * daily[days.month == 7].mean()
        winter = np.isin(days.month, (11, 12, 1, 2, 3)) & (daily < 99.0)
        assert np.corrcoef(daily[winter], air.actual_c[winter].mean(axis=1))[0, 1] < -0.95


def test_rivers_follow_the_melt_and_reservoirs_the_evening(every: dict[str, np.ndarray]) -> None:
    days = local_days(2027, 2028, "KZ")
    river = [every["hydro_run_of_river"][days.month == month].mean() for month in range(1, 13)]
    assert int(np.argmax(river)) == 6
    assert river[6] > 3.0 * river[1]
    reservoir = every["hydro_reservoir"].mean(axis=0)
    assert int(np.argmax(reservoir)) == 18
    assert reservoir[18] > 2.5 * reservoir[3]


def test_a_nuclear_block_rests_once_a_year(every: dict[str, np.ndarray], scenario: Scenario) -> None:
    days = local_days(2027, 2028, "KZ")
    for year in (2027, 2028):
        own = every["nuclear"][days.year == year]
        resting = (own == 0.0).all(axis=1)
        assert resting.sum() == scenario.profiles.generation.nuclear.outage_days
        assert np.abs(np.diff(resting.astype(int))).sum() == 2
        assert set(days.month[days.year == year][resting]) <= set(range(4, 11))
        assert np.ptp(own[~resting]) < 1e-9


def test_two_nuclear_blocks_do_not_rest_together(scenario: Scenario) -> None:
    found = output(plants(("u1", "nuclear", 0.9, 45.0, 74.0), ("u2", "nuclear", 0.9, 45.0, 74.0)), scenario)
    assert found.series_of.tolist() == [0, 1]
    assert not np.array_equal(found.per_unit[0], found.per_unit[1])


def test_neighbours_share_their_weather_and_distant_plants_do_not(scenario: Scenario) -> None:
    found = output(
        plants(
            ("a", "wind", 0.4, 43.60, 78.30),
            ("b", "wind", 0.4, 43.61, 78.31),
            ("c", "wind", 0.4, 44.60, 75.30),
            ("d", "wind", 0.3, 43.60, 78.30),
        ),
        scenario,
    )
    assert found.series_of.tolist() == [0, 0, 1, 2]
    assert abs(np.corrcoef(found.per_unit[0], found.per_unit[1])[0, 1]) < 0.3
    assert np.corrcoef(found.per_unit[0], found.per_unit[2])[0, 1] > 0.9


def test_output_of_a_year_does_not_depend_on_horizon_or_other_plants(
    all_kinds: NetworkTables, scenario: Scenario
) -> None:
    whole = output(all_kinds, load_scenario(REFERENCE, from_year=2026, to_year=2029))
    reversed_rows = all_kinds["power_plants"].iloc[::-1].reset_index(drop=True)
    part = output(NetworkTables("", {"power_plants": reversed_rows}, {}), scenario)
    first = load_scenario(REFERENCE, to_year=2029).horizon.first_step(2027)
    n_kind = len(KINDS)
    for row in range(n_kind):
        expected = whole.power_mw(row, first, first + scenario.horizon.n_step)
        assert np.array_equal(part.power_mw(n_kind - 1 - row, 0, scenario.horizon.n_step), expected)


def test_the_seed_changes_weather_and_nothing_else(all_kinds: NetworkTables, scenario: Scenario) -> None:
    first, second = output(all_kinds, scenario), output(all_kinds, dataclasses.replace(scenario, seed=1))
    for row, kind in enumerate(KINDS):
        is_same = np.array_equal(first.per_unit[row], second.per_unit[row])
        assert is_same == (kind in {"gas", "hydro_reservoir", "hydro_run_of_river"})


@pytest.mark.parametrize(("kind", "factor"), [("solar", 0.8), ("nuclear", 0.99)])
def test_an_impossible_capacity_factor_is_refused_by_name(kind: str, factor: float, scenario: Scenario) -> None:
    with pytest.raises(ScenarioError, match=r"'odd'.*capacity factor"):
        output(plants(("odd", kind, factor, 43.6, 78.3)), scenario)


def test_no_plants_are_no_problem(scenario: Scenario) -> None:
    empty = NetworkTables("", {"power_plants": plants(("x", "gas", 0.4, 43.0, 77.0))["power_plants"].iloc[:0]}, {})
    assert output(empty, scenario).per_unit.shape == (0, scenario.horizon.n_step)


def test_power_curve_has_its_corners() -> None:
    assert power_curve(np.array([0.0, 2.9, 3.0, 12.0, 24.9, 25.1])) == pytest.approx([0, 0, 0, 1, 1, 0])
    assert power_curve(np.array([7.5]))[0] == pytest.approx((7.5**3 - 27.0) / (12.0**3 - 27.0))


@pytest.mark.parametrize("factor", [0.2, 0.3, 0.43])
def test_wind_has_the_weibull_scale_of_its_capacity_factor(factor: float, scenario: Scenario) -> None:
    shape = dataclasses.replace(
        scenario.profiles.generation.wind, month_factors=(1.0,) * 12, hour_factors=(1.0,) * 24, persistence_h=6.0
    )
    wind = unit_wind("test", shape, local_days(2026, 2040, ""), 5)
    # Mean of a Weibull distribution with shape 2 and scale 1: gamma(1.5).
    assert wind.mean() == pytest.approx(0.8862, abs=0.02)
    assert power_curve(weibull_scale(factor, 2.0) * wind).mean() == pytest.approx(factor, abs=0.02)


def naive_scale(shape: np.ndarray, mean: float) -> np.ndarray:
    """Find the factor by halving, with nothing but the definition."""
    low, high = 0.0, 1e9
    for _ in range(200):
        middle = (low + high) / 2.0
        if np.minimum(1.0, middle * shape).mean() < mean:
            low = middle
        else:
            high = middle
    return np.minimum(1.0, high * shape)


@pytest.mark.parametrize("mean", [0.01, 0.2, 0.5, 0.8])
@pytest.mark.parametrize("seed", range(5))
def test_scaling_agrees_with_halving(mean: float, seed: int) -> None:
    shape = np.random.default_rng(seed).gamma(0.7, size=500)
    shape[:30] = 0.0
    scaled = scale_to_mean(shape, mean)
    assert scaled.mean() == pytest.approx(mean, rel=1e-12)
    assert scaled.max() <= 1.0
    assert scaled == pytest.approx(naive_scale(shape, mean), abs=1e-9)


def test_scaling_at_its_limits() -> None:
    shape = np.array([0.0, 1.0, 2.0, 2.0])
    assert (scale_to_mean(shape, 0.0) == 0.0).all()
    assert scale_to_mean(shape, 0.75) == pytest.approx([0.0, 1.0, 1.0, 1.0])
    assert scale_to_mean(np.ones(4), 0.5) == pytest.approx([0.5] * 4)
    with pytest.raises(ValueError, match=r"above the share of values above zero, 0\.75"):
        scale_to_mean(shape, 0.76)
