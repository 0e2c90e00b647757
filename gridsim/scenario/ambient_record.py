"""Hourly air temperatures that a scenario was given, and how they are laid on the local days of a horizon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.dtypes import FLOAT, FloatArray
from gridsim.errors import ScenarioError
from gridsim.scenario.choices import AmbientCoverage
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.scenario.horizon import Horizon

_HOUR = np.timedelta64(1, "h")
_DAYS_PER_MONTH_ROW = 31
_FEBRUARY_28, _FEBRUARY_29 = _DAYS_PER_MONTH_ROW + 27, _DAYS_PER_MONTH_ROW + 28
#: Hours of a common year and of a leap year, for messages.
_WHOLE_YEARS_H = (365 * HOURS_PER_DAY, 366 * HOURS_PER_DAY)


@dataclass(frozen=True, eq=False)
class AmbientRecord:
    """Consecutive hours of air temperature.

    Attributes
    ----------
    file:
        Where they were read.
    first:
        Beginning of the first hour, ``datetime64[h]``, in UTC or in local time.
    is_local:
        Whether it is local time of the scenario.
    temp_c:
        Mean temperature of each hour, degree Celsius, ``(n_hour,)``.
    """

    file: Path
    first: np.datetime64
    is_local: bool
    temp_c: FloatArray

    def on_days(self, horizon: Horizon, coverage: AmbientCoverage) -> FloatArray:
        """Return the temperature of every hour of the local days of a horizon, ``(n_day, 24)``.

        A file that covers ``every_hour`` may reach beyond the horizon. Of a ``typical_year`` every hour stands for the
        same local hour of the same date in all years; 29 February is left out in common years, and has the hours of
        28 February in leap years when the file has none of its own.

        Raises
        ------
        ScenarioError
            The file does not cover the horizon, or is not one whole year.
        """
        first = self.first if self.is_local else self.first + horizon.utc_offset_h * _HOUR
        begin = np.datetime64(f"{horizon.from_year}-01-01", "h")
        n_hour = horizon.n_day * HOURS_PER_DAY
        if coverage is AmbientCoverage.typical_year:
            return self._repeated(first, begin, horizon.n_day)
        skipped = int((begin - first) / _HOUR)
        if skipped < 0 or skipped + n_hour > len(self.temp_c):
            last, end = first + (len(self.temp_c) - 1) * _HOUR, begin + (n_hour - 1) * _HOUR
            raise ScenarioError(
                f"{self.file} has the hours {first}:00 to {last}:00 local time, the horizon needs {begin}:00 to "
                f"{end}:00. Give a file of every hour, run fewer years (--from, --to), or give one whole year and "
                f'coverage = "{AmbientCoverage.typical_year}"'
            )
        return self.temp_c[skipped : skipped + n_hour].reshape(-1, HOURS_PER_DAY)

    def _repeated(self, first: np.datetime64, begin: np.datetime64, n_day: int) -> FloatArray:
        hours = first + np.arange(len(self.temp_c)) * _HOUR
        by_date = np.full((12 * _DAYS_PER_MONTH_ROW, HOURS_PER_DAY), np.nan, dtype=FLOAT)
        by_date[_date_rows(hours), hours.astype(np.int64) % HOURS_PER_DAY] = self.temp_c
        n_filled = np.isfinite(by_date).sum()
        if np.isnan(by_date[_FEBRUARY_29]).all():
            by_date[_FEBRUARY_29] = by_date[_FEBRUARY_28]
        days = begin.astype("datetime64[D]") + np.arange(n_day)
        found: FloatArray = by_date[_date_rows(days)]
        if n_filled != len(hours) or np.isnan(by_date).sum() != _NO_DATES_H:
            raise ScenarioError(
                f"{self.file} has {len(hours):,} hours, {hours[0]}:00 to {hours[-1]}:00 local time; a typical year has "
                f"every hour of one year once, {_WHOLE_YEARS_H[0]:,} of them or {_WHOLE_YEARS_H[1]:,} with 29 February"
            )
        return found


def _date_rows(moments: np.ndarray) -> np.ndarray:
    """Return a number for month and day of the month of each moment, 31 to the month."""
    months = moments.astype("datetime64[M]")
    day = (moments.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    return np.asarray(months.astype(np.int64) % 12 * _DAYS_PER_MONTH_ROW + day)


#: Hours of the rows of :func:`_date_rows` that are no date: 30 and 31 February, and the 31st of four months.
_NO_DATES_H = 6 * HOURS_PER_DAY
