"""The fall-back ladder for steps whose controls stand anywhere: slow, plain, one load flow per set of positions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridsim.compiled.ratings import column_of_branch
from gridsim.dtypes import COMPLEX, INDEX, STATUS
from gridsim.enums import StepStatus
from gridsim.kernels.flows import report_steps
from gridsim.solve.control_rounds import moved_admittances, row_current
from gridsim.solve.held_limits import held_q, network_with_held
from gridsim.solve.ladder import Start, climb
from gridsim.solve.workers import deal, usable_threads

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.compiled.injection import InjectionBatch
    from gridsim.dtypes import ComplexArray, IndexArray, StatusArray
    from gridsim.kernels.lane_structures import ChordResults
    from gridsim.kernels.structures import LoadingColumns, Network
    from gridsim.solve.control_rounds import Positions
    from gridsim.solve.options import SolveOptions

#: Load flows after which the shares of a distributed slack have not settled.
SHARE_ROUNDS = 40
STEPS_PER_TASK = 32


class LadderAt:
    """Solves steps at given positions of their controls by the fall-back ladder.

    Parameters
    ----------
    compiled, columns:
        The topology, and its loading columns.
    injection:
        What is given in every step.
    base:
        Where the first rung starts.
    options:
        Tolerance, patience, threads.

    Attributes
    ----------
    rung, iterations, mismatch:
        Highest rung a step needed or -1, iterations over all load flows, mismatch of the last. Shape (n_step,).
    voltage:
        Shape (n_step, n_bus).
    """

    def __init__(
        self,
        compiled: CompiledGrid,
        columns: LoadingColumns,
        injection: InjectionBatch,
        base: Start,
        options: SolveOptions,
    ) -> None:
        n_step = len(injection.s_bus_pu)
        self._compiled, self._columns, self._injection = compiled, columns, injection
        self._base, self._options = base, options
        self.rung = np.full(n_step, -1, dtype=STATUS)
        self.iterations = np.zeros(n_step, dtype=INDEX)
        self.mismatch = np.full(n_step, np.nan)
        self.voltage = np.full((n_step, compiled.n_bus), np.nan, dtype=COMPLEX)

    def __call__(self, steps: IndexArray, positions: Positions) -> tuple[StatusArray, ComplexArray]:
        """Return code (n_todo,) and voltage (n_todo, n_bus) of the steps listed."""
        codes = np.full(len(self.rung), int(StepStatus.diverged), dtype=STATUS)
        for mine in _alike(np.hstack([positions.tap[steps], positions.held[steps]])):
            some = steps[mine]
            codes[some] = self._solve_alike(some, positions.tap[some[0]], positions.held[some[0]])
        return codes[steps], self.voltage[steps]

    def _solve_alike(self, steps: IndexArray, tap: IndexArray, held: StatusArray) -> StatusArray:
        """Solve steps whose controls all stand alike; with a shared slack, until its shares have settled."""
        limits, shares = self._compiled.controls.limits, self._compiled.controls.shares
        compiled, _ = self.at_taps(tap)
        base = self._base
        if held.any():
            compiled = replace(compiled, network=network_with_held(compiled.network, limits, held))
            base = replace(base, sign=0)  # with other equations the determinant has another sign
        vm_set = self._injection.vm_set_pu
        given = replace(
            self._injection,
            s_bus_pu=self._injection.s_bus_pu[steps].copy(),
            zip_pu=self._injection.zip_pu[steps],
            vm_set_pu=vm_set if len(vm_set) == 1 else vm_set[steps],
        )
        given.s_bus_pu[:, limits.pos] += 1j * held_q(limits, held)
        every = np.arange(len(steps), dtype=INDEX)
        codes = np.full(len(steps), int(StepStatus.diverged), dtype=STATUS)
        todo = every
        for _ in range(SHARE_ROUNDS):
            climbed = climb(compiled, given, todo, base, self._options)
            results = climbed.results
            codes[todo] = results.code[todo]
            self.rung[steps[todo]] = np.maximum(self.rung[steps[todo]], climbed.rung[todo])
            self.iterations[steps[todo]] += results.iterations[todo]
            self.mismatch[steps[todo]] = results.mismatch[todo]
            self.voltage[steps[todo]] = results.vm[todo] * np.exp(1j * results.va[todo])
            todo = todo[codes[todo] == StepStatus.ok]
            if not len(shares.pos) or not todo.size:
                return codes
            rest = self._left_for_references(compiled, given, todo, self.voltage[steps[todo]])
            given.s_bus_pu[np.ix_(todo, shares.pos)] += rest[:, shares.island] * shares.weight
            todo = todo[np.abs(rest).max(axis=1) > self._options.tolerance_pu]
        codes[todo] = StepStatus.max_iterations
        return codes

    def _left_for_references(
        self, compiled: CompiledGrid, given: InjectionBatch, steps: IndexArray, voltage: ComplexArray
    ) -> np.ndarray:
        """Active power the references make up beyond what is given. Shape (n_todo, n_island)."""
        network, rows = compiled.network, compiled.controls.shares.reference_pos
        rest = np.empty((len(steps), len(rows)))
        for island, row in enumerate(rows.tolist()):
            current = row_current(network, row, voltage)
            rest[:, island] = (voltage[:, row] * current.conj() - given.s_bus_pu[steps, row]).real
        return rest

    def at_taps(self, tap: IndexArray) -> tuple[CompiledGrid, LoadingColumns]:
        """Topology and loading columns at tap positions (n_tap,)."""
        return at_taps(self._compiled, self._columns, tap)

    def report(self, steps: IndexArray, positions: Positions, at: IndexArray, results: ChordResults) -> None:
        """Write voltage, loading and losses of solved steps.

        Parameters
        ----------
        steps:
            Solved steps. Shape (n_solved,).
        positions:
            Where their controls stand.
        at:
            Row of ``results`` for every step. Shape (n_step,).
        results:
            Written at those rows.
        """
        vm, va = np.abs(self.voltage), np.angle(self.voltage)
        for mine in _alike(positions.tap[steps]):
            some = steps[mine]
            compiled, columns = self.at_taps(positions.tap[some[0]])

            def report(
                first: int,
                last: int,
                some: IndexArray = some,
                compiled: CompiledGrid = compiled,
                columns: LoadingColumns = columns,
            ) -> None:
                report_steps(
                    compiled.network,
                    compiled.shunt_g_pu,
                    columns,
                    vm,
                    va,
                    some[first:last],
                    at[some[first:last]],
                    results.voltage,
                    results.loading,
                    results.loss_pu,
                )

            deal(len(some), STEPS_PER_TASK, usable_threads(self._options.threads), report)


def at_taps(compiled: CompiledGrid, columns: LoadingColumns, tap: IndexArray) -> tuple[CompiledGrid, LoadingColumns]:
    """Return topology and loading columns as they are at other tap positions, shape (n_tap,)."""
    taps = compiled.controls.taps
    if np.array_equal(tap, taps.tap_pos):
        return compiled, columns
    network = compiled.network
    y = network.y_g + 1j * network.y_b
    dy = moved_admittances(compiled, tap[np.newaxis])[0]
    f, t = compiled.branch_from[taps.branch], compiled.branch_to[taps.branch]
    for part, (row, column) in enumerate(((f, f), (f, t), (t, f), (t, t))):
        np.add.at(y, _entries(network, row, column), dy[:, part])
    place = column_of_branch(compiled)[taps.branch]
    moved = place >= 0
    fields = ("y_self_from", "y_mutual_from", "y_mutual_to", "y_self_to")
    changed = {field: getattr(columns, field).copy() for field in fields}
    for part, field in enumerate(fields):
        changed[field][place[moved]] += np.stack([dy[moved, part].real, dy[moved, part].imag], axis=1)
    turned = network._replace(y_g=np.ascontiguousarray(y.real), y_b=np.ascontiguousarray(y.imag))
    return replace(compiled, network=turned), columns._replace(**changed)


def _alike(rows: IndexArray) -> list[IndexArray]:
    """Places of equal rows, one array for each different row."""
    if not rows.shape[1]:
        return [np.arange(len(rows), dtype=INDEX)] if len(rows) else []
    _, which = np.unique(rows, axis=0, return_inverse=True)
    which = which.reshape(-1)
    return [np.flatnonzero(which == number) for number in range(int(which.max(initial=-1)) + 1)]


def _entries(network: Network, row: IndexArray, column: IndexArray) -> IndexArray:
    """Places of admittances in the compressed rows."""
    n_bus = len(network.y_indptr) - 1
    every = np.repeat(np.arange(n_bus), np.diff(network.y_indptr)) * n_bus + network.y_indices
    return np.asarray(np.searchsorted(every, row * n_bus + column))
