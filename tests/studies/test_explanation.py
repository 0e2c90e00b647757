"""Who loads a transformer: shares add up, and a step without a contributor is what a run without it says."""

from __future__ import annotations

import dataclasses
import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gridsim
from gridsim.cli.app import app
from gridsim.errors import InputError, ResultStoreError
from gridsim.grid.contributions import ContributorKind, load_shares
from gridsim.plots.attribution_figure import attribution_bars, draw_attribution
from gridsim.studies.attribution_block import BASE, GROWTH
from gridsim.studies.explanation import attribute_overloads, explain
from gridsim.studies.reopen import reopen
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

#: Taps stand still, so that a run without a plant differs from one with it by nothing but the plant.
FIXED_TAPS = "\n[solver]\ntap_control = false\n"
#: 230 episodes of overload, tipped by growth and by plants; each is attributed, in three tests.
CITY_MW = 36.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def directory(folder: Path) -> Path:
    scenario = write_tiny_study(folder, city_mw=CITY_MW, more=FIXED_TAPS)
    gridsim.run_scenario(scenario, out=folder / "run", threads=1)
    return folder / "run"


@pytest.fixture(scope="module")
def overloads(directory: Path) -> pd.DataFrame:
    return attribute_overloads(directory)


def worst_unit(directory: Path) -> str:
    return str(gridsim.ResultStore.open(directory).read_table("ranking")["name"].iat[0])


def test_loads_of_contributors_add_up_to_the_load_of_every_busbar(directory: Path) -> None:
    grid = reopen(directory).grid
    for block in grid.blocks:
        serving = grid.stages[block.stage_index].in_service["bus"]
        profiles = grid.profiles_for(block)
        for step in (block.start_step, block.stop_step - 1):
            shares = load_shares(grid.injections.loads, step, serving)
            row = step - block.start_step
            np.testing.assert_allclose(shares.p_mw.sum(axis=0), profiles["load", "p_mw"][row], atol=1e-9)
            np.testing.assert_allclose(shares.q_mvar.sum(axis=0), profiles["load", "q_mvar"][row], atol=1e-9)
            again = grid.injections.variant_profiles(
                step, profiles["load", "p_mw"][row : row + 1], profiles["load", "q_mvar"][row : row + 1], serving
            )
            for key, values in profiles.items():
                np.testing.assert_allclose(again[key][0], values[row], atol=1e-9)
            dates = [who.commissioning_date for who in shares.contributors if who.kind is ContributorKind.investor]
            assert dates == sorted(dates)


def test_explanation_is_of_the_worst_hour_and_sums_to_a_hundred(directory: Path) -> None:
    name = worst_unit(directory)
    store = gridsim.ResultStore.open(directory)
    found = explain(directory, name).attribution
    elements = store.read_table("elements")
    columns = elements.loc[elements["name"] == name, "element"].to_list()
    loading = store.loading_of(columns)
    assert found.loading_percent == pytest.approx(loading[columns].max().max(), rel=1e-6)
    assert found.time_utc in loading.loc[loading[found.element] == loading[found.element].max(), "time_utc"].to_list()
    assert found.parts["share_percent"].sum() == pytest.approx(100.0, abs=1e-6)
    assert found.build_up["loading_percent"].iat[-1] == pytest.approx(found.loading_percent, abs=1e-6)
    assert found.build_up["added"].to_list()[:2] == [BASE, GROWTH]


def test_every_winding_and_hour_can_be_asked_for(directory: Path) -> None:
    name = worst_unit(directory)
    found = explain(directory, name, at="2027-07-01T08:30")
    assert found.attribution.time_utc == pd.Timestamp("2027-07-01T07:00Z")
    assert found.flows["is_own"].any()
    own = found.flows[found.flows["is_own"]].groupby("element")["p_mw"].sum()
    assert (own > 0.0).all(), "a transformer takes more than it gives"


def test_without_a_plant_is_what_a_run_without_it_says(folder: Path, directory: Path) -> None:
    name = worst_unit(directory)
    found = explain(directory, name, at="2028-12-20T13:00").attribution
    plants = found.parts[found.parts["kind"] == "investor"]
    plant = str(plants.sort_values("share_percent", ascending=False)["contributor"].iat[0])
    other = folder / "without"
    other.mkdir()
    scenario = write_tiny_study(other, city_mw=CITY_MW, more=f'{FIXED_TAPS}\n[investors]\nexclude = ["{plant}"]\n')
    run = gridsim.run_scenario(scenario, from_year=2028, out=other / "run", threads=1)
    loading = run.store.loading_of([found.element]).set_index("time_utc")[found.element]
    said = plants.set_index("contributor")["without_percent"][plant]
    assert said == pytest.approx(loading[found.time_utc], rel=1e-5)
    assert said < found.loading_percent


