"""The command line from a foreign working directory: through a real process, and mistakes within this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from gridsim.cli.app import app
from gridsim.plots import KINDS
from gridsim.results.layout import PICTURE_STEMS, PICTURE_SUFFIXES
from gridsim.results.store import ResultStore
from tests.support.tiny_network import tiny_rows, write_rows
from tests.support.tiny_study import write_tiny_study

REPOSITORY = Path(__file__).resolve().parents[2]
EXPECTED_FILES = {
    "manifest.json",
    "summary.json",
    "overloads.csv",
    "steps.parquet",
    "tables/elements.csv",
    "tables/substations.csv",
    "tables/lines.csv",
    "tables/events.csv",
    "tables/demand.csv",
    "tables/ranking.csv",
    "tables/yearly.csv",
    "tables/verdicts.csv",
    "tables/tap_operations.csv",
    "tables/thermal_life.csv",
    "tables/monthly.parquet",
    *(f"plots/{kind}.png" for kind in KINDS),
}


def gridsim(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gridsim", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, subprocess.CompletedProcess[str]]:
    """A study run from a foreign working directory: that directory, the scenario, how the process ended."""
    scenario = write_tiny_study(tmp_path_factory.mktemp("study"))
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    return elsewhere, scenario, gridsim("run", scenario, cwd=elsewhere)


@pytest.mark.slow
def test_run_writes_everything_and_sums_up(study: tuple[Path, Path, subprocess.CompletedProcess[str]]) -> None:
    elsewhere, _, done = study
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "Tiny study (tiny, 2026-2028)"
    assert lines[1] == "Hours     all 26,304 hours solved, none failed"
    assert any("3 of 5 transformers" in line for line in lines)
    for kind in KINDS:
        assert f"out/tiny/plots/{kind}.png" in done.stdout
    written = files(elsewhere / "out" / "tiny")
    assert {name for name in written if not name.startswith(("loading/", "steps/"))} == EXPECTED_FILES
    assert json.loads(written["manifest.json"])["steps"]["failed"] == 0


@pytest.mark.slow
def test_second_run_into_the_directory_is_refused_and_changes_nothing(
    study: tuple[Path, Path, subprocess.CompletedProcess[str]],
) -> None:
    elsewhere, scenario, _ = study
    before = files(elsewhere / "out" / "tiny")
    done = gridsim("run", scenario, cwd=elsewhere)
    assert done.returncode == 2
    assert "holds the results of a finished run" in done.stderr
    assert files(elsewhere / "out" / "tiny") == before


@pytest.mark.slow
def test_plot_draws_again_what_is_asked_for(
    study: tuple[Path, Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    elsewhere, _, _ = study
    asked = ("--kind", "timeline", "--kind", "map", "--year", "2027", "--format", "svg")
    done = gridsim("plot", "out/tiny", *asked, "--out", tmp_path / "pictures", cwd=elsewhere)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(files(tmp_path / "pictures")) == {"overload_timeline.svg", "map_2027.svg"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--kind", "mop"), "did you mean 'map'?"),
        (("--kind", "map", "--year", "2060"), "no results of 2060; there are 2026-2028"),
        (("--format", "doc"), "use png, svg or pdf"),
    ],
)
def test_plot_tells_what_it_cannot_draw(
    study: tuple[Path, Path, subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.chdir(study[0])
    done = CliRunner().invoke(app, ["plot", "out/tiny", *arguments])
    assert done.exit_code == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_strict_run_with_failed_steps_ends_with_3_after_writing_everything(tmp_path: Path) -> None:
    scenario = write_tiny_study(tmp_path, city_mw=200.0, resolution_h=24)
    done = gridsim("run", scenario, "--strict", "--out", "run", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "hours have NO solution" in done.stdout.splitlines()[1]
    assert {name for name in files(tmp_path / "run") if not name.startswith(("loading/", "steps/"))} == EXPECTED_FILES
    steps = ResultStore.open(tmp_path / "run").read_steps()
    failed = ~steps["status"].isin(["ok", "ok_fallback"])
    assert 0 < failed.sum() < len(steps)
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["steps"]["failed"] == failed.sum()
    loading = pd.concat(ResultStore.open(tmp_path / "run").loading(year) for year in (2026, 2027, 2028))
    assert loading.loc[failed.to_numpy(), loading.columns[1:]].isna().all(axis=None)
    assert gridsim("run", scenario, "--out", "run", "--overwrite", "--no-plots", cwd=tmp_path).returncode == 0


@pytest.mark.slow
@pytest.mark.usefixtures("study")  # which has filled the kernel cache; it could not be written here
def test_full_disk_ends_with_2_and_leaves_no_half_file(tmp_path: Path) -> None:
    scenario = write_tiny_study(tmp_path)
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "from gridsim.cli.app import main; sys.argv[0] = 'gridsim'; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "run", str(scenario), "--out", "run"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "stage=000.parquet: cannot be written: " in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    # Tables that no load flow changes are whole; of the file that did not fit nothing is left.
    left = set(files(tmp_path / "run"))
    assert left == {".gridsim-run", *(name for name in EXPECTED_FILES & left if name.startswith("tables/"))}
    assert "tables/elements.csv" in left


def test_check_of_a_clean_folder_prints_totals_and_confidence(tmp_path: Path) -> None:
    write_rows(tmp_path / "net", tiny_rows())
    done = gridsim("check", "net", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("net: no findings")
    assert "Totals" in done.stdout
    assert "Confidence" in done.stdout
    assert "assumed" in done.stdout


def test_check_lists_every_finding_with_its_place(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["trafos"][0]["hv_bus_id"] = "nowhere_110"
    rows["lines"][1]["length_km"] = "-3"
    write_rows(tmp_path / "net", rows)
    done = gridsim("check", "net", cwd=tmp_path)
    assert done.returncode == 2
    assert "trafos.csv, row 2, column hv_bus_id: " in done.stdout
    assert "lines.csv, row 3, column length_km: " in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run", "nowhere.toml"), "nowhere.toml"),
        (("run", "broken.toml"), "broken.toml"),
        (("run", "unknown.toml"), "horizont"),
        (("run", "tiny.toml", "--from", "2030", "--to", "2029"), "2030"),
        (("run", "tiny.toml", "--solver", "magic"), "magic"),
        (("run", "tiny.toml", "--threads", "-1"), "--threads"),
        (("run", "tiny.toml", "--out", "tiny.toml"), "is not a directory"),
        (("run", "tiny.toml", "--out", "network"), "not gridsim results"),
        (("run", "bad_network.toml"), "lines.csv, row 3, column length_km"),
        (("run", "."), "cannot be read"),
        (("plot", "nowhere"), "holds no gridsim results"),
        (("plot", "network"), "holds no gridsim results"),
        (("check", "nowhere"), ""),
        (("check",), ""),
        (("dance",), "dance"),
    ],
)
def test_mistakes_end_with_2_and_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    scenario = write_tiny_study(tmp_path)
    rows = tiny_rows()
    rows["lines"][1]["length_km"] = "-3"
    write_rows(tmp_path / "bad_network", rows)
    text = scenario.read_text()
    (tmp_path / "bad_network.toml").write_text(text.replace('folder = "network"', 'folder = "bad_network"'))
    (tmp_path / "broken.toml").write_text("= 3")
    (tmp_path / "unknown.toml").write_text(text.replace("[horizon]", "[horizont]"))
    before = files(tmp_path)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2, done.output
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert files(tmp_path) == before


def test_output_that_cannot_show_every_sign_is_no_reason_to_stop(tmp_path: Path) -> None:
    write_rows(tmp_path / "сеть", tiny_rows())
    done = gridsim("check", "сеть", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("????: no findings")


def test_version_and_help(tmp_path: Path) -> None:
    assert gridsim("--version", cwd=tmp_path).stdout.startswith("gridsim 0.")
    for command in ("check", "run", "plot"):
        done = gridsim(command, "--help", cwd=tmp_path)
        assert done.returncode == 0
        assert "Example: gridsim" in done.stdout


def test_a_new_run_clears_the_pictures_that_exist() -> None:
    assert set(PICTURE_STEMS) == set(KINDS)
    assert {"png", "svg", "pdf"} == set(PICTURE_SUFFIXES)
