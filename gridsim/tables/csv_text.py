"""Bytes of one CSV file to the text of its cells. Nothing is guessed: what does not fit is a finding.

The standard library's reader is used rather than pandas' because it hands over record by record, so that every ragged
row can be named, duplicate headers stay visible, and no cell is turned into NaN for spelling "NA" (which is also the
name of a town).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gridsim.errors import Finding
from gridsim.tables.draft import nearest, shown

if TYPE_CHECKING:
    from gridsim.tables.columns import Column, Table

#: The csv module refuses longer cells; far above any note a person writes.
LONGEST_CELL = 20_000
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SAVE_AGAIN = "Save the sheet again as CSV (UTF-8, comma separated)."


@dataclass
class TableText:
    """Text of one table as it stood in its file.

    Attributes
    ----------
    columns:
        Column name to the text of its cells, stripped of blanks at both ends; only columns that the schema knows.
    rows:
        Spreadsheet row of each record.
    findings:
        What was wrong with the file, its header and the shape of its records.
    """

    columns: dict[str, list[str]] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read_text(table: Table, content: bytes) -> TableText:
    """Split the bytes of ``table``'s file into cells, listing everything that is wrong with its form."""
    result = TableText()
    records = _records(table, content, result.findings)
    if not records:
        return result
    header = [name.strip() for name in records[0]]
    if _is_wrong_separator(table, header, result.findings):
        return result
    positions = _column_positions(table, header, result.findings)
    width = len(header)
    result.columns = {name: [] for name in positions}
    last = max((number for number, record in enumerate(records) if any(map(str.strip, record))), default=0)
    for number, record in enumerate(records[1 : last + 1], start=2):
        if not any(cell.strip() for cell in record):
            result.findings.append(
                Finding(table.file, number, "", "", "empty_row", "the row is empty", "Delete the row.")
            )
            continue
        if len(record) != width:
            result.findings.append(_ragged(table, number, record, width))
        result.rows.append(number)
        for name, pos in positions.items():
            text = record[pos].strip() if pos < len(record) else ""
            if len(text) > LONGEST_CELL:
                result.findings.append(_too_long(table, number, name, text))
                text = text[:LONGEST_CELL]
            result.columns[name].append(text)
    return result


def _records(table: Table, content: bytes, findings: list[Finding]) -> list[list[str]]:
    """Decode and split into records; an empty list when the file cannot be used at all."""
    if b"\x00" in content:
        row = content.count(b"\n", 0, content.index(b"\x00")) + 1
        message = "the file holds null bytes (in this row first), as UTF-16 text and binary files do"
        findings.append(Finding(table.file, row, "", "", "not_utf8", message, _SAVE_AGAIN))
        return []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        byte = f"0x{content[error.start]:02x}"
        message = f"the file is not UTF-8 text (byte {byte} in this row)"
        findings.append(Finding(table.file, row, "", "", "not_utf8", message, _SAVE_AGAIN))
        return []
    if not text.strip():
        remedy = f"Put at least the header row into it: {','.join(column.name for column in table.columns)}."
        findings.append(Finding(table.file, 0, "", "", "empty_file", "the file is empty", remedy))
        return []
    records: list[list[str]] = []
    try:
        records.extend(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        findings.append(
            Finding(
                table.file,
                len(records) + 1,
                "",
                "",
                "not_csv",
                f"the file cannot be split into cells from here on ({error})",
                "Look for a quotation mark that is not closed, or a cell that holds a whole document.",
            )
        )
    return records


def _is_wrong_separator(table: Table, header: list[str], findings: list[Finding]) -> bool:
    if len(header) > 1 or not header:
        return False
    for separator, name in _SEPARATORS.items():
        if separator in header[0]:
            message = f"the cells are separated by {name}"
            findings.append(Finding(table.file, 1, "", shown(header[0]), "wrong_separator", message, _SAVE_AGAIN))
            return True
    return False


def _column_positions(table: Table, header: list[str], findings: list[Finding]) -> dict[str, int]:
    """Find where each known column stands; report duplicate, unknown and missing ones."""
    known = [column.name for column in table.columns]
    positions: dict[str, int] = {}
    for pos, name in enumerate(header):
        if name in positions:
            remedy = "Keep one of them; the first was read."
            findings.append(Finding(table.file, 1, name, name, "duplicate_column", "the column stands twice", remedy))
        elif name in known:
            positions[name] = pos
        else:
            label = name or f"number {pos + 1}, without a name"
            missing = [other for other in known if other not in header]
            remedy = f"{nearest(name, missing) or nearest(name, known)}Rename or remove it; use note for remarks."
            findings.append(
                Finding(table.file, 1, label, shown(name), "unknown_column", "no such column is known", remedy)
            )
    findings.extend(_missing(table, column) for column in table.columns if column.name not in positions)
    return positions


def _missing(table: Table, column: Column) -> Finding:
    remedy = f"Add it: {column.description}{'' if column.required else ' (its cells may be empty)'}."
    return Finding(table.file, 1, column.name, "", "missing_column", "the column is missing", remedy)


def _ragged(table: Table, row: int, record: list[str], width: int) -> Finding:
    return Finding(
        table.file,
        row,
        "",
        shown(",".join(record)),
        "ragged_row",
        f"the row has {len(record)} cells, the header {width}",
        "Put texts that contain commas into quotation marks; write decimals with a point.",
    )


def _too_long(table: Table, row: int, column: str, text: str) -> Finding:
    return Finding(
        table.file,
        row,
        column,
        shown(text),
        "huge_cell",
        f"the cell holds {len(text)} characters",
        f"Shorten it to at most {LONGEST_CELL} characters.",
    )
