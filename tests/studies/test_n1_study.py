"""The N-1 study of a tiny scenario: its tables against the public call on the same blocks, and what it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from gridsim.cli.app import app
from gridsim.errors import ResultStoreError
from gridsim.grid.staged import stage_grid
from gridsim.plots.n1_figure import draw_n1
from gridsim.report.dossier_text import n1_words
from gridsim.scenario import load_scenario
from gridsim.solve.contingency import contingencies_of
from gridsim.solve.contingency_solver import ContingencySolver
from gridsim.solve.options import SolveOptions
from gridsim.studies.n1_join import join_n1
from gridsim.studies.n1_study import open_n1, run_n1
from gridsim.studies.time_series import run_scenario
from gridsim.tables.load import load_tables
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

RESOLUTION_H = 24


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_study(tmp_path_factory.mktemp("tiny"), resolution_h=RESOLUTION_H)


@pytest.fixture(scope="module")
def study(scenario: Path) -> Any:
    return run_n1(scenario, from_year=2027, to_year=2028, out=scenario.parent / "n1", threads=1)


def _found_of_blocks(scenario: Path) -> Any:
    """Every block of the study by the solver itself, all steps at once."""
    asked = load_scenario(scenario, from_year=2027, to_year=2028)
    grid = stage_grid(load_tables(asked.network_folder), asked)
    for block in grid.blocks:
        profiles = grid.profiles_for(block)
        net = grid.net_at(grid.stages[block.stage_index], profiles)
        groups = contingencies_of(net, "n-1")
        solver = ContingencySolver(net, groups, SolveOptions(threads=1), asked.limits.basis)
        n_step = block.stop_step - block.start_step
        yield block, net, solver.solve(profiles, n_step, from_settled_taps=True)


def test_tables_hold_what_the_solver_finds(scenario: Path, study: Any) -> None:
    worst: dict[tuple[int, str], float] = {}
    n_case = lost_steps = 0
    for block, net, found in _found_of_blocks(scenario):
        n_case += found.n_case
        lost_steps += len(found.failed.step)
        names = net.trafo["name"].to_list()
        peaks = np.nan_to_num(found.worst_percent[:, : len(names)], nan=-1.0).max(axis=0)
        for name, peak in zip(names, peaks, strict=True):
            worst[block.year, name] = max(worst.get((block.year, name), -1.0), float(peak))
    assert study.summary["cases"]["total"] == n_case > 0
    assert study.summary["cases"]["skipped"] == 0
    assert study.failed["hours"].sum() == lost_steps * RESOLUTION_H
    rows = study.worst[study.worst["element_type"] == "trafo"]
    assert len(rows) > 0
    for row in rows.itertuples():
        assert row.worst_percent == pytest.approx(worst[row.year, row.name], abs=1e-4)
        assert (row.hours_above > 0.0) == (row.worst_percent > 100.0)


def test_results_are_those_of_any_number_of_threads_and_read_back(scenario: Path, study: Any) -> None:
    two = run_n1(scenario, from_year=2027, to_year=2028, out=scenario.parent / "n1-two", threads=2)
    for name in ("failed", "worst", "causes"):
        pd.testing.assert_frame_equal(getattr(two, name), getattr(study, name))
    again = open_n1(study.directory)
    assert again.summary == study.summary
    assert again.failed["outage"].to_list() == study.failed["outage"].to_list()
    assert len(again.worst) == len(study.worst)


def test_a_finished_study_is_not_overwritten_by_mistake(scenario: Path, study: Any) -> None:
    with pytest.raises(ResultStoreError, match="already"):
        run_n1(scenario, out=study.directory)
    with pytest.raises(ResultStoreError, match="no N-1 study"):
        open_n1(scenario.parent)


def test_picture_names_what_fails_first_and_every_transformer_shown(study: Any) -> None:
    ax = draw_n1(study.failed, study.worst, study.summary)
    texts = [text.get_text() for text in ax.texts]
    assert "First: outages without solution, or that leave somebody without supply" in texts
    assert any("skipped" in text for text in texts)
    assert len([tick for tick in ax.get_yticklabels() if tick.get_text()]) > 0


@pytest.fixture(scope="module")
def collapsed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A study in whose last year no case has a solution."""
    scenario = write_tiny_study(tmp_path_factory.mktemp("collapse"), city_mw=300.0, resolution_h=RESOLUTION_H)
    study = run_n1(scenario, out=scenario.parent / "n1", threads=1)
    return scenario, study


def test_a_year_in_service_without_any_solution_is_a_row_without_numbers(collapsed: Any) -> None:
    _, study = collapsed
    trafos = study.worst[study.worst["element_type"] != "line"]
    years = trafos.groupby("name")["year"].unique().map(sorted).to_dict()
    assert years == {
        "town_t1": [2026, 2027, 2028],
        "town_t2": [2026, 2027, 2028],
        "new_t1": [2027, 2028],
        "west_at1": [2026, 2027, 2028],
        "west_at2": [2028],
    }
    is_last = trafos["year"] == 2028
    blank = trafos.loc[is_last, ["worst_percent", "worst_utc", "hours_above", "first_above_utc"]]
    assert blank.isna().all(axis=None)
    assert (trafos.loc[is_last, "cause"] == "").all()
    assert trafos.loc[~is_last, ["worst_percent", "worst_utc", "hours_above"]].notna().all(axis=None)
    pd.testing.assert_frame_equal(open_n1(study.directory).worst, study.worst, check_dtype=False, rtol=1e-6)


def test_a_unit_of_which_no_loading_is_known_is_neither_ok_nor_absent(collapsed: Any) -> None:
    scenario, study = collapsed
    store = run_scenario(scenario, out=scenario.parent / "run", threads=1).store
    joined = join_n1(store, study.directory)
    units = joined.units.set_index("name")
    assert units["n1_verdict"].to_dict() == {
        "town_t1": "violated",
        "town_t2": "violated",
        "new_t1": "violated",
        "west_at1": "violated",
        "west_at2": "unknown",
    }
    assert units.loc["west_at2", ["n1_hours", "n1_peak_percent"]].isna().all()
    assert units.at["west_at2", "n1_cause"] == ""
    words = n1_words(units.loc["west_at2"], joined, pd.Timedelta(hours=5))
    assert words.endswith("cases have NO solution; no loading after any outage is known (judged: 2026-2028)")


def test_picture_tells_unknown_years_from_years_out_of_service(study: Any, collapsed: Any) -> None:
    def drawn(result: Any) -> tuple[list[str], list[int]]:
        ax = draw_n1(result.failed, result.worst, result.summary)
        hatched = [len(cells.get_paths()) for cells in ax.collections if cells.get_hatch()]
        return [text.get_text() for text in ax.texts], hatched

    texts, hatched = drawn(study)
    assert "loading unknown" not in texts
    assert sum(hatched) == 0
    texts, hatched = drawn(collapsed[1])
    assert "loading unknown" in texts
    assert "unknown" in texts
    assert any("5 unknown in some year (hatched)" in text for text in texts)
    assert len([text for text in texts if text.startswith("≥ ")]) == 3
    assert sorted(hatched) == [1, 4]  # the swatch of the legend, and 2028 of four rows: the twins share one


def test_command_tells_counts_first(scenario: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner  # noqa: PLC0415

    arguments = ["n1", str(scenario), "--from", "2028", "--to", "2028", "--out", str(tmp_path / "n1"), "--no-plots"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    first = next(line for line in result.output.splitlines() if "cases" in line)
    assert "without solution" in first
    assert "0 skipped" in first
    assert (tmp_path / "n1" / "tables" / "n1_failed.csv").is_file()
