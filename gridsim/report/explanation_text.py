"""What ``gridsim explain`` prints: one transformer at one hour, or every overload of a run, and the same as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table

from gridsim.report.cells import UNKNOWN
from gridsim.report.hours_line import hours_words, run_hours
from gridsim.report.json_records import plain_records, plain_value

if TYPE_CHECKING:
    from rich.console import Console

    from gridsim.results.manifest import Manifest
    from gridsim.studies.explanation import Explanation

#: Contributors and flows printed before the rest is summed up.
N_SHOWN = 12


def print_explanation(console: Console, found: Explanation, *, utc_offset_h: float) -> None:
    """Print one explanation.

    Parameters
    ----------
    console:
        Where to.
    found:
        What :func:`gridsim.studies.explanation.explain` returned.
    utc_offset_h:
        Local time minus UTC.
    """
    at = found.attribution
    local = at.time_utc + pd.Timedelta(hours=utc_offset_h)
    console.print(f"[bold]{escape(at.element)}[/bold] on {local:%Y-%m-%d %H:%M} local time")
    if not at.is_solved:
        console.print("          [bold red]this hour has NO solution: nothing is known about its loading[/bold red]")
        return
    above = at.loading_percent > at.limit_percent
    style = "bold red" if above else "green"
    console.print(
        f"Loading   [{style}]{at.loading_percent:.1f} %[/{style}] of a limit of {_number(at.limit_percent)} %"
    )
    console.print("Tipped by " + (escape(_tipped(at.tipped_by, at.build_up)) if above else "nobody: below its limit"))
    _print_parts(console, at.parts)
    _print_build_up(console, at.build_up, at.limit_percent)
    _print_flows(console, found.flows)


def explanation_record(found: Explanation) -> dict[str, Any]:
    """Return one explanation as plain lists and dicts, for JSON; NaN becomes null."""
    at = found.attribution
    return {
        "element": at.element,
        "time_utc": at.time_utc.isoformat(),
        "is_solved": at.is_solved,
        "loading_percent": plain_value(at.loading_percent),
        "limit_percent": plain_value(at.limit_percent),
        "tipped_by": at.tipped_by,
        "contributors": plain_records(at.parts),
        "build_up": plain_records(at.build_up),
        "flows": plain_records(found.flows),
    }


def overloads_record(table: pd.DataFrame, manifest: Manifest) -> dict[str, Any]:
    """Return the shares in all overloads as plain lists and dicts, for JSON; hours without solution first."""
    failed_h, total_h = run_hours(manifest)
    return {"failed_h": failed_h, "total_h": total_h, "overloads": plain_records(table)}


def print_overloads(console: Console, table: pd.DataFrame, manifest: Manifest) -> None:
    """Print the highest episode of every transformer in every year: who tips it over, and the largest shares.

    How many hours have no solution, and so no overload that could be explained, is said first.

    Parameters
    ----------
    console:
        Where to.
    table:
        What :func:`gridsim.studies.explanation.attribute_overloads` returned.
    manifest:
        That of the run.
    """
    failed_h, _ = run_hours(manifest)
    nothing = "; nothing is known about the overloads of these hours" if failed_h else ""
    console.print(f"Hours     {hours_words(manifest)}{nothing}")
    worst = table[table["is_worst_of_year"]]
    if worst.empty:
        console.print("No transformer is above its limit in the solved hours of the run.")
        return
    shown = Table(box=box.SIMPLE, pad_edge=False)
    for name, justify in (
        ("transformer", "left"),
        ("highest hour", "left"),
        ("peak %", "right"),
        ("limit %", "right"),
        ("tipped by", "left"),
        ("largest shares", "left"),
    ):
        shown.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for (element, _), rows in worst.groupby(["element", "start_utc"], sort=True):
        first = rows.iloc[0]
        local = first["peak_utc"] + pd.Timedelta(hours=manifest.utc_offset_h)
        largest = rows.sort_values("share_percent", ascending=False).head(3)
        shares = ", ".join(f"{_who(row)} {row['share_percent']:.0f} %" for _, row in largest.iterrows())
        shown.add_row(
            escape(str(element)),
            f"{local:%Y-%m-%d %H:%M}",
            _number(first["loading_percent"]),
            _number(first["limit_percent"]),
            escape(str(first["tipped_by"])),
            escape(shares),
        )
    console.print(shown)


def _tipped(tipped_by: str, build_up: pd.DataFrame) -> str:
    reached = build_up.loc[build_up["added"] == tipped_by, "loading_percent"]
    return f"{tipped_by}, which brings it to {reached.iloc[0]:.1f} %" if len(reached) else UNKNOWN


def _print_parts(console: Console, parts: pd.DataFrame) -> None:
    ordered = parts.sort_values("share_percent", key=abs, ascending=False, kind="stable")
    table = Table(box=box.SIMPLE, pad_edge=False, title="Whose current it is", title_justify="left")
    table.add_column("contributor", overflow="fold")
    table.add_column("where")
    table.add_column("since")
    for name in ("own MW", "share %", "loading without it, %"):
        table.add_column(name, justify="right")
    for _, row in ordered.head(N_SHOWN).iterrows():
        since = row["commissioning_date"]
        table.add_row(
            escape(_who(row)),
            escape(str(row["area"])),
            "" if pd.isna(since) else f"{since:%Y-%m-%d}",
            _number(row["p_mw"]),
            _number(row["share_percent"]),
            _number(row["without_percent"]),
        )
    rest = ordered.iloc[N_SHOWN:]
    if len(rest):
        table.add_row(f"{len(rest)} others", "", "", "", _number(rest["share_percent"].sum()), "")
    table.add_row("[bold]all[/bold]", "", "", "", f"[bold]{_number(parts['share_percent'].sum())}[/bold]", "")
    console.print(table)


def _print_build_up(console: Console, build_up: pd.DataFrame, limit_percent: float) -> None:
    table = Table(box=box.SIMPLE, pad_edge=False, title="Built up in order of date", title_justify="left")
    table.add_column("added")
    table.add_column("loading then, %", justify="right")
    changes = build_up["loading_percent"].diff().abs().fillna(1.0) >= 0.05
    for _, row in build_up[changes | build_up["loading_percent"].isna()].iterrows():
        style = "[red]" if row["loading_percent"] > limit_percent else ""
        table.add_row(escape(str(row["added"])), style + _number(row["loading_percent"]))
    console.print(table)


def _print_flows(console: Console, flows: pd.DataFrame) -> None:
    table = Table(box=box.SIMPLE, pad_edge=False, title="Flows from its busbars", title_justify="left")
    for name in ("busbar", "into"):
        table.add_column(name, overflow="fold")
    for name in ("MW", "Mvar"):
        table.add_column(name, justify="right")
    for _, row in flows.iterrows():
        name = escape(str(row["element"]))
        table.add_row(
            escape(str(row["bus"])),
            f"[bold]{name}[/bold]" if row["is_own"] else name,
            _number(row["p_mw"]),
            _number(row["q_mvar"]),
        )
    console.print(table)


def _who(row: pd.Series[Any]) -> str:
    kind = str(row["kind"])
    if kind == "base":
        return f"{row['contributor']}, base year"
    if kind == "growth":
        return f"{row['contributor']}, growth"
    return str(row["contributor"])


def _number(value: float) -> str:
    return UNKNOWN if pd.isna(value) else f"{value:,.1f}"
