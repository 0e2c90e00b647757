"""The comparison as people read it, and as the command prints it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from gridsim.cli.app import app
from gridsim.report import compare_table
from gridsim.report.compare_table import print_comparison
from gridsim.results.store import ResultStore
from gridsim.studies.compare_runs import compare_runs
from tests.support.synthetic_store import write_synthetic_store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    span = {"n_transformers": 40, "from_year": 2026, "to_year": 2028, "resolution_h": 6}
    write_synthetic_store(folder / "a", **span)
    write_synthetic_store(folder / "b", **span, load_level=1.6, late_days=400, is_failing=True)
    return folder


def printed(folder: Path, limit: str | None = None, *, other: str = "b") -> list[str]:
    console = Console(file=io.StringIO(), width=300)
    print_comparison(console, compare_runs(folder / "a", folder / other, limit=limit))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_unsolved_hours_come_first_then_causes_then_consequences(folder: Path) -> None:
    lines = printed(folder)
    assert lines[0].startswith("A  Synthetic study (synthetic, 2026-2028, ")
    assert lines[2].startswith("Hours     A all 26,304 hours solved; B ")
    assert "hours have NO solution" in lines[2]
    places = [next(i for i, line in enumerate(lines) if line.startswith(word)) for word in ("Inputs", "Dates", "Overl")]
    assert places == sorted(places)
    consequences = next(line for line in lines if line.strip().startswith("transformer "))
    assert consequences.index("unsolved h A") < consequences.index("overload")
    text = "\n".join(lines)
    assert "load_level   1.0   1.6" in text
    assert "≥ " in text
    assert "+400" in text
    assert "Overloads by rule continuous (rating plate; as read)" in text
    transformers = compare_runs(folder / "a", folder / "b").transformers
    gone = int((transformers["is_there_a"] & ~transformers["is_there_b"]).sum())
    assert gone > 0
    assert f"transformers in A only: {gone}, in B only: 0" in text


def test_long_tables_say_how_many_rows_are_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare_table, "N_ROWS", 5)
    n_project = len(compare_runs(folder / "a", folder / "b").projects)
    assert f"          and {n_project - 5:,} more (--json has all)" in printed(folder)


def test_units_that_share_their_load_share_a_row(folder: Path) -> None:
    changed = compare_runs(folder / "a", folder / "b").consequences
    broken = changed[changed["change"] != "none"]
    groups = broken.groupby(["substation_name", "overload_mvah_b"], sort=False)["name"]  # the worst come first
    twins = next(list(names) for _, names in groups if len(names) > 1)
    assert ", ".join(twins) in "\n".join(printed(folder))


def test_a_rule_that_was_not_read_says_so(folder: Path) -> None:
    assert "Overloads by rule emergency (made up; NOT VERIFIED)" in "\n".join(printed(folder, "emergency"))


def test_nothing_changed_is_a_short_answer(folder: Path) -> None:
    lines = printed(folder, other="a")
    assert "Inputs    the same in both" in lines
    assert not [line for line in lines if "Consequences" in line or line.startswith("Taps")]


def run(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["compare", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_prints_and_writes_what_was_asked_for(folder: Path, tmp_path: Path) -> None:
    code, told, _ = run(folder / "a", folder / "b", "--csv", tmp_path / "units.csv")
    assert code == 0
    assert "Consequences, the largest change of MVAh (of one unit) first" in told
    units = compare_runs(folder / "a", folder / "b").transformers
    assert pd.read_csv(tmp_path / "units.csv")["name"].tolist() == units["name"].tolist()
    code, told, _ = run(folder / "a", folder / "b", "--json", "--limit", "emergency")
    assert code == 0
    assert json.loads(told)["limit"] == "emergency"


def test_the_command_refuses_with_a_message_and_a_code(folder: Path, tmp_path: Path) -> None:
    with ResultStore.create(tmp_path / "unfinished"):
        pass
    code, told, complaint = run(folder / "a", tmp_path / "unfinished")
    assert (code, told) == (2, "")
    assert "interrupted or is still going on" in complaint
    code, _, complaint = run(folder / "a", tmp_path / "nowhere")
    assert code == 2
    assert "nowhere" in complaint
