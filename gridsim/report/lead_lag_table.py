"""Lead and lag on the console and in files: hours without solution first, then projects, then plants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table

from gridsim.report.json_records import plain_records
from gridsim.report.rule_table import standing

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from gridsim.studies.lead_lag import LeadLag

UNKNOWN = "-"
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_COLOURS = {"behind": "bold red", "ahead": "green", "no need": "default", "not built": "yellow"}


def print_lead_lag(console: Console, found: LeadLag) -> None:
    """Print both tables with what they rest on."""
    scenario, rule = found.scenario, found.rule
    span = f"{scenario.name}, {scenario.horizon.from_year}-{scenario.horizon.to_year}"
    console.print(f"[bold]{escape(scenario.title)}[/bold] ({escape(span)})", soft_wrap=True)
    if found.failed_h:
        text = f"[bold red]{found.failed_h:,} of {found.total_h:,} hours of the plan have NO solution[/bold red]"
    else:
        text = f"[green]all {found.total_h:,} hours of the plan solved[/green]"
    console.print("Hours     " + text)
    number = "limits by unit and hour" if rule.percent is None else f"{rule.percent:g} %"
    told = {"is_verified": rule.is_verified, "is_inferred": rule.is_inferred}
    console.print(
        f"Rule      {escape(rule.name)}, {number} ({escape(rule.edition)}; {standing(told)}); transformers, N-0",
        soft_wrap=True,
    )
    console.print("Projects  " + _counted(found.projects))
    console.print(_project_table(found))
    plants = found.plants
    waits = int((plants["wait_months"] > 0.0).sum())
    overloads = int((plants["overload_element"] != "").sum())
    ready = int((plants["verdict"] == "ready").sum())
    console.print(
        f"Plants    {len(plants):,}: {ready:,} find the grid ready, {waits:,} wait for their substation, "
        f"{overloads:,} overload a transformer"
    )
    if len(plants) > ready:
        console.print(_plant_table(found))


def write_lead_lag(found: LeadLag, folder: Path) -> None:
    """Write ``projects.csv`` and ``plants.csv`` into ``folder``, made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in (("projects", found.projects), ("plants", found.plants)):
        _with_dates(frame).to_csv(folder / f"{name}.csv", index=False, date_format=TIME_FORMAT, float_format="%.3f")


def lead_lag_record(found: LeadLag) -> dict[str, Any]:
    """Return everything as plain lists and dicts, for JSON; what is not known is null."""
    return {
        "scenario": found.scenario.name,
        "from_year": found.scenario.horizon.from_year,
        "to_year": found.scenario.horizon.to_year,
        "criterion": "n-0",
        "rule": found.rule.name,
        "total_h": found.total_h,
        "failed_h": found.failed_h,
        "projects": plain_records(_with_dates(found.projects)),
        "plants": plain_records(_with_dates(found.plants)),
        "elapsed_s": dict(found.elapsed_s),
    }


def _counted(projects: pd.DataFrame) -> str:
    counts = projects["verdict"].value_counts()
    parts = [f"[{_COLOURS[word]}]{counts[word]:,} {word}[/]" for word in _COLOURS if word in counts.index]
    behind = projects.loc[projects["verdict"] == "behind", "n0_lead_months"]
    middle = f"; half of those behind by more than {-behind.median():.0f} months" if len(behind) else ""
    return f"{len(projects):,}: " + ", ".join(parts) + middle


def _project_table(found: LeadLag) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, title="Planned substations: needed and planned", title_justify="left")
    table.add_column("project", no_wrap=True)
    table.add_column("substation", overflow="ellipsis", no_wrap=True, max_width=44)
    for name in ("planned", "needed by (N-0)"):
        table.add_column(name, no_wrap=True)
    table.add_column("months", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("without it", overflow="fold")
    table.add_column("overloads itself", overflow="fold")
    for row in _rows(found.projects):
        colour = _COLOURS[row["verdict"]]
        table.add_row(
            escape(row["project_id"]),
            escape(row["substation_name"]),
            _date(row["planned_date"]),
            _local(found, row["n0_needed_utc"]),
            f"[{colour}]{_months(row)}[/]",
            f"[{colour}]{row['verdict']}[/]",
            escape(_without(row)),
            escape(_caused(found, row)),
        )
    return table


def _plant_table(found: LeadLag) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, title="Plants for which the grid is not ready", title_justify="left")
    table.add_column("plant", no_wrap=True)
    table.add_column("MW", justify="right", no_wrap=True)
    table.add_column("begins", no_wrap=True)
    table.add_column("served from", overflow="ellipsis", no_wrap=True, max_width=34)
    table.add_column("waits, months", justify="right", no_wrap=True)
    table.add_column("overloads", overflow="fold")
    table.add_column("share %", justify="right", no_wrap=True)
    table.add_column("last straw", overflow="fold")
    for row in _rows(found.plants[found.plants["verdict"] != "ready"]):
        overload = ""
        if row["overload_element"]:
            name = row["overload_element"].partition(":")[2]
            overload = f"{name} {row['overload_percent']:.0f} % from {_local(found, row['overload_utc'])}"
        is_waiting = row["wait_months"] > 0.0
        wait = "for ever" if np.isinf(row["wait_months"]) else f"{row['wait_months']:.0f}" if is_waiting else ""
        table.add_row(
            escape(row["investor_id"]),
            f"{row['p_max_mw']:.1f}",
            _date(row["commissioning_date"]),
            escape(row["served_from"]),
            f"[red]{wait}[/]",
            f"[red]{escape(overload)}[/]",
            UNKNOWN if pd.isna(row["share_percent"]) else f"{row['share_percent']:.1f}",
            escape(row["tipped_by"]),
        )
    return table


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in record.items()} for record in frame.to_dict("records")]


def _months(row: dict[str, Any]) -> str:
    if pd.isna(row["n0_lead_months"]):
        return UNKNOWN
    bound = "≤ " if row["n0_is_bound"] else ""
    digits = 0 if abs(row["n0_lead_months"]) >= 1.0 else 1
    return f"{bound}{row['n0_lead_months']:+.{digits}f}"


def _without(row: dict[str, Any]) -> str:
    if row["n0_need"] == "no solution":
        return "the hour has NO solution"
    if not row["n0_element"]:
        return UNKNOWN
    with_it = "out of service" if pd.isna(row["n0_with_percent"]) else f"{row['n0_with_percent']:.0f} %"
    return f"{row['n0_element'].partition(':')[2]} {row['n0_without_percent']:.1f} % (with it {with_it})"


def _caused(found: LeadLag, row: dict[str, Any]) -> str:
    if not row["causes_element"]:
        return ""
    name = row["causes_element"].partition(":")[2]
    return f"{name} {row['causes_percent']:.1f} % on {_local(found, row['causes_utc'])}"


def _local(found: LeadLag, moment: Any) -> str:
    if pd.isna(moment):
        return UNKNOWN
    return _date(moment + pd.Timedelta(hours=found.scenario.horizon.utc_offset_h))


def _date(day: Any) -> str:
    return UNKNOWN if pd.isna(day) else f"{day:%Y-%m-%d}"


def _with_dates(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with local dates as text, so that only moments are written as moments."""
    dates = [name for name in frame.columns if name.endswith("_date")]
    return frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d") for name in dates})
