"""Lead and lag against brute force: every hour of full runs of changed scenarios, compared winding by winding."""

from __future__ import annotations

import dataclasses
import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

import gridsim
from gridsim.cli.app import app
from gridsim.enums import Area
from gridsim.errors import InputError
from gridsim.plots.lead_lag_figure import draw_lead_lag, lead_lag_rows
from gridsim.report.lead_lag_table import lead_lag_record, print_lead_lag
from gridsim.scenario.model import InvestorOptions
from gridsim.studies.lead_lag import judged_projects, lead_lag
from gridsim.studies.lead_lag_grids import grid_with_from_first_day, grid_without
from gridsim.studies.lead_lag_projects import RELIEF_POINTS
from gridsim.studies.lead_lag_rows import AHEAD, BEHIND, NO_NEED, NOT_BUILT
from tests.support.tiny_network import tiny_rows
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.scenario.model import Scenario
    from gridsim.studies.lead_lag import LeadLag

#: Mean load of the town in 2028 and what it makes of the planned substation.
CITIES = {50.0: BEHIND, 28.0: AHEAD, 24.5: NO_NEED}


@pytest.fixture(scope="module", params=CITIES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, LeadLag, Path]:
    folder = tmp_path_factory.mktemp("study")
    scenario = gridsim.load_scenario(write_tiny_study(folder, city_mw=request.param))
    return scenario, lead_lag(scenario, threads=1), folder


def without_project(scenario: Scenario, *projects: str) -> Scenario:
    commissioning = dataclasses.replace(scenario.commissioning, cancelled_projects=projects)
    return dataclasses.replace(scenario, commissioning=commissioning)


def with_project_from_first_day(scenario: Scenario, project: str, planned: pd.Timestamp) -> Scenario:
    first = pd.Timestamp(scenario.horizon.from_year, 1, 1)
    months = (first.year - planned.year) * 12 + first.month - planned.month
    commissioning = dataclasses.replace(scenario.commissioning, slip_months_by_project={project: months})
    return dataclasses.replace(scenario, commissioning=commissioning)


def all_loading(scenario: Scenario, folder: Path) -> pd.DataFrame:
    """Return the loading of every transformer winding in every hour of a full run, by time."""
    store = gridsim.run_scenario(scenario, out=folder, threads=1, overwrite=True).store
    elements = store.read_table("elements")
    names = elements.loc[elements["element_type"] != "line", "element"].to_list()
    return store.loading_of(names).set_index("time_utc")


def first_cured(without: pd.DataFrame, with_project: pd.DataFrame) -> pd.Timestamp | None:
    """Return the first hour at which some winding is above 100 % in one run and relieved from it in the other."""
    there = with_project.reindex(columns=without.columns)
    is_relieved = ~(without - there < RELIEF_POINTS)
    cured = (without > 100.0) & ~(there > 100.0) & is_relieved
    hours = cured.any(axis=1)
    return hours.idxmax() if hours.any() else None


def test_the_need_is_the_first_hour_of_full_runs(case: tuple[Scenario, LeadLag, Path]) -> None:
    scenario, found, folder = case
    (project,) = found.projects.to_dict("records")
    without = all_loading(without_project(scenario, "p_new"), folder / "without")
    early = all_loading(with_project_from_first_day(scenario, "p_new", project["planned_date"]), folder / "early")
    expected = first_cured(without, early)
    assert project["verdict"] == CITIES[_city(scenario)]
    assert project["solved_h"] <= 3 * found.total_h
    if expected is None:
        assert pd.isna(project["n0_needed_utc"])
        assert pd.isna(project["n0_lead_months"])
        return
    assert project["n0_needed_utc"] == expected
    column = project["n0_element"]
    assert project["n0_without_percent"] == pytest.approx(without.at[expected, column], abs=1e-3)
    assert project["n0_with_percent"] == pytest.approx(early.at[expected, column], abs=1e-3)
    local = (expected + pd.Timedelta(hours=5)).tz_localize(None)
    days = (local - project["planned_date"]) / pd.Timedelta(days=1)
    assert project["n0_lead_months"] == pytest.approx(days / 30.4375)
    assert (project["n0_lead_months"] < 0.0) == (project["verdict"] == BEHIND)


