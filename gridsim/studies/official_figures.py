"""Published figures of demand, to be shown beside the demand of a run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gridsim.enums import Area

if TYPE_CHECKING:
    from gridsim.scenario.model import Scenario
    from gridsim.tables.network_tables import NetworkTables

#: How table ``published_figures`` names a demand in MW: area, what it is, year.
DEMAND_FIGURE = re.compile(r"(region|city)_[a-z_]+_(\d{4})")
AREA_OF_WORD = {"region": Area.almaty_region, "city": Area.almaty_city}


def official_demand(tables: NetworkTables, scenario: Scenario) -> list[dict[str, Any]]:
    """Return the published demand figures that have an area and a year.

    Returns
    -------
    list
        ``figure_id``, ``area``, ``year``, ``value_mw``, and ``reading``: ``mean`` or ``maximum`` when the demand of
        the scenario runs through the figure, empty when it does not, because then nobody has said which it is.
    """
    figures = tables["published_figures"]
    found = []
    for figure_id, value, unit in zip(figures["figure_id"], figures["value"], figures["unit"], strict=True):
        match = DEMAND_FIGURE.fullmatch(figure_id)
        if unit != "MW" or match is None:
            continue
        area, year = AREA_OF_WORD[match[1]], int(match[2])
        demand = scenario.demand.areas.get(area)
        knots = dict(zip(demand.knots_mw.years, demand.knots_mw.values, strict=True)) if demand else {}
        reading = demand.reading.value if demand and knots.get(year) == value else ""
        found.append(
            {"figure_id": figure_id, "area": area.value, "year": year, "value_mw": float(value), "reading": reading}
        )
    return found
