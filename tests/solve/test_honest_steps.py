"""A failed hour is not a healthy hour: what other engines get wrong, and every way a step can fail."""

from __future__ import annotations

import numpy as np
import pandapower as pp
import pytest

from gridsim.enums import Solver, StepStatus
from gridsim.errors import CompileError
from gridsim.kernels.jit import IS_COMPILED
from gridsim.solve import SolveOptions, ladder, make_solver
from gridsim.solve.ladder import Start
from gridsim.solve.newton_solver import NewtonSolver
from tests.support.control_nets import ALL, LIMITS, SHARES, TAPS, everything, three_shares
from tests.support.element_nets import ELEMENT_NETS, feeder, four_hours, shipped_net
from tests.support.parity import assert_same_solution, largest_difference, random_profiles
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


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("options", [TAPS, LIMITS, SHARES, ALL], ids=["plain", "limits", "shares", "all"])
def test_no_element_is_too_small_to_count(wrong, options):
    """Wherever it stands, active or reactive, at a generator or not: a step with it has no numbers."""
    net = three_shares()
    pp.create_load(net, net.ext_grid.bus.iat[0], 3.0, 1.0)
    solver = NewtonSolver(net, options)
    for key in (("load", "p_mw"), ("load", "q_mvar"), ("gen", "p_mw")):
        own = net[key[0]][key[1]].to_numpy(dtype=float)
        values = np.tile(own, (len(own) + 1, 1))
        np.fill_diagonal(values, wrong)
        solution = solver.solve({key: values}, len(values))
        assert solution.is_solved.tolist() == [False] * len(own) + [True]
        assert_failed_steps_hold_no_numbers(solution)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_elements_out_of_service_may_hold_anything(wrong):
    net = ELEMENT_NETS["out_of_service"]()
    values = np.tile(net.load.p_mw.to_numpy(dtype=float), (2, 1))
    out = ~net.load.in_service.to_numpy(dtype=bool)
    assert out.any()
    values[1, out] = wrong
    solution = NewtonSolver(net, SolveOptions()).solve({("load", "p_mw"): values}, 2)
    assert solution.is_solved.all()
    assert np.nanmax(np.abs(solution.vm_pu[1] - solution.vm_pu[0])) < 1e-8
    assert np.isfinite(solution.load_mw).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e300])
def test_one_island_without_solution_fails_the_step(wrong):
    """The other island converges all the same; half a solution is none."""
    net = ELEMENT_NETS["two_islands"]()
    for element in range(len(net.load)):
        p_mw = np.tile(net.load.p_mw.to_numpy(dtype=float), (2, 1))
        p_mw[0, element] = wrong
        solution = NewtonSolver(net, SolveOptions()).solve({("load", "p_mw"): p_mw}, 2)
        assert solution.is_solved.tolist() == [False, True]
        assert_failed_steps_hold_no_numbers(solution)


@pytest.mark.parametrize("table", ["line", "impedance"])
def test_zero_impedance_is_an_error(table):
    net = ELEMENT_NETS["impedance"]()
    columns = ["r_ohm_per_km", "x_ohm_per_km"] if table == "line" else ["rft_pu", "xft_pu", "rtf_pu", "xtf_pu"]
    index = net[table].index[0]
    net[table].loc[index, columns] = 0.0
    with pytest.raises(CompileError, match=f"^{table} {index}: the series impedance is zero"):
        NewtonSolver(net, SolveOptions())


#: 90 MW are beyond what a chord around an anchor reaches, and within what Newton's method does.
RUNGS_MW = (20.0, 102.0, 500.0, 30.0)


def on_rungs(solver):
    solution = solver.solve({("load", "p_mw"): np.array(RUNGS_MW)[:, np.newaxis]}, len(RUNGS_MW))
    assert_failed_steps_hold_no_numbers(solution)
    fell_back = solution.rung > 0
    assert (solution.status[fell_back] == StepStatus.ok_fallback).all()
    assert (solution.status[solution.rung == 0] == StepStatus.ok).all()
    assert solution.count_by_status()[StepStatus.ok_fallback] == fell_back.sum()
    return solution


@pytest.mark.skipif(not IS_COMPILED, reason="without the compiler there is no chord, and rungs count from Newton's")
def test_each_rung_is_counted(monkeypatch):
    """0 chord, 1 Newton from the base point, 2 from a flat start, 3 damped; each says so, and all say the same."""
    net = four_hours()
    first = on_rungs(NewtonSolver(net, SolveOptions()))
    assert first.rung.tolist() == [0, 1, -1, 0]
    assert NewtonSolver(net, SolveOptions(use_fallback=False)).solve(
        {("load", "p_mw"): np.array(RUNGS_MW)[:, np.newaxis]}, 4
    ).rung.tolist() == [0, -1, -1, 0]

    from_nowhere = NewtonSolver(net, SolveOptions())
    from_nowhere.anchor = Start(np.full(2, 1e-3), np.zeros(2), from_nowhere.anchor.sign)
    second = on_rungs(from_nowhere)
    assert second.rung.tolist() == [0, 2, -1, 0]

    run = ladder._run

    def only_damped(*arguments):
        run(*arguments)
        if not arguments[4]:
            arguments[-1].code[arguments[3]] = StepStatus.max_iterations

    solver = NewtonSolver(net, SolveOptions())
    monkeypatch.setattr(ladder, "_run", only_damped)
    third = on_rungs(solver)
    assert third.rung.tolist() == [0, 3, -1, 0]
    for other in (second, third):
        assert largest_difference(other.vm_pu, first.vm_pu) < 1e-8
        assert largest_difference(other.loading.trafo, first.loading.trafo) < 1e-5
        assert largest_difference(other.loss_mw, first.loss_mw) < 1e-6
        assert (other.iterations[1] > first.iterations[1]).all()
        assert other.vm_pu[[0, 3]].tobytes() == first.vm_pu[[0, 3]].tobytes()


def test_a_step_that_fails_on_the_way_keeps_no_position():
    """Taps, limits and shares: the step without solution has no position either, its neighbours have theirs."""
    net = everything()
    p_mw = np.outer([1.0, 100.0, 0.5], net.load.p_mw.to_numpy(dtype=float))
    solver = NewtonSolver(net, ALL)
    solution = solver.solve({("load", "p_mw"): p_mw}, 3)
    assert solution.is_solved.tolist() == [True, False, True]
    assert_failed_steps_hold_no_numbers(solution)
    assert (solution.tap_pos[1] == -9999).all()
    assert (solution.tap_pos[[0, 2]] > -9999).all()


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
