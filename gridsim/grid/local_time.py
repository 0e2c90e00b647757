"""The local calendar that every hourly shape is written on.

People, factories and shops follow the clock, so shapes are tables over local hours. Kazakhstan keeps UTC+5 without
summer time; at the longitude of Almaty that is eight minutes from mean solar time, much as the winter clock is in the
country whose standard load profiles are used here. No shift between the clocks is therefore applied.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import holidays
import numpy as np
import pandas as pd

from gridsim.errors import ScenarioError
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray, IndexArray

MONTHS = 12
WORKDAY, SATURDAY, SUNDAY = 0, 1, 2
N_DAY_TYPE = 3
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True)
class LocalDays:
    """Local days of whole calendar years; every array has length ``n_day``.

    Attributes
    ----------
    year, month, day:
        Calendar year, month (1 to 12) and day of the month.
    day_of_year:
        0 on 1 January.
    day_type:
        WORKDAY, SATURDAY, or SUNDAY; public holidays count as Sundays.
    month_before, weight_after:
        The month (0 to 11) whose middle lies before the middle of the day, and how far (0 to 1) the day is from there
        to the middle of the next month.
    year_position:
        Middle of the day as a number of years: 2030.5 is the middle of 2030.
    """

    year: IndexArray
    month: IndexArray
    day: IndexArray
    day_of_year: IndexArray
    day_type: IndexArray
    month_before: IndexArray
    weight_after: FloatArray
    year_position: FloatArray

    @property
    def n_day(self) -> int:
        """Number of days."""
        return len(self.year)

    @property
    def year_starts(self) -> IndexArray:
        """First day of every year, as positions."""
        return np.flatnonzero(self.day_of_year == 0)

    @property
    def month_starts(self) -> IndexArray:
        """First day of every month, as positions."""
        return np.flatnonzero(self.day == 1)

    def between_months(self, by_month: FloatArray) -> FloatArray:
        """Interpolate values in the middle of months to days, straight lines; December and January are neighbours.

        ``by_month`` has shape (12, ...); the answer has shape (n_day, ...).
        """
        weight = self.weight_after.reshape((-1,) + (1,) * (by_month.ndim - 1))
        after = by_month[(self.month_before + 1) % MONTHS]
        return np.asarray(by_month[self.month_before] * (1.0 - weight) + after * weight)


def _holidays_among(dates: pd.DatetimeIndex, country: str) -> np.ndarray:
    if not country:
        return np.zeros(len(dates), dtype=np.bool_)
    try:
        # Observed days off are days off; days of feasts that follow the moon are estimates of the package.
        found = holidays.country_holidays(country, years=range(dates[0].year, dates[-1].year + 1))
    except NotImplementedError:
        raise ScenarioError(
            f"key 'profiles.holiday_country': the package holidays does not know {country!r}. "
            "Use a two-letter country code, or an empty text for no holidays"
        ) from None
    return np.asarray(dates.isin(pd.DatetimeIndex(list(found))))


@functools.lru_cache(maxsize=8)
def local_days(from_year: int, to_year: int, country: str) -> LocalDays:
    """Return the local days of the years ``from_year`` to ``to_year``, both included.

    Parameters
    ----------
    country:
        Country code of the package holidays; empty for no holidays.

    Raises
    ------
    ScenarioError
        The package holidays does not know the country.
    """
    dates = pd.date_range(f"{from_year}-01-01", f"{to_year}-12-31", freq="D")
    day_type = np.full(len(dates), WORKDAY, dtype=np.int64)
    day_type[dates.dayofweek == _SATURDAY] = SATURDAY
    day_type[(dates.dayofweek == _SUNDAY) | _holidays_among(dates, country)] = SUNDAY

    months = dates.to_period("M")
    length = dates.days_in_month.to_numpy(dtype=np.float64)
    # Distance from the middle of the month before, through the first of this month, to the middle of the day.
    middle = dates.day.to_numpy(dtype=np.float64) - 0.5
    is_late = middle >= length / 2.0
    neighbour = np.where(is_late, months.shift(1).days_in_month, months.shift(-1).days_in_month).astype(np.float64)
    passed = np.where(is_late, middle - length / 2.0, middle + neighbour / 2.0)

    month = dates.month.to_numpy(dtype=np.int64)
    day_of_year = dates.dayofyear.to_numpy(dtype=np.int64) - 1
    year = dates.year.to_numpy(dtype=np.int64)
    return LocalDays(
        year=year,
        month=month,
        day=dates.day.to_numpy(dtype=np.int64),
        day_of_year=day_of_year,
        day_type=day_type,
        month_before=np.where(is_late, month - 1, (month - 2) % MONTHS),
        weight_after=passed / ((length + neighbour) / 2.0),
        year_position=year + (day_of_year + 0.5) / np.where(dates.is_leap_year, 366.0, 365.0),
    )


def to_steps(by_hour: FloatArray, resolution_h: int) -> FloatArray:
    """Turn hours of days, shape (n_day, 24), into means over steps of ``resolution_h`` hours, shape (n_step,)."""
    if resolution_h == 1:
        return np.ascontiguousarray(by_hour).reshape(-1)
    steps = by_hour.reshape(-1, HOURS_PER_DAY // resolution_h, resolution_h)
    return np.asarray(steps.mean(axis=2).reshape(-1))
