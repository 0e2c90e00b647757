"""The rules of loading that a scenario may name, as a table to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gridsim.scenario import load_scenario
from gridsim.scenario.choices import AmbientReading
from gridsim.scenario.model import Scenario
from gridsim.scenario.rule_catalogue import CATALOGUE

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.scenario.limit_model import LimitRule, LimitTier

RULE_COLUMNS = (
    "name",
    "place",
    "begins",
    "edition",
    "is_verified",
    "is_inferred",
    "source",
    "derivation",
    "is_own",
)
_AIR_WORDS = {AmbientReading.hour: "air of the hour", AmbientReading.month_mean: "mean air of the month"}


def rules(scenario: str | Path | Scenario | None = None) -> pd.DataFrame:
    """List the rules of loading.

    Parameters
    ----------
    scenario:
        Scenario file, or what :func:`gridsim.load_scenario` made of one: its own rules are listed, too, and which of
        all it is judged by.

    Returns
    -------
    pandas.DataFrame
        One row per rule, those of the scenario first, in its order. ``name`` is what key ``limits.rules`` takes;
        ``place`` the place there (1 ranks the transformers, 0 is not named); ``begins`` says from which loading the
        rule counts; ``edition`` and ``source`` which document it is and where it was read; ``is_verified`` whether what
        it rests on was read in a source; ``is_inferred`` and ``derivation`` whether and how its numbers were worked
        out; ``is_own`` whether the scenario states it.

    Raises
    ------
    ScenarioError
        The scenario cannot be read.
    """
    asked = scenario if isinstance(scenario, Scenario) or scenario is None else load_scenario(scenario)
    own = () if asked is None else asked.limits.own
    chosen = () if asked is None else asked.limits.rules
    known = {**CATALOGUE, **{rule.name: rule for rule in own}}
    names = [*chosen, *(name for name in known if name not in chosen)]
    rows = [_row(known[name], chosen, is_own=name not in CATALOGUE) for name in names]
    return pd.DataFrame(rows, columns=list(RULE_COLUMNS))


def _row(rule: LimitRule, chosen: tuple[str, ...], *, is_own: bool) -> tuple[object, ...]:
    place = chosen.index(rule.name) + 1 if rule.name in chosen else 0
    words = (rule.edition, rule.is_verified, rule.is_inferred, rule.source, rule.derivation)
    return (rule.name, place, _begins(rule), *words, is_own)


def _begins(rule: LimitRule) -> str:
    """Return from which loading a rule counts, in words: one number or the range over classes and temperatures."""
    first = [limit_class.tiers[0] for limit_class in rule.classes]
    percents = [percent for tier in first for percent in _percents(tier)]
    low, high = min(percents), max(percents)
    text = f"{low:g} %" if low == high else f"{low:g}-{high:g} %"
    if any(tier.percent_by_ambient_c is not None for tier in first):
        text += f" by {_AIR_WORDS[rule.ambient]}"
    elif low != high:
        text += " by size or cooling"
    hours = {tier.permitted_h for tier in first}
    return text + (f", longer than {max(hours):g} h" if max(hours) > 0.0 else "")


def _percents(tier: LimitTier) -> tuple[float, ...]:
    if tier.percent_by_ambient_c is not None:
        return tuple(round(percent, 1) for percent in tier.percent_by_ambient_c.values)
    return () if tier.percent is None else (tier.percent,)
