"""The rules that every scenario may name: complete, honest about where they come from, as their sources have them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gridsim.enums import CoolingType
from gridsim.scenario.gost_table_17 import AGEING_FACTOR, NORMAL_DAYS, PRE_LOADS
from gridsim.scenario.limit_model import LimitClass, LimitRule, own_problems
from gridsim.scenario.rule_catalogue import CATALOGUE, LINE_RULE

if TYPE_CHECKING:
    from gridsim.scenario.knots import AmbientKnots

RULES = [*CATALOGUE.values(), LINE_RULE]
#: Hot-spot rise in K at the highest published pre-load of each row of table 17.
HOT_SPOT_RISE_K = {0.7: 46.0, 0.8: 55.0, 0.9: 66.0, 1.0: 78.0, 1.1: 91.0, 1.2: 104.0, 1.3: 118.0}


def class_of(rule: LimitRule, sn_mva: float, cooling: str = "onaf") -> LimitClass:
    return next(each for each in rule.classes if each.holds(np.array([sn_mva]), np.array([cooling]))[0])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_says_document_source_and_whether_it_was_read(rule: LimitRule) -> None:
    assert rule.name.isidentifier()
    assert rule.edition
    assert rule.source
    assert isinstance(rule.is_verified, bool)
    assert list(own_problems(rule, rule.name)) == []
    assert rule.is_inferred == rule.derivation.startswith("inferred: ")


def test_names_are_keys_and_what_was_not_read_says_so() -> None:
    assert all(name == rule.name for name, rule in CATALOGUE.items())
    assert [rule.name for rule in RULES if not rule.is_verified] == ["pte_short_emergency"]
    assert [rule.name for rule in RULES if rule.is_inferred] == [
        "gost_14209_97_ambient",
        "gost_14209_97_seasonal",
        "gost_14209_97_8h",
        "pte_short_emergency",
    ]


@pytest.mark.parametrize(
    ("name", "percents"),
    [
        ("iec_60076_7_normal_cyclic", {6.3: 150.0, 10.0: 150.0, 100.0: 150.0, 125.0: 130.0}),
        ("iec_60076_7_long_time_emergency", {6.3: 180.0, 10.0: 150.0, 100.0: 150.0, 125.0: 130.0}),
        ("iec_60076_7_short_time_emergency", {6.3: 200.0, 10.0: 180.0, 100.0: 180.0, 125.0: 150.0}),
        ("nameplate", {6.3: 100.0, 801.0: 100.0}),
    ],
)
def test_current_limits_by_size(name: str, percents: dict[float, float]) -> None:
    for sn_mva, percent in percents.items():
        (tier,) = class_of(CATALOGUE[name], sn_mva).tiers
        assert (tier.percent, tier.permitted_h) == (percent, 0.0)


def test_the_table_of_the_operating_rules_in_minutes() -> None:
    (every_unit,) = CATALOGUE["pte_short_emergency"].classes
    entries = [(tier.percent, round(tier.permitted_h * 60.0)) for tier in every_unit.tiers]
    assert entries == [(130.0, 120), (145.0, 80), (160.0, 45), (175.0, 20), (200.0, 10)]


def knots_of(name: str, tier: int) -> AmbientKnots:
    (on_cooled,) = CATALOGUE[name].classes
    assert on_cooled.cooling == (CoolingType.onan, CoolingType.onaf)
    knots = on_cooled.tiers[tier].percent_by_ambient_c
    assert knots is not None
    return knots


@pytest.mark.parametrize(
    ("name", "tier", "k1"),
    [
        ("gost_14209_97_ambient", 0, None),
        ("gost_14209_97_seasonal", 0, None),
        ("gost_14209_97_8h", 0, None),
        ("gost_14209_97_8h", 1, 0.8),
    ],
)
def test_permitted_loads_age_the_unit_by_one_normal_day_and_a_little_more_would_not(
    name: str, tier: int, k1: float | None
) -> None:
    knots = knots_of(name, tier)
    assert knots.ambient_c == tuple(AGEING_FACTOR)
    columns = {
        k2: days[PRE_LOADS.index(k2 if k1 is None else k1)]
        for k2, days in NORMAL_DAYS.items()
        if k1 is None or k2 >= k1
    }
    loads, log_days = np.array(list(columns)), np.log(list(columns.values()))

    def normal_days(percent: float, factor: float) -> float:
        return float(np.exp(np.interp(percent / 100.0, loads, log_days)) * factor)

    for ambient_c, percent in zip(knots.ambient_c, knots.values, strict=True):
        factor = AGEING_FACTOR[ambient_c]
        assert normal_days(percent, factor) <= 1.0 + 1e-9
        if percent < 130.0:
            assert normal_days(percent + 0.11, factor) > 1.0
        rise_k = np.interp(percent / 100.0, list(HOT_SPOT_RISE_K), list(HOT_SPOT_RISE_K.values()))
        assert ambient_c + rise_k < 120.0
    assert max(knots.values) == 130.0


def test_rated_load_is_permitted_at_twenty_degrees() -> None:
    knots = knots_of("gost_14209_97_ambient", 0)
    assert knots.at(np.array([20.0])).tolist() == [100.0]
    assert (np.diff(knots.values) <= 0.0).all()


def test_rows_of_the_table_rise_with_either_load() -> None:
    rows = list(NORMAL_DAYS.values())
    assert [len(row) for row in rows] == [3, 4, 5, 6, 7, 8, 9]
    assert all(list(row) == sorted(set(row)) for row in rows)
    for lower, higher in pairwise(rows):
        assert all(low < high for low, high in zip(lower, higher, strict=False))
