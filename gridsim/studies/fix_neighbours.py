"""Fixes of a bank that other substations take part in: load handed over, planned substations brought forward."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.enums import ElementStatus
from gridsim.grid.fix_change import GridChange
from gridsim.grid.fix_tables import UNITS
from gridsim.scenario.fix_catalogue import COSTS
from gridsim.scenario.fix_model import FixKind
from gridsim.studies.fix_offers import NotApplicableError
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.studies.fix_offers import Case, Fix
    from gridsim.tables.network_tables import NetworkTables

EARTH_RADIUS_KM = 6371.0
#: Load handed over for each MVA above the limit, in MW: more than one, because demand grows after the worst hour of a
#: short horizon and shares are rounded.
TRANSFER_MARGIN = 1.2
#: Shares come in multiples of this.
SHARE_STEP = 0.05
#: Planned substations nearby that are tried, besides those that take over load or stand at the place.
NEAR_PROJECTS = 3
#: Points by which a project must lower the worst winding in the worst hour to be offered.
RELIEF_POINTS = 2.0
DAYS_PER_YEAR = 365.25
MLN_PER_BN = 1000.0


def load_transfer(case: Case) -> list[Fix]:
    """Offer to hand load over to the neighbouring busbar of the same voltage with the most MVA to spare."""
    tables = case.bench.grid.tables
    homes = set(tables["loads"]["bus_id"])
    fed = [bus for bus in case.fed_buses if bus in homes]
    if not fed:
        raise NotApplicableError("no load of area sectors has its home at its lower busbars")
    origin = fed[0]
    transfers = case.grid.calendar.transfers
    taken = float(transfers.loc[transfers["from_bus_id"] == origin, "share"].sum())
    p_mw = case.loads[origin][0]
    wanted = TRANSFER_MARGIN * case.state.worst(case.bank.index)[2] / p_mw
    limit = min(case.options.largest_transfer_share, 1.0 - taken)
    share = min(SHARE_STEP * math.ceil(wanted / SHARE_STEP), SHARE_STEP * math.floor(limit / SHARE_STEP + 1e-9))
    if share <= 0.0:
        raise NotApplicableError(f"the load of {origin} is promised to other busbars already")
    target, km, spare_mva = _roomiest(case, origin, homes)
    moved = share * p_mw
    what = (
        f"{PERCENT * share:.0f} % of the load of {origin} ({moved:.1f} MW) to {target}, {km:.1f} km away, "
        f"which has {spare_mva:.0f} MVA to spare at its highest"
    )
    project = case.project_id(FixKind.load_transfer)
    row = {
        "transfer_id": f"{project}.{origin}",
        "project_id": project,
        "from_bus_id": origin,
        "to_bus_id": target,
        "share": share,
    }
    return [case.built(FixKind.load_transfer, what, moved * km, {"load_transfers": [row]})]


def _roomiest(case: Case, origin: str, homes: set[str]) -> tuple[str, float, float]:
    """Return the busbar within reach with the most MVA to spare, the distance in km, and the MVA."""
    tables = case.bench.grid.tables
    buses = tables["buses"].set_index("bus_id")
    km = _distances_km(case, str(buses.at[origin, "substation_id"]))
    stage = next(stage for stage in case.grid.stages if stage.start_step <= case.first_step < stage.stop_step)
    is_up = dict(zip(tables["buses"]["bus_id"], stage.in_service["bus"], strict=True))
    best: tuple[float, str, float] | None = None
    for bank in case.bench.banks:
        for bus in bank.lower_buses:
            away = km[str(buses.at[bus, "substation_id"])]
            is_near = 0.0 < away <= case.options.neighbour_km and buses.at[bus, "vn_kv"] == buses.at[origin, "vn_kv"]
            if not is_near or bus not in homes or not is_up[bus]:
                continue
            spare = case.state.spare_share(bank.index) * case.rating_mva(bank, bus)
            if 0.0 < spare < math.inf and (best is None or spare > best[0]):
                best = spare, bus, away
    if best is None:
        raise NotApplicableError(f"no busbar of its voltage within {case.options.neighbour_km:g} km has MVA to spare")
    return best[1], best[2], best[0]


def bring_forward(case: Case) -> list[Fix]:
    """Offer planned projects of a later date that relieve the bank in its worst hour, if they came now."""
    dates = case.grid.calendar.dates
    later = {
        project: dates[project]
        for project in _projects_around(case)
        if project in dates and dates[project] > case.need_day and not project.startswith("fix.")
    }
    if not later:
        raise NotApplicableError(
            f"no project planned for later at the place or within {case.options.neighbour_km:g} km"
        )
    offers = []
    best = 0.0
    for project, planned in later.items():
        change = GridChange(days={project: case.need_day})
        relief = _relief_points(case, change)
        best = max(best, relief)
        if relief >= RELIEF_POINTS:
            years = (planned - case.need_day).days / DAYS_PER_YEAR
            billions = _investment_bn(case, project)
            what = f"{project}, planned for {planned:%Y-%m-%d}, {years:.1f} years earlier"
            offers.append(case.fix(FixKind.bring_forward, what, billions * years, change))
    if not offers:
        raise NotApplicableError(
            f"of {len(later)} later projects none relieves it by {RELIEF_POINTS:g} points in its worst hour "
            f"(best {best:.1f})"
        )
    return offers


def _projects_around(case: Case) -> list[str]:
    """Return projects that take over its load, stand at its place, or build the nearest planned substations."""
    tables, place = case.bench.grid.tables, case.bank.substation_id
    buses = tables["buses"]
    own = set(buses.loc[buses["substation_id"] == place, "bus_id"])
    transfers, projects = tables["load_transfers"], tables["projects"]
    found = transfers.loc[transfers["from_bus_id"].isin(own), "project_id"].to_list()
    found += projects.loc[projects["substation_id"] == place, "project_id"].to_list()
    km = _distances_km(case, place)
    away = projects["substation_id"].map(km)
    near = projects[(away > 0.0) & (away <= case.options.neighbour_km)]
    later = [name for name in near["project_id"] if case.grid.calendar.dates.get(name, case.need_day) > case.need_day]
    found += sorted(later, key=dict(zip(projects["project_id"], away, strict=True)).__getitem__)[:NEAR_PROJECTS]
    return list(dict.fromkeys(str(project) for project in found))


def _relief_points(case: Case, change: GridChange) -> float:
    """Return by how much a change lowers the worst winding of the bank in its worst hour, percentage points."""
    steps = np.array([case.worst_step])
    _, name, _ = case.state.worst(case.bank.index)
    column = case.bench.solving.columns.names.index(name)
    own = np.flatnonzero(case.bench.bank_of_column == case.bank.index)
    before = next(case.bench.loadings(case.grid, steps))[1].percent
    after = next(case.bench.loadings(case.bench.changed(case.change.plus(change)), steps))[1].percent
    if np.isnan(before[column, 0]):
        return 0.0
    highest = np.nanmax(np.append(after[own, 0], 0.0))
    return float(before[column, 0] - highest)


def _investment_bn(case: Case, project: str) -> float:
    """Return the investment in a project, billions: as stated, or by its units, or that of a whole substation.

    What a project without stated cost builds at a substation that stands already costs what the same MVA cost as the
    next rating; a new substation costs ``station_bn``.
    """
    tables = case.bench.grid.tables
    rows: Any = tables["projects"].set_index("project_id")
    stated = float(rows.at[project, "cost_bn_kzt"])
    if not math.isnan(stated):
        return stated
    status = dict(zip(tables["substations"]["substation_id"], tables["substations"]["status"], strict=True))
    if status.get(str(rows.at[project, "substation_id"])) != ElementStatus.existing:
        return case.options.station_bn
    cost = COSTS[FixKind.next_rating] if FixKind.next_rating not in case.costs else case.costs[FixKind.next_rating]
    return cost.of(_opened_mva(tables, project)) / MLN_PER_BN


def _opened_mva(tables: NetworkTables, project: str) -> float:
    """Return the rating of all transformers that a project opens, MVA."""
    events = tables["commissioning"]
    opened = events.loc[(events["project_id"] == project) & (events["action"] == "open"), "element_id"]
    total = 0.0
    for table, (types, key, ratings) in UNITS.items():
        units = tables[table].loc[tables[table][key].isin(opened), "std_type"]
        total += float(units.map(tables[types].set_index("std_type")[ratings[0]]).sum())
    return total


def _distances_km(case: Case, substation_id: str) -> dict[str, float]:
    """Return the straight-line distance of every substation, km (haversine on a sphere)."""
    places = case.bench.grid.tables["substations"]
    lat, lon = np.radians(places["lat"].to_numpy(float)), np.radians(places["lon"].to_numpy(float))
    row = int(np.flatnonzero((places["substation_id"] == substation_id).to_numpy())[0])
    half = np.sin((lat - lat[row]) / 2.0) ** 2 + np.cos(lat) * np.cos(lat[row]) * np.sin((lon - lon[row]) / 2.0) ** 2
    km: FloatArray = 2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half))
    return dict(zip(places["substation_id"], km.tolist(), strict=True))
