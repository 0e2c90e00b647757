"""What connects to what, and which busbars a slack supplies: the tables as a graph.

References that cannot be resolved have position -1 and connect nothing, so that the rules can work on tables that are
not valid yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from gridsim.dtypes import BoolArray, IndexArray

#: Columns that name the ends of each branch table.
BRANCH_ENDS: dict[str, tuple[str, ...]] = {
    "trafos": ("hv_bus_id", "lv_bus_id"),
    "trafos3w": ("hv_bus_id", "mv_bus_id", "lv_bus_id"),
    "lines": ("from_bus_id", "to_bus_id"),
}
#: Tables whose elements hang on one busbar.
ATTACHED_TABLES = ("shunts", "power_plants", "external_grids")


@dataclass(frozen=True)
class Topology:
    """Positions instead of keys; ``pos`` counts rows of the tables.

    Attributes
    ----------
    substation_of_bus:
        ``(n_bus,)`` row of the substation of each busbar, -1 when unknown.
    is_standing:
        ``(n_substation,)`` whether the substation stands on the first day.
    buses_of:
        Element table to ``(n_row, n_end)`` rows of the busbars it connects to, -1 when unknown.
    is_slack:
        ``(n_external_grid,)`` whether the tie is a slack.
    is_home:
        ``(n_bus,)`` whether load of the base year has its home here.
    """

    substation_of_bus: IndexArray
    is_standing: BoolArray
    buses_of: Mapping[str, IndexArray]
    is_slack: BoolArray
    is_home: BoolArray

    @property
    def n_bus(self) -> int:
        """Number of rows of table ``buses``."""
        return int(self.substation_of_bus.size)

    def touched(self, in_service: Mapping[str, BoolArray]) -> BoolArray:
        """Return ``(n_bus,)``: whether a branch or external grid that is in service ends at the busbar."""
        found = np.zeros(self.n_bus + 1, dtype=np.bool_)
        for table in (*BRANCH_ENDS, "external_grids"):
            found[self.buses_of[table][in_service[table]].ravel()] = True
        return found[: self.n_bus]

    def supplied(self, in_service: Mapping[str, BoolArray]) -> BoolArray:
        """Return ``(n_bus,)``: whether branches in service lead from the busbar to a slack in service.

        Parameters
        ----------
        in_service:
            Mask over the rows of each branch table and of ``external_grids``.
        """
        labels = self.islands(in_service)
        sources = self.buses_of["external_grids"][self.is_slack & in_service["external_grids"]].ravel()
        return np.isin(labels, labels[sources[sources >= 0]])

    def islands(self, in_service: Mapping[str, BoolArray]) -> IndexArray:
        """Return ``(n_bus,)``: number of the connected part each busbar lies in."""
        pairs = [np.empty((0, 2), dtype=np.int64)]
        for table in BRANCH_ENDS:
            ends = self.buses_of[table][in_service[table]]
            pairs += [ends[:, [0, other]] for other in range(1, ends.shape[1])]
        edges = np.concatenate(pairs)
        edges = edges[(edges >= 0).all(axis=1)]
        weights = np.ones(len(edges), dtype=np.int8)
        graph = coo_array((weights, (edges[:, 0], edges[:, 1])), shape=(self.n_bus, self.n_bus))
        _, labels = connected_components(graph, directed=False)
        return np.asarray(labels, dtype=np.int64)


def read_topology(frames: Mapping[str, pd.DataFrame]) -> Topology:
    """Resolve the references of the tables into positions."""
    buses, substations = frames["buses"], frames["substations"]
    columns = {**BRANCH_ENDS, **dict.fromkeys(ATTACHED_TABLES, ("bus_id",))}
    is_home = np.zeros(len(buses) + 1, dtype=np.bool_)
    is_home[positions(frames["loads"]["bus_id"], buses["bus_id"])] = True
    return Topology(
        substation_of_bus=positions(buses["substation_id"], substations["substation_id"]),
        is_standing=(substations["status"] == "existing").to_numpy(dtype=np.bool_),
        buses_of={
            table: np.column_stack([positions(frames[table][name], buses["bus_id"]) for name in names])
            for table, names in columns.items()
        },
        is_slack=(frames["external_grids"]["role"] == "slack").to_numpy(dtype=np.bool_),
        is_home=is_home[: len(buses)],
    )


def positions(references: Iterable[str], keys: Iterable[str]) -> IndexArray:
    """Return the row of ``keys`` that holds each reference (the first, if several do), -1 where none does."""
    places: dict[str, int] = {}
    for pos, key in enumerate(keys):
        if key:
            places.setdefault(key, pos)
    return np.array([places.get(reference, -1) for reference in references], dtype=np.int64)
