"""One result directory: written file by file, each whole or not at all, and read back as frames."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from gridsim.errors import ResultStoreError
from gridsim.results.block_tables import BlockContent, loading_table, read_table, steps_table
from gridsim.results.claim import Claim, DirectoryState, refuse, started, state_of
from gridsim.results.frames import check_columns, csv_bytes, csv_frame, loading_frame
from gridsim.results.layout import (
    ASIDE_FOLDER,
    MANIFEST_FILE,
    MONTHLY_COLUMNS,
    MONTHLY_FILE,
    OVERLOADS,
    PLOTS_FOLDER,
    STEP_COLUMNS,
    STEPS_FILE,
    SUMMARY_FILE,
    TIME_COLUMN,
    block_steps_file,
    csv_table,
    loading_file,
)
from gridsim.results.manifest import BlockRecord, Manifest
from gridsim.results.whole_files import flush_folder, json_bytes, read_json, told, whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from gridsim.results.journal import RunStart

#: Measured on a year of 600 columns: lz4 after splitting the bytes of the floats writes in 0.05 s and halves the file;
#: zstd saves a further 3 % and takes half as long again. Dictionaries and statistics cost time and find nothing;
#: checksums cost a tenth of the writing, and tell a damaged block from a whole one.
PARQUET_OPTIONS: Mapping[str, Any] = {
    "compression": "lz4",
    "use_dictionary": False,
    "write_statistics": False,
    "write_page_checksum": True,
}


class ResultStore:
    """A result directory, either being written (:meth:`create`) or read (:meth:`open`).

    As a context manager a store that is being written gives its directory back when the block ends; without
    :meth:`finish` what was written stays, whole, and the directory counts as unfinished.
    """

    def __init__(self, directory: Path, *, claim: Claim | None = None, manifest: Manifest | None = None) -> None:
        self.directory = directory
        self._claim = claim
        self._manifest = manifest

    # -- opening ------------------------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        directory: str | Path,
        *,
        overwrite: bool = False,
        start: RunStart | None = None,
        sets_aside: bool = False,
    ) -> ResultStore:
        """Claim ``directory`` for a new run.

        A directory that does not exist or is empty is taken. One that holds a finished or an interrupted run is taken
        only with ``overwrite``, and then only gridsim's own files are removed. Anything else is refused, always, and
        so is a directory into which another process is writing.

        Parameters
        ----------
        start:
            What the run sets out to do; without it an interrupted run cannot be resumed.
        sets_aside:
            Whether the blocks of the run that is overwritten are kept until this one is finished, to be reused.

        Raises
        ------
        ResultStoreError
            The directory is refused, or the operating system does not let gridsim write there.
        """
        path = Path(directory)
        with told(path, "cannot be prepared for results"):
            return cls(path, claim=Claim.begin(path, overwrite=overwrite, start=start, sets_aside=sets_aside))

    @classmethod
    def resume(cls, directory: str | Path) -> ResultStore:
        """Claim the directory of an interrupted run to go on with it; ResultStoreError when there is none."""
        path = Path(directory)
        with told(path, "cannot be resumed"):
            return cls(path, claim=Claim.resume(path))

    @staticmethod
    def started(directory: str | Path) -> RunStart:
        """Return what the interrupted run in ``directory`` set out to do; ResultStoreError when there is none."""
        path = Path(directory)
        with told(path, "cannot be read"):
            return started(path)

    @staticmethod
    def is_finished(directory: str | Path) -> bool:
        """Whether ``directory`` holds a finished run."""
        path = Path(directory)
        with told(path, "cannot be read"):
            return state_of(path) is DirectoryState.finished

    @staticmethod
    def check_free(directory: str | Path, *, overwrite: bool = False) -> None:
        """Raise ResultStoreError now if :meth:`create` would refuse ``directory`` later; nothing is changed."""
        path = Path(directory)
        with told(path, "cannot be read"):
            refuse(path, state_of(path), overwrite=overwrite)
            place = next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
            if not os.access(place, os.W_OK | os.X_OK):
                raise ResultStoreError(f"{path}: no permission to write in {place}; choose another place")

    @classmethod
    def open(cls, directory: str | Path) -> ResultStore:
        """Open the results of a finished run; ResultStoreError when there are none in ``directory``."""
        path = Path(directory)
        with told(path, "cannot be read"):
            state = state_of(path)
            if state is DirectoryState.unfinished:
                raise ResultStoreError(
                    f"{path}: the run was interrupted or is still going on (no {MANIFEST_FILE}); an interrupted one is "
                    f"continued by gridsim run --resume {path}"
                )
            if state is not DirectoryState.finished:
                raise ResultStoreError(f"{path}: holds no gridsim results (no {MANIFEST_FILE} of gridsim)")
            place = path / MANIFEST_FILE
            return cls(path, manifest=Manifest.from_dict(read_json(place), place=str(place)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the directory back; an unfinished run stays recognisable as one."""
        if self._claim is not None:
            self._claim.release(is_finished=self._manifest is not None)
            self._claim = None

    # -- writing ------------------------------------------------------------------------------------------------------

    def write_loading(
        self,
        year: int,
        stage: int,
        time_utc: pd.DatetimeIndex,
        columns: Sequence[str],
        block: NDArray[np.float32],
    ) -> str:
        """Write the loading of one block and return the name of its file.

        ``block`` is ``(n_column, n_step)`` in percent, as :func:`gridsim.results.frames.stored_block` makes it.
        """
        file = loading_file(year, stage)
        self._write_parquet(file, loading_table(time_utc, columns, block), floats=columns)
        return file

    def write_block(self, record: BlockRecord, content: BlockContent) -> None:
        """Write the files of one block, then note that it is done."""
        loading = loading_table(content.time_utc, content.columns, content.loading)
        self._write_parquet(record.file, loading, floats=content.columns)
        steps, floats = steps_table(content)
        self._write_parquet(record.steps_file, steps, floats=floats)
        self.note(record)

    def take_over(self, record: BlockRecord, directory: Path, found: BlockRecord) -> None:
        """Take the files of a block over from the run in another directory, then note that it is done.

        Both runs have the files then, as two names of the same bytes, which nobody ever changes: whatever is written
        over a result is a new file. Where two names are not possible the files are copied.
        """
        for file in (loading_file, block_steps_file):
            source = directory / file(found.year, found.stage)
            with self._written_aside(file(record.year, record.stage)) as aside:
                try:
                    os.link(source, aside)
                except OSError:
                    shutil.copyfile(source, aside)
        self.note(record)

    def note(self, record: BlockRecord) -> None:
        """Write down that the files of a block are whole and on the disk."""
        if self._claim is None:
            raise ResultStoreError(f"{self.directory}: these results were opened for reading")
        with told(self.directory, "the journal of the run cannot be written"):
            self._claim.note(record)

    @property
    def noted(self) -> tuple[BlockRecord, ...]:
        """Blocks that were done when the directory was claimed."""
        return () if self._claim is None else self._claim.journal.blocks

    def write_steps(self, frame: pd.DataFrame) -> None:
        """Write one row per step, columns ``STEP_COLUMNS`` of the layout."""
        check_columns(frame, STEP_COLUMNS, STEPS_FILE)
        self._write_parquet(STEPS_FILE, pa.Table.from_pandas(frame, preserve_index=False))

    def write_monthly(self, frame: pd.DataFrame) -> None:
        """Write one row per element and local month, columns ``MONTHLY_COLUMNS`` of the layout."""
        check_columns(frame, MONTHLY_COLUMNS, MONTHLY_FILE)
        self._write_parquet(MONTHLY_FILE, pa.Table.from_pandas(frame, preserve_index=False))

    def write_overloads(self, frame: pd.DataFrame) -> None:
        """Write one row per overload episode."""
        self.write_table(OVERLOADS.name, frame)

    def write_table(self, name: str, frame: pd.DataFrame) -> None:
        """Write the CSV result called ``name``; its columns must be those of the layout."""
        table = csv_table(name)
        self._write_bytes(table.file, csv_bytes(frame, table))

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write the ending summary; NaN is not JSON and must have been replaced."""
        self._write_bytes(SUMMARY_FILE, json_bytes(summary))

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, the last file of a run, and give the directory back."""
        for folder in sorted(self.directory.glob("**/")):
            flush_folder(folder)  # so that no power cut leaves a manifest without the files it lists
        self._write_bytes(MANIFEST_FILE, json_bytes(manifest.to_dict()))
        self._manifest = manifest
        self.close()

    def _write_parquet(self, file: str, table: Any, floats: Sequence[str] = ()) -> None:
        with self._written_aside(file) as aside:
            pq.write_table(table, aside, use_byte_stream_split=list(floats) or False, **PARQUET_OPTIONS)

    def _write_bytes(self, file: str, content: bytes) -> None:
        with self._written_aside(file) as aside:
            aside.write_bytes(content)

    def _written_aside(self, file: str) -> AbstractContextManager[Path]:
        """Return where to write ``file`` to; it appears under its own name at the end, whole."""
        if self._claim is None:
            raise ResultStoreError(f"{self.directory}: these results were opened for reading")
        return whole_file(self.directory / file, self.directory / ASIDE_FOLDER / file.replace("/", "."))

    # -- reading ------------------------------------------------------------------------------------------------------

    @property
    def manifest(self) -> Manifest:
        """What made these results; ResultStoreError while they are being written."""
        if self._manifest is None:
            raise ResultStoreError(f"{self.directory}: the run is not finished; there is no manifest yet")
        return self._manifest

    @property
    def plots_directory(self) -> Path:
        """Where pictures go; made by whoever draws them."""
        return self.directory / PLOTS_FOLDER

    @property
    def years(self) -> tuple[int, ...]:
        """Local years that have loading, in order."""
        return tuple(sorted({block.year for block in self.manifest.blocks}))

    def loading(self, year: int, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return ``time_utc`` and the loading in percent of one local year, all columns or those named."""
        blocks = [block for block in self.manifest.blocks if block.year == year]
        if not blocks:
            raise ResultStoreError(f"{self.directory}: no loading of {year}; there are {_span(self.years)}")
        return self._loading_of(blocks, columns)

    def loading_of(self, columns: Sequence[str]) -> pd.DataFrame:
        """Return ``time_utc`` and the loading in percent of a few columns over all years."""
        return self._loading_of(self.manifest.blocks, columns)

    def _loading_of(self, blocks: Sequence[BlockRecord], columns: Sequence[str] | None) -> pd.DataFrame:
        wanted = None if columns is None else [TIME_COLUMN, *columns]
        return loading_frame([self._read_parquet(block.file, wanted) for block in blocks])

    def read_steps(self) -> pd.DataFrame:
        """Return one row per step."""
        frame: pd.DataFrame = self._read_parquet(STEPS_FILE).to_pandas()
        return frame

    def read_monthly(self) -> pd.DataFrame:
        """Return one row per element and local month."""
        frame: pd.DataFrame = self._read_parquet(MONTHLY_FILE).to_pandas()
        return frame

    def read_overloads(self) -> pd.DataFrame:
        """Return one row per overload episode."""
        return self.read_table(OVERLOADS.name)

    def read_table(self, name: str) -> pd.DataFrame:
        """Return the CSV result called ``name`` (``elements``, ``substations``, ``lines``, ``events``, ...)."""
        table = csv_table(name)
        path = self.directory / table.file
        with told(path, "cannot be read"):
            return csv_frame(path.read_bytes(), table)

    def read_summary(self) -> dict[str, Any]:
        """Return the ending summary."""
        path = self.directory / SUMMARY_FILE
        with told(path, "cannot be read"):
            summary = read_json(path)
        if not isinstance(summary, dict):
            raise ResultStoreError(f"{path}: not a summary of gridsim")
        return summary

    def _read_parquet(self, file: str, columns: Sequence[str] | None = None) -> Any:
        return read_table(self.directory / file, columns)


def _span(years: Sequence[int]) -> str:
    return f"{years[0]}-{years[-1]}" if years else "none"
