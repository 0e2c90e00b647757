"""Text of cells to typed columns, and the rules that need no more than one cell.

NaN-safe by construction: a cell is turned into a number only after a regular expression has accepted its spelling, so
neither "nan" nor "inf" can come in, and range checks run on the number just read. A cell that is refused becomes the
empty value of its kind, which every later rule must pass over (a comparison with NaN is False, so rules are written as
"is known to be wrong", never as "is not known to be right").
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.errors import Finding
from gridsim.tables.columns import Column, Kind, Table
from gridsim.tables.draft import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridsim.tables.csv_text import TableText

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9][0-9 \u00a0]*,[0-9]+")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}([ \u00a0\u202f'][0-9]{3})+(\.[0-9]+)?")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LIKE_DATE = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}.*|[0-9]{1,2}[ .-][^\W\d]{3,}\.?([ -][0-9]{2,4})?")
_SERIAL_DATE = re.compile(r"[0-9]{5}")
_SPREADSHEET_ERROR = re.compile(r"#(#+|N/A|Н/Д|[A-ZА-ЯЁ0-9/]+[!?])")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_LINE_BREAK = re.compile(r"[\t\n\r]")
#: Years a plan can speak of; timestamps of 64 bits in nanoseconds end in 2262.
FIRST_YEAR, LAST_YEAR = 1900, 2200
_LARGEST_WHOLE = 2.0**53
_FLAG_WORDS = {"true": True, "false": False}
_EMPTY: dict[Kind, object] = {
    Kind.text: "",
    Kind.number: np.nan,
    Kind.whole: np.nan,
    Kind.flag: False,
    Kind.date: pd.NaT,
}

Problem = tuple[str, str, str]
"""Rule, message, remedy."""


def _read_number(column: Column, text: str) -> float | Problem:
    if _NUMBER.fullmatch(text):
        return _in_range(column, text)
    wanted = _wanted(column)
    if _DECIMAL_COMMA.fullmatch(text):
        hint = text.replace(",", ".").replace(" ", "").replace("\u00a0", "")
        return "decimal_comma", "the number is written with a comma", f"Write {hint} (decimal point)."
    if _GROUPED.fullmatch(text):
        return "grouped_digits", "the digits are grouped", f"Write the number without blanks. {wanted}"
    if _LIKE_DATE.fullmatch(text):
        return (
            "spreadsheet_date",
            "a spreadsheet has turned the number into a date",
            f"Format the column as text, then type the number again. {wanted}",
        )
    return "wrong_type", "not a number", wanted


def _in_range(column: Column, text: str) -> float | Problem:
    value = float(text)
    low, high = column.minimum, column.maximum
    too_low = low is not None and (value < low or (column.is_open_minimum and value <= low))
    too_high = high is not None and value > high
    if too_low or too_high or not np.isfinite(value):
        return "out_of_range", "the value is out of range", _wanted(column)
    return value


def _wanted(column: Column) -> str:
    noun = "a whole number" if column.kind is Kind.whole else "a number with a decimal point"
    low, high = column.minimum, column.maximum
    if low is None and high is None:
        return f"Write {noun}."
    if high is None:
        return f"Write {noun} {'above' if column.is_open_minimum else 'of at least'} {low:g}."
    if column.is_open_minimum:
        return f"Write {noun} above {low:g} and up to {high:g}."
    return f"Write {noun} from {low:g} to {high:g}."


def _read_whole(column: Column, text: str) -> float | Problem:
    value = _read_number(column, text)
    if isinstance(value, float) and (not value.is_integer() or abs(value) > _LARGEST_WHOLE):
        return "wrong_type", "not a whole number", _wanted(column)
    return value


def _read_flag(column: Column, text: str) -> bool | Problem:  # noqa: ARG001
    word = text.lower()
    if word in _FLAG_WORDS:
        return _FLAG_WORDS[word]
    return "wrong_type", "neither true nor false", "Write true or false, in English in every spreadsheet."


def _read_date(column: Column, text: str) -> pd.Timestamp | Problem:  # noqa: ARG001
    remedy = "Write the date as YYYY-MM-DD, for example 2027-06-01, in a column formatted as text."
    if _ISO_DATE.fullmatch(text):
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            return "wrong_type", "no such day in the calendar", remedy
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            return "out_of_range", "the year is out of range", f"Write a year from {FIRST_YEAR} to {LAST_YEAR}."
        return pd.Timestamp(day)
    if _LIKE_DATE.fullmatch(text) or _SERIAL_DATE.fullmatch(text):
        return "spreadsheet_date", "a spreadsheet has rewritten the date", remedy
    return "wrong_type", "not a date", remedy


def _read_word(column: Column, text: str) -> str | Problem:
    if column.choices and text not in column.choices:
        return (
            "not_a_choice",
            "the word is not one of the choices",
            f"{nearest(text.lower(), column.choices)}Accepted: {', '.join(column.choices)}.",
        )
    return text


_READERS: dict[Kind, Callable[[Column, str], object]] = {
    Kind.text: _read_word,
    Kind.number: _read_number,
    Kind.whole: _read_whole,
    Kind.flag: _read_flag,
    Kind.date: _read_date,
}


def typed_frame(table: Table, text: TableText) -> tuple[pd.DataFrame, list[Finding]]:
    """Convert the cells of one table.

    Returns
    -------
    tuple
        Frame with every column of the schema, in schema order; and a finding for each cell that is empty though
        required, of the wrong type, out of range, or not one of the choices.
    """
    findings: list[Finding] = []
    columns: dict[str, pd.Series] = {}
    for column in table.columns:
        is_key = column.name == table.key or bool(column.references)
        cells = text.columns.get(column.name)
        values: list[object] = []
        if cells is None:
            values = [_empty_value(column)] * len(text.rows)
        else:
            for row, cell in zip(text.rows, cells, strict=True):
                value, problem = _read_cell(column, cell, is_key=is_key)
                values.append(value)
                if problem:
                    findings.append(Finding(table.file, row, column.name, shown(cell), *problem))
        columns[column.name] = _typed_series(column.kind, values)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(text.rows))), findings


def _read_cell(column: Column, cell: str, *, is_key: bool) -> tuple[object, Problem | None]:
    if not cell:
        if not column.required:
            return _empty_value(column), None
        rule = "missing_source" if column.name == "source_id" else "empty_cell"
        problem = (rule, "the cell is empty", f"Fill it in: {column.description}.")
        return _EMPTY[column.kind], problem
    value = _not_a_value(cell, is_key=is_key) or _READERS[column.kind](column, cell)
    if isinstance(value, tuple):
        return _EMPTY[column.kind], value
    return value, None


def _not_a_value(cell: str, *, is_key: bool) -> Problem | None:
    """Refuse what a spreadsheet or a terminal would take for a command, and what a spreadsheet could not compute."""
    if _SPREADSHEET_ERROR.fullmatch(cell):
        return "spreadsheet_error", "a spreadsheet could not show the value", "Widen the column or mend the formula."
    if cell.startswith("="):
        return "formula", "the cell holds a formula", "Write the value that it stands for."
    found = _CONTROL_CHARACTER.search(cell) or (_LINE_BREAK.search(cell) if is_key else None)
    if found:
        message = f"character {found.start() + 1} of the cell is a control character (U+{ord(found[0]):04X})"
        return "control_character", message, "Type the text again, on one line."
    return None


def _empty_value(column: Column) -> object:
    return _EMPTY[column.kind] if column.default is None else column.default


def _typed_series(kind: Kind, values: list[object]) -> pd.Series:
    if kind is Kind.text:
        return pd.Series(values, dtype=object)
    if kind is Kind.flag:
        return pd.Series(values, dtype=np.bool_)
    if kind is Kind.date:
        return pd.Series(values, dtype="datetime64[ns]")
    numbers = np.array(values, dtype=np.float64)
    if kind is Kind.whole and not np.isnan(numbers).any():
        return pd.Series(numbers.astype(np.int64))
    return pd.Series(numbers)