def test_what_a_project_overloads_is_not_overloaded_without_it(case: tuple[Scenario, LeadLag, Path]) -> None:
    scenario, found, folder = case
    (project,) = found.projects.to_dict("records")
    planned = all_loading(scenario, folder / "planned")
    without = all_loading(without_project(scenario, "p_new"), folder / "without")
    first = project["planned_date"].tz_localize("UTC") - pd.Timedelta(hours=5)
    year = planned.loc[(planned.index >= first) & (planned.index < first + pd.Timedelta(days=365))]
    expected = first_cured(year, without.loc[year.index])
    if expected is None:
        assert project["causes_element"] == ""
        return
    assert project["causes_utc"] == expected
    assert project["causes_percent"] == pytest.approx(planned.at[expected, project["causes_element"]], abs=1e-3)


def test_plants_wait_until_their_busbar_is_in_service(case: tuple[Scenario, LeadLag, Path]) -> None:
    _, found, _ = case
    (plant,) = found.plants.to_dict("records")
    assert plant["served_from"] == "Tiny Town 110"
    assert plant["ready_date"] == pd.Timestamp("2027-06-01")
    assert plant["wait_months"] == pytest.approx((31 + 30 + 31 + 31 + 28 + 31 + 30 + 31) / 30.4375)
    assert not plant["is_ready"]
    assert plant["verdict"].startswith("waits for Tiny New 110 for 8 months")


def test_a_plant_overloads_what_is_not_overloaded_in_a_run_without_it(case: tuple[Scenario, LeadLag, Path]) -> None:
    scenario, found, folder = case
    (plant,) = found.plants.to_dict("records")
    investors = dataclasses.replace(scenario.investors, exclude=("i1",))
    assert isinstance(investors, InvestorOptions)
    planned = all_loading(scenario, folder / "planned")
    without = all_loading(dataclasses.replace(scenario, investors=investors), folder / "no_plant")
    begin = plant["commissioning_date"].tz_localize("UTC") - pd.Timedelta(hours=5)
    full = plant["full_output_utc"]
    year = pd.Timedelta(days=365)
    times = planned.index
    is_asked = ((times >= begin) & (times < begin + year)) | ((times >= full) & (times < full + year))
    there = without.reindex(columns=planned.columns)
    cured = (planned > 100.0) & ~(there > 100.0) & (planned - there >= 1.0)
    hours = cured.loc[is_asked].any(axis=1)
    if not hours.any():
        assert plant["overload_element"] == ""
        return
    first = hours.idxmax()
    assert plant["overload_utc"] == first
    assert plant["overload_percent"] == pytest.approx(planned.at[first, plant["overload_element"]], abs=1e-3)
    assert plant["without_percent"] == pytest.approx(without.at[first, plant["overload_element"]], abs=1e-2)
    assert 0.0 < plant["share_percent"] < 100.0


def test_variant_grids_are_those_of_the_changed_scenario(tmp_path: Path) -> None:
    scenario = gridsim.load_scenario(write_tiny_study(tmp_path))
    tables = gridsim.load_tables(scenario.network_folder)
    grid = gridsim.stage_grid(tables, scenario)
    planned = grid.calendar.dates["p_new"]
    changed = {
        "without": (grid_without(grid, "p_new"), without_project(scenario, "p_new")),
        "early": (
            grid_with_from_first_day(grid, "p_new"),
            with_project_from_first_day(scenario, "p_new", planned),
        ),
    }
    for variant, own in changed.values():
        expected = gridsim.stage_grid(tables, own)
        assert variant.blocks == expected.blocks
        for stage, other in zip(variant.stages, expected.stages, strict=True):
            for table, mask in stage.in_service.items():
                np.testing.assert_array_equal(mask, other.in_service[table])
        for block in variant.blocks:
            profiles = expected.profiles_for(block)
            for key, values in variant.profiles_for(block).items():
                np.testing.assert_array_equal(values, profiles[key])


def test_before_its_date_a_project_changes_nothing_and_after_it_nothing_is_left_to_change(tmp_path: Path) -> None:
    scenario = gridsim.load_scenario(write_tiny_study(tmp_path))
    grid = gridsim.stage_grid(gridsim.load_tables(scenario.network_folder), scenario)
    step = scenario.horizon.step_at(grid.calendar.dates["p_new"])
    for variant, steps in (
        (grid_without(grid, "p_new"), range(0, step, 97)),
        (grid_with_from_first_day(grid, "p_new"), range(step, len(grid.time_utc), 97)),
    ):
        for at in steps:
            planned, other = (
                next(stage for stage in one.stages if stage.start_step <= at < stage.stop_step)
                for one in (grid, variant)
            )
            for table, mask in planned.in_service.items():
                np.testing.assert_array_equal(mask, other.in_service[table])


