"""Typical days of the BDEW standard load profiles, from the package demandlib, expanded to any years by numpy.

demandlib writes a quarter-hour series of one year in about a second. The profiles consist of few typical days only
(three seasons, three day types), so they are read off one year and laid over the calendar of the study.

The profiles are German; they are a documented and reproducible stand-in, not data of Kazakhstan. What matters of the
level, the seasons and the mean day is replaced by the correction of :mod:`gridsim.grid.shape_fit`; what stays is how
the sectors differ from each other, and working days from Sundays.
"""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.grid.local_time import SATURDAY, SUNDAY, WORKDAY, local_days
from gridsim.scenario.choices import SlpName
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.grid.local_time import LocalDays

WINTER, TRANSITION, SUMMER = 0, 1, 2
#: A leap year, so that the yearly polynomial of h0_dyn has all 366 days.
_YEAR = 2024
#: Month inside each season of the BDEW, and the days of that month in _YEAR that are a Wednesday, Saturday, Sunday.
_MONTH_OF_SEASON = {WINTER: 1, TRANSITION: 4, SUMMER: 7}
_TYPICAL_DAYS = (10, 13, 14)
_QUARTERS_PER_HOUR = 4


@dataclass(frozen=True)
class TypicalDays:
    """Typical days of the standard load profiles.

    Attributes
    ----------
    tables:
        Per profile, shape (season, day type, 24): power relative to the yearly mean.
    household_factor:
        Shape (366,): factor of each day of a leap year that makes h0 dynamic.
    """

    tables: Mapping[str, FloatArray]
    household_factor: FloatArray


@functools.lru_cache(maxsize=1)
def typical_days() -> TypicalDays:
    """Read the typical days off one year of demandlib."""
    # demandlib turns every warning of the process into an error and leaves it so; the context restores the filters.
    # It is imported here because the import alone takes longer than reading a scenario.
    with warnings.catch_warnings():
        from demandlib.bdew import ElecSlp  # noqa: PLC0415

        profiles: pd.DataFrame = ElecSlp(_YEAR).get_profiles()
    hourly = profiles.groupby(np.arange(len(profiles)) // _QUARTERS_PER_HOUR).mean()
    by_day = {str(name): hourly[name].to_numpy().reshape(-1, HOURS_PER_DAY) for name in hourly.columns}
    tables: dict[str, FloatArray] = {"flat": np.ones((3, 3, HOURS_PER_DAY))}
    for name in sorted(set(SlpName) - {SlpName.flat, SlpName.h0_dyn}):
        days = by_day[name] / by_day[name].mean()
        tables[str(name)] = np.stack(
            [
                np.stack([days[pd.Timestamp(_YEAR, month, day).dayofyear - 1] for day in _TYPICAL_DAYS])
                for month in _MONTH_OF_SEASON.values()
            ]
        )
    tables["h0_dyn"] = tables["h0"]
    return TypicalDays(tables, by_day["h0_dyn"].sum(axis=1) / by_day["h0"].sum(axis=1))


def bdew_season(days: LocalDays) -> IndexArray:
    """Return the season of each day: summer 15 May to 14 September, winter 1 November to 20 March."""
    month_day = days.month * 100 + days.day
    season = np.full(days.n_day, TRANSITION, dtype=np.int64)
    season[(month_day >= 515) & (month_day <= 914)] = SUMMER
    season[(month_day >= 1101) | (month_day <= 320)] = WINTER
    return season


def mixed_profile(mix: Mapping[str, float], month_factors: tuple[float, ...], days: LocalDays) -> FloatArray:
    """Lay a mix of profiles over the calendar.

    Parameters
    ----------
    mix:
        Share of each profile in the energy.
    month_factors:
        Twelve factors, valid in the middle of the months, straight lines between.

    Returns
    -------
    Shape (n_day, 24): power; the yearly mean is near 1 when the month factors are.
    """
    typical = typical_days()
    season = bdew_season(days)
    total = np.zeros((days.n_day, HOURS_PER_DAY))
    for name, share in sorted(mix.items()):
        if share > 0.0:
            profile = share * typical.tables[name][season, days.day_type]
            if name == SlpName.h0_dyn:
                profile *= typical.household_factor[days.day_of_year, np.newaxis]
            total += profile
    if any(factor != 1.0 for factor in month_factors):
        total *= days.between_months(np.asarray(month_factors))[:, np.newaxis]
    return total


def highest_value(mix: Mapping[str, float], month_factors: tuple[float, ...]) -> float:
    """Return the highest value of :func:`mixed_profile` in a year in which every day may be of any type."""
    days = local_days(_YEAR, _YEAR, "")
    return max(
        float(mixed_profile(mix, month_factors, replace(days, day_type=np.full_like(days.day_type, day_type))).max())
        for day_type in (WORKDAY, SATURDAY, SUNDAY)
    )
