"""One batch solved by gridsim and by the judge, and everything that must hold between and for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.compiled.injection import inject
from gridsim.enums import LoadingBasis
from gridsim.solve import SolveOptions
from gridsim.solve.newton_solver import NewtonSolver
from gridsim.solve.reference import ReferenceSolver
from tests.support.parity import assert_same_solution, judge_options
from tests.support.physics import (
    assert_active_power_balances,
    assert_failed_steps_hold_no_numbers,
    assert_losses_are_not_negative,
    assert_losses_are_those_of_the_branches,
)

if TYPE_CHECKING:
    from gridsim.solve.solution import BatchSolution


def assert_physics(solver: NewtonSolver, profiles: Any, solution: BatchSolution) -> None:
    """Power balances at every bus, and losses are those of the branches; for nets whose controls stand still."""
    assert_failed_steps_hold_no_numbers(solution)
    compiled = solver.compiled
    if (compiled.y_ff.real >= 0.0).all() and (compiled.y_tt.real >= 0.0).all():  # equivalents of case145 generate
        assert_losses_are_not_negative(solution)
    solved = np.flatnonzero(solution.is_solved)
    given = inject(solver.compiled, {key: values[solved] for key, values in profiles.items()}, len(solved))
    vm, va = np.abs(solution.voltage_pu[solved]), np.angle(solution.voltage_pu[solved])
    assert_active_power_balances(solver.compiled, given, vm, va, 1e-7)
    assert_losses_are_those_of_the_branches(solver.compiled, vm, va, solution.loss_mw[solved])


def compare(net: Any, profiles: Any, n_step: int, basis: LoadingBasis = LoadingBasis.current) -> BatchSolution:
    """Solve both ways, check both against each other and ours against physics; return ours."""
    options = SolveOptions()
    solver = NewtonSolver(net, options, basis)
    ours = solver.solve(profiles, n_step)
    judge = ReferenceSolver(net, judge_options(solver.compiled, options), basis)
    assert_same_solution(ours, judge.solve(profiles, n_step))
    assert_physics(solver, profiles, ours)
    return ours
