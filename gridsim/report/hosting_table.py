"""Hosting capacity on the console and as records: hours without solution first, then where the least can be added."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table

from gridsim.report.cells import UNKNOWN
from gridsim.report.json_records import plain_records
from gridsim.solve.contingency import NO_OUTAGE
from gridsim.solve.hosting import SINGLE_SUPPLY

if TYPE_CHECKING:
    from rich.console import Console

    from gridsim.studies.hosting_capacity import HostingCapacity

#: A load worth a line of its own in the summary.
TELLING_MW = 10.0
#: Busbars printed from either end of a year before the rest is left to the file.
SMALLEST, LARGEST = 15, 5


def print_hosting(console: Console, found: HostingCapacity) -> None:
    """Print what can be connected, year by year, with what it rests on."""
    rules = found.rules
    console.print(f"[bold]{escape(found.title)}[/bold]", soft_wrap=True)
    console.print(f"Limit     {escape(found.limit)} ({escape(found.edition)})", soft_wrap=True)
    console.print(
        f"Assumed   a constant load at cos phi {rules.cos_phi:g}, one place at a time; a flexible one steps back in up "
        f"to {found.asked_hours:g} h a year;\n          what is above its limit anyway may rise by "
        f"{rules.added_percent:g} percentage point; up to {rules.max_mw:g} MW tried"
    )
    console.print("N-0       nothing is out; every hour of the year is solved")
    for check in found.outage_checks:
        console.print(
            f"N-1       {check.year}: all {check.n_outage:,} single outages, each busbar's MW solved in the "
            f"{found.table['n1_checked_hours'].max():g} hours that carry least of {check.sample_hours:,.0f} peak hours"
            + (f"; {check.unsolved_cases:,} cases there have no solution anyway" if check.unsolved_cases else "")
        )
    for year in sorted(set(found.table["year"])):
        _print_year(console, found, int(year))


def hosting_record(found: HostingCapacity) -> dict[str, Any]:
    """Return everything as plain lists and dicts, for JSON; what is not known is null."""
    rules = found.rules
    return {
        "title": found.title,
        "criteria": ["n-0", "n-1"] if found.outage_checks else ["n-0"],
        "limit": found.limit,
        "edition": found.edition,
        "asked_hours": found.asked_hours,
        "cos_phi": rules.cos_phi,
        "added_percent": rules.added_percent,
        "max_mw": rules.max_mw,
        "tolerance_mw": rules.tolerance_mw,
        "outage_checks": [dataclasses.asdict(check) for check in found.outage_checks],
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
        full = known[known["n0_is_above_before"]]
        console.print(
            f"N-0       {known['n0_firm_mw'].median():.1f} MW at half of the busbars or more, "
            f"{(known['n0_firm_mw'] >= TELLING_MW).sum():,} carry {TELLING_MW:g} MW; "
            f"{len(full):,} held by something overloaded already"
        )
        if found.outage_checks:
            single = known["n1_held_by"] == SINGLE_SUPPLY
            console.print(
                f"N-1       on a single supply, with 0 MW: {single.sum():,}; of the others "
                f"{(known.loc[~single, 'n1_firm_mw'] >= TELLING_MW).sum():,} carry {TELLING_MW:g} MW, "
                f"{known.loc[~single, 'n1_is_above_before'].sum():,} held by something that an outage overloads already"
            )
    n_shown = SMALLEST + LARGEST
    shown = rows if len(rows) <= n_shown else pd.concat([rows.head(SMALLEST), rows.tail(LARGEST)])
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("busbar", no_wrap=True)
    table.add_column("substation", overflow="ellipsis", no_wrap=True, max_width=24)
    has_n1 = bool(found.outage_checks)
    for name in ("N-1 MW", "N-0 MW", "flexible MW", "h", "MWh")[0 if has_n1 else 1 :]:
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("N-1 held by", "N-0 held by")[0 if has_n1 else 1 :]:
        table.add_column(name, overflow="fold")
    for number, (_, row) in enumerate(shown.iterrows()):
        if len(rows) > n_shown and number == SMALLEST:
            table.add_row("...", f"{len(rows) - n_shown:,} more")
        table.add_row(*_cells(found, row))
    console.print(table)
    console.print("* held by something that is overloaded without the addition")


def _cells(found: HostingCapacity, row: pd.Series[Any]) -> list[str]:
    names = [escape(str(row["busbar"])), escape(str(row["substation"]))]
    criteria = ("n1", "n0") if found.outage_checks else ("n0",)
    if row["is_failed"]:
        return [*names, *[UNKNOWN] * (len(criteria) + 2), "[bold red]NO solution[/bold red]"]
    firm = [_marked(_mw(found, row[f"{name}_firm_mw"]), row[f"{name}_is_above_before"]) for name in criteria]
    flexible = [
        _mw(found, row["flexible_mw"]),
        f"{row['curtailed_hours']:,.0f}",
        f"{row['curtailed_mwh']:,.0f}",
    ]
    return [*names, *firm, *flexible, *[_holder(found, row, name) for name in criteria]]


def _marked(text: str, is_above: bool) -> str:
    return f"[red]{text}*[/red]" if is_above else text


def _holder(found: HostingCapacity, row: pd.Series[Any], criterion: str) -> str:
    """Return what holds a firm MW, after which outage, and in which hour of local time."""
    if criterion == "n1" and row["n1_held_by"] == SINGLE_SUPPLY:
        return escape(f"{SINGLE_SUPPLY}, {row['n1_outage']}")
    moment = row[f"{criterion}_time_utc"]
    if pd.isna(moment):
        return "nothing"
    local = f"{moment + pd.Timedelta(hours=found.utc_offset_h):%d %b %H:%M}"
    element = row[f"{criterion}_held_by"]
    outage = f" after {row['n1_outage']}" if criterion == "n1" and row["n1_outage"] != NO_OUTAGE else ""
    return escape(f"{'no solution' if element is None else element}{outage}, {local}")


def _mw(found: HostingCapacity, value: float) -> str:
    return f"over {value:,.0f}" if value >= found.rules.max_mw else f"{value:,.1f}"
