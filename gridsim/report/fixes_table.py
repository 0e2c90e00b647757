"""Fixes on the console and in files: what is left without a remedy first, then the plan, then every fix tried alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table

from gridsim.report.cells import UNKNOWN
from gridsim.report.json_records import plain_records
from gridsim.report.rule_table import standing
from gridsim.results.whole_files import write_csv

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from gridsim.studies.fixes import Fixes

FRAMES = ("candidates", "plan", "left", "refused", "catalogue")
#: Fixes of a bank that are printed; the files have all.
SHOWN_FIXES = 4


def print_fixes(console: Console, found: Fixes) -> None:
    """Print what the plan leaves, the plan, and the best fixes of every bank with what they rest on."""
    scenario = found.scenario
    first, last = scenario.horizon.from_year, scenario.horizon.to_year
    span = f"{scenario.name}, {first}" if first == last else f"{scenario.name}, {first}-{last}"
    console.print(f"[bold]{escape(scenario.title)}[/bold] ({escape(span)})", soft_wrap=True)
    console.print("Hours     " + _hours(found), soft_wrap=True)
    if found.candidates.empty:
        whose = f"of {found.asked} " if found.asked else ""
        console.print(f"Fixes     none: no overload {escape(whose)}that a kind of fix applies to")
    console.print("Left      " + _left(found), soft_wrap=True)
    _print_rule(console, found)
    _print_costs(console, found)
    if len(found.left) and not found.asked:
        console.print(_left_table(found))
    if len(found.plan):
        console.print(_plan_table(found))
    if len(found.candidates):
        console.print(_candidate_table(found))


def write_fixes(found: Fixes, folder: Path) -> None:
    """Write ``candidates.csv``, ``plan.csv``, ``left.csv``, ``refused.csv`` and ``catalogue.csv`` into ``folder``."""
    for name in FRAMES:
        write_csv(folder / f"{name}.csv", _with_days(getattr(found, name)), "%.4f")


def fixes_record(found: Fixes) -> dict[str, Any]:
    """Return everything as plain lists and dicts, for JSON; what is unknown or without end is null."""
    return {
        "scenario": found.scenario.name,
        "from_year": found.scenario.horizon.from_year,
        "to_year": found.scenario.horizon.to_year,
        "criterion": "n-0",
        "rule": found.rule.name,
        "currency": found.currency,
        "price_year": found.price_year,
        "total_h": found.total_h,
        "failed_before_h": found.failed_before_h,
        "failed_after_h": found.failed_after_h,
        "mvah_before": found.mvah_before,
        "mvah_after": found.mvah_after,
        "solved_h": found.solved_h,
        **{name: plain_records(_with_days(getattr(found, name))) for name in FRAMES},
        "elapsed_s": dict(found.elapsed_s),
    }


def _hours(found: Fixes) -> str:
    if not found.failed_before_h and not found.failed_after_h:
        return f"[green]all {found.total_h:,} solved, without fixes and with the plan[/green]"
    return (
        f"[bold red]{found.failed_before_h:,} of {found.total_h:,} have NO solution without fixes, "
        f"{found.failed_after_h:,} with the plan[/bold red]"
    )


def _left(found: Fixes) -> str:
    amount = f"{found.mvah_before:,.0f} MVAh of overload without fixes, {_mvah(found.mvah_after)} with the plan"
    if found.left.empty:
        return f"[green]no overload in any hour[/green]: {amount}"
    whose = f"; only {escape(found.asked)} was asked for" if found.asked else ""
    return f"[bold red]{len(found.left):,} groups of transformers are still overloaded[/bold red]: {amount}{whose}"


def _print_rule(console: Console, found: Fixes) -> None:
    rule = found.rule
    number = "limits by unit and hour" if rule.percent is None else f"{rule.percent:g} %"
    told = {"is_verified": rule.is_verified, "is_inferred": rule.is_inferred}
    console.print(
        f"Rule      {escape(rule.name)}, {number} ({escape(rule.edition)}; {standing(told)}); transformers, N-0",
        soft_wrap=True,
    )


def _print_costs(console: Console, found: Fixes) -> None:
    levels = found.catalogue["confidence"].value_counts()
    words = ", ".join(f"{count} {level}" for level, count in levels.items())
    console.print(
        f"Costs     million {escape(found.currency)} at prices of {found.price_year}, not discounted; unit costs: "
        f"[yellow]{words}[/yellow]",
        soft_wrap=True,
    )
    if len(found.plan):
        total = found.plan["cost_mln"].sum()
        console.print(
            f"Plan      {len(found.plan):,} fixes for {total:,.0f} million {escape(found.currency)}, put together "
            "greedily, each simulated on top of those before: not proven to be the cheapest",
            soft_wrap=True,
        )


def _left_table(found: Fixes) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, title="Overload that the plan leaves", title_justify="left")
    table.add_column("transformers", overflow="fold")
    table.add_column("first", no_wrap=True)
    for name in ("hours", "MVAh left", "MVAh without fixes"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in _rows(found.left):
        table.add_row(
            f"[red]{escape(row['transformers'])}[/red]",
            _local(found, row["first_utc"]),
            f"{row['hours']:,.0f}",
            _mvah(row["mvah_left"]),
            _mvah(row["mvah_without"]),
        )
    return table


def _plan_table(found: Fixes) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, title="Plan, in the order of acceptance", title_justify="left")
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("transformers", overflow="fold")
    table.add_column("fix", no_wrap=True)
    table.add_column("what", overflow="fold")
    table.add_column("from", no_wrap=True)
    for name in ("cost", "sum", "MVAh removed", "left"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in _rows(found.plan):
        table.add_row(
            str(row["order"]),
            escape(row["transformers"]),
            _kind(row),
            escape(row["what"]),
            f"{row['day']:%Y-%m-%d}",
            f"{row['cost_mln']:,.0f}",
            f"{row['cumulative_mln']:,.0f}",
            _mvah(row["mvah_removed"]),
            _mvah(row["mvah_after"]),
        )
    return table


def _candidate_table(found: Fixes) -> Table:
    table = Table(
        box=box.SIMPLE, pad_edge=False, title="Each fix alone, by cost per MVAh avoided", title_justify="left"
    )
    table.add_column("transformers", overflow="fold")
    table.add_column("fix", no_wrap=True)
    table.add_column("what", overflow="fold")
    for name in ("cost", "MVAh avoided", "of", "cost per MVAh", "years deferred"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("overloads instead", overflow="fold")
    for bank, group in found.candidates.groupby("transformers", sort=False):
        useful = group[group["rank"].notna()]
        for number, row in enumerate(_rows(useful.head(SHOWN_FIXES))):
            table.add_row(
                escape(str(bank)) if number == 0 else "",
                _kind(row),
                escape(row["what"]),
                f"{row['cost_mln']:,.0f}",
                _mvah(row["mvah_avoided"]),
                _mvah(row["mvah_before"]),
                f"{row['mln_per_mvah']:,.3g}",
                _years(row["years_deferred"]),
                _side_effects(row),
            )
        hidden = len(useful) - SHOWN_FIXES
        if hidden > 0:
            table.add_row("", f"... {hidden} more", "", "", "", "", "", "", "")
    return table


def _side_effects(row: dict[str, Any]) -> str:
    """Return what gets worse elsewhere, hours without solution first."""
    parts = []
    if row["failed_after_h"] > row["failed_before_h"]:
        parts.append(
            f"[bold red]{row['failed_after_h'] - row['failed_before_h']:,.0f} h more without solution[/bold red]"
        )
    if row["caused_transformers"]:
        parts.append(f"[red]{escape(row['caused_transformers'])}, {_mvah(row['caused_mvah'])} MVAh[/red]")
    return "; ".join(parts)


def _kind(row: dict[str, Any]) -> str:
    return str(row["kind"]).replace("_", " ")


def _years(value: float) -> str:
    return "beyond the years" if np.isinf(value) else f"{value:.1f}"


def _mvah(value: float) -> str:
    return f"{value:,.0f}" if value >= 100.0 or value == 0.0 else f"{value:.3g}"


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in record.items()} for record in frame.to_dict("records")]


def _local(found: Fixes, moment: Any) -> str:
    if pd.isna(moment):
        return UNKNOWN
    return f"{moment + pd.Timedelta(hours=found.scenario.horizon.utc_offset_h):%Y-%m-%d}"


def _with_days(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with local days as text, so that only moments are written as moments."""
    return frame.assign(day=frame["day"].dt.strftime("%Y-%m-%d")) if "day" in frame.columns else frame
