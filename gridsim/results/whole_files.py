"""Files that appear whole or not at all, and what the operating system has to say told as errors of gridsim."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gridsim.errors import ResultStoreError
from gridsim.results.frames import TIME_FORMAT
from gridsim.results.layout import CSV_TABLES, MANIFEST_FILE, MONTHLY_FILE, N1_TABLES, STEPS_FILE, SUMMARY_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

#: Tables by which the folder of a network is known.
NETWORK_FILES = ("buses.csv", "substations.csv")
#: What a finished run is read from; studies that come later add files of their own to it.
RUN_FILES = frozenset(
    {
        MANIFEST_FILE,
        SUMMARY_FILE,
        STEPS_FILE,
        MONTHLY_FILE,
        *(table.file for table in CSV_TABLES if table not in N1_TABLES),
    }
)


@contextmanager
def told(path: Path, fault: str) -> Iterator[None]:
    """Turn what the operating system says about ``path`` into a ResultStoreError."""
    try:
        yield
    except OSError as error:
        raise ResultStoreError(f"{path}: {fault}: {error.strerror or error}") from error


@contextmanager
def whole_file(target: Path, aside: Path) -> Iterator[Path]:
    """Yield ``aside`` to write to; afterwards the file appears as ``target`` at once, and is on the disk.

    Both lie on the same file system. ``aside`` never exists when it is yielded: it may have been a second name of a
    file of another run, which must not be written to.
    """
    with told(target, "cannot be written"):
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        try:
            yield aside
            flush(aside)
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)  # left over after a fault, and where both were names of one file already


def write_whole(target: Path, content: bytes) -> None:
    """Write a file and the folders it stands in; until it is whole, an earlier file of that name stays as it was.

    Raises
    ------
    ResultStoreError
        The operating system refuses; the name is that of a link, a folder, a pipe or a device, whose place the file
        would take; or it is that of an input or of a result that others rest on.
    """
    _refuse_inputs_and_results(target)
    with told(target, "cannot be written"):
        if target.is_symlink() or (target.exists() and not target.is_file()):
            raise ResultStoreError(f"{target}: is a link, a folder, a pipe or a device; name a file")
    # No other thread or process makes the same name; "x" keeps to that.
    aside_file = target.with_name(aside_name(target.name, secrets.token_hex(4)))
    with whole_file(target, aside_file) as aside, aside.open("xb") as file:
        file.write(content)


def _refuse_inputs_and_results(target: Path) -> None:
    """Raise ResultStoreError for a file among the tables of a network, and for one that a finished run is read from."""
    folder = target.resolve().parent
    if all((folder / name).is_file() for name in NETWORK_FILES):
        raise ResultStoreError(f"{target}: stands among the tables of a network; name a file elsewhere")
    for base in (folder, folder.parent):
        if (base / MANIFEST_FILE).is_file() and (folder / target.name).relative_to(base).as_posix() in RUN_FILES:
            raise ResultStoreError(f"{target}: is a result of the run in {base}; name another file")


def write_csv(target: Path, frame: pd.DataFrame, float_format: str | None = None) -> None:
    """Write a table whole or not at all: UTF-8, no index, moments in UTC; ResultStoreError as :func:`write_whole`."""
    text = frame.to_csv(index=False, date_format=TIME_FORMAT, float_format=float_format, lineterminator="\n")
    write_whole(target, text.encode())


def aside_name(name: str, mark: str) -> str:
    """Return what a file is called, beside its place, while :func:`write_whole` makes it."""
    return f".{name}.{mark}.part"


def flush(path: Path) -> None:
    """Bring a written file from the system's memory to the disk, so that a power cut cannot leave it half."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(path: Path) -> None:
    """Bring the names in a folder to the disk; systems other than POSIX have no such call."""
    if os.name == "posix":
        flush(path)


def json_bytes(record: Mapping[str, Any]) -> bytes:
    """Return ``record`` as a JSON file; ValueError on NaN, which is not JSON."""
    return (json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_json(path: Path) -> object:
    """Return what a JSON file holds; ResultStoreError when it is not one."""
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise ResultStoreError(f"{path}: not JSON ({error})") from error
