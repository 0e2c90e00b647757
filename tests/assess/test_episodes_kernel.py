"""The streaming episode kernel against plain loops over the whole run."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsim.assess.limits import AmbientSeries, WatchList, watch_list
from gridsim.assess.overloads import OverloadTracker
from gridsim.scenario.choices import AmbientReading
from gridsim.scenario.knots import AmbientKnots
from gridsim.scenario.limit_model import LimitTier
from tests.support.episodes_twin import Tier, episodes_of
from tests.support.hand_made import constant, elements, mild, rule


def tracked(
    watches: WatchList,
    block: np.ndarray,
    is_failed: np.ndarray,
    cuts: list[int],
    step_h: float,
    ambient: AmbientSeries | None = None,
) -> pd.DataFrame:
    tracker = OverloadTracker(watches, mild(block.shape[1]) if ambient is None else ambient, step_h=step_h)
    edges = [0, *cuts, block.shape[1]]
    for start, stop in itertools.pairwise(edges):
        tracker.follow(np.ascontiguousarray(block[:, start:stop]), is_failed[start:stop])
    return tracker.finish()


def one_column(
    values: list[float], *tiers: LimitTier, failed: tuple[int, ...] = (), step_h: float = 1.0
) -> pd.DataFrame:
    """Episodes of a single 25 MVA transformer, 100 % if no tiers are given; steps in ``failed`` are made NaN."""
    block = np.array([values], dtype=np.float32)
    is_failed = np.zeros(len(values), dtype=np.bool_)
    is_failed[list(failed)] = True
    block[:, is_failed] = np.nan
    watches = watch_list(elements().iloc[:1], [rule("limit", *(tiers or (constant(100.0),)))])
    return tracked(watches, block, is_failed, [], step_h)


def test_numbers_of_an_episode_by_hand() -> None:
    found = one_column([90.0, 110.0, 130.0, 100.0])
    assert found[["start_step", "stop_step", "peak_percent"]].to_numpy().tolist() == [[1, 3, 130.0]]
    assert found["overload_mvah"].tolist() == pytest.approx([(10 + 30) / 100 * 25])


def test_the_limit_itself_is_no_overload() -> None:
    assert len(one_column([100.0, 100.0])) == 0


def test_runs_within_the_permitted_hours_do_not_count() -> None:
    assert len(one_column([90, 110, 110, 90, 110, 110, 110, 90], constant(100.0, 2.0))) == 1


def test_a_higher_tier_is_broken_in_fewer_hours_and_the_whole_run_is_the_episode() -> None:
    tiers = (constant(100.0, 4.0), constant(120.0, 1.0), constant(140.0, 0.0))
    assert len(one_column([90, 110, 125, 110, 125, 90], *tiers)) == 0
    assert one_column([90, 110, 125, 125, 110, 90], *tiers)[["start_step", "stop_step"]].to_numpy().tolist() == [[1, 5]]
    assert len(one_column([90, 141, 90], *tiers)) == 1
    assert len(one_column([90, 110, 110, 110, 110, 110, 90], *tiers)) == 1


def test_durations_of_part_hours_are_compared_as_such() -> None:
    eighty_minutes = constant(145.0, 80.0 / 60.0)
    assert len(one_column([150.0] * 4, eighty_minutes, step_h=1.0 / 3.0)) == 0
    assert len(one_column([150.0] * 5, eighty_minutes, step_h=1.0 / 3.0)) == 1


def test_episode_is_seen_to_the_end_of_the_run() -> None:
    assert one_column([90, 110, 110])[["start_step", "stop_step"]].to_numpy().tolist() == [[1, 3]]


def test_failed_step_ends_an_episode_and_is_never_bridged() -> None:
    found = one_column([110, 110, 0, 110, 110], failed=(2,))
    assert found[["start_step", "stop_step"]].to_numpy().tolist() == [[0, 2], [3, 5]]
    assert found["overload_mvah"].tolist() == pytest.approx([5.0, 5.0])


def test_short_run_beside_a_failed_step_is_kept_because_its_length_is_unknown() -> None:
    assert len(one_column([90, 110, 0, 90], constant(100.0, 5.0), failed=(2,))) == 1
    assert len(one_column([0, 110, 90, 90], constant(100.0, 5.0), failed=(0,))) == 1
    assert len(one_column([90, 110, 90, 0], constant(100.0, 5.0), failed=(3,))) == 0


def test_element_out_of_service_ends_an_episode_like_a_healthy_step() -> None:
    assert len(one_column([90, 110, np.nan, 90], constant(100.0, 5.0))) == 0


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    cuts=st.lists(st.integers(1, 39), unique=True, max_size=6).map(sorted),
    permitted_h=st.sampled_from([0.0, 1.0, 2.0, 4.5]),
    step_h=st.sampled_from([0.5, 1.0, 3.0]),
)
def test_kernel_agrees_with_plain_loops_wherever_the_run_is_cut(
    seed: int, cuts: list[int], permitted_h: float, step_h: float
) -> None:
    generator = np.random.default_rng(seed)
    table = elements()
    block = generator.uniform(80.0, 125.0, (len(table), 40)).astype(np.float32)
    is_failed = generator.random(40) < 0.1
    block[:, is_failed] = np.nan
    block[generator.random(block.shape) < 0.05] = np.nan
    ambient = AmbientSeries(generator.uniform(-30.0, 45.0, 40), np.repeat(generator.uniform(-5.0, 25.0, 2), 20))
    warm, hot = AmbientKnots((-20.0, 0.0, 30.0), (118.0, 105.0, 90.0)), AmbientKnots((0.0, 30.0), (121.0, 101.0))
    by_air = (
        LimitTier(percent_by_ambient_c=warm, permitted_h=permitted_h + 1.0),
        LimitTier(percent_by_ambient_c=hot, permitted_h=permitted_h),
    )
    rules = [
        rule("low", constant(100.0, permitted_h)),
        rule("durations", constant(95.0, 6.0), constant(105.0, 3.0), constant(115.0, 1.0), constant(122.0)),
        rule("hour", *by_air),
        rule("month", *by_air, ambient=AmbientReading.month_mean),
    ]
    watches = watch_list(table, rules)
    found = tracked(watches, block, is_failed, cuts, step_h, ambient)
    limits = watches.limit_percent(ambient)
    for watch, (column, first, n_tier, rating) in enumerate(
        zip(watches.column_pos, watches.first_tier, watches.n_tier, watches.rating_mva, strict=True)
    ):
        tiers = [Tier(limits[k].tolist(), watches.permitted_h[k]) for k in range(first, first + n_tier)]
        wanted = episodes_of(
            block[column].astype(float).tolist(), is_failed.tolist(), tiers, rating_mva=rating, step_h=step_h
        )
        rows = found[found["watch"] == watch]
        assert rows[["start_step", "stop_step"]].to_numpy().tolist() == [list(e[:2]) for e in wanted]
        np.testing.assert_array_equal(rows["peak_percent"], [e.peak_percent for e in wanted])
        np.testing.assert_allclose(rows["overload_mvah"], [e.overload_mvah for e in wanted], rtol=1e-12)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), more=st.floats(0.0, 20.0), longer_h=st.floats(0.0, 3.0))
def test_a_higher_limit_or_a_longer_permit_never_adds_an_overload(seed: int, more: float, longer_h: float) -> None:
    block = np.random.default_rng(seed).uniform(90.0, 125.0, (6, 60)).astype(np.float32)
    no_failure = np.zeros(60, dtype=np.bool_)
    strict = watch_list(elements(), [rule("limit", constant(100.0, 2.0), constant(110.0, 1.0))])
    mildly = watch_list(elements(), [rule("limit", constant(100.0 + more, 2.0 + longer_h), constant(130.0, 1.0))])
    before, after = (tracked(watches, block, no_failure, [], 1.0) for watches in (strict, mildly))
    before, after = (found[found["watch"] < 5] for found in (before, after))
    for episode in after.itertuples():
        own = before[before["watch"] == episode.watch]
        assert ((own["start_step"] <= episode.start_step) & (own["stop_step"] >= episode.stop_step)).any()


def test_cutting_the_run_changes_no_bit() -> None:
    block = np.random.default_rng(3).uniform(95.0, 112.0, (6, 500)).astype(np.float32)
    no_failure = np.zeros(500, dtype=np.bool_)
    watches = watch_list(elements(), [rule("limit", constant(100.0, 2.0), constant(108.0, 1.0))])
    whole = tracked(watches, block, no_failure, [], 1.0)
    pd.testing.assert_frame_equal(whole, tracked(watches, block, no_failure, [7, 8, 250, 499], 1.0), check_exact=True)


def test_an_episode_that_a_block_cuts_knows_its_overload_up_to_there() -> None:
    watches = watch_list(elements().iloc[:1], [rule("limit", constant(100.0, 1.0))])
    tracker = OverloadTracker(watches, mild(9), step_h=2.0)
    for values in ([90.0, 110.0, 110.0], [120.0, 120.0, 90.0], [90.0, 90.0, 140.0]):
        tracker.follow(np.array([values], dtype=np.float32), np.zeros(3, dtype=np.bool_))
    found = tracker.finish()
    assert found["start_step"].tolist() == [1, 8]
    wanted = [[0, 3, 2 * 0.10 * 25.0 * 2.0], [1, 9, 0.40 * 25.0 * 2.0]]
    np.testing.assert_allclose(tracker.cuts(found).to_numpy(float), wanted, rtol=1e-12)
