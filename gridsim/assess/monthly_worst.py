"""Worst loading, hours above 100 % and hours without solution of every column and local month, block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.dtypes import FLOAT, BoolArray, FloatArray, IndexArray
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

MONTHS_PER_YEAR = 12


class MonthlyTracker:
    """Gathers monthly values from the blocks of a run; a month may come in several blocks.

    Parameters
    ----------
    n_column:
        Number of loading columns.
    years:
        Local years of the run, without gaps.
    step_h:
        Length of a step in hours.
    """

    def __init__(self, n_column: int, years: Sequence[int], *, step_h: float) -> None:
        self.first_year = years[0]
        self.step_h = step_h
        n_month = len(years) * MONTHS_PER_YEAR
        self.months = [(year, month + 1) for year in years for month in range(MONTHS_PER_YEAR)]
        self.worst_percent: FloatArray = np.full((n_column, n_month), np.nan, dtype=FLOAT)
        self.hours_over_100: FloatArray = np.zeros((n_column, n_month), dtype=FLOAT)
        self.failed_hours: FloatArray = np.zeros((n_column, n_month), dtype=FLOAT)

    def follow(
        self, block: NDArray[np.float32], time_local: pd.DatetimeIndex, is_failed: BoolArray, in_service: BoolArray
    ) -> None:
        """Take in one block.

        Parameters
        ----------
        block:
            ``(n_column, n_step)`` float32 loading in percent, NaN where there is no value.
        time_local:
            Start of every step in local time, without time zone.
        is_failed:
            ``(n_step,)`` whether the step has no solution.
        in_service:
            ``(n_column,)`` whether the element is in service in this block; others have no failed hours.
        """
        for month_pos, steps in _runs(self._month_pos(time_local)):
            part = block[:, steps]
            worst = np.fmax.reduce(part, axis=1, initial=np.nan)
            self.worst_percent[:, month_pos] = np.fmax(self.worst_percent[:, month_pos], worst)
            self.hours_over_100[:, month_pos] += np.count_nonzero(part > PERCENT, axis=1) * self.step_h
            self.failed_hours[:, month_pos] += in_service * np.count_nonzero(is_failed[steps]) * self.step_h

    def _month_pos(self, time_local: pd.DatetimeIndex) -> IndexArray:
        years = time_local.year.to_numpy(np.int64)
        months = time_local.month.to_numpy(np.int64)
        return (years - self.first_year) * MONTHS_PER_YEAR + months - 1


def _runs(positions: IndexArray) -> list[tuple[int, slice]]:
    """Return each run of equal positions with its slice; ``positions`` never decreases."""
    values, first = np.unique(positions, return_index=True)
    stops = np.append(first[1:], len(positions))
    return [(int(value), slice(int(start), int(stop))) for value, start, stop in zip(values, first, stops, strict=True)]
