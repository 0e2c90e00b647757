"""Runs that are killed at random moments: one process loads and runs everything once, then forks a child for each run.

``python -m tests.support.killed_runs SCENARIO FOLDER N_KILL SEED`` runs the scenario into ``FOLDER/whole`` undisturbed.
Then it runs it into ``FOLDER/run`` by the command line, kills that with SIGKILL, resumes it, and kills it again once or
twice; what is resumed to its end is compared with the undisturbed run, and another is begun. It prints, as JSON, for
each kill how many blocks the journal told of (-1: nothing was begun), and how many runs got to their end.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import gridsim
from gridsim.cli.app import main
from gridsim.results.journal import read_journal
from tests.support.run_files import assert_same_run

MOST_KILLS_OF_A_RUN = 3
#: Longest wait between the moment at which so many files are there and the kill.
LONGEST_DELAY_S = 0.1
PAUSE_S = 0.001
ONE_THREAD = ("--threads", "1", "--no-plots")


def n_file(directory: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(directory))


def n_noted(directory: Path) -> int:
    """Blocks that the journal tells of; -1 when the run has not said what it will do."""
    try:
        journal = read_journal((directory / ".gridsim-run").read_bytes())
    except FileNotFoundError:
        return -1
    return -1 if journal.start is None else len(journal.blocks)


def begun(arguments: list[str]) -> int:
    """Fork a child that runs a command; its process number."""
    child = os.fork()
    if child:
        return child
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    sys.argv = ["gridsim", "run", *arguments, *ONE_THREAD]
    try:
        main()
    except SystemExit as end:
        os._exit(int(end.code or 0))
    os._exit(1)


def killed(child: int, directory: Path, target: int, delay_s: float) -> bool:
    """Kill a child a little after ``target`` files are in the directory; False when it came to its end before."""
    while n_file(directory) < target:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        time.sleep(PAUSE_S)
    time.sleep(delay_s)
    if os.waitpid(child, os.WNOHANG)[0]:
        return False
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def kill_again_and_again(scenario: str, folder: Path, n_kill: int, seed: int) -> dict[str, object]:
    chance = random.Random(seed)  # noqa: S311  moments, not secrets
    whole, directory = folder / "whole", folder / "run"
    gridsim.run_scenario(scenario, out=whole, threads=1)
    n_whole, noted, n_finished = n_file(whole), [], 0
    while len(noted) < n_kill:
        for _ in range(chance.randint(1, min(MOST_KILLS_OF_A_RUN, n_kill - len(noted)))):
            is_begun = n_noted(directory) >= 0
            if not is_begun:
                shutil.rmtree(directory, ignore_errors=True)
            arguments = ["--resume", str(directory)] if is_begun else [scenario, "--out", str(directory)]
            target = chance.randint(min(n_file(directory) + 1, n_whole), n_whole)
            if not killed(begun(arguments), directory, target, chance.uniform(0.0, LONGEST_DELAY_S)):
                break
            noted.append(n_noted(directory))
        if n_noted(directory) >= 0 or (directory / "manifest.json").exists():
            finish(directory, whole)
            n_finished += 1
    return {"noted": noted, "finished": n_finished}


def finish(directory: Path, whole: Path) -> None:
    """Resume a run to its end, compare it and remove it."""
    _, status = os.waitpid(begun(["--resume", str(directory)]), 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert_same_run(directory, whole)
    shutil.rmtree(directory)


if __name__ == "__main__":
    told = kill_again_and_again(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    sys.stdout.write(json.dumps(told) + "\n")
