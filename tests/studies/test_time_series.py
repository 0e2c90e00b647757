"""The main job on the tiny network: every file agrees with the others and with plain loops over them."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim.assess.limits import ratings_mva
from gridsim.errors import ResultStoreError, ScenarioError, SolveError
from gridsim.grid.build import BASE_MVA
from gridsim.results.store import ResultStore
from gridsim.solve.newton_solver import NewtonSolver
from tests.support.episodes_twin import constant_tier, episodes_of
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.studies.time_series import StudyResult
from gridsim.studies.block_stream import BlockSolver
from gridsim.studies.progress import PhaseClock, Silence
from gridsim.studies.result_tables import loading_columns

LIMITS = {"nameplate": (100.0, 0.0), "iec_60076_7_normal_cyclic": (150.0, 0.0), "pte_short_emergency": (130.0, 2.0)}


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def result(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    return gridsim.run_scenario(scenario, out=tmp_path_factory.mktemp("out") / "run", threads=1)


@pytest.fixture(scope="module")
def loading(result: StudyResult) -> pd.DataFrame:
    return pd.concat([result.store.loading(year) for year in result.store.years], ignore_index=True)


def file_bytes(store: ResultStore) -> dict[str, bytes]:
    return {
        path.relative_to(store.directory).as_posix(): path.read_bytes()
        for path in store.directory.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }


def test_every_step_of_the_horizon_is_there_once(result: StudyResult, loading: pd.DataFrame) -> None:
    steps = result.store.read_steps()
    wanted = pd.date_range("2025-12-31T19:00Z", "2028-12-31T19:00Z", freq="6h", inclusive="left")
    assert steps["time_utc"].tolist() == wanted.tolist()
    assert loading["time_utc"].tolist() == wanted.tolist()
    assert steps["status"].unique().tolist() == ["ok"]
    assert (steps["mismatch_pu"] < 1e-8).all()
    assert result.n_failed == 0
    assert result.summary["steps"]["total"] == len(wanted)


def test_blocks_are_stages_cut_at_local_new_year(result: StudyResult) -> None:
    blocks = result.store.manifest.blocks
    assert [block.start_step for block in blocks[1:]] == [block.stop_step for block in blocks[:-1]]
    assert [(block.year, block.stage) for block in blocks] == [
        (2026, 0),  # p_solar opens its plant on 2026-09-01
        (2026, 1),
        (2027, 1),  # p_new on 2027-06-01
        (2027, 2),
        (2028, 2),  # p_at2 on 2028-03-15
        (2028, 3),
    ]
    steps = result.store.read_steps()
    for block in blocks:
        assert (steps["stage"].iloc[block.start_step : block.stop_step] == block.stage).all()


def test_elements_have_loading_exactly_while_they_are_open(result: StudyResult, loading: pd.DataFrame) -> None:
    elements = result.store.read_table("elements")
    assert elements["element"].tolist() == loading.columns[1:].tolist()
    for row in elements.itertuples():
        is_open = pd.Series(data=True, index=loading.index)
        if not pd.isna(row.open_utc):
            is_open &= loading["time_utc"] >= row.open_utc
        if not pd.isna(row.close_utc):
            is_open &= loading["time_utc"] < row.close_utc
        assert (loading[row.element].notna() == is_open).all(), row.element
    by_name = elements.set_index("element")
    assert by_name.loc["trafo:new_t1", "open_utc"] == pd.Timestamp("2027-05-31T19:00Z")
    assert by_name.loc["line:west_town_2", "close_utc"] == pd.Timestamp("2027-05-31T19:00Z")
    assert pd.isna(by_name.loc["trafo:town_t1", "open_utc"])
    assert by_name.loc["trafo3w:west_at1:lv", "voltage_kv"] == 10.0
    assert by_name.loc[["trafo3w:west_at1:lv", "line:west_town_2"], "cooling"].tolist() == ["onaf", ""]
    assert by_name.loc["trafo3w:west_at2:hv", "open_utc"] == pd.Timestamp("2028-03-14T19:00Z")


def test_overloads_are_those_that_plain_loops_find_in_the_loading_files(
    result: StudyResult, loading: pd.DataFrame
) -> None:
    elements = result.store.read_table("elements")
    overloads = result.store.read_overloads()
    ratings = ratings_mva(elements)
    found = 0
    for position, row in enumerate(elements.itertuples()):
        for limit, (percent, permitted_h) in LIMITS.items():
            if row.element_type == "line":
                continue
            wanted = episodes_of(
                loading[row.element].astype(float).tolist(),
                [False] * len(loading),
                [constant_tier(percent, permitted_h, len(loading))],
                rating_mva=ratings[position],
                step_h=6.0,
            )
            key = (row.element_type, row.name, row.winding, limit)
            rows = overloads[(overloads[["element_type", "name", "winding", "limit"]] == key).all(axis=1)]
            assert rows["start_utc"].tolist() == [loading["time_utc"].iloc[e.start_step] for e in wanted]
            assert rows["duration_h"].tolist() == [6.0 * (e.stop_step - e.start_step) for e in wanted]
            assert (rows["end_utc"] - rows["start_utc"]).tolist() == [pd.Timedelta(hours=h) for h in rows["duration_h"]]
            np.testing.assert_allclose(rows["peak_percent"], [e.peak_percent for e in wanted], atol=1e-5)
            np.testing.assert_allclose(rows["overload_mvah"], [e.overload_mvah for e in wanted], atol=1e-5)
            found += len(wanted)
    assert found > 100


def test_monthly_worst_is_that_of_the_loading_files(result: StudyResult, loading: pd.DataFrame) -> None:
    monthly = result.store.read_monthly()
    local = loading["time_utc"] + pd.Timedelta(hours=5)
    by_month = loading.drop(columns="time_utc").groupby([local.dt.year, local.dt.month]).max()
    for element in ("trafo:town_t1", "trafo:new_t1", "trafo3w:west_at2:mv"):
        rows = monthly[monthly["element"] == element]
        assert rows[["year", "month"]].to_numpy().tolist() == [list(key) for key in by_month.index]
        np.testing.assert_array_equal(rows["worst_percent"], by_month[element])
    assert monthly["failed_hours"].sum() == 0.0


def test_ranking_and_summary_agree_with_the_overloads(result: StudyResult) -> None:
    overloads, ranking = result.store.read_overloads(), result.store.read_table("ranking")
    worst = ranking.iloc[0]
    own = overloads[(overloads["name"] == worst["name"]) & (overloads["limit"] == "nameplate")]
    assert worst["first_overload_utc"] == own["start_utc"].min()
    assert worst["hours"] == own["duration_h"].sum()
    assert worst["peak_percent"] == pytest.approx(own["peak_percent"].max(), abs=1e-4)
    assert worst["overload_mvah"] == pytest.approx(own["overload_mvah"].sum(), abs=1e-2)
    yearly = result.store.read_table("yearly")
    assert (
        yearly.loc[(yearly["name"] == worst["name"]) & (yearly["limit"] == "nameplate"), "hours"].sum()
        == worst["hours"]
    )
    own_years = yearly[yearly["limit"] == "nameplate"]
    assert own_years["overload_mvah"].sum() == pytest.approx(
        overloads.loc[overloads["limit"] == "nameplate", "overload_mvah"].sum(), abs=1e-2
    )
    assert sorted(ranking["name"]) == ["new_t1", "town_t1", "town_t2", "west_at1", "west_at2"]
    assert result.summary["worst_transformers"][0]["name"] == worst["name"]
    assert result.summary["overloads"]["overloaded_transformers"] == (ranking["episodes"] > 0).sum()
    assert gridsim.open_results(result.store.directory).summary == result.summary


def test_events_substations_and_lines_say_when_things_open(result: StudyResult) -> None:
    events = result.store.read_table("events")
    assert events[["kind", "project_id", "investor_id"]].to_numpy().tolist() == [
        ["generation", "p_solar", ""],
        ["investor", "", "i1"],
        ["substation", "p_new", ""],
        ["reinforcement", "p_at2", ""],
    ]
    assert events["date_utc"].iloc[2] == pd.Timestamp("2027-05-31T19:00Z")
    assert events["mw"].iloc[:2].tolist() == [10.0, 5.0]
    substations = result.store.read_table("substations").set_index("substation_id")
    assert substations.loc["new", "open_utc"] == pd.Timestamp("2027-05-31T19:00Z")
    assert substations.loc["west", "voltage_kv"] == 220.0
    lines = result.store.read_table("lines").set_index("line_id")
    assert lines.loc["west_town_2", "close_utc"] == lines.loc["west_new_1", "open_utc"]
    assert lines.loc["west_new_1", "lat_from"] == 43.2
    assert result.store.read_table("demand")["mean_mw"].sum() > 0


def test_manifest_tells_what_went_in(result: StudyResult, scenario: Path) -> None:
    manifest = result.store.manifest
    assert manifest.scenario == "tiny"
    assert "lines.csv" in manifest.inputs["network"]
    assert scenario.name in manifest.inputs["scenario"]
    assert {"python", "numpy", "numba", "pandapower", "gridsim"} <= set(manifest.versions)
    assert manifest.options["solver"] == "newton"
    assert manifest.steps == {
        "total": 4384,
        "solved": 4384,
        "failed": 0,
        "by_status": {"ok": 4384} | dict.fromkeys(list(gridsim.StepStatus.__members__)[1:], 0),
    }


def test_threads_change_no_bit(result: StudyResult, scenario: Path, tmp_path: Path) -> None:
    again = gridsim.run_scenario(scenario, out=tmp_path / "run", threads=2)
    assert file_bytes(again.store) == file_bytes(result.store)


def test_years_asked_for_have_the_same_loading_as_in_the_whole_run(
    result: StudyResult, scenario: Path, tmp_path: Path
) -> None:
    changed = dataclasses.replace(gridsim.load_scenario(scenario), name="changed")
    part = gridsim.run_scenario(changed, from_year=2027, to_year=2027, out=tmp_path / "run")
    whole = result.store.loading(2027)
    alone = part.store.loading(2027)
    assert part.store.years == (2027,)
    assert part.store.manifest.scenario == "changed"
    pd.testing.assert_frame_equal(alone, whole[alone.columns], check_exact=True)


def test_the_judge_finds_the_same_loadings(scenario: Path) -> None:
    asked = gridsim.load_scenario(scenario)
    grid = gridsim.stage_grid(gridsim.load_tables(asked.network_folder), asked)
    columns = loading_columns(grid)
    fast, slow = (
        BlockSolver(grid, columns, gridsim.SolveOptions(solver=solver), asked.limits.basis, PhaseClock())
        for solver in (gridsim.Solver.newton, gridsim.Solver.pandapower)
    )
    for whole in grid.blocks:
        block = dataclasses.replace(whole, stop_step=whole.start_step + 4)
        found, judged = (solver.solve(solver.prepare(block), Silence()) for solver in (fast, slow))
        np.testing.assert_allclose(found.loading, judged.loading, rtol=1e-6, atol=1e-5)
        assert found.taps.name == judged.taps.name
        np.testing.assert_array_equal(found.tap_pos, judged.tap_pos)
        pd.testing.assert_frame_equal(
            found.steps.drop(columns=["iterations", "mismatch_pu"]),
            judged.steps.drop(columns=["iterations", "mismatch_pu"]),
            rtol=1e-7,
            atol=asked.solver.tolerance_pu * BASE_MVA,  # so far may the losses be from those of the exact solution
        )


def whole_tap_pos(scenario: Path, *, tap_control: bool = True) -> dict[str, pd.Series[float]]:
    """Position of each unit in every step by plain solving of blocks, NaN where it is out of service."""
    asked = gridsim.load_scenario(scenario)
    grid = gridsim.stage_grid(gridsim.load_tables(asked.network_folder), asked)
    options = gridsim.SolveOptions(run_control=tap_control)
    found: dict[str, pd.Series[float]] = {}
    for block in grid.blocks:
        profiles = grid.profiles_for(block)
        net = grid.net_at(grid.stages[block.stage_index], profiles)
        solver = NewtonSolver(net, options)
        solution = solver.solve(profiles, block.n_step, from_settled_taps=True)
        taps = solver.compiled.controls.taps
        for column, (table, row) in enumerate(zip(taps.table, taps.table_row, strict=True)):
            name = f"{table}:{net[table]['name'].iat[row]}"
            series = found.setdefault(name, pd.Series(np.nan, index=range(len(grid.time_utc))))
            series[block.start_step : block.stop_step] = solution.tap_pos[:, column]
    return found


def test_tap_operations_are_those_of_the_positions(result: StudyResult, scenario: Path) -> None:
    table = result.store.read_table("tap_operations").set_index(["element", "year"])
    positions = whole_tap_pos(scenario)
    blocks = result.store.manifest.blocks
    local_year = (result.store.read_steps()["time_utc"] + pd.Timedelta(hours=5)).dt.year
    new_stage = [after.start_step for before, after in pairwise(blocks) if before.stage != after.stage]
    assert set(positions) == {"trafo:town_t1", "trafo:town_t2", "trafo:new_t1"}
    assert set(table.index) == {
        *((f"trafo:town_t{unit}", year) for unit in (1, 2) for year in (2026, 2027, 2028)),
        *(("trafo:new_t1", year) for year in (2027, 2028)),
    }
    for name, series in positions.items():
        changes = series.diff().abs()
        changes[new_stage] = 0
        for year in (2026, 2027, 2028):
            own = series[local_year == year]
            if own.notna().any():
                row = table.loc[name, year]
                assert row["operations"] == changes[local_year == year].sum()
                assert (row["lowest_pos"], row["highest_pos"]) == (own.min(), own.max())
                assert row["end_stop_h"] == 6 * own.isin([-9, 9]).sum()
                assert row["failed_h"] == 0
    assert table.loc["trafo:town_t1"].equals(table.loc["trafo:town_t2"])  # in parallel, so alike
    assert table["operations"].sum() > 100


def test_summary_names_the_busiest_changers(result: StudyResult) -> None:
    table, told = result.store.read_table("tap_operations"), result.summary["tap_changers"]
    assert (told["units"], told["operations"]) == (3, table["operations"].sum())
    first = told["most_operations"][0]
    assert first["operations"] == table["operations"].max()
    by_element = {row["element"]: row for row in told["most_operations"]}
    assert first["operations"] == max(row["operations"] for row in by_element.values())
    assert by_element["trafo:town_t1"]["alike"] == ["trafo:town_t2"]
    assert by_element["trafo:town_t1"]["substation_name"] == "Tiny Town 110"
    assert told["units_at_end_stop"] == table[table["end_stop_h"] > 0]["element"].nunique()


def test_taps_stand_still_when_the_scenario_says_so(scenario: Path, tmp_path: Path) -> None:
    asked = gridsim.load_scenario(scenario)
    assert asked.solver.tap_control
    still = dataclasses.replace(asked, solver=dataclasses.replace(asked.solver, tap_control=False))
    free = gridsim.run_scenario(still, from_year=2026, to_year=2026, out=tmp_path / "still")
    moved = gridsim.run_scenario(asked, from_year=2026, to_year=2026, out=tmp_path / "moved")
    assert free.store.manifest.options["run_control"] is False
    assert len(free.store.read_table("tap_operations")) == 0
    assert free.summary["tap_changers"]["units"] == 0
    assert len(moved.store.read_table("tap_operations")) == 2
    loading = [run.store.loading(2026)["trafo:town_t1"] for run in (free, moved)]
    assert (loading[0] - loading[1]).abs().max() > 0.1


def test_failed_steps_are_told_first_and_never_shown_as_numbers(tmp_path: Path) -> None:
    scenario = write_tiny_study(tmp_path, city_mw=200.0, resolution_h=24)
    result = gridsim.run_scenario(scenario, out=tmp_path / "run")
    steps = result.store.read_steps()
    is_failed = ~steps["status"].isin(["ok", "ok_fallback"])
    assert 0 < is_failed.sum() < len(steps)
    assert result.n_failed == is_failed.sum()
    assert steps.loc[is_failed, ["load_mw", "loss_mw", "mismatch_pu"]].isna().all(axis=None)
    loading = pd.concat([result.store.loading(year) for year in result.store.years], ignore_index=True)
    assert loading.loc[is_failed, loading.columns[1:]].isna().all(axis=None)
    told = result.summary["steps"]
    assert told["failed_h"] == 24 * is_failed.sum() == sum(told["failed_h_by_year"].values())
    assert pd.Timestamp(told["first_failed_utc"]) == steps.loc[is_failed, "time_utc"].min()
    monthly = result.store.read_monthly()
    of_town = monthly[monthly["element"] == "trafo:town_t1"]
    assert of_town["failed_hours"].sum() == told["failed_h"]
    of_late = monthly[monthly["element"] == "trafo:new_t1"]
    opened = steps["time_utc"] >= pd.Timestamp("2027-05-31T19:00Z")
    assert of_late["failed_hours"].sum() == 24 * (is_failed & opened).sum()
    taps = result.store.read_table("tap_operations")
    of_town = taps[taps["element"] == "trafo:town_t1"]
    assert of_town["failed_h"].sum() == told["failed_h"]
    of_late = taps[taps["element"] == "trafo:new_t1"]
    assert of_late["failed_h"].sum() == 24 * (is_failed & opened).sum()
    assert taps[["lowest_pos", "highest_pos"]].stack().between(-9, 9).all()  # a failed step has no position
    failed_utc = set(steps.loc[is_failed, "time_utc"])
    for episode in result.store.read_overloads().itertuples():
        inside = pd.date_range(episode.start_utc, episode.end_utc, freq="24h", inclusive="left")
        assert not failed_utc & set(inside)


def test_strict_raises_after_everything_is_written(tmp_path: Path) -> None:
    scenario = write_tiny_study(tmp_path, city_mw=200.0, resolution_h=24)
    with pytest.raises(SolveError) as caught:
        gridsim.run_scenario(scenario, out=tmp_path / "run", strict=True)
    steps = ResultStore.open(tmp_path / "run").read_steps()
    failed = np.flatnonzero(~steps["status"].isin(["ok", "ok_fallback"]))
    assert caught.value.failed_steps == tuple(failed)
    assert caught.value.reasons == tuple(steps["status"].iloc[failed])


def test_progress_hears_of_every_step(tmp_path: Path) -> None:
    class Listener:
        def __init__(self) -> None:
            self.phases: list[tuple[str, int]] = []
            self.steps = 0

        def begin(self, phase: str, n_step: int) -> None:
            self.phases.append((phase, n_step))

        def advance(self, n_step: int) -> None:
            self.steps += n_step

    listener = Listener()
    scenario = write_tiny_study(tmp_path, resolution_h=24)
    gridsim.run_scenario(scenario, to_year=2026, out=tmp_path / "run", progress=listener)
    assert listener.steps == 365
    assert ("Solving", 365) in listener.phases


def test_interrupted_study_leaves_whole_files_and_no_manifest(tmp_path: Path) -> None:
    class Impatient:
        def begin(self, phase: str, n_step: int) -> None:
            """Wait and see."""

        def advance(self, n_step: int) -> None:
            nonlocal n_done
            n_done += n_step
            if n_done > 365:
                raise KeyboardInterrupt

    n_done = 0
    scenario = write_tiny_study(tmp_path, resolution_h=24)
    with pytest.raises(KeyboardInterrupt):
        gridsim.run_scenario(scenario, out=tmp_path / "run", progress=Impatient())
    written = {path.name for path in (tmp_path / "run").rglob("*") if path.is_file()}
    plan = {f"{name}.csv" for name in ("elements", "substations", "lines", "events", "demand")}
    assert written == plan | {".gridsim-run", "stage=000.parquet", "stage=001.parquet"}
    with pytest.raises(ResultStoreError, match="interrupted"):
        gridsim.run_scenario(scenario, out=tmp_path / "run")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [({"solver": "magic"}, "magic"), ({"threads": -1}, "threads"), ({"from_year": 2030}, "2030")],
)
def test_arguments_that_make_no_sense_are_scenario_errors(
    scenario: Path, tmp_path: Path, arguments: dict[str, object], told: str
) -> None:
    with pytest.raises(ScenarioError, match=told):
        gridsim.run_scenario(scenario, out=tmp_path / "run", **arguments)  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match=told):
        gridsim.run_scenario(gridsim.load_scenario(scenario), out=tmp_path / "run", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()
