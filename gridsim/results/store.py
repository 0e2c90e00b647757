"""One result directory: written file by file, each whole or not at all, and read back as frames."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from gridsim.errors import ResultStoreError
from gridsim.results.claim import Claim, DirectoryState, refuse, state_of
from gridsim.results.frames import check_columns, csv_bytes, csv_frame, loading_frame, loading_table
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
    csv_table,
    loading_file,
)
from gridsim.results.manifest import BlockRecord, Manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

#: Measured on a year of 600 columns: lz4 after splitting the bytes of the floats writes in 0.05 s and halves the file;
#: zstd saves a further 3 % and takes half as long again. Dictionaries and statistics cost time and find nothing.
PARQUET_OPTIONS: Mapping[str, Any] = {"compression": "lz4", "use_dictionary": False, "write_statistics": False}


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
    def create(cls, directory: str | Path, *, overwrite: bool = False) -> ResultStore:
        """Claim ``directory`` for a new run.

        A directory that does not exist or is empty is taken. One that holds a finished or an interrupted run is taken
        only with ``overwrite``, and then only gridsim's own files are removed. Anything else is refused, always, and
        so is a directory into which another process is writing.

        Raises
        ------
        ResultStoreError
            The directory is refused, or the operating system does not let gridsim write there.
        """
        path = Path(directory)
        with _told(path, "cannot be prepared for results"):
            return cls(path, claim=Claim(path, overwrite=overwrite))

    @staticmethod
    def check_free(directory: str | Path, *, overwrite: bool = False) -> None:
        """Raise ResultStoreError now if :meth:`create` would refuse ``directory`` later; nothing is changed."""
        path = Path(directory)
        with _told(path, "cannot be read"):
            refuse(path, state_of(path), overwrite=overwrite)

    @classmethod
    def open(cls, directory: str | Path) -> ResultStore:
        """Open the results of a finished run; ResultStoreError when there are none in ``directory``."""
        path = Path(directory)
        with _told(path, "cannot be read"):
            state = state_of(path)
            if state is DirectoryState.unfinished:
                raise ResultStoreError(f"{path}: the run was interrupted or is still going on (no {MANIFEST_FILE})")
            if state is not DirectoryState.finished:
                raise ResultStoreError(f"{path}: holds no gridsim results (no {MANIFEST_FILE} of gridsim)")
            place = path / MANIFEST_FILE
            return cls(path, manifest=Manifest.from_dict(_read_json(place), place=str(place)))

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
        self._write_bytes(SUMMARY_FILE, _json_bytes(summary))

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, the last file of a run, and give the directory back."""
        for folder in sorted(self.directory.glob("**/")):
            _flush_folder(folder)  # so that no power cut leaves a manifest without the files it lists
        self._write_bytes(MANIFEST_FILE, _json_bytes(manifest.to_dict()))
        self._manifest = manifest
        self.close()

    def _write_parquet(self, file: str, table: Any, floats: Sequence[str] = ()) -> None:
        with self._written_aside(file) as aside:
            pq.write_table(table, aside, use_byte_stream_split=list(floats) or False, **PARQUET_OPTIONS)

    def _write_bytes(self, file: str, content: bytes) -> None:
        with self._written_aside(file) as aside:
            aside.write_bytes(content)

    @contextmanager
    def _written_aside(self, file: str) -> Iterator[Path]:
        """Yield a path to write to; afterwards the file appears under its own name at once, and is on the disk."""
        if self._claim is None:
            raise ResultStoreError(f"{self.directory}: these results were opened for reading")
        target = self.directory / file
        aside = self.directory / ASIDE_FOLDER / file.replace("/", ".")
        with _told(target, "cannot be written"):
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                yield aside
                _flush(aside)
                aside.replace(target)
            except BaseException:
                aside.unlink(missing_ok=True)
                raise

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
        with _told(path, "cannot be read"):
            return csv_frame(path.read_bytes(), table)

    def read_summary(self) -> dict[str, Any]:
        """Return the ending summary."""
        path = self.directory / SUMMARY_FILE
        with _told(path, "cannot be read"):
            summary = _read_json(path)
        if not isinstance(summary, dict):
            raise ResultStoreError(f"{path}: not a summary of gridsim")
        return summary

    def _read_parquet(self, file: str, columns: Sequence[str] | None = None) -> Any:
        path = self.directory / file
        with _told(path, "cannot be read"):
            try:
                with pq.ParquetFile(path) as parquet:
                    missing = set(columns or ()) - set(parquet.schema_arrow.names)
                    if missing:
                        raise ResultStoreError(f"{path}: no column {sorted(missing)[0]!r}")
                    return parquet.read(columns=None if columns is None else list(columns))
            except pa.ArrowInvalid as error:
                raise ResultStoreError(f"{path}: not a whole Parquet file ({error})") from error


@contextmanager
def _told(path: Path, fault: str) -> Iterator[None]:
    """Turn what the operating system says about ``path`` into a ResultStoreError."""
    try:
        yield
    except OSError as error:
        raise ResultStoreError(f"{path}: {fault}: {error.strerror or error}") from error


def _flush(path: Path) -> None:
    """Bring a written file from the system's memory to the disk, so that a power cut cannot leave it half."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(path: Path) -> None:
    """Bring the names in a folder to the disk; systems other than POSIX have no such call."""
    if os.name == "posix":
        _flush(path)


def _json_bytes(record: Mapping[str, Any]) -> bytes:
    return (json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _read_json(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise ResultStoreError(f"{path}: not JSON ({error})") from error


def _span(years: Sequence[int]) -> str:
    return f"{years[0]}-{years[-1]}" if years else "none"
