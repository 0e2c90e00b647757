"""Scaling of a shape to a given mean without passing 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray


def scale_to_mean(shape: FloatArray, mean: float) -> FloatArray:
    """Return ``min(1, c * shape)`` with the factor ``c`` that makes the mean exactly ``mean``.

    With the values in falling order and the first k of them at 1, the mean is (k + c * rest(k)) / n, where rest(k) is
    the sum of the others. It rises with c, so there is one k for which c brings value k to 1 or above and leaves value
    k + 1 below; it is found by looking at all k at once.

    Parameters
    ----------
    shape:
        Non-negative values, shape (n,).
    mean:
        Wanted mean, 0 to the share of values above zero.

    Raises
    ------
    ValueError
        No factor reaches the mean: too many values are zero.
    """
    n = len(shape)
    if mean <= 0.0:
        return np.zeros(n)
    falling = np.sort(shape)[::-1]
    rest = falling.sum() - np.concatenate([[0.0], np.cumsum(falling)[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = (mean * n - np.arange(n)) / rest
        fits = (falling > 0.0) & (factor > 0.0) & (factor * falling <= 1.0)
    if fits.any():
        scaled = np.minimum(factor[int(np.argmax(fits))] * shape, 1.0)
    elif np.isclose(mean, np.count_nonzero(shape) / n):
        scaled = np.where(shape > 0.0, 1.0, 0.0)
    else:
        raise ValueError(f"mean {mean:g} is above the share of values above zero, {np.count_nonzero(shape) / n:g}")
    # Sums of the sorted and of the original order differ in the last digits; one step on the free values closes that.
    free = scaled < 1.0
    missing = mean * n - scaled.sum()
    free_sum = scaled[free].sum()
    if free_sum > 0.0:
        scaled[free] = np.minimum(scaled[free] * (1.0 + missing / free_sum), 1.0)
    return np.asarray(scaled)
