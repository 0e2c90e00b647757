"""The same bits for one thread and two, for any chunking, and for any neighbours."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandapower as pp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridsim.enums import LoadingBasis
from gridsim.solve import SolveOptions, make_solver, newton_solver
from tests.support import control_nets
from tests.support.element_nets import shipped_net, three_winding, voltage_dependent_load
from tests.support.parity import random_profiles

if TYPE_CHECKING:
    from collections.abc import Callable

N_STEP = 67
FIELDS = ("status", "iterations", "mismatch_pu", "rung", "load_mw", "loss_mw", "unserved_mw")
VOLTAGES = ("vm_pu", "va_degree")


@dataclass(frozen=True)
class Case:
    """A net, how its steps are made, and how it is solved."""

    build: Callable[[], Any]
    options: SolveOptions = control_nets.TAPS
    basis: LoadingBasis = LoadingBasis.current
    lowest: float = 0.5
    noise: float = 0.05
    hopeless: tuple[int, ...] = ()
    moves_set_points: bool = False
    solve_with: dict[str, bool] = field(default_factory=dict)


def shares_of(name: str) -> Any:
    net = shipped_net(name)
    net.gen["slack_weight"] = net.gen["p_mw"]
    net.ext_grid["slack_weight"] = 100.0
    return net


def zip_and_gens() -> Any:
    net = voltage_dependent_load()
    pp.create_gen(net, 3, p_mw=1.0, vm_pu=1.01)
    return net


def three_units_at_one_bus() -> Any:
    """Each watches a bus of its own, so that in no two steps they move in the same order."""
    net = control_nets.one_unit()
    for bus in (40, 41):
        pp.create_bus(net, 20.0, index=bus)
        pp.create_transformer(net, 7, bus, "40 MVA 110/20 kV", index=bus)
        pp.create_load(net, bus, 15.0, 9.0)
        control_nets.control_tap(net, bus)
    return net


CASES = {
    "case14": Case(lambda: shipped_net("case14"), hopeless=(3, 50, 66)),
    "case118": Case(lambda: shipped_net("case118")),
    "case300": Case(lambda: shipped_net("case300"), lowest=0.97, noise=0.07, hopeless=(3, 5, 50)),
    "loading only": Case(lambda: shipped_net("case118"), hopeless=(7,), solve_with={"loading_only": True}),
    "power basis": Case(three_winding, basis=LoadingBasis.power),
    "set points": Case(lambda: shipped_net("case14"), hopeless=(9,), moves_set_points=True),
    "loads by voltage": Case(zip_and_gens, noise=0.3, hopeless=(12,), moves_set_points=True),
    "taps": Case(control_nets.in_series, noise=0.5, hopeless=(5,)),
    "taps at one bus": Case(three_units_at_one_bus, noise=0.8),
    "settled taps": Case(control_nets.in_levels, noise=0.5, solve_with={"from_settled_taps": True}),
    "limits": Case(lambda: shipped_net("case30"), control_nets.LIMITS, noise=0.3, hopeless=(8,)),
    "shares": Case(lambda: shares_of("case14"), control_nets.SHARES, hopeless=(2, 60)),
    "everything": Case(control_nets.everything, control_nets.ALL, noise=0.4),
}


@functools.cache
def net_of(name):
    return CASES[name].build()


@functools.cache
def profiles_of(name):
    """Random steps; the hopeless ones have far too much load."""
    case, net = CASES[name], net_of(name)
    profiles = random_profiles(net, N_STEP, seed=4, lowest=case.lowest, noise=case.noise)
    profiles["load", "p_mw"][list(case.hopeless)] *= 200.0
    if case.moves_set_points:
        rng = np.random.default_rng(6)
        profiles["gen", "vm_pu"] = rng.uniform(0.98, 1.03, (N_STEP, len(net.gen)))
        profiles["ext_grid", "vm_pu"] = rng.uniform(0.99, 1.02, (N_STEP, len(net.ext_grid)))
    return profiles


def solver_of(name, threads=1):
    case = CASES[name]
    return make_solver(net_of(name), replace(case.options, threads=threads), case.basis)


@functools.cache
def whole(name):
    case = CASES[name]
    solution = solver_of(name).solve(profiles_of(name), N_STEP, **case.solve_with)
    assert not solution.is_solved[list(case.hopeless)].any()
    assert solution.is_solved.sum() >= N_STEP - len(case.hopeless)
    return solution


def solve_some(name, solver, steps):
    some = {key: values[steps] for key, values in profiles_of(name).items()}
    return solver.solve(some, len(steps), **CASES[name].solve_with)


def bits(name, solution, steps=slice(None)):
    """All numbers of some steps of a solution, as bytes."""
    fields = FIELDS if CASES[name].solve_with.get("loading_only") else FIELDS + VOLTAGES
    arrays = [getattr(solution, field) for field in fields] + [solution.loading.columns]
    if solution.tap_pos is not None:
        arrays.append(solution.tap_pos)
    return [np.ascontiguousarray(array[steps]).tobytes() for array in arrays]


every_case = pytest.mark.parametrize("name", list(CASES))


def test_some_steps_need_the_ladder():
    """Else its share in the following tests would be empty."""
    assert (whole("case300").rung > 0).any()
    assert (whole("case300").rung == 0).any()


@every_case
def test_threads(name):
    for threads in (2, 0):
        assert bits(name, solver_of(name, threads).solve(profiles_of(name), N_STEP, **CASES[name].solve_with)) == bits(
            name, whole(name)
        )


@every_case
def test_one_solver_answers_twice_alike(name):
    """Anchors and patterns that are there already change nothing, nor does what a workspace held before."""
    solver = solver_of(name)
    solve_some(name, solver, np.arange(N_STEP - 1, -1, -5))
    for _ in range(2):
        assert bits(name, solve_some(name, solver, np.arange(N_STEP))) == bits(name, whole(name))


@every_case
def test_neighbours(name):
    """In another order, steps share their groups with others and lie in other lanes."""
    order = np.random.default_rng(9).permutation(N_STEP)
    assert bits(name, solve_some(name, solver_of(name, 2), order)) == bits(name, whole(name), order)


@every_case
def test_a_batch_of_one_step(name):
    solver = solver_of(name)
    for step in (0, 5, 31, N_STEP - 1, *CASES[name].hopeless[:1]):
        assert bits(name, solve_some(name, solver, np.array([step]))) == bits(name, whole(name), slice(step, step + 1))


@every_case
@given(cuts=st.lists(st.integers(1, N_STEP - 1), min_size=1, max_size=4, unique=True).map(sorted))
@settings(max_examples=4, derandomize=True, suppress_health_check=list(HealthCheck))
def test_chunks_made_by_the_caller(name, cuts):
    """Blocks may be cut anywhere and solved in any order."""
    check_chunks(name, cuts)


@pytest.mark.slow  # 1 to 8 seconds each
@every_case
@given(cuts=st.lists(st.integers(1, N_STEP - 1), min_size=1, max_size=12, unique=True).map(sorted))
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
def test_many_chunks_made_by_the_caller(name, cuts):
    check_chunks(name, cuts)


@functools.cache
def kept_solver(name):
    return solver_of(name, 2)


def check_chunks(name, cuts):
    edges = [0, *cuts, N_STEP]
    for first, last in reversed(list(itertools.pairwise(edges))):
        part = solve_some(name, kept_solver(name), np.arange(first, last))
        assert bits(name, part) == bits(name, whole(name), slice(first, last))


@pytest.mark.parametrize("size", [1, 7, 31])
def test_steps_that_are_given_up_count_alike(size):
    """The chord gives a step up when it must, not when its neighbours are done."""
    solver, n_step = solver_of("case300"), 64
    net = net_of("case300")
    level = np.random.default_rng(5).uniform(0.2, 1.6, n_step)
    profiles = {("load", name): np.outer(level, net.load[name].to_numpy()) for name in ("p_mw", "q_mvar")}
    batch = solver.solve(profiles, n_step)
    assert (batch.rung != 0).any()
    parts = []
    for first in range(0, n_step, size):
        some = {key: values[first : first + size] for key, values in profiles.items()}
        parts += solver.solve(some, len(next(iter(some.values())))).iterations.tolist()
    assert parts == batch.iterations.tolist()


@pytest.mark.parametrize("name", ["case14", "case300", "everything"])
@pytest.mark.parametrize("size", [1, 7, 64])
def test_chunks_inside_the_solver(name, size, monkeypatch):
    monkeypatch.setattr(newton_solver, "STEPS_AT_ONCE", size)
    assert bits(name, solver_of(name, 2).solve(profiles_of(name), N_STEP)) == bits(name, whole(name))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e300])
@every_case
def test_a_neighbour_that_is_no_number(name, wrong):
    """Every third step is spoilt: the rest do not move by a bit, and no spoilt one is reported as solved."""
    profiles = {key: values.copy() for key, values in profiles_of(name).items()}
    profiles["load", "p_mw"][::3, 0] = wrong
    solution = solver_of(name, 2).solve(profiles, N_STEP, **CASES[name].solve_with)
    healthy = np.arange(N_STEP) % 3 > 0
    assert bits(name, solution, healthy) == bits(name, whole(name), healthy)
    assert not solution.is_solved[~healthy].any()
    assert np.isnan(solution.loading.columns[~healthy]).all()


def test_anchors_that_were_forgotten_come_back_alike(monkeypatch):
    """Memory for anchors is bounded; a bound of next to nothing makes every batch start from an empty book."""
    monkeypatch.setattr("gridsim.solve.anchor_book.LARGEST_BOOK_BYTES", 1)
    solver = solver_of("case118")
    assert bits("case118", solve_some("case118", solver, np.arange(N_STEP))) == bits("case118", whole("case118"))
    part = solve_some("case118", solver, np.arange(20, 50))
    assert bits("case118", part) == bits("case118", whole("case118"), slice(20, 50))


def test_own_net_is_not_kept_and_not_changed():
    net = net_of("case14")
    before = bits("case14", whole("case14"))  # its profiles are made from the net's values
    solver = solver_of("case14")
    kept = net.load.p_mw.copy()
    net.load["p_mw"] = 0.0
    try:
        assert bits("case14", solver.solve(profiles_of("case14"), N_STEP)) == before
    finally:
        net.load["p_mw"] = kept
