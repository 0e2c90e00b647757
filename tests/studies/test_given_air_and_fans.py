"""Runs with air temperatures from a file and with switched fans: what must not change, and what must."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim.errors import ResultStoreError, ScenarioError
from gridsim.grid.climate import scenario_temperatures
from gridsim.grid.local_time import local_days
from gridsim.studies.reopen import reopen
from gridsim.studies.thermal_table import loss_ratios
from gridsim.tables.load import load_tables
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.studies.time_series import StudyResult

RULES = "".join(
    f"""
[limits.own.{name}]
edition = "test"
source = "test"
is_verified = true
classes = [{{ tiers = [{{ percent = {percent}, permitted_h = 0.0 }}] }}]
"""
    for name, percent in (("low", 70.0), ("middle", 80.0), ("high", 95.0))
)
LIMITS = f'\n[limits]\nrules = ["middle", "gost_14209_97_ambient", "low", "high"]\n{RULES}'
TABLES = ("elements", "ranking", "yearly", "verdicts", "thermal_life", "tap_operations", "demand")


def made_hours(scenario: Path) -> np.ndarray:
    """Every hour of the air that the scenario makes of its climate table."""
    asked = gridsim.load_scenario(scenario)
    days = local_days(asked.horizon.from_year, asked.horizon.to_year, "KZ")
    return scenario_temperatures(asked, days).actual_c.reshape(-1)


def write_air(file: Path, temp_c: np.ndarray) -> None:
    times = pd.date_range("2025-12-31T19:00", periods=len(temp_c), freq="h")
    rows = [f"{time:%Y-%m-%dT%H:%M},{value!r}\n" for time, value in zip(times, temp_c.tolist(), strict=True)]
    file.write_text("time_utc,temp_c\n" + "".join(rows), encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("air")


@pytest.fixture(scope="module")
def made(folder: Path) -> StudyResult:
    (folder / "made").mkdir()
    return gridsim.run_scenario(write_tiny_study(folder / "made", more=LIMITS), out=folder / "run_made", threads=1)


@pytest.fixture(scope="module")
def given(folder: Path, made: StudyResult) -> StudyResult:
    assert made.n_failed == 0
    (folder / "given").mkdir()
    write_air(folder / "given" / "air.csv", made_hours(folder / "made" / "tiny.toml"))
    more = f'\n[profiles.ambient]\nfile = "air.csv"\nsource = "test"\n{LIMITS}'
    return gridsim.run_scenario(write_tiny_study(folder / "given", more=more), out=folder / "run_given", threads=1)


def test_the_air_that_the_scenario_makes_changes_nothing_when_it_comes_from_a_file(
    made: StudyResult, given: StudyResult
) -> None:
    for year in made.store.years:
        pd.testing.assert_frame_equal(given.store.loading(year), made.store.loading(year), check_exact=True)
    for name in TABLES:
        pd.testing.assert_frame_equal(given.store.read_table(name), made.store.read_table(name), check_exact=True)
    pd.testing.assert_frame_equal(given.store.read_overloads(), made.store.read_overloads(), check_exact=True)


def test_the_manifest_knows_the_file_and_a_comparison_names_it(
    folder: Path, made: StudyResult, given: StudyResult
) -> None:
    digest = hashlib.sha256((folder / "given" / "air.csv").read_bytes()).hexdigest()
    assert given.store.manifest.inputs["scenario"]["air.csv"] == digest
    inputs = gridsim.compare_runs(made.store.directory, given.store.directory).inputs
    assert ["file", "air.csv", "", digest[:12]] in inputs.to_numpy().tolist()


def test_a_run_is_not_opened_again_with_another_file(folder: Path, given: StudyResult) -> None:
    file = folder / "given" / "air.csv"
    content = file.read_bytes()
    assert reopen(given.store.directory).grid.scenario.ambient is not None
    file.write_bytes(content.replace(b",-", b",", 1))
    try:
        with pytest.raises(ResultStoreError, match=r"has changed since the run \(air\.csv\)"):
            reopen(given.store.directory)
    finally:
        file.write_bytes(content)


def test_a_file_named_in_memory_alone_is_refused(folder: Path, given: StudyResult) -> None:
    asked = gridsim.load_scenario(folder / "made" / "tiny.toml")
    ambient = dataclasses.replace(asked.profiles.ambient, file=folder / "given" / "air.csv")
    changed = dataclasses.replace(asked, profiles=dataclasses.replace(asked.profiles, ambient=ambient))
    with pytest.raises(ScenarioError, match=r"air\.csv: the air temperatures were not read with the scenario"):
        gridsim.stage_grid(load_tables(asked.network_folder), changed)


def test_warmer_air_makes_hot_spots_hotter_and_ambient_limits_lower(
    folder: Path, made: StudyResult, given: StudyResult, tmp_path: Path
) -> None:
    write_air(tmp_path / "air.csv", made_hours(folder / "made" / "tiny.toml") + 10.0)
    more = f'\n[profiles.ambient]\nfile = "air.csv"\n{LIMITS}'
    warm = gridsim.run_scenario(write_tiny_study(tmp_path, more=more), out=tmp_path / "run", to_year=2026, threads=1)
    element = "trafo3w:west_at1:lv"  # industry hangs on it, which does not answer to the air
    hot, cool = (
        run.store.read_table("thermal_life").set_index(["element", "year"])["max_hot_spot_temp_c"][element, 2026]
        for run in (warm, made)
    )
    assert hot > cool + 5.0


def test_raising_a_limit_never_adds_an_overload(made: StudyResult) -> None:
    episodes = made.store.read_overloads()
    hours = {}
    for rule in ("low", "middle", "high"):
        own = episodes[episodes["limit"] == rule]
        hours[rule] = {
            (row.element_type, row.name, row.winding, moment)
            for row in own.itertuples()
            for moment in pd.date_range(row.start_utc, row.end_utc, freq="6h", inclusive="left")
        }
    assert hours["high"] < hours["middle"] < hours["low"]
    mvah = episodes.groupby("limit")["overload_mvah"].sum()
    assert mvah["high"] < mvah["middle"] < mvah["low"]


def test_switched_fans_follow_the_stages_of_the_public_model(folder: Path, made: StudyResult, tmp_path: Path) -> None:
    more = "\n[cooling]\nfans = 'switched'\nnatural_rating = 0.5\non_top_oil_c = 50.0\noff_top_oil_c = 45.0\n" + LIMITS
    run = gridsim.run_scenario(write_tiny_study(tmp_path, more=more), out=tmp_path / "run", threads=1)
    store = run.store
    pd.testing.assert_frame_equal(store.loading(2028), made.store.loading(2028), check_exact=True)
    grid = reopen(store.directory).grid
    loading = pd.concat([store.loading(year) for year in store.years], ignore_index=True)
    local = (pd.DatetimeIndex(loading["time_utc"]) + pd.Timedelta(hours=5)).tz_localize(None)
    load = pd.Series(loading["trafo:town_t1"].to_numpy(float) / 100.0, index=local)
    forced = dataclasses.replace(gridsim.ThermalParameters.onaf(), loss_ratio=loss_ratios(grid)["trafo:town_t1"])
    natural = dataclasses.replace(gridsim.ThermalParameters.onan(), loss_ratio=forced.loss_ratio * 0.25)
    stages = gridsim.CoolingStages(natural, forced, 0.5, on_top_oil_temp_c=50.0, off_top_oil_temp_c=45.0)
    wanted = gridsim.loss_of_life(
        load, grid.injections.ambient_temp_c, step_h=6.0, parameters=stages, by_year=True
    ).loc[0]
    found = store.read_table("thermal_life")
    found = found[found["element"] == "trafo:town_t1"].set_index("year")
    np.testing.assert_allclose(found["loss_of_life_days"], wanted["loss_of_life_days"], rtol=5e-3)
    np.testing.assert_allclose(found["max_top_oil_temp_c"], wanted["max_top_oil_temp_c"], atol=0.006)
    running = made.store.read_table("thermal_life")
    running = running[running["element"] == "trafo:town_t1"].set_index("year")
    assert (found["loss_of_life_days"] > running["loss_of_life_days"]).all()
    assert not found["is_verified"].any()
    assert running["is_verified"].all()
    fans = run.summary["thermal_life"]["fans"]
    assert (fans["operation"], fans["units"], fans["is_verified"]) == ("switched", 5, False)
