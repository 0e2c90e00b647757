"""A run that is stopped, wherever that is, goes on to the very files of a run that nobody stopped."""

from __future__ import annotations

import errno
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

import gridsim
from gridsim.errors import ResultStoreError, SolveError
from gridsim.results.journal import read_journal
from gridsim.results.layout import CLAIM_FILE
from gridsim.results.store import ResultStore
from gridsim.studies import block_stream
from tests.support.run_files import assert_same_run, result_files
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

#: The tiny study is run for two years: blocks of 243, 122, 151 and 214 days.
YEARS = {"to_year": 2027, "threads": 1}
N_BLOCK = 4


class StopAfter:
    """A listener that stops the study once so many steps are done."""

    def __init__(self, n_step: int) -> None:
        self.left = n_step
        self.told: list[tuple[str, int]] = []

    def begin(self, phase: str, n_step: int) -> None:
        self.told.append((phase, n_step))

    def advance(self, n_step: int) -> None:
        self.left -= n_step
        if self.left < 0:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_study(tmp_path_factory.mktemp("study"), resolution_h=24)


@pytest.fixture(scope="module")
def whole(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody stopped."""
    return gridsim.run_scenario(scenario, out=tmp_path_factory.mktemp("whole") / "run", **YEARS).store.directory


def stopped(scenario: Path, directory: Path, n_block: int, **arguments: Any) -> Path:
    """A run that was stopped when so many blocks were stored."""
    after = (0, 243, 365, 516)[n_block]
    with pytest.raises(KeyboardInterrupt) as caught:
        gridsim.run_scenario(scenario, out=directory, progress=StopAfter(after), **(YEARS | arguments))
    assert caught.value.__notes__ == [f"go on with gridsim run --resume {directory}"]
    assert len(list(directory.glob("steps/*/*.parquet"))) == n_block
    return directory


@pytest.fixture(scope="module")
def begun(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was stopped when three of its blocks were stored; not to be changed."""
    return stopped(scenario, tmp_path_factory.mktemp("begun") / "run", 3)


def copied(directory: Path, folder: Path) -> Path:
    return shutil.copytree(directory, folder / "run")


def test_blocks_that_are_stored_are_not_solved_again(
    begun: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = copied(begun, tmp_path)
    kept = {path: path.stat().st_ino for path in directory.glob("loading/*/*.parquet")}
    assert len(kept) == 3
    made = []
    original = block_stream.make_solver
    monkeypatch.setattr(block_stream, "make_solver", lambda *given: made.append(given) or original(*given))
    gridsim.resume_run(directory)
    assert len(made) == N_BLOCK - 3
    assert {path: path.stat().st_ino for path in kept} == kept  # the very files
    assert_same_run(directory, whole)


def test_a_killed_run_loses_the_block_in_hand_and_no_other(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was solved is on the disk and in the journal before the next block is begun."""
    directory = tmp_path / "run"
    noted, solve = [], block_stream.BlockSolver.solve

    def watched(*given: Any) -> Any:
        noted.append(len(read_journal((directory / CLAIM_FILE).read_bytes()).blocks))
        return solve(*given)

    monkeypatch.setattr(block_stream.BlockSolver, "solve", watched)
    gridsim.run_scenario(scenario, out=directory, **YEARS)
    assert noted == list(range(N_BLOCK))


def test_a_run_may_be_stopped_again_and_again_and_go_on_with_other_threads(
    scenario: Path, whole: Path, tmp_path: Path
) -> None:
    directory = stopped(scenario, tmp_path / "run", 0)
    with pytest.raises(KeyboardInterrupt):
        gridsim.resume_run(directory, progress=StopAfter(365), threads=2)
    result = gridsim.resume_run(directory)
    assert result.n_kept == 2
    assert result.store.manifest.options["threads"] == YEARS["threads"]
    assert [block.origin for block in result.store.manifest.blocks] == ["solved"] * N_BLOCK
    assert_same_run(directory, whole)


@pytest.mark.slow
def test_failed_steps_are_the_same_after_resuming(tmp_path: Path) -> None:
    scenario = write_tiny_study(tmp_path, city_mw=200.0, resolution_h=24)
    years = {"from_year": 2028, "to_year": 2028, "threads": 1}
    whole = gridsim.run_scenario(scenario, out=tmp_path / "whole", **years)
    assert whole.n_failed > 0
    with pytest.raises(KeyboardInterrupt):
        gridsim.run_scenario(scenario, out=tmp_path / "run", progress=StopAfter(74), **years)
    with pytest.raises(SolveError):
        gridsim.resume_run(tmp_path / "run", strict=True)
    assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_a_full_disk_is_told_and_the_run_goes_on_once_there_is_room(
    scenario: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system says that the disk is full when a file is flushed, at the latest: here at the first, third, ..."""
    flush, room = os.fsync, 0

    def full(descriptor: int) -> None:
        nonlocal room
        room -= 1
        if room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    directory = tmp_path / "run"
    with pytest.raises(ResultStoreError, match="cannot be prepared for results: No space left on device"):
        gridsim.run_scenario(scenario, out=directory, **YEARS)
    assert not list(directory.iterdir())
    for n_whole in (2, 9):
        room = n_whole  # the beginning of the journal and a table; five tables, a block of three, loading of the next
        with pytest.raises(ResultStoreError, match="No space left on device") as caught:
            gridsim.run_scenario(scenario, out=directory, **YEARS) if n_whole == 2 else gridsim.resume_run(directory)
        assert f"go on with gridsim run --resume {directory}" in str(caught.value)
        assert not (directory / "manifest.json").exists()
    monkeypatch.undo()
    assert gridsim.resume_run(directory).n_kept == 1
    assert_same_run(directory, whole)


def test_of_a_finished_run_nothing_is_done_again(whole: Path) -> None:
    before = result_files(whole)
    result = gridsim.resume_run(whole)
    assert result.n_kept == N_BLOCK
    assert result.summary["steps"]["total"] == 730
    assert result_files(whole) == before


def change_start(directory: Path, **changes: Any) -> None:
    """Change what the journal of a run says of its beginning."""
    lines = (directory / ".gridsim-run").read_text(encoding="utf-8").splitlines(keepends=True)
    start = json.loads(lines[0])
    for name, value in changes.items():
        start[name] = start[name] | value if isinstance(value, dict) else value
    (directory / ".gridsim-run").write_text("".join([json.dumps(start) + "\n", *lines[1:]]), encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"versions": {"pandapower": "3.4.0"}}, "pandapower was 3.4.0 and is 3"),
        ({"versions": {"gridsim": "0.0.9"}}, "gridsim was 0.0.9 and is 0.1.0"),
        ({"versions": {"solverlib": "1"}}, "solverlib was 1 and is nothing"),
        ({"sources": "0123"}, "the source code of the solver has changed"),
        ({"options": {"tolerance_pu": 1e-6}}, "option tolerance_pu was 1e-06 and is 1e-08"),
        ({"from_year": 2027}, "horizon.from_year was 2026 and is 2027"),
        ({"scenario_values": {"seed": 4}}, "scenario value seed was 4 and is"),
        ({"inputs": {"network": {"lines.csv": "00"}}}, "network file"),
    ],
)
def test_another_run_is_not_resumed(scenario: Path, tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    directory = stopped(scenario, tmp_path / "run", 0)
    change_start(directory, **changes)
    before = result_files(directory)
    with pytest.raises(ResultStoreError, match="cannot be resumed") as caught:
        gridsim.resume_run(directory)
    assert told in str(caught.value)
    assert f"--overwrite --reuse {directory}" in str(caught.value)
    assert result_files(directory) == before


def test_a_changed_table_is_named(tmp_path: Path) -> None:
    directory = stopped(write_tiny_study(tmp_path, resolution_h=24), tmp_path / "run", 0)
    table = tmp_path / "network" / "investors.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("Tiny plant", "Tiny factory"), encoding="utf-8")
    with pytest.raises(ResultStoreError, match=r"network file investors\.csv has changed"):
        gridsim.resume_run(directory)


def test_where_nothing_was_begun_nothing_is_resumed(tmp_path: Path) -> None:
    with pytest.raises(ResultStoreError, match="no run of gridsim"):
        gridsim.resume_run(tmp_path)
    with pytest.raises(ResultStoreError, match="no run of gridsim"):
        gridsim.resume_run(tmp_path / "nowhere")
    ResultStore.create(tmp_path).close()
    with pytest.raises(ResultStoreError, match="interrupted before it began"):
        gridsim.resume_run(tmp_path)


def test_a_damaged_block_is_solved_again(begun: Path, whole: Path, tmp_path: Path) -> None:
    directory = copied(begun, tmp_path)
    files = sorted(directory.glob("*/*/*.parquet"))
    assert len(files) == 6
    cut, flipped, gone = files[0], files[1], files[5]
    cut.write_bytes(cut.read_bytes()[:-10])
    content = bytearray(flipped.read_bytes())
    content[len(content) // 3] ^= 1
    flipped.write_bytes(bytes(content))
    gone.unlink()
    assert gridsim.resume_run(directory).n_kept == 0
    assert_same_run(directory, whole)


def test_what_reached_the_disk_of_the_last_line_does_not_matter(begun: Path, whole: Path, tmp_path: Path) -> None:
    directory = copied(begun, tmp_path)
    journal = directory / ".gridsim-run"
    journal.write_bytes(journal.read_bytes()[:-30])
    (directory / ".aside").mkdir(exist_ok=True)
    (directory / ".aside" / "half.parquet").write_bytes(b"half")
    assert gridsim.resume_run(directory).n_kept == 2
    assert_same_run(directory, whole)
