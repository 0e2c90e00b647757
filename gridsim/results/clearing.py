"""What a run may remove or move from a directory: its own files and no others."""

from __future__ import annotations

import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gridsim.errors import ResultStoreError
from gridsim.results.layout import (
    ASIDE_FOLDER,
    BLOCK_STEPS_FOLDER,
    CLAIM_FILE,
    CSV_TABLES,
    EARLIER_FOLDER,
    LOADING_FOLDER,
    MANIFEST_FILE,
    MONTHLY_FILE,
    N1_SUMMARY_FILE,
    PICTURE_STEMS,
    PICTURE_SUFFIXES,
    PLOTS_FOLDER,
    REPORT_FILES,
    STEPS_FILE,
    SUMMARY_FILE,
    TABLES_FOLDER,
)
from gridsim.results.whole_files import aside_name

if TYPE_CHECKING:
    from pathlib import Path

#: Folders with one file for every block.
BLOCK_FOLDERS = (LOADING_FOLDER, BLOCK_STEPS_FOLDER)
#: What a run writes, in the order in which it is cleared: the manifest first, so that a half-cleared directory is
#: recognisably unfinished.
OWN_FILES = (
    MANIFEST_FILE,
    SUMMARY_FILE,
    STEPS_FILE,
    MONTHLY_FILE,
    N1_SUMMARY_FILE,
    *REPORT_FILES.values(),
    *(table.file for table in CSV_TABLES),
)
OWN_PICTURES = tuple(f"{PLOTS_FOLDER}/{stem}*.{suffix}" for stem in PICTURE_STEMS for suffix in PICTURE_SUFFIXES)
#: What whoever was killed over one of these files has left of it.
OWN_ASIDES = tuple(
    str(path.with_name(aside_name(path.name, "*"))) for path in map(PurePosixPath, (*OWN_FILES, *OWN_PICTURES))
)
OWN_PATTERNS = (
    *(f"{folder}/year=*/stage=*.parquet" for folder in BLOCK_FOLDERS),
    *OWN_PICTURES,
    *OWN_ASIDES,
)
OWN_FOLDERS = (*(f"{folder}/year=*" for folder in BLOCK_FOLDERS), *BLOCK_FOLDERS, TABLES_FOLDER, PLOTS_FOLDER)
#: Folders whose whole content is the business of a run under way.
WORKING_FOLDERS = (ASIDE_FOLDER, EARLIER_FOLDER)


def refuse_links(directory: Path) -> None:
    """Raise ResultStoreError when a folder that a run writes to leads elsewhere."""
    folders = [directory / folder for folder in (*BLOCK_FOLDERS, TABLES_FOLDER, PLOTS_FOLDER, *WORKING_FOLDERS)]
    for folder in (*folders, *(year for blocks in BLOCK_FOLDERS for year in (directory / blocks).glob("year=*"))):
        if folder.is_symlink():
            raise ResultStoreError(f"{folder}: is a link to another place; remove it first")


def set_aside(directory: Path) -> None:
    """Move the blocks of the run in ``directory``, and what says which they are, to a folder of their own there."""
    earlier = directory / EARLIER_FOLDER
    numbers = [int(path.name) for path in earlier.glob("*") if path.name.isdecimal()]
    place = earlier / str(max(numbers, default=0) + 1)
    place.mkdir(parents=True)
    if (directory / MANIFEST_FILE).is_file():
        (directory / MANIFEST_FILE).replace(place / MANIFEST_FILE)
    else:
        shutil.copyfile(directory / CLAIM_FILE, place / CLAIM_FILE)
    for folder in BLOCK_FOLDERS:
        if (directory / folder).is_dir():
            (directory / folder).replace(place / folder)


def clear(directory: Path, *, keeps_earlier: bool = False) -> None:
    """Remove the files that a run writes, and nothing else."""
    for name in OWN_FILES:
        (directory / name).unlink(missing_ok=True)
    for pattern in OWN_PATTERNS:
        for path in sorted(directory.glob(pattern)):
            path.unlink()
    for folder in WORKING_FOLDERS:
        if folder != EARLIER_FOLDER or not keeps_earlier:
            shutil.rmtree(directory / folder, ignore_errors=True)
    for pattern in OWN_FOLDERS:
        for folder_path in sorted(directory.glob(pattern)):
            if folder_path.is_dir() and not any(folder_path.iterdir()):
                folder_path.rmdir()


def make_empty(folder: Path) -> None:
    """Make an empty folder, whatever was in it before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
