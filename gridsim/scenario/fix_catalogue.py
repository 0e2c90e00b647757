"""Unit costs of fixes for scenarios that state none: every number is assumed, and says so.

No price list of Kazakh transformers, feeders or connection works was found in a public source. What is published: 11
substations of the Alatau Roadmap for about 162 billion tenge, 14.7 billion each in the mean (baq.kz, January 2026), and
4.73 billion tenge for the substation Kaskelen with 250 MVA and 53 km of lines (kapital.kz, January 2020). The orders of
magnitude below were chosen to fit beneath these; a grid company puts its own into ``[fixes.costs]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.enums import Confidence
from gridsim.scenario.fix_model import FixKind, UnitCost

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENCY = "KZT"
PRICE_YEAR = 2026


def _assumed(kind: FixKind, fixed_mln: float, per_size_mln: float, reason: str) -> UnitCost:
    return UnitCost(
        kind=kind,
        fixed_mln=fixed_mln,
        per_size_mln=per_size_mln,
        currency=CURRENCY,
        price_year=PRICE_YEAR,
        source=f"assumed, no published price: {reason}",
        confidence=Confidence.assumed,
    )


_COSTS = (
    _assumed(
        FixKind.bring_forward,
        0.0,
        100.0,
        "capital costs of 10 % a year on the investment for the years by which it comes earlier; the investment is "
        "that of table projects, else by MVA at substations that stand, else 14.7 billion (published: 162 billion for "
        "11 substations, mean by division)",
    ),
    _assumed(
        FixKind.parallel_unit,
        600.0,
        20.0,
        "a new unit by its MVA, and bays, foundation and protection whatever its size",
    ),
    _assumed(
        FixKind.next_rating, 150.0, 20.0, "new units by their MVA, and the works; nothing is earned by the old ones"
    ),
    _assumed(FixKind.fans, 5.0, 1.0, "fans and their control by the MVA of the unit"),
    _assumed(FixKind.load_transfer, 20.0, 8.0, "feeders of 10 kV by MW moved and km, and switching"),
    _assumed(FixKind.tap_setting, 2.0, 1.0, "a study and new settings for each busbar"),
    _assumed(FixKind.capacitor, 25.0, 10.0, "a switched bank by its Mvar, and its bay"),
    _assumed(FixKind.staged_plant, 0.0, 50.0, "compensation of the investor by MW and year of delay"),
    _assumed(FixKind.curtailment, 10.0, 0.5, "compensation of 500 tenge for each kWh not supplied, and the contract"),
)
#: Unit cost by kind.
COSTS: Mapping[FixKind, UnitCost] = {cost.kind: cost for cost in _COSTS}
