"""Blocks of one run in another: found by fingerprint, whole or not at all, and never written to."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gridsim.errors import ResultStoreError
from gridsim.results.block_tables import BlockContent
from gridsim.results.earlier_run import EarlierRun
from gridsim.results.journal import RunStart
from gridsim.results.layout import BLOCK_STEP_COLUMNS, block_steps_file
from gridsim.results.store import ResultStore
from tests.support.hand_made import manifest, record, times

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.results.manifest import BlockRecord

START = RunStart("s", 2026, 2026, options={}, inputs={}, versions={}, sources="")
PRINT = "ab" * 32


def content(n_step: int = 5) -> BlockContent:
    steps = pd.DataFrame({name: np.linspace(0.1, np.pi, n_step) for name in BLOCK_STEP_COLUMNS})
    steps["time_utc"] = times(n_step)
    steps["status"] = np.array(["ok", "diverged"] * n_step, dtype=object)[:n_step]
    steps["iterations"] = np.arange(n_step, dtype=np.int32)
    steps.loc[1, "loss_mw"] = np.nan
    loading = np.full((2, n_step), np.nan, dtype=np.float32)
    loading[0] = np.float32(1) / np.arange(3, n_step + 3, dtype=np.float32)
    taps = np.array([[-9999, 3, 9]] * n_step, dtype=np.int16)
    return BlockContent(times(n_step), ["trafo:t", "line:l"], loading, steps, ["trafo:t", "trafo:u", "trafo:v"], taps)


def block(stage: int = 0, fingerprint: str = PRINT) -> BlockRecord:
    return dataclasses.replace(
        record(2026, stage, 0, 5), steps_file=block_steps_file(2026, stage), fingerprint=fingerprint
    )


def stored_run(directory: Path, *, is_finished: bool = True) -> EarlierRun:
    with ResultStore.create(directory, start=START) as store:
        store.write_block(block(), content())
        if is_finished:
            store.finish(manifest(block()))
    return EarlierRun.open(directory)


@pytest.mark.parametrize("is_finished", [True, False])
def test_a_block_comes_back_bit_by_bit(tmp_path: Path, is_finished: bool) -> None:
    run, wanted = stored_run(tmp_path, is_finished=is_finished), content()
    found = run.find(PRINT)
    assert found == block()
    assert run.find("cd" * 32) is None
    read = run.read(block())
    assert read is not None
    assert read.time_utc.equals(wanted.time_utc)
    assert (list(read.columns), list(read.tap_units)) == (wanted.columns, wanted.tap_units)
    assert read.loading.tobytes() == wanted.loading.tobytes()
    assert read.tap_pos.tobytes() == wanted.tap_pos.tobytes()
    pd.testing.assert_frame_equal(read.steps, wanted.steps, check_exact=True)


def test_a_run_is_named_by_what_it_says_of_itself(tmp_path: Path) -> None:
    finished, unfinished = stored_run(tmp_path / "a"), stored_run(tmp_path / "b", is_finished=False)
    digests = [
        hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("a/manifest.json", "b/.gridsim-run")
    ]
    assert [finished.name, unfinished.name] == [f"manifest {digests[0]}", f"unfinished run {digests[1]}"]
    with pytest.raises(ResultStoreError, match="no run of gridsim"):
        EarlierRun.open(tmp_path)


@pytest.mark.parametrize("folder", ["loading", "steps"])
def test_no_block_is_read_of_files_that_are_not_whole(tmp_path: Path, folder: str) -> None:
    run = stored_run(tmp_path / "run")
    path = tmp_path / "run" / folder / "year=2026" / "stage=000.parquet"
    whole = path.read_bytes()
    for place in range(4, len(whole), 97):
        path.write_bytes(whole[:place])
        assert run.read(block()) is None
    path.write_bytes(whole)
    assert run.read(block()) is not None
    path.rename(tmp_path / "elsewhere.parquet")
    path.symlink_to(tmp_path / "elsewhere.parquet")
    assert run.read(block()) is None
    path.unlink()
    assert run.read(block()) is None


def test_a_manifest_cannot_point_outside_of_its_directory(tmp_path: Path) -> None:
    stored_run(tmp_path / "secret")
    with ResultStore.create(tmp_path / "run") as store:
        away = dataclasses.replace(
            block(), file=f"../secret/{block().file}", steps_file=f"../secret/{block().steps_file}"
        )
        store.finish(manifest(away))
    run = EarlierRun.open(tmp_path / "run")
    found = run.find(PRINT)
    assert found is not None
    assert run.read(found) is None


@pytest.mark.parametrize("can_link", [True, False])
def test_what_is_taken_over_is_never_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_link: bool
) -> None:
    run = stored_run(tmp_path / "old")
    source = run.directory / block().file
    before = source.read_bytes()
    if not can_link:

        def refused(*_: object) -> None:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

        monkeypatch.setattr(os, "link", refused)
    there = block(stage=7)
    with ResultStore.create(tmp_path / "new", start=START) as store:
        for _ in range(2):  # a second time over what a run that was killed had taken over
            store.take_over(there, run.directory, block())
        assert (store.directory / there.file).read_bytes() == before
        assert (store.directory / there.file).samefile(source) == can_link
        assert not list((store.directory / ".aside").iterdir())
        store.write_block(there, dataclasses.replace(content(), loading=content().loading + 1))
        assert source.read_bytes() == before
        assert (store.directory / there.file).read_bytes() != before


def test_a_run_under_way_is_not_resumed_and_goes_on(tmp_path: Path) -> None:
    with ResultStore.create(tmp_path, start=START) as store:
        store.write_block(block(), content())
        for claimed in (ResultStore.started, ResultStore.resume, ResultStore.check_free):
            with pytest.raises(ResultStoreError, match="another run is writing there"):
                claimed(tmp_path)
        store.write_block(block(stage=1), content())
    with ResultStore.resume(tmp_path) as store:
        assert [noted.stage for noted in store.noted] == [0, 1]
        store.write_block(block(stage=2), content())
    with ResultStore.resume(tmp_path) as store:
        assert [noted.stage for noted in store.noted] == [0, 1, 2]


def test_a_folder_that_leads_elsewhere_is_not_resumed(tmp_path: Path) -> None:
    stored_run(tmp_path / "run", is_finished=False)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run" / "tables").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ResultStoreError, match="is a link to another place"):
        ResultStore.resume(tmp_path / "run")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A path below a file stands for a folder without permission: that would not hold root off."""
    (tmp_path / "file").write_text("text")
    with pytest.raises(ResultStoreError, match="Not a directory"):
        ResultStore.create(tmp_path / "file" / "run")
    assert (tmp_path / "file").read_text() == "text"


def test_a_folder_without_permission_is_told_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system is asked, whose answer is made up here, because it lets root write everywhere."""
    (tmp_path / "locked").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(tmp_path / "locked") or not mode & os.W_OK)
    ResultStore.check_free(tmp_path / "run")
    with pytest.raises(ResultStoreError, match=f"no permission to write in {tmp_path / 'locked'}"):
        ResultStore.check_free(tmp_path / "locked" / "deep" / "run")
    assert not list((tmp_path / "locked").iterdir())
