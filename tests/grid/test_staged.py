"""One net through time: copies in service as the stage says, profiles of blocks, load that moves."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np
import pandapower as pp
import pandas as pd
import pytest
from pandapower.toolbox import nets_equal

from gridsim.grid.staged import StagedGrid, stage_grid
from gridsim.grid.stages import element_names
from gridsim.scenario import load_scenario
from gridsim.tables import load_tables
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path


def tiny_grid(folder: Path, more: str = "") -> StagedGrid:
    scenario = load_scenario(write_tiny_study(folder, more=more))
    return stage_grid(load_tables(scenario.network_folder), scenario)


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> StagedGrid:
    return tiny_grid(tmp_path_factory.mktemp("tiny_grid"))


def test_stages_and_blocks_cover_the_horizon(grid: StagedGrid) -> None:
    assert len(grid.stages) == 4
    for parts in (grid.stages, grid.blocks):
        covered = np.concatenate([np.arange(part.start_step, part.stop_step) for part in parts])
        np.testing.assert_array_equal(covered, np.arange(len(grid.time_utc)))


def test_net_at_has_exactly_the_elements_of_the_stage(grid: StagedGrid) -> None:
    before = {table: grid.net[table]["in_service"].copy() for table in grid.stages[0].in_service}
    for stage in grid.stages:
        net = grid.net_at(stage)
        for table, mask in stage.in_service.items():
            assert net[table]["in_service"].tolist() == mask.tolist()
        net.bus["in_service"] = False
        net.load["p_mw"] = 0.0
    for table, column in before.items():
        pd.testing.assert_series_equal(grid.net[table]["in_service"], column)
    assert grid.net.load["p_mw"].sum() == pytest.approx(30.0)


def test_own_values_are_the_means_of_the_profiles(grid: StagedGrid) -> None:
    before = copy.deepcopy(grid.net)
    for block in grid.blocks:
        profiles = grid.profiles_for(block)
        net = grid.net_at(grid.stages[block.stage_index], profiles)
        for (table, column), values in profiles.items():
            np.testing.assert_allclose(net[table][column], values[::5].mean(axis=0), rtol=1e-12)
        assert net.load["p_mw"].sum() == pytest.approx(profiles["load", "p_mw"].sum(axis=1).mean(), rel=0.05)
    assert nets_equal(grid.net, before)


def test_a_copy_shares_nothing_that_is_written_to(grid: StagedGrid) -> None:
    before = copy.deepcopy(grid.net)
    net = grid.net_at(grid.stages[0])
    for frame in (value for value in net.values() if isinstance(value, pd.DataFrame)):
        for column in frame.columns[frame.dtypes == np.float64]:
            frame[column].to_numpy()[:] = 7.0
        frame["new"] = 1
    pp.create_switch(net, 0, 1, "b")
    assert nets_equal(grid.net, before)
    assert (len(grid.net.switch), len(net.switch)) == (0, 1)


def test_profiles_have_the_rows_of_the_net(grid: StagedGrid) -> None:
    for block in grid.blocks:
        profiles = grid.profiles_for(block)
        assert set(profiles) == {
            ("load", "p_mw"),
            ("load", "q_mvar"),
            ("gen", "p_mw"),
            ("sgen", "p_mw"),
            ("sgen", "q_mvar"),
        }
        for (table, _), values in profiles.items():
            assert values.shape == (block.n_step, len(grid.net[table]))
            assert np.isfinite(values).all()


def test_load_moves_with_the_substation(grid: StagedGrid) -> None:
    """town_10 loses 40 % of its home load, and the investor, on the day new_10 opens; the sum goes on."""
    west, town, new = (grid.net.load["name"].tolist().index(name) for name in ("west_10", "town_10", "new_10"))
    before = [block for block in grid.blocks if block.stage_index == 1][-1]
    after = next(block for block in grid.blocks if block.stage_index == 2)
    last, first = grid.profiles_for(before)["load", "p_mw"], grid.profiles_for(after)["load", "p_mw"]
    assert (last[:, new] == 0.0).all()
    assert (first[:, new] > 0.0).all()
    day = slice(0, 4)
    home_share = first[day, town] / (last[-4:, town] + 1e-12)
    assert (home_share < 0.75).all()
    assert first[day].sum() == pytest.approx(last[-4:].sum(), rel=0.1)
    assert first[day, west].sum() == pytest.approx(last[-4:, west].sum(), rel=0.2)


def test_blocks_are_independent_of_each_other(grid: StagedGrid) -> None:
    """A block gives the same bits alone and after others."""
    block = grid.blocks[3]
    alone = grid.profiles_for(block)
    grid.profiles_for(grid.blocks[0])
    again = grid.profiles_for(block)
    for key, values in alone.items():
        np.testing.assert_array_equal(values, again[key])


def test_every_stage_has_a_load_flow(grid: StagedGrid) -> None:
    for stage in grid.stages:
        net = grid.net_at(stage)
        block = next(block for block in grid.blocks if block.stage_index == stage.index)
        for (table, column), values in grid.profiles_for(block).items():
            net[table][column] = values[0]
        pp.runpp(net, tolerance_mva=1e-8, numba=False)
        supplied = net.res_bus["vm_pu"].notna().to_numpy()
        np.testing.assert_array_equal(supplied, stage.in_service["bus"])
        losses = net.res_line["pl_mw"].sum() + net.res_trafo["pl_mw"].sum() + net.res_trafo3w["pl_mw"].sum()
        fed = net.res_ext_grid["p_mw"].sum() + net.res_gen["p_mw"].sum() + net.res_sgen["p_mw"].sum()
        assert fed == pytest.approx(net.res_load["p_mw"].sum() + losses, abs=1e-6)


def test_cancelled_project_leaves_the_load_where_it_was(tmp_path: Path) -> None:
    grid = tiny_grid(tmp_path, '[commissioning]\ncancelled_projects = ["p_new"]\n')
    assert [stage.opened for stage in grid.stages] == [(), ("sgen:solar",), ("trafo3w:west_at2",)]
    new = element_names(grid.tables)["load"].index("new_10")
    for block in grid.blocks:
        assert (grid.profiles_for(block)["load", "p_mw"][:, new] == 0.0).all()
