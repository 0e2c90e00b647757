"""No link in a result directory leads a run to write or to remove anything elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridsim.errors import ResultStoreError
from gridsim.results.layout import CLAIM_FILE
from gridsim.results.store import ResultStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["loading", "loading/year=2026", "tables", "plots", CLAIM_FILE])
def test_a_link_in_an_interrupted_run_is_not_followed(tmp_path: Path, name: str) -> None:
    elsewhere, directory = tmp_path / "elsewhere", tmp_path / "run"
    (elsewhere / "year=2026").mkdir(parents=True)
    theirs = [elsewhere / "stage=000.parquet", elsewhere / "year=2026" / "stage=000.parquet", elsewhere / "claim"]
    for path in theirs:
        path.write_bytes(b"somebody else's")
    (directory / name).parent.mkdir(parents=True)
    if name != CLAIM_FILE:
        (directory / CLAIM_FILE).touch()
    (directory / name).symlink_to(elsewhere / "claim" if name == CLAIM_FILE else elsewhere)
    with pytest.raises(ResultStoreError):
        ResultStore.create(directory, overwrite=True)
    assert [path.read_bytes() for path in theirs] == [b"somebody else's"] * len(theirs)