def test_hours_without_solution_are_a_need_and_come_first(tmp_path: Path) -> None:
    """The town grows until its lines collapse, unless the new substation relieves them."""
    scenario = write_tiny_study(tmp_path, city_mw=190.0)
    found = lead_lag(scenario, threads=1)
    assert found.failed_h > 0
    (project,) = found.projects.to_dict("records")
    assert project["n0_need"] in {"overload", "no solution"}
    assert lead_lag_record(found)["failed_h"] == found.failed_h


def test_a_cancelled_project_has_no_date_and_may_still_be_needed(tmp_path: Path) -> None:
    scenario = without_project(gridsim.load_scenario(write_tiny_study(tmp_path)), "p_new")
    found = lead_lag(scenario, threads=1)
    (project,) = found.projects.to_dict("records")
    assert project["verdict"] == NOT_BUILT
    assert pd.isna(project["planned_date"])
    assert not pd.isna(project["n0_needed_utc"])
    (plant,) = found.plants.to_dict("records")
    assert np.isinf(plant["wait_months"])
    assert "never comes" in plant["verdict"]


@pytest.mark.slow
def test_a_later_date_is_further_behind_by_as_much(tmp_path: Path) -> None:
    scenario = gridsim.load_scenario(write_tiny_study(tmp_path))
    late = dataclasses.replace(scenario.commissioning, slip_months_by_project={"p_new": 6})
    found = [lead_lag(one, threads=1) for one in (scenario, dataclasses.replace(scenario, commissioning=late))]
    first, second = (one.projects.iloc[0] for one in found)
    assert first["n0_needed_utc"] == second["n0_needed_utc"]
    days = (second["planned_date"] - first["planned_date"]).days
    assert first["n0_lead_months"] - second["n0_lead_months"] == pytest.approx(days / 30.4375)


def test_only_projects_that_build_substations_or_are_published_are_judged(tmp_path: Path) -> None:
    rows = tiny_rows()
    scenario = gridsim.load_scenario(write_tiny_study(tmp_path, rows=rows))
    grid = gridsim.stage_grid(gridsim.load_tables(scenario.network_folder), scenario)
    assert judged_projects(grid) == ["p_new"]  # p_solar opens no transformer, p_at2 reinforces a standing substation


@pytest.mark.slow
def test_the_command_prints_writes_and_draws(tmp_path: Path) -> None:
    scenario = write_tiny_study(tmp_path)
    picture, folder = tmp_path / "lead.png", tmp_path / "tables"
    asked = ["leadlag", str(scenario), "--to", "2027", "--threads", "1"]
    done = CliRunner().invoke(app, [*asked, "--csv", str(folder), "--picture", str(picture)])
    assert done.exit_code == 0, done.output
    assert "behind" in done.output
    assert "nameplate" in done.output
    assert picture.stat().st_size > 0
    written = pd.read_csv(folder / "projects.csv")
    assert written["planned_date"].to_list() == ["2027-06-01"]
    assert (folder / "plants.csv").exists()
    record = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert record["projects"][0]["verdict"] == "behind"
    assert record["plants"][0]["investor_id"] == "i1"


def test_the_picture_groups_by_verdict_and_refuses_nothing_to_draw(case: tuple[Scenario, LeadLag, Path]) -> None:
    _, found, _ = case
    twice = pd.concat([found.projects, found.projects.assign(verdict=NOT_BUILT)], ignore_index=True)
    rows = lead_lag_rows(twice)
    assert rows["place"].is_monotonic_increasing
    assert (rows["group"] != "").all()
    assert draw_lead_lag(found).get_title() == ""
    shown = Console(file=io.StringIO(), record=True, width=160)
    print_lead_lag(shown, found)
    assert found.projects["verdict"].iat[0] in shown.export_text()
    with pytest.raises(InputError, match="no planned substation"):
        draw_lead_lag(dataclasses.replace(found, projects=found.projects.head(0)))


def _city(scenario: Scenario) -> float:
    return float(dict(scenario.demand.areas)[Area.almaty_city].knots_mw.values[-1])
