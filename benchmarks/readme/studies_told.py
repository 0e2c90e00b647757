"""What studies say in the README: single outages, lead and lag, hosting capacity, fixes.

A function called ``..._facts`` picks what is told out of the frames and summaries that commands leave, as JSON can hold
it; the function of the same name without it writes the text from these facts alone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmarks.readme.wording import element_name, paragraph, place, table, twin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Substations named as the worst after an outage.
WORST = 2
SINGLE_SUPPLY = "single supply"


def n1_facts(summary: Mapping[str, Any], failed: pd.DataFrame, worst: pd.DataFrame) -> dict[str, Any]:
    """Return counts of an N-1 study, and its worst."""
    units = worst[worst["element_type"] != "line"]
    names = ["element_type", "name"]
    highest = units.sort_values("worst_percent", ascending=False, kind="stable").drop_duplicates(names)
    above = highest[highest["hours_above"] > 0.0]
    cutting = failed[failed["lost_max_mw"] > 0.0].sort_values("lost_max_mw", ascending=False, kind="stable")
    return {
        "cases": dict(summary["cases"]),
        "cutting": [{"outage": row.outage, "mw": row.lost_max_mw} for row in cutting.itertuples()],
        "transformers": len(highest),
        "above": len(above),
        "by_twin": sum(bool(twin(row.name, element_name(row.cause))) for row in above.itertuples(index=False)),
        "worst": [
            {"substation": row.substation_name, "percent": row.worst_percent}
            for row in above.drop_duplicates("substation_name").head(WORST).itertuples()
        ],
        "confidence": sorted(set(above["confidence"])),
    }


def n1(facts: Mapping[str, Any]) -> str:
    """Return what an N-1 study says, as a table."""
    cases, cutting = facts["cases"], facts["cutting"]
    unsolved, skipped = cases["without_solution"], cases["skipped"]
    solved = "all solved" if cases["solved"] == cases["total"] else f"{cases['solved']:,} solved"
    without = f"{unsolved:,} WITHOUT solution" if unsolved else "none without solution"
    lines = sum(outage["outage"].startswith("line:") for outage in cutting)
    most = f"; {cutting[0]['mw']:.1f} MW at most (`{cutting[0]['outage']}`)" if cutting else ""
    worst = ", ".join(f"{place(unit['substation'])} {unit['percent']:.0f} %" for unit in facts["worst"])
    rows = [
        ("cases", f"{cases['total']:,} outages x hours, {solved}, {skipped or 'none'} skipped, {without}"),
        ("outages that cut load off", f"{len(cutting)}, {lines} of them lines{most}"),
        (
            "transformers above their rating after some outage",
            f"{facts['above']} of {facts['transformers']}, {facts['by_twin']} of them worst when the unit beside them "
            f"fails; {worst}",
        ),
        (f"data of the {facts['above']}", f"{' or '.join(facts['confidence'])} throughout"),
    ]
    return table(("", ""), rows)


def plants_facts(plants: pd.DataFrame, utc_offset_h: float) -> dict[str, Any]:
    """Return how many plants find the grid ready, who waits longest, and who overloads what."""
    waits = plants[plants["wait_months"] > 0.0].sort_values("wait_months", ascending=False, kind="stable")
    overloads = plants[plants["overload_element"].fillna("") != ""]
    local = pd.to_datetime(overloads["overload_utc"]) + pd.Timedelta(hours=utc_offset_h)
    return {
        "plants": len(plants),
        "ready": int((plants["verdict"] == "ready").sum()),
        "waits": len(waits),
        "longest": [{"plant": row.investor_id, "months": row.wait_months} for row in waits.head(1).itertuples()],
        "overloads": [
            {"plant": row.investor_id, "substation": row.overload_substation, "from": f"{moment:%B %Y}"}
            for row, moment in zip(overloads.itertuples(), local, strict=True)
        ],
    }


def plants(facts: Mapping[str, Any]) -> str:
    """Return in a sentence for how many plants the grid is ready."""
    longest = "".join(
        f" (the longest wait is {row['months']:.0f} months, `{row['plant']}`)" for row in facts["longest"]
    )
    overloads = "; ".join(
        f"`{row['plant']}`, {place(row['substation'])}, from {row['from']}" for row in facts["overloads"]
    )
    is_one = len(facts["overloads"]) == 1
    overload, own = ("overloads", "its") if is_one else ("overload", "their")
    return paragraph(
        f"Of {facts['plants']} investor plants {facts['ready']} find the grid ready, {facts['waits']} begin before "
        f"their substation{longest}, and {len(facts['overloads'])} {overload} a transformer in {own} first year "
        f"or {own} first at full output{': ' if overloads else ''}{overloads}."
    )


def outage_needs_facts(projects: pd.DataFrame, utc_offset_h: float) -> dict[str, Any]:
    """Return how many projects are needed against outages before they come, and how many in the first month."""
    behind = projects[projects["n1_verdict"] == "behind"]
    local = pd.to_datetime(behind["n1_needed_utc"]) + pd.Timedelta(hours=utc_offset_h)
    months = local.dt.strftime("%B %Y")
    first = months[local.idxmin()] if len(behind) else ""
    return {
        "projects": len(projects),
        "behind": len(behind),
        "first_month": first,
        "in_first_month": int((months == first).sum()),
    }


def outage_needs(facts: Mapping[str, Any]) -> str:
    """Return in a sentence how many projects are needed against outages before they come."""
    first = f", {facts['in_first_month']} of them in {facts['first_month']}" if facts["behind"] else ""
    return paragraph(
        f"Of {facts['projects']} projects {facts['behind']} are needed against single outages before they come{first}."
    )


def hosting_facts(busbars: pd.DataFrame, shown: Sequence[str]) -> dict[str, Any]:
    """Return the rows of some busbars, and what holds the others."""
    words = ["n1_held_by", "n1_outage", "n0_held_by"]
    busbars = busbars.fillna(dict.fromkeys(words, ""))
    single = busbars["n1_held_by"] == SINGLE_SUPPLY
    above = busbars[busbars["n1_is_above_before"] & ~single]
    holders = above["n1_held_by"].value_counts()
    numbers = ["n1_firm_mw", "n0_firm_mw", "flexible_mw", "curtailed_mwh"]
    marks = ["n1_is_above_before", "n0_is_above_before"]
    rows = busbars.set_index("busbar").loc[list(shown), numbers + words + marks].reset_index().to_dict("records")
    return {
        "busbars": len(busbars),
        "failed": int(busbars["is_failed"].sum()),
        "single": int(single.sum()),
        "n0_above": int(busbars["n0_is_above_before"].sum()),
        "n1_above": len(above),
        "most": {"element": str(holders.index[0]), "busbars": int(holders.iloc[0])} if len(holders) else None,
        "rows": [{str(key): value for key, value in row.items()} for row in rows],
    }


def hosting(facts: Mapping[str, Any]) -> str:
    """Return the table of some busbars, and a note on all of them; hours without solution before all else."""
    rows = []
    for row in facts["rows"]:
        held, outage = row["n1_held_by"], row["n1_outage"]
        beside = twin(element_name(held), element_name(outage))
        rows.append(
            (
                row["busbar"],
                f"{row['n1_firm_mw']:.1f}{'*' * row['n1_is_above_before']}",
                f"{row['n0_firm_mw']:.1f}{'*' * row['n0_is_above_before']}",
                f"{row['flexible_mw']:.1f}",
                f"{row['curtailed_mwh']:,.0f}",
                held,
                f"its twin {beside}" if beside else outage,
                row["n0_held_by"],
            )
        )
    heads = ("busbar", "N-1 MW", "N-0 MW", "flexible MW", "MWh curtailed", "N-1 held by", "after outage of")
    failed, most = facts["failed"], facts["most"]
    unsolved = f"{failed} of {facts['busbars']} busbars have hours WITHOUT solution.\n\n" if failed else ""
    one = f", {most['busbars']} of them by `{most['element']}` alone" if most else ""
    note = paragraph(
        "\\* held by something that is overloaded without the addition (N-1: after some outage), which may rise by one "
        f"percentage point; else a unit overloaded far away would forbid any load anywhere. Of {facts['busbars']} "
        f"busbars that is so at {facts['n0_above']} with nothing out and at {facts['n1_above']} after outages{one}. "
        f"{facts['single']} hang on a single supply, and nothing is firm there."
    )
    return unsolved + table((*heads, "N-0 held by"), rows) + "\n\n" + note


def fixes_facts(candidates: pd.DataFrame, substation: str) -> dict[str, Any]:
    """Return every fix of the transformers of one substation, by cost."""
    own = candidates[candidates["substation_id"] == substation].sort_values("cost_mln", kind="stable")
    columns = ["kind", "what", "cost_mln", "mvah_avoided", "mvah_before", "years_deferred"]
    return {
        "fixes": len(candidates),
        "banks": candidates["transformers"].nunique(),
        "substation": str(own["substation_name"].iloc[0]),
        "transformers": str(own["transformers"].iloc[0]),
        "rows": [{str(key): value for key, value in row.items()} for row in own[columns].to_dict("records")],
    }


def fixes(facts: Mapping[str, Any]) -> str:
    """Return how many fixes were tried, and the table of those of one substation."""
    before = facts["rows"][0]["mvah_before"]
    rows = [
        (
            row["kind"].replace("_", " "),
            row["what"].partition(", which")[0],
            f"{row['cost_mln']:,.0f}",
            f"{row['mvah_avoided']:,.0f}",
            "beyond the years" if math.isinf(row["years_deferred"]) else f"{row['years_deferred']:.1f}",
        )
        for row in facts["rows"]
    ]
    heads = ("fix", "what", "cost, million KZT", f"MVAh avoided of {before:,.0f}", "years deferred")
    units = ", ".join(name.rpartition(".")[2] for name in facts["transformers"].split(", "))
    told = paragraph(
        f"{facts['fixes']} fixes of {facts['banks']} groups of units were tried alone, those of "
        f"{place(facts['substation'])}, units {units}:"
    )
    return f"{told}\n\n{table(heads, rows)}"
