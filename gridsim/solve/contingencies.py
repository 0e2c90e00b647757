"""N-1 and any other list of outages for any pandapower net: profiles as frames in, worst loadings and failures out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.enums import LoadingBasis, Solver, StepStatus
from gridsim.errors import CompileError
from gridsim.solve.contingency import N_1, NO_OUTAGE, contingencies_of
from gridsim.solve.contingency_solver import ContingencySolver
from gridsim.solve.options import SolveOptions
from gridsim.solve.timeseries import LOADING_TABLES, WINDINGS, check_loading_table, full_width_profiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridsim.dtypes import AnyArray
    from gridsim.solve.contingency import Contingency
    from gridsim.solve.contingency_solver import ContingencyBatch


@dataclass(frozen=True)
class ContingencySolution:
    """Result of :func:`solve_contingencies`. Read :attr:`failed` first.

    Attributes
    ----------
    steps:
        Index of the profiles.
    contingencies:
        What was taken out, in the order of the list.
    batch:
        The result as arrays.
    element_index:
        Index of the tables ``trafo``, ``trafo3w`` and ``line``.
    limit_percent:
        Loading above which a case counts as a violation.
    """

    steps: pd.Index[Any]
    contingencies: tuple[Contingency, ...]
    batch: ContingencyBatch
    element_index: Mapping[str, pd.Index[Any]]
    limit_percent: float

    @cached_property
    def failed(self) -> pd.DataFrame:
        """Every case that has no solution or leaves load without a source, worst first.

        Columns: ``contingency`` (``none`` for a step without solution before any outage), ``step``, ``status``,
        ``lost_mw``: the active load without supply, which is all of it where there is no solution.
        """
        failed = self.batch.failed
        names = np.array([*(contingency.name for contingency in self.contingencies), NO_OUTAGE], dtype=object)
        frame = pd.DataFrame(
            {
                "contingency": names[failed.contingency],
                "step": self.steps.take(failed.step),
                "status": np.array(list(StepStatus), dtype=object)[failed.status],
                "lost_mw": failed.lost_mw,
            }
        )
        is_cut = failed.status == int(StepStatus.de_energised)
        order = np.lexsort((failed.step, failed.contingency, -failed.lost_mw, is_cut))
        return frame.iloc[order].reset_index(drop=True)

    def worst_loading_percent(self, table: str, *, winding: str | None = None) -> pd.DataFrame:
        """Return the largest loading after any contingency, steps x index of a table, percent.

        NaN where no case has a loading of the element: in steps without solution before any outage, and for elements
        out of service.

        Parameters
        ----------
        table:
            ``trafo``, ``trafo3w`` or ``line``.
        winding:
            ``hv``, ``mv`` or ``lv`` of three-winding transformers; the worst of the three when None.

        Raises
        ------
        ValueError
            For another table, and for a winding of something that has none.
        """
        worst, _ = self._of(table, winding)
        return pd.DataFrame(worst, index=self.steps, columns=self.element_index[table])

    def cause(self, table: str, *, winding: str | None = None) -> pd.DataFrame:
        """Return the name of the contingency that gives :meth:`worst_loading_percent`; None where that is NaN.

        Of several that give the same loading the first in the list is named. The arguments are those of
        :meth:`worst_loading_percent`.
        """
        _, cause = self._of(table, winding)
        names = np.array([*(contingency.name for contingency in self.contingencies), None], dtype=object)
        return pd.DataFrame(names[cause], index=self.steps, columns=self.element_index[table])

    @cached_property
    def violations(self) -> pd.DataFrame:
        """Contingencies and the elements they load above the limit, worst first.

        A case counts where the outage adds 0.1 percentage points or more, whatever the limit is. Columns:
        ``contingency``, ``table``, ``element``, ``winding`` (empty but for trafo3w), ``steps`` (how many),
        ``worst_percent``, ``worst_step``.
        """
        batch = self.batch
        contingency, column = np.nonzero(batch.violations)
        names = np.array([contingency.name for contingency in self.contingencies], dtype=object)
        of_column = self._column_names()
        frame = of_column.iloc[column].reset_index(drop=True)
        frame.insert(0, "contingency", names[contingency] if len(names) else [])
        frame["steps"] = batch.violations[contingency, column]
        frame["worst_percent"] = batch.peak_percent[contingency, column]
        frame["worst_step"] = self.steps.take(batch.peak_step[contingency, column])
        return frame.sort_values("worst_percent", ascending=False, kind="stable").reset_index(drop=True)

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of cases: total, solved, without solution, skipped, and how many of the solved cut load off.

        ``skipped`` are those that a bound proves harmless; there is none yet, so every case is solved.
        """
        batch = self.batch
        cut = (batch.failed.contingency >= 0) & (batch.failed.status == int(StepStatus.de_energised))
        return {
            "total": batch.n_case,
            "solved": batch.n_case - batch.n_unsolved - batch.n_skipped,
            "without_solution": batch.n_unsolved,
            "skipped": batch.n_skipped,
            "cutting_load": int(cut.sum()),
        }

    @property
    def base_status(self) -> pd.Series[Any]:
        """:class:`gridsim.StepStatus` of every step before any outage."""
        values = np.array(list(StepStatus), dtype=object)[self.batch.before.status]
        return pd.Series(values, index=self.steps, name="status")

    def _of(self, table: str, winding: str | None) -> tuple[AnyArray, AnyArray]:
        """Worst loading and cause of a table, each of shape (n_step, n_element)."""
        check_loading_table(table, winding)
        columns = self._columns_of(table)
        worst, cause = self.batch.worst_percent[:, columns], self.batch.cause[:, columns]
        if table != "trafo3w":
            return worst, cause
        shape = (len(self.steps), len(self.element_index[table]), len(WINDINGS))
        worst, cause = worst.reshape(shape), cause.reshape(shape)
        if winding is not None:
            place = WINDINGS.index(winding)
            return worst[:, :, place], cause[:, :, place]
        place = np.argmax(np.where(np.isnan(worst), -1.0, worst), axis=2)[:, :, np.newaxis]
        return np.take_along_axis(worst, place, 2)[:, :, 0], np.take_along_axis(cause, place, 2)[:, :, 0]

    def _columns_of(self, table: str) -> slice:
        n_trafo, n_winding = len(self.element_index["trafo"]), len(WINDINGS) * len(self.element_index["trafo3w"])
        first = {"trafo": 0, "trafo3w": n_trafo, "line": n_trafo + n_winding}[table]
        last = {"trafo": n_trafo, "trafo3w": n_trafo + n_winding, "line": None}[table]
        return slice(first, last)

    def _column_names(self) -> pd.DataFrame:
        rows = [("trafo", index, "") for index in self.element_index["trafo"]]
        rows += [("trafo3w", index, winding) for index in self.element_index["trafo3w"] for winding in WINDINGS]
        rows += [("line", index, "") for index in self.element_index["line"]]
        return pd.DataFrame(rows, columns=["table", "element", "winding"])


