"""Network tables to one pandapower net that holds everything that exists or will ever exist.

Conventions of the net:

* Row ``i`` of ``net.bus``, ``net.line``, ``net.trafo``, ``net.trafo3w`` and ``net.shunt`` is row ``i`` of its table,
  and ``name`` is the key of the row. Loads and generators follow :mod:`gridsim.grid.load_rows`.
* ``net.sn_mva`` is 100 MVA, the usual base of transmission studies: impedances, injections and mismatches of a regional
  grid are then numbers around one, and a mismatch of 1e-8 pu is one watt. It is not the rating of anything.
* Voltage angles must be calculated (``calculate_voltage_angles=True``, stored in the net as user option): units with
  different vector groups lie in parallel paths of a meshed grid, and without their phase shifts a load flow would
  drive circulating power that does not exist, or hide power that does.
* ``trafo_model`` is "t" and the no-load losses of three-winding units sit at the HV terminal, pandapower's defaults.
* On-load tap changers have controllers (:mod:`gridsim.grid.tap_controls`), which move nothing unless the load flow asks
  for it (``run_control``); ``tap_pos`` is where they stand before.
* Loads are constant power. The numbers in the net are those of a mean hour of the base year, so that
  ``pandapower.runpp`` on the net alone says something; studies replace them step by step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandapower as pp

from gridsim.grid import load_rows
from gridsim.grid.catalogue import line_parameters, trafo3w_parameters, trafo_parameters
from gridsim.grid.tap_controls import add_tap_controls
from gridsim.tables.service_dates import FIRST_DAY, grid_states, service_dates
from gridsim.tables.topology import positions, read_topology

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.tables.network_tables import NetworkTables

BASE_MVA = 100.0
FREQUENCY_HZ = 50.0


def build_net(tables: NetworkTables) -> pp.pandapowerNet:
    """Build the net; what exists on the first day is in service, everything planned is not.

    Parameters
    ----------
    tables:
        Tables without findings.

    Returns
    -------
    pandapowerNet
        One row per element of every table; ``pandapower.runpp(net)`` solves the first day.
    """
    net = pp.create_empty_network(name=tables.folder, f_hz=FREQUENCY_HZ, sn_mva=BASE_MVA, add_stdtypes=False)
    topology = read_topology(tables.frames)
    first_day = service_dates(tables.frames, topology, {})
    up = grid_states(tables.frames, topology, first_day, [FIRST_DAY])[0].in_service
    _add_buses(net, tables, up["buses"])
    _add_branches(net, tables, up)
    _add_loads(net, tables, up["buses"])
    _add_sources(net, tables, up)
    add_tap_controls(net, tables)
    pp.set_user_pf_options(net, calculate_voltage_angles=True)
    return net


def reactive_mvar(p_mw: FloatArray, cos_phi: FloatArray) -> FloatArray:
    """Return Q of the same sign as P at power factor ``cos_phi``: Q = P tan(arccos(cos_phi))."""
    return p_mw * np.tan(np.arccos(cos_phi))


def _add_buses(net: pp.pandapowerNet, tables: NetworkTables, is_up: BoolArray) -> None:
    buses = tables["buses"]
    places = tables["substations"].set_index("substation_id").loc[buses["substation_id"].to_list()]
    pp.create_buses(
        net,
        len(buses),
        vn_kv=buses["vn_kv"].to_numpy(),
        name=buses["bus_id"].to_numpy(),
        geodata=list(zip(places["lon"].to_list(), places["lat"].to_list(), strict=True)),
        zone=places["area"].to_numpy(),
        in_service=is_up,
    )


def _bus_rows(tables: NetworkTables, table: str, column: str = "bus_id") -> IndexArray:
    return positions(tables[table][column], tables["buses"]["bus_id"])


def _add_branches(net: pp.pandapowerNet, tables: NetworkTables, up: Mapping[str, BoolArray]) -> None:
    """Add what joins busbars, and shunts; empty tables are left out because pandapower does not take them."""
    if len(tables["trafos"]):
        pp.create_transformers_from_parameters(
            net,
            _bus_rows(tables, "trafos", "hv_bus_id"),
            _bus_rows(tables, "trafos", "lv_bus_id"),
            name=tables["trafos"]["trafo_id"].to_numpy(),
            in_service=up["trafos"],
            **trafo_parameters(tables),
        )
    if len(tables["trafos3w"]):
        pp.create_transformers3w_from_parameters(
            net,
            _bus_rows(tables, "trafos3w", "hv_bus_id"),
            _bus_rows(tables, "trafos3w", "mv_bus_id"),
            _bus_rows(tables, "trafos3w", "lv_bus_id"),
            name=tables["trafos3w"]["trafo3w_id"].to_numpy(),
            in_service=up["trafos3w"],
            **trafo3w_parameters(tables),
        )
    if len(tables["lines"]):
        pp.create_lines_from_parameters(
            net,
            _bus_rows(tables, "lines", "from_bus_id"),
            _bus_rows(tables, "lines", "to_bus_id"),
            name=tables["lines"]["line_id"].to_numpy(),
            in_service=up["lines"],
            **line_parameters(tables),
        )
    if len(tables["shunts"]):
        rows = _bus_rows(tables, "shunts")
        pp.create_shunts(
            net,
            rows,
            vn_kv=net.bus["vn_kv"].to_numpy()[rows],  # pandapower's own look-up fails where two share a busbar
            q_mvar=tables["shunts"]["q_mvar"].to_numpy(),
            p_mw=tables["shunts"]["p_mw"].to_numpy(),
            name=tables["shunts"]["shunt_id"].to_numpy(),
            in_service=up["shunts"],
        )


def _add_loads(net: pp.pandapowerNet, tables: NetworkTables, is_up: BoolArray) -> None:
    names = load_rows.load_buses(tables)
    if not names:
        return
    buses = positions(names, tables["buses"]["bus_id"])
    loads = tables["loads"]
    row_of_bus = np.full(len(tables["buses"]), -1, dtype=np.int64)
    row_of_bus[buses] = np.arange(len(names))
    rows = row_of_bus[_bus_rows(tables, "loads")]
    p_mw, q_mvar = np.zeros(len(names)), np.zeros(len(names))
    base_mw = loads["p_mw"].to_numpy(dtype=np.float64)
    np.add.at(p_mw, rows, base_mw)
    np.add.at(q_mvar, rows, reactive_mvar(base_mw, loads["cos_phi"].to_numpy(dtype=np.float64)))
    pp.create_loads(net, buses, p_mw=p_mw, q_mvar=q_mvar, name=names, in_service=is_up[buses])


def _add_sources(net: pp.pandapowerNet, tables: NetworkTables, up: Mapping[str, BoolArray]) -> None:
    """Add plants and ties: to ``gen`` what controls voltage, to ``sgen`` what does not, slacks to ``ext_grid``."""
    plants = tables["power_plants"].assign(row=_bus_rows(tables, "power_plants"), up=up["power_plants"])
    plants["mean_mw"] = plants["p_max_mw"] * plants["capacity_factor"]
    grids = tables["external_grids"].assign(row=_bus_rows(tables, "external_grids"), up=up["external_grids"])
    grids["mean_mw"] = _exchange_mw(tables, grids, float(plants.loc[plants["up"], "mean_mw"].sum()))
    for grid in grids[grids["role"] == "slack"].itertuples():
        pp.create_ext_grid(
            net, grid.row, vm_pu=grid.vm_pu, va_degree=grid.va_degree, name=grid.external_grid_id, in_service=grid.up
        )
    for name in load_rows.gen_rows(tables):
        is_tie = grids["external_grid_id"] == name
        machine = grids[is_tie].iloc[0] if is_tie.any() else plants[plants["plant_id"] == name].iloc[0]
        pp.create_gen(
            net,
            machine["row"],
            p_mw=machine["mean_mw"],
            vm_pu=machine["vm_pu"],
            name=name,
            in_service=bool(machine["up"]),
        )
    fixed = plants[plants["control"] == "pq"]
    if len(fixed):
        mean_mw = fixed["mean_mw"].to_numpy(dtype=np.float64)
        pp.create_sgens(
            net,
            fixed["row"].to_numpy(),
            p_mw=mean_mw,
            q_mvar=reactive_mvar(mean_mw, fixed["cos_phi"].to_numpy(dtype=np.float64)),
            name=load_rows.sgen_rows(tables),
            in_service=fixed["up"].to_numpy(),
        )


def _exchange_mw(tables: NetworkTables, grids: pd.DataFrame, plants_mw: float) -> FloatArray:
    """Return the share of the mean deficit each tie feeds, within its limit; zero for the slack."""
    deficit_mw = max(0.0, float(tables["loads"]["p_mw"].sum()) - plants_mw)
    limit_mw = grids["p_max_mw"].fillna(np.inf).to_numpy(dtype=np.float64)
    wanted_mw: FloatArray = grids["share_of_deficit"].to_numpy(dtype=np.float64) * deficit_mw
    return np.asarray(np.minimum(wanted_mw, limit_mw), dtype=np.float64)
