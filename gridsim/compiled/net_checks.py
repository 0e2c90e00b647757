"""What stands in the cells of a net: values that no load flow can mean are told before pandapower's conversion.

The conversion takes bus -1 for the last bus, an ``in_service`` that is missing for true, and ends on text in a message
of numpy. Here the element is named instead, with its column, its value and what is accepted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gridsim.errors import CompileError

#: Columns of tables that must be numbers for elements in service. "+": above 0, "": any finite number.
NUMBERS: dict[str, dict[str, str]] = {
    "bus": {"vn_kv": "+"},
    "line": {
        "length_km": "+",
        "r_ohm_per_km": "",
        "x_ohm_per_km": "",
        "c_nf_per_km": "",
        "g_us_per_km": "",
        "parallel": "+",
        "df": "+",
    },
    "trafo": {
        "sn_mva": "+",
        "vn_hv_kv": "+",
        "vn_lv_kv": "+",
        "vk_percent": "",
        "vkr_percent": "",
        "pfe_kw": "",
        "i0_percent": "",
        "shift_degree": "",
        "parallel": "+",
        "df": "+",
    },
    "trafo3w": {
        **dict.fromkeys((f"sn_{side}_mva" for side in ("hv", "mv", "lv")), "+"),
        **dict.fromkeys((f"vn_{side}_kv" for side in ("hv", "mv", "lv")), "+"),
        **dict.fromkeys((f"{part}_{side}_percent" for part in ("vk", "vkr") for side in ("hv", "mv", "lv")), ""),
        "pfe_kw": "",
        "i0_percent": "",
        "shift_mv_degree": "",
        "shift_lv_degree": "",
    },
    "impedance": {"sn_mva": "+", "rft_pu": "", "xft_pu": "", "rtf_pu": "", "xtf_pu": ""},
    "ext_grid": {"vm_pu": "+", "va_degree": ""},
    "gen": {"vm_pu": "+"},
}
#: Larger numbers are no values of a grid, and their products no numbers of a computer.
LARGEST = 1e12
#: Columns that name a bus, by table.
BUSES = {
    "line": ("from_bus", "to_bus"),
    "impedance": ("from_bus", "to_bus"),
    "dcline": ("from_bus", "to_bus"),
    "trafo": ("hv_bus", "lv_bus"),
    "trafo3w": ("hv_bus", "mv_bus", "lv_bus"),
    "switch": ("bus",),
    **dict.fromkeys(("load", "sgen", "gen", "ext_grid", "storage", "shunt", "ward", "xward", "motor"), ("bus",)),
    "asymmetric_load": ("bus",),
    "asymmetric_sgen": ("bus",),
}
#: What a switch may join with a bus, by its element type.
SWITCHED = {"b": "bus", "l": "line", "t": "trafo", "t3": "trafo3w"}
_WORDS = {"+": "a number above 0", "": "a number"}


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
    except (TypeError, ValueError):
        is_good = np.array([isinstance(value, int | float | np.number) for value in frame[column]], dtype=bool)
    for row in np.flatnonzero(is_wanted & ~is_good).tolist():
        raise CompileError(f"{table} {frame.index[row]}: {column} is {frame[column].iat[row]}, expected {_WORDS[rule]}")


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
