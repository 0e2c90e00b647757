"""The sum of the sectors follows the published month and mean-day shapes in the base year."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gridsim.errors import ScenarioError
from gridsim.grid.local_time import SATURDAY, SUNDAY, WORKDAY, local_days
from gridsim.grid.shape_fit import correction, fit_correction, target_shape, type_hour_means
from gridsim.grid.standard_load import mixed_profile
from gridsim.scenario import load_scenario
from gridsim.scenario.profile_model import MonthShape

if TYPE_CHECKING:
    from gridsim.scenario.model import Scenario

REFERENCE = Path(__file__).resolve().parents[2] / "scenarios" / "reference.toml"
DAYS_IN_MONTH = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
# facts/existing/demand_more.md, share of each month in the energy of the south zone, percent.
SOUTH_SHARES = np.array([9.50, 8.19, 8.58, 7.88, 8.05, 7.70, 8.12, 8.00, 7.73, 8.32, 8.70, 9.22])
# facts/planned/profiles.md, KOREM 2018.
NATIONAL_2018 = np.array([1.127, 1.117, 1.035, 0.956, 0.908, 0.897, 0.931, 0.900, 0.914, 0.989, 1.093, 1.141])
# facts/existing/demand_more.md, mean day of January, positions 0 to 23.
SOUTH_JANUARY = np.ravel(
    [
        [1.002, 1.033, 1.044, 1.059, 1.048, 1.045, 1.042, 1.040, 1.036, 1.038, 1.052, 1.092],
        [1.098, 1.098, 1.092, 1.053, 1.012, 0.963, 0.867, 0.845, 0.844, 0.846, 0.851, 0.902],
    ]
)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(REFERENCE)


def test_target_of_the_region_is_the_published_shape(scenario: Scenario) -> None:
    demand = dataclasses.replace(scenario.demand.almaty_region, month_swing=1.0, day_swing=1.0)
    target = target_shape(demand, scenario.profiles, "almaty_region")
    shares = target.mean(axis=1) * DAYS_IN_MONTH
    assert shares / shares.sum() == pytest.approx(SOUTH_SHARES / SOUTH_SHARES.sum(), rel=1e-12)
    # Position 0 is 06:00 local.
    january = target[0] / target[0].mean()
    assert np.roll(january, -6) == pytest.approx(SOUTH_JANUARY / SOUTH_JANUARY.mean(), rel=1e-12)


def test_months_that_are_not_stated_lie_between_their_neighbours(scenario: Scenario) -> None:
    target = target_shape(
        dataclasses.replace(scenario.demand.almaty_region, day_swing=1.0), scenario.profiles, "almaty_region"
    )
    day = target / target.mean(axis=1, keepdims=True)
    assert day[1] == pytest.approx(day[0] * 2 / 3 + day[3] / 3, rel=1e-12)  # February from January and April
    assert day[9] == pytest.approx(day[6] * 0.4 + day[11] * 0.6, rel=1e-12)  # October from July and December


def test_swing_stretches_the_deviation_from_the_mean(scenario: Scenario) -> None:
    demand = dataclasses.replace(scenario.demand.almaty_city, month_swing=1.5, day_swing=2.0)
    target = target_shape(demand, scenario.profiles, "almaty_city")
    national = NATIONAL_2018 / np.average(NATIONAL_2018, weights=DAYS_IN_MONTH)
    assert target.mean(axis=1) == pytest.approx(1.0 + 1.5 * (national - 1.0), rel=1e-12)
    january = np.roll(target[0] / target[0].mean(), -6)
    assert january - 1.0 == pytest.approx(2.0 * (SOUTH_JANUARY / SOUTH_JANUARY.mean() - 1.0), rel=1e-9)


def test_a_swing_that_empties_hours_is_refused(scenario: Scenario) -> None:
    steep = MonthShape("steep", mean_factors=(1.5,) * 6 + (0.5,) * 6, source="invented")
    profiles = dataclasses.replace(scenario.profiles, month_shapes=(steep,))
    demand = dataclasses.replace(scenario.demand.almaty_city, month_shape="steep", month_swing=1.5)
    assert target_shape(demand, profiles, "almaty_city").min() > 0.0
    demand = dataclasses.replace(demand, month_swing=2.5)
    with pytest.raises(ScenarioError, match=r"almaty_city\.month_swing"):
        target_shape(demand, profiles, "almaty_city")


@pytest.mark.parametrize("year", [2025, 2028])
def test_the_fit_meets_every_hour_of_every_month(scenario: Scenario, year: int) -> None:
    days = local_days(year, year, "KZ")
    sectors = scenario.profiles.sectors
    profiles = np.stack([mixed_profile(sector.mix, sector.month_factors, days) for sector in sectors])
    shares = np.arange(1.0, len(sectors) + 1.0)
    shares /= shares.sum()
    target = target_shape(scenario.demand.almaty_city, scenario.profiles, "almaty_city")
    corrected = profiles * correction(fit_correction(profiles, shares, target, days), days)
    sums = np.einsum("s,sdh->dh", shares / corrected.mean(axis=(1, 2)), corrected)
    for month in range(1, 13):
        found = np.mean([sums[day] for day in range(days.n_day) if days.month[day] == month], axis=0)
        assert found * target[0].mean() == pytest.approx(target[month - 1] * sums[days.month == 1].mean(), rel=1e-9)


def test_each_day_type_has_the_published_shape_at_its_own_level(scenario: Scenario) -> None:
    days = local_days(2025, 2025, "KZ")
    sectors = scenario.profiles.sectors
    profiles = np.stack([mixed_profile(sector.mix, sector.month_factors, days) for sector in sectors])
    shares = np.full(len(sectors), 1.0 / len(sectors))
    target = target_shape(scenario.demand.almaty_region, scenario.profiles, "almaty_region")
    corrected = profiles * correction(fit_correction(profiles, shares, target, days), days)
    means = type_hour_means(np.einsum("s,sdh->dh", shares / corrected.mean(axis=(1, 2)), corrected), days)
    raw = type_hour_means(np.einsum("s,sdh->dh", shares / profiles.mean(axis=(1, 2)), profiles), days)
    for month in (0, 6):
        for day_type in (WORKDAY, SATURDAY, SUNDAY):
            own = means[month, day_type]
            assert own / own.mean() == pytest.approx(target[month] / target[month].mean(), rel=1e-9)
        levels = means[month].mean(axis=1)
        assert levels / levels[WORKDAY] == pytest.approx(raw[month].mean(axis=1) / raw[month][WORKDAY].mean(), rel=1e-9)


def test_a_fit_to_what_is_there_changes_nothing() -> None:
    days = local_days(2025, 2025, "KZ")
    day = 1.0 + 0.3 * np.sin(np.arange(24) / 4.0)
    level = np.where(days.day_type == SUNDAY, 0.8, 1.0)
    profiles = np.stack([level[:, np.newaxis] * day, np.ones((365, 24)) * day])
    shares = np.array([0.4, 0.6])
    daily = np.einsum("s,sdh->dh", shares / profiles.mean(axis=(1, 2)), profiles).mean(axis=1)
    month = np.array([daily[days.month == number].mean() for number in range(1, 13)])
    nodes = fit_correction(profiles, shares, month[:, np.newaxis] * day, days)
    assert np.abs(nodes - 1.0).max() < 1e-10


def test_means_by_type_are_means() -> None:
    days = local_days(2025, 2025, "KZ")
    by_hour = np.random.default_rng(2).random((365, 24))
    chosen = [day for day in range(365) if days.month[day] == 5 and days.day_type[day] == SATURDAY]
    assert len(chosen) == 5
    assert type_hour_means(by_hour, days)[4, SATURDAY, 9] == pytest.approx(np.mean([by_hour[d, 9] for d in chosen]))
