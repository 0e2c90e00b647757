"""The hottest week of a transformer against the yearly table of the run and against the public model."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gridsim
from gridsim.cli.app import app
from gridsim.errors import InputError
from gridsim.plots.thermal_week_figure import draw_thermal_week
from gridsim.studies.reopen import reopen
from gridsim.studies.thermal_table import loss_ratios
from gridsim.studies.thermal_week import HOUR_COLUMNS, thermal_week
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.results.store import ResultStore


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ResultStore:
    folder = tmp_path_factory.mktemp("week")
    return gridsim.run_scenario(write_tiny_study(folder), out=folder / "run", threads=1).store


@pytest.mark.parametrize("name", ["town_t1", "new_t1", "west_at1"])
def test_the_week_holds_the_highest_hot_spot_of_the_run(store: ResultStore, name: str) -> None:
    week = thermal_week(store, name)
    assert tuple(week.hours.columns) == HOUR_COLUMNS
    assert len(week.hours) == 7 * 4
    assert week.hours.index[0].hour == 0
    thermal = store.read_table("thermal_life")
    own = thermal[thermal["element"] == week.element].sort_values("max_hot_spot_temp_c").iloc[-1]
    others = thermal[thermal["element"].str.contains(f":{name}")]
    assert own["max_hot_spot_temp_c"] == others["max_hot_spot_temp_c"].max()
    moment = (own["max_hot_spot_utc"] + pd.Timedelta(hours=5)).tz_localize(None)
    assert moment in week.hours.index
    # The table has the highest value within the step, the week that at its end.
    assert week.hours["hot_spot_temp_c"].max() == pytest.approx(own["max_hot_spot_temp_c"], abs=1.5)
    stored = store.loading_of([week.element]).set_index("time_utc")[week.element]
    at = (week.hours.index - pd.Timedelta(hours=5)).tz_localize("UTC")
    np.testing.assert_array_equal(week.hours["loading_percent"], stored[at].to_numpy(float))
    assert (week.hours["limit_percent"] == 100.0).all()


def test_temperatures_are_those_of_the_public_model(store: ResultStore) -> None:
    week = thermal_week(store.directory, "town_t1")
    grid = reopen(store).grid
    times = grid.time_utc
    begin = int(times.searchsorted((week.hours.index[0] - pd.Timedelta(hours=5)).tz_localize("UTC")))
    steps = slice(begin - 60 * 4, begin + 7 * 4)  # two months before
    load = store.loading_of([week.element])[week.element].to_numpy(float)[steps] / 100.0
    parameters = dataclasses.replace(gridsim.ThermalParameters.onaf(), loss_ratio=loss_ratios(grid)["trafo:town_t1"])
    assert week.cooling == parameters
    air = grid.injections.ambient_temp_c[steps]
    wanted = gridsim.hot_spot(load, air, step_h=6.0, parameters=parameters).iloc[-28:]
    np.testing.assert_array_equal(week.hours["ambient_temp_c"], air[-28:])
    for column in ("top_oil_temp_c", "hot_spot_temp_c"):
        np.testing.assert_allclose(week.hours[column], wanted[column], atol=1e-6)
    np.testing.assert_allclose(week.hours["ageing_rate"], wanted["ageing_rate"], rtol=5e-3, atol=5e-3)
    assert week.loss_of_life_days == pytest.approx(wanted["ageing_rate"].sum() / 4.0, rel=5e-3)


def test_oil_is_heated_by_the_most_loaded_winding(store: ResultStore) -> None:
    week = thermal_week(store, "west_at1")
    names = [f"trafo3w:west_at1:{winding}" for winding in ("hv", "mv", "lv")]
    stored = store.loading_of(names).set_index("time_utc")
    at = (week.hours.index - pd.Timedelta(hours=5)).tz_localize("UTC")
    most = stored.loc[at, names].max(axis=1).to_numpy()
    assert (most >= week.hours["loading_percent"].to_numpy()).all()
    # With the oil at rest, top oil over air follows the most loaded winding.
    assert np.corrcoef(most[:-1], (week.hours["top_oil_temp_c"] - week.hours["ambient_temp_c"])[:-1])[0, 1] > 0.6


def test_the_picture_has_a_lane_for_load_temperature_and_ageing(store: ResultStore, tmp_path: Path) -> None:
    ax = draw_thermal_week(thermal_week(store, "town_t1"))
    texts = [text.get_text() for lane in ax.figure.axes for text in lane.texts]
    for words in ("Loading [% of the rating]", "Temperature [°C], model of IEC 60076-7", "1: normal", "nameplate"):
        assert words in texts
    assert any("fans taken as running" in text for text in texts)
    picture = tmp_path / "week.png"
    told = CliRunner().invoke(app, ["show", str(store.directory), "--trafo", "town_t1", "--week", str(picture)])
    assert told.exit_code == 0
    assert picture.stat().st_size > 10_000


def test_unknown_hours_are_said_first_and_hatched(tmp_path: Path) -> None:
    scenario = write_tiny_study(tmp_path, city_mw=260.0)
    result = gridsim.run_scenario(scenario, out=tmp_path / "run", threads=1)
    week = thermal_week(result.store, "town_t1")
    assert week.unknown_h == 6.0 * week.hours["hot_spot_temp_c"].isna().sum()
    blind = dataclasses.replace(week, hours=week.hours.assign(hot_spot_temp_c=np.nan))
    texts = [text.get_text() for lane in draw_thermal_week(blind).figure.axes for text in lane.texts]
    assert "168 hours have NO known temperature (hatched)." in texts
    with pytest.raises(InputError, match="no transformer 'nowhere'"):
        thermal_week(result.store, "nowhere")
