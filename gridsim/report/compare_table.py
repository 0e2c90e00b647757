"""A comparison of two runs on the console: hours without solution first, then causes, then their consequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table

from gridsim.report.cells import AT_LEAST, UNKNOWN
from gridsim.report.hours_line import hours_words
from gridsim.report.rule_table import standing
from gridsim.studies.compare_frames import units_alike

if TYPE_CHECKING:
    from rich.console import Console

    from gridsim.studies.compare_runs import RunComparison

#: Rows of each table; everything is in the frames.
N_ROWS = 15
N_TAPS = 3
WORDS_OF_CHANGE = {
    "new": "[red]new[/red]",
    "gone": "[green]gone[/green]",
    "earlier": "[red]earlier[/red]",
    "later": "[green]later[/green]",
    "same": "same hour",
    "none": "none",
}


def print_comparison(console: Console, comparison: RunComparison) -> None:
    """Print what changed from run A to run B."""
    for side, store in (("A", comparison.a), ("B", comparison.b)):
        manifest = store.manifest
        span = f"{manifest.scenario}, {manifest.from_year}-{manifest.to_year}, {store.directory}"
        console.print(f"[bold]{side}  {escape(manifest.title)}[/bold] ({escape(span)})", soft_wrap=True)
    _print_hours(console, comparison)
    _print_inputs(console, comparison)
    _print_dates(console, comparison)
    _print_overloads(console, comparison)
    _print_taps(console, comparison)


def _print_hours(console: Console, comparison: RunComparison) -> None:
    texts = [f"{side} {hours_words(store.manifest)}" for side, store in (("A", comparison.a), ("B", comparison.b))]
    console.print("Hours     " + "; ".join(texts))


def _print_inputs(console: Console, comparison: RunComparison) -> None:
    inputs = comparison.inputs
    if inputs.empty:
        console.print("Inputs    the same in both")
        return
    table = _table("Inputs that differ", "kind", "what", "A", "B")
    for row in _records(inputs.head(N_ROWS)):
        values = (escape(row[f"value_{side}"]) or UNKNOWN for side in ("a", "b"))
        table.add_row(row["kind"], escape(row["key"]), *values)
    console.print(table)
    _print_rest(console, len(inputs))


def _print_dates(console: Console, comparison: RunComparison) -> None:
    projects, stages = comparison.projects, comparison.stages
    substations = len(comparison.substations)
    only = [int(stages[f"is_in_{side}"].sum()) for side in ("a", "b")]
    console.print(
        f"Dates     {len(projects):,} projects and investors on another day, {substations:,} substations; "
        f"days on which the grid changes: {only[0]:,} in A only, {only[1]:,} in B only"
    )
    if projects.empty:
        return
    table = _table("Projects and investors on another day", "kind", "name", "A", "B", ">days later")
    for row in _records(projects.head(N_ROWS)):
        dates = (_local(comparison, row[f"date_utc_{side}"], "%Y-%m-%d") for side in ("a", "b"))
        table.add_row(row["kind"], escape(row["name"]), *dates, _shown(row["later_days"], "+,.0f"))
    console.print(table)
    _print_rest(console, len(projects))


def _print_overloads(console: Console, comparison: RunComparison) -> None:
    units = comparison.transformers
    told = [
        f"{side.upper()} {_least(comparison, side)}{int(units[f'first_violation_utc_{side}'].notna().sum()):,} of "
        f"{int(units[f'is_there_{side}'].sum()):,} transformers, {_least(comparison, side)}"
        f"{units[f'overload_mvah_{side}'].sum():,.0f} MVAh"
        for side in ("a", "b")
    ]
    console.print(f"Overloads by rule {escape(_rule_text(comparison))}", soft_wrap=True)
    console.print("          " + "; ".join(told))
    counts = units["change"].value_counts()
    words = [f"{counts[word]:,} {word}" for word in WORDS_OF_CHANGE if word != "none" and word in counts.index]
    console.print("          first overload from A to B: " + (", ".join(words) or "none in either"))
    in_a, in_b = units["is_there_a"], units["is_there_b"]
    console.print(f"          transformers in A only: {(in_a & ~in_b).sum():,}, in B only: {(in_b & ~in_a).sum():,}")
    changed = comparison.consequences
    groups = units_alike(changed[changed["change"] != "none"])
    if groups:
        console.print(_consequences(comparison, groups[:N_ROWS]))
        _print_rest(console, len(groups))


def _consequences(comparison: RunComparison, groups: list[dict[str, Any]]) -> Table:
    is_failing = any(row["failed_h_a"] or row["failed_h_b"] for row in groups)
    failed = (">unsolved h A", ">unsolved h B") if is_failing else ()
    head = ("transformer", "substation", *failed, "overload", "first in A", "first in B", ">days later")
    numbers = (">hours A", ">hours B", ">MVAh A", ">MVAh B", ">peak % A", ">peak % B")
    table = _table("Consequences, the largest change of MVAh (of one unit) first", *head, *numbers)
    for row in groups:
        unsolved = [_shown(row[f"failed_h_{side}"], ",.0f") for side in ("a", "b")] if is_failing else []
        table.add_row(
            escape(", ".join(row["names"])),
            escape(row["substation_name"]),
            *unsolved,
            WORDS_OF_CHANGE[row["change"]],
            *(_first(comparison, row, side) for side in ("a", "b")),
            _shown(row["later_days"], "+,.0f"),
            *_pairs(row),
        )
    return table


def _pairs(row: dict[str, Any]) -> list[str]:
    """Return the numbers of either run, A before B; those beside unsolved hours can only be higher."""
    return [
        (AT_LEAST if row[f"failed_h_{side}"] else "") + _shown(row[f"{name}_{side}"], spec)
        if row[f"is_there_{side}"]
        else UNKNOWN
        for name, spec in (("hours", ",.0f"), ("overload_mvah", ",.0f"), ("peak_percent", ".1f"))
        for side in ("a", "b")
    ]


def _first(comparison: RunComparison, row: dict[str, Any], side: str) -> str:
    if not row[f"is_there_{side}"]:
        return "not built"
    return _local(comparison, row[f"first_violation_utc_{side}"], "%Y-%m-%d")


def _rule_text(comparison: RunComparison) -> str:
    """Return name, edition and standing of the rule, of both runs where they differ."""
    texts = []
    for store in (comparison.a, comparison.b):
        rule = next(rule for rule in store.manifest.limits if rule["name"] == comparison.limit)
        texts.append(f"{comparison.limit} ({rule['edition']}; {standing(rule)})")
    return " / ".join(dict.fromkeys(texts))


def _least(comparison: RunComparison, side: str) -> str:
    return AT_LEAST if comparison.transformers[f"failed_h_{side}"].any() else ""


def _print_taps(console: Console, comparison: RunComparison) -> None:
    taps = comparison.taps
    if taps.empty:
        return
    total_a, total_b = (int(taps[f"operations_{side}"].sum()) for side in ("a", "b"))
    most = ", ".join(
        f"{row['element'].partition(':')[2]} {row['operations_a']:,} -> {row['operations_b']:,}"
        for row in _records(taps.head(N_TAPS))
    )
    text = f"Taps      {len(taps):,} tap changers operate differently: {total_a:,} -> {total_b:,} times; most {most}"
    console.print(text, markup=False, soft_wrap=True)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict(orient="records")]


def _table(title: str, *heads: str) -> Table:
    """Return an empty table; a head that begins with ``>`` stands over numbers."""
    table = Table(box=box.SIMPLE, title=title, title_justify="left", pad_edge=False)
    for head in heads:
        is_number = head.startswith(">")
        justify: Literal["left", "right"] = "right" if is_number else "left"
        is_narrow = is_number or head.startswith("first")
        table.add_column(head.removeprefix(">"), justify=justify, overflow="fold", no_wrap=is_narrow)
    return table


def _print_rest(console: Console, n_row: int) -> None:
    if n_row > N_ROWS:
        console.print(f"          and {n_row - N_ROWS:,} more (--json has all)")


def _local(comparison: RunComparison, moment: Any, spec: str) -> str:
    if pd.isna(moment):
        return UNKNOWN
    return str((moment + pd.Timedelta(hours=comparison.a.manifest.utc_offset_h)).strftime(spec))


def _shown(value: float, spec: str) -> str:
    return UNKNOWN if pd.isna(value) else format(value, spec)
