"""Which row of the pandapower net is which: the order that the net builder and the injection plan agree on.

A load is not an element of its own in the net. Load moves from one busbar to another when a substation opens, and an
investor changes busbar when his wanted one opens; if every load had a row of its own, each of those events would be a
new set of rows. Instead ``net.load`` holds exactly one row per busbar that can ever serve load, and moving load only
changes numbers in the profiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridsim.tables.network_tables import NetworkTables


def load_buses(tables: NetworkTables) -> list[str]:
    """Return ``bus_id`` of every row of ``net.load``, in the order of table ``buses``.

    A busbar has a row when it is the home of a load, the target of a load transfer, or the wanted or fallback busbar of
    an investor. The order is that of table ``buses``, so it does not depend on the order of the load tables.
    """
    serving = {
        *tables["loads"]["bus_id"],
        *tables["load_transfers"]["to_bus_id"],
        *tables["investors"]["bus_id"],
        *tables["investors"]["fallback_bus_id"],
    }
    return [bus_id for bus_id in tables["buses"]["bus_id"] if bus_id in serving]


def exchange_ids(tables: NetworkTables) -> list[str]:
    """Return ``external_grid_id`` of every tie with role ``exchange``, in table order."""
    grids = tables["external_grids"]
    return [str(grid_id) for grid_id in grids.loc[grids["role"] == "exchange", "external_grid_id"]]


def _plant_ids(tables: NetworkTables, control: str) -> list[str]:
    plants = tables["power_plants"]
    return [str(plant_id) for plant_id in plants.loc[plants["control"] == control, "plant_id"]]


def gen_rows(tables: NetworkTables) -> list[str]:
    """Return the identifier of every row of ``net.gen``: ties with role ``exchange`` first, then ``pv`` plants.

    Both in table order. Ties with role ``slack`` are rows of ``net.ext_grid`` and not among these.
    """
    return [*exchange_ids(tables), *_plant_ids(tables, "pv")]


def sgen_rows(tables: NetworkTables) -> list[str]:
    """Return the identifier of every row of ``net.sgen``: the ``pq`` plants in table order."""
    return _plant_ids(tables, "pq")
