"""Pictures drawn by two processes: all of them, the same as by one, and all of them when the second is gone."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from gridsim.cli.drawing_process import DrawingProcess
from gridsim.cli.pictures import draw_run
from gridsim.plots import KINDS, draw_all
from tests.support.synthetic_store import write_synthetic_store

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.results.store import ResultStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    return write_synthetic_store(tmp_path_factory.mktemp("study") / "run", n_transformers=3, to_year=2027)


@pytest.fixture
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.mark.usefixtures("two_processors")
def test_two_processes_draw_what_one_draws(store: ResultStore, tmp_path: Path) -> None:
    shutil.rmtree(store.plots_directory, ignore_errors=True)
    with DrawingProcess(is_wanted=True) as second:
        shared = second.share(list(KINDS))
        assert 0 < len(shared) < len(KINDS)
        second.begin(store, shared)
        assert [path.stem for path in second.drawn()] == shared
        assert sorted(path.stem for path in store.plots_directory.iterdir()) == sorted(shared)
        drawn = draw_run(store, second)
    assert drawn == [store.plots_directory / f"{kind}.png" for kind in KINDS]
    for path in draw_all(store, folder=tmp_path):
        assert path.read_bytes() == (store.plots_directory / path.name).read_bytes()


@pytest.mark.usefixtures("two_processors")
@pytest.mark.parametrize("moment", ["before it is asked", "before it answers"])
def test_nothing_is_missing_when_the_second_process_is_gone(
    store: ResultStore, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(store.plots_directory, ignore_errors=True)
    with DrawingProcess(is_wanted=True) as second:
        process, wait_for_answer = second._process, second.drawn
        assert process is not None

        def killed_while_waited_for() -> list[Path]:
            process.kill()
            return wait_for_answer()

        if moment == "before it is asked":
            process.kill()
            process.wait()
        else:  # it stands still, so that it is asked and cannot answer
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)
            monkeypatch.setattr(second, "drawn", killed_while_waited_for)
        drawn = draw_run(store, second)
    assert [path.stem for path in drawn] == list(KINDS)
    assert all(path.stat().st_size > 0 for path in drawn)


def test_no_process_is_started_when_none_is_wanted(store: ResultStore) -> None:
    with DrawingProcess(is_wanted=False) as second:
        assert second._process is None
        assert [path.stem for path in draw_run(store, second)] == list(KINDS)
