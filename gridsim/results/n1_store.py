"""The directory of an N-1 study: three tables, a summary that is written last, and pictures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gridsim.errors import ResultStoreError
from gridsim.results.frames import csv_bytes, csv_frame
from gridsim.results.layout import N1_SUMMARY_FILE, N1_TABLES, PLOTS_FOLDER, TABLES_FOLDER, csv_table
from gridsim.results.whole_files import flush_folder, told, write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd


class N1Store:
    """Writes and reads the results of an N-1 study; may share the directory of a finished run.

    Parameters
    ----------
    directory:
        Where the results go.
    overwrite:
        Whether those of an earlier N-1 study there are replaced.

    Raises
    ------
    ResultStoreError
        The directory holds an N-1 study already, or is a file.
    """

    def __init__(self, directory: Path, *, overwrite: bool = False) -> None:
        if directory.exists() and not directory.is_dir():
            raise ResultStoreError(f"{directory}: is a file, results need a directory")
        if (directory / N1_SUMMARY_FILE).exists() and not overwrite:
            raise ResultStoreError(f"{directory}: holds an N-1 study already; overwrite it or choose another directory")
        self.directory = directory

    @classmethod
    def open(cls, directory: Path) -> N1Store:
        """Open a finished study; ResultStoreError when there is none."""
        if not (directory / N1_SUMMARY_FILE).is_file():
            raise ResultStoreError(f"{directory}: holds no N-1 study (no {N1_SUMMARY_FILE})")
        return cls(directory, overwrite=True)

    @property
    def plots_directory(self) -> Path:
        """Where pictures go; made by whoever draws them."""
        return self.directory / PLOTS_FOLDER

    def write(self, tables: Mapping[str, pd.DataFrame], summary: str) -> None:
        """Write all tables, then the summary (JSON), whose presence means that the study is whole."""
        path = self.directory / N1_SUMMARY_FILE
        with told(path, "cannot be replaced"):
            path.unlink(missing_ok=True)
        for layout in N1_TABLES:
            write_whole(self.directory / layout.file, csv_bytes(tables[layout.name], layout))
        with told(self.directory, "cannot be written"):
            flush_folder(self.directory / TABLES_FOLDER)  # no power cut leaves a summary without its tables
        write_whole(path, summary.encode())

    def read(self, name: str) -> pd.DataFrame:
        """Return one of the tables."""
        layout = csv_table(name)
        path = self.directory / layout.file
        try:
            return csv_frame(path.read_bytes(), layout)
        except OSError as error:
            raise ResultStoreError(f"{path}: cannot be read: {error.strerror or error}") from error

    def read_summary(self) -> dict[str, Any]:
        """Return the summary."""
        path = self.directory / N1_SUMMARY_FILE
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise ResultStoreError(f"{path}: cannot be read: {error}") from error
