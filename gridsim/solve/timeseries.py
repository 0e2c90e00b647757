"""The engine alone, for any pandapower net: profiles as frames in, results as frames out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.enums import LoadingBasis, StepStatus
from gridsim.errors import CompileError
from gridsim.solve import make_solver
from gridsim.solve.solution import NO_POSITION

if TYPE_CHECKING:
    from gridsim.dtypes import AnyArray, FloatArray
    from gridsim.solve.options import SolveOptions
    from gridsim.solve.solution import BatchSolution

WINDINGS = ("hv", "mv", "lv")
LOADING_TABLES = ("trafo", "trafo3w", "line")


@dataclass(frozen=True)
class TimeSeriesSolution:
    """Result of :func:`solve_timeseries`. Frames and series are made when asked for, over the index of the profiles.

    Attributes
    ----------
    steps:
        Index of the profiles.
    batch:
        The result as arrays.
    element_index:
        Index of the tables ``bus``, ``trafo``, ``trafo3w`` and ``line``.
    tap_units:
        Table and place of the unit of each controlled tap changer.
    """

    steps: pd.Index[Any]
    batch: BatchSolution
    element_index: Mapping[str, pd.Index[Any]]
    tap_units: list[tuple[str, int]]

    @property
    def status(self) -> pd.Series[Any]:
        """:class:`gridsim.StepStatus` of every step; results of steps that are not solved are NaN."""
        names = np.array(list(StepStatus), dtype=object)
        return self._series("status", names[self.batch.status])

    @property
    def iterations(self) -> pd.Series[Any]:
        """Newton iterations of every step, over all rungs of the fall-back ladder that were tried."""
        return self._series("iterations", self.batch.iterations)

    @property
    def mismatch_pu(self) -> pd.Series[Any]:
        """Largest power mismatch of every step, pu of ``net.sn_mva``."""
        return self._series("mismatch_pu", self.batch.mismatch_pu)

    @property
    def load_mw(self) -> pd.Series[Any]:
        """Total active load with a source, MW."""
        return self._series("load_mw", self.batch.load_mw)

    @property
    def loss_mw(self) -> pd.Series[Any]:
        """Total active loss of all branches, MW."""
        return self._series("loss_mw", self.batch.loss_mw)

    @property
    def unserved_mw(self) -> pd.Series[Any]:
        """Active load on buses that no source reaches, MW."""
        return self._series("unserved_mw", self.batch.unserved_mw)

    @property
    def vm_pu(self) -> pd.DataFrame:
        """Voltage magnitude, steps x ``net.bus.index``, pu."""
        return self._frame("bus", self.batch.vm_pu)

    @property
    def va_degree(self) -> pd.DataFrame:
        """Voltage angle, steps x ``net.bus.index``, degrees."""
        return self._frame("bus", self.batch.va_degree)

    def loading_percent(self, table: str, *, winding: str | None = None) -> pd.DataFrame:
        """Return the loading of all elements of a table, steps x index, percent.

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
        check_loading_table(table, winding)
        loading = self.batch.loading
        if table == "trafo3w":
            values = loading.trafo3w
            if winding is not None:
                return self._frame(table, values[:, :, WINDINGS.index(winding)])
            # Ten times as fast as a maximum over an axis of three.
            return self._frame(table, np.maximum(np.maximum(values[..., 0], values[..., 1]), values[..., 2]))
        return self._frame(table, loading.trafo if table == "trafo" else loading.line)

    def tap_pos(self, table: str) -> pd.DataFrame:
        """Return where the controlled tap changers of a table have settled, steps x index of their units.

        Parameters
        ----------
        table:
            ``trafo`` or ``trafo3w``.

        Raises
        ------
        ValueError
            For another table.
        """
        if table not in ("trafo", "trafo3w"):
            raise ValueError(f"table is {table!r}, tap changers belong to trafo and trafo3w")
        places = [place for place, unit in enumerate(self.tap_units) if unit[0] == table]
        rows = [self.tap_units[place][1] for place in places]
        values = np.full((len(self.steps), len(places)), np.nan)
        if self.batch.tap_pos is not None:
            taken = self.batch.tap_pos[:, places]
            values = np.where(taken == NO_POSITION, np.nan, taken)
        return pd.DataFrame(values, index=self.steps, columns=self.element_index[table][rows])

    def _series(self, name: str, values: AnyArray) -> pd.Series[Any]:
        return pd.Series(values, index=self.steps, name=name)

    def _frame(self, table: str, values: FloatArray) -> pd.DataFrame:
        return pd.DataFrame(values, index=self.steps, columns=self.element_index[table])


