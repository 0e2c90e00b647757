"""The one place of this room where files are opened."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gridsim.errors import Finding, NetworkDataError
from gridsim.tables.cell_rules import typed_frame
from gridsim.tables.csv_text import TableText, read_text
from gridsim.tables.draft import Draft, nearest
from gridsim.tables.network_tables import NetworkTables
from gridsim.tables.rules import check_draft
from gridsim.tables.schema import TABLES

if TYPE_CHECKING:
    from gridsim.tables.columns import Table

#: Bytes of the largest table that is read: some two million rows. What is larger is no network.
LARGEST_FILE = 256_000_000


def load_tables(folder: str | Path) -> NetworkTables:
    """Read and validate a network folder.

    Parameters
    ----------
    folder:
        Folder with one CSV file per table of :data:`gridsim.tables.schema.TABLES`.

    Raises
    ------
    NetworkDataError
        With all findings, when there is any.
    """
    tables, findings = check_tables(folder)
    if findings or tables is None:
        raise NetworkDataError(findings)
    return tables


def check_tables(folder: str | Path) -> tuple[NetworkTables | None, tuple[Finding, ...]]:
    """Read a network folder and list everything that is wrong with it.

    Never raises for what stands in the folder.

    Returns
    -------
    tuple
        The tables, or None when a file, a column or a cell could not be read, so that there are no complete tables;
        and the findings, in the order of tables, rows and columns, without repetition. Tables that come with findings
        are good for totals, not for a load flow.
    """
    path = Path(folder)
    if not os.path.isdir(path):  # noqa: PTH112  a name that no folder can have is an answer here, not an error
        what = "is a file" if os.path.exists(path) else "does not exist"  # noqa: PTH110  likewise
        remedy = "Name a folder that holds the CSV files of a network."
        return None, (Finding(str(folder), 0, "", "", "missing_folder", f"the folder {what}", remedy),)
    try:
        names = sorted(entry.name for entry in path.iterdir())
    except OSError as error:
        message = f"the folder cannot be read ({error.strerror or error})"
        return None, (Finding(str(folder), 0, "", "", "unreadable_folder", message, "Check its permissions."),)
    findings: list[Finding] = []
    digests: dict[str, str] = {}
    texts: dict[str, TableText] = {}
    for table in TABLES:
        content = _content(path, table, names, findings)
        if content is None:
            texts[table.name] = TableText()
        else:
            digests[table.file] = hashlib.sha256(content).hexdigest()
            texts[table.name] = read_text(table, content)
            findings += texts[table.name].findings
    draft, cell_findings = _draft(texts)
    findings += cell_findings
    is_complete = not findings
    findings += check_draft(draft)
    tables = NetworkTables(str(folder), draft.frames, digests) if is_complete else None
    return tables, _ordered(findings)


def _content(folder: Path, table: Table, names: list[str], findings: list[Finding]) -> bytes | None:
    """Return the bytes of a table's file, or None with a finding."""
    path = folder / table.file
    try:
        state = path.stat()
        if stat.S_ISREG(state.st_mode) and state.st_size <= LARGEST_FILE:
            return path.read_bytes()
        finding = _not_a_table(table, state)
    except FileNotFoundError:
        if not table.is_required and not path.is_symlink():
            return None
        hint = nearest(table.file, [name for name in names if name not in {other.file for other in TABLES}])
        header = ",".join(column.name for column in table.columns)
        remedy = f"{hint}Add it; a header row alone will do where there is nothing to list: {header}."
        finding = Finding(table.file, 0, "", "", "missing_file", f"the file is missing ({table.description})", remedy)
    except OSError as error:
        message = f"the file cannot be read ({error.strerror or error})"
        finding = Finding(table.file, 0, "", "", "unreadable_file", message, "Check its permissions, or copy it again.")
    findings.append(finding)
    return None


def _not_a_table(table: Table, state: os.stat_result) -> Finding:
    """Tell what stands in place of a file; a pipe or a device might give bytes without end, or none ever."""
    if stat.S_ISREG(state.st_mode):
        message = f"the file holds {state.st_size:,} bytes, at most {LARGEST_FILE:,} are read"
        return Finding(table.file, 0, "", "", "huge_file", message, "Keep the rows of one network in it.")
    what = "a folder" if stat.S_ISDIR(state.st_mode) else "a pipe or a device"
    remedy = "Put the CSV file there instead."
    return Finding(table.file, 0, "", "", "not_a_file", f"{what} has the name of this file", remedy)


def _draft(texts: dict[str, TableText]) -> tuple[Draft, list[Finding]]:
    frames: dict[str, pd.DataFrame] = {}
    cells: dict[str, pd.DataFrame] = {}
    findings: list[Finding] = []
    unreadable: set[str] = set()
    for table in TABLES:
        text = texts[table.name]
        frames[table.name], found = typed_frame(table, text)
        findings += found
        blank = [""] * len(text.rows)
        cells[table.name] = pd.DataFrame(
            {column.name: text.columns.get(column.name, blank) for column in table.columns},
            index=pd.RangeIndex(len(text.rows)),
            dtype=object,
        )
        if table.key not in text.columns and table.is_required:
            unreadable.add(table.name)
    rows = {name: text.rows for name, text in texts.items()}
    return Draft(frames, cells, rows, frozenset(unreadable)), findings


def _ordered(findings: list[Finding]) -> tuple[Finding, ...]:
    place = {table.file: number for number, table in enumerate(TABLES)}
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda found: (place.get(found.file, -1), found.row, found.column, found.rule)))
