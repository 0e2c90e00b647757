"""Lead and lag on the console and in files: hours without solution first, then projects, then plants."""

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
from gridsim.scenario.limit_model import rule_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from gridsim.scenario.limit_model import LimitRule
    from gridsim.studies.lead_lag import LeadLag

#: What of N-1 was asked, in words.
N1_ASKED = (
    "single outages of transformers, lines and units of given output (not of voltage-holding plants and ties); the "
    "highest hours of each month, and every hour of the months around the first need. The hour named is a need; an "
    "earlier one is possible before the date from which every hour was asked"
)
_COLOURS = {"behind": "bold red", "ahead": "green", "no need": "default", "not built": "yellow"}


def print_lead_lag(console: Console, found: LeadLag) -> None:
    """Print both tables with what they rest on."""
    scenario = found.scenario
    span = f"{scenario.name}, {scenario.horizon.from_year}-{scenario.horizon.to_year}"
    console.print(f"[bold]{escape(scenario.title)}[/bold] ({escape(span)})", soft_wrap=True)
    if found.failed_h:
        text = f"[bold red]{found.failed_h:,} of {found.total_h:,} hours of the plan have NO solution[/bold red]"
    else:
        text = f"[green]all {found.total_h:,} hours of the plan solved[/green]"
    console.print("Hours     " + text)
    console.print(f"Rule      {_rules(found.rules)}; transformers, N-0", soft_wrap=True)
    if found.n1_rules is not None:
        console.print(f"Rule N-1  {_rules(found.n1_rules)}; transformers, N-1: {N1_ASKED}", soft_wrap=True)
    console.print("Projects  " + _counted(found.projects, "verdict", "n0_lead_months"))
    if found.n1_rules is not None:
        console.print("  N-1     " + _counted(found.projects, "n1_verdict", "n1_lead_months"))
    console.print(_project_table(found))
    if found.n1_rules is not None:
        console.print(_n1_table(found))
        console.print(_cut_off(found.projects), soft_wrap=True)
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
    for name, frame in (("projects", found.projects), ("plants", found.plants)):
        write_csv(folder / f"{name}.csv", _with_dates(frame), "%.3f")


def lead_lag_record(found: LeadLag) -> dict[str, Any]:
    """Return everything as plain lists and dicts, for JSON; what is not known is null."""
    return {
        "scenario": found.scenario.name,
        "from_year": found.scenario.horizon.from_year,
        "to_year": found.scenario.horizon.to_year,
        "criteria": ["n-0"] if found.n1_rules is None else ["n-0", "n-1"],
        "rule": rule_names(found.rules),
        "n1_rule": None if found.n1_rules is None else rule_names(found.n1_rules),
        "n1_asked": None if found.n1_rules is None else N1_ASKED,
        "total_h": found.total_h,
        "failed_h": found.failed_h,
        "projects": plain_records(_with_dates(found.projects)),
        "plants": plain_records(_with_dates(found.plants)),
        "elapsed_s": dict(found.elapsed_s),
    }


def _rules(rules: Sequence[LimitRule]) -> str:
    return ", else ".join(map(_rule, rules))


def _rule(rule: LimitRule) -> str:
    number = "limits by unit and hour" if rule.percent is None else f"{rule.percent:g} %"
    told = {"is_verified": rule.is_verified, "is_inferred": rule.is_inferred}
    return f"{escape(rule.name)}, {number} ({escape(rule.edition)}; {standing(told)})"


def _counted(projects: pd.DataFrame, verdict: str, lead_months: str) -> str:
    counts = projects[verdict].value_counts()
    parts = [f"[{_COLOURS[word]}]{counts[word]:,} {word}[/]" for word in _COLOURS if word in counts.index]
    behind = projects.loc[projects[verdict] == "behind", lead_months]
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
            f"[{colour}]{_months(row, 'n0')}[/]",
            f"[{colour}]{row['verdict']}[/]",
            escape(_without(row, "n0")),
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


def _n1_table(found: LeadLag) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, title="The same against single outages", title_justify="left")
    table.add_column("project", no_wrap=True)
    for name in ("planned", "needed by (N-0)", "needed by (N-1)"):
        table.add_column(name, no_wrap=True)
    table.add_column("months", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("outage", overflow="fold")
    table.add_column("without it", overflow="fold")
    table.add_column("every hour asked from", no_wrap=True)
    order = found.projects.sort_values(["n1_lead_months", "planned_date"], kind="stable")
    for row in _rows(order):
        colour = _COLOURS[row["n1_verdict"]]
        table.add_row(
            escape(row["project_id"]),
            _date(row["planned_date"]),
            _local(found, row["n0_needed_utc"]),
            _local(found, row["n1_needed_utc"]),
            f"[{colour}]{_months(row, 'n1')}[/]",
            f"[{colour}]{row['n1_verdict']}[/]",
            escape(row["n1_outage"].partition(":")[2] or row["n1_outage"]),
            escape(_without(row, "n1")),
            _local(found, row["n1_every_hour_from_utc"]),
        )
    return table


def _cut_off(projects: pd.DataFrame) -> str:
    """Return how many projects keep load supplied that an outage cuts off without them, and the largest such load."""
    saving = projects[projects["n1_cut_off_outages"] > 0]
    if saving.empty:
        return "Cut off   no project saves load that an outage cuts off without it"
    most = _rows(saving.nlargest(1, "n1_cut_off_mw"))[0]
    return (
        f"Cut off   {len(saving):,} projects save load that an outage cuts off without them, which makes no date of "
        f"need; most by {escape(most['project_id'])}: {most['n1_cut_off_mw']:.1f} MW with "
        f"{escape(most['n1_cut_off_outage'])} out"
    )


def _months(row: dict[str, Any], criterion: str) -> str:
    months = row[f"{criterion}_lead_months"]
    if pd.isna(months):
        return UNKNOWN
    bound = "≤ " if row[f"{criterion}_is_bound"] else ""
    digits = 0 if abs(months) >= 1.0 else 1
    return f"{bound}{months:+.{digits}f}"


def _without(row: dict[str, Any], criterion: str) -> str:
    if row[f"{criterion}_need"] == "no solution":
        return "the hour has NO solution"
    element, percent = row[f"{criterion}_element"], row[f"{criterion}_with_percent"]
    if not element:
        return UNKNOWN
    with_it = "out of service" if pd.isna(percent) else f"{percent:.0f} %"
    return f"{element.partition(':')[2]} {row[f'{criterion}_without_percent']:.1f} % (with it {with_it})"


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
