"""Which element columns profiles may drive, and where each element's power goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from gridsim.compiled.compiled_grid import Channel
from gridsim.compiled.reactive_limits import check_no_capability_curves
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

    @cached_property
    def _by_index(self) -> IndexArray:
        return np.argsort(self.bus, kind="stable").astype(INDEX)

    def rows_of(self, buses: IndexArray) -> IndexArray:
        """Return the place in ``net.bus`` of bus indices."""
        found: IndexArray = self._by_index[np.searchsorted(self.bus, buses, sorter=self._by_index)]
        return found

    def split(self, table: str) -> tuple[IndexArray, BoolArray]:
        """Return the row of each element's bus (-1 when it does not count) and whether it lacks a source."""
        frame = self.net[table]
        in_service = frame["in_service"].to_numpy(dtype=bool)
        place = self.rows_of(frame["bus"].to_numpy(dtype=INDEX))
        pos = np.where(in_service, self.bus_pos[place], -1).astype(INDEX)
        return pos, in_service & self.is_dead[place]


def element_channels(state: ServiceState, *, enforces_q_lims: bool) -> dict[tuple[str, str], Channel]:
    """Return every column that profiles may drive, by ``(table, column)``.

    Parameters
    ----------
    state:
        The net and which of its buses have a source.
    enforces_q_lims:
        Whether static generators keep within ``min_q_mvar`` and ``max_q_mvar``, before ``scaling``, as in pandapower.

    Raises
    ------
    CompileError
        For static generators whose limits are given by a capability curve.
    """
    channels: dict[tuple[str, str], Channel] = {}
    for table, sign in POWER_TABLES.items():
        scaling = _column(state, table, "scaling")
        channels |= _channels(state, table, {"p_mw": sign * scaling, "q_mvar": sign * scaling}, scaling)
    if enforces_q_lims and len(state.net["sgen"]):
        free = channels["sgen", "q_mvar"]
        held = replace(free, limits=_reactive_limits(state))
        channels["sgen", "q_mvar"] = replace(held, own=held.within_limits(free.own))
    # Set points are pu already: their factor is one.
    gens = {"p_mw": _column(state, "gen", "scaling"), "vm_pu": np.full(len(state.net["gen"]), state.base_mva)}
    channels |= _channels(state, "gen", gens, np.zeros(len(state.net["gen"])))
    grids = np.full(len(state.net["ext_grid"]), state.base_mva)
    return channels | _channels(state, "ext_grid", {"vm_pu": grids}, np.zeros_like(grids))


def _reactive_limits(state: ServiceState) -> tuple[FloatArray, FloatArray]:
    """Return the limits of reactive power of static generators (Mvar), infinite where there are none."""
    check_no_capability_curves(state.net, "sgen")
    frame, none = state.net["sgen"], np.full(len(state.net["sgen"]), np.nan)
    lowest, highest = (
        frame[name].to_numpy(dtype=float) if name in frame else none for name in ("min_q_mvar", "max_q_mvar")
    )
    return np.where(np.isnan(lowest), -np.inf, lowest), np.where(np.isnan(highest), np.inf, highest)


def _column(state: ServiceState, table: str, column: str) -> FloatArray:
    return np.ascontiguousarray(state.net[table][column].to_numpy(dtype=float))


def _channels(
    state: ServiceState, table: str, scale_of: dict[str, FloatArray], unserved: FloatArray
) -> dict[tuple[str, str], Channel]:
    """Return the channels of some columns of a table; ``scale_of`` in MW or Mvar injected per unit of the column."""
    index = state.net[table].index.to_numpy(dtype=INDEX)
    pos, is_dead = state.split(table)
    lost = np.where(is_dead, unserved, 0.0)
    return {
        (table, column): Channel(index, _column(state, table, column), pos, scale / state.base_mva, lost)
        for column, scale in scale_of.items()
    }


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
