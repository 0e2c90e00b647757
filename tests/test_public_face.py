"""The public face: what it holds, and that it is light."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

import gridsim

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC_NAMES = [
    "CompileError",
    "Confidence",
    "Contingency",
    "CoolingStages",
    "Finding",
    "GridsimError",
    "InputError",
    "LoadingBasis",
    "NetworkDataError",
    "ResultStore",
    "ResultStoreError",
    "ScenarioError",
    "SolveError",
    "SolveOptions",
    "Solver",
    "StepStatus",
    "ThermalParameters",
    "ThermalState",
    "__version__",
    "attribute_overloads",
    "build_net",
    "certify",
    "check_tables",
    "compare_runs",
    "dossier",
    "explain",
    "export_hour",
    "fixes",
    "hosting_capacity",
    "hot_spot",
    "lead_lag",
    "load_scenario",
    "load_tables",
    "loss_of_life",
    "open_results",
    "plot",
    "resume_run",
    "rules",
    "run_scenario",
    "solve_contingencies",
    "solve_timeseries",
    "stage_grid",
    "thermal_week",
    "transformers",
    "write_report",
]


def test_public_names_are_these() -> None:
    assert gridsim.__all__ == PUBLIC_NAMES


@pytest.mark.parametrize("name", PUBLIC_NAMES)
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(gridsim, name) is not None
    assert name in dir(gridsim)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'solve_everything'"):
        gridsim.solve_everything  # noqa: B018


def test_version_is_that_of_the_package(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert gridsim.__version__ == project["version"]


def test_names_are_loaded_on_first_use_only(repository: Path) -> None:
    code = (
        "import sys, gridsim\n"
        "print([name for name in ('numpy', 'pandas', 'pyarrow', 'rich', 'typer') if name in sys.modules])\n"
        "gridsim.ResultStore\n"
        "print('pyarrow' in sys.modules, 'numba' in sys.modules, 'pandapower' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "True False False"]
