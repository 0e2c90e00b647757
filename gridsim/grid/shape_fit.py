"""The correction that makes the sum of the sectors follow published month and mean-day shapes.

Sector profiles tell how sectors differ; published shapes tell what their sum looks like. For each area one table of
factors C[month, hour], valid in the middle of the months with straight lines between, multiplies every sector alike.
It is fitted once, on the sector composition of the base year:

    mean over the days d of month m of  sum_s w_s / mean(x_s C) * x_s(d, h) C(d, h)  =  F[m] * D[m, h]

x_s is the profile of sector s laid over the calendar of the base year (mean temperatures), w_s its share in the energy,
F the month shape, D the mean-day shape. The fit is a multiplicative iteration (iterative proportional fitting): factors
stay positive, and each round divides by the month-hour means that it finds. Later years use the same factors, so a
change of composition changes the shape of the sum, as it should.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.errors import ScenarioError
from gridsim.grid.local_time import MONTHS, LocalDays, local_days
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
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


def month_hour_means(by_hour: FloatArray, days: LocalDays) -> FloatArray:
    """Return the mean of each hour in each month of one year, shape (12, 24)."""
    lengths = np.diff([*days.month_starts, days.n_day])
    return np.asarray(np.add.reduceat(by_hour, days.month_starts, axis=0) / lengths[:, np.newaxis])


def fit_correction(profiles: FloatArray, shares: FloatArray, target: FloatArray, days: LocalDays) -> FloatArray:
    """Fit the month-hour factors of one area.

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
    Shape (12, 24), factors in the middle of the months.
    """
    lengths = np.diff([*days.month_starts, days.n_day])
    wanted = target / np.average(target.mean(axis=1), weights=lengths)
    nodes = np.ones((MONTHS, HOURS_PER_DAY))
    for _ in range(_MAX_ROUNDS):
        corrected = profiles * days.between_months(nodes)
        weights = shares / corrected.mean(axis=(1, 2))
        found = month_hour_means(np.tensordot(weights, corrected, axes=1), days)
        ratio = wanted / found
        nodes *= ratio
        if np.abs(ratio - 1.0).max() < _TOLERANCE:
            break
    return nodes
