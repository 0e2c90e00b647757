"""``gridsim check --json``: what a script needs of the findings and totals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from gridsim.cli.app import app
from tests.support.tiny_network import tiny_rows, write_rows

if TYPE_CHECKING:
    from pathlib import Path


def checked(folder: Path) -> tuple[int, dict]:
    done = CliRunner().invoke(app, ["check", str(folder), "--json"])
    return done.exit_code, json.loads(done.output)


def test_findings_and_totals_as_json(tmp_path: Path) -> None:
    code, record = checked(write_rows(tmp_path / "good", tiny_rows()))
    assert code == 0
    assert record["findings"] == []
    assert record["totals"]
    assert record["confidence"]
    rows = tiny_rows()
    rows["lines"][1]["length_km"] = "60,5"
    code, record = checked(write_rows(tmp_path / "bad", rows))
    assert code == 2
    (finding,) = record["findings"]
    assert (finding["file"], finding["row"], finding["column"], finding["value"]) == (
        "lines.csv",
        3,
        "length_km",
        "60,5",
    )
    assert finding["remedy"] == "Write 60.5 (decimal point)."
