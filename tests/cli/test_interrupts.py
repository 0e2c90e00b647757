"""Runs that are stopped: Ctrl-C, kill, and what is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gridsim.errors import ResultStoreError
from gridsim.results.store import ResultStore
from tests.support.tiny_network import tiny_rows
from tests.support.tiny_study import write_tiny_study

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0


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


@pytest.mark.slow
def test_ctrl_c_ends_with_130_and_leaves_whole_files(tmp_path: Path) -> None:
    code, errors, directory = stopped_run(tmp_path, signal.SIGINT)
    assert code == 130, errors
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert not (directory / ".aside").exists()
    assert_whole_and_unfinished(directory)


@pytest.mark.slow
def test_kill_leaves_whole_files_and_the_directory_can_be_used_again(tmp_path: Path) -> None:
    code, _, directory = stopped_run(tmp_path, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert_whole_and_unfinished(directory)
    with ResultStore.create(directory, overwrite=True):
        assert not list(directory.glob("loading/*/*.parquet"))
