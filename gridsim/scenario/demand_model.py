"""Demand of the areas, as a scenario states it."""

# ruff: noqa: RUF009 -- the functions of keys declare fields, as dataclasses.field does

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridsim.enums import Area, ForecastReading, Sector
from gridsim.scenario import keys
from gridsim.scenario.keys import KeyKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.scenario.knots import ShareKnots, YearKnots


@dataclass(frozen=True)
class AreaDemand:
    """Demand trajectory of one area.

    The knots are yearly means or yearly maxima, as ``reading`` says, of the load in MW without grid losses.
    """

    reading: ForecastReading = keys.choice("Whether the knots are yearly means or yearly maxima", ForecastReading)
    knots_mw: YearKnots = keys.key(
        KeyKind.year_numbers,
        "MW at some years, straight lines between",
        minimum=0.0,
        maximum=50000.0,
        is_one_value=True,
    )
    growth_after_percent: float = keys.number("Growth per year after the last knot, percent", -20.0, 50.0, default=0.0)
    includes_investors: bool = keys.flag("Whether the knots contain the investor projects")
    sector_shares: ShareKnots | None = keys.key(
        KeyKind.year_shares,
        "Shares of the sectors at some years; absent: those of table loads, constant",
        words=Sector,
        minimum=0.0,
        maximum=1.0,
        is_one_value=True,
        default=None,
    )
    growth_by_place: Mapping[str, float] = keys.key(
        KeyKind.named_numbers,
        "Share of the growth beyond the base year that falls on a place; the rest follows the base load",
        minimum=0.0,
        maximum=1.0,
        is_one_value=True,
        default={},
    )
    month_shape: str = keys.text("Name of the month shape that the base year follows")
    day_shape: str = keys.text("Name of the mean-day shape that the base year follows")
    month_swing: float = keys.number("Factor on the deviation of the month shape from 1", 0.0, 5.0, default=1.0)
    day_swing: float = keys.number("Factor on the deviation of the mean-day shape from 1", 0.0, 5.0, default=1.0)
    source: str = keys.text("Where the numbers come from", default="")


@dataclass(frozen=True)
class Demand:
    """Demand of all areas. Loads of the network in an area that is not stated are an error."""

    base_year: int = keys.whole("Year of the mean loads of table loads", 2000, 2100)
    almaty_region: AreaDemand = keys.table(AreaDemand, "Almaty Region without Almaty city")
    almaty_city: AreaDemand = keys.table(AreaDemand, "Almaty city")
    outside: AreaDemand | None = keys.table(AreaDemand, "Loads beyond both", default=None)

    @property
    def areas(self) -> dict[Area, AreaDemand]:
        """The stated areas."""
        stated = {
            Area.almaty_region: self.almaty_region,
            Area.almaty_city: self.almaty_city,
            Area.outside: self.outside,
        }
        return {area: demand for area, demand in stated.items() if demand is not None}
