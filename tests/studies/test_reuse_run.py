"""One thing is changed: what it touches is solved again, the rest is taken over, and the files are those of a new run.

Blocks of the tiny study, cut by the opening days of its projects: 2026/0 to August, 2026/1, 2027/1 to May, 2027/2,
2028/2 to 14 March, 2028/3.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

import gridsim
from gridsim.errors import ResultStoreError
from tests.support.run_files import assert_same_files, manifest_of, result_files
from tests.support.tiny_network import tiny_rows
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.studies.time_series import StudyResult

FIRST_DAY = "2028-06-01"
SOLVED = "solved"


def write_study(folder: Path, *, changed: dict[str, dict[str, str]] | None = None, more: str = "") -> Path:
    """The tiny study, with an investor who comes in June 2028, and changed cells ``{row: {column: text}}``."""
    rows = tiny_rows()
    rows["investors"][0]["commissioning_date"] = FIRST_DAY
    for key, cells in (changed or {}).items():
        next(row for table in rows.values() for row in table if key in row.values()).update(cells)
    return write_tiny_study(folder, resolution_h=24, rows=rows, more=more)


def solved_blocks(result: StudyResult) -> list[tuple[int, int]]:
    return [(block.year, block.stage) for block in result.store.manifest.blocks if block.origin == SOLVED]


class StopAtBlock:
    """A listener that stops the study at a block."""

    def __init__(self, n_block: int) -> None:
        self.left = n_block

    def begin(self, phase: str, n_step: int) -> None:
        """Wait."""

    def advance(self, n_step: int) -> None:
        self.left -= n_step > 0
        if not self.left:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run before anything was changed."""
    folder = tmp_path_factory.mktemp("before")
    return gridsim.run_scenario(write_study(folder), out=folder / "run").store.directory


@pytest.mark.parametrize(
    ("changes", "n_same"),
    [
        pytest.param({"changed": {"i1": {"p_max_mw": "9"}}}, 5, id="larger factory"),
        pytest.param({"changed": {"Tiny solar plant": {"p_max_mw": "14"}}}, 1, id="larger plant"),
        pytest.param({"more": "[commissioning.slip_months_by_project]\np_at2 = 2"}, 4, id="later transformer"),
        pytest.param({"changed": {"i1": {"name": "Else"}, "town": {"lat": "43.4"}}}, 6, id="names"),
    ],
)  # fmt: skip
def test_exactly_what_a_change_touches_is_solved_again(
    before: Path, tmp_path: Path, changes: dict[str, Any], n_same: int
) -> None:
    """The first ``n_same`` blocks lie before the change, which lasts to the end."""
    solved = [(2026, 0), (2026, 1), (2027, 1), (2027, 2), (2028, 2), (2028, 3)][n_same:]
    scenario = write_study(tmp_path, **changes)
    kept = result_files(before)
    result = gridsim.run_scenario(scenario, out=tmp_path / "reusing", reuse=before)
    assert solved_blocks(result) == solved
    digest = hashlib.sha256((before / "manifest.json").read_bytes()).hexdigest()
    counts = {SOLVED: len(solved), f"reused from manifest {digest}": 6 - len(solved)}
    assert manifest_of(result.store.directory)["blocks_by_origin"] == counts
    fresh = gridsim.run_scenario(scenario, out=tmp_path / "fresh")
    assert_same_files(result.store.directory, fresh.store.directory)
    files = list(before.glob("*/year=*/*.parquet"))
    shared = [path for path in files if path.samefile(result.store.directory / path.relative_to(before))]
    assert len(shared) == 2 * n_same
    assert result_files(before) == kept


def test_a_longer_run_takes_over_the_years_that_are_there(before: Path, tmp_path: Path) -> None:
    """Its files have a column more, the transformer that opens in 2028, so they are written and not taken."""
    scenario = write_study(tmp_path)
    short = gridsim.run_scenario(scenario, to_year=2027, out=tmp_path / "short")
    result = gridsim.run_scenario(scenario, out=tmp_path / "run", reuse=short.store.directory)
    assert solved_blocks(result) == [(2028, 2), (2028, 3)]
    columns = [set(store.loading(2026).columns) for store in (short.store, result.store)]
    assert columns[1] - columns[0] == {f"trafo3w:west_at2:{winding}" for winding in ("hv", "mv", "lv")}
    assert_same_files(result.store.directory, before)


def test_a_run_may_be_replaced_by_one_that_reuses_it_and_stopped_meanwhile(before: Path, tmp_path: Path) -> None:
    kept = result_files(before)
    directory = tmp_path / "run"
    gridsim.run_scenario(write_study(tmp_path), out=directory, reuse=before)
    scenario = write_study(tmp_path, changed={"i1": {"p_max_mw": "9"}})
    with pytest.raises(ResultStoreError, match="--overwrite"):
        gridsim.run_scenario(scenario, out=directory, reuse=directory)
    for n_block in (3, 1):  # and over what is left of that, a second time
        listener = StopAtBlock(n_block)
        with pytest.raises(KeyboardInterrupt):
            gridsim.run_scenario(scenario, out=directory, reuse=directory, overwrite=True, progress=listener)
    result = gridsim.resume_run(directory)
    assert solved_blocks(result) == [(2028, 3)]
    assert not (directory / ".earlier").exists()
    fresh = gridsim.run_scenario(scenario, out=tmp_path / "fresh", reuse=before)
    assert_same_files(directory, fresh.store.directory)
    assert result_files(before) == kept


def test_what_cannot_be_reused_is_told_before_anything_is_done(tmp_path: Path) -> None:
    scenario = write_study(tmp_path)
    with pytest.raises(ResultStoreError, match="no run of gridsim whose blocks could be reused"):
        gridsim.run_scenario(scenario, out=tmp_path / "run", reuse=tmp_path / "nowhere")
    assert not (tmp_path / "run").exists()