def test_all_overloads_are_attributed_at_their_peaks(directory: Path, overloads: pd.DataFrame) -> None:
    store = gridsim.ResultStore.open(directory)
    episodes = store.read_overloads()
    nameplate = episodes[(episodes["limit"] == "nameplate") & (episodes["element_type"] != "line")]
    per_episode = overloads.groupby(["element", "start_utc"])
    assert per_episode.ngroups == len(nameplate) > 0
    np.testing.assert_allclose(per_episode["share_percent"].sum(), 100.0, atol=1e-6)
    np.testing.assert_allclose(
        sorted(per_episode["loading_percent"].first()), sorted(nameplate["peak_percent"]), rtol=1e-6
    )
    years = (overloads["peak_utc"] + pd.Timedelta(hours=5)).dt.year
    worst = overloads[overloads["is_worst_of_year"]].groupby(["element", years])["start_utc"].nunique()
    assert (worst == 1).all()
    assert (overloads["tipped_by"] != "").all()
    by_hand = overloads[overloads["kind"] == "investor"]["contributor"]
    assert set(overloads["tipped_by"]) <= {BASE, GROWTH, *by_hand}


def test_picture_stacks_to_the_loading(overloads: pd.DataFrame) -> None:
    bars = attribution_bars(overloads, 3)
    np.testing.assert_allclose(
        bars.groupby("place")["points"].sum(), bars.groupby("place")["loading_percent"].first(), rtol=1e-6
    )
    ax = draw_attribution(overloads, max_rows=3)
    assert len(ax.get_yticklabels()) == bars["place"].nunique()
    with pytest.raises(InputError, match="no overload"):
        draw_attribution(overloads.iloc[:0])


def test_mistakes_are_told(directory: Path) -> None:
    name = worst_unit(directory)
    with pytest.raises(InputError, match=name):
        explain(directory, name + "x")
    with pytest.raises(InputError, match="not in the run"):
        explain(directory, name, at="2040-01-01")
    with pytest.raises(InputError, match="no time"):
        explain(directory, name, at="the day after")


def test_an_hour_before_a_unit_is_there_is_told(directory: Path) -> None:
    store = gridsim.ResultStore.open(directory)
    elements = store.read_table("elements")
    units = elements[elements["element_type"] != "line"]
    loading = store.loading_of(units["element"].to_list())
    comes_later = units[
        loading[units["element"]].iloc[0].isna().to_numpy() & loading[units["element"]].notna().any().to_numpy()
    ]
    name = str(comes_later["name"].iat[0])
    first = loading.loc[loading[str(comes_later["element"].iat[0])].notna(), "time_utc"].iat[0]
    with pytest.raises(InputError, match=f"{name} has no loading at .* it has loadings from {first:%Y-%m-%d}"):
        explain(directory, name, at=str(loading["time_utc"].iat[0]))


def test_a_run_whose_inputs_have_changed_is_refused(tmp_path: Path) -> None:
    scenario = write_tiny_study(tmp_path, more=FIXED_TAPS)
    gridsim.run_scenario(scenario, from_year=2028, out=tmp_path / "run", threads=1)
    scenario.write_text(scenario.read_text(encoding="utf-8").replace("8.0", "9.0"), encoding="utf-8")
    with pytest.raises(ResultStoreError, match="scenario has changed"):
        reopen(tmp_path / "run")
    shutil.rmtree(tmp_path / "network")
    scenario.unlink()
    with pytest.raises(ResultStoreError, match="cannot be read again"):
        reopen(tmp_path / "run")


def test_a_scenario_changed_in_memory_is_told_from_its_file(tmp_path: Path) -> None:
    scenario = gridsim.load_scenario(write_tiny_study(tmp_path, more=FIXED_TAPS), from_year=2028)
    gridsim.run_scenario(dataclasses.replace(scenario, seed=scenario.seed + 1), out=tmp_path / "run", threads=1)
    with pytest.raises(ResultStoreError, match="changed after it was read"):
        reopen(tmp_path / "run")


def test_command_prints_text_and_json(directory: Path, tmp_path: Path) -> None:
    name = worst_unit(directory)
    told = CliRunner().invoke(app, ["explain", str(directory), "--trafo", name])
    assert told.exit_code == 0
    assert "Whose current it is" in told.stdout
    record = json.loads(CliRunner().invoke(app, ["explain", str(directory), "--trafo", name, "--json"]).stdout)
    assert sum(part["share_percent"] for part in record["contributors"]) == pytest.approx(100.0, abs=1e-6)
    csv = tmp_path / "shares.csv"
    told = CliRunner().invoke(
        app, ["explain", str(directory), "--csv", str(csv), "--picture", str(tmp_path / "who.png")]
    )
    assert told.exit_code == 0
    assert told.stdout.splitlines()[0] == "Hours     all 26,304 hours solved"
    assert "tipped by" in told.stdout
    assert len(pd.read_csv(csv)) > 0
    assert (tmp_path / "who.png").stat().st_size > 10_000
    record = json.loads(CliRunner().invoke(app, ["explain", str(directory), "--json"]).stdout)
    assert (record["failed_h"], record["total_h"]) == (0.0, 26304.0)
    assert len(record["overloads"]) == len(pd.read_csv(csv))
    assert record["overloads"][0]["peak_utc"].endswith("+00:00")
    missing = CliRunner().invoke(app, ["explain", str(directory), "--trafo", "nothing"])
    assert missing.exit_code == 2
