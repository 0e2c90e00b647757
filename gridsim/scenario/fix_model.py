"""Fixes of overloads as a scenario may ask for them: which kinds, how large, at which unit costs.

A cost is  fixed + size x unit price  in millions of a currency at the prices of one year, without discounting. What a
size is depends on the kind (:data:`SIZE_UNITS`). A unit cost that the scenario does not state is that of
:data:`gridsim.scenario.fix_catalogue.COSTS`, which are assumed.
"""

# ruff: noqa: RUF009 -- the functions of keys declare fields, as dataclasses.field does

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gridsim.enums import Confidence
from gridsim.scenario import keys
from gridsim.scenario.keys import KeyKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class FixKind(StrEnum):
    """What may be done about an overloaded transformer."""

    bring_forward = "bring_forward"
    parallel_unit = "parallel_unit"
    next_rating = "next_rating"
    fans = "fans"
    load_transfer = "load_transfer"
    tap_setting = "tap_setting"
    capacitor = "capacitor"
    staged_plant = "staged_plant"
    curtailment = "curtailment"


#: What the size of a fix counts.
SIZE_UNITS: Mapping[FixKind, str] = {
    FixKind.bring_forward: "bn x years",
    FixKind.parallel_unit: "MVA",
    FixKind.next_rating: "MVA",
    FixKind.fans: "MVA",
    FixKind.load_transfer: "MW x km",
    FixKind.tap_setting: "busbars",
    FixKind.capacitor: "Mvar",
    FixKind.staged_plant: "MW x years",
    FixKind.curtailment: "MWh",
}


@dataclass(frozen=True)
class UnitCost:
    """What a fix of one kind costs."""

    kind: FixKind
    fixed_mln: float = keys.number("Cost of a fix of any size, millions", 0.0, 1e6)
    per_size_mln: float = keys.number("Cost of each unit of its size, millions", 0.0, 1e6)
    currency: str = keys.text("Currency")
    price_year: int = keys.whole("Year of the prices", 1990, 2100)
    source: str = keys.text("Where the numbers come from, or how they were assumed")
    confidence: Confidence = keys.choice("How well they are known", Confidence)

    def of(self, size: float) -> float:
        """Return the cost of a fix of a size, millions."""
        return self.fixed_mln + self.per_size_mln * size


@dataclass(frozen=True)
class FixOptions:
    """Kinds of fixes that may be taken, their limits and their unit costs. All defaults are assumptions."""

    kinds: tuple[FixKind, ...] = keys.key(
        KeyKind.choices, "Kinds of fixes that may be taken", words=FixKind, default=tuple(FixKind)
    )
    neighbour_km: float = keys.number(
        "Straight-line distance to a substation that may take over load, and within which planned substations are "
        "tried, km",
        0.0,
        200.0,
        default=10.0,
    )
    largest_transfer_share: float = keys.number(
        "Share of the load of a busbar that the medium-voltage network can hand over at most", 0.0, 1.0, default=0.3
    )
    band_shift_pu: float = keys.number("By how much a voltage band is raised", 0.0, 0.1, default=0.02)
    band_highest_pu: float = keys.number("Upper end that no band is raised above", 0.9, 1.2, default=1.1)
    cos_phi: float = keys.number("Power factor that a capacitor brings a busbar to", 0.5, 1.0, default=0.98)
    capacitor_step_mvar: float = keys.number(
        "Capacitors come in multiples of this, Mvar", 0.0, 100.0, is_open_minimum=True, default=0.5
    )
    fan_gain: float = keys.number("Rating with fans over the rating without", 1.0, 2.0, default=1.25)
    delay_months: int = keys.whole("Months by which a plant is delayed", 1, 600, default=24)
    least_share_percent: float = keys.number(
        "Share in the current of a transformer from which a plant counts as contributing, percent",
        0.0,
        100.0,
        default=3.0,
    )
    station_bn: float = keys.number(
        "Investment in a planned substation whose cost the table projects does not give, billions",
        0.0,
        1e4,
        default=14.7,
    )
    costs: tuple[UnitCost, ...] = keys.key(
        KeyKind.named_tables,
        "Unit costs in place of the assumed ones, by kind",
        words=FixKind,
        model=UnitCost,
        default=(),
    )


def chosen_costs(options: FixOptions, catalogue: Mapping[FixKind, UnitCost]) -> dict[FixKind, UnitCost]:
    """Return the unit cost of every kind that may be taken, in the order of the scenario."""
    known = {**catalogue, **{cost.kind: cost for cost in options.costs}}
    return {kind: known[kind] for kind in options.kinds}


def fix_problems(options: FixOptions, catalogue: Mapping[FixKind, UnitCost]) -> Iterator[tuple[str, str]]:
    """Yield every contradiction among the fixes of a scenario as (dotted key, what is wrong)."""
    for kind in dict.fromkeys(options.kinds):
        if options.kinds.count(kind) > 1:
            yield "fixes.kinds", f"kind {kind.value!r} is named twice"
    prices = {(cost.currency, cost.price_year) for cost in chosen_costs(options, catalogue).values()}
    if len(prices) > 1:
        told = ", ".join(f"{currency} {year}" for currency, year in sorted(prices))
        yield (
            "fixes.costs",
            f"costs are compared, so all need one currency and price year; got {told}. Give [fixes.costs.<kind>] for "
            "every kind in fixes.kinds, or leave kinds out",
        )
