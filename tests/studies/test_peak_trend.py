"""The trend of yearly peaks against hand-made lines and a plain loop over all pairs."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from gridsim.studies.peak_trend import FARTHEST_YEARS, TREND_YEARS, peak_trend

YEARS = np.arange(2026, 2036)


def test_a_straight_line_is_found_and_passes_where_it_does() -> None:
    found = peak_trend(YEARS, 70.0 + 2.0 * (YEARS - 2026), 100.0)
    assert found.percent_per_year == pytest.approx(2.0)
    assert found.limit_year == 2042.0  # 100.0 in 2041 is not above 100


def test_one_strange_year_does_not_turn_the_line() -> None:
    peaks = 70.0 + 2.0 * (YEARS - 2026)
    peaks[4] = 99.0
    assert peak_trend(YEARS, peaks, 100.0) == peak_trend(YEARS, 70.0 + 2.0 * (YEARS - 2026), 100.0)


def test_slope_is_the_median_over_all_pairs_with_gaps_in_the_years() -> None:
    years = np.array([2026, 2027, 2030, 2031, 2035])
    peaks = np.array([60.0, 65.0, 63.0, 71.0, 80.0])
    pairs = itertools.combinations(zip(years.tolist(), peaks.tolist(), strict=True), 2)
    slopes = sorted((b - a) / (later - earlier) for (earlier, a), (later, b) in pairs)
    assert peak_trend(years, peaks, 100.0).percent_per_year == pytest.approx((slopes[4] + slopes[5]) / 2.0)


def test_only_the_last_years_count() -> None:
    years = np.arange(2026, 2026 + 2 * TREND_YEARS)
    peaks = np.where(years < 2036, 95.0 - 3.0 * (years - 2026), 50.0 + 1.0 * (years - 2036))
    assert peak_trend(years, peaks, 100.0).percent_per_year == pytest.approx(1.0)


def test_what_cannot_be_told_is_nan() -> None:
    assert all(math.isnan(value) for value in peak_trend(YEARS[:2], np.array([50.0, 60.0]), 100.0))
    for peaks, limit in ((70.0 - (YEARS - 2026), 100.0), (np.full(10, 70.0), 100.0), (YEARS - 1990.0, np.nan)):
        assert math.isnan(peak_trend(YEARS, peaks, limit).limit_year)
        assert not math.isnan(peak_trend(YEARS, peaks, limit).percent_per_year)
    slow = 50.0 + (YEARS - 2026) * 50.0 / (9 + FARTHEST_YEARS + 1)
    assert math.isnan(peak_trend(YEARS, slow, 100.0).limit_year)


def test_a_line_that_ran_ahead_of_the_years_passes_after_the_last() -> None:
    peaks = np.array([90.0, 93.0, 96.0, 99.0, 99.5])
    assert peak_trend(np.arange(2026, 2031), peaks, 97.0).limit_year == 2031.0


def test_raising_the_limit_never_brings_the_year_forward() -> None:
    peaks = 60.0 + 1.7 * (YEARS - 2026) + np.sin(YEARS)
    passed = [peak_trend(YEARS, peaks, limit).limit_year for limit in np.arange(80.0, 130.0, 2.5)]
    assert passed == sorted(passed)
