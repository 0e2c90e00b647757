"""Runs that are killed at random moments: one process loads and runs everything once, then forks a child for each run.

``python -m tests.support.killed_runs SCENARIO FOLDER N_KILL SEED`` runs the scenario into ``FOLDER/whole`` undisturbed.
Then it runs it into ``FOLDER/run`` by the command line and kills that with SIGKILL, again and again. Which part of a
run a kill falls into is dealt out beforehand, every part in its turn, in random order: before the first block is begun,
from the beginning of each block to that of the next, and from the writing of the manifest on. Within its part the
moment is random. A killed run is resumed for the next kill if that comes later in the run; else it is resumed to its
end and compared with the undisturbed one, and another is begun.

It prints, as JSON, for each kill in which part it was to fall and how far the run had come (-1: nothing was begun;
else the number of blocks in the journal; one more than there are: the manifest is there), and how many runs got to
their end.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gridsim
from gridsim.cli.app import main
from gridsim.results.journal import read_journal
from gridsim.results.store import ResultStore
from gridsim.studies.block_stream import BlockSolver
from tests.support.run_files import assert_same_run

if TYPE_CHECKING:
    from collections.abc import Callable

#: Longest wait between the beginning of a part and the kill, about the time that a block takes, and that what is before
#: the first one takes.
LONGEST_DELAY_S, LONGEST_BEGINNING_S = 0.05, 0.5
ONE_THREAD = ("--threads", "1", "--no-plots")


def n_noted(directory: Path) -> int:
    """Blocks that the journal tells of; -1 when the run has not said what it will do."""
    try:
        journal = read_journal((directory / ".gridsim-run").read_bytes())
    except FileNotFoundError:
        return -1
    return -1 if journal.start is None else len(journal.blocks)


def reached(directory: Path, n_block: int) -> int:
    """How far a run has come."""
    return n_block + 1 if (directory / "manifest.json").exists() else n_noted(directory)


class Fate:
    """Kills its own process in one part of a run, which never gets beyond that part.

    A timer kills, while the run goes on; at the end of the part the run waits for it, however late it comes.
    """

    def __init__(self, directory: Path, part: int, delay_s: float) -> None:
        self.directory = directory
        self.part = part
        self.timer = threading.Timer(delay_s, os.kill, (os.getpid(), signal.SIGKILL))

    def gate(self, n_done: int) -> None:
        """Begin a part of the run, after ``n_done`` blocks."""
        if self.timer.ident is not None:
            self.timer.join()
        elif n_done >= self.part:
            self.timer.start()

    def gated(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return a method of which every call begins a part."""

        def after_gate(*given: Any) -> Any:
            self.gate(n_noted(self.directory))
            return method(*given)

        return after_gate


def begun(arguments: list[str], fate: tuple[Path, int, float] | None = None) -> int:
    """Fork a child that runs a command, with the fate of being killed or without; its process number."""
    child = os.fork()
    if child:
        return child
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    sys.argv = ["gridsim", "run", *arguments, *ONE_THREAD]
    end = Fate(*fate) if fate is not None else None
    try:
        if end is not None:
            BlockSolver.solve = end.gated(BlockSolver.solve)
            ResultStore.finish = end.gated(ResultStore.finish)
            end.gate(-1)
        main()
    except SystemExit as left:
        if end is not None:
            end.timer.join()
        os._exit(int(left.code or 0))
    os._exit(1)


def arguments_of(scenario: str, directory: Path) -> list[str]:
    """Words of a command that goes on with a run, or begins it where nothing was begun."""
    if (directory / "manifest.json").exists() or n_noted(directory) >= 0:
        return ["--resume", str(directory)]
    shutil.rmtree(directory, ignore_errors=True)
    return [scenario, "--out", str(directory)]


def kill_again_and_again(scenario: str, folder: Path, n_kill: int, seed: int) -> dict[str, object]:
    chance = random.Random(seed)  # noqa: S311  moments, not secrets
    whole, directory = folder / "whole", folder / "run"
    n_block = len(gridsim.run_scenario(scenario, out=whole, threads=1).store.manifest.blocks)
    parts = [number % (n_block + 2) - 1 for number in range(n_kill)]
    chance.shuffle(parts)
    told, n_finished = [], 0
    for number, part in enumerate(parts):
        delay_s = chance.uniform(0.0, LONGEST_BEGINNING_S if part < 0 else LONGEST_DELAY_S)
        child = begun(arguments_of(scenario, directory), (directory, part, delay_s))
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        told.append((part, reached(directory, n_block)))
        if number + 1 == n_kill or parts[number + 1] <= part:
            finish(scenario, directory, whole)
            n_finished += 1
    return {"n_block": n_block, "kills": told, "finished": n_finished}


def finish(scenario: str, directory: Path, whole: Path) -> None:
    """Let a run go on to its end, compare it and remove it."""
    _, status = os.waitpid(begun(arguments_of(scenario, directory)), 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert_same_run(directory, whole)
    shutil.rmtree(directory)


if __name__ == "__main__":
    told = kill_again_and_again(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.write(json.dumps(told) + "\n")
