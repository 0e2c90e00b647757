"""Hosting capacity on the console and as records: hours without solution first, then where the least can be added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table

from gridsim.report.json_records import plain_records

if TYPE_CHECKING:
    from rich.console import Console

    from gridsim.studies.hosting_capacity import HostingCapacity

UNKNOWN = "-"
#: Busbars printed from either end of a year before the rest is left to the file.
SMALLEST, LARGEST = 15, 5


def print_hosting(console: Console, found: HostingCapacity) -> None:
    """Print what can be connected, year by year, with what it rests on."""
    rules = found.rules
    console.print(f"[bold]{escape(found.title)}[/bold]", soft_wrap=True)
    console.print(f"Limit     {escape(found.limit)} ({escape(found.edition)}); N-0", soft_wrap=True)
    console.print(
        f"Assumed   a constant load at cos phi {rules.cos_phi:g}, one place at a time; a flexible one steps back in up "
        f"to {found.asked_hours:g} h a year;\n          what is above its limit anyway may rise by "
        f"{rules.added_percent:g} percentage point; up to {rules.max_mw:g} MW tried"
    )
    for year in sorted(set(found.table["year"])):
        _print_year(console, found, int(year))


def hosting_record(found: HostingCapacity) -> dict[str, Any]:
    """Return everything as plain lists and dicts, for JSON; what is not known is null."""
    rules = found.rules
    return {
        "title": found.title,
        "criterion": "n-0",
        "limit": found.limit,
        "edition": found.edition,
        "asked_hours": found.asked_hours,
        "cos_phi": rules.cos_phi,
        "added_percent": rules.added_percent,
        "max_mw": rules.max_mw,
        "tolerance_mw": rules.tolerance_mw,
        "busbars": plain_records(found.table),
    }


def _print_year(console: Console, found: HostingCapacity, year: int) -> None:
    rows = found.of_year(year)
    failed = rows[rows["is_failed"]]
    known = rows[~rows["is_failed"]]
    console.print()
    if len(failed):
        console.print(
            f"{year}      [bold red]{len(failed):,} of {len(rows):,} busbars have hours with NO solution, up to "
            f"{failed['unsolved_hours'].max():,}: nothing is known of them[/bold red]"
        )
    else:
        console.print(f"{year}      [green]all hours solved at all {len(rows):,} busbars[/green]")
    if len(known):
        full = known[known["is_above_before"]]
        console.print(
            f"Firm      {known['firm_mw'].median():.1f} MW at half of the busbars or more, "
            f"{(known['firm_mw'] >= 10.0).sum():,} busbars carry 10 MW; "
            f"{len(full):,} held by something overloaded already"
        )
    n_shown = SMALLEST + LARGEST
    shown = rows if len(rows) <= n_shown else pd.concat([rows.head(SMALLEST), rows.tail(LARGEST)])
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("busbar", no_wrap=True)
    table.add_column("substation", overflow="ellipsis", no_wrap=True, max_width=34)
    for name in ("firm MW", "flexible MW", "curtailed h", "MWh"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("held by", overflow="fold")
    table.add_column("in the hour", no_wrap=True)
    for number, (_, row) in enumerate(shown.iterrows()):
        if len(rows) > n_shown and number == SMALLEST:
            table.add_row("...", f"{len(rows) - n_shown:,} more", "", "", "", "", "", "")
        table.add_row(*_cells(found, row))
    console.print(table)


def _cells(found: HostingCapacity, row: pd.Series[Any]) -> list[str]:
    busbar, substation = escape(str(row["busbar"])), escape(str(row["substation"]))
    if row["is_failed"]:
        return [busbar, substation, "[bold red]NO solution[/bold red]", UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]
    colour = "red" if row["is_above_before"] else "default"
    moment = row["firm_time_utc"]
    local = UNKNOWN if pd.isna(moment) else f"{moment + pd.Timedelta(hours=found.utc_offset_h):%Y-%m-%d %H:%M}"
    return [
        busbar,
        substation,
        f"[{colour}]{_mw(found, row['firm_mw'])}[/{colour}]",
        _mw(found, row["flexible_mw"]),
        f"{row['curtailed_hours']:,.0f}",
        f"{row['curtailed_mwh']:,.0f}",
        _holder(row) + (", overloaded already" if row["is_above_before"] else ""),
        local,
    ]


def _holder(row: pd.Series[Any]) -> str:
    if pd.isna(row["firm_time_utc"]):
        return "nothing"
    return "no solution" if row["firm_element"] is None else escape(str(row["firm_element"]))


def _mw(found: HostingCapacity, value: float) -> str:
    return f"over {value:,.0f}" if value >= found.rules.max_mw else f"{value:,.1f}"
