"""The streaming episode kernel against plain loops over the whole run."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsim.assess.limits import WatchList, watch_list
from gridsim.assess.overloads import OverloadTracker
from gridsim.scenario.model import LimitClass
from tests.support.episodes_twin import episodes_of
from tests.support.hand_made import elements


def limit(percent: float, min_duration_h: float, name: str = "limit") -> LimitClass:
    return LimitClass(name=name, percent=percent, min_duration_h=min_duration_h, source="test", is_verified=False)


def tracked(
    watches: WatchList, block: np.ndarray, is_failed: np.ndarray, cuts: list[int], step_h: float
) -> pd.DataFrame:
    tracker = OverloadTracker(watches, step_h=step_h)
    edges = [0, *cuts, block.shape[1]]
    for start, stop in itertools.pairwise(edges):
        tracker.follow(np.ascontiguousarray(block[:, start:stop]), is_failed[start:stop])
    return tracker.finish()


def one_column(
    values: list[float], *, percent: float = 100.0, min_duration_h: float = 0.0, failed: tuple[int, ...] = ()
) -> pd.DataFrame:
    """Episodes of a single 25 MVA transformer, one-hour steps; steps in ``failed`` are made NaN."""
    block = np.array([values], dtype=np.float32)
    is_failed = np.zeros(len(values), dtype=np.bool_)
    is_failed[list(failed)] = True
    block[:, is_failed] = np.nan
    watches = watch_list(elements().iloc[:1], [limit(percent, min_duration_h)])
    return tracked(watches, block, is_failed, [], 1.0)


def test_numbers_of_an_episode_by_hand() -> None:
    found = one_column([90.0, 110.0, 130.0, 100.0])
    assert found[["start_step", "stop_step", "peak_percent"]].to_numpy().tolist() == [[1, 3, 130.0]]
    assert found["overload_mvah"].tolist() == pytest.approx([(10 + 30) / 100 * 25])


def test_the_limit_itself_is_no_overload() -> None:
    assert len(one_column([100.0, 100.0])) == 0


def test_short_runs_do_not_count() -> None:
    assert len(one_column([90, 110, 110, 90, 110, 110, 110, 90], min_duration_h=3.0)) == 1


def test_episode_is_seen_to_the_end_of_the_run() -> None:
    assert one_column([90, 110, 110])[["start_step", "stop_step"]].to_numpy().tolist() == [[1, 3]]


def test_failed_step_ends_an_episode_and_is_never_bridged() -> None:
    found = one_column([110, 110, 0, 110, 110], failed=(2,))
    assert found[["start_step", "stop_step"]].to_numpy().tolist() == [[0, 2], [3, 5]]
    assert found["overload_mvah"].tolist() == pytest.approx([5.0, 5.0])


def test_short_run_beside_a_failed_step_is_kept_because_its_length_is_unknown() -> None:
    assert len(one_column([90, 110, 0, 90], min_duration_h=5.0, failed=(2,))) == 1
    assert len(one_column([0, 110, 90, 90], min_duration_h=5.0, failed=(0,))) == 1
    assert len(one_column([90, 110, 90, 0], min_duration_h=5.0, failed=(3,))) == 0


def test_element_out_of_service_ends_an_episode_like_a_healthy_step() -> None:
    assert len(one_column([90, 110, np.nan, 90], min_duration_h=5.0)) == 0


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    cuts=st.lists(st.integers(1, 39), unique=True, max_size=6).map(sorted),
    min_duration_h=st.sampled_from([0.0, 1.0, 2.0, 4.5]),
    step_h=st.sampled_from([0.5, 1.0, 3.0]),
)
def test_kernel_agrees_with_plain_loops_wherever_the_run_is_cut(
    seed: int, cuts: list[int], min_duration_h: float, step_h: float
) -> None:
    generator = np.random.default_rng(seed)
    table = elements()
    block = generator.uniform(80.0, 125.0, (len(table), 40)).astype(np.float32)
    is_failed = generator.random(40) < 0.1
    block[:, is_failed] = np.nan
    block[generator.random(block.shape) < 0.05] = np.nan
    classes = [limit(100.0, min_duration_h, "low"), limit(115.0, 1.0, "high")]
    watches = watch_list(table, classes)
    found = tracked(watches, block, is_failed, cuts, step_h)
    for watch, (column, percent, rating, shortest) in enumerate(
        zip(watches.column_pos, watches.limit_percent, watches.rating_mva, watches.min_duration_h, strict=True)
    ):
        wanted = episodes_of(
            block[column].astype(float).tolist(),
            is_failed.tolist(),
            limit_percent=percent,
            rating_mva=rating,
            min_duration_h=shortest,
            step_h=step_h,
        )
        rows = found[found["watch"] == watch]
        assert rows[["start_step", "stop_step"]].to_numpy().tolist() == [list(e[:2]) for e in wanted]
        np.testing.assert_array_equal(rows["peak_percent"], [e.peak_percent for e in wanted])
        np.testing.assert_allclose(rows["overload_mvah"], [e.overload_mvah for e in wanted], rtol=1e-12)


def test_cutting_the_run_changes_no_bit() -> None:
    block = np.random.default_rng(3).uniform(95.0, 112.0, (6, 500)).astype(np.float32)
    no_failure = np.zeros(500, dtype=np.bool_)
    watches = watch_list(elements(), [limit(100.0, 2.0)])
    whole = tracked(watches, block, no_failure, [], 1.0)
    pd.testing.assert_frame_equal(whole, tracked(watches, block, no_failure, [7, 8, 250, 499], 1.0), check_exact=True)