def solve_contingencies(
    net: Any,
    profiles: Mapping[tuple[str, str], pd.DataFrame],
    contingencies: str | Iterable[Contingency | tuple[str, Mapping[str, Any]]] = N_1,
    *,
    options: SolveOptions | None = None,
    basis: LoadingBasis = LoadingBasis.current,
    limit_percent: float = 100.0,
    moves_taps: bool = False,
) -> ContingencySolution:
    """Solve a load flow for every row of the profiles and every contingency.

    What an outage means is what ``pandapower.runpp`` makes of the net with the elements out of service. A part that
    loses every source is without supply, and its load is lost; the rest is solved and its loading counts.

    Parameters
    ----------
    net:
        Any balanced ``pandapowerNet``; not changed.
    profiles:
        Frames by ``(table, column)``, as for :func:`gridsim.solve_timeseries`.
    contingencies:
        ``"n-1"``: each transformer, line, generator and static generator in service on its own. Or a list of groups,
        each a :class:`gridsim.Contingency` or a pair of a name and the elements that are out together, such as
        ``("busbar 7", {"bus": [7]})``.
    options:
        Tolerance, threads, controls; the defaults when None. Taps settle before the outage and then stand still.
    basis:
        Basis of the loading of transformers.
    limit_percent:
        Loading above which a case counts as a violation.
    moves_taps:
        Whether tap controllers act after each outage as well, from the net's own positions. Slow.

    Raises
    ------
    CompileError
        For elements that are not modelled, unknown keys or element indices, frames whose steps differ, and the slow
        solver of ``options``, which knows no outages.

    Examples
    --------
    >>> import pandapower.networks, pandas, gridsim
    >>> net = pandapower.networks.case9()
    >>> p_mw = pandas.DataFrame({0: [80.0, 90.0]}, index=pandas.RangeIndex(2))
    >>> result = gridsim.solve_contingencies(net, {("load", "p_mw"): p_mw})
    >>> result.counts["total"], len(result.failed)
    (22, 0)
    """
    chosen = options or SolveOptions()
    if chosen.solver is not Solver.newton:
        raise CompileError(f"options: solver is {chosen.solver.value!r}, contingencies are solved by 'newton'")
    if not 0.0 < limit_percent < math.inf:
        raise CompileError(f"limit_percent is {limit_percent!r}, expected a number above 0")
    steps, arrays = full_width_profiles(net, profiles)
    groups = contingencies_of(net, contingencies)
    solver = ContingencySolver(net, groups, chosen, basis, moves_taps=moves_taps)
    batch = solver.solve(arrays, len(steps), limit_percent=limit_percent)
    element_index = {table: net[table].index.copy() for table in LOADING_TABLES}
    return ContingencySolution(steps, tuple(groups), batch, element_index, limit_percent)
