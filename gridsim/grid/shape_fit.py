"""The correction that makes the sum of the sectors follow published month and mean-day shapes.

Sector profiles tell how sectors differ, and working days from Sundays; published shapes tell what their sum looks like.
For each area one table of factors C[month, day type, hour], valid in the middle of the months with straight lines
between, multiplies every sector alike. It is fitted once, on the sector composition of the base year:

    mean over the days d of month m and type k of  sum_s w_s / mean(x_s C) * x_s(d, h) C(d, h)  =  F[m] r[m, k] D[m, h]

x_s is the profile of sector s laid over the calendar of the base year (mean temperatures), w_s its share in the energy,
F the month shape, D the mean-day shape, r the mean of the day type over the mean of the month as the profiles have it.
The published mean days know no day types; giving each type the same shape at its own level keeps them exactly and adds
no peak of its own. (One factor for all types would: Sunday mornings are late, so it would lift working mornings.)

The fit is a multiplicative iteration (iterative proportional fitting): factors stay positive, and each round divides
by the means that it finds. Later years use the same factors, so a change of composition changes the shape of the sum,
as it should.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.errors import ScenarioError
from gridsim.grid.local_time import MONTHS, N_DAY_TYPE, local_days
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.grid.local_time import LocalDays
    from gridsim.scenario.demand_model import AreaDemand
    from gridsim.scenario.profile_model import DayShape, MonthShape, ProfileOptions

#: The iteration gains about a digit in four rounds.
_MAX_ROUNDS = 400
_TOLERANCE = 1e-12
_COMMON_YEAR = 2025


def target_shape(demand: AreaDemand, profiles: ProfileOptions, area: str) -> FloatArray:
    """Return what the base year of an area must look like: month-hour means over the yearly mean, shape (12, 24).

    Raises
    ------
    ScenarioError
        The swing factors make an hour zero or negative.
    """
    month = 1.0 + demand.month_swing * (_month_factors(profiles.month_shape(demand.month_shape)) - 1.0)
    day = 1.0 + demand.day_swing * (_day_factors(profiles.day_shape(demand.day_shape)) - 1.0)
    target = month[:, np.newaxis] * day
    if not (target > 0.0).all():
        raise ScenarioError(
            f"keys 'demand.{area}.month_swing' and 'day_swing': month_swing {demand.month_swing:g} and day_swing "
            f"{demand.day_swing:g} make the load of some hours zero or negative. Use smaller ones"
        )
    return target


def _month_factors(shape: MonthShape) -> FloatArray:
    days = local_days(_COMMON_YEAR, _COMMON_YEAR, "")
    lengths = np.diff([*days.month_starts, days.n_day])
    if shape.mean_factors is not None:
        factors = np.asarray(shape.mean_factors)
    else:
        factors = np.asarray(shape.energy_shares_percent) / lengths
    return np.asarray(factors / np.average(factors, weights=lengths))


def _day_factors(shape: DayShape) -> FloatArray:
    """Return hour factors of every month, shape (12, 24); months that are not stated lie between their neighbours."""
    stated = sorted(shape.by_month)
    rows = np.array([np.roll(shape.by_month[month], shape.first_hour) for month in stated])
    rows /= rows.mean(axis=1, keepdims=True)
    around = [stated[-1] - MONTHS, *stated, stated[0] + MONTHS]
    values = np.vstack([rows[-1:], rows, rows[:1]])
    months = np.arange(1, MONTHS + 1)
    return np.stack([np.interp(months, around, values[:, hour]) for hour in range(HOURS_PER_DAY)], axis=1)


def type_hour_means(by_hour: FloatArray, days: LocalDays) -> FloatArray:
    """Return the mean of each hour over the days of each type in each month of one year, shape (12, 3, 24)."""
    means = np.empty((MONTHS, N_DAY_TYPE, HOURS_PER_DAY))
    for month in range(MONTHS):
        for day_type in range(N_DAY_TYPE):
            means[month, day_type] = by_hour[(days.month == month + 1) & (days.day_type == day_type)].mean(axis=0)
    return means


def correction(nodes: FloatArray, days: LocalDays) -> FloatArray:
    """Return the factor of every hour, shape (n_day, 24), of fitted factors, shape (12, 3, 24)."""
    result = np.empty((days.n_day, HOURS_PER_DAY))
    for day_type in range(N_DAY_TYPE):
        chosen = days.day_type == day_type
        result[chosen] = days.between_months(nodes[:, day_type])[chosen]
    return result


def fit_correction(profiles: FloatArray, shares: FloatArray, target: FloatArray, days: LocalDays) -> FloatArray:
    """Fit the factors of one area.

    Parameters
    ----------
    profiles:
        Shape (n_sector, n_day, 24), sector profiles over the days of the base year.
    shares:
        Shape (n_sector,), share of each sector in the energy.
    target:
        Shape (12, 24), wanted month-hour means of the sum; only the shape counts, not the level.
    days:
        The days of the base year.

    Returns
    -------
    Shape (12, 3, 24): factors in the middle of the months, by day type.
    """
    lengths = np.diff([*days.month_starts, days.n_day])
    month = target.mean(axis=1)
    month_day = target / month[:, np.newaxis]
    daily = np.tensordot(shares / profiles.mean(axis=(1, 2)), profiles, axes=1).mean(axis=1)
    month_mean = np.add.reduceat(daily, days.month_starts) / lengths
    type_mean = type_hour_means(np.repeat(daily[:, np.newaxis], HOURS_PER_DAY, axis=1), days)[:, :, 0]
    level = (month / np.average(month, weights=lengths))[:, np.newaxis] * type_mean / month_mean[:, np.newaxis]
    wanted = level[:, :, np.newaxis] * month_day[:, np.newaxis, :]
    nodes = np.ones((MONTHS, N_DAY_TYPE, HOURS_PER_DAY))
    for _ in range(_MAX_ROUNDS):
        corrected = profiles * correction(nodes, days)
        weights = shares / corrected.mean(axis=(1, 2))
        ratio = wanted / type_hour_means(np.tensordot(weights, corrected, axes=1), days)
        nodes *= ratio
        if np.abs(ratio - 1.0).max() < _TOLERANCE:
            break
    return nodes
