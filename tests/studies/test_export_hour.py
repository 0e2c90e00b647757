"""An hour that leaves gridsim has the loading of the run, in pandapower and back from every file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandapower as pp
import pandas as pd
import pytest
from typer.testing import CliRunner

from gridsim.cli.app import app
from gridsim.errors import InputError
from gridsim.grid.exchange_formats import checked_writer
from gridsim.grid.matpower_case import net_of_matpower
from gridsim.grid.net_json import net_of_json
from gridsim.grid.powsybl_net import net_of_powsybl
from gridsim.results.store import ResultStore
from gridsim.studies.export_hour import export_hour
from gridsim.studies.time_series import run_scenario
from tests.support.powsybl_flow import solved_by_powsybl
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_PERCENT = 1e-5


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenario = write_tiny_study(tmp_path_factory.mktemp("study"), resolution_h=12, city_mw=70.0)
    run_scenario(scenario, out=scenario.parent / "run")
    return scenario.parent / "run"


def solved_again(net):
    """Solve a copy by a plain call, as who gets the file would."""
    for table in [name for name in net if name.startswith("res_")]:
        net[table] = net[table].iloc[:0]
    pp.runpp(net, tolerance_mva=1e-8, numba=False)
    return net


def largest(found, expected) -> float:
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    return float(np.nanmax(np.abs(found - expected)))


def test_the_net_repeats_the_loading_of_the_run(directory: Path) -> None:
    """By hand from the files of the run: names of the columns, and the row of the hour."""
    store = ResultStore.open(directory)
    steps = store.read_steps()
    step = 2 * 900 + 1
    time = steps["time_utc"].iat[step]
    found = export_hour(directory, at=time + pd.Timedelta(hours=3))
    assert found.time_utc == time
    stored = store.loading(2028).set_index("time_utc").loc[time]
    net = solved_again(found.net)
    names = net.trafo["name"].tolist()
    up = net.trafo["in_service"].to_numpy()
    trafo = [stored.get(f"trafo:{name}", np.nan) for name in names]
    assert largest(np.where(up, net.res_trafo["loading_percent"], np.nan), trafo) <= LIMIT_PERCENT
    worst = [max(stored[f"trafo3w:{name}:{side}"] for side in ("hv", "mv", "lv")) for name in net.trafo3w["name"]]
    assert largest(net.res_trafo3w["loading_percent"], worst) <= LIMIT_PERCENT
    assert net.res_line["pl_mw"].sum() + net.res_trafo["pl_mw"].sum() + net.res_trafo3w["pl_mw"].sum() == pytest.approx(
        steps["loss_mw"].iat[step], abs=1e-6
    )
    assert len(net.controller) == 0
    assert (net.trafo["tap_pos"][up] != 0).any()  # the taps of the tables stand at 0: these have settled elsewhere


@pytest.mark.parametrize("ending", [".json", ".m", ".mat", ".xlsx"])
def test_files_read_back_have_the_same_solution(directory: Path, tmp_path: Path, ending: str) -> None:
    if ending == ".xlsx":
        pytest.importorskip("openpyxl")
    found = export_hour(directory, regime="winter-max", year=2028)
    content = checked_writer(ending, "hour")(found.net)
    if ending == ".json":
        net = net_of_json(content, "hour.json")
    elif ending == ".xlsx":
        (tmp_path / "hour.xlsx").write_bytes(content)
        net = pp.from_excel(str(tmp_path / "hour.xlsx"))
    else:
        net = net_of_matpower(content, ending, f"hour{ending}")
    net = solved_again(net)
    bus = found.net.res_bus.index if ending in {".json", ".xlsx"} else found.net.res_bus.index + 1
    for column, limit in (("vm_pu", 1e-8), ("va_degree", 1e-6)):
        assert largest(net.res_bus[column].reindex(bus), found.net.res_bus[column]) <= limit
    if ending in {".json", ".xlsx"}:
        for table in ("trafo", "trafo3w", "line"):
            theirs = net[f"res_{table}"]["loading_percent"]
            assert largest(theirs, found.net[f"res_{table}"]["loading_percent"]) <= LIMIT_PERCENT


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".xiidm", ".raw", ".zip"])
def test_what_pypowsybl_writes_has_the_same_voltages(directory: Path, tmp_path: Path, ending: str) -> None:
    pypowsybl = pytest.importorskip("pypowsybl")
    found = export_hour(directory, regime="winter-max", year=2028)
    file = tmp_path / f"hour{ending}"
    file.write_bytes(checked_writer(ending, "hour")(found.net))
    network = pypowsybl.network.load(str(file))
    buses = solved_by_powsybl(pypowsybl, network)
    theirs = buses["vm_pu"].to_numpy()
    for ours in found.net.res_bus["vm_pu"].dropna():
        assert np.abs(theirs - ours).min() <= 1e-6
    assert sorted(set(buses["nominal_kv"])) == pytest.approx([10.0, 110.0, 220.0])
    ours = solved_again(net_of_powsybl(file.read_bytes(), ending, file.name)).res_bus["vm_pu"].to_numpy()
    for before in found.net.res_bus["vm_pu"].dropna():
        assert np.abs(ours - before).min() <= 1e-8


@pytest.mark.parametrize("regime", ["winter-max", "winter-min", "summer-max", "summer-min"])
def test_regimes_by_brute_force(directory: Path, regime: str) -> None:
    season, end = regime.split("-")
    best = None
    for row in ResultStore.open(directory).read_steps().itertuples():
        local = row.time_utc + pd.Timedelta(hours=5)
        is_in = local.year == 2027 and local.month in {"winter": (12, 1, 2), "summer": (6, 7, 8)}[season]
        if not is_in or not row.status.startswith("ok"):
            continue
        if best is None or (row.load_mw > best.load_mw if end == "max" else row.load_mw < best.load_mw):
            best = row
    found = export_hour(directory, regime=regime, year=2027)
    assert found.time_utc == best.time_utc
    assert found.load_mw == pytest.approx(best.load_mw, rel=1e-12)
    assert f"{best.load_mw:,.1f} MW" in found.hour.reason


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "say which hour"),
        ({"at": "2027-01-01", "regime": "winter-max", "year": 2027}, "say which hour"),
        ({"regime": "winter-max"}, "say which hour"),
        ({"at": "tomorrow"}, "is no time"),
        ({"at": "NaT"}, "is no time"),
        ({"at": "2035-01-01"}, "is not in the run"),
        ({"regime": "spring-max", "year": 2027}, "known are winter-max"),
        ({"regime": "winter-max", "year": 2035}, "the run has 2026 to 2028"),
    ],
)
def test_hours_that_are_none_are_told(directory: Path, asked: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        export_hour(directory, **asked)


def test_an_hour_without_solution_is_not_exported(tmp_path: Path) -> None:
    scenario = write_tiny_study(tmp_path, resolution_h=24, city_mw=200.0)
    store = run_scenario(scenario, out=tmp_path / "run").store
    steps = store.read_steps()
    failed = steps["time_utc"][~steps["status"].isin(["ok", "ok_fallback"])].iat[-1]
    with pytest.raises(InputError, match="has no solution"):
        export_hour(tmp_path / "run", at=failed)
    found = export_hour(tmp_path / "run", regime="winter-max", year=2027)
    assert "hours of the season have no solution and do not count" in found.hour.reason


def test_the_command_writes_one_file_and_refuses_what_it_cannot(directory: Path, tmp_path: Path) -> None:
    out = tmp_path / "hour.json"
    asked = ["export", str(directory), "--regime", "summer-max", "--year", "2028"]
    done = CliRunner().invoke(app, [*asked, "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["largest_difference_percent"] <= LIMIT_PERCENT
    assert [path.name for path in tmp_path.iterdir()] == ["hour.json"]
    before = out.read_bytes()
    for ending, told in ((".json", "--overwrite"), (".p", "known are .json"), (".pkl", "known are .json")):
        done = CliRunner().invoke(app, [*asked, "--out", str(out.with_suffix(ending))])
        assert done.exit_code == 2
        assert told in done.stderr
    assert out.read_bytes() == before


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridsim.grid.exchange_formats.find_spec", lambda _: None)
    for ending, package in ((".xlsx", "openpyxl"), (".xiidm", "pypowsybl"), (".zip", "pypowsybl")):
        with pytest.raises(InputError, match=rf"{package}.*gridsim\[export\]"):
            checked_writer(ending, "hour")
