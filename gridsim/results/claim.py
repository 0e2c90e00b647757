"""Who may write into a directory: one run at a time, and never over files that are not gridsim's."""

from __future__ import annotations

import os
import shutil
from enum import StrEnum
from typing import TYPE_CHECKING

from gridsim.errors import ResultStoreError
from gridsim.results.layout import (
    ASIDE_FOLDER,
    CLAIM_FILE,
    CSV_TABLES,
    FORMAT,
    LOADING_FOLDER,
    MANIFEST_FILE,
    MONTHLY_FILE,
    N1_SUMMARY_FILE,
    PICTURE_STEMS,
    PICTURE_SUFFIXES,
    PLOTS_FOLDER,
    STEPS_FILE,
    SUMMARY_FILE,
    TABLES_FOLDER,
)

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

locks: ModuleType | None
try:
    import fcntl as locks
except ImportError:  # Windows has no flock; two runs into one directory are then told apart by the claim file alone
    locks = None

#: What a run writes, in the order in which it is cleared: the manifest first, so that a half-cleared directory is
#: recognisably unfinished.
OWN_FILES = (
    MANIFEST_FILE,
    SUMMARY_FILE,
    STEPS_FILE,
    MONTHLY_FILE,
    N1_SUMMARY_FILE,
    *(table.file for table in CSV_TABLES),
)
OWN_PATTERNS = (
    f"{LOADING_FOLDER}/year=*/stage=*.parquet",
    *(f"{PLOTS_FOLDER}/{stem}*.{suffix}" for stem in PICTURE_STEMS for suffix in PICTURE_SUFFIXES),
)
OWN_FOLDERS = (f"{LOADING_FOLDER}/year=*", LOADING_FOLDER, TABLES_FOLDER, PLOTS_FOLDER)


class DirectoryState(StrEnum):
    """What stands at the path where results shall go."""

    free = "free"
    finished = "finished"
    unfinished = "unfinished"
    foreign = "foreign"
    not_a_directory = "not_a_directory"


def state_of(directory: Path) -> DirectoryState:
    """Return what stands at ``directory``: nothing or an empty folder, gridsim results, or something else."""
    if not directory.exists():
        return DirectoryState.not_a_directory if directory.is_symlink() else DirectoryState.free
    if not directory.is_dir():
        return DirectoryState.not_a_directory
    if (directory / MANIFEST_FILE).is_file() and FORMAT in _beginning(directory / MANIFEST_FILE):
        return DirectoryState.finished
    if (directory / CLAIM_FILE).is_file():
        return DirectoryState.unfinished
    return DirectoryState.foreign if any(directory.iterdir()) else DirectoryState.free


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(200).decode("utf-8", errors="replace")


class Claim:
    """The right of one running process to write into one directory; given back by :meth:`release`.

    The claim file is locked by the operating system for as long as the process lives, however it ends. A claim file
    without lock and without manifest is what an interrupted run leaves behind.
    """

    def __init__(self, directory: Path, *, overwrite: bool) -> None:
        state = state_of(directory)
        refuse(directory, state, overwrite=overwrite)
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._path = directory / CLAIM_FILE
        self._descriptor: int | None = _lock(self._path)
        try:
            if state is not DirectoryState.free:
                clear(directory)
            (directory / ASIDE_FOLDER).mkdir(exist_ok=True)
        except BaseException:
            self.release(is_finished=(directory / MANIFEST_FILE).is_file())
            raise

    def release(self, *, is_finished: bool) -> None:
        """Give the directory back; the claim file stays as the mark of an unfinished run unless ``is_finished``."""
        if self._descriptor is None:
            return
        shutil.rmtree(self.directory / ASIDE_FOLDER, ignore_errors=True)
        if is_finished:
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None


def refuse(directory: Path, state: DirectoryState, *, overwrite: bool) -> None:
    """Raise ResultStoreError when a run may not write into a directory in that state."""
    match state:
        case DirectoryState.not_a_directory:
            raise ResultStoreError(f"{directory}: is not a directory; choose another place for the results")
        case DirectoryState.foreign:
            raise ResultStoreError(
                f"{directory}: holds files that are not gridsim results; choose an empty or a new directory "
                "(nothing was changed)"
            )
        case DirectoryState.finished if not overwrite:
            raise ResultStoreError(
                f"{directory}: holds the results of a finished run; choose another directory, or allow overwriting "
                "(--overwrite; nothing was changed)"
            )
        case DirectoryState.unfinished if not overwrite:
            raise ResultStoreError(
                f"{directory}: holds the results of an interrupted or still running run; choose another directory, or "
                "allow overwriting (--overwrite; nothing was changed)"
            )


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if locks is not None:
            locks.flock(descriptor, locks.LOCK_EX | locks.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{FORMAT}\nprocess {os.getpid()}\n".encode())
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise ResultStoreError(f"{path.parent}: another run is writing there; wait, or choose another") from error
        raise
    return descriptor


def clear(directory: Path) -> None:
    """Remove the files that a run writes, and nothing else; ResultStoreError when a folder leads elsewhere."""
    for folder in (LOADING_FOLDER, TABLES_FOLDER, PLOTS_FOLDER, ASIDE_FOLDER):
        if (directory / folder).is_symlink():
            raise ResultStoreError(f"{directory / folder}: is a link to another place; remove it first")
    for name in OWN_FILES:
        (directory / name).unlink(missing_ok=True)
    for pattern in OWN_PATTERNS:
        for path in sorted(directory.glob(pattern)):
            path.unlink()
    shutil.rmtree(directory / ASIDE_FOLDER, ignore_errors=True)
    for pattern in OWN_FOLDERS:
        for folder_path in sorted(directory.glob(pattern)):
            if folder_path.is_dir() and not any(folder_path.iterdir()):
                folder_path.rmdir()
