"""Tables to net: rows, names, numbers by hand, and a load flow on the first and the last day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandapower as pp
import pytest

from gridsim.grid import load_rows
from gridsim.grid.build import build_net
from gridsim.grid.stages import element_names
from gridsim.tables import load_tables
from tests.support.tiny_network import load_tiny_network, tiny_rows, write_rows

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_of_the_net_are_rows_of_the_tables(tmp_path: Path) -> None:
    tables = load_tiny_network(tmp_path)
    net = build_net(tables)
    for table, names in element_names(tables).items():
        assert net[table]["name"].tolist() == names, table
        assert net[table].index.tolist() == list(range(len(names))), table
    ends = [(net.bus.at[a, "name"], net.bus.at[b, "name"]) for a, b in net.line[["from_bus", "to_bus"]].to_numpy()]
    assert ends == list(zip(tables["lines"]["from_bus_id"], tables["lines"]["to_bus_id"], strict=True))
    sides = net.trafo3w[["hv_bus", "mv_bus", "lv_bus"]].to_numpy()
    assert net.bus["name"].to_numpy()[sides].tolist() == [["west_220", "west_110", "west_10"]] * 2


def test_sources_follow_the_agreed_order(tmp_path: Path) -> None:
    tables = load_tiny_network(tmp_path)
    net = build_net(tables)
    assert net.gen["name"].tolist() == load_rows.gen_rows(tables) == ["neighbour", "chp"]
    assert net.sgen["name"].tolist() == ["solar"]
    assert net.ext_grid["name"].tolist() == ["national"]
    assert net.load["name"].tolist() == ["west_10", "town_10", "new_10"]


def test_conventions_of_the_net(tmp_path: Path) -> None:
    net = build_net(load_tiny_network(tmp_path))
    assert (net.sn_mva, net.f_hz) == (100.0, 50.0)
    assert json.loads(net.bus.geo[0])["coordinates"] == [76.5, 43.0]
    assert net.user_pf_options == {"calculate_voltage_angles": True}


def test_numbers_by_hand(tmp_path: Path) -> None:
    net = build_net(load_tiny_network(tmp_path))
    assert net.load["p_mw"].tolist() == [6.0, 24.0, 0.0]
    assert net.load["q_mvar"].to_numpy() == pytest.approx(net.load["p_mw"] * np.tan(np.arccos(0.95)))
    # deficit 30 - 0.5 * 20 = 20 MW, of which the neighbour feeds a quarter
    assert net.gen["p_mw"].tolist() == [5.0, 10.0]
    assert net.sgen["p_mw"].tolist() == [2.0]
    assert net.trafo["tap_step_percent"].tolist() == [1.78] * 3
    assert net.trafo["shift_degree"].tolist() == [330.0] * 3
    assert net.line["max_i_ka"].tolist() == [0.83] * 2 + [0.61] * 4
    assert net.shunt["q_mvar"].tolist() == [10.0]


def test_exchange_is_clipped_and_never_negative(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["external_grids"][1]["p_max_mw"] = "3"
    assert build_net(load_tables(write_rows(tmp_path / "clipped", rows))).gen["p_mw"][0] == 3.0
    rows["power_plants"][0]["p_max_mw"] = "200"
    assert build_net(load_tables(write_rows(tmp_path / "surplus", rows))).gen["p_mw"][0] == 0.0


def test_only_what_exists_is_in_service(tmp_path: Path) -> None:
    net = build_net(load_tiny_network(tmp_path))
    assert net.bus.loc[~net.bus["in_service"], "name"].tolist() == ["new_110", "new_10"]
    assert net.line["in_service"].tolist() == [True] * 4 + [False] * 2
    assert net.trafo["in_service"].tolist() == [True, True, False]
    assert net.trafo3w["in_service"].tolist() == [True, False]
    assert net.sgen["in_service"].tolist() == [False]
    assert net.load["in_service"].tolist() == [True, True, False]


def test_first_day_has_a_load_flow_that_balances(tmp_path: Path) -> None:
    net = build_net(load_tiny_network(tmp_path))
    pp.runpp(net, tolerance_mva=1e-9, numba=False)
    fed = net.res_ext_grid["p_mw"].sum() + net.res_gen["p_mw"].sum()
    losses = net.res_line["pl_mw"].sum() + net.res_trafo["pl_mw"].sum() + net.res_trafo3w["pl_mw"].sum()
    assert fed == pytest.approx(30.0 + losses, abs=1e-8)
    assert 0.0 < losses < 1.0
    assert net.res_bus["vm_pu"].dropna().between(0.95, 1.06).all()
    assert net.res_bus["vm_pu"].isna().tolist() == (~net.bus["in_service"]).tolist()
    # YNd11 turns the town's busbar by 30 degrees: angles are calculated without being asked for
    town = net.bus.index[net.bus["name"] == "town_10"][0]
    assert 20.0 < net.res_bus.at[town, "va_degree"] < 30.0


def test_network_without_optional_elements(tmp_path: Path) -> None:
    rows = tiny_rows()
    keep = ("sources", "substations", "buses", "external_grids", "lines", "line_types")
    kept = {name: records for name, records in rows.items() if name in keep}
    kept["lines"] = [line for line in kept["lines"] if line["status"] == "existing" and "220" in line["from_bus_id"]]
    net = build_net(load_tables(write_rows(tmp_path, kept)))
    pp.runpp(net, numba=False)
    assert (len(net.load), len(net.trafo), len(net.sgen)) == (0, 0, 0)
    assert net.res_bus["vm_pu"].notna().sum() == 2
