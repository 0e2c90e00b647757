"""Demand of every area and sector through the horizon, without investors.

For each calendar year y of an area:

    x_s(t)  =  w_s(y) * s_s(t) r(t) / mean_y(s_s r)         shape of sector s with yearly mean w_s(y)
    P_s(t)  =  M(y) x_s(t)                                  the knots are means
    P_s(t)  =  min_y( M(y) / sum_s x_s ) x_s(t)             the knots are maxima

s_s: corrected, temperature-driven shape of the sector; r: straight lines between the knots, set in the middle of their
years, so that load grows through the year and does not jump at New Year; w_s: share of the sector; M: the trajectory.
Where the trajectory includes investors, their own load is taken off first. So the yearly mean (or maximum) is the
stated number exactly, whatever the weather of the year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.enums import ForecastReading, Sector
from gridsim.errors import ScenarioError
from gridsim.grid.local_time import LocalDays, local_days, to_steps
from gridsim.grid.shape_fit import correction, fit_correction, target_shape
from gridsim.grid.standard_load import mixed_profile
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.enums import Area
    from gridsim.grid.climate import Temperatures
    from gridsim.grid.home_loads import HomeLoads
    from gridsim.scenario.demand_model import AreaDemand
    from gridsim.scenario.knots import YearKnots
    from gridsim.scenario.model import Scenario
    from gridsim.scenario.profile_model import SectorProfile, Weather


@dataclass(frozen=True)
class AreaSeries:
    """Demand of one area, without investors.

    Attributes
    ----------
    sectors:
        Sectors with demand.
    p_mw:
        Shape (n_sector, n_step).
    growth_share:
        Shape (n_day,): part of the demand that is growth beyond the base year, 0 to 1.
    """

    area: Area
    sectors: tuple[Sector, ...]
    p_mw: FloatArray
    growth_share: FloatArray


def area_demand(
    area: Area,
    scenario: Scenario,
    loads: HomeLoads,
    days: LocalDays,
    air: Temperatures,
    investor_mw: FloatArray | None,
) -> AreaSeries:
    """Return the demand of one area.

    Parameters
    ----------
    days:
        Days of the horizon.
    air:
        Temperature of every hour of the days.
    investor_mw:
        Shape (n_step,), load of the investor projects of the area; read where the trajectory includes it.

    Raises
    ------
    ScenarioError
        The investors alone need more than a trajectory that includes them.
    """
    demand = scenario.demand.areas[area]
    sectors = sectors_of(demand, loads, area)
    shapes = np.stack(
        [
            to_steps(shape, scenario.horizon.resolution_h)
            for shape in _corrected_shapes(area, sectors, scenario, loads, days, air)
        ]
    )
    years = np.unique(days.year)
    trajectory = demand.knots_mw.at(years, demand.growth_after_percent)
    shares = np.stack([_shares(demand, loads, area, sector, years) for sector in sectors])
    ramp = _between_mid_years(demand.knots_mw, demand.growth_after_percent, days)
    steps_per_day = scenario.horizon.steps_per_day
    shapes *= np.repeat(ramp, steps_per_day)
    taken = investor_mw if demand.includes_investors else None
    starts = np.append(days.year_starts, days.n_day) * steps_per_day
    for position, year in enumerate(years):
        steps = slice(int(starts[position]), int(starts[position + 1]))
        own = shapes[:, steps]
        own *= (shares[:, position] / own.mean(axis=1))[:, np.newaxis]
        level = _level(demand.reading, float(trajectory[position]), own, None if taken is None else taken[steps])
        if level < 0.0:
            raise ScenarioError(
                f"key 'demand.{area}.knots_mw': the investor projects of the area need more in {year} than the "
                f"{trajectory[position]:.0f} MW ({demand.reading}) that are to include them. Raise the knots, exclude "
                "projects, or set includes_investors = false"
            )
        own *= level
    base = demand.knots_mw.at(np.array([scenario.demand.base_year]), demand.growth_after_percent)[0]
    return AreaSeries(area, sectors, shapes, np.clip(1.0 - base / ramp, 0.0, 1.0))


def sectors_of(demand: AreaDemand, loads: HomeLoads, area: Area) -> tuple[Sector, ...]:
    """Return the sectors with demand: those of the scenario if it states shares, else those of the tables."""
    if demand.sector_shares is None:
        return loads.sectors_in(area)
    stated = {sector for shares in demand.sector_shares.shares for sector, share in shares.items() if share > 0.0}
    return tuple(sector for sector in Sector if sector in stated)


def _shares(demand: AreaDemand, loads: HomeLoads, area: Area, sector: Sector, years: IndexArray) -> FloatArray:
    if demand.sector_shares is None:
        return np.full(len(years), loads.share_of(area, sector))
    return demand.sector_shares.at(sector, years)


def _between_mid_years(knots: YearKnots, growth_after_percent: float, days: LocalDays) -> FloatArray:
    """Return the trajectory of every day, the knots in the middle of their years, shape (n_day,)."""
    return knots.at(np.maximum(days.year_position - 0.5, knots.years[0]), growth_after_percent)


def _level(reading: ForecastReading, stated_mw: float, shape: FloatArray, taken_mw: FloatArray | None) -> float:
    """Return the factor on the shapes of a year, (n_sector, n_step), that makes its mean or maximum the stated one."""
    taken = np.zeros(shape.shape[1]) if taken_mw is None else taken_mw
    if reading is ForecastReading.mean:
        return stated_mw - float(taken.mean())
    return float(((stated_mw - taken) / shape.sum(axis=0)).min())


def _corrected_shapes(
    area: Area,
    sectors: tuple[Sector, ...],
    scenario: Scenario,
    loads: HomeLoads,
    days: LocalDays,
    air: Temperatures,
) -> list[FloatArray]:
    """Return the shape of each sector, (n_day, 24): profile x correction x answer to the weather."""
    options = scenario.profiles
    demand = scenario.demand.areas[area]
    profiles = [_profile_of(scenario, sector) for sector in sectors]
    base_year = scenario.demand.base_year
    base_days = local_days(base_year, base_year, options.holiday_country)
    shares = np.array([_shares(demand, loads, area, sector, np.array([base_year]))[0] for sector in sectors])
    is_in_base = shares > 0.0
    base_profiles = [mixed_profile(profile.mix, profile.month_factors, base_days) for profile in profiles]
    nodes = fit_correction(
        np.stack(base_profiles)[is_in_base],
        shares[is_in_base],
        target_shape(demand, options, area),
        base_days,
    )
    factor = correction(nodes, days)
    return [
        mixed_profile(profile.mix, profile.month_factors, days) * factor * weather_answer(profile, options.weather, air)
        for profile in profiles
    ]


def _profile_of(scenario: Scenario, sector: Sector) -> SectorProfile:
    profile = scenario.profiles.sector(sector)
    if profile is None:
        raise ScenarioError(f"key 'profiles.sectors.{sector}' is missing: the sector has demand and needs a profile")
    return profile


def weather_answer(profile: SectorProfile, weather: Weather, air: Temperatures) -> FloatArray:
    """Return load over load of a mean year at the same hour, shape (n_day, 24).

    The load of a mean year is already in the shapes; only the departure of the weather from it changes the load:

        (1 + h (Th - T)+ + c (T - Tc)+)  /  the same with the temperature of the mean year
    """
    if air.actual_c is air.mean_year_c:
        return np.ones_like(air.actual_c)
    return np.asarray(_driven(profile, weather, air.actual_c) / _driven(profile, weather, air.mean_year_c))


def _driven(profile: SectorProfile, weather: Weather, temperature_c: FloatArray) -> FloatArray:
    heating = profile.heating_percent_per_k / PERCENT * np.maximum(weather.heating_below_c - temperature_c, 0.0)
    cooling = profile.cooling_percent_per_k / PERCENT * np.maximum(temperature_c - weather.cooling_above_c, 0.0)
    return np.asarray(1.0 + heating + cooling)


def monthly_summary(
    series: Mapping[tuple[str, str], FloatArray], days: LocalDays, steps_per_day: int
) -> list[tuple[int, int, str, str, float, float]]:
    """Return (year, month, area, label, mean, peak) of step series by (area, label), for every month."""
    starts = days.month_starts * steps_per_day
    lengths = np.diff(np.append(starts, days.n_day * steps_per_day))
    rows: list[tuple[int, int, str, str, float, float]] = []
    for (area, label), values in series.items():
        means = np.add.reduceat(values, starts) / lengths
        peaks = np.maximum.reduceat(values, starts)
        for start, mean, peak in zip(days.month_starts, means, peaks, strict=True):
            rows.append((int(days.year[start]), int(days.month[start]), area, label, float(mean), float(peak)))
    return rows
