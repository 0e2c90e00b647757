"""Runs that are stopped: Ctrl-C, kill, and what is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from gridsim.cli.app import app
from gridsim.errors import ResultStoreError
from gridsim.results import whole_files
from gridsim.results.store import ResultStore
from gridsim.studies.time_series import run_scenario
from tests.support.synthetic_store import write_synthetic_store
from tests.support.tiny_network import tiny_rows
from tests.support.tiny_study import write_tiny_study

REPOSITORY = Path(__file__).resolve().parents[2]
#: Long enough for kernels to be compiled on the way, which an interrupt waits for.
PATIENCE_S = 600.0
#: As many as a run of the tiny study has parts: its six blocks, what is before them and what is after them.
N_KILL = 8


def stopped_run(folder: Path, how: signal.Signals) -> tuple[int, str, Path]:
    """Start a slow run, send the signal when its first loading file is there; return code, stderr, directory.

    The first stage ends after nine days, the other three years are still to come.
    """
    rows = tiny_rows()
    rows["projects"][0]["commissioning_date"] = "2026-01-10"
    scenario = write_tiny_study(folder, resolution_h=24, rows=rows)
    directory = folder / "run"
    with subprocess.Popen(
        [sys.executable, "-m", "gridsim", "run", scenario, "--solver", "pandapower", "--out", directory],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + PATIENCE_S
        while not list(directory.glob("loading/*/*.parquet")) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(how)
        _, errors = process.communicate(timeout=PATIENCE_S)
    return process.returncode, errors, directory


def assert_whole_and_unfinished(directory: Path) -> None:
    for path in directory.glob("loading/*/*.parquet"):
        assert pq.read_table(path).num_rows > 0
    assert not (directory / "manifest.json").exists()
    assert not (directory / "summary.json").exists()
    with pytest.raises(ResultStoreError, match="interrupted"):
        ResultStore.open(directory)


def gridsim(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


@pytest.mark.slow
def test_ctrl_c_ends_with_130_and_leaves_whole_files(tmp_path: Path) -> None:
    code, errors, directory = stopped_run(tmp_path, signal.SIGINT)
    assert code == 130, errors
    told = f"gridsim: interrupted; every file is whole or was not begun; go on with gridsim run --resume {directory}\n"
    assert errors.endswith(told)
    assert "Traceback" not in errors
    assert not (directory / ".aside").exists()
    assert_whole_and_unfinished(directory)


def test_ctrl_c_over_a_table_leaves_the_old_one_and_speaks_of_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(path: Path) -> None:
        assert path.stat().st_size > 0
        raise KeyboardInterrupt

    for name in ("a", "b"):
        write_synthetic_store(tmp_path / name, n_transformers=8, from_year=2026, to_year=2026, resolution_h=24)
    table = tmp_path / "tables" / "changes.csv"
    table.parent.mkdir()
    table.write_text("old")
    monkeypatch.setattr(whole_files, "flush", interrupt)
    done = gridsim("compare", str(tmp_path / "a"), str(tmp_path / "b"), "--csv", str(table))
    assert (done.exit_code, done.stdout) == (130, "")
    assert done.stderr == "gridsim: interrupted; every file is whole or was not begun\n"
    assert [path.read_text() for path in table.parent.iterdir()] == ["old"]


@pytest.mark.slow
def test_kill_leaves_whole_files_and_the_directory_can_be_used_again(tmp_path: Path) -> None:
    code, _, directory = stopped_run(tmp_path, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert_whole_and_unfinished(directory)
    with ResultStore.create(directory, overwrite=True):
        assert not list(directory.glob("loading/*/*.parquet"))


@pytest.mark.slow
def test_runs_killed_at_random_moments_go_on_to_the_files_of_one_that_was_not(tmp_path: Path) -> None:
    scenario = write_tiny_study(tmp_path, resolution_h=24)
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_runs", scenario, tmp_path, str(N_KILL), "20260101"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    parts = [part for part, _ in told["kills"]]
    assert sorted(parts) == list(range(-1, told["n_block"] + 1))  # one before, in and after every block
    assert all(reached in {part, part + 1} for part, reached in told["kills"])
    assert told["finished"] == 1 + sum(later < earlier for earlier, later in pairwise(parts))


@pytest.mark.slow
def test_commands_of_an_interrupted_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user sees: refused, changed and reused, resumed when there is nothing left to do."""

    class Stop:
        def begin(self, phase: str, n_step: int) -> None:
            """Wait for the second block, which is lost."""

        def advance(self, n_step: int) -> None:
            nonlocal n_done
            n_done += n_step
            if n_done == 365:
                raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    n_done, directory = 0, tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run_scenario(write_tiny_study(tmp_path, resolution_h=24), to_year=2026, out=directory, progress=Stop())
    refused = gridsim("run", "tiny.toml", "--out", "run")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "holds an interrupted run; continue it with gridsim run --resume run" in refused.stderr
    mixed = gridsim("run", "tiny.toml", "--resume", "run")
    assert mixed.exit_code == 2
    assert "--resume" in mixed.stderr
    table = tmp_path / "network" / "investors.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("Tiny plant", "Tiny factory"), encoding="utf-8")
    other = gridsim("run", "--resume", "run")
    assert other.exit_code == 2
    assert "network file investors.csv has changed" in other.stderr
    arguments = ("--to", "2026", "--no-plots", "--out", "run", "--overwrite", "--reuse", "run")
    reusing = gridsim("run", "tiny.toml", *arguments)
    assert reusing.exit_code == 0, reusing.stderr
    assert "Blocks    2: 1 reused from unfinished run " in reusing.stdout
    assert {path.name for path in directory.glob("*/year=*/*")} == {"stage=000.parquet", "stage=001.parquet"}
    assert not (directory / ".earlier").exists()
    again = gridsim("run", "--resume", "run", "--no-plots")
    assert (again.exit_code, again.stderr) == (0, "")
    assert "2 were stored before the run was resumed" in again.stdout
