"""Noise that depends on the seed, its purpose and the calendar year only.

Weather of 2037 is the same whether a study starts in 2026 or in 2037, and whichever block is computed first. Each
year has a random stream of its own; a process with memory reads on into the streams of the years before.
"""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray

#: Memory is cut off where its weight falls below this; no one sees a millionth of a standard deviation.
_NEGLIGIBLE = 1e-6


def white_noise(seed: int, purpose: str, year: int, n: int) -> FloatArray:
    """Return ``n`` independent standard normal values of one calendar year."""
    stream = np.random.default_rng([seed, zlib.crc32(purpose.encode()), year])
    return stream.standard_normal(n)


def fading_noise(seed: int, purpose: str, years: range, values_per_year: FloatArray, persistence: float) -> FloatArray:
    """Return a standard normal process whose correlation falls to 1/e after ``persistence`` values.

    Parameters
    ----------
    years:
        Consecutive calendar years.
    values_per_year:
        Number of values of every year from the one before the first on: length ``len(years) + 1``.

    Returns
    -------
    All values of ``years``, one after the other; the process runs on from year to year.
    """
    fade = math.exp(-1.0 / persistence)
    n_tap = min(math.ceil(persistence * -math.log(_NEGLIGIBLE)), int(values_per_year[0]))
    counts = [int(count) for count in values_per_year]
    noise = np.concatenate(
        [white_noise(seed, purpose, year, n) for year, n in zip((years[0] - 1, *years), counts, strict=True)]
    )
    n_value = sum(counts[1:])
    start = counts[0]
    total = np.zeros(n_value)
    # A sum over taps, not a recursion: a value then depends on the noise around it and not on where the array starts.
    for tap in range(n_tap):
        total += fade**tap * noise[start - tap : start - tap + n_value]
    return total * math.sqrt((1.0 - fade**2) / (1.0 - fade ** (2 * n_tap)))
