"""Newton's method for one step, plain and damped.

Unknowns x are the angles (rad) and magnitudes (pu) of the buses. Each iteration solves J(x) dx = F(x) with F the
mismatch (wanted minus calculated) and moves by mu dx: mu = 1 in the plain method. The damped method takes the mu that
minimises the squared mismatch along dx in a second-order model of it. With a = F(x) and c the second-order term, found
from the mismatch F_t after a trial move t dx as c = (F_t - (1 - t) a) / t^2,

    F(mu) = (1 - mu) a + mu^2 c
    d/dmu F(mu)^2 / 2 = -A + mu (A + 2 B) - 3 mu^2 B + 2 mu^3 C,    A = a.a, B = a.c, C = c.c,

whose root in (0, 1] is taken. Where there is no solution, the damped method comes to rest at a smallest mismatch and
says so instead of wandering.

Both count a step as solved when the mismatch is within tolerance AND the last move was small. A mismatch alone can be
within tolerance while weak buses are still moving; after a small move the remaining error is of the order of its
square.

Source: Tinney & Hart 1967 (plain); Iwamoto & Tamura 1981 (optimal multiplier).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.kernels.block_lu import factorise, solve_factorised
from gridsim.kernels.codes import DIVERGED, MAX_ITERATIONS, SINGULAR, SOLVED
from gridsim.kernels.jacobian import fill_jacobian
from gridsim.kernels.jit import kernel
from gridsim.kernels.mismatch import bus_powers, mismatch, rectangular
from gridsim.kernels.structures import Workspace

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.kernels.structures import LuPattern, Network

#: Largest last move, in rad or relative magnitude, after which an error is of the order of 1e-10.
SMALL_MOVE = 1e-5
#: A mismatch beyond this (pu) never came back in any net tried; it only delays the next rung.
HOPELESS_MISMATCH = 1e8
#: Iterations, plain and damped, in which the smallest mismatch so far must halve; without a solution it never does, and
#: every iteration until ``max_iterations`` would be lost.
PATIENCE = 5
DAMPED_PATIENCE = 10
#: The damped method keeps at least this share of every magnitude in one move.
SMALLEST_SHARE = 0.3
#: Tries of one damped move, the first to find the multiplier, the others halving it; after that it is at rest.
HALVINGS = 13


@kernel
def make_workspace(n_bus: int, n_free: int, n_entry: int) -> Workspace:
    """Allocate the scratch arrays of one thread."""
    return Workspace(
        np.empty(n_bus),
        np.empty(n_bus),
        np.empty(n_free),
        np.empty(n_free),
        np.empty((n_free, 2)),
        np.empty((n_free, 2)),
        np.empty((n_free, 2)),
        np.empty(n_bus),
        np.empty(n_bus),
        np.empty((n_entry, 4)),
    )


@kernel
def evaluate(
    network: Network,
    s_bus: FloatArray,
    zip_load: FloatArray,
    vm: FloatArray,
    va: FloatArray,
    residual: FloatArray,
    work: Workspace,
) -> float:
    """Set the residual at the voltages ``vm``, ``va`` and return its largest absolute value (pu).

    Shapes: ``s_bus`` (n_bus, 2), ``zip_load`` (n_zip, 4), ``vm`` and ``va`` (n_bus,), ``residual`` (n_free, 2).
    """
    rectangular(vm, va, work.e, work.f)
    bus_powers(network, work.e, work.f, work.p, work.q)
    return mismatch(network, s_bus, zip_load, vm, work.p, work.q, residual)


@kernel
def optimal_multiplier(a_a: float, a_c: float, c_c: float, largest: float) -> float:
    """Return the root of -A + mu (A + 2 B) - 3 mu^2 B + 2 mu^3 C in (0, largest], or ``largest`` when it has none.

    Parameters
    ----------
    a_a, a_c, c_c:
        Products A, B, C of the mismatch and its second-order term.
    largest:
        Upper end of the search.
    """
    low = 0.0
    high = largest
    if -a_a + high * (a_a + 2.0 * a_c) - 3.0 * high * high * a_c + 2.0 * high * high * high * c_c <= 0.0:
        return largest
    for _ in range(40):
        middle = 0.5 * (low + high)
        slope = -a_a + middle * (a_a + 2.0 * a_c - 3.0 * middle * a_c + 2.0 * middle * middle * c_c)
        if slope > 0.0:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


@kernel
def move_to(
    base_vm: FloatArray, base_va: FloatArray, direction: FloatArray, length: float, vm: FloatArray, va: FloatArray
) -> None:
    """Set ``vm``, ``va`` to the base plus ``length`` times the direction (rad, relative magnitude); free rows only.

    Shapes: ``direction`` (n_free, 2), the others (n_bus,).
    """
    for i in range(direction.shape[0]):
        va[i] = base_va[i] + length * direction[i, 0]
        vm[i] = base_vm[i] * (1.0 + length * direction[i, 1])


@kernel
def second_order_multiplier(residual: FloatArray, trial: FloatArray, reach: float) -> float:
    """Return the multiplier up to ``reach`` that makes the squared mismatch smallest.

    Parameters
    ----------
    residual:
        Mismatch before the move, a. Shape (n_free, 2).
    trial:
        Mismatch after moving by ``reach``, F_t. Shape (n_free, 2).
    reach:
        Length t of that trial move.
    """
    a_a = 0.0
    a_c = 0.0
    c_c = 0.0
    for i in range(residual.shape[0]):
        for part in range(2):
            a = residual[i, part]
            c = (trial[i, part] - (1.0 - reach) * a) / (reach * reach)
            a_a += a * a
            a_c += a * c
            c_c += c * c
    return optimal_multiplier(a_a, a_c, c_c, reach)


@kernel
def sum_of_squares(values: FloatArray) -> float:
    """Return the sum of all squares of an array of shape (n_free, 2)."""
    total = 0.0
    for i in range(values.shape[0]):
        total += values[i, 0] * values[i, 0] + values[i, 1] * values[i, 1]
    return total


@kernel
def newton(
    network: Network,
    lu: LuPattern,
    s_bus: FloatArray,
    zip_load: FloatArray,
    is_damped: bool,
    max_iterations: int,
    tolerance: float,
    vm: FloatArray,
    va: FloatArray,
    work: Workspace,
) -> tuple[int, int, float, int]:
    """Solve one step.

    Parameters
    ----------
    network, lu:
        The topology.
    s_bus, zip_load:
        Power wanted. Shapes (n_bus, 2), (n_zip, 4).
    is_damped:
        Whether moves are shortened so that the mismatch shrinks in every one of them.
    max_iterations, tolerance:
        When to give up, and the largest mismatch accepted in pu.
    vm, va:
        Start before (given magnitudes and slack angles in place), solution after. Shape (n_bus,).
    work:
        Scratch.

    Returns
    -------
    Code, iterations, largest mismatch in pu, sign of the determinant of the last Jacobian (0 when there was none). The
    code is ``DIVERGED`` when the mismatch does not shrink any more, which is where a step without solution ends.
    """
    n_free = lu.diagonal.shape[0]
    residual = work.residual
    direction = work.direction
    sign = 0
    move = 0.0
    worst = evaluate(network, s_bus, zip_load, vm, va, residual, work)
    smallest = worst
    idle = 0
    for iteration in range(max_iterations + 1):
        if worst <= tolerance and move <= SMALL_MOVE:
            return SOLVED, iteration, worst, sign
        if worst < 0.5 * smallest:
            smallest = worst
            idle = 0
        else:
            idle += 1
        if not worst < HOPELESS_MISMATCH or idle > (DAMPED_PATIENCE if is_damped else PATIENCE):
            return DIVERGED, iteration, worst, sign
        if iteration == max_iterations:
            break
        fill_jacobian(network, lu, zip_load, vm, work.e, work.f, work.p, work.q, work.values)
        sign = factorise(lu, work.values)
        if sign == 0:
            return SINGULAR, iteration, worst, sign
        for i in range(n_free):
            direction[i, 0] = residual[i, 0]
            direction[i, 1] = residual[i, 1]
            work.vm[i] = vm[i]
            work.va[i] = va[i]
        solve_factorised(lu, work.values, direction)
        largest = 0.0
        deepest = 0.0
        for i in range(n_free):
            largest = max(largest, abs(direction[i, 0]), abs(direction[i, 1]))
            deepest = max(deepest, -direction[i, 1])
        length = 1.0
        before = 0.0
        if is_damped:
            before = sum_of_squares(residual)
            if deepest > 1.0 - SMALLEST_SHARE:
                length = (1.0 - SMALLEST_SHARE) / deepest
        elif not deepest < 1.0:
            return DIVERGED, iteration + 1, worst, sign  # a magnitude would become negative
        is_smaller = not is_damped
        for attempt in range(HALVINGS):
            move_to(work.vm, work.va, direction, length, vm, va)
            worst = evaluate(network, s_bus, zip_load, vm, va, work.trial, work)
            if not is_damped:
                break
            if attempt == 0:
                length = second_order_multiplier(residual, work.trial, length)
            elif sum_of_squares(work.trial) < before or worst <= tolerance:
                is_smaller = True
                break
            else:
                length *= 0.5
        if not is_smaller:
            return DIVERGED, iteration + 1, worst, sign
        move = length * largest
        for i in range(n_free):
            residual[i, 0] = work.trial[i, 0]
            residual[i, 1] = work.trial[i, 1]
    return MAX_ITERATIONS, max_iterations, worst, sign
