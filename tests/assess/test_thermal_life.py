"""The tracker of a run against the public functions on the same hours, and what a year's row says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim.assess.thermal_life import NORMAL_LIFE_H, ThermalTracker, ThermalWindings, life_used

ONAN, ONAF, OFAF = (gridsim.ThermalParameters.of_cooling(name) for name in ("onan", "onaf", "ofaf"))
#: Loading columns: two equal units in parallel, a line, a three-winding unit, and a unit that opens late.
COLUMNS = ("trafo:a", "trafo:b", "line:l", "trafo3w:c:hv", "trafo3w:c:mv", "trafo3w:c:lv", "trafo:late")
WINDINGS = ThermalWindings(
    column_pos=np.array([0, 1, 3, 4, 5, 6]),
    unit=np.array([0, 1, 2, 2, 2, 3]),
    parameters=(ONAF,) * 2 + (OFAF,) * 3 + (ONAN,),
)
YEARS = (2030, 2031)
TIME_UTC = pd.date_range("2029-12-31T19:00Z", "2031-12-31T19:00Z", freq="3h", inclusive="left")
N_STEP = len(TIME_UTC)
CUTS = ((0, 1000, 2030), (1000, N_STEP // 2, 2030), (N_STEP // 2, N_STEP, 2031))
LATE = 1


def loading() -> np.ndarray:
    generator = np.random.default_rng(11)
    block = generator.uniform(20.0, 130.0, (len(COLUMNS), N_STEP)).astype(np.float32)
    block[1] = block[0]
    return block


def air_c() -> np.ndarray:
    return np.random.default_rng(12).uniform(-20.0, 35.0, N_STEP)


def tracked(block: np.ndarray, cuts: tuple[tuple[int, int, int], ...] = CUTS) -> ThermalTracker:
    tracker = ThermalTracker(WINDINGS, YEARS, step_h=3.0)
    for pos, (start, stop, year) in enumerate(cuts):
        in_service = np.ones(len(COLUMNS), dtype=bool)
        in_service[6] = pos >= LATE
        own = block[:, start:stop].copy()
        own[6] = np.where(in_service[6], own[6], np.nan)
        tracker.follow(own, air_c()[start:stop], in_service, year=year)
    return tracker


def expected(load_percent: np.ndarray, parameters: gridsim.ThermalParameters, start: object = "steady") -> pd.DataFrame:
    n = len(load_percent)
    local = (TIME_UTC + pd.Timedelta(hours=5)).tz_localize(None)[-n:]
    load = pd.Series(load_percent.astype(float) / 100.0, index=local)
    given = {"step_h": 3.0, "parameters": parameters, "start": start}
    return gridsim.loss_of_life(load, air_c()[-n:], by_year=True, **given)


def test_yearly_values_are_those_of_loss_of_life() -> None:
    block = loading()
    table = tracked(block).table(COLUMNS, TIME_UTC).set_index(["element", "year"])
    for column, parameters in ((0, ONAF), (1, ONAF)):
        wanted = expected(block[column], parameters)
        for year in YEARS:
            found, row = table.loc[(COLUMNS[column], year)], wanted.loc[(0, year)]
            assert found["known_h"] == row["known_h"] == 8760.0
            assert found["unknown_h"] == 0.0
            # Three hours hold more of a jump than one: the six nodes of the tracker are what parts them.
            assert found["loss_of_life_days"] == pytest.approx(row["loss_of_life_days"], rel=2e-3)
            assert found["max_hot_spot_temp_c"] == pytest.approx(row["max_hot_spot_temp_c"], abs=0.5)
            assert found["max_top_oil_temp_c"] == pytest.approx(row["max_top_oil_temp_c"], abs=1e-9)


def test_hours_above_limits_and_the_moment_of_the_highest() -> None:
    block = loading()
    table = tracked(block).table(COLUMNS, TIME_UTC).set_index(["element", "year"])
    frame = gridsim.hot_spot(block[0].astype(float) / 100.0, air_c(), step_h=3.0, parameters=ONAF)
    ends = frame["hot_spot_temp_c"].to_numpy()
    first = table.loc[("trafo:a", 2030)]
    for limit in (98, 120, 140):
        assert first[f"above_{limit}_h"] >= 3.0 * np.count_nonzero(ends[: N_STEP // 2] > limit)
    assert first["above_98_h"] >= first["above_120_h"] >= first["above_140_h"]
    assert first["above_98_h"] > 0.0
    for year, steps in ((2030, slice(0, N_STEP // 2)), (2031, slice(N_STEP // 2, N_STEP))):
        row = table.loc[("trafo:a", year)]
        at = TIME_UTC.get_loc(row["max_hot_spot_utc"])
        assert steps.start <= at < steps.stop
        assert max(ends[at - 1], ends[at]) <= row["max_hot_spot_temp_c"] + 1e-9
        assert ends[steps].max() <= row["max_hot_spot_temp_c"] + 1e-9


def test_units_alike_have_the_same_bits_and_blocks_do_not_matter() -> None:
    block = loading()
    tracker = tracked(block)
    for name in ("ageing_h", "hot_spot_c", "top_oil_c", "known_h", "hot_spot_step", "above_h"):
        values = getattr(tracker, name)
        np.testing.assert_array_equal(values[0], values[1])
    whole = tracked(
        block, ((0, 1000, 2030), (1000, 1001, 2030), (1001, N_STEP // 2, 2030), (N_STEP // 2, N_STEP, 2031))
    )
    np.testing.assert_allclose(whole.ageing_h, tracker.ageing_h, rtol=1e-12)
    np.testing.assert_array_equal(whole.hot_spot_step, tracker.hot_spot_step)


def test_units_alike_part_when_one_of_them_comes_later() -> None:
    """The same load does not mean the same oil: what was out of service begins cold."""
    block = loading()
    block[6] = block[0]
    windings = ThermalWindings(np.array([0, 6]), np.array([0, 1]), (ONAF, ONAF))
    tracker = ThermalTracker(windings, YEARS, step_h=3.0)
    for pos, (start, stop, year) in enumerate(CUTS):
        in_service = np.ones(len(COLUMNS), dtype=bool)
        in_service[6] = pos > 0
        tracker.follow(block[:, start:stop], air_c()[start:stop], in_service, year=year)
    start = gridsim.ThermalState(air_c()[1000])
    wanted = expected(block[6, 1000:], ONAF, start)
    assert tracker.known_h[1, 0] == wanted.loc[(0, 2030), "known_h"]
    assert tracker.ageing_h[1, 0] == pytest.approx(wanted.loc[(0, 2030), "loss_of_life_h"], rel=2e-3)
    assert tracker.ageing_h[1, 1] == pytest.approx(tracker.ageing_h[0, 1], rel=1e-9)


def test_unit_before_its_time_is_cold_and_has_no_hours() -> None:
    table = tracked(loading()).table(COLUMNS, TIME_UTC)
    late = table[table["element"] == "trafo:late"]
    assert late["known_h"].tolist() == [3.0 * (N_STEP // 2 - 1000), 8760.0]
    assert late["unknown_h"].tolist() == [0.0, 0.0]


def test_oil_of_three_windings_is_as_warm_as_the_most_loaded_makes_it() -> None:
    block = loading()
    tracker = tracked(block)
    worst = expected(block[3:6].max(axis=0), OFAF)
    for winding in (2, 3, 4):
        np.testing.assert_allclose(tracker.top_oil_c[winding], worst["max_top_oil_temp_c"], rtol=1e-9)
        alone = expected(block[winding + 1], OFAF)
        assert (tracker.ageing_h[winding] > alone["loss_of_life_h"].to_numpy()).all()
        assert (tracker.ageing_h[winding] < worst["loss_of_life_h"].to_numpy()).all()


def test_failed_steps_are_unknown_and_never_cold() -> None:
    block = loading()
    block[:, 2000:2003] = np.nan
    tracker = tracked(block)
    recovery = {"trafo:a": 7.0, "trafo3w:c:hv": 8.0}  # hours: five times 75 minutes, five times 90, in steps of three
    table = tracker.table(COLUMNS, TIME_UTC).set_index(["element", "year"])
    for element, hours in recovery.items():
        row = table.loc[(element, 2030)]
        assert row["unknown_h"] == 9.0 + 3.0 * np.ceil(hours / 3.0)
        assert row["known_h"] + row["unknown_h"] == 8760.0
    gap = expected(block[0], ONAF)
    assert tracker.ageing_h[0, 0] == pytest.approx(gap.loc[(0, 2030), "loss_of_life_h"], rel=2e-3)


def test_year_without_any_known_hour_is_blank_and_not_zero() -> None:
    block = loading()
    block[:, : N_STEP // 2] = np.nan
    table = tracked(block).table(COLUMNS, TIME_UTC)
    row = table[(table["element"] == "trafo:a") & (table["year"] == 2030)].iloc[0]
    assert row["unknown_h"] == 8760.0
    numbers = [
        "max_hot_spot_temp_c",
        "max_top_oil_temp_c",
        "loss_of_life_days",
        "life_used_percent",
        "end_of_life_year",
    ]
    assert row[numbers].isna().all()
    assert pd.isna(row["max_hot_spot_utc"])


def test_life_used_and_its_end_by_hand() -> None:
    year_h = 8766.0
    tenth = NORMAL_LIFE_H / 10.0
    ageing_h = np.array([[tenth, tenth, tenth], [0.0, tenth, 5.0], [NORMAL_LIFE_H, 0.0, tenth], [0.0, 0.0, 0.0]])
    known_h = np.full((4, 3), year_h)
    known_h[1, 1] = year_h / 2.0
    known_h[3, 2] = 0.0
    used, end = life_used(ageing_h, known_h, (2030, 2031, 2032))
    np.testing.assert_allclose(used, [[10, 20, 30], [0, 10, 10.00277778], [100, 100, 110], [0, 0, np.nan]])
    # At a tenth a year all is used with the first moment of 2040; half a year with a tenth is a fifth a year.
    np.testing.assert_array_equal(
        end, [[2040, 2040, 2040], [np.nan, 2036, np.nan], [2030, 2030, 2030], [np.nan, np.nan, np.nan]]
    )


def test_a_life_used_up_many_times_over_ended_when_it_was_used_up() -> None:
    ageing_h = np.array([[NORMAL_LIFE_H * 0.25, NORMAL_LIFE_H * 40.0, 0.0, NORMAL_LIFE_H]])
    known_h = np.array([[8766.0, 8766.0, 0.0, 8766.0]])
    used, ends = life_used(ageing_h, known_h, [2026, 2027, 2028, 2029])
    assert used[0, 1] == pytest.approx(4025.0)
    assert ends[0, [0, 1, 3]].tolist() == [2030.0, 2027.0, 2027.0]
    assert np.isnan(ends[0, 2])
