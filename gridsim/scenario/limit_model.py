"""Limits of loading as named rules: what is permitted for which unit, for how long, and at which ambient temperature.

A rule is a list of classes (size and cooling of the unit), each with tiers. A tier says above which loading it counts
and for how many hours such a loading is permitted; a longer run is an overload. So a nameplate is one tier of no hours,
and a table of permissible durations has a tier per entry. The percent of a tier is a number or follows the air
temperature.
"""

# ruff: noqa: RUF009 -- the functions of keys declare fields, as dataclasses.field does

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gridsim.enums import CoolingType, LoadingBasis
from gridsim.scenario import keys
from gridsim.scenario.binding import nearest
from gridsim.scenario.choices import AmbientReading
from gridsim.scenario.keys import KeyKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gridsim.dtypes import AnyArray, BoolArray, FloatArray
    from gridsim.scenario.knots import AmbientKnots


@dataclass(frozen=True)
class LimitTier:
    """Loading above ``percent`` (or ``percent_by_ambient_c``) is permitted for ``permitted_h`` hours at a stretch."""

    percent: float | None = keys.number(
        "Loading above which the tier counts, percent of the rating", 0.0, 400.0, is_open_minimum=True, default=None
    )
    percent_by_ambient_c: AmbientKnots | None = keys.key(
        KeyKind.ambient_numbers,
        "The same at some air temperatures, degree Celsius; straight lines between, constant outside",
        minimum=0.0,
        maximum=400.0,
        is_open_minimum=True,
        default=None,
    )
    permitted_h: float = keys.number("Hours for which it is permitted; a longer run is an overload", 0.0, 8784.0)

    def percent_at(self, ambient_c: FloatArray) -> FloatArray:
        """Return the percent of every step, shape of ``ambient_c`` (degree Celsius)."""
        if self.percent_by_ambient_c is not None:
            return self.percent_by_ambient_c.at(ambient_c)
        return np.full(np.shape(ambient_c), self.percent, dtype=np.float64)


@dataclass(frozen=True)
class LimitClass:
    """Units of some size and cooling, and what is permitted to them."""

    sn_below_mva: float | None = keys.number(
        "Holds for units rated below this, MVA; the largest winding counts", 0.0, 5000.0, default=None
    )
    sn_up_to_mva: float | None = keys.number(
        "Holds for units rated up to this, MVA, the value included", 0.0, 5000.0, default=None
    )
    cooling: tuple[CoolingType, ...] = keys.key(
        KeyKind.choices, "Holds for units cooled so; all when empty", words=CoolingType, default=()
    )
    tiers: tuple[LimitTier, ...] = keys.key(KeyKind.list_of_tables, "Tiers, lowest loading first", model=LimitTier)

    def holds(self, sn_mva: FloatArray, cooling: AnyArray) -> BoolArray:
        """Whether the class holds for units of these ratings and coolings, shape of both."""
        is_held = np.ones(np.shape(sn_mva), dtype=np.bool_)
        if self.sn_below_mva is not None:
            is_held &= sn_mva < self.sn_below_mva
        if self.sn_up_to_mva is not None:
            is_held &= sn_mva <= self.sn_up_to_mva
        if self.cooling:
            is_held &= np.isin(cooling, [str(word) for word in self.cooling])
        return is_held


@dataclass(frozen=True)
class LimitRule:
    """A named rule. A unit is judged by the first class that holds for it, and not at all when none does.

    A rule whose numbers gridsim worked out, because the source states something else, says how in ``derivation``;
    such a rule is inferred, however well its source is known.
    """

    name: str
    edition: str = keys.text("The document and its edition")
    source: str = keys.text("Where the numbers were read")
    is_verified: bool = keys.flag("Whether what the rule rests on was read in a source")
    derivation: str = keys.text("How the numbers follow from the source; empty when they are as published", default="")
    ambient: AmbientReading = keys.choice(
        "Air temperature of percent_by_ambient_c", AmbientReading, default=AmbientReading.hour
    )
    classes: tuple[LimitClass, ...] = keys.key(
        KeyKind.list_of_tables, "Classes of units, the first that holds counts", model=LimitClass
    )

    @property
    def is_inferred(self) -> bool:
        """Whether gridsim worked the numbers out of what the source states."""
        return bool(self.derivation)

    @property
    def percent(self) -> float | None:
        """The loading above which the rule begins, where it is one number for all units and temperatures."""
        first = {limit_class.tiers[0].percent for limit_class in self.classes}
        return first.pop() if len(first) == 1 else None


