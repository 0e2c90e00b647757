"""Controls between load flows: who changes after a solution, until nothing does.

After each load flow of a step,

1. every bus in voltage control whose generators pass a limit of reactive power is held at the limit, all at once;
2. in a round without any, every bus held at its upper limit whose voltage is above the set point, and every one at its
   lower limit whose voltage is below it, returns to voltage control;
3. in a round without either, the tap changers of the step's level act, all at once; after a move every bus starts in
   voltage control again. A level in which nothing moves is settled, and the next one acts at the same solution.

The first two are pandapower's ``enforce_q_lims`` with the way back it lacks; the order of taps is that of its
``run_control``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gridsim.dtypes import INDEX, STATUS
from gridsim.enums import StepStatus
from gridsim.kernels.tap_moves import TAP_ROUNDS

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.compiled.injection import InjectionBatch
    from gridsim.dtypes import BoolArray, ComplexArray, FloatArray, IndexArray, StatusArray
    from gridsim.kernels.structures import Network

#: Rounds of changing limits after which a step has not converged.
LIMIT_ROUNDS = 20
#: A voltage this near to the set point is no reason to return to voltage control.
RELEASE_TOLERANCE_PU = 1e-8


@dataclass
class Positions:
    """Where the controls of every step stand, and how often they have moved; changed in place.

    Shapes: ``tap`` (n_step, n_tap); ``held`` (n_step, n_limited), 1 or -1 at the upper or lower limit; the rest
    (n_step,).
    """

    tap: IndexArray
    held: StatusArray
    level: IndexArray
    tap_rounds: IndexArray
    limit_rounds: IndexArray


class StepSolver(Protocol):
    """Solves steps at given positions."""

    def __call__(self, steps: IndexArray, positions: Positions, /) -> tuple[StatusArray, ComplexArray]:
        """Return code (n_todo,) and voltage (n_todo, n_bus) of the steps listed."""
        ...


def starting_positions(compiled: CompiledGrid, tap: IndexArray) -> Positions:
    """Return the positions every step starts from: taps at ``tap`` (n_step, n_tap), which is copied, nothing held."""
    controls, n_step = compiled.controls, len(tap)
    return Positions(
        tap=np.array(tap, dtype=INDEX, order="C"),  # a kernel is compiled anew for every order of its arrays
        held=np.zeros((n_step, len(controls.limits.pos)), dtype=STATUS),
        level=np.zeros(n_step, dtype=INDEX),
        tap_rounds=np.zeros(n_step, dtype=INDEX),
        limit_rounds=np.zeros(n_step, dtype=INDEX),
    )


def hold_taps(positions: Positions, tap_pos: IndexArray) -> None:
    """Put the tap changers where they are to stay: no level acts any more. Shape of ``tap_pos``: (n_step, n_tap)."""
    positions.tap[:] = tap_pos
    positions.level[:] = np.iinfo(INDEX).max


def settle(
    compiled: CompiledGrid, injection: InjectionBatch, steps: IndexArray, positions: Positions, solve: StepSolver
) -> StatusArray:
    """Solve steps until their controls rest.

    Parameters
    ----------
    compiled, injection:
        The topology and what is given in every step.
    steps:
        Steps to solve. Shape (n_todo,).
    positions:
        Where the controls stand; where they have settled afterwards.
    solve:
        Load flow at given positions.

    Returns
    -------
    Code of every step; those not listed are ``diverged``. Shape (n_step,).
    """
    codes = np.full(len(injection.s_bus_pu), int(StepStatus.diverged), dtype=STATUS)
    active = steps
    while active.size:
        code, voltage = solve(active, positions)
        codes[active] = code
        is_solved = code == StepStatus.ok
        active, voltage = active[is_solved], voltage[is_solved]
        changes = _hold_or_release(compiled, injection, active, positions, voltage)
        resting = np.flatnonzero(~changes)
        changes[resting] = _move_taps(compiled, active[resting], positions, voltage[resting])
        active = active[changes]
        hunts = (positions.limit_rounds[active] > LIMIT_ROUNDS) | (positions.tap_rounds[active] > TAP_ROUNDS)
        codes[active[hunts]] = StepStatus.max_iterations
        active = active[~hunts]
    return codes


def _hold_or_release(
    compiled: CompiledGrid,
    injection: InjectionBatch,
    steps: IndexArray,
    positions: Positions,
    voltage: ComplexArray,
) -> BoolArray:
    """Hold buses at limits that are passed, or return held ones; True where a step changes. Shape (n_todo,)."""
    limits = compiled.controls.limits
    if not len(limits.pos) or not len(steps):
        return np.zeros(len(steps), dtype=bool)
    held = positions.held[steps]
    q_pu = generator_q(compiled, injection, steps, positions.tap[steps], voltage)
    is_free = held == 0
    passed = np.where(is_free & (q_pu > limits.q_max_pu), 1, np.where(is_free & (q_pu < limits.q_min_pu), -1, 0))
    has_passed = np.asarray(passed.any(axis=1))
    column = np.searchsorted(compiled.controlled_pos, limits.pos)
    vm_set = injection.vm_set_pu[np.zeros(len(steps), dtype=INDEX) if len(injection.vm_set_pu) == 1 else steps]
    excess = np.where(has_passed[:, np.newaxis], 0.0, held * (np.abs(voltage[:, limits.pos]) - vm_set[:, column]))
    returns = np.greater(excess, RELEASE_TOLERANCE_PU)
    positions.held[steps] = np.where(returns, 0, held + passed)
    changes = has_passed | returns.any(axis=1)
    positions.limit_rounds[steps] += changes
    return np.asarray(changes)


def generator_q(
    compiled: CompiledGrid, injection: InjectionBatch, steps: IndexArray, tap: IndexArray, voltage: ComplexArray
) -> FloatArray:
    """Return the reactive power of the generators at the limited buses, pu.

    Parameters
    ----------
    compiled, injection:
        The topology and what is given.
    steps:
        Rows of the injection. Shape (n_todo,).
    tap:
        Positions of those steps. Shape (n_todo, n_tap).
    voltage:
        Voltages of those steps. Shape (n_todo, n_bus).
    """
    rows, network = compiled.controls.limits.pos, compiled.network
    current = np.zeros((len(steps), len(rows)), dtype=complex)
    given = injection.s_bus_pu[steps][:, rows].imag
    for place, row in enumerate(rows.tolist()):
        current[:, place] = row_current(network, row, voltage)
    place_of = {row: place for place, row in enumerate(rows.tolist())}
    dy = moved_admittances(compiled, tap)
    for moved, branch in enumerate(compiled.controls.taps.branch.tolist()):
        f, t = int(compiled.branch_from[branch]), int(compiled.branch_to[branch])
        for row, own, other, first in ((f, f, t, 0), (t, t, f, 3)):
            if row in place_of:
                second = 1 if first == 0 else 2
                current[:, place_of[row]] += (
                    dy[:, moved, first] * voltage[:, own] + dy[:, moved, second] * voltage[:, other]
                )
    for z, row in enumerate(network.zip_pos.tolist()):
        if row in place_of:
            size = np.abs(voltage[:, row])
            given[:, place_of[row]] += (injection.zip_pu[steps, z, 1] + injection.zip_pu[steps, z, 3] * size) * size
    return np.asarray((voltage[:, rows] * current.conj()).imag - given)


def row_current(network: Network, row: int, voltage: ComplexArray) -> ComplexArray:
    """Return the current into the grid at one row, pu. Shapes: voltage (n_todo, n_bus), result (n_todo,)."""
    every = slice(network.y_indptr[row], network.y_indptr[row + 1])
    return np.asarray(voltage[:, network.y_indices[every]] @ (network.y_g[every] + 1j * network.y_b[every]))


def moved_admittances(compiled: CompiledGrid, tap: IndexArray) -> ComplexArray:
    """Return by how much moved branches differ from those of the net's own positions.

    Parameters
    ----------
    compiled:
        The topology.
    tap:
        Positions. Shape (n_todo, n_tap).

    Returns
    -------
    y_ff, y_ft, y_tf, y_tt in pu. Shape (n_todo, n_moved, 4).
    """
    taps = compiled.controls.taps
    changer, every = taps.changer_of, np.arange(len(taps.changer_of))
    now = tap[:, changer] - taps.tap_min[changer]
    own = (taps.tap_pos - taps.tap_min)[changer]
    return np.asarray(taps.y_by_position[every, now] - taps.y_by_position[every, own])


def _move_taps(compiled: CompiledGrid, steps: IndexArray, positions: Positions, voltage: ComplexArray) -> BoolArray:
    """Let tap changers act, level by level; True where one has moved. Shape (n_todo,)."""
    taps = compiled.controls.taps
    has_moved = np.zeros(len(steps), dtype=bool)
    if not len(taps.name) or not len(steps):
        return has_moved
    size = np.abs(voltage[:, np.maximum(taps.controlled_pos, 0)])
    tap = positions.tap[steps]
    change = np.where(size < taps.vm_lower_pu, taps.raise_step, np.where(size > taps.vm_upper_pu, -taps.raise_step, 0))
    change[:, taps.controlled_pos < 0] = 0
    change[(tap + change < taps.tap_min) | (tap + change > taps.tap_max)] = 0
    for level in range(int(taps.level.max()) + 1):
        acts = ~has_moved & (positions.level[steps] == level)
        mine = np.where(acts[:, np.newaxis] & (taps.level == level), change, 0)
        tap += mine
        moved = mine.any(axis=1)
        has_moved |= moved
        settled = steps[acts & ~moved]
        positions.level[settled] += 1
        positions.tap_rounds[settled] = 0
    positions.tap[steps] = tap
    positions.tap_rounds[steps] += has_moved
    positions.limit_rounds[steps[has_moved]] = 0
    positions.held[steps[has_moved]] = 0
    return has_moved
