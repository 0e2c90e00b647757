"""Table thermal_life of a run against the public functions on the stored loading and the air of the scenario."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import gridsim
from gridsim.studies.thermal_table import loss_ratios, thermal_summary
from gridsim.tables.load import load_tables
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.grid.staged import StagedGrid
    from gridsim.studies.time_series import StudyResult


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_study(tmp_path_factory.mktemp("thermal"))


@pytest.fixture(scope="module")
def grid(scenario: Path) -> StagedGrid:
    asked = gridsim.load_scenario(scenario)
    return gridsim.stage_grid(load_tables(asked.network_folder), asked)


@pytest.fixture(scope="module")
def result(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    return gridsim.run_scenario(scenario, out=tmp_path_factory.mktemp("out") / "run", threads=1)


@pytest.fixture(scope="module")
def table(result: StudyResult) -> pd.DataFrame:
    return result.store.read_table("thermal_life")


def test_every_winding_has_a_row_for_every_year_in_service(result: StudyResult, table: pd.DataFrame) -> None:
    elements = result.store.read_table("elements")
    loading = pd.concat([result.store.loading(year) for year in result.store.years], ignore_index=True)
    years = (loading["time_utc"] + pd.Timedelta(hours=5)).dt.year
    transformers = elements.loc[elements["element_type"] != "line", "element"]
    hours = loading[transformers].notna().groupby(years).sum() * 6.0
    wanted = hours.stack()
    wanted = wanted[wanted > 0.0]
    found = table.set_index(["year", "element"])["known_h"]
    assert found.sort_index().to_dict() == wanted.sort_index().to_dict()
    assert (table["unknown_h"] == 0.0).all()


def test_temperatures_are_those_of_the_stored_loading_and_the_air(
    result: StudyResult, grid: StagedGrid, table: pd.DataFrame
) -> None:
    loading = pd.concat([result.store.loading(year) for year in result.store.years], ignore_index=True)
    local = (pd.DatetimeIndex(loading["time_utc"]) + pd.Timedelta(hours=5)).tz_localize(None)
    load = pd.Series(loading["trafo:town_t1"].to_numpy(float) / 100.0, index=local)
    cooling = result.store.read_table("elements").set_index("element").loc["trafo:town_t1", "cooling"]
    of_class = gridsim.ThermalParameters.of_cooling(cooling)
    parameters = dataclasses.replace(of_class, loss_ratio=loss_ratios(grid)["trafo:town_t1"])
    given = {"step_h": 6.0, "parameters": parameters}
    wanted = gridsim.loss_of_life(load, grid.injections.ambient_temp_c, by_year=True, **given).loc[0]
    found = table[table["element"] == "trafo:town_t1"].set_index("year")
    np.testing.assert_allclose(found["loss_of_life_days"], wanted["loss_of_life_days"], rtol=5e-3)
    np.testing.assert_allclose(found["max_top_oil_temp_c"], wanted["max_top_oil_temp_c"], atol=0.006)
    np.testing.assert_allclose(found["max_hot_spot_temp_c"], wanted["max_hot_spot_temp_c"], atol=1.0)


def test_loss_ratios_are_those_of_the_nameplates(grid: StagedGrid) -> None:
    ratios = loss_ratios(grid)
    for unit in grid.net.trafo.itertuples():
        assert ratios[f"trafo:{unit.name}"] == pytest.approx(unit.vkr_percent * 10.0 * unit.sn_mva / unit.pfe_kw)
    for unit in grid.net.trafo3w.itertuples():
        losses = (
            unit.vkr_hv_percent * min(unit.sn_hv_mva, unit.sn_mv_mva),
            unit.vkr_mv_percent * min(unit.sn_mv_mva, unit.sn_lv_mva),
            unit.vkr_lv_percent * min(unit.sn_hv_mva, unit.sn_lv_mva),
        )
        assert ratios[f"trafo3w:{unit.name}"] == pytest.approx(10.0 * max(losses) / unit.pfe_kw)


def test_summary_counts_units_and_names_the_hottest(result: StudyResult, table: pd.DataFrame) -> None:
    told = result.summary["thermal_life"]
    hottest = told["hottest"]
    assert told["units"] == 5
    assert [row["alike"] for row in hottest] == [[], ["trafo:town_t2"], [], []]
    assert hottest[0]["max_hot_spot_temp_c"] == round(table["max_hot_spot_temp_c"].max(), 1)
    temperatures = [row["max_hot_spot_temp_c"] for row in hottest]
    assert temperatures == sorted(temperatures, reverse=True)
    units = table["element"].str.replace(r"(trafo3w:[^:]*):.*", r"\1", regex=True)
    assert told["units_above_c"]["98"] == units[table["above_98_h"] > 0].nunique()
    assert told["units_ageing_faster_than_normal"] == 1
    assert {key: value for key, value in told.items() if key != "fans"} == thermal_summary(
        table, result.store.read_table("elements")
    )


def test_hours_without_solution_are_unknown(tmp_path: Path) -> None:
    scenario = write_tiny_study(tmp_path, city_mw=260.0)
    result = gridsim.run_scenario(scenario, out=tmp_path / "run", threads=1)
    assert result.n_failed > 0
    table = result.store.read_table("thermal_life").set_index(["element", "year"])
    steps = result.store.read_steps()
    is_failed = ~steps["status"].isin(["ok", "ok_fallback"])
    failed_h = is_failed.groupby((steps["time_utc"] + pd.Timedelta(hours=5)).dt.year).sum() * 6.0
    for year, hours in failed_h.items():
        row = table.loc[("trafo:town_t1", year)]
        assert row["unknown_h"] >= hours
        assert (row["unknown_h"] > hours) == (hours > 0.0)