def solve_timeseries(
    net: Any,
    profiles: Mapping[tuple[str, str], pd.DataFrame],
    *,
    options: SolveOptions | None = None,
    basis: LoadingBasis = LoadingBasis.current,
) -> TimeSeriesSolution:
    """Solve a load flow for every row of the profiles.

    Parameters
    ----------
    net:
        Any balanced ``pandapowerNet``; not changed.
    profiles:
        Frames by ``(table, column)``: index = steps, the same for all of them; columns = index of the elements that
        change. Accepted: p_mw and q_mvar of load, sgen and storage, p_mw and vm_pu of gen, vm_pu of ext_grid. Elements
        and columns that are not named keep the net's own values. Units and signs are those of the table.
    options:
        Solver, tolerance, threads; the defaults when None.
    basis:
        Basis of the loading of transformers.

    Returns
    -------
    One row per step. A step without solution has NaN and a status that says why; its neighbours are untouched.

    Raises
    ------
    CompileError
        For elements that are not modelled, unknown keys or element indices, and frames whose steps differ.

    Examples
    --------
    >>> import pandapower.networks, pandas, gridsim
    >>> net = pandapower.networks.case9()
    >>> p_mw = pandas.DataFrame({0: [80.0, 90.0, 100.0]}, index=pandas.RangeIndex(3))
    >>> solution = gridsim.solve_timeseries(net, {("load", "p_mw"): p_mw})
    >>> [status.name for status in solution.status]
    ['ok', 'ok', 'ok']
    """
    steps, arrays = full_width_profiles(net, profiles)
    solver = make_solver(net, options, basis)
    batch = solver.solve(arrays, len(steps))
    element_index = {table: net[table].index.copy() for table in ("bus", *LOADING_TABLES)}
    return TimeSeriesSolution(steps, batch, element_index, solver.tap_units)


def check_loading_table(table: str, winding: str | None) -> None:
    """Raise ValueError for a table without loading, and for a winding of something that has none."""
    if table not in LOADING_TABLES:
        raise ValueError(f"table is {table!r}, loading exists for {', '.join(LOADING_TABLES)}")
    if winding is not None and (table != "trafo3w" or winding not in WINDINGS):
        raise ValueError(f"winding is {winding!r} for table {table!r}; trafo3w has {', '.join(WINDINGS)}")


def full_width_profiles(
    net: Any, profiles: Mapping[tuple[str, str], pd.DataFrame]
) -> tuple[pd.Index[Any], dict[tuple[str, str], FloatArray]]:
    """Return the steps of some frames, and their values widened to all elements of their tables, in table order.

    Raises
    ------
    CompileError
        Without any frame, for unknown keys or element indices, and for frames whose steps differ.
    """
    if not isinstance(profiles, Mapping) or not profiles:
        raise CompileError("profiles: at least one frame by (table, column) is needed, its index says the steps")
    for key, frame in profiles.items():
        if not (isinstance(key, tuple) and [type(word) for word in key] == [str, str]):
            raise CompileError(f"profile {key!r}: expected table and column, such as ('load', 'p_mw')")
        if not isinstance(frame, pd.DataFrame):
            raise CompileError(f"profile {key!r}: is a {type(frame).__name__}, expected a pandas.DataFrame")
    steps = next(iter(profiles.values())).index
    return steps, {key: _full_width(net, key, frame, steps) for key, frame in profiles.items()}


def _full_width(net: Any, key: tuple[str, str], frame: pd.DataFrame, steps: pd.Index[Any]) -> FloatArray:
    """Check one frame and widen it to all elements of its table, in table order."""
    table, column = key
    if not frame.index.equals(steps):
        raise CompileError(f"profile {key!r}: its steps differ from those of the first profile")
    if table not in net or column not in net[table]:
        raise CompileError(f"profile {key!r}: the net has no such column")
    index = net[table].index
    if not frame.columns.is_unique:
        raise CompileError(f"profile {key!r}: a column occurs more than once")
    place = index.get_indexer(frame.columns)
    if (place < 0).any():
        unknown = frame.columns[place < 0][0]
        raise CompileError(f"profile {key!r}: {table} {unknown} does not exist; columns are the index of net.{table}")
    wrong = [dtype for dtype in frame.dtypes.unique() if not _holds_real_numbers(dtype)]
    if wrong:
        column = frame.columns[frame.dtypes == wrong[0]][0]
        raise CompileError(f"profile {key!r}: column {column} holds {wrong[0]}, expected real numbers")
    try:
        values = frame.to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as fault:
        raise CompileError(f"profile {key!r}: holds something that is not a number ({fault})") from fault
    if len(place) == len(index) and (place == np.arange(len(index))).all():
        return values
    full = np.tile(net[table][column].to_numpy(dtype=np.float64), (len(steps), 1))
    full[:, place] = values
    return full


def _holds_real_numbers(dtype: Any) -> bool:
    """Whether a column of this type holds real numbers, or objects that may be some."""
    return pd.api.types.is_object_dtype(dtype) or (pd.api.types.is_numeric_dtype(dtype) and dtype.kind not in "bc")
