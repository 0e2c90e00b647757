"""Who may write into a directory: one run at a time, and never over files that are not gridsim's."""

from __future__ import annotations

import os
import shutil
from enum import StrEnum
from typing import TYPE_CHECKING

from gridsim.errors import ResultStoreError
from gridsim.results.clearing import clear, make_empty, refuse_links, set_aside
from gridsim.results.journal import block_line, read_journal, start_line
from gridsim.results.layout import ASIDE_FOLDER, CLAIM_FILE, EARLIER_FOLDER, FORMAT, MANIFEST_FILE

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from gridsim.results.journal import Journal, RunStart
    from gridsim.results.manifest import BlockRecord

locks: ModuleType | None
try:
    import fcntl as locks
except ImportError:  # Windows has no flock; two runs into one directory are then told apart by the claim file alone
    locks = None


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
    without lock and without manifest is what an interrupted run leaves behind; what it says of the run is its journal.

    Attributes
    ----------
    journal:
        What the claim file said when it was claimed.
    """

    def __init__(self, directory: Path, descriptor: int, journal: Journal) -> None:
        self.directory = directory
        self.journal = journal
        self._descriptor: int | None = descriptor

    @classmethod
    def begin(
        cls, directory: Path, *, overwrite: bool, start: RunStart | None = None, sets_aside: bool = False
    ) -> Claim:
        """Claim a directory for a new run, which sets out to do what ``start`` says.

        Files of an earlier run are removed; with ``sets_aside`` its blocks are kept until the new one is finished.
        """
        state = state_of(directory)
        refuse(directory, state, overwrite=overwrite)
        directory.mkdir(parents=True, exist_ok=True)
        claim = cls._locked(directory)
        try:
            if state is not DirectoryState.free:
                refuse_links(directory)
                if sets_aside:
                    set_aside(directory)
                clear(directory, keeps_earlier=sets_aside)
            claim.cut_journal(0)
            if start is not None:
                claim.append(start_line(start))
            make_empty(directory / ASIDE_FOLDER)
        except BaseException:
            claim.release(is_finished=state is DirectoryState.free or (directory / MANIFEST_FILE).is_file())
            raise
        return claim

    @classmethod
    def resume(cls, directory: Path) -> Claim:
        """Claim the directory of an interrupted run to go on with it."""
        started(directory)
        claim = cls._locked(directory)
        try:
            refuse_links(directory)
            claim.cut_journal(claim.journal.n_byte)
            make_empty(directory / ASIDE_FOLDER)
        except BaseException:
            claim.release(is_finished=False)
            raise
        return claim

    @classmethod
    def _locked(cls, directory: Path) -> Claim:
        descriptor = _lock(directory / CLAIM_FILE)
        return cls(directory, descriptor, read_journal((directory / CLAIM_FILE).read_bytes()))

    @property
    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise ResultStoreError(f"{self.directory}: the claim on the directory has been given back")
        return self._descriptor

    def cut_journal(self, n_byte: int) -> None:
        """Leave the first bytes of the journal; the next line follows them."""
        os.ftruncate(self._open_descriptor, n_byte)
        os.lseek(self._open_descriptor, n_byte, os.SEEK_SET)

    def append(self, line: bytes) -> None:
        """Add a line to the journal, on the disk before this returns."""
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(self._open_descriptor, rest) :]
        os.fsync(self._open_descriptor)

    def note(self, record: BlockRecord) -> None:
        """Write down that a block is done: its files are on the disk, under their own names."""
        self.append(block_line(record))

    def release(self, *, is_finished: bool) -> None:
        """Give the directory back; the claim file stays as the mark of an unfinished run unless ``is_finished``."""
        if self._descriptor is None:
            return
        shutil.rmtree(self.directory / ASIDE_FOLDER, ignore_errors=True)
        if is_finished:
            shutil.rmtree(self.directory / EARLIER_FOLDER, ignore_errors=True)
            (self.directory / CLAIM_FILE).unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None


def refuse(directory: Path, state: DirectoryState, *, overwrite: bool) -> None:
    """Raise ResultStoreError when a new run may not write into a directory in that state."""
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
        case DirectoryState.unfinished if is_locked(directory):
            raise _taken(directory)
        case DirectoryState.unfinished if not overwrite:
            raise ResultStoreError(
                f"{directory}: holds an interrupted run; continue it with gridsim run --resume {directory}, choose "
                "another directory, or allow overwriting (--overwrite; nothing was changed)"
            )


def started(directory: Path) -> RunStart:
    """Return what the interrupted run in ``directory`` set out to do; ResultStoreError when there is none to resume."""
    state = state_of(directory)
    if state is not DirectoryState.unfinished:
        is_there = "a finished run" if state is DirectoryState.finished else "no run of gridsim"
        raise ResultStoreError(f"{directory}: holds {is_there}; there is nothing to resume")
    if is_locked(directory):
        raise _taken(directory)
    start = read_journal((directory / CLAIM_FILE).read_bytes()).start
    if start is None:
        raise ResultStoreError(
            f"{directory}: the run was interrupted before it began, or is of another version of gridsim; there is "
            "nothing to resume: run its scenario again with --overwrite"
        )
    return start


def is_locked(directory: Path) -> bool:
    """Whether a running process holds the claim on ``directory``; always False where the system has no such locks."""
    if locks is None:
        return False
    descriptor = os.open(directory / CLAIM_FILE, os.O_RDONLY)
    try:
        locks.flock(descriptor, locks.LOCK_EX | locks.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _taken(directory: Path) -> ResultStoreError:
    return ResultStoreError(f"{directory}: another run is writing there; wait, or choose another (nothing was changed)")


def _lock(path: Path) -> int:
    # A claim file that is a link would be written where the link leads.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
    try:
        if locks is not None:
            locks.flock(descriptor, locks.LOCK_EX | locks.LOCK_NB)
            if not os.path.samestat(os.fstat(descriptor), path.stat()):
                raise BlockingIOError  # a run that has just ended took the file away between its opening and its lock
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, (BlockingIOError, FileNotFoundError)):
            raise _taken(path.parent) from error
        raise
    return descriptor
