"""gridsim's own batch load flow of one topology."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.compiled.injection import check_profiles, inject, without_source
from gridsim.compiled.lower import lower
from gridsim.compiled.ratings import loading_columns
from gridsim.dtypes import COMPLEX, INDEX, STATUS
from gridsim.enums import LoadingBasis, StepStatus
from gridsim.kernels.jit import IS_COMPILED
from gridsim.solve.control_rounds import hold_taps, settle, starting_positions
from gridsim.solve.ladder import Start, find_anchor
from gridsim.solve.ladder_at import LadderAt, at_taps
from gridsim.solve.solution import NO_POSITION, BatchSolution, LoadingArrays
from gridsim.solve.step_results import no_results

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.compiled.injection import Profiles
    from gridsim.dtypes import ComplexArray, FloatArray, IndexArray, StatusArray
    from gridsim.kernels.lane_structures import ChordResults
    from gridsim.kernels.structures import LoadingColumns
    from gridsim.solve.chord_method import ChordMethod
    from gridsim.solve.control_rounds import Positions
    from gridsim.solve.options import SolveOptions

#: Steps the ladder works on at once. Bounds the memory for intermediate arrays; no result depends on it.
STEPS_AT_ONCE = 1024


class NewtonSolver:
    """Solves batches of one topology: chord Newton first, then the fall-back ladder of :mod:`gridsim.solve.ladder`.

    Every step starts from an anchor that is chosen by its level and made from the net's OWN values (table columns
    ``p_mw`` and so on), so the result of a step does not depend on which other steps are solved with it. The more
    typical of the profiles those values are, the fewer iterations.

    Parameters
    ----------
    net:
        One topology, a balanced ``pandapowerNet``; not changed and not kept.
    options:
        Tolerance, patience, threads, fall-back.
    basis:
        Basis of the loading of transformers.

    Attributes
    ----------
    compiled:
        The topology as arrays.
    anchor:
        Solution of the net's own values, from which the anchors are made and the ladder starts.
    settled_tap_pos:
        Where the tap changers rest at the net's own values; the net's own positions where they find no rest. Shape
        (n_tap,).

    Raises
    ------
    CompileError
        When the net holds something that is not modelled.
    """

    def __init__(self, net: Any, options: SolveOptions, basis: LoadingBasis = LoadingBasis.current) -> None:
        self.compiled = lower(
            net,
            enforce_q_lims=options.enforce_q_lims,
            distributed_slack=options.distributed_slack,
            run_control=options.run_control,
        )
        self._options = options
        self._columns = loading_columns(self.compiled, basis)
        self._n_trafo = len(net["trafo"])
        self._n_trafo3w = len(net["trafo3w"])
        self.anchor = find_anchor(self.compiled, inject(self.compiled, {}, 1), options)
        settled, columns, base, self.settled_tap_pos = self._settled()
        self._chord = None
        if IS_COMPILED:
            from gridsim.solve.chord_method import ChordMethod  # noqa: PLC0415  only the compiler reads its kernels

            self._chord = ChordMethod(settled, columns, self.settled_tap_pos, base, options)

    @property
    def tap_units(self) -> list[tuple[str, int]]:
        """Table and place of the unit of each controlled tap changer, in the order of ``BatchSolution.tap_pos``."""
        taps = self.compiled.controls.taps
        return list(zip(taps.table, taps.table_row.tolist(), strict=True))

    def topology_at(self, tap_pos: IndexArray | None) -> tuple[CompiledGrid, LoadingColumns]:
        """Return the topology and its loading columns at tap positions of a solution, shape (n_tap,), None without."""
        if tap_pos is None:
            return self.compiled, self._columns
        return at_taps(self.compiled, self._columns, tap_pos)

    def _settled(self) -> tuple[CompiledGrid, LoadingColumns, Start, IndexArray]:
        """Return topology, columns, solution and tap positions at the net's own values, with its taps at rest."""
        compiled = self.compiled
        own = compiled.controls.taps.tap_pos
        if not len(own):
            return compiled, self._columns, self.anchor, own
        injection = inject(compiled, {}, 1)
        ladder = LadderAt(compiled, self._columns, injection, self.anchor, self._options)
        positions = starting_positions(compiled, own[np.newaxis])
        codes = settle(compiled, injection, np.zeros(1, dtype=INDEX), positions, ladder)
        if codes[0] != StepStatus.ok:
            return compiled, self._columns, self.anchor, own
        voltage, tap = ladder.voltage[0], positions.tap[0]
        base = Start(np.abs(voltage), np.angle(voltage), self.anchor.sign)
        return *ladder.at_taps(tap), base, tap

    def solve(
        self,
        profiles: Profiles,
        n_step: int,
        *,
        loading_only: bool = False,
        from_settled_taps: bool = False,
        start_tap_pos: IndexArray | None = None,
        held_tap_pos: IndexArray | None = None,
    ) -> BatchSolution:
        """Solve a batch.

        Parameters
        ----------
        profiles:
            Values by ``(table, column)``, each of shape (n_step, n_element) in table order, unit and sign of the table.
            Columns that are not named keep the net's own values. Accepted: p_mw and q_mvar of load, sgen and storage,
            p_mw and vm_pu of gen, vm_pu of ext_grid.
        n_step:
            Number of steps.
        loading_only:
            Keep no voltages, and loading as float32: half the memory, and less of it to fill.
        from_settled_taps:
            Whether the tap changers of every step start from where they rest at the net's own values, instead of from
            the net's own positions.
        start_tap_pos:
            Where the tap changers of every step start from instead. Shape (n_step, n_tap).
        held_tap_pos:
            Where the tap changers of every step stand, and stay. Shape (n_step, n_tap).

        Raises
        ------
        CompileError
            For unknown keys, wrong shapes and contradictory set points. A step without solution is no error: its
            status says so.
        """
        compiled = self.compiled
        checked = check_profiles(compiled, profiles, n_step)
        results = no_results(
            n_step,
            compiled.n_bus,
            len(self._columns.from_pos),
            is_single=loading_only,
            keeps_voltage=not loading_only or bool(len(compiled.controls.limits.pos)),
        )
        status = np.full(n_step, int(StepStatus.diverged), dtype=STATUS)
        rung = np.full(n_step, -1, dtype=STATUS)
        common = self.settled_tap_pos if from_settled_taps else compiled.controls.taps.tap_pos
        start = np.broadcast_to(common, (n_step, len(common))) if start_tap_pos is None else start_tap_pos
        positions = starting_positions(compiled, start)
        if held_tap_pos is not None:
            hold_taps(positions, held_tap_pos)
        unserved_mw, is_unserved = without_source(compiled, checked, n_step)
        todo = np.flatnonzero(~is_unserved)
        if self._chord is not None:
            self._solve_by_chord(self._chord, checked, todo, positions, results, moves_taps=held_tap_pos is None)
            status[todo] = results.code[todo]
            rung[todo[status[todo] == StepStatus.ok]] = 0
            todo = todo[status[todo] != StepStatus.ok]
        if self._options.use_fallback or self._chord is None:
            for first in range(0, len(todo), STEPS_AT_ONCE):
                some = todo[first : first + STEPS_AT_ONCE]
                local = starting_positions(compiled, start[some])
                if held_tap_pos is not None:
                    hold_taps(local, held_tap_pos[some])
                self._climb(checked, some, positions, results, status, rung, local)
        status[is_unserved] = StepStatus.de_energised
        return self._solution(results, status, rung, unserved_mw, positions.tap)

    def _solve_by_chord(
        self,
        chord: ChordMethod,
        profiles: dict[tuple[str, str], FloatArray],
        steps: IndexArray,
        positions: Positions,
        results: ChordResults,
        *,
        moves_taps: bool,
    ) -> None:
        """Solve steps by the chord method; with limits of reactive power, round by round until they settle."""
        compiled = self.compiled
        if not len(compiled.controls.limits.pos):
            chord.solve(profiles, steps, positions, results, moves_taps=moves_taps)
            return
        voltage = results.voltage.view(COMPLEX)
        iterations = np.zeros(len(results.code), dtype=INDEX)

        def solve(some: IndexArray, positions: Positions) -> tuple[StatusArray, ComplexArray]:
            chord.solve(profiles, some, positions, results)
            iterations[some] += results.iterations[some]
            return results.code[some], voltage[some]

        injection = inject(compiled, profiles, len(results.code))
        results.code[:] = settle(compiled, injection, steps, positions, solve)
        results.iterations[:] = iterations

    def _climb(
        self,
        profiles: dict[tuple[str, str], FloatArray],
        steps: IndexArray,
        positions: Positions,
        results: ChordResults,
        status: StatusArray,
        rung: StatusArray,
        local: Positions,
    ) -> None:
        """Solve some steps by the ladder, with controls that start from ``local``, and write them down."""
        compiled = self.compiled
        injection = inject(compiled, {key: values[steps] for key, values in profiles.items()}, len(steps))
        ladder = LadderAt(compiled, self._columns, injection, self.anchor, self._options)
        codes = settle(compiled, injection, np.flatnonzero(injection.is_finite), local, ladder)
        solved = np.flatnonzero(codes == StepStatus.ok)
        ladder.report(solved, local, steps, results)
        first_rung = 0 if self._chord is None else 1
        rung[steps[solved]] = ladder.rung[solved] + first_rung
        status[steps] = codes
        status[steps[rung[steps] > 0]] = StepStatus.ok_fallback
        results.iterations[steps] += ladder.iterations
        results.mismatch[steps] = ladder.mismatch
        results.load_pu[steps] = injection.load_mw / compiled.base_mva
        positions.tap[steps] = local.tap

    def _solution(
        self,
        results: ChordResults,
        status: StatusArray,
        rung: StatusArray,
        unserved_mw: FloatArray,
        tap_pos: IndexArray,
    ) -> BatchSolution:
        compiled = self.compiled
        failed = np.flatnonzero(status > StepStatus.ok_fallback)
        unrated = np.flatnonzero(np.isinf(self._columns.percent_from))
        results.loading[:, unrated] = np.where(results.loading[:, unrated] > 0.0, np.inf, np.nan)
        for values in (results.loading, results.mismatch, results.load_pu, results.loss_pu):
            values[failed] = np.nan
        if len(results.voltage):
            results.voltage[failed] = np.nan
        tap_pos[failed] = NO_POSITION
        return BatchSolution(
            status=status,
            iterations=results.iterations,
            mismatch_pu=results.mismatch,
            rung=rung,
            voltage_pu=results.voltage.view(COMPLEX),
            bus_pos=compiled.bus_pos,
            loading=LoadingArrays(results.loading, self._n_trafo, self._n_trafo3w),
            load_mw=results.load_pu * compiled.base_mva,
            loss_mw=results.loss_pu * compiled.base_mva,
            unserved_mw=np.where(status == StepStatus.de_energised, unserved_mw, 0.0),
            tap_pos=tap_pos if tap_pos.shape[1] else None,
        )
