"""On-load tap changers of the net: who holds which busbar, in which order, and what is left of it in a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandapower as pp
import pandapower.control
import pytest

from gridsim.grid.build import build_net
from gridsim.grid.staged import stage_grid
from gridsim.grid.tap_controls import keep_in_service, tap_units
from gridsim.scenario import load_scenario
from gridsim.solve import SolveOptions
from gridsim.solve.newton_solver import NewtonSolver
from gridsim.solve.reference import ReferenceSolver
from gridsim.tables import load_tables
from tests.support.tiny_network import load_tiny_network, tiny_rows, write_rows
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.tables.network_tables import NetworkTables


@pytest.fixture(scope="module")
def almaty(repository: Path) -> NetworkTables:
    return load_tables(repository / "networks" / "almaty")


def held(net: pp.pandapowerNet) -> dict[str, tuple[str, float, float, int]]:
    """Name of each controlled unit to the busbar it holds, its band and its level."""
    found = {}
    for controller, level in zip(net.controller["object"], net.controller["level"], strict=True):
        table = net[controller.element]
        bands = zip(controller.element_index, controller.vm_lower_pu, controller.vm_upper_pu, strict=True)
        for row, low, high in bands:
            bus = net.bus.at[table.at[row, f"{controller.side}_bus"], "name"]
            found[table.at[row, "name"]] = (bus, low, high, int(level))
    return found


def test_units_of_a_busbar_hold_its_band(tmp_path: Path) -> None:
    net = build_net(load_tiny_network(tmp_path))
    assert held(net) == {
        "town_t1": ("town_10", 1.02, 1.05, 0),
        "town_t2": ("town_10", 1.02, 1.05, 0),
        "new_t1": ("new_10", 1.02, 1.05, 0),
    }
    units = tap_units(net)
    assert units.name == (("trafo", "town_t1"), ("trafo", "town_t2"), ("trafo", "new_t1"))
    assert (units.tap_min.tolist(), units.tap_max.tolist()) == ([-9] * 3, [9] * 3)


def test_upper_voltages_act_first_and_only_what_moves_the_busbar(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["power_plants"][0] |= {"control": "pq", "vm_pu": ""}
    rows["voltage_bands"].append(rows["voltage_bands"][0] | {"bus_id": "west_110"})
    rows["trafos3w"][1]["std_type"] = "tapped high"
    rows["trafo3w_types"].append(rows["trafo3w_types"][0] | {"std_type": "tapped high", "is_oltc": "false"})
    net = build_net(load_tables(write_rows(tmp_path, rows)))
    assert held(net)["west_at1"] == ("west_110", 1.02, 1.05, 0)
    assert "west_at2" not in held(net)
    assert {level for *_, level in (held(net)[name] for name in ("town_t1", "new_t1"))} == {1}


def test_a_net_without_bands_has_no_controllers(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["voltage_bands"] = []
    net = build_net(load_tables(write_rows(tmp_path, rows)))
    assert len(net.controller) == 0
    assert tap_units(net).name == ()


def test_a_stage_holds_what_is_in_service(tmp_path: Path) -> None:
    scenario = load_scenario(write_tiny_study(tmp_path))
    grid = stage_grid(load_tables(scenario.network_folder), scenario)
    first, last = (held(grid.net_at(grid.stages[at])) for at in (0, -1))
    assert sorted(first) == ["town_t1", "town_t2"]
    assert sorted(last) == ["new_t1", "town_t1", "town_t2"]
    assert sorted(held(grid.net)) == ["new_t1", "town_t1", "town_t2"]  # as it was: stages have copies


def test_a_stage_without_units_has_nothing_that_acts(tmp_path: Path) -> None:
    rows = tiny_rows()
    del rows["voltage_bands"][0]
    scenario = load_scenario(write_tiny_study(tmp_path, rows=rows))
    grid = stage_grid(load_tables(scenario.network_folder), scenario)
    net = grid.net_at(grid.stages[0])
    assert net.controller["in_service"].tolist() == [False]
    assert tap_units(net).name == ()
    assert NewtonSolver(net, SolveOptions()).solve({}, 1).tap_pos is None


def test_units_are_in_the_order_of_both_solvers(almaty: NetworkTables) -> None:
    net = build_net(almaty)
    keep_in_service(net)
    units = tap_units(net)
    taps = NewtonSolver(net, SolveOptions()).compiled.controls.taps
    named = zip(taps.table, taps.table_row.tolist(), strict=True)
    assert units.name == tuple((table, net[table]["name"].iat[row]) for table, row in named)
    assert (units.tap_min == taps.tap_min).all()
    assert (units.tap_max == taps.tap_max).all()
    assert ReferenceSolver(net, SolveOptions()).solve({}, 1).tap_pos.shape == (1, len(units.name))


def test_pandapower_brings_the_town_into_its_band(tmp_path: Path) -> None:
    net = build_net(load_tiny_network(tmp_path))
    net.trafo["tap_pos"] = 6
    town = int(np.flatnonzero(net.bus["name"] == "town_10")[0])
    pp.runpp(net, numba=False)
    assert net.res_bus.at[town, "vm_pu"] < 1.0
    pp.control.run_control(net)
    assert 1.02 < net.res_bus.at[town, "vm_pu"] < 1.05
    assert net.trafo["tap_pos"].iloc[0] == net.trafo["tap_pos"].iloc[1] < 6


def test_the_first_day_of_almaty_settles_inside_the_bands(almaty: NetworkTables) -> None:
    net = build_net(almaty)
    keep_in_service(net)
    solution = NewtonSolver(net, SolveOptions()).solve({}, 1)
    assert solution.is_solved.all()
    found = dict(zip(net.bus["name"], solution.vm_pu[0], strict=True))
    bands = almaty["voltage_bands"].set_index("bus_id")
    inside = 0
    for bus, (low, high) in bands[["vm_lower_pu", "vm_upper_pu"]].iterrows():
        if bus.endswith(".10") and np.isfinite(found[bus]):  # upper levels rest before the lower ones act
            assert low < found[bus] < high, bus
            inside += 1
    assert inside > 100
    at_10_kv = solution.vm_pu[0, (net.bus["vn_kv"] == 10.0).to_numpy()]
    assert 0.95 < np.nanmin(at_10_kv) <= np.nanmax(at_10_kv) < 1.10


def test_every_load_of_almaty_hangs_on_a_busbar_that_is_held_or_on_a_tertiary(almaty: NetworkTables) -> None:
    free = set(almaty["loads"]["bus_id"]) - set(almaty["voltage_bands"]["bus_id"])
    units = almaty["trafos3w"]
    is_auto = units["std_type"].str.startswith("AT")
    assert free <= set(units.loc[is_auto, "lv_bus_id"])


def test_units_in_parallel_start_alike(almaty: NetworkTables) -> None:
    """From one position, in equal bands, they step together; projects replace others, so stages decide."""
    banded = set(almaty["voltage_bands"]["bus_id"])
    closes = set(almaty["commissioning"].query("action == 'close'")["element_id"])
    checked = 0
    for table, key, side in (("trafos", "trafo_id", "lv"), ("trafos3w", "trafo3w_id", "mv")):
        units = almaty[table]
        staying = units[~units[key].isin(closes)]
        for bus, group in staying.groupby(f"{side}_bus_id"):
            if bus in banded:
                assert group["tap_pos"].nunique() == 1, bus
                checked += len(group) > 1
    assert checked > 100


def test_no_voltage_is_held_outside_what_the_standard_allows(almaty: NetworkTables) -> None:
    """GOST 32144 allows 10 % either way at the supply point."""
    bands = almaty["voltage_bands"]
    assert bands["vm_lower_pu"].min() > 0.95
    assert bands["vm_upper_pu"].max() < 1.10
    assert set(bands["confidence"]) == {"assumed"}
