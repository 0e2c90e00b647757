"""The scripts beside the scenarios run, from a foreign working directory, and use public names only."""

from __future__ import annotations

import ast
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import gridsim
from tests.support.tiny_study import write_tiny_study

SCRIPTS = sorted((Path(__file__).resolve().parents[2] / "scenarios").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_uses_public_names_only(script: Path) -> None:
    tree = ast.parse(script.read_text(encoding="utf-8"))
    imported = {
        name.name for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)) for name in node.names
    }
    assert "gridsim" in imported
    assert not [name for name in imported if name.startswith("gridsim.")]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and "gridsim" in str(node.module)]
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "gridsim"
    }
    assert used <= set(gridsim.__all__)


@pytest.fixture
def tiny_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let scripts run the tiny study wherever they ask for the reference scenario."""
    tiny = write_tiny_study(tmp_path / "study", resolution_h=24)
    load, run = gridsim.load_scenario, gridsim.run_scenario

    def load_tiny(path: Path, **years: int) -> object:
        assert path.name == "reference.toml"
        assert years == {"from_year": 2026, "to_year": 2030}
        return load(tiny)

    def run_tiny(scenario: object, **options: Any) -> object:
        return run(tiny if isinstance(scenario, Path) else scenario, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(gridsim, "load_scenario", load_tiny)
    monkeypatch.setattr(gridsim, "run_scenario", run_tiny)


@pytest.mark.slow
@pytest.mark.usefixtures("tiny_instead")
def test_reference_script_lists_first_overloads_and_pictures(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["reference.py", str(tmp_path / "out")])
    runpy.run_path(str(repository / "scenarios" / "reference.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0 steps without solution"
    assert [line.split()[1] for line in lines[1:4]] == ["town_t1", "town_t2", "new_t1"]
    assert len([line for line in lines if line.endswith(".png")]) == 4


@pytest.mark.slow
@pytest.mark.usefixtures("tiny_instead")
def test_investor_script_tells_what_investors_add(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["without_investors.py", str(tmp_path / "out")])
    runpy.run_path(str(repository / "scenarios" / "without_investors.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["with: 0 steps without solution", "without: 0 steps without solution"]
    assert lines[3].split()[-1] == "new_t1"
    assert float(lines[3].split()[0].replace(",", "")) > 0


@pytest.mark.slow
def test_engine_script_prints_a_day(repository: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, repository / "scenarios" / "any_net.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 24
    assert all(" ok " in line for line in lines)
