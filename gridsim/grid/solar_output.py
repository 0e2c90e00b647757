"""Solar output of a place: clear sky from pvlib, cloudiness from the climate table.

    p(t)  =  G(t) (1 - 0.004 (Tc - 25)) k(d)        Tc = T + 0.03 G

G: irradiance on fixed panels under a clear sky (W/m2, simplified Solis, isotropic sky) at the middle of the hour; T:
mean temperature of the hour (degree Celsius); Tc: cell temperature with the usual NOCT of 45 degrees; k: clearness of
the day. The monthly mean of k comes from the daily temperature range by Hargreaves and Samani (FAO paper 56): the
share of extraterrestrial radiation that reaches the ground is 0.16 sqrt(Tmax - Tmin), over 0.75 under a clear sky.
Days spread around it by seeded noise; one sky for the whole region, which makes bad days of all plants fall together.

The position of the sun is computed for the 366 days of a leap year and laid over the calendar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.grid.seeded_noise import fading_noise
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.grid.local_time import LocalDays
    from gridsim.scenario.profile_model import Climate, SolarShape

_LEAP_YEAR = 2024
_CLEAR_SKY_TRANSMISSION = 0.75
_HARGREAVES_PER_SQRT_K = 0.16
_LOSS_PER_K = 0.004
_CELL_HEATING_K_M2_PER_W = 0.03
_REFERENCE_CELL_C = 25.0
_CLOUD_PERSISTENCE_DAYS = 1.5
#: Light that comes through the thickest cloud, and a clear day, relative to the clear sky.
_DARKEST, _CLEAREST = 0.12, 1.0
#: Height of the valley south of the Ili; it changes the clear sky by less than a percent per 100 m.
_ALTITUDE_M = 700.0


def clear_sky_output(
    lat: float, lon: float, shape: SolarShape, utc_offset_h: int, mean_temperature_c: FloatArray
) -> FloatArray:
    """Return the output of panels under a clear sky, relative, shape (366, 24) in local time.

    Parameters
    ----------
    lat, lon:
        Degrees north and east.
    mean_temperature_c:
        Temperature of a mean leap year, shape (366, 24).
    """
    # Imported here: pvlib takes a second to import, and nets without solar plants do not need it.
    from pvlib import atmosphere, clearsky, irradiance, solarposition  # noqa: PLC0415

    middle = pd.Timestamp(_LEAP_YEAR, 1, 1, 0, 30, tz="UTC") - pd.Timedelta(hours=utc_offset_h)
    times = pd.date_range(middle, periods=366 * HOURS_PER_DAY, freq="h")
    sun = solarposition.get_solarposition(times, lat, lon, altitude=_ALTITUDE_M)
    sky = clearsky.simplified_solis(sun["apparent_elevation"], pressure=atmosphere.alt2pres(_ALTITUDE_M))
    on_panel = irradiance.get_total_irradiance(
        shape.tilt_degree,
        shape.azimuth_degree,
        sun["apparent_zenith"],
        sun["azimuth"],
        sky["dni"],
        sky["ghi"],
        sky["dhi"],
    )["poa_global"]
    is_up = sun["apparent_elevation"].to_numpy() > 0.0
    light = np.where(is_up, np.nan_to_num(on_panel.to_numpy()), 0.0).reshape(366, HOURS_PER_DAY)
    cell_c = mean_temperature_c + _CELL_HEATING_K_M2_PER_W * light
    return np.asarray(np.maximum(light * (1.0 - _LOSS_PER_K * (cell_c - _REFERENCE_CELL_C)), 0.0))


def daily_clearness(climate: Climate, shape: SolarShape, days: LocalDays, seed: int) -> FloatArray:
    """Return light over clear-sky light of each day, shape (n_day,)."""
    daily_range_k = np.asarray(climate.mean_max_c) - np.asarray(climate.mean_min_c)
    by_month = np.minimum(_HARGREAVES_PER_SQRT_K * np.sqrt(daily_range_k) / _CLEAR_SKY_TRANSMISSION, 1.0)
    mean = days.between_months(by_month)
    years = range(int(days.year[0]), int(days.year[-1]) + 1)
    noise = fading_noise(seed, "clouds", years, 1, _CLOUD_PERSISTENCE_DAYS)
    return np.clip(mean * (1.0 + shape.cloud_spread * noise), _DARKEST, _CLEAREST)
