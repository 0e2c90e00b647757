"""The certificate: agrees where engines agree, and says so when one hour of one engine is off."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

import gridsim
from gridsim.cli.app import app
from gridsim.cli.exit_codes import ExitCode
from gridsim.errors import InputError
from gridsim.peers.peer_model import NotApplicableError
from gridsim.studies import certificate
from gridsim.studies.certificate import AGREES, DIFFERS, NOT_APPLICABLE, NOT_INSTALLED, certify, drawn_steps
from gridsim.studies.certified_engines import ALIKE, ENGINES, Engine, Found, Hour
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

PANDAPOWER = ENGINES[0]


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_study(tmp_path_factory.mktemp("study"))


def with_engines(monkeypatch: pytest.MonkeyPatch, *engines: Engine) -> None:
    monkeypatch.setattr(certificate, "ENGINES", engines)


def changed(engine: Engine, name: str, change) -> Engine:
    def solve(hour: Hour) -> Found | None:
        found = engine.solve(hour)
        assert found is not None
        return change(found)

    return dataclasses.replace(engine, name=name, solve=solve)


def test_pandapower_agrees_with_taps_held_and_moving(scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_engines(monkeypatch, PANDAPOWER)
    found = certify(scenario, hours=12, tap_hours=2)
    assert found.engines["verdict"].to_list() == [AGREES, AGREES]
    assert found.engines["hours"].to_list() == [12, 2]
    assert found.n_failed == 0
    assert found.is_met
    assert len(found.hours) == found.hours["time_utc"].nunique() == 12
    largest = found.engines[["vm_pu", "va_degree", "loading_percent"]].max()
    assert (largest <= list(vars(ALIKE).values())).all()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES[1:], ids=lambda engine: engine.name)
def test_other_engines_agree(scenario: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    if not engine.is_installed:
        pytest.skip(f"{engine.module} is not installed")
    with_engines(monkeypatch, engine)
    found = certify(scenario, hours=6, tap_hours=0)
    assert found.engines["verdict"].iat[0] == AGREES, found.engines.iloc[0].to_dict()
    assert found.engines["hours"].iat[0] == 6


def moved_voltage(found: Found) -> Found:
    voltage = found.voltage.copy()
    voltage[0] *= 1.0 + 1e-6
    return dataclasses.replace(found, voltage=voltage)


def turned_voltage(found: Found) -> Found:
    voltage = found.voltage.copy()
    voltage[0] *= np.exp(1e-6j)
    return dataclasses.replace(found, voltage=voltage)


def more_loading(found: Found) -> Found:
    loading = found.loading.copy()
    loading[np.flatnonzero(np.isfinite(loading))[1]] += 1e-3
    return dataclasses.replace(found, loading=loading)


def lost_loading(found: Found) -> Found:
    loading = found.loading.copy()
    loading[np.flatnonzero(np.isfinite(loading))[1]] = np.nan
    return dataclasses.replace(found, loading=loading)


@pytest.mark.parametrize("change", [moved_voltage, turned_voltage, more_loading, lost_loading])
def test_one_number_that_is_off_is_found(scenario: Path, monkeypatch: pytest.MonkeyPatch, change) -> None:
    with_engines(monkeypatch, changed(PANDAPOWER, "crooked", change))
    found = certify(scenario, hours=2, tap_hours=0)
    assert found.engines["verdict"].iat[0] == DIFFERS
    assert not found.is_met


def test_an_hour_that_an_engine_does_not_solve_is_told(scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_engines(monkeypatch, dataclasses.replace(PANDAPOWER, name="lame", solve=lambda _: None))
    row = certify(scenario, hours=2, tap_hours=0).engines.iloc[0]
    assert (row["verdict"], row["failed_hours"], row["hours"]) == (DIFFERS, 2, 0)
    assert np.isnan(row["vm_pu"])


def test_engines_that_are_not_there_or_refuse_are_no_proof(scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(hour: Hour) -> Found | None:
        raise NotApplicableError(f"no such net: {hour.name}")

    absent = dataclasses.replace(PANDAPOWER, name="absent", module="no_such_module_anywhere")
    with_engines(monkeypatch, absent, dataclasses.replace(PANDAPOWER, name="picky", solve=refuse))
    found = certify(scenario, hours=2, tap_hours=0)
    assert found.engines["verdict"].to_list() == [NOT_INSTALLED, NOT_APPLICABLE, NOT_APPLICABLE]
    assert "no such net: tiny" in found.engines["alignment"].iat[1]
    assert not found.is_met


def test_hours_are_drawn_from_every_stage_and_only_once(scenario: Path) -> None:
    loaded = gridsim.load_scenario(scenario)
    grid = gridsim.stage_grid(gridsim.load_tables(loaded.network_folder), loaded)
    steps = drawn_steps(grid, 40, seed=1)
    assert len(steps) == len(set(steps.tolist())) == 40
    assert (np.diff(steps) > 0).all()
    assert all(((steps >= stage.start_step) & (steps < stage.stop_step)).any() for stage in grid.stages)
    assert len(drawn_steps(grid, 10**6, seed=1)) == len(grid.time_utc)
    assert len(drawn_steps(grid, 1, seed=1)) == 1


def test_no_hour_is_refused(scenario: Path) -> None:
    with pytest.raises(InputError, match="at least one hour"):
        certify(scenario, hours=0)


def test_command_prints_writes_and_fails_when_not_met(
    scenario: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_engines(monkeypatch, PANDAPOWER)
    done = CliRunner().invoke(
        app, ["certify", str(scenario), "--hours", "2", "--tap-hours", "0", "--csv", str(tmp_path / "table")]
    )
    assert done.exit_code == ExitCode.done, done.output
    assert "Verdict   met" in done.stdout
    assert "all 2 hours solved" in done.stdout
    assert {path.name for path in (tmp_path / "table").iterdir()} == {"engines.csv", "hours.csv"}
    with_engines(monkeypatch, changed(PANDAPOWER, "crooked", more_loading))
    done = CliRunner().invoke(app, ["certify", str(scenario), "--hours", "2", "--tap-hours", "0", "--json"])
    assert done.exit_code == ExitCode.not_certified
    record = json.loads(done.stdout)
    assert record["is_met"] is False
    assert record["engines"][0]["verdict"] == DIFFERS
