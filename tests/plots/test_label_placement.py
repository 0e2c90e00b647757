"""Placement of marks and words against plain checks: nothing overlaps, nothing moves more than needed."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsim.plots.label_placement import Box, place_labels, spread_out, stack_in_tiers

POSITIONS = st.lists(st.floats(0.0, 100.0), min_size=1, max_size=25)


@given(positions=POSITIONS, width=st.floats(0.5, 20.0))
def test_marks_of_one_tier_keep_their_distance(positions: list[float], width: float) -> None:
    ordered = np.sort(np.array(positions))
    tiers = stack_in_tiers(ordered, width)
    for tier in np.unique(tiers):
        assert (np.diff(ordered[tiers == tier]) >= width).all()
    # A mark climbs only when every tier below is taken.
    for i, tier in enumerate(tiers):
        for below in range(tier):
            neighbours = ordered[:i][tiers[:i] == below]
            assert (ordered[i] - neighbours < width).any()


@given(positions=POSITIONS, gap=st.floats(0.1, 3.0))
def test_end_labels_are_a_gap_apart_inside_and_in_order(positions: list[float], gap: float) -> None:
    wished = np.array(positions)
    moved = spread_out(wished, gap, 0.0, 100.0)
    order = np.argsort(wished, kind="stable")
    assert (np.diff(moved[order]) >= gap - 1e-9).all()
    assert moved.min() >= -1e-9
    assert moved.max() <= 100.0 + 1e-9


def test_labels_with_room_stay_where_they_are() -> None:
    wished = np.array([50.0, 10.0, 90.0])
    assert spread_out(wished, 5.0, 0.0, 100.0) == pytest.approx(wished)


def test_two_labels_at_one_place_part_evenly() -> None:
    assert spread_out(np.array([50.0, 50.0]), 4.0, 0.0, 100.0) == pytest.approx([48.0, 52.0])


def test_boxes_that_share_an_edge_do_not_overlap() -> None:
    left, right = Box(0, 0, 1, 1), Box(1, 0, 2, 1)
    assert not left.overlaps(right)
    assert left.overlaps(Box(0.9, 0.5, 2, 2))
    assert left.is_inside(Box(0, 0, 1, 1))
    assert not left.is_inside(right)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 25))
def test_placed_labels_touch_neither_each_other_nor_marks_nor_the_frame(seed: int, n: int) -> None:
    generator = np.random.default_rng(seed)
    points = generator.uniform(0.0, 200.0, (n, 2))
    sizes = np.column_stack([generator.uniform(10.0, 60.0, n), np.full(n, 8.0)])
    marks = [Box(x - 3, y - 3, x + 3, y + 3) for x, y in points]
    frame = Box(0.0, 0.0, 200.0, 200.0)
    corners = place_labels(points, sizes, np.full(n, 5.0), marks, frame)
    placed = [
        Box(corner[0], corner[1], corner[0] + width, corner[1] + height)
        for corner, (width, height) in zip(corners, sizes, strict=True)
        if corner is not None
    ]
    assert all(box.is_inside(frame) for box in placed)
    assert not any(a.overlaps(b) for a, b in combinations(placed, 2))
    assert not any(box.overlaps(mark) for box in placed for mark in marks)


def test_a_lone_label_stands_to_the_right_of_its_point() -> None:
    [corner] = place_labels(
        np.array([[50.0, 50.0]]), np.array([[20.0, 8.0]]), np.array([5.0]), [], Box(0.0, 0.0, 100.0, 100.0)
    )
    assert corner == (55.0, 46.0)


def test_a_label_without_room_is_left_out() -> None:
    frame = Box(0.0, 0.0, 30.0, 30.0)
    assert place_labels(np.array([[15.0, 15.0]]), np.array([[40.0, 8.0]]), np.array([5.0]), [], frame) == [None]
