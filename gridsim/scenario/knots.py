"""Values stated for some years and read between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.units import PERCENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.enums import Sector


@dataclass(frozen=True)
class YearKnots:
    """Numbers at some years, straight lines between them.

    Attributes
    ----------
    years:
        Calendar years, increasing.
    values:
        Value of each year.
    """

    years: tuple[int, ...]
    values: tuple[float, ...]

    def at(self, years: IndexArray, growth_after_percent: float = 0.0) -> FloatArray:
        """Return the value of each year, shape of ``years``.

        After the last knot the value grows by ``growth_after_percent`` each year; before the first knot it is NaN,
        because nothing says what it was.
        """
        asked = np.asarray(years, dtype=np.float64)
        inside = np.interp(asked, self.years, self.values, left=np.nan)
        years_after = np.maximum(asked - self.years[-1], 0.0)
        return np.asarray(inside * (1.0 + growth_after_percent / PERCENT) ** years_after, dtype=np.float64)


@dataclass(frozen=True)
class AmbientKnots:
    """Numbers at some air temperatures, straight lines between them, constant outside.

    Attributes
    ----------
    ambient_c:
        Air temperatures, degree Celsius, increasing.
    values:
        Value of each.
    """

    ambient_c: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, ambient_c: FloatArray) -> FloatArray:
        """Return the value at each air temperature, shape of ``ambient_c``."""
        return np.asarray(np.interp(ambient_c, self.ambient_c, self.values), dtype=np.float64)


@dataclass(frozen=True)
class ShareKnots:
    """Shares of sectors at some years, straight lines between them, constant outside.

    Attributes
    ----------
    years:
        Calendar years, increasing.
    shares:
        One mapping per year; a sector that is not named has share 0.
    """

    years: tuple[int, ...]
    shares: tuple[Mapping[Sector, float], ...]

    def at(self, sector: Sector, years: IndexArray) -> FloatArray:
        """Return the share of one sector in each year, shape of ``years``."""
        values = [shares.get(sector, 0.0) for shares in self.shares]
        return np.asarray(np.interp(np.asarray(years, dtype=np.float64), self.years, values), dtype=np.float64)
