"""Which limit holds for which column."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gridsim.assess.limits import LINE_LIMIT, ratings_mva, watch_list
from gridsim.scenario.model import LimitClass
from tests.support.hand_made import elements


def limit(name: str, percent: float, **size: float) -> LimitClass:
    return LimitClass(name=name, percent=percent, source="test", is_verified=False, **size)


def test_size_decides_which_class_holds_for_a_winding_and_lines_have_their_own() -> None:
    classes = [
        limit("all", 100.0),
        limit("small", 150.0, sn_up_to_mva=100.0),
        limit("large", 130.0, sn_above_mva=100.0),
    ]
    watches = watch_list(elements(), classes)
    pairs = [
        (watches.elements["element"].iloc[column], watches.limits[limit_pos].name)
        for column, limit_pos in zip(watches.column_pos, watches.limit_pos, strict=True)
    ]
    assert pairs == [
        ("trafo:t_one", "all"),
        ("trafo:t_one", "small"),
        ("trafo:t_two", "all"),
        ("trafo:t_two", "large"),
        ("trafo3w:a_one:hv", "all"),
        ("trafo3w:a_one:hv", "large"),
        ("trafo3w:a_one:mv", "all"),
        ("trafo3w:a_one:mv", "large"),
        ("trafo3w:a_one:lv", "all"),
        ("trafo3w:a_one:lv", "small"),
        ("line:l_one", LINE_LIMIT.name),
    ]


def test_rating_of_a_line_is_its_current_limit_at_nominal_voltage() -> None:
    ratings = ratings_mva(elements())
    assert ratings[0] == 25.0
    assert ratings[5] == pytest.approx(math.sqrt(3) * 110.0 * 0.5)


def test_strictest_is_the_lowest_limit_then_the_shortest_duration() -> None:
    watches = watch_list(
        elements().iloc[:1], [limit("high", 130.0), limit("slow", 100.0, min_duration_h=4.0), limit("fast", 100.0)]
    )
    assert watches.limits[watches.limit_pos[watches.strictest[0]]].name == "fast"


def test_column_without_limit_has_no_strictest() -> None:
    watches = watch_list(elements(), [limit("large", 130.0, sn_above_mva=100.0)])
    np.testing.assert_array_equal(watches.strictest < 0, [True, False, False, False, True, False])
