"""The batch solver against the judge: every element alone, both bases of loading, set points by profile."""

from __future__ import annotations

import numpy as np
import pytest

from gridsim.enums import LoadingBasis, Solver
from gridsim.solve import SolveOptions, make_solver
from tests.support.against_judge import compare
from tests.support.element_nets import ELEMENT_NETS
from tests.support.parity import random_profiles


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
