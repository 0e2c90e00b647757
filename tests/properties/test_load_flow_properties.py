"""What must hold for any net and any batch, on nets and batches made at random."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gridsim.solve import SolveOptions
from gridsim.solve.newton_solver import NewtonSolver
from tests.support.against_judge import assert_physics, compare
from tests.support.parity import largest_difference, random_profiles
from tests.support.physics import assert_failed_steps_hold_no_numbers
from tests.support.random_nets import IDLE_ELEMENTS, random_net, renumbered

SEEDS = st.integers(0, 10**6)
N_STEP = 5
#: A seed that fails tells as much as a smaller one: nothing is shrunk.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
few = settings(max_examples=5, derandomize=True, phases=PHASES)
many = settings(max_examples=30, phases=PHASES)


def both(check, *strategies):
    """Two tests of one property: a few examples in every run, and many, others in each run (10 to 20 seconds)."""
    return few(given(*strategies)(check)), pytest.mark.slow(many(given(*strategies)(check)))


def solve(net, profiles, n_step=N_STEP):
    solver = NewtonSolver(net, SolveOptions())
    return solver, solver.solve(profiles, n_step)


def power_balances(seed):
    """At every bus, by branches one by one; and no branch gives power to the grid."""
    net = random_net(seed)
    profiles = random_profiles(net, N_STEP, seed=seed, lowest=0.2, noise=0.3)
    solver, solution = solve(net, profiles)
    assert solution.is_solved.all()
    assert_physics(solver, profiles, solution)
    assert (solution.mismatch_pu <= 1e-8).all()


test_power_balances, test_power_balances_on_many = both(power_balances, SEEDS)


def the_judge_agrees(seed):
    net = random_net(seed)
    assert compare(net, random_profiles(net, 2, seed=seed, lowest=0.2, noise=0.3), 2).is_solved.all()


test_the_judge_agrees, test_the_judge_agrees_on_many = both(the_judge_agrees, SEEDS)


def numbers_of_buses_mean_nothing(seed):
    net = random_net(seed)
    other, names = renumbered(net, seed + 1)
    profiles = random_profiles(net, N_STEP, seed=seed, lowest=0.2, noise=0.3)
    _, ours = solve(net, profiles)
    _, theirs = solve(other, profiles)
    place = {index: row for row, index in enumerate(other.bus.index)}
    order = [place[names[index]] for index in net.bus.index]
    assert ours.status.tolist() == theirs.status.tolist()
    assert largest_difference(ours.vm_pu, theirs.vm_pu[:, order]) <= 1e-9
    assert largest_difference(ours.va_degree, theirs.va_degree[:, order]) <= 1e-7
    assert largest_difference(ours.loading.columns, theirs.loading.columns) <= 1e-6
    assert largest_difference(ours.loss_mw, theirs.loss_mw) <= 1e-7


test_numbers_of_buses, test_numbers_of_buses_on_many = both(numbers_of_buses_mean_nothing, SEEDS)


def elements_out_of_service_are_not_there(seed, kind):
    net = random_net(seed)
    n_bus, n_trafo, n_line = len(net.bus), len(net.trafo), len(net.line)
    profiles = random_profiles(net, N_STEP, seed=seed, lowest=0.2, noise=0.3)
    _, ours = solve(net, profiles)
    IDLE_ELEMENTS[kind](net, 0, 2)
    wider = {
        (table, column): np.hstack([values, np.full((N_STEP, len(net[table]) - values.shape[1]), 40.0)])
        for (table, column), values in profiles.items()
    }
    _, theirs = solve(net, wider)
    assert ours.status.tolist() == theirs.status.tolist()
    assert largest_difference(ours.vm_pu, theirs.vm_pu[:, :n_bus]) <= 1e-9
    assert largest_difference(ours.va_degree, theirs.va_degree[:, :n_bus]) <= 1e-7
    assert largest_difference(ours.loading.trafo, theirs.loading.trafo[:, :n_trafo]) <= 1e-6
    assert largest_difference(ours.loading.line, theirs.loading.line[:, :n_line]) <= 1e-6
    assert np.isnan(theirs.loading.trafo[:, n_trafo:]).all()
    assert np.isnan(theirs.loading.line[:, n_line:]).all()
    assert largest_difference(ours.load_mw, theirs.load_mw) <= 1e-9
    assert largest_difference(ours.loss_mw, theirs.loss_mw) <= 1e-7


test_elements_out_of_service, test_elements_out_of_service_on_many = both(
    elements_out_of_service_are_not_there, SEEDS, st.sampled_from(sorted(IDLE_ELEMENTS))
)


def bits(solution):
    fields = (solution.status, solution.iterations, solution.mismatch_pu, solution.voltage_pu, solution.loss_mw)
    every = (*fields, solution.load_mw, solution.loading.columns)
    return [[np.ascontiguousarray(row).tobytes() for row in field] for field in every]


def batches_may_be_split_and_shuffled(seed, cuts, random):
    net = random_net(seed)
    profiles = random_profiles(net, 40, seed=seed, lowest=0.0, noise=0.3)
    solver, whole = solve(net, profiles, 40)
    order = list(range(40))
    random.shuffle(order)
    edges = [0, *cuts, 40]
    parts = [order[first:last] for first, last in itertools.pairwise(edges)]
    expected = bits(whole)
    for part in parts:
        solution = solver.solve({key: values[part] for key, values in profiles.items()}, len(part))
        assert bits(solution) == [[field[step] for step in part] for field in expected]


test_batches_may_be_split, test_batches_may_be_split_in_many_ways = both(
    batches_may_be_split_and_shuffled,
    SEEDS,
    st.lists(st.integers(1, 39), max_size=4, unique=True).map(sorted),
    st.randoms(use_true_random=False),
)


def what_is_no_number_stays_in_its_step(seed, key, spoilt, wrong):
    net = random_net(seed)
    profiles = random_profiles(net, N_STEP, seed=seed, lowest=0.2, noise=0.3)
    solver, healthy = solve(net, profiles)
    steps = sorted(spoilt)
    profiles[key][steps, seed % profiles[key].shape[1]] = wrong
    solution = solver.solve(profiles, N_STEP)
    assert solution.is_solved.tolist() == [step not in spoilt for step in range(N_STEP)]
    assert_failed_steps_hold_no_numbers(solution)
    others = [step for step in range(N_STEP) if step not in spoilt]
    found, expected = bits(solution), bits(healthy)
    assert [[field[step] for step in others] for field in found] == [
        [field[step] for step in others] for field in expected
    ]


test_what_is_no_number, test_what_is_no_number_on_many = both(
    what_is_no_number_stays_in_its_step,
    SEEDS,
    st.sampled_from([("load", "p_mw"), ("sgen", "p_mw")]),
    st.sets(st.integers(0, N_STEP - 1), min_size=1, max_size=N_STEP - 1),
    st.sampled_from([np.nan, np.inf, -np.inf, 1e300, -1e300, 1e18, -1e18]),
)
