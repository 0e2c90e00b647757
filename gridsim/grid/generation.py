"""Output of every power plant through the horizon.

Each plant has a shape by its kind (solar from the sun, wind from seeded speeds, heat plants from the weather, the rest
from stated factors), scaled year by year so that the mean of the year over the installed power is the capacity factor
of table ``power_plants`` exactly, and no hour passes the installed power. Every year is thus a mean year in energy; a
windy or dry year would be another scenario. Output depends on seed, plant and year only.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from gridsim.errors import ScenarioError
from gridsim.grid.climate import Temperatures, temperatures
from gridsim.grid.local_time import local_days, to_steps
from gridsim.grid.mean_scaling import scale_to_mean
from gridsim.grid.seeded_noise import white_noise
from gridsim.grid.solar_output import clear_sky_output, daily_clearness
from gridsim.grid.wind_output import wind_output
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.grid.local_time import LocalDays
    from gridsim.scenario.model import Scenario
    from gridsim.scenario.profile_model import DispatchShape, HeatLedShape, NuclearShape
    from gridsim.tables.network_tables import NetworkTables

_LEAP_YEAR = 2024


@dataclass(frozen=True)
class PlantOutput:
    """Output of the plants of table ``power_plants``.

    Attributes
    ----------
    per_unit:
        Shape (n_series, n_step), output over installed power. Plants of one kind, place and capacity factor share one.
    series_of:
        Shape (n_plant,), row of ``per_unit`` of each plant.
    p_max_mw:
        Shape (n_plant,).
    """

    per_unit: FloatArray
    series_of: IndexArray
    p_max_mw: FloatArray

    def power_mw(self, plant: int, start_step: int, stop_step: int) -> FloatArray:
        """Return the output of one plant (row of the table), shape (stop_step - start_step,)."""
        return np.asarray(self.p_max_mw[plant] * self.per_unit[self.series_of[plant], start_step:stop_step])


@dataclass(frozen=True)
class _Sky:
    """What shapes share: calendar, weather, scenario."""

    scenario: Scenario
    days: LocalDays
    air: Temperatures
    clearness: FloatArray


def plant_output(tables: NetworkTables, scenario: Scenario, days: LocalDays, air: Temperatures) -> PlantOutput:
    """Return the output of every plant.

    Parameters
    ----------
    days:
        Days of the horizon.
    air:
        Temperature of every hour of the days.

    Raises
    ------
    ScenarioError
        The shape of a kind of plant cannot reach the capacity factor of a plant.
    """
    plants = tables["power_plants"]
    options = scenario.profiles
    sky = _Sky(
        scenario,
        days,
        air,
        daily_clearness(options.climate, options.generation.solar, days, scenario.seed),
    )
    rows: list[FloatArray] = []
    known: dict[tuple[str, ...], int] = {}
    series_of = np.zeros(len(plants), dtype=np.int64)
    for position, plant in enumerate(plants.to_dict("records")):
        place = _place(str(plant["kind"]), str(plant["plant_id"]), float(plant["lat"]), float(plant["lon"]))
        key = (str(plant["kind"]), place, repr(float(plant["capacity_factor"])))
        if key not in known:
            shape = _SHAPES[str(plant["kind"])](sky, place, float(plant["capacity_factor"]))
            known[key] = len(rows)
            rows.append(_scaled(shape, float(plant["capacity_factor"]), str(plant["plant_id"]), sky))
        series_of[position] = known[key]
    per_unit = np.stack(rows) if rows else np.zeros((0, scenario.horizon.n_step))
    return PlantOutput(per_unit, series_of, plants["p_max_mw"].to_numpy(dtype=np.float64))


def _place(kind: str, plant_id: str, lat: float, lon: float) -> str:
    """Return what plants must share to share a series: weather within some 10 km, an outage never."""
    if kind in {"wind", "solar"}:
        return f"{lat:.1f} {lon:.1f}"
    return plant_id if kind == "nuclear" else ""


def _scaled(shape: FloatArray, capacity_factor: float, plant_id: str, sky: _Sky) -> FloatArray:
    """Scale hours of days, (n_day, 24), year by year to the capacity factor and turn them into steps."""
    result = np.empty_like(shape)
    bounds = np.append(sky.days.year_starts, sky.days.n_day)
    for start, stop in itertools.pairwise(bounds):
        try:
            year = scale_to_mean(shape[start:stop].reshape(-1), capacity_factor)
        except ValueError as reason:
            raise ScenarioError(
                f"power plant {plant_id!r}: its capacity factor {capacity_factor:g} cannot be reached by the shape "
                f"of its kind in {sky.days.year[start]}: {reason}"
            ) from None
        result[start:stop] = year.reshape(-1, HOURS_PER_DAY)
    return to_steps(result, sky.scenario.horizon.resolution_h)


def _solar(sky: _Sky, place: str, _: float) -> FloatArray:
    options = sky.scenario.profiles
    lat, lon = (float(part) for part in place.split())
    leap_days = local_days(_LEAP_YEAR, _LEAP_YEAR, "")
    mean_c = temperatures(options.climate, replace(options.weather, amplitude=0.0), leap_days, seed=0).mean_year_c
    clear = clear_sky_output(lat, lon, options.generation.solar, sky.scenario.horizon.utc_offset_h, mean_c)
    return np.asarray(clear[_day_of_leap_year(sky.days)] * sky.clearness[:, np.newaxis])


def _day_of_leap_year(days: LocalDays) -> IndexArray:
    leap = local_days(_LEAP_YEAR, _LEAP_YEAR, "")
    first_of_month = leap.month_starts
    return np.asarray(first_of_month[days.month - 1] + days.day - 1)


def _wind(sky: _Sky, place: str, capacity_factor: float) -> FloatArray:
    shape = sky.scenario.profiles.generation.wind
    return wind_output(place, capacity_factor, shape, sky.days, sky.scenario.seed)


def _dispatched(shape: DispatchShape, days: LocalDays) -> FloatArray:
    month = days.between_months(np.asarray(shape.month_factors))
    return np.asarray(month[:, np.newaxis] * np.asarray(shape.hour_factors))


def _reservoir(sky: _Sky, _: str, __: float) -> FloatArray:
    return _dispatched(sky.scenario.profiles.generation.hydro_reservoir, sky.days)


def _river(sky: _Sky, _: str, __: float) -> FloatArray:
    return _dispatched(sky.scenario.profiles.generation.hydro_run_of_river, sky.days)


def _gas(sky: _Sky, _: str, __: float) -> FloatArray:
    return _dispatched(sky.scenario.profiles.generation.gas, sky.days)


def _chp(sky: _Sky, _: str, __: float) -> FloatArray:
    """Base share for hot water, the rest with the daily mean temperature; the coldest mean month is full heat."""
    shape: HeatLedShape = sky.scenario.profiles.generation.chp
    coldest_c = min(sky.scenario.profiles.climate.mean_c)
    daily_c = sky.air.actual_c.mean(axis=1)
    heat = np.maximum(shape.heating_below_c - daily_c, 0.0) / max(shape.heating_below_c - coldest_c, 1.0)
    return np.repeat((shape.base_share + (1.0 - shape.base_share) * heat)[:, np.newaxis], HOURS_PER_DAY, axis=1)


def _nuclear(sky: _Sky, place: str, _: float) -> FloatArray:
    """One outage a year at a seeded day; the place is the identifier of the block, so blocks do not rest together."""
    shape: NuclearShape = sky.scenario.profiles.generation.nuclear
    days = sky.days
    runs = np.ones(days.n_day)
    for start in days.year_starts:
        year = int(days.year[start])
        in_year = np.flatnonzero(days.year == year)
        window = in_year[
            (days.month[in_year] >= shape.outage_from_month) & (days.month[in_year] <= shape.outage_to_month)
        ]
        # The normal distribution turns the seeded noise into an even draw from 0 to 1.
        draw = float(ndtr(white_noise(sky.scenario.seed, f"outage {place}", year, 1)[0]))
        first = int(window[0]) + int(draw * max(len(window) - shape.outage_days, 0))
        runs[first : min(first + shape.outage_days, int(in_year[-1]) + 1)] = 0.0
    return np.repeat(runs[:, np.newaxis], HOURS_PER_DAY, axis=1)


_SHAPES: dict[str, Callable[[_Sky, str, float], FloatArray]] = {
    "chp_coal": _chp,
    "chp_gas": _chp,
    "gas": _gas,
    "hydro_reservoir": _reservoir,
    "hydro_run_of_river": _river,
    "wind": _wind,
    "solar": _solar,
    "nuclear": _nuclear,
}
