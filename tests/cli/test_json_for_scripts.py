"""``--json`` of run, n1 and plot: one document on standard output, all words on standard error, codes as without it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from gridsim.cli.app import app
from gridsim.grid.net_json import net_to_json
from gridsim.results.store import ResultStore
from tests.support.element_nets import feeder
from tests.support.tiny_study import write_tiny_study

if TYPE_CHECKING:
    from pathlib import Path

FAILING_MW = 200.0


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, [*map(str, arguments)])


def document(done: Any) -> Any:
    """Return what stands on standard output; a single word beside the JSON, or a NaN in it, would be an error."""

    def refused(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(done.stdout, parse_constant=refused)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study in which the loads of later days have no solution."""
    return write_tiny_study(tmp_path_factory.mktemp("study"), city_mw=FAILING_MW, resolution_h=24)


@pytest.fixture(scope="module")
def finished(scenario: Path) -> tuple[Path, Any]:
    out = scenario.parent / "run"
    return out, invoke("run", scenario, "--strict", "--no-plots", "--out", out, "--json")


@pytest.mark.slow
def test_run_prints_its_summary_and_ends_with_3_under_strict(finished: tuple[Path, Any]) -> None:
    out, done = finished
    assert done.exit_code == 3, done.stderr
    record = document(done)
    assert record["directory"] == str(out)
    assert record["pictures"] == []
    assert record["summary"] == json.loads((out / "summary.json").read_text(encoding="utf-8"))
    steps = ResultStore.open(out).read_steps()
    assert 0 < record["summary"]["steps"]["failed"] == (~steps["status"].isin(["ok", "ok_fallback"])).sum()
    n_block = len(list((out / "loading").rglob("*.parquet")))
    assert record["blocks"] == {"by_origin": {"solved": n_block}, "stored_before_resumed": 0}
    assert done.stderr.splitlines()[0] == "Tiny study (tiny, 2026-2028)"
    assert "hours have NO solution" in done.stderr


@pytest.mark.slow
def test_resumed_run_tells_which_blocks_were_there(finished: tuple[Path, Any]) -> None:
    out, before = finished
    done = invoke("run", "--resume", out, "--no-plots", "--json")
    assert done.exit_code == 0
    record = document(done)
    assert record["blocks"]["stored_before_resumed"] == sum(record["blocks"]["by_origin"].values())
    assert record["summary"] == document(before)["summary"]


@pytest.mark.slow
def test_mistake_leaves_standard_output_empty(finished: tuple[Path, Any], scenario: Path) -> None:
    out, _ = finished
    for arguments in (
        ("run", scenario, "--out", out),
        ("run", scenario.with_name("none.toml")),
        ("n1", scenario.with_name("none.toml")),
        ("plot", out, "--kind", "mop"),
    ):
        done = invoke(*arguments, "--json")
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("gridsim: ")


@pytest.mark.slow
def test_plot_lists_the_files(finished: tuple[Path, Any], tmp_path: Path) -> None:
    asked = ("--kind", "timeline", "--kind", "map", "--year", 2027, "--format", "svg", "--out", tmp_path)
    done = invoke("plot", finished[0], *asked, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert document(done) == {"pictures": [str(tmp_path / "overload_timeline.svg"), str(tmp_path / "map_2027.svg")]}
    assert {path.name for path in tmp_path.iterdir()} == {"overload_timeline.svg", "map_2027.svg"}


@pytest.mark.slow
def test_n1_prints_summary_and_tables(scenario: Path, tmp_path: Path) -> None:
    done = invoke("n1", scenario, "--from", 2027, "--to", 2027, "--out", tmp_path / "n1", "--json")
    assert done.exit_code == 0, done.stderr
    record = document(done)
    assert set(record) == {"directory", "pictures", "summary", "failed", "worst", "causes"}
    assert record["directory"] == str(tmp_path / "n1")
    assert record["pictures"] == [str(tmp_path / "n1" / "plots" / "n1_worst.png")]
    assert record["summary"]["from_year"] == record["summary"]["to_year"] == 2027
    for name, key in (("failed", "outage"), ("worst", "name"), ("causes", "outage")):
        table = pd.read_csv(tmp_path / "n1" / "tables" / f"n1_{name}.csv")
        assert [row[key] for row in record[name]] == table[key].to_list() != []
    assert sum(row["lost_mwh"] for row in record["failed"]) > 0.0
    assert "cases" in done.stderr.splitlines()[0]
    assert "without solution" in done.stderr


def test_net_of_ones_own_tells_which_steps_failed(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_bytes(net_to_json(feeder()))
    (tmp_path / "hours.csv").write_text("step,load.p_mw.5\n08:00,6.5\n10:00,900\n")
    files = ("--net", tmp_path / "net.json", "--profiles", tmp_path / "hours.csv", "--out", tmp_path / "out")
    done = invoke("run", *files, "--strict", "--json")
    assert done.exit_code == 3
    record = document(done)
    assert record["directory"] == str(tmp_path / "out")
    assert record["steps"] == {"total": 2, "solved": 1, "failed": 1}
    (failed,) = record["failed"]
    assert failed["step"] == "10:00"
    assert failed["loss_mw"] is None
    loading = pd.read_csv(tmp_path / "out" / "loading.csv", index_col="step").loc["08:00"]
    peaks = {row["element"]: row["peak_percent"] for row in record["worst"]}
    assert peaks == pytest.approx(loading.to_dict())
    assert list(peaks.values()) == sorted(peaks.values(), reverse=True)
    assert done.stderr.splitlines()[0] == "2 steps: 1 solved, 1 have NO solution"
