"""One transformer through its years: every figure is that of the tables it comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

import gridsim
from gridsim.cli.app import app
from gridsim.errors import InputError
from gridsim.plots.dossier_figure import draw_dossier
from gridsim.studies.dossier import dossier
from gridsim.studies.transformer_years import YEAR_COLUMNS
from gridsim.studies.transformers import N1_YEAR_COLUMNS
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> gridsim.ResultStore:
    folder = tmp_path_factory.mktemp("study")
    return gridsim.run_scenario(write_tiny_study(folder), out=folder / "run", threads=1).store


def names(store: gridsim.ResultStore) -> list[str]:
    return store.read_table("ranking")["name"].to_list()


def test_every_transformer_has_its_years(store: gridsim.ResultStore) -> None:
    yearly, thermal = store.read_table("yearly"), store.read_table("thermal_life")
    for name in names(store):
        found = dossier(store.directory, name)
        assert tuple(found.years.columns) == (*YEAR_COLUMNS, *N1_YEAR_COLUMNS)
        loading = store.loading_of([found.worst_element])
        local = loading["time_utc"].dt.tz_convert(None) + np.timedelta64(5, "h")
        peaks = loading.groupby(local.dt.year)[found.worst_element].max().dropna()
        np.testing.assert_allclose(found.years["peak_percent"].dropna(), peaks, rtol=1e-6)
        winding = found.windings.loc[found.windings["element"] == found.worst_element, "winding"].iloc[0]
        mine = yearly[(yearly["name"] == name) & (yearly["winding"] == winding) & (yearly["limit"] == found.limit)]
        assert found.years["hours"].sum() == mine["hours"].sum()
        own = thermal[thermal["element"].isin(found.windings["element"])].groupby("year")["max_hot_spot_temp_c"].max()
        np.testing.assert_array_equal(found.years["max_hot_spot_temp_c"], own[found.years.index])
        verdicts = store.read_table("verdicts")
        mine = verdicts[(verdicts["name"] == name) & (verdicts["element_type"] != "line")]
        assert found.verdicts["limit"].to_list() == list(dict.fromkeys(mine["limit"]))
        for _, row in found.verdicts.iterrows():
            assert ("violated" in set(mine.loc[mine["limit"] == row["limit"], "verdict"])) == (
                row["verdict"] == "violated"
            )


def test_episodes_begin_with_the_first_overload(store: gridsim.ResultStore) -> None:
    worst = store.read_table("ranking").iloc[0]
    found = dossier(store.directory, worst["name"])
    assert found.first_overload_utc == worst["first_overload_utc"]
    calm = store.read_table("ranking").iloc[-1]
    assert dossier(store.directory, calm["name"]).first_overload_utc is None


def test_picture_has_a_bar_for_every_year(store: gridsim.ResultStore) -> None:
    found = dossier(store.directory, names(store)[0])
    ax = draw_dossier(found)
    assert [label.get_text() for label in ax.figure.axes[-1].get_xticklabels()] == [str(y) for y in found.years.index]


def test_command_prints_text_json_and_a_picture(store: gridsim.ResultStore, tmp_path: Path) -> None:
    name = names(store)[0]
    picture = tmp_path / "unit.png"
    told = CliRunner().invoke(app, ["show", str(store.directory), "--trafo", name, "--picture", str(picture)])
    assert told.exit_code == 0
    assert "Year by year" in told.stdout
    assert picture.stat().st_size > 10_000
    record = json.loads(CliRunner().invoke(app, ["show", str(store.directory), "--trafo", name, "--json"]).stdout)
    assert [row["year"] for row in record["years"]] == dossier(store.directory, name).years.index.to_list()
    with pytest.raises(InputError, match=name):
        dossier(store.directory, name + "x")
