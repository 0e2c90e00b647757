"""The fall-back ladder: which rung solves what, that each is counted, and that none of them leaks."""

from __future__ import annotations

import numpy as np
import pytest

from gridsim.compiled.injection import inject
from gridsim.compiled.lower import lower
from gridsim.enums import StepStatus
from gridsim.solve import SolveOptions, ladder
from gridsim.solve.ladder import Start, climb, find_anchor
from gridsim.solve.newton_solver import NewtonSolver
from tests.support.element_nets import four_hours, shipped_net
from tests.support.parity import largest_difference, random_profiles


@pytest.fixture(scope="module")
def case14():
    net = shipped_net("case14")
    compiled = lower(net)
    profiles = random_profiles(net, 4, seed=2)
    injection = inject(compiled, profiles, 4)
    return compiled, injection, find_anchor(compiled, inject(compiled, {}, 1), SolveOptions())


def climbed(case14, anchor, options=None):
    compiled, injection, _ = case14
    return climb(compiled, injection, np.arange(4), anchor, options or SolveOptions())


def test_first_rung_starts_from_the_anchor(case14):
    found = climbed(case14, case14[2])
    assert found.rung.tolist() == [0, 0, 0, 0]
    assert found.results.code.tolist() == [StepStatus.ok] * 4


def test_second_rung_starts_flat(case14):
    """An anchor that is no start at all: the first rung fails, the second gives the same answer."""
    compiled, _, anchor = case14
    useless = Start(np.full(compiled.n_bus, 1e-3), anchor.va, anchor.sign)
    found = climbed(case14, useless)
    assert found.rung.tolist() == [1, 1, 1, 1]
    assert found.results.code.tolist() == [StepStatus.ok] * 4
    assert largest_difference(found.results.vm, climbed(case14, anchor).results.vm) < 1e-9
    assert (found.results.iterations > climbed(case14, anchor).results.iterations).all()


def test_third_rung_is_damped(case14, monkeypatch):
    """Both plain rungs are made useless; what is left is the damped method."""
    compiled, injection, anchor = case14
    run = ladder._run

    def only_damped(*arguments):
        results = arguments[-1]
        run(*arguments)
        if not arguments[4]:
            results.code[arguments[3]] = StepStatus.max_iterations

    monkeypatch.setattr(ladder, "_run", only_damped)
    found = climb(compiled, injection, np.arange(4), anchor, SolveOptions())
    assert found.rung.tolist() == [2, 2, 2, 2]
    assert found.results.code.tolist() == [StepStatus.ok] * 4
    monkeypatch.undo()
    assert largest_difference(found.results.vm, climbed(case14, anchor).results.vm) < 1e-9


def test_without_fall_back_the_first_failure_stands(case14):
    compiled, _, anchor = case14
    useless = Start(np.full(compiled.n_bus, 1e-3), anchor.va, anchor.sign)
    found = climbed(case14, useless, SolveOptions(use_fallback=False))
    assert (found.rung == -1).all()
    assert (found.results.code > StepStatus.ok_fallback).all()


def test_a_solution_on_the_other_branch_counts_as_failed(case14):
    """With the sign of the other branch as reference, every true solution is refused, and says diverged."""
    _compiled, _, anchor = case14
    found = climbed(case14, Start(anchor.vm, anchor.va, -anchor.sign))
    assert (found.rung == -1).all()
    assert found.results.code.tolist() == [StepStatus.diverged] * 4


def test_steps_not_listed_are_not_touched(case14):
    compiled, injection, anchor = case14
    found = climb(compiled, injection, np.array([1, 3]), anchor, SolveOptions())
    assert found.rung.tolist() == [-1, 0, -1, 0]
    assert found.results.code.tolist() == [StepStatus.diverged, StepStatus.ok] * 2


def test_too_few_iterations_say_so(case14):
    found = climbed(case14, case14[2], SolveOptions(max_iterations=1, use_fallback=False))
    assert found.results.code.tolist() == [StepStatus.max_iterations] * 4
    assert found.results.iterations.tolist() == [1] * 4


def test_own_values_without_solution_do_not_spoil_the_others():
    """The anchor is then the grid without power, and never a solution on the lower branch."""
    net = four_hours()
    net.load["p_mw"] = 500.0
    solution = NewtonSolver(net, SolveOptions()).solve({("load", "p_mw"): np.array([[10.0], [500.0], [15.0]])}, 3)
    assert solution.is_solved.tolist() == [True, False, True]
    assert solution.loading.trafo[0, 0] == pytest.approx(42.5, abs=0.05)
    assert solution.loading.trafo[2, 0] == pytest.approx(62.4, abs=0.05)


@pytest.mark.parametrize(
    ("name", "value"), [("tolerance_pu", 0.0), ("tolerance_pu", np.nan), ("max_iterations", 0), ("threads", -1)]
)
def test_options_are_checked(name, value):
    with pytest.raises(ValueError, match=name):
        SolveOptions(**{name: value})
