"""The network of the Almaty Region: no findings, and a load flow on the first and on the last day of the plan."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandapower as pp
import pytest

from gridsim.grid.build import build_net
from gridsim.grid.staged import StagedGrid, stage_grid
from gridsim.scenario import load_scenario
from gridsim.tables import check_tables, load_tables

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def grid(repository: Path) -> StagedGrid:
    """The reference scenario in days, which is enough for a first and a last one."""
    scenario = load_scenario(repository / "scenarios" / "reference.toml")
    daily = dataclasses.replace(scenario, horizon=dataclasses.replace(scenario.horizon, resolution_h=24))
    return stage_grid(load_tables(daily.network_folder), daily)


def assert_balanced(net: pp.pandapowerNet) -> None:
    """Every busbar in service has a voltage, and what is fed is what is used and lost."""
    is_up = net.bus["in_service"].to_numpy()
    np.testing.assert_array_equal(net.res_bus["vm_pu"].notna().to_numpy(), is_up)
    assert net.res_bus["vm_pu"].dropna().between(0.8, 1.2).all()
    fed = sum(net[f"res_{table}"]["p_mw"].sum() for table in ("ext_grid", "gen", "sgen"))
    used = sum(net[f"res_{table}"]["p_mw"].sum() for table in ("load", "shunt"))
    losses = sum(net[f"res_{table}"]["pl_mw"].sum() for table in ("line", "trafo", "trafo3w"))
    assert fed == pytest.approx(used + losses, abs=1e-4)
    assert 0.0 < losses < 0.1 * used


def test_network_has_no_findings(repository: Path) -> None:
    _, findings = check_tables(repository / "networks" / "almaty")
    assert findings == (), "\n".join(map(str, findings))


def test_net_alone_solves_the_first_day(repository: Path) -> None:
    net = build_net(load_tables(repository / "networks" / "almaty"))
    pp.runpp(net, tolerance_mva=1e-6, numba=False)
    assert_balanced(net)


@pytest.mark.slow
@pytest.mark.parametrize("position", [0, -1])
def test_first_and_last_day_of_the_reference_have_a_solution(grid: StagedGrid, position: int) -> None:
    block = grid.blocks[position]
    net = grid.net_at(grid.stages[block.stage_index])
    for (table, column), values in grid.profiles_for(block).items():
        net[table][column] = values[position]
    pp.runpp(net, tolerance_mva=1e-6, numba=False)
    assert_balanced(net)


@pytest.mark.slow
def test_reference_holds_nothing_back(grid: StagedGrid) -> None:
    assert grid.calendar.deferred.empty, grid.calendar.deferred.to_string()
    for state in grid.calendar.states:
        np.testing.assert_array_equal(state.supplied, state.in_service["buses"])
