"""A load flow of a net that somebody else has made: once, or for every row of a table of profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.errors import InputError
from gridsim.solve.timeseries import LOADING_TABLES, WINDINGS, solve_timeseries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.solve.options import SolveOptions
    from gridsim.solve.timeseries import TimeSeriesSolution

#: Column of a table of profiles that names its rows.
STEP = "step"
#: What profiles may drive, by table of the net.
DRIVEN = {
    **dict.fromkeys(("load", "sgen", "storage"), ("p_mw", "q_mvar")),
    "gen": ("p_mw", "vm_pu"),
    "ext_grid": ("vm_pu",),
}


@dataclass(frozen=True)
class NetStudy:
    """Result of :func:`run_net`; every frame has one row per step, its first column is ``step``.

    Attributes
    ----------
    steps:
        ``status``, ``iterations``, ``mismatch_pu``, ``load_mw``, ``loss_mw``, ``unserved_mw``.
    loading:
        Percent, columns ``trafo:<index>``, ``trafo3w:<index>:hv|mv|lv``, ``line:<index>``. Blank (NaN) where the step
        has no solution, the element is out of service, or it has no rating.
    voltages:
        ``bus:<index>``, magnitude in pu.
    names:
        What the net calls the element of a column of ``loading``; elements without a name are left out.
    """

    steps: pd.DataFrame
    loading: pd.DataFrame
    voltages: pd.DataFrame
    names: Mapping[str, str]

    @property
    def failed(self) -> pd.DataFrame:
        """Rows of ``steps`` without solution."""
        return self.steps[~self.steps["status"].isin(["ok", "ok_fallback"])]

    @property
    def n_failed(self) -> int:
        """Number of steps without solution."""
        return len(self.failed)

    def worst(self, count: int) -> pd.Series[Any]:
        """Return the highest loading of the most loaded elements, descending."""
        highest = self.loading.drop(columns=STEP).max()
        return highest.dropna().sort_values(ascending=False).head(count)


def run_net(net: Any, profiles: pd.DataFrame | None, *, options: SolveOptions, place: str) -> NetStudy:
    """Solve a net for every row of a table of profiles, or once with its own values.

    Parameters
    ----------
    net:
        Any balanced ``pandapowerNet``; not changed.
    profiles:
        Columns ``step`` (any text) and ``<table>.<column>.<index>``, such as ``load.p_mw.7``; None for one step.
    options:
        Solver, tolerance, threads.
    place:
        File of the profiles, for messages.

    Raises
    ------
    InputError
        A column of the profiles names nothing that may be driven, or holds something that is not a number.
    CompileError
        The net holds something that is not modelled.
    """
    if profiles is None:  # one step in which no load changes
        steps, frames = pd.Series(["own values"]), {("load", "p_mw"): pd.DataFrame(index=pd.RangeIndex(1))}
    else:
        steps, frames = _frames(net, profiles, place)
    solution = solve_timeseries(net, frames, options=options)
    loading = _loading(net, solution, steps)
    return NetStudy(_steps(solution, steps), loading, _voltages(solution, steps), _names(net, loading))


def _frames(net: Any, profiles: pd.DataFrame, place: str) -> tuple[pd.Series[Any], dict[tuple[str, str], pd.DataFrame]]:
    if STEP not in profiles.columns or not len(profiles):
        raise InputError(f"{place}: expected a column {STEP!r} that names the rows, and at least one row")
    columns: dict[tuple[str, str], dict[int, Any]] = {}
    for name in profiles.columns:
        if name == STEP:
            continue
        table, _, rest = str(name).partition(".")
        column, _, index = rest.partition(".")
        if column not in DRIVEN.get(table, ()) or not index.isascii() or not index.isdigit():
            known = ", ".join(f"{table}.{column}" for table, columns in DRIVEN.items() for column in columns)
            raise InputError(f"{place}: column {name!r}: expected <table>.<column>.<index> with one of {known}")
        if table not in net or int(index[:18]) not in net[table].index:
            raise InputError(f"{place}: column {name!r}: the net has no {table} {index[:18]}")
        columns.setdefault((table, column), {})[int(index)] = _numbers(profiles[name], str(name), place)
    if not columns:
        raise InputError(f"{place}: expected at least one column besides {STEP!r}, such as load.p_mw.0")
    frames = {key: pd.DataFrame(values) for key, values in columns.items()}
    return profiles[STEP].astype(str).reset_index(drop=True), frames


def _numbers(values: pd.Series[Any], name: str, place: str) -> Any:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"{place}, row {row + 2}, column {name}: expected a number with a decimal point, got {values.iat[row]!r}"
        )
    return numbers


def _steps(solution: TimeSeriesSolution, steps: pd.Series[Any]) -> pd.DataFrame:
    frame = pd.DataFrame({STEP: steps, "status": [status.name for status in solution.status]})
    for name in ("iterations", "mismatch_pu", "load_mw", "loss_mw", "unserved_mw"):
        frame[name] = getattr(solution, name).to_numpy()
    return frame


def _loading(net: Any, solution: TimeSeriesSolution, steps: pd.Series[Any]) -> pd.DataFrame:
    parts: dict[str, Any] = {STEP: steps}
    for table in LOADING_TABLES:
        for winding in WINDINGS if table == "trafo3w" else (None,):
            values = solution.loading_percent(table, winding=winding)
            for index in values.columns:
                name = f"{table}:{index}" if winding is None else f"{table}:{index}:{winding}"
                parts[name] = np.where(_is_rated(net, table, index), values[index].to_numpy(), np.nan)
    return pd.DataFrame(parts)


def _names(net: Any, loading: pd.DataFrame) -> dict[str, str]:
    names = {}
    for column in loading.columns.drop(STEP):
        table, index = column.split(":")[:2]
        name = net[table]["name"].get(int(index))
        if name and not pd.isna(name):
            names[column] = str(name)
    return names


def _is_rated(net: Any, table: str, index: Any) -> bool:
    """Whether an element has a rating: what comes from a MATPOWER case without one has an absurdly large one."""
    if table == "line":
        return bool(net["line"].at[index, "max_i_ka"] < NO_RATING)
    return table == "trafo3w" or bool(net["trafo"].at[index, "sn_mva"] < NO_RATING)


#: What pandapower writes for a rating of 0, which says "none" in a MATPOWER case.
NO_RATING = 99_999.0


def _voltages(solution: TimeSeriesSolution, steps: pd.Series[Any]) -> pd.DataFrame:
    values = solution.vm_pu
    frame = pd.DataFrame(values.to_numpy(), columns=[f"bus:{index}" for index in values.columns])
    frame.insert(0, STEP, steps)
    return frame
