"""Runs the commands that the README shows, one after the other, each in one folder, and goes on where it stopped."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from benchmarks.readme.commands_shown import Shown

#: Columns of the console, so many that no row of a table is broken.
COLUMNS = 400
#: Commands whose earlier results are replaced only when they are told to.
REPLACED = ("run", "n1", "export")


def record_file(folder: Path, name: str) -> Path:
    """Return where it is kept what a command has printed and how long it took."""
    return folder / "said" / f"{name}.json"


def said(folder: Path, name: str) -> str:
    """Return what a command printed."""
    text: str = json.loads(record_file(folder, name).read_text(encoding="utf-8"))["said"]
    return text


def is_done(folder: Path, name: str, shown: Shown) -> bool:
    """Whether everything is in the folder that the README takes from a command, run there or put there."""
    is_kept = record_file(folder, name).is_file() or not shown.is_quoted
    return is_kept and all((folder / file).is_file() for file in shown.leaves)


def run_missing(
    commands: Mapping[str, Shown],
    folder: Path,
    top: Path,
    again: Collection[str] = (),
    say: Callable[[str], None] = print,
) -> None:
    """Run what has not left its output, what is asked for ``again``, and what rests on something run now.

    Raises
    ------
    subprocess.CalledProcessError
        A command failed; those before it are kept and not run again.
    """
    ran: set[str] = set()
    for name, shown in commands.items():
        if name in again or ran & set(shown.needs) or not is_done(folder, name, shown):
            say(f"{name}: {shown.line}")
            record = run_one(shown, folder, top)
            file = record_file(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            say(f"    {measured(record)}")
            ran.add(name)


def run_one(shown: Shown, folder: Path, top: Path) -> dict[str, Any]:
    """Run one command in the folder; return its line, what it printed, and its wall and processor time in seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    before, begun = _processor_s(), time.perf_counter()
    done = subprocess.run(  # noqa: S603  this very interpreter, with a command of the registry
        [sys.executable, "-m", *words(shown.line, top)],
        cwd=folder,
        env=os.environ | {"COLUMNS": str(COLUMNS), "PYTHONPATH": str(top), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return {
        "command": shown.line,
        "wall_s": round(time.perf_counter() - begun, 1),
        "processor_s": round(_processor_s() - before, 1),
        "said": done.stdout,
    }


def words(line: str, top: Path) -> list[str]:
    """Return the words of a command: its scenario is that of the repository, and it may replace its earlier results."""
    found = [str(top / word) if word.startswith("scenarios/") else word for word in line.split()]
    return found + (["--overwrite"] if found[1] in REPLACED else [])


def times(commands: Iterable[str], folder: Path) -> list[str]:
    """Return how long each command took that has been run in the folder."""
    files = {name: record_file(folder, name) for name in commands}
    return [
        f"{name:<24} {measured(json.loads(file.read_text(encoding='utf-8')))}"
        for name, file in files.items()
        if file.is_file()
    ]


def measured(record: Mapping[str, Any]) -> str:
    """Return the times of one command in words."""
    return f"{record['wall_s']:8,.1f} s by the clock, {record['processor_s']:8,.1f} s of processor time"


def _processor_s() -> float:
    """Return the processor time of all processes that this one has started and that have ended, seconds."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
