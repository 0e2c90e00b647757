"""Whatever a scenario file says wrongly is refused, with the file, the key, the value and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridsim.errors import ScenarioError
from gridsim.scenario import load_scenario

REFERENCE = Path(__file__).resolve().parents[2] / "scenarios" / "reference.toml"


def write(folder: Path, text: str, name: str = "case.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def case(folder: Path, text: str) -> Path:
    """Write a file that extends the reference case."""
    return write(folder, f'extends = "{REFERENCE.as_posix()}"\n{text}')


def refusal(file: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(file)
    return str(caught.value)


def own_rule(name: str, classes: str = "{ tiers = [{ percent = 100.0, permitted_h = 0.0 }] }") -> str:
    return f"[limits.own.{name}]\nedition = 'e'\nsource = 's'\nis_verified = true\nclasses = [{classes}]"


# What is written, and what the message must name.
WRONG = {
    "unknown key": ("titel = 'x'", ["'titel'", "'title'"]),
    "unknown table": ("[horizone]\nfrom_year = 2030", ["'horizone'", "'horizon'"]),
    "unknown nested key": ("[horizon]\nfromyear = 2030", ["'horizon.fromyear'", "'from_year'"]),
    "unknown key in area": ("[demand.almaty_city]\nknots = { 2025 = 1.0 }", ["demand.almaty_city.knots", "knots_mw"]),
    "unknown area": ("[demand.almaty_cty]\nreading = 'mean'", ["'demand.almaty_cty'", "'almaty_city'"]),
    "unknown sector": ("[profiles.sectors.residental]\nmix = {}", ["profiles.sectors.residental", "'residential'"]),
    "unknown investor profile": ("[profiles.investors.datacentre]\nmix = {}", ["datacentre", "'data_centre'"]),
    "unknown key in a tier": (
        "[limits.own.a]\nclasses = [{ tiers = [{ percnt = 100.0 }] }]",
        ["limits.own.a.classes[0].tiers[0].percnt", "'percent'"],
    ),
    "unknown cooling": (
        "[limits.own.a]\nclasses = [{ cooling = ['onam'] }]",
        ["limits.own.a.classes[0].cooling", "'onam'", "'onan'"],
    ),
    "air that is none": (
        "[limits.own.a]\nclasses = [{ tiers = [{ percent_by_ambient_c = { warm = 100.0 } }] }]",
        ["percent_by_ambient_c", "air temperatures from -60 to 60", "'warm'"],
    ),
    "air too hot": (
        "[limits.own.a]\nclasses = [{ tiers = [{ percent_by_ambient_c = { 61 = 100.0 } }] }]",
        ["percent_by_ambient_c", "'61'"],
    ),
    "no air": (
        "[limits.own.a]\nclasses = [{ tiers = [{ percent_by_ambient_c = {} }] }]",
        ["percent_by_ambient_c", "at least one air temperature"],
    ),
    "unknown word": ("[demand.almaty_city]\nreading = 'maximun'", ["reading", "'maximun'", "'maximum'"]),
    "unknown basis": ("[limits]\nbasis = 'amperes'", ["limits.basis", "'amperes'", "current, power"]),
    "unknown programme": ("[commissioning]\ncancelled_programmes = ['alatau11']", ["alatau11", "'alatau_11'"]),
    "unknown programme as key": (
        "[commissioning.slip_months_by_programme]\ngovernment15 = 3",
        ["government15", "'government_15'"],
    ),
    "unknown load profile": ("[profiles.sectors.food]\nmix = { g7 = 1.0 }", ["mix", "'g7'"]),
    "unknown pool": ("[investors]\npools = ['active']", ["investors.pools", "'active'", "active_20"]),
    "text for number": ("[investors]\ncoincidence = 'high'", ["investors.coincidence", "a number", "'high'"]),
    "flag for number": ("[investors]\ncoincidence = true", ["investors.coincidence", "a number", "true"]),
    "number for flag": ("[investors]\ninclude_unpooled = 1", ["investors.include_unpooled", "true or false", "1"]),
    "fraction for whole": ("[horizon]\nfrom_year = 2026.5", ["horizon.from_year", "a whole number", "2026.5"]),
    "flag for whole": ("seed = true", ["'seed'", "a whole number", "true"]),
    "number for text": ("title = 5", ["'title'", "a text", "5"]),
    "number for table": ("horizon = 2026", ["'horizon'", "a table", "2026"]),
    "table for named table": ("[profiles.sectors]\nfood = 1", ["profiles.sectors.food", "a table"]),
    "table for array": (
        "[limits.own.a]\nclasses = { tiers = [] }",
        ["limits.own.a.classes", "an array of tables"],
    ),
    "text for date": (
        "[investors.overrides.a]\ncommissioning_date = '2030-01-01'",
        ["investors.overrides.a.commissioning_date", "a date"],
    ),
    "moment for date": ("[investors.overrides.a]\ncommissioning_date = 2030-01-01T00:00:00", ["a date"]),
    "text for list": ("[investors]\nexclude = 'a'", ["investors.exclude", "a list of texts", "'a'"]),
    "number in texts": ("[investors]\nexclude = [1]", ["investors.exclude", "a list of texts"]),
    "eleven months": ("[profiles.climate]\nmean_c = [1,2,3,4,5,6,7,8,9,10,11]", ["mean_c", "12 numbers", "found 11"]),
    "a month that is none": ("[profiles.day_shapes.south_zone.by_month]\n13 = [1.0]", ["1 to 12", "'13'"]),
    "a day of 23 hours": (
        f"[profiles.day_shapes.south_zone.by_month]\n1 = {[1.0] * 23}",
        ["by_month", "24 numbers", "found 23"],
    ),
    "not a year": ("[demand.almaty_city]\nknots_mw = { soon = 5.0 }", ["knots_mw", "years", "'soon'"]),
    "no year": ("[demand.almaty_city]\nknots_mw = {}", ["knots_mw", "at least one year"]),
    "not a number in knots": ("[demand.almaty_city]\nknots_mw = { 2025 = nan }", ["knots_mw", "a table of years"]),
    "huge": (f"[investors]\ncoincidence = {10**400}", ["investors.coincidence", "at most 1"]),
    "infinite": ("[investors]\ncoincidence = inf", ["investors.coincidence", "a number"]),
    "below range": ("[demand.almaty_city]\nknots_mw = { 2025 = -1.0 }", ["knots_mw", "at least 0", "-1.0"]),
    "above range": ("[investors]\ncoincidence = 1.5", ["investors.coincidence", "at most 1", "1.5"]),
    "open end of range": ("[investors]\ncoincidence = 0.0", ["investors.coincidence", "above 0", "0.0"]),
    "year before the clock change": ("[horizon]\nfrom_year = 2020", ["horizon.from_year", "at least 2025", "2020"]),
    "years in wrong order": ("[horizon]\nto_year = 2025", ["horizon.to_year", "2026", "2025"]),
    "resolution that does not divide a day": ("[horizon]\nresolution_h = 5", ["horizon.resolution_h", "divisor", "5"]),
    "no knot at the start": (
        "[demand.almaty_city]\nknots_mw = { 2030 = 1000.0 }",
        ["demand.almaty_city.knots_mw", "first knot is 2030", "base_year is 2025"],
    ),
    "unknown shape": ("[demand.almaty_city]\nday_shape = 'south'", ["day_shape", "'south'", "'south_zone'"]),
    "shares of sectors": (
        "[demand.almaty_city.sector_shares]\n2025 = { residential = 0.5, commerce = 0.4 }",
        ["sector_shares", "2025", "0.9", "expected 1"],
    ),
    "shares of places": (
        "[demand.almaty_city]\ngrowth_by_place = { a = 0.7, b = 0.6 }",
        ["growth_by_place", "1.3", "at most 1"],
    ),
    "shares of a mix": ("[profiles.sectors.food]\nmix = { g3 = 0.5 }", ["profiles.sectors.food.mix", "0.5"]),
    "both month shapes": (
        f"[profiles.month_shapes.south_zone]\nmean_factors = {[1.0] * 12}",
        ["profiles.month_shapes.south_zone", "exactly one"],
    ),
    "no season": (f"[profiles.sectors.food]\nmonth_factors = {[0.0] * 12}", ["month_factors", "above 0"]),
    "climate upside down": (f"[profiles.climate]\nabs_max_c = {[0.0] * 12}", ["profiles.climate", "rising"]),
    "comfort band upside down": ("[profiles.weather]\nheating_below_c = 25.0", ["heating_below_c", "cooling_above_c"]),
    "outage upside down": ("[profiles.generation.nuclear]\noutage_to_month = 1", ["outage_to_month"]),
    "unknown rule": (
        "[limits]\nrules = ['nameplate', 'iec_60076_7_normal_cyclical']",
        ["limits.rules", "'iec_60076_7_normal_cyclical'", "did you mean 'iec_60076_7_normal_cyclic'?"],
    ),
    "rule named twice": ("[limits]\nrules = ['nameplate', 'nameplate']", ["limits.rules", "'nameplate'", "twice"]),
    "no rules": ("[limits]\nrules = []", ["limits.rules", "at least one"]),
    "own rule with a name of the catalogue": (own_rule("nameplate"), ["limits.own.nameplate", "catalogue"]),
    "own rule without class": (own_rule("a", ""), ["limits.own.a.classes", "at least one class"]),
    "class without tier": (own_rule("a", "{ tiers = [] }"), ["limits.own.a.classes[0].tiers", "at least one tier"]),
    "tier without percent": (own_rule("a", "{ tiers = [{ permitted_h = 1.0 }] }"), ["tiers", "exactly one of percent"]),
    "tier with two percents": (
        own_rule("a", "{ tiers = [{ percent = 1.0, percent_by_ambient_c = { 0 = 1.0 }, permitted_h = 1.0 }] }"),
        ["tiers", "exactly one of percent"],
    ),
    "tiers that permit more above": (
        own_rule("a", "{ tiers = [{ percent = 100.0, permitted_h = 1.0 }, { percent = 110.0, permitted_h = 1.0 }] }"),
        ["limits.own.a.classes[0].tiers", "falling permitted_h", "1 after 1"],
    ),
    "tiers that cross in the heat": (
        own_rule(
            "a",
            "{ tiers = [{ percent = 100.0, permitted_h = 1.0 }, "
            "{ percent_by_ambient_c = { 0 = 120.0, 40 = 95.0 }, permitted_h = 0.0 }] }",
        ),
        ["limits.own.a.classes[0].tiers", "rising percent", "every air temperature"],
    ),
}


@pytest.mark.parametrize("text", [pytest.param(name, id=name) for name in WRONG])
def test_wrong_files_are_refused_by_name(text: str, tmp_path: Path) -> None:
    wrong, named = WRONG[text]
    message = refusal(case(tmp_path, wrong))
    assert "case.toml" in message
    assert "problems" not in message  # this one thing, and nothing that follows from it
    for words in named:
        assert words in message


def test_all_problems_of_a_chain_are_listed_together(tmp_path: Path) -> None:
    write(tmp_path, f'extends = "{REFERENCE.as_posix()}"\ntitel = "x"\n[horizon]\nfrom_year = "now"\n', "parent.toml")
    message = refusal(write(tmp_path, 'extends = "parent.toml"\n[investors]\ncoincidence = 2.0\n'))
    assert message.startswith("3 problems")
    for words in ("case.toml: key 'investors.coincidence'", "parent.toml: unknown key 'titel'", "horizon.from_year"):
        assert words in message


def test_a_contradiction_names_the_file_that_holds_the_key(tmp_path: Path) -> None:
    write(tmp_path, f'extends = "{REFERENCE.as_posix()}"\n[horizon]\nto_year = 2027\n', "parent.toml")
    message = refusal(write(tmp_path, 'extends = "parent.toml"\n[horizon]\nfrom_year = 2028\n'))
    assert "parent.toml: key 'horizon.to_year'" in message


def test_missing_keys_are_listed(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, 'name = "x"\n[horizon]\nfrom_year = 2026\n'))
    for key in ("'title'", "'network_folder'", "'horizon.to_year'", "'demand.base_year'", "'profiles.climate.mean_c'"):
        assert f"key {key} is missing" in message
    assert "'name'" not in message


def test_an_own_rule_needs_its_keys(tmp_path: Path) -> None:
    message = refusal(case(tmp_path, "[limits.own.a]\nclasses = [{ tiers = [{ percent = 100.0 }] }]"))
    for key in ("limits.own.a.edition", "limits.own.a.is_verified", "limits.own.a.classes[0].tiers[0].permitted_h"):
        assert f"{key!r} is missing" in message


def test_an_own_rule_is_known_by_its_name_and_a_near_miss_is_told(tmp_path: Path) -> None:
    own = own_rule(
        "summer_peak", "{ tiers = [{ percent_by_ambient_c = { -20 = 130.0, 30 = 95.5 }, permitted_h = 2.0 }] }"
    )
    scenario = load_scenario(case(tmp_path, f"[limits]\nrules = ['summer_peak', 'nameplate']\n{own}"))
    assert [rule.name for rule in scenario.limit_rules] == ["summer_peak", "nameplate"]
    knots = scenario.limit_rules[0].classes[0].tiers[0].percent_by_ambient_c
    assert knots is not None
    assert (knots.ambient_c, knots.values) == ((-20.0, 30.0), (130.0, 95.5))
    message = refusal(case(tmp_path, f"[limits]\nrules = ['summer_peek']\n{own}"))
    assert "did you mean 'summer_peak'?" in message


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"case.toml": 'extends = "case.toml"'}, "circle"),
        ({"case.toml": 'extends = "b.toml"', "b.toml": 'extends = "case.toml"'}, "circle"),
        ({"case.toml": 'extends = "./sub/../case.toml"'}, "circle"),
        ({"case.toml": 'extends = "nowhere.toml"'}, "no such file"),
        ({"case.toml": "extends = 5"}, "expected a path"),
        ({"case.toml": 'extends = ""'}, "expected a path"),
        ({"case.toml": "name = "}, "not valid TOML"),
        ({f"{n}.toml": f'extends = "{n + 1}.toml"' for n in range(20)} | {"case.toml": 'extends = "0.toml"'}, "chain"),
    ],
)
def test_chains_that_cannot_be_followed_are_refused(files: dict[str, str], words: str, tmp_path: Path) -> None:
    for name, text in files.items():
        write(tmp_path, text, name)
    message = refusal(tmp_path / "case.toml")
    assert words in message
    assert "case.toml" in message


def test_a_missing_parent_is_named_with_the_file_that_asks_for_it(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, 'extends = "nowhere.toml"'))
    assert "nowhere.toml" in message
    assert "case.toml" in message


def test_a_file_that_does_not_exist_or_is_no_text_is_refused(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "none.toml")
    assert "cannot be read" in refusal(tmp_path)
    binary = tmp_path / "case.toml"
    binary.write_bytes(b'name = "\xff"')
    assert "UTF-8" in refusal(binary)


@pytest.mark.parametrize(("first", "last"), [(2024, 2030), (2030, 2029), (2026, 2200)])
def test_years_given_by_the_caller_are_checked(first: int, last: int) -> None:
    with pytest.raises(ScenarioError, match="year"):
        load_scenario(REFERENCE, from_year=first, to_year=last)
