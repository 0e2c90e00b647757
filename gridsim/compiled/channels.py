"""Which element columns profiles may drive, and where each element's power goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gridsim.compiled.compiled_grid import Channel
from gridsim.dtypes import INDEX, BoolArray, FloatArray, IndexArray
from gridsim.units import PERCENT

#: Sign of the table's power as injection into the grid, for tables with both P and Q.
POWER_TABLES = {"load": -1.0, "sgen": 1.0, "storage": -1.0}


@dataclass(frozen=True)
class ServiceState:
    """The net as it was given, and which of its buses the conversion kept."""

    net: Any
    bus: IndexArray
    bus_pos: IndexArray
    is_dead: BoolArray
    base_mva: float

    def rows_of(self, buses: IndexArray) -> IndexArray:
        """Return the place in ``net.bus`` of bus indices."""
        order = np.argsort(self.bus, kind="stable")
        found: IndexArray = order[np.searchsorted(self.bus, buses, sorter=order)]
        return found

    def split(self, table: str) -> tuple[IndexArray, BoolArray]:
        """Return the row of each element's bus (-1 when it does not count) and whether it lacks a source."""
        frame = self.net[table]
        in_service = frame["in_service"].to_numpy(dtype=bool)
        place = self.rows_of(frame["bus"].to_numpy(dtype=INDEX))
        pos = np.where(in_service, self.bus_pos[place], -1).astype(INDEX)
        return pos, in_service & self.is_dead[place]


def element_channels(state: ServiceState) -> dict[tuple[str, str], Channel]:
    """Return every column that profiles may drive, by ``(table, column)``.

    Parameters
    ----------
    state:
        The net and which of its buses have a source.
    """
    channels: dict[tuple[str, str], Channel] = {}
    for table, sign in POWER_TABLES.items():
        scaling = state.net[table]["scaling"].to_numpy(dtype=float)
        for column in ("p_mw", "q_mvar"):
            channels[table, column] = _channel(state, table, column, sign * scaling, scaling)
    gen_scaling = state.net["gen"]["scaling"].to_numpy(dtype=float)
    channels["gen", "p_mw"] = _channel(state, "gen", "p_mw", gen_scaling, np.zeros_like(gen_scaling))
    for table in ("gen", "ext_grid"):
        one = np.full(len(state.net[table]), state.base_mva)  # set points are pu already
        channels[table, "vm_pu"] = _channel(state, table, "vm_pu", one, np.zeros_like(one))
    return channels


def _channel(state: ServiceState, table: str, column: str, scale: FloatArray, unserved: FloatArray) -> Channel:
    frame = state.net[table]
    pos, is_dead = state.split(table)
    return Channel(
        index=frame.index.to_numpy(dtype=INDEX),
        own=np.ascontiguousarray(frame[column].to_numpy(dtype=float)),
        pos=pos,
        factor=np.ascontiguousarray(scale / state.base_mva),
        unserved=np.where(is_dead, unserved, 0.0),
    )


def fixed_loads(state: ServiceState) -> tuple[float, float]:
    """Return the active load (MW) that no profile drives: with a source, and without one.

    Counts motors and unbalanced loads; wards stand for a piece of grid and are no load.
    """
    served = unserved = 0.0
    for table, power in (("motor", _motor_mw), ("asymmetric_load", _unbalanced_mw)):
        if table in state.net and len(state.net[table]):
            pos, is_dead = state.split(table)
            values = power(state.net[table])
            served += float(values[pos >= 0].sum())
            unserved += float(values[is_dead].sum())
    return served, unserved


def _motor_mw(frame: Any) -> FloatArray:
    """P = P_mech / efficiency at rated output, times loading and scaling."""
    mechanical = frame["pn_mech_mw"].to_numpy(dtype=float) * frame["loading_percent"].to_numpy(dtype=float) / PERCENT
    efficiency = frame["efficiency_percent"].to_numpy(dtype=float) / PERCENT
    return np.asarray(mechanical / efficiency * frame["scaling"].to_numpy(dtype=float))


def _unbalanced_mw(frame: Any) -> FloatArray:
    phases = frame[["p_a_mw", "p_b_mw", "p_c_mw"]].to_numpy(dtype=float).sum(axis=1)
    return np.asarray(phases * frame["scaling"].to_numpy(dtype=float))
