"""N-1 of lead and lag against brute force: every hour up to the need, every outage, with and without the project."""

from __future__ import annotations

import dataclasses
import io
import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

import gridsim
from gridsim.cli.app import app
from gridsim.errors import ScenarioError
from gridsim.plots.lead_lag_figure import draw_lead_lag
from gridsim.report.lead_lag_table import print_lead_lag
from gridsim.scenario.limit_model import rule_names
from gridsim.studies.lead_lag import lead_lag
from gridsim.studies.lead_lag_projects import RELIEF_POINTS
from gridsim.studies.lead_lag_rows import N1_COLUMNS
from gridsim.studies.lead_lag_run import LeadingLimit, transformer_columns
from tests.support.naive_lead_lag import NaiveNeed, first_need
from tests.support.tiny_network import tiny_rows
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.scenario.model import Scenario

TAPS_STAND = "\n[solver]\ntap_control = false\n"


def study(folder: Path, limit_percent: float, *, slip_months: int = 0, to_year: int = 2026) -> Scenario:
    """Days of the tiny net, taps fixed, with a rule of N-1 of its own; the project comes later by some months."""
    rule = f"""
[limits]
rules = ["nameplate", "after_outages"]

[limits.own.after_outages]
edition = "invented"
source = "invented"
is_verified = false
classes = [{{ tiers = [{{ percent = {limit_percent}, permitted_h = 0.0 }}] }}]
"""
    scenario = write_tiny_study(folder, city_mw=50.0, resolution_h=24, more=TAPS_STAND + rule)
    asked = gridsim.load_scenario(scenario, from_year=2026, to_year=to_year)
    late = dataclasses.replace(asked.commissioning, slip_months_by_project={"p_new": slip_months})
    return dataclasses.replace(asked, commissioning=late)


def naive_need(scenario: Scenario, months_to_first_day: int, steps: range, limit_percent: float) -> NaiveNeed | None:
    """Brute force on the grids of the changed scenarios."""
    tables = gridsim.load_tables(scenario.network_folder)
    options = scenario.commissioning
    changed = (
        dataclasses.replace(options, cancelled_projects=("p_new",)),
        dataclasses.replace(options, slip_months_by_project={"p_new": months_to_first_day}),
    )
    grids = [
        gridsim.stage_grid(tables, dataclasses.replace(scenario, commissioning=commissioning))
        for commissioning in changed
    ]
    return first_need(grids[0], grids[1], steps, limit_percent, RELIEF_POINTS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slip_months", "limit_percent", "day"),
    [(0, 161.0, 7), (-17, 161.0, 7), (0, 165.0, 9)],
    ids=["before its date", "after its date", "on the day sampled"],
)
def test_the_need_is_the_first_hour_by_brute_force(
    tmp_path: Path, slip_months: int, limit_percent: float, day: int
) -> None:
    """Day 9 is the highest of its month, the one that is sampled; the limits are passed first on day 7 and day 9."""
    scenario = study(tmp_path, limit_percent, slip_months=slip_months)
    found = lead_lag(scenario, n1_rule="after_outages", threads=1)
    (project,) = found.projects.to_dict("records")
    step = int(found.projects["n1_needed_utc"].dt.normalize().sub(pd.Timestamp("2025-12-31", tz="UTC")).dt.days.iat[0])
    assert step == day
    expected = naive_need(scenario, -17, range(step + 1), limit_percent)
    assert expected is not None
    assert expected.step == step
    assert (project["n1_element"], project["n1_outage"]) == (expected.element, expected.outage)
    assert project["n1_without_percent"] == pytest.approx(expected.without_percent, abs=1e-3)
    assert project["n1_with_percent"] == pytest.approx(expected.with_percent, abs=1e-3)
    assert project["n1_every_hour_from_utc"] == pd.Timestamp("2025-12-31T19:00", tz="UTC")


@pytest.mark.slow
def test_n0_gives_the_latest_date_and_no_outage_an_earlier_one(tmp_path: Path) -> None:
    """No day of 2026 passes 300 % after an outage; from 2026-11-27 on the project is needed with nothing out."""
    found = lead_lag(study(tmp_path, 300.0), n1_rule="after_outages", threads=1)
    (project,) = found.projects.to_dict("records")
    assert project["n1_needed_utc"] == project["n0_needed_utc"]
    assert project["n1_outage"] == "none"
    assert project["n1_without_percent"] == project["n0_without_percent"]
    assert pd.isna(project["n1_every_hour_from_utc"])


@pytest.mark.slow
def test_processes_side_by_side_find_the_same_and_the_command_shows_both_dates(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["projects"][2]["programme"] = "government_15"  # a second project to judge
    scenario = write_tiny_study(tmp_path, resolution_h=24, rows=rows)
    alone, two = (lead_lag(scenario, to_year=2027, n1=True, threads=threads).projects for threads in (1, 2))
    assert len(alone) == 2
    pd.testing.assert_frame_equal(alone, two)
    asked = ["leadlag", str(scenario), "--to", "2027", "--n1", "--threads", "1", "--picture", str(tmp_path / "x.png")]
    done = CliRunner().invoke(app, [*asked, "--json"])
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert record["criteria"] == ["n-0", "n-1"]
    assert "an earlier one is possible" in record["n1_asked"]
    assert record["projects"][0]["n1_outage"] == "trafo:town_t2"
    assert (tmp_path / "x.png").stat().st_size > 0


def test_the_table_and_the_picture_show_both_dates(tmp_path: Path) -> None:
    found = lead_lag(study(tmp_path, 161.0), n1_rule="after_outages", threads=1)
    shown = Console(file=io.StringIO(), record=True, width=200)
    print_lead_lag(shown, found)
    text = shown.export_text()
    assert "2026-11-27" in text or "2026-11-28" in text
    assert "2026-01-08" in text
    assert "town_t2" in text
    assert "an earlier one is possible" in text
    assert "Rule      nameplate, " in text
    assert "Rule N-1  after_outages, " in text
    texts = [text.get_text() for text in draw_lead_lag(found).texts]
    assert any("town_t2" in text for text in texts)
    assert any("(rule nameplate, N-0)" in text for text in texts)
    assert any("N-1 (rule after_outages)" in text for text in texts)


def test_rules_that_judge_are_told_all_of_them(tmp_path: Path) -> None:
    """Small units go by a rule of their own, the others by the nameplate, and none by the third rule."""
    rules = """
[limits]
rules = ["small", "nameplate", "iec_60076_7_normal_cyclic"]

[limits.own.small]
edition = "invented"
source = "invented"
is_verified = false
classes = [{ sn_up_to_mva = 25.0, tiers = [{ percent = 90.0, permitted_h = 0.0 }] }]
"""
    asked = gridsim.load_scenario(write_tiny_study(tmp_path, resolution_h=24, more=rules))
    grid = gridsim.stage_grid(gridsim.load_tables(asked.network_folder), asked)
    limit = LeadingLimit(grid, transformer_columns(grid).elements)
    assert rule_names(limit.rules) == "small, else nameplate"


def test_without_n1_there_are_no_columns_of_it_and_an_unknown_rule_is_refused(tmp_path: Path) -> None:
    scenario = study(tmp_path, 150.0)
    found = lead_lag(scenario, threads=1)
    assert found.n1_rules is None
    assert not set(N1_COLUMNS) & set(found.projects.columns)
    with pytest.raises(ScenarioError, match=r"no_such_rule.*it has nameplate, after_outages"):
        lead_lag(scenario, n1_rule="no_such_rule", threads=1)
