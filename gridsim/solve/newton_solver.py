"""gridsim's own batch load flow of one topology."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.compiled.injection import check_profiles, inject, without_source
from gridsim.compiled.lower import lower
from gridsim.compiled.ratings import loading_columns
from gridsim.dtypes import COMPLEX, STATUS
from gridsim.enums import LoadingBasis, StepStatus
from gridsim.errors import CompileError
from gridsim.kernels.flows import report_steps
from gridsim.kernels.jit import IS_COMPILED
from gridsim.solve.ladder import climb, find_anchor
from gridsim.solve.solution import BatchSolution, LoadingArrays
from gridsim.solve.step_results import no_results
from gridsim.solve.workers import deal, usable_threads

if TYPE_CHECKING:
    from gridsim.compiled.injection import Profiles
    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.kernels.lane_structures import ChordResults
    from gridsim.solve.options import SolveOptions

#: Steps the ladder works on at once. Bounds the memory for intermediate arrays; no result depends on it.
STEPS_AT_ONCE = 1024
STEPS_PER_TASK = 32


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
        if not self.compiled.controls.is_empty:
            raise CompileError("the net has controls in service: tap changers, reactive limits or a distributed slack")
        self._options = options
        self._columns = loading_columns(self.compiled, basis)
        self._n_trafo = len(net["trafo"])
        self._n_trafo3w = len(net["trafo3w"])
        self.anchor = find_anchor(self.compiled, inject(self.compiled, {}, 1), options)
        self._chord = None
        if IS_COMPILED:
            from gridsim.solve.chord_method import ChordMethod  # noqa: PLC0415  only the compiler reads its kernels

            self._chord = ChordMethod(self.compiled, self._columns, self.anchor, options)

    def solve(self, profiles: Profiles, n_step: int, *, loading_only: bool = False) -> BatchSolution:
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

        Raises
        ------
        CompileError
            For unknown keys, wrong shapes and contradictory set points. A step without solution is no error: its
            status says so.
        """
        compiled = self.compiled
        checked = check_profiles(compiled, profiles, n_step)
        threads = usable_threads(self._options.threads)
        results = no_results(n_step, compiled.n_bus, len(self._columns.from_pos), loading_only=loading_only)
        status = np.full(n_step, int(StepStatus.diverged), dtype=STATUS)
        rung = np.full(n_step, -1, dtype=STATUS)
        unserved_mw, is_unserved = without_source(compiled, checked, n_step)
        todo = np.flatnonzero(~is_unserved)
        ladder_rung = 0
        if self._chord is not None and self._chord.takes(checked):
            self._chord.solve(checked, todo, threads, results)
            status[todo] = results.code[todo]
            rung[todo[status[todo] == StepStatus.ok]] = 0
            todo = todo[status[todo] != StepStatus.ok]
            ladder_rung = 1
        if self._options.use_fallback or not ladder_rung:
            for first in range(0, len(todo), STEPS_AT_ONCE):
                self._climb(checked, todo[first : first + STEPS_AT_ONCE], ladder_rung, results, status, rung)
        status[is_unserved] = StepStatus.de_energised
        return self._solution(results, status, rung, unserved_mw)

    def _climb(
        self,
        profiles: dict[tuple[str, str], FloatArray],
        steps: IndexArray,
        ladder_rung: int,
        results: ChordResults,
        status: IndexArray,
        rung: IndexArray,
    ) -> None:
        """Solve some steps by the ladder and write them down."""
        compiled = self.compiled
        injection = inject(compiled, {key: values[steps] for key, values in profiles.items()}, len(steps))
        climbed = climb(compiled, injection, np.flatnonzero(injection.is_finite), self.anchor, self._options)
        is_solved = climbed.rung >= 0
        rung[steps[is_solved]] = climbed.rung[is_solved] + ladder_rung
        status[steps] = climbed.results.code
        status[steps[rung[steps] > 0]] = StepStatus.ok_fallback
        results.iterations[steps] += climbed.results.iterations
        results.mismatch[steps] = climbed.results.mismatch
        results.load_pu[steps] = injection.load_mw / compiled.base_mva
        solved = np.flatnonzero(is_solved)

        def report(first: int, last: int) -> None:
            report_steps(
                compiled.network,
                compiled.shunt_g_pu,
                self._columns,
                climbed.results.vm,
                climbed.results.va,
                solved[first:last],
                steps[solved[first:last]],
                results.voltage,
                results.loading,
                results.loss_pu,
            )

        deal(len(solved), STEPS_PER_TASK, usable_threads(self._options.threads), report)

    def _solution(
        self, results: ChordResults, status: IndexArray, rung: IndexArray, unserved_mw: FloatArray
    ) -> BatchSolution:
        compiled = self.compiled
        failed = np.flatnonzero(status > StepStatus.ok_fallback)
        for values in (results.loading, results.mismatch, results.load_pu, results.loss_pu):
            values[failed] = np.nan
        if len(results.voltage):
            results.voltage[failed] = np.nan
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
        )
