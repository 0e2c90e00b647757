"""What stands in the cells of a net: values that no load flow can mean are told before pandapower's conversion.

The conversion takes bus -1 for the last bus, an ``in_service`` that is missing for true, and ends on text in a message
of numpy. Here the element is named instead, with its column, its value and what is accepted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gridsim.compiled.net_columns import BUSES, NEEDED, NUMBERS
from gridsim.errors import CompileError

#: Larger numbers are no values of a grid, and their products no numbers of a computer.
LARGEST = 1e12
#: What a switch may join with a bus, by its element type.
SWITCHED = {"b": "bus", "l": "line", "t": "trafo", "t3": "trafo3w"}
_REMEDY = "pandapower.convert_format brings an old net up to date"
_WORDS = {"+": "a number above 0", "!": "a number other than 0", "%": "a number between 0 and 1", "": "a number"}


def check_columns(net: Any) -> None:
    """Refuse a net without the tables and columns that are read.

    Raises
    ------
    CompileError
        Naming table and column, and the remedy.
    """
    for table, columns in NEEDED.items():
        if table not in net:
            raise CompileError(
                f"{table}: the net has no such table; pandapower.convert_format brings an old net up to date"
            )
        for column in columns if len(net[table]) else ():
            if column not in net[table]:
                raise CompileError(f"{table}: column {column} is missing; {_REMEDY}")


def check_cells(net: Any) -> None:
    """Refuse cells that no load flow can mean.

    Raises
    ------
    CompileError
        Naming table, index, column and value, and what is accepted.
    """
    _check_base(net)
    _check_bus_index(net)
    for table in dict.fromkeys((*NUMBERS, *BUSES)):
        if table not in net or not len(net[table]):
            continue
        frame = net[table]
        is_wanted = _in_service(table, frame)
        for column in BUSES.get(table, ()):
            _check_references(table, frame, column, net["bus"].index)
        for column, rule in NUMBERS.get(table, {}).items():
            if column in frame:
                _check_numbers(table, frame, column, rule, is_wanted)
    _check_short_circuit_voltages(net)
    _check_switches(net)


def _check_base(net: Any) -> None:
    for name in ("sn_mva", "f_hz"):
        value = net.get(name)
        is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not is_number or not 0.0 < float(value) < LARGEST:
            raise CompileError(f"net.{name} is {_plain(value)!r}, expected a number above 0")


def _check_bus_index(net: Any) -> None:
    index = net["bus"].index
    if not len(index):
        raise CompileError("bus: the net has no bus")
    if not pd.api.types.is_integer_dtype(index) or (index < 0).any():
        wrong = next((label for label in index if not isinstance(label, int | np.integer) or label < 0), index[0])
        raise CompileError(f"bus {_plain(wrong)!r}: an index is a whole number of at least 0")


def _in_service(table: str, frame: pd.DataFrame) -> Any:
    """Return which rows count, refusing what is neither true nor false."""
    if "in_service" not in frame:
        return np.ones(len(frame), dtype=bool)
    values = frame["in_service"]
    if values.dtype != bool:
        for index, value in values.items():
            if value is not True and value is not False and not isinstance(value, np.bool_):
                raise CompileError(f"{table} {index}: in_service is {_plain(value)!r}, expected True or False")
    return values.to_numpy(dtype=bool)


def _check_references(table: str, frame: pd.DataFrame, column: str, known: pd.Index[Any]) -> None:
    is_known = frame[column].isin(known).to_numpy(dtype=bool)
    for row in np.flatnonzero(~is_known).tolist():
        wrong = _plain(frame[column].iat[row])
        raise CompileError(f"{table} {frame.index[row]}: {column} is {wrong!r}, expected the index of a bus of the net")


def _check_numbers(table: str, frame: pd.DataFrame, column: str, rule: str, is_wanted: Any) -> None:
    try:
        values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
        is_good = np.abs(values) < LARGEST  # no NaN is
        if rule == "+":
            is_good &= values > 0.0
        elif rule == "!":
            is_good &= values != 0.0
        elif rule == "%":
            is_good &= (values > 0.0) & (values < 1.0)
    except (TypeError, ValueError):
        is_good = np.array([isinstance(value, int | float | np.number) for value in frame[column]], dtype=bool)
    for row in np.flatnonzero(is_wanted & ~is_good).tolist():
        raise CompileError(f"{table} {frame.index[row]}: {column} is {frame[column].iat[row]}, expected {_WORDS[rule]}")


def _check_short_circuit_voltages(net: Any) -> None:
    frame = net["trafo"]
    if not len(frame):
        return
    whole, active = (np.abs(frame[name].to_numpy(dtype=np.float64)) for name in ("vk_percent", "vkr_percent"))
    for row in np.flatnonzero(_in_service("trafo", frame) & (active > whole)).tolist():
        highest, given = frame["vk_percent"].iat[row], frame["vkr_percent"].iat[row]
        raise CompileError(f"trafo {frame.index[row]}: vkr_percent is {given}, expected at most vk_percent, {highest}")


def _check_switches(net: Any) -> None:
    if "switch" not in net or not len(net["switch"]):
        return
    for row in net["switch"].itertuples():
        table = SWITCHED.get(row.et)
        if table is None:
            raise CompileError(f"switch {row.Index}: et is {_plain(row.et)!r}, expected one of {', '.join(SWITCHED)}")
        if row.element not in net[table].index:
            raise CompileError(
                f"switch {row.Index}: element is {_plain(row.element)!r}, expected the index of a row of net.{table}"
            )
        if row.closed is not True and row.closed is not False and not isinstance(row.closed, np.bool_):
            raise CompileError(f"switch {row.Index}: closed is {_plain(row.closed)!r}, expected True or False")


def _plain(value: Any) -> Any:
    """Return a value as Python shows it, without the name of its type of numpy."""
    return value.item() if isinstance(value, np.generic) else value
