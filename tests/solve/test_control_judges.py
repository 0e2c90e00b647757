"""The judge of controls: pandapower's own loops, and a plain loop in which generators come back from their limits."""

from __future__ import annotations

import copy

import numpy as np
import pandapower as pp
import pytest

from gridsim.enums import StepStatus
from gridsim.solve import SolveOptions
from gridsim.solve.reference import ReferenceSolver
from gridsim.solve.solution import NO_POSITION
from tests.support import control_nets
from tests.support.control_nets import CONTROL_NETS
from tests.support.element_nets import shipped_net
from tests.support.naive_controls import NaiveControlSolver
from tests.support.parity import assert_same_solution

LIMITS = SolveOptions(enforce_q_lims=True, use_fallback=False)


def at_levels(net, levels):
    """Every load at some multiples of its own value."""
    return {("load", column): np.outer(levels, net.load[column].to_numpy(dtype=float)) for column in ("p_mw", "q_mvar")}


def solve(name, levels, solver=ReferenceSolver):
    builder, options = CONTROL_NETS[name]
    net = builder()
    return solver(net, options).solve(at_levels(net, levels), len(levels))


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("upper_limit", (0.6, 1.4)),
        ("lower_limit", (0.2, 0.6, 1.0, 1.4)),
        ("limits_one_after_the_other", (0.6, 1.4)),
        ("two_gens_share_a_bus", (0.6, 1.4)),
        ("gen_at_slack_bus", (0.6, 1.4)),
        ("limits_and_shares", (0.2, 0.6)),
        ("everything", (1.0,)),
        ("in_levels", (0.2, 1.0)),
        ("two_grids_share", (0.2, 1.0)),
    ],
)
def test_both_judges_agree_where_no_generator_comes_back(name, levels):
    theirs, ours = solve(name, levels), solve(name, levels, NaiveControlSolver)
    assert theirs.is_solved.all()
    assert_same_solution(ours, theirs)
    assert (theirs.tap_pos is None) == (ours.tap_pos is None)
    if theirs.tap_pos is not None:
        assert (theirs.tap_pos == ours.tap_pos).all()


@pytest.mark.parametrize("name", ["upper_limit", "switched_back", "two_gens_share_a_bus"])
def test_a_generator_comes_back_from_its_limit(name):
    """pandapower leaves one at its upper limit above its set point, or at its lower limit below it."""
    builder, options = CONTROL_NETS[name]
    net = builder()
    net.load[["p_mw", "q_mvar"]] *= 0.2
    place = {bus: row for row, bus in enumerate(net.bus.index)}
    rows = [place[bus] for bus in net.gen.bus]
    theirs = ReferenceSolver(net, options).solve({}, 1)
    ours = NaiveControlSolver(net, options).solve({}, 1)
    assert theirs.is_solved.all()
    assert ours.is_solved.all()
    off = np.abs(theirs.vm_pu[0, rows] - net.gen.vm_pu)
    back = np.abs(ours.vm_pu[0, rows] - net.gen.vm_pu)
    assert (off[back < 1e-9] > 1e-3).any()


@pytest.mark.filterwarnings("ignore:tap_dependency_table")
def test_a_failure_on_the_way_is_no_success():
    """pandapower#3085: the second of four load flows fails, its numbers send more generators to their limits."""
    net = shipped_net("case39")
    net.load["p_mw"] *= 2.244067796610169
    net.load["q_mvar"] *= -0.5 * 2.244067796610169
    net.gen["p_mw"] *= 2.244067796610169
    pp.runpp(copy.deepcopy(net), enforce_q_lims=True, init="dc", numba=False)  # raises nothing
    solution = ReferenceSolver(net, LIMITS).solve({}, 1)
    assert solution.status.tolist() == [StepStatus.max_iterations]
    assert np.isnan(solution.vm_pu).all()


