"""A scenario as one flat table of values."""

from __future__ import annotations

import json
from pathlib import Path

from gridsim.scenario import Scenario, load_scenario
from gridsim.scenario.values import plain_values, with_defaults

REFERENCE = Path(__file__).resolve().parents[2] / "scenarios" / "reference.toml"


def values_with(folder: Path, text: str = "") -> dict[str, object]:
    file = folder / "case.toml"
    file.write_text(f'extends = "{REFERENCE.as_posix()}"\n{text}', encoding="utf-8")
    return plain_values(load_scenario(file))


def test_every_kind_of_value_has_its_dotted_name(tmp_path: Path) -> None:
    values = values_with(
        tmp_path,
        "[commissioning.slip_months_by_project]\nproject = 7\n"
        "[investors.overrides.plant]\ncommissioning_date = 2031-02-03\n"
        "[limits.own.mine]\nedition = 'e'\nsource = 's'\nis_verified = true\n"
        "classes = [{ tiers = [{ percent_by_ambient_c = { -20 = 120.0, 30 = 95.0 }, permitted_h = 1.0 }] }]",
    )
    for name, value in {
        "seed": 20260117,
        "horizon.from_year": 2026,
        "demand.almaty_region.knots_mw.2030": 943.0,
        "demand.almaty_region.reading": "mean",
        "profiles.sectors.food.mix.g3": 0.6,
        "commissioning.slip_months_by_project.project": 7,
        "investors.overrides.plant.commissioning_date": "2031-02-03",
        "investors.overrides.plant.p_max_mw": None,
        "limits.own.mine.classes[0].tiers[0].percent_by_ambient_c.-20": 120.0,
        "limits.own.mine.classes[0].cooling": [],
        "solver.tap_control": True,
    }.items():
        assert values[name] == value, name
    rules = values["limits.rules"]
    assert isinstance(rules, list)
    assert rules[0] == "nameplate"


def test_values_are_json_and_hold_no_path(tmp_path: Path) -> None:
    values = values_with(tmp_path)
    text = json.dumps(values, allow_nan=False)
    assert json.loads(text) == values
    assert "network_folder" not in values
    assert str(REFERENCE.parents[1]) not in text


def test_two_scenarios_differ_where_their_files_do(tmp_path: Path) -> None:
    before, after = values_with(tmp_path), values_with(tmp_path, "[investors]\ncoincidence = 0.5\n")
    assert {name: after[name] for name in after if after[name] != before[name]} == {"investors.coincidence": 0.5}
    assert set(before) == set(after)


def test_values_of_before_a_key_existed_have_its_default(tmp_path: Path) -> None:
    values = values_with(tmp_path, "[demand.almaty_city.sector_shares.2025]\nresidential = 1.0\n")
    assert with_defaults(values, Scenario) == values
    later = ("cooling.", "profiles.ambient.", "demand.almaty_city.day_swing", "description")
    before = {name: value for name, value in values.items() if not name.startswith(later)}
    restored = with_defaults(before, Scenario)
    assert restored == {**values, "demand.almaty_city.day_swing": 1.0, "description": ""}
