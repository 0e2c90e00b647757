"""The reference study against plain pandapower at 200 hours drawn over all of its stages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gridsim.grid.staged import StagedGrid, stage_grid
from gridsim.scenario import load_scenario
from gridsim.solve import SolveOptions
from gridsim.solve.newton_solver import NewtonSolver
from gridsim.solve.reference import ReferenceSolver
from gridsim.tables import load_tables
from tests.support.parity import assert_same_solution

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.dtypes import FloatArray
    from gridsim.grid.stages import Stage

HOURS = 200
TAP_HOURS = 8
#: ``runpp(tolerance_mva=1e-8)``.
OPTIONS = SolveOptions(tolerance_pu=1e-8)


@pytest.fixture(scope="module")
def reference(repository: Path) -> StagedGrid:
    scenario = load_scenario(repository / "scenarios" / "reference.toml")
    return stage_grid(load_tables(scenario.network_folder), scenario)


def hours_over_all_stages(grid: StagedGrid) -> list[tuple[int, list[int]]]:
    """Stage and steps drawn from it: every stage at least once, long stages more often."""
    rng = np.random.default_rng(2026)
    first = {stage.index: [int(rng.integers(stage.start_step, stage.stop_step))] for stage in grid.stages}
    for step in rng.choice(len(grid.time_utc), HOURS - len(first), replace=False):
        stage = next(stage for stage in grid.stages if stage.start_step <= step < stage.stop_step)
        first[stage.index].append(int(step))
    return [(stage, sorted(set(steps))) for stage, steps in first.items()]


def profiles_at(grid: StagedGrid, stage: Stage, steps: list[int]) -> dict[tuple[str, str], FloatArray]:
    """Profiles of some steps of a stage, one row each."""
    parts = [grid.injections.element_profiles(step, step + 1, stage.in_service["bus"]) for step in steps]
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


@pytest.mark.slow
def test_two_hundred_hours_agree_with_runpp(reference: StagedGrid) -> None:
    """With the taps of the tables; pandapower needs minutes for the hours of one day when they act."""
    drawn = hours_over_all_stages(reference)
    assert sum(len(steps) for _, steps in drawn) >= HOURS - 2
    options = replace(OPTIONS, run_control=False)
    for index, steps in drawn:
        stage = reference.stages[index]
        profiles = profiles_at(reference, stage, steps)
        net = reference.net_at(stage, profiles)
        ours = NewtonSolver(net, options).solve(profiles, len(steps))
        theirs = ReferenceSolver(net, options).solve(profiles, len(steps))
        assert ours.is_solved.all()
        assert_same_solution(ours, theirs)


@pytest.mark.slow
def test_tap_changers_settle_where_those_of_pandapower_do(reference: StagedGrid) -> None:
    drawn = hours_over_all_stages(reference)
    for index, steps in drawn[:: len(drawn) // TAP_HOURS]:
        stage = reference.stages[index]
        profiles = profiles_at(reference, stage, steps[:1])
        net = reference.net_at(stage, profiles)
        net["load"][["p_mw", "q_mvar"]] *= 0.9  # so that the hour does not start where it ends
        ours = NewtonSolver(net, OPTIONS).solve(profiles, 1, from_settled_taps=True)
        theirs = ReferenceSolver(net, OPTIONS).solve(profiles, 1, from_settled_taps=True)
        assert ours.is_solved.all()
        assert ours.tap_pos is not None
        assert (ours.tap_pos == theirs.tap_pos).all()
        assert_same_solution(ours, theirs)