def test_every_step_starts_from_the_positions_of_the_net():
    net = control_nets.in_series()
    kept = net.trafo.copy()
    levels = (1.4, 0.2, 1.4)
    together = ReferenceSolver(net, SolveOptions()).solve(at_levels(net, levels), 3)
    assert (net.trafo == kept).to_numpy()[kept.notna()].all()
    assert together.tap_pos[0].tolist() == together.tap_pos[2].tolist()
    assert together.tap_pos[0].tolist() != together.tap_pos[1].tolist()
    assert (together.vm_pu[0] == together.vm_pu[2]).all()


def test_levels_settle_one_after_the_other():
    levels = (0.2, 1.4)
    assert (solve("in_series", levels).tap_pos != solve("in_levels", levels).tap_pos).any(axis=1).all()


def test_parallel_units_stay_in_step():
    taps = solve("parallel_units", (0.2, 0.6, 1.0, 1.4)).tap_pos
    assert (taps[:, 0] == taps[:, 1]).all()
    assert len(set(taps[:, 0])) > 1


def test_a_band_out_of_reach_ends_at_the_stop():
    solution = solve("end_stop", (0.2, 1.0))
    assert solution.tap_pos.tolist() == [[-9], [-9]]
    assert solution.is_solved.all()


def test_taps_that_never_rest_have_no_solution():
    solution = solve("hunting", (0.2, 1.0))
    assert solution.status.tolist() == [StepStatus.max_iterations] * 2
    assert (solution.tap_pos == NO_POSITION).all()
    assert np.isnan(solution.vm_pu).all()


def test_taps_may_be_left_alone():
    net = control_nets.one_unit()
    solution = ReferenceSolver(net, SolveOptions(run_control=False)).solve({}, 1)
    assert solution.tap_pos is None
    net.controller["in_service"] = False
    assert (ReferenceSolver(net, SolveOptions()).solve({}, 1).vm_pu == solution.vm_pu).all()
    moved = ReferenceSolver(control_nets.one_unit(), SolveOptions()).solve({}, 1)
    assert np.abs(moved.vm_pu - solution.vm_pu).max() > 1e-3


def test_units_that_share_a_table_stand_where_they_stand():
    net = control_nets.table_of_taps(shared=True)
    net.controller["in_service"] = False
    together = ReferenceSolver(net, SolveOptions()).solve({}, 1)
    net.trafo.loc[20, "in_service"] = False
    net.trafo_characteristic_table = net.trafo_characteristic_table.query("step == 6")
    alone = ReferenceSolver(net, SolveOptions()).solve({}, 1)
    pp.runpp(net, numba=False)
    assert np.abs(alone.vm_pu[0] - net.res_bus.vm_pu).max() < 1e-9
    assert np.abs(together.vm_pu - alone.vm_pu).max() > 1e-4


def acting_units(net):
    """Rows of two-winding units with a controller each, in the order in which they act."""
    acting = net.controller.sort_values(["level", "order"], kind="stable")
    return [int(controller.element_index) for controller in acting["object"]]


def test_steps_may_start_where_the_taps_rest():
    net = control_nets.in_series()
    levels = (1.4, 0.2, 1.0)
    judge = ReferenceSolver(net, SolveOptions())
    assert judge.settled_tap_pos.tolist() == judge.solve({}, 1).tap_pos[0].tolist()
    assert judge.settled_tap_pos.tolist() != net.trafo.loc[acting_units(net), "tap_pos"].tolist()
    settled = judge.solve(at_levels(net, levels), 3, from_settled_taps=True)
    assert settled.tap_pos[2].tolist() == judge.settled_tap_pos.tolist()  # what rests stays
    assert judge.solve({}, 1).tap_pos[0].tolist() == judge.settled_tap_pos.tolist()
    net.trafo.loc[acting_units(net), "tap_pos"] = judge.settled_tap_pos
    moved = ReferenceSolver(net, SolveOptions()).solve(at_levels(net, levels), 3)
    assert_same_solution(settled, moved)
    assert (settled.tap_pos == moved.tap_pos).all()


def test_taps_that_never_rest_start_from_their_own_positions():
    builder, options = CONTROL_NETS["hunting"]
    net = builder()
    own = net.trafo.loc[acting_units(net), "tap_pos"].tolist()
    assert ReferenceSolver(net, options).settled_tap_pos.tolist() == own
