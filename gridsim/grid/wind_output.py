"""Wind output of a place: seeded wind speeds through the power curve of a turbine.

    z: normal noise that fades to 1/e in ``persistence_h``;  u = Phi(z);  w = (-ln(1 - u))^(1/k)      Weibull, scale 1
    v(t) = lambda w(t) m(month) h(hour),   p = curve(v)

curve: 0 below 3 m/s, rising with v^3 to 1 at 12 m/s, 1 up to 25 m/s, 0 above. lambda (m/s) is the Weibull scale whose
mean output is the capacity factor of the plant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from gridsim.grid.seeded_noise import fading_noise
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.grid.local_time import LocalDays
    from gridsim.scenario.profile_model import WindShape

CUT_IN, RATED, CUT_OUT = 3.0, 12.0, 25.0
_N_QUANTILE = 2000
_N_HALVING = 50
_FASTEST = 60.0


def power_curve(speed_m_s: FloatArray) -> FloatArray:
    """Return output over rated output of wind speeds in m/s."""
    rising = (speed_m_s**3 - CUT_IN**3) / (RATED**3 - CUT_IN**3)
    return np.where(speed_m_s > CUT_OUT, 0.0, np.clip(rising, 0.0, 1.0))


def weibull_scale(capacity_factor: float, weibull_shape: float) -> float:
    """Return the Weibull scale in m/s at which the mean output is the capacity factor.

    The mean over quantiles rises with the scale until storms cut it off; beyond that the best scale is returned.
    """
    quantiles = (np.arange(_N_QUANTILE) + 0.5) / _N_QUANTILE
    unit = (-np.log(1.0 - quantiles)) ** (1.0 / weibull_shape)
    low, high = 0.0, CUT_OUT / 2.0
    for _ in range(_N_HALVING):
        middle = (low + high) / 2.0
        if power_curve(middle * unit).mean() < capacity_factor:
            low = middle
        else:
            high = middle
    return high


def unit_wind(place: str, shape: WindShape, days: LocalDays, seed: int) -> FloatArray:
    """Return wind speed over the Weibull scale for every hour, shape (n_day, 24)."""
    years = range(int(days.year[0]), int(days.year[-1]) + 1)
    noise = fading_noise(seed, f"wind {place}", years, HOURS_PER_DAY, shape.persistence_h)
    # 1 - Phi(z) = Phi(-z), which keeps its digits in the upper tail.
    unit = ((-np.log(ndtr(-noise))) ** (1.0 / shape.weibull_shape)).reshape(days.n_day, HOURS_PER_DAY)
    month = days.between_months(np.asarray(shape.month_factors))
    return np.asarray(unit * month[:, np.newaxis] * np.asarray(shape.hour_factors))


def wind_output(place: str, capacity_factor: float, shape: WindShape, days: LocalDays, seed: int) -> FloatArray:
    """Return output over rated output for every hour, shape (n_day, 24); the mean is near the capacity factor."""
    scale = min(weibull_scale(capacity_factor, shape.weibull_shape), _FASTEST)
    return power_curve(scale * unit_wind(place, shape, days, seed))
