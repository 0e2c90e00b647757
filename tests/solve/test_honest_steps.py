"""A failed hour is not a healthy hour: what other engines get wrong, and every way a step can fail."""

from __future__ import annotations

import numpy as np
import pandapower as pp
import pytest

from gridsim.enums import Solver, StepStatus
from gridsim.solve import SolveOptions, make_solver
from gridsim.solve.newton_solver import NewtonSolver
from tests.support.element_nets import feeder, four_hours, shipped_net
from tests.support.parity import assert_same_solution, random_profiles
from tests.support.physics import assert_failed_steps_hold_no_numbers

BOTH = list(Solver)


@pytest.mark.parametrize("solver", BOTH)
def test_four_hours(solver):
    """42.5, 82.7, no solution, 62.4 %: the third hour fails, the fourth does not inherit it."""
    p_mw = np.array([[10.0], [20.0], [500.0], [15.0]])
    solution = make_solver(four_hours(), SolveOptions(solver=solver)).solve({("load", "p_mw"): p_mw}, 4)
    assert np.round(solution.loading.trafo[:, 0], 1).tolist()[:2] == [42.5, 82.7]
    assert np.isnan(solution.loading.trafo[2, 0])
    assert round(solution.loading.trafo[3, 0], 1) == 62.4
    assert solution.is_solved.tolist() == [True, True, False, True]
    assert_failed_steps_hold_no_numbers(solution)


def test_two_lines_and_two_units_of_which_one_of_each_is_out():
    """75 MW and 30 Mvar over the remaining line and unit: no solution, and not "causes no overloading"."""
    net = pp.create_empty_network()
    for vn_kv in (110.0, 110.0, 10.0):
        pp.create_bus(net, vn_kv)
    pp.create_ext_grid(net, 0)
    for _ in range(2):
        pp.create_line_from_parameters(net, 0, 1, 60.0, 0.2, 0.4, 9.0, 0.5)
        pp.create_transformer_from_parameters(net, 1, 2, 25.0, 110.0, 10.0, 0.5, 10.5, 20.0, 0.5)
    pp.create_load(net, 2, 75.0, 30.0)
    assert make_solver(net).solve({}, 1).status.tolist() == [StepStatus.ok]
    net.line.loc[1, "in_service"] = False
    net.trafo.loc[1, "in_service"] = False
    solution = make_solver(net).solve({}, 1)
    assert not solution.is_solved.any()
    assert_failed_steps_hold_no_numbers(solution)
    assert_same_solution(solution, make_solver(net, SolveOptions(solver=Solver.pandapower)).solve({}, 1))


@pytest.mark.parametrize("solver", BOTH)
def test_island_without_source(solver):
    net = feeder()
    net.line.loc[2, "in_service"] = False
    p_mw, q_mvar = np.array([[5.0, 3.0], [0.0, 3.0], [0.0, 3.0]]), np.array([[1.0, 1.0], [0.0, 1.0], [2.0, 1.0]])
    profiles = {("load", "p_mw"): p_mw, ("load", "q_mvar"): q_mvar}
    solution = make_solver(net, SolveOptions(solver=solver)).solve(profiles, 3)
    assert solution.status.tolist() == [StepStatus.de_energised, StepStatus.ok, StepStatus.de_energised]
    assert solution.unserved_mw.tolist() == [5.0, 0.0, 0.0]
    assert np.isnan(solution.vm_pu[1]).tolist() == [False, False, False, True]
    assert solution.load_mw[1] == pytest.approx(3.0 * 0.7)
    assert_failed_steps_hold_no_numbers(solution)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e300, -1e300])
@pytest.mark.parametrize("key", [("load", "p_mw"), ("load", "q_mvar")])
def test_input_that_is_no_number_fails_its_step_alone(key, wrong):
    net = shipped_net("case9")
    profiles = random_profiles(net, 5, seed=1)
    healthy = make_solver(net).solve(profiles, 5)
    profiles[key][2, 1] = wrong
    solution = make_solver(net).solve(profiles, 5)
    assert solution.is_solved.tolist() == [True, True, False, True, True]
    assert_failed_steps_hold_no_numbers(solution)
    others = [0, 1, 3, 4]
    assert (solution.vm_pu[others] == healthy.vm_pu[others]).all()
    assert (solution.loading.columns[others] == healthy.loading.columns[others]).sum() > 0


@pytest.mark.parametrize("wrong", [np.nan, 0.0, -1.0])
def test_set_point_that_is_no_voltage_fails_its_step(wrong):
    net = shipped_net("case9")
    vm_pu = np.full((3, 2), 1.0)
    vm_pu[1, 0] = wrong
    solution = make_solver(net).solve({("gen", "vm_pu"): vm_pu}, 3)
    assert solution.is_solved.tolist() == [True, False, True]
    assert_failed_steps_hold_no_numbers(solution)


def test_no_solution_on_the_lower_branch_is_accepted():
    """Just above the last MW that has a solution, the lower branch is near; neither it nor a mixture is reported."""
    net = four_hours()
    p_mw = np.linspace(10.0, 200.0, 400)[:, np.newaxis]
    solution = make_solver(net).solve({("load", "p_mw"): p_mw}, 400)
    solved = solution.is_solved
    assert solved[0]
    assert not solved[-1]
    last = int(np.flatnonzero(solved)[-1])
    assert solved[: last + 1].all()  # one range of loads has solutions, and none of it is missed
    vm_pu = solution.vm_pu[: last + 1, 1]
    assert (np.diff(vm_pu) < 0.0).all()  # more load, lower voltage: only the upper branch does that
    assert vm_pu.min() > 0.5


def test_no_load_and_no_generation():
    """No current but that of the transformer's own magnetisation; the loss is its iron loss."""
    net = four_hours()
    net.trafo["tap_pos"] = 0
    zero = np.zeros((1, 1))
    solution = NewtonSolver(net, SolveOptions()).solve({("load", "p_mw"): zero, ("load", "q_mvar"): zero}, 1)
    assert solution.status.tolist() == [StepStatus.ok]
    assert solution.loading.trafo[0, 0] == pytest.approx(net.trafo.i0_percent.iat[0], rel=0.05)
    assert solution.loss_mw[0] == pytest.approx(net.trafo.pfe_kw.iat[0] / 1000.0, rel=0.01)


def test_a_net_of_sources_only():
    """Nothing is unknown: every bus is a slack."""
    net = pp.create_empty_network()
    for _ in range(2):
        pp.create_bus(net, 20.0)
    pp.create_ext_grid(net, 0, vm_pu=1.02)
    pp.create_ext_grid(net, 1, vm_pu=1.0)
    pp.create_line(net, 0, 1, 5.0, "NA2XS2Y 1x240 RM/25 12/20 kV")
    solution = make_solver(net).solve({}, 2)
    assert solution.status.tolist() == [StepStatus.ok] * 2
    judged = make_solver(net, SolveOptions(solver=Solver.pandapower)).solve({}, 2)
    assert_same_solution(solution, judged)


def test_no_steps_give_no_rows():
    solution = make_solver(feeder()).solve({("load", "p_mw"): np.empty((0, 2))}, 0)
    assert solution.n_step == 0
    assert solution.vm_pu.shape == (0, 4)
    assert sum(solution.count_by_status().values()) == 0
