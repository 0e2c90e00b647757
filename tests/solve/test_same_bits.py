"""The same bits for one thread and two, for any chunking, and for any neighbours."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gridsim.solve import SolveOptions, make_solver, newton_solver
from tests.support.element_nets import shipped_net
from tests.support.parity import random_profiles

FIELDS = ("status", "iterations", "mismatch_pu", "rung", "vm_pu", "va_degree", "load_mw", "loss_mw", "unserved_mw")


def bits(solution):
    arrays = [getattr(solution, field) for field in FIELDS] + [solution.loading.columns]
    return [np.ascontiguousarray(array).tobytes() for array in arrays]


@pytest.fixture(scope="module")
def case():
    """Steps of which a few have no solution, so that the ladder runs too."""
    net = shipped_net("case14")
    profiles = random_profiles(net, 101, seed=4)
    profiles["load", "p_mw"][[3, 50, 77]] *= 12.0
    return net, profiles


@pytest.fixture(scope="module")
def whole(case):
    net, profiles = case
    solution = make_solver(net, SolveOptions(threads=1)).solve(profiles, 101)
    assert (~solution.is_solved).sum() == 3
    return solution


def test_threads(case, whole):
    net, profiles = case
    for threads in (2, 0):
        assert bits(make_solver(net, SolveOptions(threads=threads)).solve(profiles, 101)) == bits(whole)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_chunks_inside_the_solver(case, whole, size, monkeypatch):
    net, profiles = case
    monkeypatch.setattr(newton_solver, "STEPS_AT_ONCE", size)
    assert bits(make_solver(net, SolveOptions(threads=2)).solve(profiles, 101)) == bits(whole)


@pytest.mark.parametrize("cuts", [(0, 50, 101), (0, 1, 2, 100, 101)])
def test_chunks_made_by_the_caller(case, whole, cuts):
    """Blocks may be cut anywhere, solved in any order, by one solver or several."""
    net, profiles = case
    solver = make_solver(net)
    for first, last in reversed(list(itertools.pairwise(cuts))):
        part = solver.solve({key: values[first:last] for key, values in profiles.items()}, last - first)
        assert (part.status == whole.status[first:last]).all()
        for field in ("vm_pu", "va_degree", "loss_mw", "load_mw", "mismatch_pu"):
            assert getattr(part, field).tobytes() == getattr(whole, field)[first:last].tobytes()
        expected = np.ascontiguousarray(whole.loading.columns[first:last])
        assert part.loading.columns.tobytes() == expected.tobytes()


def test_neighbours(case, whole):
    net, profiles = case
    order = np.random.default_rng(9).permutation(101)
    shuffled = make_solver(net).solve({key: values[order] for key, values in profiles.items()}, 101)
    assert shuffled.vm_pu.tobytes() == whole.vm_pu[order].tobytes()


def test_own_net_is_not_kept_and_not_changed(case, whole):
    net, profiles = case
    solver = make_solver(net)
    kept = net.load.p_mw.copy()
    net.load["p_mw"] = 0.0
    try:
        assert bits(solver.solve(profiles, 101)) == bits(whole)
    finally:
        net.load["p_mw"] = kept
