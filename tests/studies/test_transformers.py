"""All transformers of a run in one table: every cell from the table it comes from, by plain loops; N-1 beside it."""

from __future__ import annotations

import dataclasses
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gridsim
from gridsim.cli.app import app
from gridsim.errors import ResultStoreError
from gridsim.report.json_records import plain_value
from gridsim.results.n1_store import N1Store
from gridsim.studies.n1_join import NOT_GIVEN, NOT_IN_IT
from gridsim.studies.n1_study import open_n1, run_n1
from gridsim.studies.peak_trend import peak_trend
from gridsim.studies.transformers import UNIT_COLUMNS, transformers
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.studies.n1_study import N1Study
    from gridsim.studies.transformers import TransformerReport

RESOLUTION_H = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    scenario = write_tiny_study(folder, resolution_h=RESOLUTION_H)
    gridsim.run_scenario(scenario, out=folder / "run", threads=1)
    run_n1(scenario, from_year=2027, to_year=2028, out=folder / "n1", threads=1)
    return folder


@pytest.fixture(scope="module")
def study(folder: Path) -> N1Study:
    return open_n1(folder / "n1")


@pytest.fixture(scope="module")
def alone(folder: Path) -> TransformerReport:
    return transformers(folder / "run")


@pytest.fixture(scope="module")
def joined(folder: Path) -> TransformerReport:
    return transformers(folder / "run", n1=folder / "n1")


def test_units_say_what_the_tables_say(alone: TransformerReport) -> None:
    store, units = alone.store, alone.units
    ranking, verdicts = store.read_table("ranking"), store.read_table("verdicts")
    thermal, elements = store.read_table("thermal_life"), store.read_table("elements")
    episodes = store.read_overloads()
    assert units["name"].to_list() == ranking["name"].to_list()
    assert tuple(units.columns[: len(UNIT_COLUMNS)]) == UNIT_COLUMNS
    for row, ranked in zip(units.to_dict("records"), ranking.to_dict("records"), strict=True):
        for column in ("winding", "limit", "hours", "overload_mvah", "peak_percent", "episodes", "failed_h"):
            assert row[column] == ranked[column]
        own = episodes[(episodes["name"] == row["name"]) & (episodes["limit"] == row["limit"])]
        own = own[own["winding"] == row["winding"]]
        assert row["longest_h"] == max(own["duration_h"], default=0.0)
        assert (row["first_overload_utc"] == own["start_utc"].min()) or (
            own.empty and pd.isna(row["first_overload_utc"])
        )
        names = elements.loc[elements["name"] == row["name"], "element"]
        hot = thermal[thermal["element"].isin(names)]
        assert row["max_hot_spot_temp_c"] == hot["max_hot_spot_temp_c"].max()
        assert row["loss_of_life_days"] == pytest.approx(hot.groupby("year")["loss_of_life_days"].max().sum())
        for rule in ("nameplate", "gost_14209_97_8h"):
            said = set(verdicts.loc[(verdicts["name"] == row["name"]) & (verdicts["limit"] == rule), "verdict"])
            worst = next((word for word in ("violated", "unknown", "ok") if word in said), "")
            assert row[f"verdict_{rule}"] == worst
        assert (row["n1_verdict"], row["n1_cause"]) == (NOT_GIVEN, "")
        assert all(pd.isna(row[column]) for column in ("n1_first_utc", "n1_hours", "n1_peak_percent"))


def test_years_add_up_to_the_run(alone: TransformerReport) -> None:
    sums = alone.years.groupby("name")[["hours", "overload_mvah", "episodes"]].sum()
    units = alone.units.set_index("name")
    assert units["hours"].max() > 0.0
    np.testing.assert_allclose(sums["hours"], units["hours"][sums.index])
    np.testing.assert_allclose(sums["overload_mvah"], units["overload_mvah"][sums.index], atol=1e-4)
    assert sums["episodes"].to_list() == units["episodes"][sums.index].to_list()
    longest = alone.years.groupby("name")["longest_h"].max()
    assert longest.to_list() == units["longest_h"][longest.index].to_list()


def test_only_whole_years_make_a_trend(alone: TransformerReport) -> None:
    years = alone.years
    assert set(years.loc[years["name"] == "new_t1", "year"]) == {2027, 2028}  # from June 2027
    assert years.loc[years["name"] == "new_t1", "is_whole"].to_list() == [False, True]
    assert np.isnan(alone.units.set_index("name")["trend_percent_per_year"]["new_t1"])
    own = years[years["name"] == "west_at1"]
    assert own["is_whole"].all()
    slope = peak_trend(own["year"].to_numpy(), own["peak_percent"].to_numpy(), 100.0)
    row = alone.units.set_index("name").loc["west_at1"]
    assert row["trend_percent_per_year"] == slope.percent_per_year
    assert (
        pd.isna(row["first_overload_utc"]) == (not np.isnan(row["trend_limit_year"])) or slope.percent_per_year <= 0.0
    )


def test_hours_without_solution_are_not_told_as_healthy(tmp_path: Path) -> None:
    scenario = write_tiny_study(tmp_path, city_mw=260.0, resolution_h=RESOLUTION_H)
    result = gridsim.run_scenario(scenario, out=tmp_path / "run", threads=1)
    assert result.n_failed > 0
    found = transformers(result.store)
    years = found.years[found.years["name"] == "town_t1"].set_index("year")
    assert (years["failed_h"] > 0.0).equals(~years["is_whole"])
    assert found.units.set_index("name")["temperature_unknown_h"]["town_t1"] >= years["failed_h"].sum()
    told = CliRunner().invoke(app, ["show", str(tmp_path / "run")]).stdout.splitlines()
    assert "hours have NO solution" in told[1]
    text = "\n".join(told)
    assert text.index("unsolved h") < text.index("longest")
    assert "≥ " in text


