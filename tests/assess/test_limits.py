"""Which rule and class holds for which column, and where its tiers begin."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gridsim.assess.limits import AmbientSeries, WatchList, ratings_mva, watch_list
from gridsim.enums import CoolingType
from gridsim.scenario.choices import AmbientReading
from gridsim.scenario.knots import AmbientKnots
from gridsim.scenario.limit_model import LimitClass, LimitTier
from gridsim.scenario.rule_catalogue import LINE_RULE
from tests.support.hand_made import constant, elements, rule

SIZED = rule(
    "sized",
    classes=(
        LimitClass(sn_below_mva=25.0, tiers=(constant(200.0),)),
        LimitClass(sn_up_to_mva=125.0, tiers=(constant(150.0),)),
        LimitClass(tiers=(constant(130.0),)),
    ),
)


def first_percents(watches: WatchList, name: str) -> dict[str, float | None]:
    """Where the first tier of one rule begins, by column."""
    return {
        watches.elements["element"].iloc[column]: watches.tiers[first][0].percent
        for column, position, first in zip(watches.column_pos, watches.rule_pos, watches.first_tier, strict=True)
        if watches.rules[position].name == name
    }


def test_the_first_class_that_holds_for_the_largest_winding_counts_and_lines_have_their_own_rule() -> None:
    watches = watch_list(elements(), [SIZED])
    assert first_percents(watches, "sized") == {
        "trafo:t_one": 150.0,  # 25 MVA is not below 25
        "trafo:t_two": 130.0,
        "trafo3w:a_one:hv": 150.0,  # 125 MVA is up to 125
        "trafo3w:a_one:mv": 150.0,
        "trafo3w:a_one:lv": 150.0,  # 63 MVA, in a unit of 125
    }
    assert first_percents(watches, LINE_RULE.name) == {"line:l_one": 100.0}


def test_watches_stand_column_by_column_in_the_order_of_the_rules() -> None:
    watches = watch_list(elements().iloc[[0, 5]], [rule("b", constant(120.0)), rule("a", constant(100.0))])
    names = [watches.rules[position].name for position in watches.rule_pos]
    assert names == ["b", "a", LINE_RULE.name]
    assert watches.column_pos.tolist() == [0, 0, 1]


def test_cooling_decides_too_and_a_unit_without_class_is_not_judged() -> None:
    table = elements()
    table.loc[table["name"] == "t_two", "cooling"] = "ofaf"
    natural = rule("natural", constant(110.0), cooling=(CoolingType.onan, CoolingType.onaf))
    watches = watch_list(table, [natural])
    assert "trafo:t_two" not in first_percents(watches, "natural")
    np.testing.assert_array_equal(watches.leading < 0, [False, True, False, False, False, False])


def test_the_first_rule_that_holds_leads() -> None:
    large = rule("large", classes=(LimitClass(sn_up_to_mva=25.0, tiers=(constant(130.0),)),))
    watches = watch_list(elements(), [large, rule("all", constant(100.0))])
    assert [watches.rules[watches.rule_pos[w]].name for w in watches.leading] == ["large", *4 * ["all"], LINE_RULE.name]


def test_rating_of_a_line_is_its_current_limit_at_nominal_voltage() -> None:
    ratings = ratings_mva(elements())
    assert ratings[0] == 25.0
    assert ratings[5] == pytest.approx(math.sqrt(3) * 110.0 * 0.5)


def test_tiers_follow_the_air_of_the_hour_or_of_the_month() -> None:
    knots = AmbientKnots((-10.0, 30.0), (120.0, 80.0))
    tier = LimitTier(percent_by_ambient_c=knots, permitted_h=0.0)
    rules = [rule("hour", tier), rule("month", tier, ambient=AmbientReading.month_mean)]
    watches = watch_list(elements().iloc[:1], rules)
    ambient = AmbientSeries(hour=np.array([-40.0, 0.0, 10.0, 50.0]), month_mean=np.full(4, 30.0))
    np.testing.assert_allclose(
        watches.limit_percent(ambient), [[120.0, 110.0, 100.0, 80.0], [80.0] * 4, [100.0] * 4], rtol=1e-15
    )
