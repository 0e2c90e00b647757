"""The ending summary: what a person reads, failed hours first."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from gridsim.report.console_summary import print_summary


def summary(**steps: Any) -> dict[str, Any]:
    statuses = dict.fromkeys(("ok", "ok_fallback", "max_iterations", "diverged", "singular", "de_energised"), 0)
    return {
        "scenario": "case",
        "title": "A [bold] title",
        "from_year": 2026,
        "to_year": 2027,
        "resolution_h": 2,
        "utc_offset_h": 5,
        "steps": {
            "total": 8760,
            "solved": 8760,
            "failed": 0,
            "failed_h": 0,
            "failed_h_by_year": {},
            "first_failed_utc": None,
            "last_failed_utc": None,
            "unserved_mwh": 0.0,
        }
        | steps
        | {"by_status": statuses | steps.get("by_status", {})},
        "overloads": {
            "transformers": 12,
            "overloaded_transformers": 0,
            "overloaded_lines": 0,
            "episodes": 0,
            "first_utc": None,
            "overload_mvah": 0.0,
            "by_year": {},
            "overloaded_by_confidence": {},
        },
        "worst_transformers": [],
        "load": {
            "mean_mw": 800.0,
            "peak_mw": 1234.5,
            "peak_utc": "2026-12-31T20:00:00Z",
            "energy_gwh": 1.0,
            "loss_percent": 2.5,
        },
        "limits": [],
        "not_built": [],
        "held_back": [],
        "thermal_life": {
            "units_above_c": {"98": 0, "120": 0, "140": 0},
            "units_ageing_faster_than_normal": 0,
            "unknown_h": 0.0,
            "hottest": [],
            "fans": {
                "operation": "run",
                "units": 5,
                "natural_rating": 0.6,
                "on_top_oil_c": 65.0,
                "off_top_oil_c": 55.0,
                "is_verified": False,
            },
        },
        "tap_changers": {
            "units": 0,
            "operations": 0,
            "mean_operations_per_year": 0.0,
            "units_at_end_stop": 0,
            "most_operations": [],
            "longest_at_end_stop": [],
        },
    }


def overload(rank: int, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "rank": rank,
        "element_type": "trafo3w",
        "name": name,
        "alike": [],
        "winding": "mv",
        "substation_name": "Somewhere [220]",
        "limit": "continuous",
        "first_overload_utc": "2026-01-31T19:00:00Z",
        "episodes": 3,
        "hours": 1200.0,
        "peak_percent": 123.45,
        "overload_mvah": 4567.8,
        "failed_h": 0.0,
        "confidence": "assumed",
        "is_representative": True,
    } | changes


def printed(record: dict[str, Any], *pictures: Path) -> list[str]:
    console = Console(file=io.StringIO(), width=160)
    print_summary(console, record, Path("out/case"), pictures)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_all_solved_says_so_in_hours_not_steps() -> None:
    lines = printed(summary())
    assert lines[0] == "A [bold] title (case, 2026-2027)"
    assert lines[1] == "Hours     all 17,520 hours solved, none failed"
    assert lines[2] == "Load      mean 800 MW, peak 1,234 MW on 2027-01-01 01:00; losses 2.5 %"
    assert lines[3] == "Overloads none of 12 transformers in the solved hours"


def limit(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "edition": "rating [plate]",
        "is_verified": True,
        "is_inferred": False,
        "transformers": {"unknown": 0, "violated": 3, "ok": 1234},
    } | changes


def test_every_rule_is_told_with_its_edition_and_how_well_it_is_known() -> None:
    rules = [limit("a"), limit("b", is_inferred=True), limit("c", is_verified=False, is_inferred=True)]
    lines = printed(summary() | {"limits": rules})
    head = next(line.split() for line in lines if line.startswith((" rule", "rule")))
    assert head == ["rule", "violated", "ok", "document,", "edition", "numbers"]
    told = {line.split()[0]: line.split()[1:] for line in lines if line.split()[:1] in (["a"], ["b"], ["c"])}
    assert told == {
        "a": ["3", "1,234", "rating", "[plate]", "as", "read"],
        "b": ["3", "1,234", "rating", "[plate]", "inferred"],
        "c": ["3", "1,234", "rating", "[plate]", "NOT", "VERIFIED"],
    }


def test_what_unsolved_hours_leave_unknown_comes_before_the_violations() -> None:
    rules = [limit("a", transformers={"unknown": 7, "violated": 3, "ok": 2})]
    lines = printed(summary() | {"limits": rules})
    at = next(i for i, line in enumerate(lines) if line.split()[:2] == ["rule", "unknown"])
    assert lines[at + 2].split()[:4] == ["a", "7", "3", "2"]


def test_hot_spots_are_counted_and_the_hottest_named() -> None:
    record = summary()
    assert not [line for line in printed(record) if line.startswith("Hot spots")]
    unit = {"element": "trafo:t1", "substation_name": "Town", "max_hot_spot_temp_c": 131.6, "alike": ["trafo:t2"]}
    record["thermal_life"] |= {
        "units_above_c": {"98": 1234, "120": 7},
        "units_ageing_faster_than_normal": 3,
        "hottest": [unit | {"max_hot_spot_utc": "2026-07-01T09:00:00Z"}],
    }
    begin = "Hot spots transformers that pass"
    lines = printed(record)
    at = lines.index(f"{begin} 98 °C 1,234, 120 °C 7; faster than normal ageing in the mean of a year 3")
    assert lines[at + 1].strip() == "hottest: t1, t2 in Town (132 °C on 2026-07-01 14:00)"
    assert lines[at + 2].strip() == "assumed: the fans of 5 transformers run in every hour"
    record["thermal_life"]["fans"]["operation"] = "switched"
    assert printed(record)[at + 2].strip() == (
        "assumed: the fans of 5 transformers start at 65 °C of top oil and stop below 55, "
        "without them 60 % of the rating"
    )
    record["thermal_life"]["unknown_h"] = 12.0
    lines = printed(record)
    assert lines[at] == f"{begin} 98 °C ≥ 1,234, 120 °C ≥ 7; faster than normal ageing in the mean of a year ≥ 3"
    assert lines[at + 1].strip() == "hottest: t1, t2 in Town (≥ 132 °C on 2026-07-01 14:00)"


def test_tap_changers_are_named_with_their_operations_and_end_stops() -> None:
    record = summary()
    assert not [line for line in printed(record) if line.startswith("Taps")]
    unit = {"element": "trafo:a.t1", "alike": ["trafo:a.t2"], "substation_name": "A [110]", "failed_h": 0.0}
    record["tap_changers"] |= {
        "units": 416,
        "operations": 1_000_000,
        "mean_operations_per_year": 2345.6,
        "most_operations": [unit | {"year": 2031, "operations": 4321, "end_stop_h": 0.0}],
    }
    lines = printed(record)
    at = lines.index("Taps      416 on-load tap changers, in the mean 2,346 operations a year")
    assert lines[at + 1].strip() == "most: a.t1, a.t2 in A [110] (4,321 in 2031)"
    record["tap_changers"] |= {"units_at_end_stop": 7, "longest_at_end_stop": [unit | {"end_stop_h": 1234.0}]}
    assert printed(record)[at + 2].strip() == ("at an end stop at times: 7; longest a.t1, a.t2 in A [110] (1,234 h)")


def test_failed_hours_come_before_everything_else() -> None:
    lines = printed(
        summary(
            solved=8750,
            failed=10,
            failed_h=20,
            by_status={"ok": 8745, "ok_fallback": 5, "diverged": 7, "de_energised": 3},
            failed_h_by_year={"2027": 20},
            first_failed_utc="2027-01-05T10:00:00Z",
            last_failed_utc="2027-02-05T10:00:00Z",
            unserved_mwh=75.0,
        )
    )
    assert lines[1] == "Hours     20 of 17,520 hours have NO solution"
    assert lines[2].strip() == "diverged 14 h, de_energised 6 h"
    assert lines[3].strip().startswith("first 2027-01-05 15:00, last 2027-02-05 15:00")
    assert lines[4].strip() == "2027: 20 h"
    assert lines[5].strip() == "load without any source: 75 MWh"
    assert lines[6].strip() == "17,500 hours solved (10 of them by a slower method)"


def test_worst_transformers_show_date_hours_peak_and_confidence() -> None:
    record = summary()
    record["overloads"] |= {
        "overloaded_transformers": 2,
        "overloaded_lines": 1,
        "first_utc": "2026-01-31T19:00:00Z",
        "overloaded_by_confidence": {"assumed": 1, "osm": 1},
    }
    record["worst_transformers"] = [overload(1, "at_1", alike=["at_2"]), overload(3, "t_9", winding="")]
    lines = printed(record, Path("out/case/plots/map.png"))
    text = "\n".join(lines)
    assert "2 of 12 transformers, first on 2026-02-01 00:00; 1 line too" in text
    row = next(line for line in lines if "at_1" in line)
    for cell in ("1", "at_1, at_2 (mv)", "Somewhere [220]", "2026-02-01 00:00", "1,200", "123.5", "4,568", "assumed"):
        assert cell in row
    assert "unsolved" not in text
    assert lines[-1] == "Pictures  out/case/plots/map.png"


def test_unsolved_hours_of_a_transformer_stand_before_its_name() -> None:
    record = summary()
    record["overloads"] |= {"overloaded_transformers": 1, "first_utc": "2026-01-31T19:00:00Z"}
    record["worst_transformers"] = [overload(1, "at_1", failed_h=17.0)]
    lines = printed(record)
    header = next(line for line in lines if "first overload" in line)
    assert header.index("unsolved h") < header.index("transformer")
    row = next(line for line in lines if "at_1" in line)
    assert row.index(" 17 ") < row.index("at_1")
    assert "≥ 1,200" in row
    assert "≥ 123.5" in row


def test_run_without_a_single_solution_can_be_printed() -> None:
    record = summary(solved=0, failed=8760, failed_h=17520, by_status={"diverged": 8760})
    record["load"] = dict.fromkeys(record["load"])
    lines = printed(record)
    assert lines[1] == "Hours     17,520 of 17,520 hours have NO solution"
    assert not any(line.startswith("Load") for line in lines)


@pytest.mark.parametrize(("key", "words"), [("held_back", "could not go into service"), ("not_built", "not built")])
def test_plan_that_could_not_be_kept_is_told(key: str, words: str) -> None:
    record = summary()
    record[key] = [{"element_id": "x"}]
    assert any(words in line for line in printed(record))
