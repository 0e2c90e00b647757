"""Reading hourly air temperatures: a CSV file of two columns, checked cell by cell.

``temp_c`` is the mean temperature of an hour in degree Celsius. When the hour begins stands in ``time_utc``
(``2026-01-01T00:00`` or with ``Z``) or in ``time_local`` (local time of the scenario, no offset). Hours follow one
another without gaps.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gridsim.dtypes import FLOAT
from gridsim.errors import Finding, ScenarioError
from gridsim.scenario.ambient_record import AmbientRecord
from gridsim.tables.cell_rules import typed_frame
from gridsim.tables.columns import Column, Kind, Table
from gridsim.tables.csv_text import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIME_UTC, TIME_LOCAL, TEMP = "time_utc", "time_local", "temp_c"
COLDEST_C, WARMEST_C = -80.0, 70.0
#: A row takes some 25 bytes, so this is room for three hundred years of hours.
LARGEST_BYTES = 64_000_000
#: Problems told; a column in the wrong unit has one in every row.
N_TOLD = 20
_HOUR = dt.timedelta(hours=1)
_WANTED_COLUMNS = f"Wanted are {TEMP} and one of {TIME_UTC} and {TIME_LOCAL}."


def read_ambient(path: Path, named_by: Path) -> tuple[AmbientRecord, str]:
    """Read a file of hourly air temperatures.

    Parameters
    ----------
    path:
        The file.
    named_by:
        Scenario file that names it, for messages.

    Returns
    -------
    The hours, and the sha256 of the bytes that were read.

    Raises
    ------
    ScenarioError
        The file is not an ordinary CSV file, or something in it is wrong; with file, row, column, value and remedy.
    """
    content = _content(path, named_by)
    header = content.partition(b"\n")[0]
    time_column = TIME_LOCAL if TIME_LOCAL.encode() in header and TIME_UTC.encode() not in header else TIME_UTC
    table = _table(path, time_column)
    text = read_text(table, content)
    cells, findings = typed_frame(table, text)
    findings = [*text.findings, *findings]
    if not findings:
        findings += _time_findings(table.file, time_column, text.rows, text.columns[time_column])
    if not findings and not text.rows:
        findings.append(Finding(table.file, 0, "", "", "empty_file", "the file has no hours", "Add a row per hour."))
    if findings:
        raise ScenarioError(_told(path, named_by, findings))
    first = np.datetime64(_moment(text.columns[time_column][0], time_column).isoformat(), "h")
    record = AmbientRecord(path, first, time_column == TIME_LOCAL, cells[TEMP].to_numpy(FLOAT))
    return record, hashlib.sha256(content).hexdigest()


def _content(path: Path, named_by: Path) -> bytes:
    """Return the bytes of an ordinary file that is called ``.csv`` and has the size of a table of hours."""
    named = f"(key 'profiles.ambient.file' of {named_by} names it)"
    if path.suffix.lower() != ".csv":
        raise ScenarioError(f"{path}: expected a file that ends in .csv {named}")
    if not path.exists():
        raise ScenarioError(f"{path}: there is no such file {named}")
    if not path.is_file():
        raise ScenarioError(f"{path}: is not an ordinary file {named}")
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ScenarioError(
                f"{path}: has {path.stat().st_size / 1e6:,.0f} MB, expected at most {LARGEST_BYTES / 1e6:g} {named}"
            )
        return path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read {named}: {error.strerror or error}") from None


def _table(path: Path, time_column: str) -> Table:
    clock = "UTC" if time_column == TIME_UTC else "local time of the scenario"
    columns = (
        Column(time_column, Kind.text, f"beginning of the hour, {clock}, such as 2026-01-01T00:00"),
        Column(TEMP, Kind.number, "mean air temperature, degree Celsius", minimum=COLDEST_C, maximum=WARMEST_C),
    )
    return Table(path.stem, time_column, "hourly air temperature", columns)


def _moment(cell: str, time_column: str) -> dt.datetime:
    """Return a time without time zone; ValueError with the reason where it is none, or of another clock."""
    moment = dt.datetime.fromisoformat(cell)
    if moment.tzinfo is not None:
        if time_column == TIME_LOCAL or moment.utcoffset():
            raise ValueError("the time has an offset from UTC")
        moment = moment.replace(tzinfo=None)
    if moment.minute or moment.second or moment.microsecond:
        raise ValueError("the time is not a full hour")
    return moment


def _time_findings(file: str, column: str, rows: list[int], cells: list[str]) -> Iterator[Finding]:
    """Yield what is wrong with single times, then with their order."""
    moments: list[tuple[int, str, dt.datetime]] = []
    for row, cell in zip(rows, cells, strict=True):
        try:
            moments.append((row, cell, _moment(cell, column)))
        except ValueError as error:
            reason = str(error) if str(error).startswith("the time") else "not a time"
            remedy = f"Write the beginning of the hour as 2026-01-01T00:00{' (UTC)' if column == TIME_UTC else ''}."
            yield Finding(file, row, column, cell, "wrong_time", reason, remedy)
    if len(moments) < len(rows):
        return
    for (_, _, before), (row, cell, moment) in pairwise(moments):
        if moment - before != _HOUR:
            hours = (moment - before) / _HOUR
            message = f"the time is {hours:g} hours after that of the row before"
            remedy = "Have one row for each hour, in order, exactly one hour apart; fill gaps with values of your own."
            yield Finding(file, row, column, cell, "not_consecutive", message, remedy)


def _told(path: Path, named_by: Path, findings: list[Finding]) -> str:
    """Return one message for all findings, with the whole path and the columns that this file may have."""
    lines = []
    for found in findings[:N_TOLD]:
        remedy = _WANTED_COLUMNS if found.rule in {"unknown_column", "missing_column", "duplicate_column"} else ""
        lines.append(str(dataclasses.replace(found, file=str(path), remedy=remedy or found.remedy)))
    if len(findings) > N_TOLD:
        lines.append(f"and {len(findings) - N_TOLD:,} more")
    noun = "problem" if len(findings) == 1 else "problems"
    head = f"{len(findings):,} {noun} in the air temperatures (key 'profiles.ambient.file' of {named_by}):"
    return "\n".join([head, *(f"  {line}" for line in lines)])
