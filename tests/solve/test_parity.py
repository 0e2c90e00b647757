"""The batch solver against the judge: every shipped net, every element, both bases of loading."""

from __future__ import annotations

import numpy as np
import pytest

from gridsim.compiled.injection import inject
from gridsim.enums import LoadingBasis, Solver
from gridsim.solve import SolveOptions, make_solver
from gridsim.solve.ladder import climb
from gridsim.solve.newton_solver import NewtonSolver
from gridsim.solve.reference import ReferenceSolver
from tests.support.element_nets import ELEMENT_NETS, shipped_net
from tests.support.parity import assert_same_solution, random_profiles
from tests.support.physics import (
    assert_active_power_balances,
    assert_failed_steps_hold_no_numbers,
    assert_losses_are_not_negative,
    assert_losses_are_those_of_the_branches,
)

#: On weak low-voltage nets a mismatch of 1e-8 MVA leaves the judge's voltages more than 1e-8 pu off, so he is asked for
#: more there. Not everywhere: on large nets with a base of 1 MVA rounding alone is more than 1e-11.
TIGHT = SolveOptions(tolerance_pu=1e-11)
QUICK = (
    "case4gs",
    "case9",
    "case14",
    "create_cigre_network_mv",
)
LONG = (
    "case39",
    "case57",
    "example_multivoltage",
    "mv_oberrhein",
    "create_cigre_network_lv",
    "case6ww",
    "case30",
    "case_ieee30",
    "case33bw",
    "case89pegase",
    "case118",
    "case_illinois200",
    "case300",
    "case1354pegase",
    "case1888rte",
    "case2869pegase",
    "GBreducednetwork",
    "iceland",
    "example_simple",
    "create_cigre_network_hv",
    "create_kerber_landnetz_freileitung_1",
    "create_kerber_dorfnetz",
    "create_kerber_vorstadtnetz_kabel_1",
    "simple_four_bus_system",
    "panda_four_load_branch",
    "four_loads_with_branches_out",
)


def compare(net, profiles, n_step, basis=LoadingBasis.current):
    solver = NewtonSolver(net, SolveOptions(), basis)
    ours = solver.solve(profiles, n_step)
    judge = TIGHT if net.bus.vn_kv.min() < 1.0 and net.sn_mva <= 1.0 else SolveOptions()
    assert_same_solution(ours, ReferenceSolver(net, judge, basis).solve(profiles, n_step))
    assert_failed_steps_hold_no_numbers(ours)
    assert_losses_are_not_negative(ours)
    injection = inject(solver.compiled, profiles, n_step)
    found = climb(solver.compiled, injection, np.arange(n_step), solver.anchor, SolveOptions()).results
    assert_active_power_balances(solver.compiled, injection, found.vm, found.va, 1e-7)
    assert_losses_are_those_of_the_branches(solver.compiled, found.vm, found.va, ours.loss_mw)
    return ours


@pytest.mark.parametrize("name", QUICK)
def test_shipped_nets(name):
    net = shipped_net(name)
    ours = compare(net, random_profiles(net, 3, seed=7), 3)
    assert ours.is_solved.all()


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_more_shipped_nets(name):
    net = shipped_net(name)
    heavy = name in {"case300", "case1888rte"}  # own values lie close to collapse and have no solution far from them
    ours = compare(net, random_profiles(net, 4, seed=11, lowest=0.9 if heavy else 0.5, noise=0.02), 4)
    assert ours.is_solved.all()


@pytest.mark.parametrize("name", sorted(ELEMENT_NETS))
def test_every_element_alone(name):
    net = ELEMENT_NETS[name]()
    ours = compare(net, random_profiles(net, 2, seed=3, noise=0.2), 2)
    assert ours.is_solved.all()
    assert (ours.loss_mw > 0.0).all()


@pytest.mark.parametrize("name", ["three_winding", "tap_changer", "parallel_derated_trafo", "out_of_service"])
def test_loading_by_apparent_power(name):
    net = ELEMENT_NETS[name]()
    compare(net, random_profiles(net, 2, seed=3, noise=0.2), 2, LoadingBasis.power)


def test_three_windings_on_their_own_ratings():
    """The worst winding is what pandapower reports; here it is the middle one, by hand."""
    net = ELEMENT_NETS["three_winding"]()
    net.trafo3w["sn_mv_mva"] = 4.0
    windings = make_solver(net).solve({}, 1).loading.trafo3w
    assert windings.shape == (1, 1, 3)
    assert windings[0, 0].argmax() == 1
    judged = make_solver(net, SolveOptions(solver=Solver.pandapower)).solve({}, 1).loading.trafo3w
    assert np.abs(windings - judged).max() < 1e-5


def test_bases_part_when_voltage_is_not_rated():
    net = ELEMENT_NETS["feeder"]()
    current = make_solver(net).solve({}, 1).loading.trafo[0, 0]
    power = make_solver(net, None, LoadingBasis.power).solve({}, 1).loading.trafo[0, 0]
    assert abs(current - power) > 0.05


def test_set_points_by_profile():
    net = ELEMENT_NETS["two_gens_at_one_bus"]()
    vm_pu = np.array([[0.99, 0.99], [1.0, 1.0], [1.02, 1.02]])
    source = np.array([[1.0], [1.01], [1.03]])
    compare(net, {("gen", "vm_pu"): vm_pu, ("ext_grid", "vm_pu"): source}, 3)
