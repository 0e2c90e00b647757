"""What ``gridsim check`` prints: findings, totals, confidence; tables on a terminal, plain lines elsewhere."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from gridsim.errors import Finding


def check_record(folder: str, findings: Sequence[Finding], frames: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return everything that the command says, for JSON; frames become lists of rows."""
    rows = {name: json.loads(frame.to_json(orient="records")) for name, frame in frames.items()}
    return {"folder": folder, "findings": [dataclasses.asdict(finding) for finding in findings], **rows}


def print_findings(console: Console, folder: str, findings: Sequence[Finding]) -> None:
    """Print every finding: a table on a terminal, else one line each that a script can split at its first colon."""
    if not findings:
        console.print(f"{folder}: no findings", markup=False, soft_wrap=True)
        return
    noun = "finding" if len(findings) == 1 else "findings"
    console.print(f"{folder}: {len(findings):,} {noun}", markup=False, soft_wrap=True)
    if not console.is_terminal:
        for finding in findings:
            console.print(str(finding), markup=False, soft_wrap=True)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("file", "row", "column", "value", "what is wrong", "remedy"):
        table.add_column(name, justify="right" if name == "row" else "left", overflow="fold")
    for finding in findings:
        row = str(finding.row) if finding.row else ""
        cells = (finding.file, row, finding.column, finding.value, finding.message, finding.remedy)
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)


def print_frame(console: Console, title: str, frame: pd.DataFrame) -> None:
    """Print a small frame: numbers to one decimal, right-aligned."""
    is_number = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    for name, is_right in zip(frame.columns, is_number, strict=True):
        table.add_column(str(name).replace("_", " "), justify="right" if is_right else "left")
    for row in frame.itertuples(index=False):
        table.add_row(*(_cell(value, is_right) for value, is_right in zip(row, is_number, strict=True)))
    console.print(table)


def _cell(value: object, is_number: bool) -> str:
    if not is_number:
        return escape(str(value))
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
