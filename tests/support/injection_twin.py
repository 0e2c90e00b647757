"""What the injection plan does, said again with plain loops over steps, loads and investors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.grid.injections import InjectionPlan
    from gridsim.scenario.model import Scenario
    from gridsim.tables.network_tables import NetworkTables


def served_load(
    tables: NetworkTables,
    scenario: Scenario,
    plan: InjectionPlan,
    step: int,
    in_service: Mapping[str, bool],
    dates: Mapping[str, pd.Timestamp],
) -> dict[str, tuple[float, float]]:
    """Return MW and Mvar of every busbar at one step; ``in_service`` by bus_id, ``dates`` by project_id."""
    local = plan.time_utc[step].tz_localize(None) + pd.Timedelta(hours=scenario.horizon.utc_offset_h)
    area_of = dict(zip(tables["substations"]["substation_id"], tables["substations"]["area"], strict=True))
    place_of = dict(zip(tables["substations"]["substation_id"], tables["substations"]["place"], strict=True))
    home = dict(zip(tables["buses"]["bus_id"], tables["buses"]["substation_id"], strict=True))
    rows = tables["loads"].to_dict("records")
    at_home: dict[str, list[float]] = {}
    for row in rows:
        own_area = area_of[home[row["bus_id"]]]
        series = next(area for area in plan.areas if str(area.area) == own_area)
        same = [
            other for other in rows if area_of[home[other["bus_id"]]] == own_area and other["sector"] == row["sector"]
        ]
        total = sum(other["p_mw"] for other in same)
        base_share = row["p_mw"] / total
        growth_share = 0.0
        left = 1.0
        for place, share in scenario.demand.areas[series.area].growth_by_place.items():
            in_place = sum(other["p_mw"] for other in same if place_of[home[other["bus_id"]]] == place)
            if in_place > 0.0:
                left -= share
                if place_of[home[row["bus_id"]]] == place:
                    growth_share += share * row["p_mw"] / in_place
        growth_share += left * base_share
        sector_mw = series.p_mw[[str(sector) for sector in series.sectors].index(row["sector"]), step]
        growing = series.growth_share[step // scenario.horizon.steps_per_day]
        p_mw = sector_mw * ((1.0 - growing) * base_share + growing * growth_share)
        at_home.setdefault(row["bus_id"], [0.0, 0.0])
        at_home[row["bus_id"]][0] += p_mw
        at_home[row["bus_id"]][1] += p_mw * math.tan(math.acos(row["cos_phi"]))
    served = {bus: list(values) for bus, values in at_home.items()}
    for transfer in tables["load_transfers"].to_dict("records"):
        date = dates.get(transfer["project_id"])
        if date is None or local < date or not in_service[transfer["to_bus_id"]]:
            continue
        for kind in (0, 1):
            amount = transfer["share"] * at_home[transfer["from_bus_id"]][kind]
            served[transfer["from_bus_id"]][kind] -= amount
            served.setdefault(transfer["to_bus_id"], [0.0, 0.0])[kind] += amount
    for project in plan.investors.projects:
        row = tables["investors"].set_index("investor_id").loc[project.investor_id]
        bus = row["bus_id"] if in_service[row["bus_id"]] else row["fallback_bus_id"]
        p_mw = plan.investors.power_mw(project, step, step + 1)[0]
        entry = served.setdefault(bus, [0.0, 0.0])
        entry[0] += p_mw
        entry[1] += p_mw * math.tan(math.acos(row["cos_phi"]))
    return {bus: (values[0], values[1]) for bus, values in served.items()}
