"""Unit costs of fixes: assumed unless the scenario states its own, in one currency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridsim.enums import Confidence
from gridsim.errors import ScenarioError
from gridsim.scenario import load_scenario
from gridsim.scenario.fix_catalogue import COSTS
from gridsim.scenario.fix_model import SIZE_UNITS, FixKind, chosen_costs

if TYPE_CHECKING:
    from pathlib import Path

OWN = """
[fixes]
kinds = ["fans", "capacitor"]

[fixes.costs.fans]
fixed_mln = 1.0
per_size_mln = 0.25
currency = "{currency}"
price_year = 2026
source = "tender of the network company"
confidence = "published"
"""


def write(folder: Path, reference: Path, more: str) -> Path:
    file = folder / "own.toml"
    file.write_text(f'extends = "{reference.as_posix()}"\n{more}', encoding="utf-8")
    return file


def test_every_kind_has_an_assumed_cost_that_says_so() -> None:
    assert set(COSTS) == set(SIZE_UNITS) == set(FixKind)
    for cost in COSTS.values():
        assert cost.confidence is Confidence.assumed
        assert cost.source.startswith("assumed, no published price: ")
        assert cost.of(0.0) == cost.fixed_mln
        assert cost.of(3.0) == pytest.approx(cost.fixed_mln + 3.0 * cost.per_size_mln)


def test_a_stated_cost_replaces_the_assumed_one(tmp_path: Path, repository: Path) -> None:
    file = write(tmp_path, repository / "scenarios" / "reference.toml", OWN.format(currency="KZT"))
    costs = chosen_costs(load_scenario(file).fixes, COSTS)
    assert list(costs) == [FixKind.fans, FixKind.capacitor]
    assert costs[FixKind.fans].of(40.0) == 11.0
    assert costs[FixKind.fans].confidence is Confidence.published
    assert costs[FixKind.capacitor] is COSTS[FixKind.capacitor]


def test_costs_in_two_currencies_are_refused(tmp_path: Path, repository: Path) -> None:
    file = write(tmp_path, repository / "scenarios" / "reference.toml", OWN.format(currency="USD"))
    with pytest.raises(ScenarioError, match="one currency and price year; got KZT 2026, USD 2026"):
        load_scenario(file)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('[fixes]\nkinds = ["fan"]\n', "did you mean 'fans'"),
        ("[fixes.costs.fan]\nfixed_mln = 1.0\n", "did you mean 'fans'"),
        ("[fixes.costs.fans]\nfixed_mln = 1.0\n", "fixes.costs.fans.per_size_mln"),
        ('[fixes]\nkinds = ["fans", "fans"]\n', "'fans' is named twice"),
    ],
)
def test_what_a_scenario_may_not_say(tmp_path: Path, repository: Path, more: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        load_scenario(write(tmp_path, repository / "scenarios" / "reference.toml", more))
