"""One run at a time, and no file of anybody else is ever touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from gridsim.errors import ResultStoreError
from gridsim.results.store import ResultStore
from tests.support.hand_made import elements, finished_store, manifest, times

if TYPE_CHECKING:
    from pathlib import Path


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("overwrite", [False, True])
def test_foreign_directory_is_never_touched(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "thesis.doc").write_text("irreplaceable")
    (tmp_path / "loading").mkdir()
    before = contents(tmp_path)
    with pytest.raises(ResultStoreError, match="not gridsim results"):
        ResultStore.create(tmp_path, overwrite=overwrite)
    assert contents(tmp_path) == before


def test_foreign_manifest_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "a web app"}')
    with pytest.raises(ResultStoreError, match="not gridsim results"):
        ResultStore.create(tmp_path, overwrite=True)


def test_finished_results_are_kept_unless_overwriting_is_allowed(tmp_path: Path) -> None:
    directory = tmp_path / "run"
    with ResultStore.create(directory) as store:
        store.write_loading(2026, 0, times(1), ["trafo:t"], elements().head(1)[["sn_mva"]].to_numpy("float32"))
        store.write_table("elements", elements())
        store.finish(manifest())
    (directory / "plots").mkdir()
    (directory / "plots" / "map.png").write_bytes(b"picture")
    (directory / "my notes.txt").write_text("mine")
    before = contents(directory)
    with pytest.raises(ResultStoreError, match="finished run"):
        ResultStore.create(directory)
    assert contents(directory) == before
    with ResultStore.create(directory, overwrite=True):
        assert set(contents(directory)) == {"my notes.txt", ".gridsim-run"}


def test_interrupted_run_is_recognised(tmp_path: Path) -> None:
    directory = tmp_path / "run"
    with ResultStore.create(directory) as store:
        store.write_table("elements", elements())
    assert set(contents(directory)) == {".gridsim-run", "tables/elements.csv"}
    with pytest.raises(ResultStoreError, match="interrupted"):
        ResultStore.create(directory)
    with pytest.raises(ResultStoreError, match="interrupted"):
        ResultStore.open(directory)
    with ResultStore.create(directory, overwrite=True) as again:
        again.finish(manifest())
    assert ResultStore.open(directory).manifest == manifest()


def test_empty_directory_is_taken_and_a_missing_one_is_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    directories = [tmp_path / "empty", tmp_path / "a" / "b"]
    for directory in directories:
        finished_store(directory)
    first, second = map(ResultStore.open, directories)
    assert first.manifest == second.manifest == manifest()
    assert contents(first.directory) == contents(second.directory)
    assert "manifest.json" in contents(first.directory)


def test_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "results"
    path.write_text("text")
    with pytest.raises(ResultStoreError, match="not a directory"):
        ResultStore.create(path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ResultStoreError, match="not a directory"):
        ResultStore.create(tmp_path / "dangling")


def test_nothing_there_is_not_a_result(tmp_path: Path) -> None:
    with pytest.raises(ResultStoreError, match="no gridsim results"):
        ResultStore.open(tmp_path / "missing")


def test_folder_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "year=2026").mkdir(parents=True)
    (elsewhere / "year=2026" / "stage=000.parquet").write_bytes(b"somebody else's")
    directory = tmp_path / "run"
    finished_store(directory)
    (directory / "loading").symlink_to(elsewhere)
    with pytest.raises(ResultStoreError, match="link"):
        ResultStore.create(directory, overwrite=True)
    assert (elsewhere / "year=2026" / "stage=000.parquet").read_bytes() == b"somebody else's"
    assert ResultStore.open(directory).manifest == manifest()
    assert not (directory / ".gridsim-run").exists()


def test_second_run_into_a_directory_is_told_and_the_first_goes_on(tmp_path: Path) -> None:
    with ResultStore.create(tmp_path) as first:
        first.write_table("elements", elements())
        before = contents(tmp_path)
        with pytest.raises(ResultStoreError, match="another run is writing"):
            ResultStore.create(tmp_path, overwrite=True)
        assert contents(tmp_path) == before
        first.finish(manifest())
    assert len(ResultStore.open(tmp_path).read_table("elements")) == len(elements())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_directory_without_permission_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ResultStoreError, match="Permission denied"):
        ResultStore.create(tmp_path / "run")


def test_full_disk_is_told_and_leaves_no_half_file(repository: Path, tmp_path: Path) -> None:
    code = """
        import resource, sys
        import numpy as np
        from gridsim.errors import ResultStoreError
        from gridsim.results.store import ResultStore
        from tests.support.hand_made import elements, times
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        with ResultStore.create(sys.argv[1]) as store:
            store.write_table("elements", elements())
            names = [f"trafo:{i}" for i in range(200)]
            values = np.random.default_rng(0).random((200, 500), dtype=np.float32)
            try:
                store.write_loading(2026, 0, times(500), names, values)
            except ResultStoreError as error:
                print(error)
    """
    directory = tmp_path / "run"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), directory],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "stage=000.parquet: cannot be written" in done.stdout
    assert set(contents(directory)) == {".gridsim-run", "tables/elements.csv"}


def test_killed_run_leaves_whole_files_only_and_can_be_overwritten(repository: Path, tmp_path: Path) -> None:
    code = """
        import sys
        import numpy as np
        from gridsim.results.store import ResultStore
        from tests.support.hand_made import times
        store = ResultStore.create(sys.argv[1])
        names = [f"trafo:{i}" for i in range(100)]
        values = np.random.default_rng(0).random((100, 2000), dtype=np.float32)
        for year in range(2026, 2100):
            store.write_loading(year, 0, times(2000), names, values)
            print(year, flush=True)
    """
    directory = tmp_path / "run"
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), directory], cwd=repository, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert not (directory / "manifest.json").exists()
    written = sorted((directory / "loading").glob("*/*.parquet"))
    assert len(written) >= 3
    assert {path.stat().st_size for path in written} == {written[0].stat().st_size}
    with ResultStore.create(directory, overwrite=True) as store:
        assert set(contents(directory)) == {".gridsim-run"}
        store.finish(manifest())
