"""Noise that depends on the seed, its purpose and the calendar year only.

Weather of 2037 is the same whether a study starts in 2026 or in 2037, and whichever block is computed first. Each
year has a random stream of its own; a process with memory reads on into the streams of the years before.
"""

from __future__ import annotations

import calendar
import math
import zlib
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import lfilter

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray

#: Memory is cut off where its weight falls below this; no one sees a millionth of a standard deviation.
_NEGLIGIBLE = 1e-6
_SHORTEST_YEAR = 365


def days_in_year(year: int) -> int:
    """Return 365 or 366."""
    return 366 if calendar.isleap(year) else 365


def white_noise(seed: int, purpose: str, year: int, n: int) -> FloatArray:
    """Return ``n`` independent standard normal values of one calendar year."""
    stream = np.random.default_rng([seed, zlib.crc32(purpose.encode()), year])
    return stream.standard_normal(n)


def fading_noise(seed: int, purpose: str, years: range, values_per_day: int, persistence: float) -> FloatArray:
    """Return a standard normal process whose correlation falls to 1/e after ``persistence`` values.

        z[i] = f z[i-1] + sqrt(1 - f^2) e[i],   f = exp(-1 / persistence)

    e: the white noise of the year, preceded by as much of the year before as is remembered. So the process runs on from
    year to year, and a year is the same to the last bit in every study that contains it.

    Parameters
    ----------
    years:
        Consecutive calendar years.
    values_per_day:
        1 for daily, 24 for hourly values; ``persistence`` counts in the same.

    Returns
    -------
    All values of ``years``, one after the other.
    """
    fade = math.exp(-1.0 / persistence)
    memory = min(math.ceil(persistence * -math.log(_NEGLIGIBLE)), _SHORTEST_YEAR * values_per_day)
    scale = math.sqrt((1.0 - fade**2) / (1.0 - fade ** (2 * memory)))
    before = white_noise(seed, purpose, years[0] - 1, days_in_year(years[0] - 1) * values_per_day)
    parts = []
    for year in years:
        own = white_noise(seed, purpose, year, days_in_year(year) * values_per_day)
        remembered = lfilter([scale], [1.0, -fade], np.concatenate([before[-memory:], own]))
        parts.append(remembered[memory:])
        before = own
    return np.concatenate(parts)
