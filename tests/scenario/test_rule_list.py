"""The list of rules to choose from: complete, in the order of the scenario, with what is known of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import gridsim
from gridsim.cli.app import app
from gridsim.errors import ScenarioError
from gridsim.scenario.rule_catalogue import CATALOGUE
from tests.support.tiny_study import REFERENCE

if TYPE_CHECKING:
    from pathlib import Path

OWN = """
[limits]
rules = ["mine", "nameplate"]

[limits.own.mine]
edition = "Instruction [2026]"
source = "paragraph 4"
is_verified = true
classes = [
    { sn_up_to_mva = 63.0, tiers = [{ percent = 110.0, permitted_h = 2.0 }, { percent = 130.0, permitted_h = 0.0 }] },
    { tiers = [{ percent = 105.0, permitted_h = 0.0 }] },
]
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    file = tmp_path / "own.toml"
    file.write_text(f'extends = "{REFERENCE.as_posix()}"\n{OWN}', encoding="utf-8")
    return file


def test_without_a_scenario_it_is_the_catalogue() -> None:
    listed = gridsim.rules()
    assert listed["name"].to_list() == list(CATALOGUE)
    assert set(listed["place"]) == {0}
    for row in listed.to_dict("records"):
        rule = CATALOGUE[row["name"]]
        assert (row["edition"], row["source"], row["derivation"]) == (rule.edition, rule.source, rule.derivation)
        assert (row["is_verified"], row["is_inferred"], row["is_own"]) == (rule.is_verified, rule.is_inferred, False)
    begins = listed.set_index("name")["begins"]
    assert begins["nameplate"] == "100 %"
    assert begins["iec_60076_7_normal_cyclic"] == "130-150 % by size or cooling"
    assert begins["gost_14209_97_8h"].endswith("% by air of the hour, longer than 8 h")
    assert begins["gost_14209_97_seasonal"].endswith("% by mean air of the month")


def test_rules_of_a_scenario_come_first_in_its_order(scenario: Path) -> None:
    for asked in (scenario, gridsim.load_scenario(scenario)):
        listed = gridsim.rules(asked)
        assert listed["name"].to_list()[:2] == ["mine", "nameplate"]
        assert listed["place"].to_list()[:3] == [1, 2, 0]
        assert listed["is_own"].to_list()[:2] == [True, False]
        assert len(listed) == len(CATALOGUE) + 1
    assert listed["begins"][0] == "105-110 % by size or cooling, longer than 2 h"
    with pytest.raises(ScenarioError, match="no such file"):
        gridsim.rules(scenario.with_name("nowhere.toml"))


def test_the_command_lists_them(scenario: Path) -> None:
    told = CliRunner().invoke(app, ["rules", str(scenario)])
    assert told.exit_code == 0
    assert "mine (own)" in told.stdout
    assert "Instruction [2026]" in told.stdout
    assert "NOT VERIFIED" in told.stdout
    assert "under [limits]" in told.stdout
    record = json.loads(CliRunner().invoke(app, ["rules", "--json"]).stdout)
    assert [row["name"] for row in record] == list(CATALOGUE)
    assert CliRunner().invoke(app, ["rules", "nowhere.toml"]).exit_code == 2
