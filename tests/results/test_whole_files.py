"""Files appear whole or not at all, whatever stops whoever writes them, and look as if written in place."""

from __future__ import annotations

import os
import resource
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from gridsim.errors import ResultStoreError
from gridsim.results import whole_files
from gridsim.results.clearing import clear
from gridsim.results.layout import N1_SUMMARY_FILE, N1_TABLES, Cell
from gridsim.results.n1_store import N1Store
from gridsim.results.whole_files import aside_name, write_csv, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def file_limit() -> Iterator[int]:
    """Bytes beyond which the operating system refuses to let a file grow, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield 4096
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def only_file(folder: Path) -> Path:
    [path] = folder.iterdir()
    return path


def test_folders_are_made_and_an_earlier_file_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "some" / "place" / "table.csv"
    write_whole(target, b"old")
    write_whole(target, b"new")
    assert only_file(target.parent).read_bytes() == b"new"


def test_a_disk_that_fills_up_leaves_the_old_bytes_and_nothing_else(tmp_path: Path, file_limit: int) -> None:
    target = tmp_path / "table.csv"
    write_whole(target, b"old")
    with pytest.raises(ResultStoreError, match=r"table\.csv: cannot be written: File too large"):
        write_whole(target, b"x" * (file_limit + 1))
    assert only_file(tmp_path).read_bytes() == b"old"


def test_an_interrupt_between_writing_and_naming_leaves_the_old_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def interrupted(path: Path) -> None:
        seen.append((path.name, path.read_bytes()))
        raise KeyboardInterrupt

    target = tmp_path / "table.csv"
    write_whole(target, b"old")
    monkeypatch.setattr(whole_files, "flush", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(target, b"new")
    [(aside, content)] = seen
    assert aside.startswith(".table.csv.")
    assert content == b"new"
    assert only_file(tmp_path).read_bytes() == b"old"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o002, 0o664)])
def test_permissions_follow_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "table.csv", b"a")
    finally:
        os.umask(before)
    assert only_file(tmp_path).stat().st_mode & 0o777 == mode


def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    """Renaming to /dev/null, which a superuser may, would leave a machine without it."""
    theirs = tmp_path / "theirs"
    theirs.write_bytes(b"theirs")
    (tmp_path / "link").symlink_to(theirs)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    before = sorted(path.lstat().st_ino for path in tmp_path.iterdir())
    for name in ("link", "pipe", "folder"):
        with pytest.raises(ResultStoreError, match=f"{name}: is a link, a folder, a pipe or a device"):
            write_whole(tmp_path / name, b"ours")
    assert sorted(path.lstat().st_ino for path in tmp_path.iterdir()) == before
    assert theirs.read_bytes() == b"theirs"


def test_threads_that_write_the_same_file_leave_one_whole(tmp_path: Path) -> None:
    contents = [bytes([65 + k]) * 100_000 for k in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write_whole(tmp_path / "file", content), contents))
    assert only_file(tmp_path).read_bytes() in contents


def test_tables_are_written_with_moments_in_utc(tmp_path: Path) -> None:
    moment = pd.Timestamp("2026-01-02T03:04:00", tz="UTC")
    write_csv(tmp_path / "a.csv", pd.DataFrame({"at_utc": [moment], "percent": [1.23456], "name": ["Қараой"]}), "%.3f")
    expected = "at_utc,percent,name\n2026-01-02T03:04:00Z,1.235,Қараой\n"
    assert (tmp_path / "a.csv").read_bytes() == expected.encode()


def test_a_new_run_clears_what_a_killed_drawing_left_and_nothing_like_it(tmp_path: Path) -> None:
    left = [tmp_path / "plots" / aside_name("map_2030.png", "0a1b"), tmp_path / aside_name("report.ru.html", "2c3d")]
    theirs = tmp_path / "plots" / aside_name("holiday.png", "0a1b")
    theirs.parent.mkdir()
    for path in (*left, theirs):
        path.write_bytes(b"half")
    clear(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [theirs]


def n1_tables() -> dict[str, pd.DataFrame]:
    texts = {Cell.text, Cell.time}
    return {
        table.name: pd.DataFrame(
            {c.name: pd.Series([], dtype=object if c.cell in texts else float) for c in table.columns}
        )
        for table in N1_TABLES
    }


def test_an_n1_study_that_is_written_half_has_no_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = n1_tables()
    N1Store(tmp_path).write(tables, "{}")
    assert N1Store.open(tmp_path).read_summary() == {}
    flush, calls = whole_files.flush, []

    def full_at_the_second(path: Path) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        flush(path)

    monkeypatch.setattr(whole_files, "flush", full_at_the_second)
    with pytest.raises(ResultStoreError, match=rf"{N1_TABLES[1].name}\.csv: cannot be written: No space left"):
        N1Store(tmp_path, overwrite=True).write(tables, "{}")
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {table.file for table in N1_TABLES}
    assert not (tmp_path / N1_SUMMARY_FILE).exists()
    with pytest.raises(ResultStoreError, match="holds no N-1 study"):
        N1Store.open(tmp_path)


@pytest.mark.parametrize("name", ["manifest.json", "overloads.csv", "tables/ranking.csv"])
def test_a_result_that_others_rest_on_is_not_replaced(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    write_whole(target, b"a table of somebody's own")
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ResultStoreError, match=r"is a result of the run in .*; name another file"):
        write_whole(target, b"new")
    write_whole(tmp_path / "report.html", b"one")
    write_whole(tmp_path / "report.html", b"another")


def test_nothing_is_written_among_the_tables_of_a_network(tmp_path: Path) -> None:
    for name in ("buses.csv", "substations.csv"):
        (tmp_path / name).write_bytes(b"id")
    for name in ("buses.csv", "projects.csv", "new.csv"):
        with pytest.raises(ResultStoreError, match="stands among the tables of a network"):
            write_whole(tmp_path / name, b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["buses.csv", "substations.csv"]