def rule_names(rules: Iterable[LimitRule]) -> str:
    """Return the names of rules of which the first that holds for a unit judges it."""
    return ", else ".join(rule.name for rule in rules)


@dataclass(frozen=True)
class LimitOptions:
    """Loading basis and rules of transformers; lines have their continuous limit only."""

    basis: LoadingBasis = keys.choice(
        "Loading by current or by apparent power", LoadingBasis, default=LoadingBasis.current
    )
    rules: tuple[str, ...] = keys.key(
        KeyKind.texts, "Names of the rules that transformers are judged by; the first ranks them"
    )
    own: tuple[LimitRule, ...] = keys.key(
        KeyKind.named_tables, "Rules besides those of the catalogue", model=LimitRule, default=()
    )


def chosen_rules(options: LimitOptions, catalogue: Mapping[str, LimitRule]) -> tuple[LimitRule, ...]:
    """Return the rules that a scenario names, in its order; loading has checked that they exist."""
    known = {**catalogue, **{rule.name: rule for rule in options.own}}
    return tuple(known[name] for name in options.rules)


def rule_problems(options: LimitOptions, catalogue: Mapping[str, LimitRule]) -> Iterator[tuple[str, str]]:
    """Yield every contradiction among the limits of a scenario as (dotted key, what is wrong)."""
    if not options.rules:
        yield "limits.rules", "expected at least one rule"
    known = [*catalogue, *(rule.name for rule in options.own)]
    for name in dict.fromkeys(options.rules):
        if name not in known:
            yield "limits.rules", f"unknown rule {name!r}, {nearest(name, known)}"
        if options.rules.count(name) > 1:
            yield "limits.rules", f"rule {name!r} is named twice"
    for rule in options.own:
        prefix = f"limits.own.{rule.name}"
        if rule.name in catalogue:
            yield prefix, "a rule of the catalogue has this name. Choose another"
        yield from own_problems(rule, prefix)


def own_problems(rule: LimitRule, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong within one rule as (dotted key, what is wrong); ``prefix`` is the key of the rule."""
    if not rule.classes:
        yield f"{prefix}.classes", "expected at least one class"
    for number, limit_class in enumerate(rule.classes):
        key = f"{prefix}.classes[{number}].tiers"
        tiers = limit_class.tiers
        if not tiers:
            yield key, "expected at least one tier"
        if any((tier.percent is None) == (tier.percent_by_ambient_c is None) for tier in tiers):
            yield key, "expected exactly one of percent and percent_by_ambient_c in every tier"
            continue
        for lower, higher in pairwise(tiers):
            if higher.permitted_h >= lower.permitted_h:
                yield key, f"expected falling permitted_h, got {higher.permitted_h:g} after {lower.permitted_h:g}"
            if not _is_above(higher, lower):
                yield key, "expected rising percent from tier to tier, at every air temperature"


def _is_above(higher: LimitTier, lower: LimitTier) -> bool:
    """Whether one tier begins nowhere below another; between the knots of both their percents are straight lines."""
    knots = [tier.percent_by_ambient_c for tier in (higher, lower)]
    ambient_c = np.array(sorted({0.0, *(c for knot in knots if knot is not None for c in knot.ambient_c)}))
    return bool(np.all(higher.percent_at(ambient_c) >= lower.percent_at(ambient_c)))
