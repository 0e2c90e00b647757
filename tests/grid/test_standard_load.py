"""Typical days of demandlib against demandlib's own year."""

from __future__ import annotations

import dataclasses
import datetime as dt
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gridsim.grid.local_time import SUNDAY, WORKDAY, local_days
from gridsim.grid.standard_load import highest_value, mixed_profile, typical_days
from gridsim.scenario.choices import SlpName

if TYPE_CHECKING:
    import pandas as pd

ONES = (1.0,) * 12


HOLIDAY = dt.date(2027, 3, 9)


@pytest.fixture(scope="module")
def year_2027() -> pd.DataFrame:
    """Return demandlib's own quarter hours of a year that starts on another weekday than the one that is read."""
    with warnings.catch_warnings():
        from demandlib.bdew import ElecSlp  # noqa: PLC0415 -- demandlib changes the warning filters

        return ElecSlp(2027, holidays={HOLIDAY: "some"}).get_profiles()


@pytest.mark.parametrize("name", sorted(set(SlpName) - {SlpName.flat}))
def test_expansion_repeats_the_year_of_demandlib(name: str, year_2027: pd.DataFrame) -> None:
    expected = year_2027[str(name)].to_numpy().reshape(365, 24, 4).mean(axis=2)
    days = local_days(2027, 2027, "")
    day_type = days.day_type.copy()
    day_type[HOLIDAY.timetuple().tm_yday - 1] = SUNDAY
    found = mixed_profile({str(name): 1.0}, ONES, dataclasses.replace(days, day_type=day_type))
    # The level is that of another year; h0_dyn reads its polynomial by day here and by quarter hour there.
    tolerance = 3e-3 if name == SlpName.h0_dyn else 1e-12
    assert found / found.mean() == pytest.approx(expected / expected.mean(), rel=tolerance)


def test_demandlib_leaves_the_warning_filters_as_they_were() -> None:
    typical_days.cache_clear()
    before = list(warnings.filters)
    typical_days()
    assert list(warnings.filters) == before


def test_flat_is_flat_and_mixes_add_up() -> None:
    days = local_days(2027, 2027, "KZ")
    assert (mixed_profile({"flat": 1.0}, ONES, days) == 1.0).all()
    mix = mixed_profile({"g0": 0.25, "flat": 0.75}, ONES, days)
    assert mix == pytest.approx(0.25 * mixed_profile({"g0": 1.0}, ONES, days) + 0.75, rel=1e-14)


def test_month_factors_shape_the_year() -> None:
    days = local_days(2027, 2027, "")
    factors = (1.0,) * 6 + (2.0,) + (1.0,) * 5
    ratio = mixed_profile({"g3": 1.0}, factors, days) / mixed_profile({"g3": 1.0}, ONES, days)
    assert ratio[days.month == 7].max() == pytest.approx(2.0)
    assert ratio[days.month == 3] == pytest.approx(1.0)


def test_households_have_a_winter_and_offices_a_weekend() -> None:
    days = local_days(2027, 2027, "KZ")
    home = mixed_profile({"h0_dyn": 1.0}, ONES, days)
    assert home[days.month == 1].mean() > 1.3 * home[days.month == 7].mean()
    office = mixed_profile({"g1": 1.0}, ONES, days)
    assert office[days.day_type == SUNDAY].mean() < 0.3 * office[days.day_type == WORKDAY].mean()


@pytest.mark.parametrize("mix", [{"h0_dyn": 0.65, "g0": 0.2, "g4": 0.15}, {"g6": 0.8, "flat": 0.2}, {"flat": 1.0}])
def test_the_highest_value_is_reached_and_hardly_passed(mix: dict[str, float]) -> None:
    factors = tuple(1.0 + 0.5 * np.sin(np.arange(12)))
    highest = highest_value(mix, factors)
    found = mixed_profile(mix, factors, local_days(2026, 2050, "KZ")).max()
    assert highest * 0.98 <= found <= highest * 1.002
