"""An hour of the reference scenario after some of its outages, against brute force with the taps of the hour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridsim.enums import StepStatus
from gridsim.grid.staged import stage_grid
from gridsim.scenario import load_scenario
from gridsim.solve.contingency_solver import ContingencySolver
from gridsim.solve.options import SolveOptions
from gridsim.studies.n1_study import single_outages
from gridsim.tables.load import load_tables
from tests.support.brute_outages import brute_force
from tests.support.parity import LOADING_TOLERANCE_PERCENT

REFERENCE = Path(__file__).resolve().parents[2] / "scenarios" / "reference.toml"
N_OUTAGE = 24


@pytest.mark.slow
def test_an_evening_of_the_reference() -> None:
    scenario = load_scenario(REFERENCE, from_year=2028, to_year=2028)
    grid = stage_grid(load_tables(scenario.network_folder), scenario)
    block = grid.blocks[-1]
    profiles = grid.profiles_for(block)
    net = grid.net_at(grid.stages[block.stage_index], profiles)
    every = single_outages(grid, grid.stages[block.stage_index], net)
    rng = np.random.default_rng(28)
    groups = [every[k] for k in np.sort(rng.choice(len(every), N_OUTAGE, replace=False)).tolist()]
    hour = int(np.argmax(profiles["load", "p_mw"].sum(axis=1)))
    at_hour = {key: values[hour : hour + 1] for key, values in profiles.items()}

    solver = ContingencySolver(net, groups, SolveOptions(run_control=True))
    found = solver.solve(at_hour, 1, from_settled_taps=True)

    frames = {key: pd.DataFrame(values, columns=net[key[0]].index) for key, values in at_hour.items() if values.size}
    places: dict[str, dict[int, float]] = {"trafo": {}, "trafo3w": {}}
    assert found.before.tap_pos is not None
    for (table, row), position in zip(solver.tap_units, found.before.tap_pos[0].tolist(), strict=True):
        places[table][int(net[table].index[row])] = float(position)
    taps = {table: pd.DataFrame([positions]) for table, positions in places.items() if positions}
    net.controller["in_service"] = False
    brute = brute_force(net, frames, groups, taps)

    known = np.isfinite(brute.worst)
    np.testing.assert_array_equal(np.isfinite(found.worst_percent), known)
    np.testing.assert_allclose(
        found.worst_percent[known], brute.worst[known], rtol=1e-7, atol=LOADING_TOLERANCE_PERCENT
    )
    lost = {
        groups[k].name: mw
        for k, mw in zip(found.failed.contingency.tolist(), found.failed.lost_mw.tolist(), strict=True)
    }
    assert lost == pytest.approx({name: mw for (name, _), mw in brute.lost_mw.items()}, abs=1e-6)
    assert (found.failed.status == int(StepStatus.de_energised)).all()
