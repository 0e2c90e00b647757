"""The README says what the reference run said, and the reference still says it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import gridsim
from benchmarks.readme import certificate_table, reference_table

if TYPE_CHECKING:
    from pathlib import Path

#: A year with few stages, run again whole.
YEAR = 2028


@pytest.fixture(scope="module")
def summary(repository: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (repository / "tests" / "golden" / "reference_summary.json").read_text(encoding="utf-8")
    )
    return found


def test_readme_has_the_table_of_the_run(repository: Path, summary: dict[str, Any]) -> None:
    """After a change of the model: run the reference again and ``python -m benchmarks readme out/reference``."""
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert f"<!-- reference: begin -->\n\n{reference_table(summary)}\n\n<!-- reference: end -->" in readme


def test_hours_without_solution_would_be_told(summary: dict[str, Any]) -> None:
    assert "none failed" in reference_table(summary)
    steps = summary["steps"] | {"failed": 7, "solved": summary["steps"]["total"] - 7}
    assert "7 WITHOUT solution" in reference_table(summary | {"steps": steps})


def test_certificate_tells_failed_hours_and_every_engine() -> None:
    engines = pd.DataFrame(
        {
            "engine": ["one", "two"],
            "version": ["1.0", "2.0"],
            "hours": [2, 0],
            "vm_pu": [3e-10, float("nan")],
            "va_degree": [2e-8, float("nan")],
            "loading_percent": [1e-6, float("nan")],
            "verdict": ["agrees", "not installed"],
        }
    )
    hours = pd.DataFrame({"status": ["ok", "diverged", "ok_fallback"], "stage": [0, 0, 3]})
    text = certificate_table(engines, hours)
    assert text.startswith("2 of 3 hours solved by gridsim, drawn from 2 stages.")
    assert "| one | 1.0 | 2 | 3e-10 | 2e-08 | 1e-06 | agrees |" in text
    assert "| two | 2.0 | 0 | nan | nan | nan | not installed |" in text


@pytest.mark.slow
def test_a_year_of_the_reference_says_the_same_again(repository: Path, summary: dict[str, Any], tmp_path: Path) -> None:
    """Counts are equal; sums agree to the digits that the summary keeps."""
    scenario = repository / "scenarios" / "reference.toml"
    again = gridsim.run_scenario(scenario, from_year=YEAR, to_year=YEAR, out=tmp_path / "run").summary
    assert again["overloads"]["by_year"][str(YEAR)] == summary["overloads"]["by_year"][str(YEAR)]
    assert again["steps"]["failed_h_by_year"].get(str(YEAR), 0) == summary["steps"]["failed_h_by_year"].get(
        str(YEAR), 0
    )
