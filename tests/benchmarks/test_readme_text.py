"""What the README says follows from facts, and an hour without solution is never left out."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from benchmarks.readme import runs_told, studies_told
from benchmarks.readme.excerpt import ConsoleTable, fenced, lines_with
from benchmarks.readme.wording import twin
from benchmarks.readme.writing import golden_facts

if TYPE_CHECKING:
    from pathlib import Path

PRINTED = """\
Hours     all 8,784 solved
Rule      nameplate
          of the plate
Other     words

 project    needed by (N-0)   months   verdict   with it
 ───────────────────────────────────────────────────────
 later_01   2028-01-20        ≤ -173   behind
 north      -                     -1   no need   12 %

 project    outage
 ───────────────────
 later_01   north.t2

Plants    none
"""


def test_lines_are_chosen_with_what_is_indented_under_them() -> None:
    assert lines_with(PRINTED, ("Rule", "Hours")) == "\n".join(PRINTED.splitlines()[:3])
    with pytest.raises(ValueError, match="'Left'"):
        lines_with(PRINTED, ("Left",))
    assert fenced("a", "b") == "```text\na\n\nb\n```"


def test_whole_table_is_the_printed_one() -> None:
    table = ConsoleTable.read(PRINTED, "project")
    assert table.heads == ("project", "needed by (N-0)", "months", "verdict", "with it")
    assert table.chosen().splitlines() == PRINTED.splitlines()[5:9]


def test_rows_and_columns_are_chosen_by_name_and_drawn_together() -> None:
    table = ConsoleTable.read(PRINTED, "project")
    shown = table.chosen(("project", "months"), ("north",))
    assert shown.splitlines() == [" project   months", " ────────────────", " north         -1"]
    assert table.chosen(most=1).splitlines()[2:] == [" later_01   2028-01-20        ≤ -173   behind"]


def test_table_is_found_by_a_column_of_its_own() -> None:
    assert ConsoleTable.read(PRINTED, "project", "outage").chosen().splitlines()[-1] == " later_01   north.t2"
    for wrong in (("nothing", ""), ("project", "nothing")):
        with pytest.raises(ValueError, match="'nothing'"):
            ConsoleTable.read(PRINTED, *wrong)


@pytest.mark.parametrize(("heads", "keys"), [(("cost",), ()), ((), ("later",))])
def test_what_is_no_longer_printed_is_told(heads: tuple[str, ...], keys: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"no (column|row)"):
        ConsoleTable.read(PRINTED, "project").chosen(heads, keys)


def test_hours_without_solution_would_be_told(repository: Path) -> None:
    summary = golden_facts(repository, "reference")
    assert "none failed" in runs_told.reference(summary)
    steps = summary["steps"] | {"failed": 7, "solved": summary["steps"]["total"] - 7}
    assert "7 WITHOUT solution" in runs_told.reference(summary | {"steps": steps})


def test_other_scenarios_count_at_least_where_hours_failed() -> None:
    summaries = [
        {
            "scenario": "substations_late",
            "from_year": 2028,
            "steps": {"failed": failed, "total": 8784},
            "overloads": {"overloaded_transformers": 3, "transformers": 9},
        }
        for failed in (0, 1200)
    ]
    lines = runs_told.scenarios(runs_told.scenarios_facts(summaries)).splitlines()
    assert lines[2:] == [
        "| substations late, 2028 | 0 of 8,784 | 3 of 9 |",
        "| substations late, 2028 | 1,200 of 8,784 | at least 3 of 9 |",
    ]


def test_certificate_tells_failed_hours_and_every_engine() -> None:
    engines = pd.DataFrame(
        {
            "engine": ["one", "two"],
            "version": ["1.0", "2.0"],
            "hours": [2, 0],
            "vm_pu": [3e-10, math.nan],
            "va_degree": [2e-8, math.nan],
            "loading_percent": [1e-6, math.nan],
            "verdict": ["agrees", "not installed"],
        }
    )
    hours = pd.DataFrame({"status": ["ok", "diverged", "ok_fallback"], "stage": [0, 0, 3]})
    text = runs_told.certificate(kept(runs_told.certificate_facts(engines, hours)))
    assert text.startswith("2 of 3 hours solved by gridsim, drawn from 2 stages.")
    assert "| one | 1.0 | 2 | 3e-10 | 2e-08 | 1e-06 | agrees |" in text
    assert "| two | 2.0 | 0 | nan | nan | nan | not installed |" in text


def test_outages_without_solution_stand_beside_the_worst() -> None:
    cases = {"total": 5000, "solved": 4990, "without_solution": 10, "skipped": 0}
    failed = pd.DataFrame({"outage": ["trafo:a.t1", "line:l", "line:m"], "lost_max_mw": [0.0, 1.5, 3.25]})
    worst = pd.DataFrame(
        [
            ("trafo", "a.t1", "Alpha", 120.0, "trafo:a.t2", 5.0, "assumed"),
            ("trafo3w", "b.t1", "Beta", 140.0, "line:l", 2.0, "inferred"),
            ("trafo3w", "b.t1", "Beta", 90.0, "trafo3w:b.t2:hv", 0.0, "inferred"),
            ("trafo", "c.t1", "Gamma", 80.0, "trafo:c.t2", 0.0, "published"),
            ("line", "l", "", 170.0, "line:m", 9.0, "published"),
        ],
        columns=["element_type", "name", "substation_name", "worst_percent", "cause", "hours_above", "confidence"],
    )
    text = studies_told.n1(kept(studies_told.n1_facts({"cases": cases}, failed, worst)))
    assert "| cases | 5,000 outages x hours, 4,990 solved, none skipped, 10 WITHOUT solution |" in text
    assert "| outages that cut load off | 2, 2 of them lines; 3.2 MW at most (`line:m`) |" in text
    assert "| 2 of 3, 1 of them worst when the unit beside them fails; Beta 140 %, Alpha 120 % |" in text
    assert "| data of the 2 | assumed or inferred throughout |" in text


def test_plants_are_counted_and_the_longest_wait_is_named() -> None:
    plants = pd.DataFrame(
        {
            "investor_id": ["a", "b", "c", "d"],
            "wait_months": [0.0, 3.0, 30.4, 0.0],
            "verdict": ["ready", "waits", "waits", "overloads"],
            "overload_element": [None, None, None, "trafo:x.t1"],
            "overload_substation": [None, None, None, "Representative 110 kV substation Talgar"],
            "overload_utc": [None, None, None, "2035-12-31T20:00:00Z"],
        }
    )
    text = " ".join(studies_told.plants(kept(studies_told.plants_facts(plants, 5.0))).split())
    assert text.startswith("Of 4 investor plants 1 find the grid ready, 2 begin before their substation")
    assert "(the longest wait is 30 months, `c`)" in text
    assert ", and 1 overloads a transformer in its first year or its first at full output" in text
    assert text.endswith(": `d`, Talgar, from January 2036.")


def test_needs_against_outages_are_counted_by_local_month() -> None:
    projects = pd.DataFrame(
        {
            "n1_verdict": ["behind", "behind", "behind", "ahead", "no need"],
            "n1_needed_utc": ["2025-12-31T20:00:00Z", "2026-01-31T18:00:00Z", "2026-01-31T20:00:00Z", None, None],
        }
    )
    text = studies_told.outage_needs(kept(studies_told.outage_needs_facts(projects, 5.0)))
    assert text == "Of 5 projects 3 are needed against single outages before they come, 2 of them in January 2026."


def test_hosting_names_twins_and_counts_what_holds_the_others() -> None:
    row = {"is_failed": False, "n0_firm_mw": 9.0, "flexible_mw": 10.0, "curtailed_mwh": 1234.0, "n0_held_by": "line:z"}
    busbars = pd.DataFrame(
        [
            row | holder("a.10", 1.25, "trafo:a.t1", "trafo:a.t2", n1=True, n0=False),
            row | holder("b.10", 0.0, "single supply", "line:l", n1=False, n0=True),
            row | holder("c.10", 2.0, "trafo:a.t1", "line:l", n1=True, n0=True),
            row | holder("d.10", math.nan, None, None, n1=False, n0=False) | {"is_failed": True},
        ]
    )
    text = studies_told.hosting(kept(studies_told.hosting_facts(busbars, ["a.10", "b.10"])))
    assert text.startswith("1 of 4 busbars have hours WITHOUT solution.")
    assert "| a.10 | 1.2* | 9.0 | 10.0 | 1,234 | trafo:a.t1 | its twin t2 | line:z |" in text
    assert "| b.10 | 0.0 | 9.0* | 10.0 | 1,234 | single supply | line:l | line:z |" in text
    words = " ".join(text.split())
    assert "Of 4 busbars that is so at 2 with nothing out and at 2 after outages, 2 of them by `trafo:a.t1`" in words
    assert words.endswith("1 hang on a single supply, and nothing is firm there.")


def holder(busbar: str, mw: float, held: str | None, outage: str | None, *, n1: bool, n0: bool) -> dict[str, Any]:
    return {
        "busbar": busbar,
        "n1_firm_mw": mw,
        "n1_held_by": held,
        "n1_outage": outage,
        "n1_is_above_before": n1,
        "n0_is_above_before": n0,
    }


def test_fixes_of_one_substation_stand_by_cost() -> None:
    own = {"substation_id": "s", "substation_name": "Representative 110 kV S", "transformers": "s.t1, s.t2"}
    candidates = pd.DataFrame(
        [
            own | {"kind": "load_transfer", "what": "5 MW to r, which has it", "cost_mln": 900.4, "mvah_avoided": 10.0},
            own | {"kind": "fans", "what": "fans", "cost_mln": 3.0, "mvah_avoided": 4.0},
            own | {"kind": "fans", "what": "x", "cost_mln": 1.0, "mvah_avoided": 4.0, "substation_id": "r"},
        ]
    ).assign(mvah_before=10.0, years_deferred=[math.inf, 0.24, 0.0])
    text = studies_told.fixes(kept(studies_told.fixes_facts(candidates, "s")))
    assert text.splitlines()[0] == "3 fixes of 1 groups of units were tried alone, those of S, units t1, t2:"
    assert text.splitlines()[4:] == [
        "| fans | fans | 3 | 4 | 0.2 |",
        "| load transfer | 5 MW to r | 900 | 10 | beyond the years |",
    ]


def test_twin_is_another_unit_of_the_same_substation() -> None:
    assert twin("a.t1", "a.t2") == "t2"
    assert not any(twin(*names) for names in (("a.t1", "a.t1"), ("a.t1", "b.t2"), ("l", "m"), ("", "")))


def kept(facts: Any) -> Any:
    """Return facts as they come back from the file in which they are kept."""
    return json.loads(json.dumps(facts))
