"""The blocks of a run as another run may take them over: found by their fingerprint, read whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from gridsim.errors import ResultStoreError
from gridsim.results.block_tables import block_content, read_table
from gridsim.results.claim import DirectoryState, state_of
from gridsim.results.journal import read_journal
from gridsim.results.layout import CLAIM_FILE, EARLIER_FOLDER, MANIFEST_FILE, block_steps_file, loading_file
from gridsim.results.manifest import Manifest
from gridsim.results.whole_files import read_json, told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridsim.results.block_tables import BlockContent
    from gridsim.results.manifest import BlockRecord


class EarlierRun:
    """Blocks in a result directory, finished or not.

    Parameters
    ----------
    directory:
        Where they stand.
    blocks:
        Which there are.
    name:
        What the manifest of a run that takes blocks over says of this one.
    """

    def __init__(self, directory: Path, blocks: Iterable[BlockRecord], name: str) -> None:
        self.directory = directory
        self.name = name
        self._by_fingerprint = {block.fingerprint: block for block in blocks if block.fingerprint}

    @classmethod
    def open(cls, directory: str | Path) -> EarlierRun:
        """Open the run in ``directory``; ResultStoreError when there is none.

        Its name tells it by the SHA-256 of its manifest, or of the journal of a run that was never finished.
        """
        path = Path(directory)
        with told(path, "cannot be read"):
            match state_of(path):
                case DirectoryState.finished:
                    place = path / MANIFEST_FILE
                    blocks = Manifest.from_dict(read_json(place), place=str(place)).blocks
                    return cls(path, blocks, f"manifest {_sha256(place.read_bytes())}")
                case DirectoryState.unfinished:
                    content = (path / CLAIM_FILE).read_bytes()
                    journal = read_journal(content)
                    return cls(path, journal.blocks, f"unfinished run {_sha256(content[: journal.n_byte])}")
        raise ResultStoreError(f"{path}: holds no run of gridsim whose blocks could be reused")

    @classmethod
    def set_aside_in(cls, directory: Path) -> list[EarlierRun]:
        """Open the runs that were set aside in a directory when they were overwritten, the latest first."""
        numbers = [int(path.name) for path in (directory / EARLIER_FOLDER).glob("*") if path.name.isdecimal()]
        found = []
        for number in sorted(numbers, reverse=True):
            try:
                found.append(cls.open(directory / EARLIER_FOLDER / str(number)))
            except ResultStoreError:  # it was set aside before it held anything
                continue
        return found

    def find(self, fingerprint: str) -> BlockRecord | None:
        """Return what is told of the block with this fingerprint."""
        return self._by_fingerprint.get(fingerprint)

    def read(self, block: BlockRecord) -> BlockContent | None:
        """Return a block; None when one of its files is missing, damaged, or stands somewhere else."""
        paths = [self.directory / file(block.year, block.stage) for file in (loading_file, block_steps_file)]
        if any(path.is_symlink() for path in paths):
            return None
        try:
            return block_content(*(read_table(path) for path in paths))
        except (ResultStoreError, pa.ArrowException):
            return None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
