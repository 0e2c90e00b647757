"""Commands of the README are run once, in order, and again only when something says so."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from benchmarks.readme import running
from benchmarks.readme.commands_shown import COMMANDS, Shown

if TYPE_CHECKING:
    from pathlib import Path

#: A module of the standard library plays the part of gridsim: it reads a file and writes another, or prints it.
COPY = Shown("json.tool --compact given.json copied.json", ("copied.json",))
QUOTE = Shown("json.tool --compact copied.json", (), ("copy",), is_quoted=True)
ASIDE = Shown("json.tool --compact given.json aside.json", ("aside.json",))
PLAY = {"copy": COPY, "quote": QUOTE, "aside": ASIDE}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "given.json").write_text('{"hours": 1}')
    return tmp_path


def ran(folder: Path, *again: str) -> list[str]:
    """Run what is missing and return the names of what was run."""
    said: list[str] = []
    running.run_missing(PLAY, folder, folder, again, said.append)
    return [line.partition(":")[0] for line in said if not line.startswith(" ")]


def test_a_second_call_runs_nothing(folder: Path) -> None:
    assert ran(folder) == ["copy", "quote", "aside"]
    assert running.said(folder, "quote") == '{"hours":1}\n'
    assert ran(folder) == []


def test_what_rests_on_something_run_again_is_run_again(folder: Path) -> None:
    ran(folder)
    (folder / "given.json").write_text('{"hours": 2}')
    assert ran(folder, "copy") == ["copy", "quote"]
    assert running.said(folder, "quote") == '{"hours":2}\n'
    (folder / "aside.json").unlink()
    assert ran(folder) == ["aside"]
    running.record_file(folder, "quote").unlink()
    assert ran(folder) == ["quote"]


def test_an_output_that_was_put_there_counts_unless_its_words_are_quoted(folder: Path) -> None:
    (folder / "aside.json").write_text("{}")
    assert ran(folder) == ["copy", "quote"]


def test_after_a_failure_it_goes_on_with_the_command_that_failed(folder: Path) -> None:
    (folder / "given.json").rename(folder / "kept.json")
    (folder / "copied.json").write_text("{}")
    with pytest.raises(subprocess.CalledProcessError):
        ran(folder)
    assert running.said(folder, "quote") == "{}\n"
    (folder / "kept.json").rename(folder / "given.json")
    assert ran(folder) == ["aside"]


def test_times_are_kept_and_told(folder: Path) -> None:
    ran(folder)
    record = json.loads(running.record_file(folder, "copy").read_text(encoding="utf-8"))
    assert {key: type(value) for key, value in record.items()} == {
        "command": str,
        "wall_s": float,
        "processor_s": float,
        "said": str,
    }
    assert record["command"] == COPY.line
    running.record_file(folder, "copy").write_text(json.dumps(record | {"wall_s": 1234.5, "processor_s": 67.8}))
    lines = running.times([*PLAY, "never_run"], folder)
    assert [line.split()[0] for line in lines] == list(PLAY)
    assert lines[0].split(maxsplit=1)[1] == "1,234.5 s by the clock,     67.8 s of processor time"
    told = json.loads(running.record_file(folder, "quote").read_text(encoding="utf-8"))
    assert lines[1].endswith(running.measured(told))


def test_scenario_is_that_of_the_repository_and_results_may_be_replaced(tmp_path: Path) -> None:
    words = running.words(COMMANDS["reference"].line, tmp_path)
    assert words == ["gridsim", "run", str(tmp_path / "scenarios/reference.toml"), "--overwrite"]
    assert "--overwrite" not in running.words(COMMANDS["leadlag"].line, tmp_path)
