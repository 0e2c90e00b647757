"""The reference still says what the README says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import gridsim
from benchmarks.readme.runs_told import scenarios_facts
from benchmarks.readme.writing import golden_facts

if TYPE_CHECKING:
    from pathlib import Path

#: A year with few stages, run again whole.
YEAR = 2028


@pytest.mark.slow
def test_a_year_of_the_reference_says_the_same_again(repository: Path, tmp_path: Path) -> None:
    """Counts are equal; sums agree to the digits that the summary keeps."""
    summary = golden_facts(repository, "reference")
    scenario = repository / "scenarios" / "reference.toml"
    again = gridsim.run_scenario(scenario, from_year=YEAR, to_year=YEAR, out=tmp_path / "run").summary
    assert again["overloads"]["by_year"][str(YEAR)] == summary["overloads"]["by_year"][str(YEAR)]
    assert again["steps"]["failed_h_by_year"].get(str(YEAR), 0) == summary["steps"]["failed_h_by_year"].get(
        str(YEAR), 0
    )
    assert scenarios_facts([again]) == golden_facts(repository, "scenarios")[:1]
