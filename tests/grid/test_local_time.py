"""Local days: UTC+5, leap years, holidays, the middle of months."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import ScenarioError
from gridsim.grid.local_time import SATURDAY, SUNDAY, WORKDAY, local_days, to_steps


def day_type(date: str, country: str = "KZ") -> int:
    moment = pd.Timestamp(date)
    days = local_days(moment.year, moment.year, country)
    return int(days.day_type[moment.dayofyear - 1])


def test_every_day_of_25_years_is_there() -> None:
    days = local_days(2026, 2050, "KZ")
    assert days.n_day * 24 == 219_144
    assert len(days.year_starts) == 25
    assert len(days.month_starts) == 300
    lengths = np.diff(np.append(days.year_starts, days.n_day))
    years = days.year[days.year_starts]
    assert [int(year) for year in years[lengths == 366]] == [2028, 2032, 2036, 2040, 2044, 2048]
    assert days.day_of_year[days.year_starts].tolist() == [0] * 25


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-01-05", WORKDAY),
        ("2026-01-01", SUNDAY),  # New Year
        ("2026-01-07", SUNDAY),  # Orthodox Christmas
        ("2026-03-23", SUNDAY),  # Nauryz, a Monday
        ("2026-05-09", SUNDAY),  # Victory Day, a Saturday
        ("2026-05-11", SUNDAY),  # its observed day off, a Monday
        ("2026-12-16", SUNDAY),  # Independence Day, a Wednesday
        ("2026-12-17", WORKDAY),
        ("2026-12-19", SATURDAY),
        ("2026-12-20", SUNDAY),
    ],
)
def test_kazakh_holidays_count_as_sundays(date: str, expected: int) -> None:
    assert day_type(date) == expected


def test_without_a_country_there_are_weekends_only() -> None:
    assert day_type("2026-12-16", "") == WORKDAY


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(ScenarioError, match="'ZZ'"):
        local_days(2026, 2026, "ZZ")


def test_month_values_are_met_in_the_middle_and_blend_between() -> None:
    days = local_days(2027, 2027, "")
    by_month = np.arange(12, dtype=np.float64)
    values = days.between_months(by_month)
    # The middle of April (30 days) is the midnight after the 15th: the days on both sides are half a day off.
    april_15 = pd.Timestamp("2027-04-15").dayofyear - 1
    assert values[april_15 : april_15 + 2].mean() == pytest.approx(3.0, abs=1e-3)
    # The middle of July (31 days) is the noon of the 16th.
    assert values[pd.Timestamp("2027-07-16").dayofyear - 1] == pytest.approx(6.0, abs=1e-12)
    # New Year lies half way between December and January.
    assert values[0] == pytest.approx(11.0 * 0.5, abs=0.2)
    assert values[-1] == pytest.approx(11.0 * 0.5, abs=0.2)


def test_constant_month_values_stay_constant() -> None:
    values = local_days(2027, 2029, "").between_months(np.full((12, 2), 3.5))
    assert values.shape == (1096, 2)
    assert np.abs(values - 3.5).max() < 1e-12


@pytest.mark.parametrize("resolution_h", [1, 3, 24])
def test_steps_are_means_of_hours(resolution_h: int) -> None:
    by_hour = np.random.default_rng(1).random((5, 24))
    steps = to_steps(by_hour, resolution_h)
    expected = [by_hour.reshape(-1)[start : start + resolution_h].mean() for start in range(0, 120, resolution_h)]
    assert steps == pytest.approx(expected, rel=1e-14)
