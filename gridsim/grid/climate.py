"""Hourly air temperature: monthly climate, a daily cycle, and seeded spells of warm and cold days.

    T(d, h) = M(d) + A(d) cos(2 pi (h + 0.5 - 15) / 24) + a(d, h),   M + a held between the recorded extremes

M: straight lines between values in the middle of the months, chosen so that the mean of every month is the one of the
climate table. A: half the mean daily range. a: normal spells of days with the standard deviation of the month, which is
half the distance between the mean extremes and the recorded extremes, over ``sigmas_at_extreme``. Temperatures in
degree Celsius, hours of local time; 15:00 is the warmest hour. A scenario that names a file of hours has those in
place of M + A cos + a.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.errors import ScenarioError
from gridsim.grid.local_time import MONTHS, LocalDays, local_days
from gridsim.grid.seeded_noise import days_in_year, fading_noise
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.scenario.model import Scenario
    from gridsim.scenario.profile_model import Climate, Weather

WARMEST_HOUR = 15.0
#: Any year without 29 February: the monthly nodes must not depend on the years of a study.
_COMMON_YEAR = 2025


@dataclass(frozen=True)
class Temperatures:
    """Air temperature of every hour, degree Celsius, shape (n_day, 24).

    Attributes
    ----------
    mean_year_c:
        Without spells: what the shapes of load already contain.
    actual_c:
        With spells, or those of a file.
    """

    mean_year_c: FloatArray
    actual_c: FloatArray


def month_nodes(month_means: FloatArray) -> FloatArray:
    """Return the values in the middle of the months whose interpolation has the given monthly means, shape (12,)."""
    days = local_days(_COMMON_YEAR, _COMMON_YEAR, "")
    interpolated = days.between_months(np.eye(MONTHS))
    lengths = np.diff([*days.month_starts, days.n_day])
    averages = np.add.reduceat(interpolated, days.month_starts, axis=0) / lengths[:, np.newaxis]
    return np.asarray(np.linalg.solve(averages, month_means))


def scenario_temperatures(scenario: Scenario, days: LocalDays) -> Temperatures:
    """Return the temperature of every hour of the days of a scenario: those of its file, or made of its climate.

    Raises
    ------
    ScenarioError
        The file is not the one that was read with the scenario, or does not cover the horizon.
    """
    profiles = scenario.profiles
    made = temperatures(profiles.climate, profiles.weather, days, scenario.seed)
    asked = profiles.ambient.file
    if asked is None:
        return made
    if scenario.ambient is None or scenario.ambient.file != asked:
        raise ScenarioError(
            f"{asked}: the air temperatures were not read with the scenario. Name it in a scenario file and load that"
        )
    return Temperatures(made.mean_year_c, scenario.ambient.on_days(scenario.horizon, profiles.ambient.coverage))


def temperatures(climate: Climate, weather: Weather, days: LocalDays, seed: int) -> Temperatures:
    """Return the temperature of every hour of the days."""
    mean = days.between_months(month_nodes(np.asarray(climate.mean_c)))
    half_range = days.between_months((np.asarray(climate.mean_max_c) - np.asarray(climate.mean_min_c)) / 2.0)
    phase = 2.0 * np.pi * (np.arange(HOURS_PER_DAY) + 0.5 - WARMEST_HOUR) / HOURS_PER_DAY
    mean_year = mean[:, np.newaxis] + half_range[:, np.newaxis] * np.cos(phase)
    if weather.amplitude == 0.0:
        return Temperatures(mean_year, mean_year)

    gap = (np.asarray(climate.mean_min_c) - np.asarray(climate.abs_min_c)) + (
        np.asarray(climate.abs_max_c) - np.asarray(climate.mean_max_c)
    )
    sigma = days.between_months(gap / 2.0 / weather.sigmas_at_extreme)
    spell = weather.amplitude * sigma[:, np.newaxis] * _hourly_spells(days, weather.persistence_days, seed)
    lowest = np.asarray(climate.abs_min_c)[days.month - 1, np.newaxis]
    highest = np.asarray(climate.abs_max_c)[days.month - 1, np.newaxis]
    return Temperatures(mean_year, np.clip(mean_year + spell, lowest, highest))


def _hourly_spells(days: LocalDays, persistence_days: float, seed: int) -> FloatArray:
    """Return the standard normal spells of days, straight lines from noon to noon, shape (n_day, 24)."""
    first, last = int(days.year[0]), int(days.year[-1])
    # One year more on either side, for the half days at the ends.
    years = range(first - 1, last + 2)
    daily = fading_noise(seed, "temperature", years, 1, persistence_days)
    before_first = days_in_year(first - 1)
    own = daily[before_first - 1 : before_first + days.n_day + 1]
    noon = (np.arange(HOURS_PER_DAY) + 0.5) / HOURS_PER_DAY - 0.5
    early = noon < 0.0
    result = np.empty((days.n_day, HOURS_PER_DAY))
    for hour, position in enumerate(noon):
        neighbour = own[:-2] if early[hour] else own[2:]
        result[:, hour] = own[1:-1] * (1.0 - abs(position)) + neighbour * abs(position)
    return result
