"""Monthly values against plain loops."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsim.assess.monthly_worst import MonthlyTracker


def test_monthly_values_agree_with_plain_loops_and_months_may_come_in_pieces() -> None:
    time_local = pd.date_range("2026-01-01", "2027-12-31T21:00", freq="3h")
    generator = np.random.default_rng(1)
    block = generator.uniform(50.0, 110.0, (3, len(time_local))).astype(np.float32)
    is_failed = generator.random(len(time_local)) < 0.02
    block[:, is_failed] = np.nan
    block[2, :1000] = np.nan
    tracker = MonthlyTracker(3, (2026, 2027), step_h=3.0)
    for start, stop in ((0, 1000), (1000, 1001), (1001, len(time_local))):
        in_service = np.array([True, True, start >= 1000])
        tracker.follow(block[:, start:stop], time_local[start:stop], is_failed[start:stop], in_service)
    for pos, (year, month) in enumerate(tracker.months):
        steps = [i for i, time in enumerate(time_local) if (time.year, time.month) == (year, month)]
        for column in range(3):
            values = [float(block[column, i]) for i in steps if not np.isnan(block[column, i])]
            worst = tracker.worst_percent[column, pos]
            assert worst == max(values) if values else np.isnan(worst)
            assert tracker.hours_over_100[column, pos] == 3.0 * sum(value > 100.0 for value in values)
            failed = sum(is_failed[i] and (column < 2 or i >= 1000) for i in steps)
            assert tracker.failed_hours[column, pos] == 3.0 * failed


def test_month_without_any_number_is_nan_and_not_zero() -> None:
    tracker = MonthlyTracker(1, (2026,), step_h=1.0)
    time_local = pd.date_range("2026-01-01", periods=24, freq="h")
    tracker.follow(np.full((1, 24), np.nan, dtype=np.float32), time_local, np.ones(24, dtype=bool), np.array([True]))
    assert np.isnan(tracker.worst_percent).all()
    assert tracker.failed_hours[0, 0] == 24.0
