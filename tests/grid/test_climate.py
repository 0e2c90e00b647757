"""Hourly temperature: monthly means, daily cycle, spells within the records, the same weather in every study."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gridsim.grid.climate import month_nodes, temperatures
from gridsim.grid.local_time import local_days
from gridsim.grid.seeded_noise import fading_noise, white_noise
from gridsim.scenario import load_scenario

if TYPE_CHECKING:
    from gridsim.scenario.model import Scenario

REFERENCE = Path(__file__).resolve().parents[2] / "scenarios" / "reference.toml"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(REFERENCE)


def test_a_mean_year_has_the_monthly_means_of_the_table(scenario: Scenario) -> None:
    climate = scenario.profiles.climate
    calm = dataclasses.replace(scenario.profiles.weather, amplitude=0.0)
    days = local_days(2026, 2029, "")
    air = temperatures(climate, calm, days, scenario.seed)
    assert air.actual_c is air.mean_year_c
    for month in range(12):
        in_month = days.month == month + 1
        assert air.mean_year_c[in_month & (days.year == 2027)].mean() == pytest.approx(climate.mean_c[month], abs=1e-9)
        by_hour = air.mean_year_c[in_month].mean(axis=0)
        daily_range = climate.mean_max_c[month] - climate.mean_min_c[month]
        assert by_hour.max() - by_hour.min() == pytest.approx(daily_range, abs=0.6)
        assert int(np.argmax(by_hour)) in {14, 15}


def test_spells_stay_within_the_records_and_keep_the_means(scenario: Scenario) -> None:
    climate, weather = scenario.profiles.climate, scenario.profiles.weather
    days = local_days(2026, 2050, "")
    air = temperatures(climate, weather, days, scenario.seed)
    for month in range(12):
        own = air.actual_c[days.month == month + 1]
        assert climate.abs_min_c[month] <= own.min() < climate.mean_min_c[month]
        assert climate.mean_max_c[month] < own.max() <= climate.abs_max_c[month]
        assert own.mean() == pytest.approx(climate.mean_c[month], abs=1.0)
    daily = (air.actual_c - air.mean_year_c).mean(axis=1)
    one_day = np.corrcoef(daily[1:], daily[:-1])[0, 1]
    assert 0.7 < one_day < 0.95  # persistence of four days: spells, not jumps


def test_weather_of_a_year_does_not_depend_on_the_horizon(scenario: Scenario) -> None:
    climate, weather = scenario.profiles.climate, scenario.profiles.weather
    long_days = local_days(2026, 2050, "")
    whole = temperatures(climate, weather, long_days, scenario.seed)
    part = temperatures(climate, weather, local_days(2033, 2034, ""), scenario.seed)
    assert np.array_equal(part.actual_c, whole.actual_c[(long_days.year == 2033) | (long_days.year == 2034)])
    other = temperatures(climate, weather, local_days(2033, 2034, ""), scenario.seed + 1)
    assert not np.array_equal(part.actual_c, other.actual_c)


def test_nodes_reproduce_month_means() -> None:
    means = np.array([-4.5, -1.9, 4.7, 12.5, 17.6, 22.7, 25.7, 23.8, 17.8, 10.2, 2.8, -3.3])
    days = local_days(2027, 2027, "")
    values = days.between_months(month_nodes(means))
    assert [values[days.month == month].mean() for month in range(1, 13)] == pytest.approx(means, abs=1e-10)


def test_noise_fades_as_it_says() -> None:
    years = range(2030, 2034)
    noise = fading_noise(3, "test", years, 24, 20.0)
    assert len(noise) == (4 * 365 + 1) * 24
    assert noise.std() == pytest.approx(1.0, abs=0.1)
    correlation = np.corrcoef(noise[20:], noise[:-20])[0, 1]
    assert correlation == pytest.approx(np.exp(-1.0), abs=0.08)
    # No step at New Year: the differences there are as small as elsewhere.
    at_new_year = np.abs(np.diff(noise))[[8759, 2 * 8760 - 1, 3 * 8760 + 23]]
    assert at_new_year.max() < 5.0 * np.abs(np.diff(noise)).mean()


def test_noise_has_a_stream_for_each_purpose_and_year() -> None:
    first = white_noise(1, "a", 2030, 5)
    assert np.array_equal(first, white_noise(1, "a", 2030, 9)[:5])
    assert not np.array_equal(first, white_noise(1, "b", 2030, 5))
    assert not np.array_equal(first, white_noise(1, "a", 2031, 5))
