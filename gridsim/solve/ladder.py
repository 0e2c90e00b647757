"""The fall-back ladder: a step that the first method does not solve is tried by slower ones, each rung counted.

0. Chord Newton around an anchor of its level (see :mod:`gridsim.solve.chord_method`).
1. Newton from the base point: the solution of the net's own values, the same for every step of a topology.
2. Newton from a flat start: set points, no angles but the phase shifts.
3. Damped Newton from the flat start.

Rungs 1 to 3 stand here.

A step that none of them solves has failed, and keeps the code of the last rung.

A load flow has several solutions, of which the grid can only live on one branch: the one that hangs together with the
grid without any load, where the determinant of the Jacobian has the same sign. Crossing to another branch means passing
the point of voltage collapse. A rung that ends there (usually at a very low voltage) has not solved the step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.dtypes import INDEX, STATUS
from gridsim.enums import StepStatus
from gridsim.kernels.batch import solve_batch
from gridsim.kernels.structures import Given, StepResults
from gridsim.solve.given import as_given
from gridsim.solve.workers import deal, usable_threads

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.compiled.injection import InjectionBatch
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray, StatusArray
    from gridsim.solve.options import SolveOptions

#: The damped rung makes shorter moves and may take this many times ``max_iterations``.
DAMPED_PATIENCE = 3
#: Steps a thread takes at a time.
STEPS_PER_TASK = 8


@dataclass(frozen=True)
class Start:
    """Voltages from which steps start, and the sign of the Jacobian's determinant there (0: not known)."""

    vm: FloatArray
    va: FloatArray
    sign: int


@dataclass(frozen=True)
class Climbed:
    """Outcome of the ladder: voltages by row, codes, and for each step the place in the ladder that solved it or -1."""

    results: StepResults
    rung: StatusArray


def empty_results(n_step: int, n_bus: int) -> StepResults:
    """Return result arrays for the kernels."""
    return StepResults(
        vm=np.empty((n_step, n_bus)),
        va=np.empty((n_step, n_bus)),
        code=np.full(n_step, StepStatus.diverged, dtype=STATUS),
        iterations=np.zeros(n_step, dtype=INDEX),
        mismatch=np.full(n_step, np.nan),
        sign=np.zeros(n_step, dtype=STATUS),
    )


def find_anchor(compiled: CompiledGrid, injection: InjectionBatch, options: SolveOptions) -> Start:
    """Solve the net's own values; where they have no solution, the anchor is the grid without any power.

    Parameters
    ----------
    compiled:
        The topology.
    injection:
        The net's own values, one step.
    options:
        Tolerance and patience.
    """
    flat = Start(compiled.start_vm_pu, compiled.flat_va_rad, 0)
    no_power = Given(
        s_bus=np.zeros((1, compiled.n_bus, 2)),
        zip_load=np.zeros((1, len(compiled.network.zip_pos), 4)),
        controlled_pos=compiled.controlled_pos,
        vm_set=injection.vm_set_pu,
    )
    idle = _solve_one(compiled, no_power, flat, options) or flat
    like_runpp = Start(compiled.start_vm_pu, compiled.start_va_rad, idle.sign)
    for start in (like_runpp, idle):
        anchor = _solve_one(compiled, as_given(compiled, injection), start, options)
        if anchor is not None and idle.sign in (0, anchor.sign):
            return anchor
    return idle


def _solve_one(compiled: CompiledGrid, given: Given, start: Start, options: SolveOptions) -> Start | None:
    """Solve the first step of a batch, damped if need be; None when it has no solution."""
    results = empty_results(1, compiled.n_bus)
    for is_damped in (False, True):
        _run(compiled, given, start, np.zeros(1, dtype=INDEX), is_damped, options.max_iterations, options, results)
        if results.code[0] == StepStatus.ok:
            return Start(results.vm[0].copy(), results.va[0].copy(), int(results.sign[0]) or start.sign)
    return None


def climb(
    compiled: CompiledGrid, injection: InjectionBatch, steps: IndexArray, anchor: Start, options: SolveOptions
) -> Climbed:
    """Solve the steps listed, each on the lowest rung that solves it.

    Parameters
    ----------
    compiled, injection:
        The topology and what is given in every step.
    steps:
        Steps to solve; the others keep status ``diverged``. Shape (n_todo,).
    anchor:
        Where the first rung starts.
    options:
        Tolerance, patience, and whether to climb at all.
    """
    n_step = len(injection.s_bus_pu)
    given = as_given(compiled, injection)
    results = empty_results(n_step, compiled.n_bus)
    rung = np.full(n_step, -1, dtype=STATUS)
    flat = Start(compiled.start_vm_pu, compiled.flat_va_rad, anchor.sign)
    patience = options.max_iterations
    rungs = [(anchor, False, patience), (flat, False, patience), (flat, True, DAMPED_PATIENCE * patience)]
    todo = steps
    for number, (start, is_damped, iterations) in enumerate(rungs if options.use_fallback else rungs[:1]):
        if todo.size:
            _run(compiled, given, start, todo, is_damped, iterations, options, results)
            solved = _is_on_branch(results, todo, anchor.sign)
            rung[todo[solved]] = number
            todo = todo[~solved]
    results.code[todo[results.code[todo] == StepStatus.ok]] = StepStatus.diverged
    return Climbed(results, rung)


def _is_on_branch(results: StepResults, steps: IndexArray, sign: int) -> BoolArray:
    """Whether each step is solved, on the branch of solutions the anchor lies on."""
    solved = results.code[steps] == StepStatus.ok
    found = results.sign[steps]
    return np.asarray(solved & ((found == 0) | (sign == 0) | (found == sign)))


def _run(
    compiled: CompiledGrid,
    given: Given,
    start: Start,
    steps: IndexArray,
    is_damped: bool,
    iterations: int,
    options: SolveOptions,
    results: StepResults,
) -> None:
    def run(first: int, last: int) -> None:
        solve_batch(
            compiled.network,
            compiled.lu,
            given,
            start.vm,
            start.va,
            steps[first:last],
            is_damped,
            iterations,
            options.tolerance_pu,
            results,
        )

    deal(len(steps), STEPS_PER_TASK, usable_threads(options.threads), run)
