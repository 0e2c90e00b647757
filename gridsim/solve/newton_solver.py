"""gridsim's own batch load flow of one topology."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.compiled.injection import check_profiles, inject
from gridsim.compiled.lower import lower
from gridsim.compiled.ratings import loading_columns
from gridsim.enums import LoadingBasis, StepStatus
from gridsim.kernels.flows import report_batch
from gridsim.kernels.jit import threads
from gridsim.solve.ladder import climb, find_anchor
from gridsim.solve.solution import BatchSolution, empty_solution

if TYPE_CHECKING:
    from gridsim.compiled.injection import Profiles
    from gridsim.solve.options import SolveOptions

#: Steps worked on at once. Bounds the memory for intermediate arrays; no result depends on it.
STEPS_AT_ONCE = 1024


class NewtonSolver:
    """Solves batches of one topology by Newton's method, with the fall-back ladder of :mod:`gridsim.solve.ladder`.

    Every step starts from the same anchor, the solution of the net's OWN values (table columns ``p_mw`` and so on), so
    the result of a step does not depend on which other steps are solved with it. The nearer those values are to the
    profiles, the fewer iterations.

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
        Voltages from which the first rung of the ladder starts.

    Raises
    ------
    CompileError
        When the net holds something that is not modelled.
    """

    def __init__(self, net: Any, options: SolveOptions, basis: LoadingBasis = LoadingBasis.current) -> None:
        self.compiled = lower(net)
        self._options = options
        self._columns = loading_columns(self.compiled, basis)
        self._n_trafo = len(net["trafo"])
        self._n_trafo3w = len(net["trafo3w"])
        self._n_line = len(net["line"])
        with threads(options.threads):
            self.anchor = find_anchor(self.compiled, inject(self.compiled, {}, 1), options)

    def solve(self, profiles: Profiles, n_step: int) -> BatchSolution:
        """Solve a batch.

        Parameters
        ----------
        profiles:
            Values by ``(table, column)``, each of shape (n_step, n_element) in table order, unit and sign of the table.
            Columns that are not named keep the net's own values. Accepted: p_mw and q_mvar of load, sgen and storage,
            p_mw and vm_pu of gen, vm_pu of ext_grid.
        n_step:
            Number of steps.

        Raises
        ------
        CompileError
            For unknown keys, wrong shapes and contradictory set points. A step without solution is no error: its
            status says so.
        """
        compiled = self.compiled
        checked = check_profiles(compiled, profiles, n_step)
        solution = empty_solution(n_step, len(compiled.bus), self._n_trafo, self._n_trafo3w, self._n_line)
        with threads(self._options.threads):
            for first in range(0, n_step, STEPS_AT_ONCE):
                rows = slice(first, min(first + STEPS_AT_ONCE, n_step))
                self._solve_rows({key: values[rows] for key, values in checked.items()}, rows, solution)
        return solution

    def _solve_rows(self, profiles: Profiles, rows: slice, solution: BatchSolution) -> None:
        compiled = self.compiled
        injection = inject(compiled, profiles, rows.stop - rows.start)
        todo = np.flatnonzero(injection.is_finite & ~injection.is_unserved)
        climbed = climb(compiled, injection, todo, self.anchor, self._options)
        status = climbed.status.copy()
        status[injection.is_finite & injection.is_unserved] = StepStatus.de_energised
        is_solved = np.asarray(status <= StepStatus.ok_fallback)
        loss_pu = np.empty(len(status))
        report_batch(
            compiled.network,
            compiled.shunt_g_pu,
            self._columns,
            compiled.bus_pos,
            climbed.results.vm,
            climbed.results.va,
            is_solved,
            solution.vm_pu[rows],
            solution.va_degree[rows],
            solution.loading.columns[rows],
            loss_pu,
        )
        solution.status[rows] = status
        solution.rung[rows] = climbed.rung
        solution.iterations[rows] = climbed.results.iterations
        solution.mismatch_pu[rows] = np.where(is_solved, climbed.results.mismatch, np.nan)
        solution.load_mw[rows] = np.where(is_solved, injection.load_mw, np.nan)
        solution.loss_mw[rows] = loss_pu * compiled.base_mva
        solution.unserved_mw[rows] = np.where(status == StepStatus.de_energised, injection.unserved_mw, 0.0)