def test_the_n1_study_stands_beside_the_run(joined: TransformerReport, study: N1Study) -> None:
    worst = study.worst[study.worst["element_type"] != "line"]
    for row in joined.units.to_dict("records"):
        own = worst[worst["name"] == row["name"]]
        if own.empty:
            assert row["n1_verdict"] == NOT_IN_IT
            continue
        peak = own.loc[own["worst_percent"].idxmax()]
        assert row["n1_peak_percent"] == peak["worst_percent"]
        assert row["n1_cause"] == peak["cause"]
        assert row["n1_hours"] == own.groupby("winding")["hours_above"].sum().max()
        first = own["first_above_utc"].min()
        assert row["n1_verdict"] == ("ok" if pd.isna(first) else "violated")
        assert row["n1_first_utc"] == first or pd.isna(first)
    assert set(joined.units["n1_verdict"]) >= {"violated"}
    years = joined.years.set_index(["name", "year"])
    assert years.loc[("town_t1", 2026), "n1_cause"] == ""
    assert np.isnan(years.loc[("town_t1", 2026), "n1_peak_percent"])
    of_2028 = worst[(worst["name"] == "town_t1") & (worst["year"] == 2028)].iloc[0]
    assert years.loc[("town_t1", 2028), "n1_peak_percent"] == of_2028["worst_percent"]


def test_an_outage_without_solution_leaves_unknown_what_is_not_violated(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "n1", tmp_path / "n1")
    _rewrite(tmp_path / "n1", lambda summary: summary["cases"].update(without_solution=3))
    units = transformers(folder / "run", n1=tmp_path / "n1").units
    assert "ok" not in set(units["n1_verdict"])
    assert set(units["n1_verdict"]) >= {"violated"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"scenario": "other"}, r"scenario other.*has tiny"),
        ({"resolution_h": 1}, r"resolution_h 1"),
        ({"inputs": {"network": {}, "scenario": {}}}, r"are not those of the run"),
    ],
)
def test_an_n1_study_of_something_else_is_refused(
    folder: Path, tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    shutil.copytree(folder / "n1", tmp_path / "n1")
    _rewrite(tmp_path / "n1", lambda summary: summary.update(change))
    with pytest.raises(ResultStoreError, match=told):
        transformers(folder / "run", n1=tmp_path / "n1")
    with pytest.raises(ResultStoreError, match="holds no N-1 study"):
        transformers(folder / "run", n1=tmp_path)


def _rewrite(directory: Path, change: Any) -> None:
    file = directory / "n1_summary.json"
    summary = N1Store.open(directory).read_summary()
    change(summary)
    file.write_text(json.dumps(summary), encoding="utf-8")


def run(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["show", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_tells_prints_and_writes_all_of_it(
    folder: Path, alone: TransformerReport, joined: TransformerReport, tmp_path: Path
) -> None:
    code, told, _ = run(folder / "run", "--csv", tmp_path / "all")
    assert code == 0
    assert "N-1       not known: no N-1 run given (--n1 DIR)" in told
    assert pd.read_csv(tmp_path / "all" / "transformers.csv")["name"].to_list() == alone.units["name"].to_list()
    assert len(pd.read_csv(tmp_path / "all" / "transformer_years.csv")) == len(alone.years)
    code, told, _ = run(folder / "run", "--n1", folder / "n1")
    assert code == 0
    n_violated = int((joined.units["n1_verdict"] == "violated").sum())
    assert f"N-1       {n_violated} transformers above 100 % after some outage in 2027-2028" in told
    assert "other years are not judged" in told
    code, told, _ = run(folder / "run", "--n1", folder / "n1", "--json")
    record = json.loads(told)
    assert [row["name"] for row in record["units"]] == joined.units["name"].to_list()
    assert record["n1_run"]["limit_percent"] == 100.0
    assert record["units"][0]["first_overload_utc"] == plain_value(joined.units["first_overload_utc"].iloc[0])


def test_one_unit_is_shown_with_its_outages(folder: Path, joined: TransformerReport) -> None:
    row = joined.units.set_index("name").loc["town_t1"]
    code, told, _ = run(folder / "run", "--trafo", "town_t1", "--n1", folder / "n1")
    assert code == 0
    assert f"at worst {row['n1_peak_percent']:.1f} % with {row['n1_cause']} out (judged: 2027-2028)" in told
    assert "fans taken as running" in told
    code, told, _ = run(folder / "run", "--trafo", "town_t1")
    assert "N-1       not known: no N-1 run given (--n1 DIR)" in told


def test_pictures_of_one_and_files_of_all_are_not_mixed_up(folder: Path, tmp_path: Path) -> None:
    code, _, complaint = run(folder / "run", "--picture", tmp_path / "x.png")
    assert code == 2
    assert "--picture: a picture is of one transformer; name it with --trafo" in complaint
    code, _, complaint = run(folder / "run", "--trafo", "town_t1", "--csv", tmp_path)
    assert code == 2
    assert "leave out --trafo" in complaint


def test_a_store_is_as_good_as_its_directory(alone: TransformerReport) -> None:
    again = transformers(alone.store)
    pd.testing.assert_frame_equal(again.units, alone.units)
    assert dataclasses.replace(again, n1=None).store is alone.store
