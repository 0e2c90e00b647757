"""Every figure of the README between markers follows from kept facts; nobody has changed one by hand.

After a change of the model: ``python -m benchmarks readme out/readme --run --again ...`` with the commands it touches.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from benchmarks.readme.commands_shown import COMMANDS
from benchmarks.readme.regions import REGIONS, thermal_example
from benchmarks.readme.writing import GOLDEN, golden_facts

if TYPE_CHECKING:
    from pathlib import Path

#: A picture of a browser's window, made by hand.
BY_HAND = {"report.png"}


@pytest.fixture(scope="module")
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text(encoding="utf-8")


def test_every_region_has_its_markers_and_every_marker_its_region(repository: Path, readme: str) -> None:
    markers = re.findall(r"^<!-- (\w+): (begin|end) -->$", readme, re.MULTILINE)
    assert sorted(markers) == sorted((name, side) for name in REGIONS for side in ("begin", "end"))
    assert {file.stem for file in (repository / GOLDEN).iterdir()} == set(REGIONS)


@pytest.mark.parametrize("name", REGIONS)
def test_region_says_what_its_facts_say(repository: Path, readme: str, name: str) -> None:
    text = REGIONS[name].text(golden_facts(repository, name))
    assert f"<!-- {name}: begin -->\n\n{text}\n\n<!-- {name}: end -->\n" in readme


def test_regions_rest_on_commands_that_there_are() -> None:
    order = list(COMMANDS)
    assert {need for region in REGIONS.values() for need in region.needs} <= set(order)
    for name, shown in COMMANDS.items():
        assert all(order.index(need) < order.index(name) for need in shown.needs)


def test_quoted_commands_stand_in_the_readme_word_for_word(readme: str) -> None:
    quoted = [shown.line for shown in COMMANDS.values() if shown.is_quoted and "--json" not in shown.line]
    assert len(quoted) == 7
    assert [line for line in quoted if line not in readme] == []


def test_every_picture_is_drawn_by_a_command(repository: Path, readme: str) -> None:
    shown = set(re.findall(r"!\[[^\]]*\]\(docs/([^)]+)\)", readme))
    drawn = {picture.rpartition("/")[2] for shown in COMMANDS.values() for picture in shown.pictures}
    assert shown - BY_HAND == drawn
    assert {file.name for file in (repository / "docs").glob("*.png")} == drawn | BY_HAND


@pytest.mark.slow
def test_example_of_thermal_life_prints_what_the_readme_says(repository: Path, tmp_path: Path) -> None:
    assert thermal_example(tmp_path) == golden_facts(repository, "thermal")
