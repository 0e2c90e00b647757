"""What ``gridsim show`` prints of one transformer, and the same as records for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table

from gridsim.report.cells import UNKNOWN
from gridsim.report.json_records import plain_records, plain_value
from gridsim.studies.peak_trend import FARTHEST_YEARS, METHOD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from gridsim.studies.dossier import Dossier
    from gridsim.studies.n1_join import N1Join

VERDICT_STYLES = {"violated": "bold red", "unknown": "yellow", "ok": "green"}
#: Larger numbers, as the model of ageing gives them far beyond every limit, are told by their size.
LARGEST_WRITTEN_OUT = 1e7
#: Episodes printed, the largest.
N_EPISODES = 8


def print_dossier(console: Console, found: Dossier) -> None:
    """Print one transformer: what :func:`gridsim.studies.dossier.dossier` returned, in local time."""
    manifest = found.store.manifest
    offset = pd.Timedelta(hours=manifest.utc_offset_h)
    units = zip(found.windings["winding"], found.windings["sn_mva"], strict=True)
    ratings = ", ".join(f"{winding} {sn_mva:g} MVA".lstrip() for winding, sn_mva in units)
    first = found.windings.iloc[0]
    console.print(
        f"[bold]{escape(found.name)}[/bold] in {escape(found.substation_name)}: {ratings}, {first['cooling']}"
        f"{fan_words(first['cooling'], manifest.scenario_values)}{_service_words(found.unit, offset)}"
    )
    failed_h = found.years["failed_h"].sum()
    if failed_h:
        console.print(f"Hours     [bold red]{failed_h:,.0f} hours in service have NO solution[/bold red]")
    start = found.first_overload_utc
    when = "never above it" if start is None else f"first above it on {start + offset:%Y-%m-%d %H:%M}"
    console.print(f"Limit     {escape(found.limit)}: {when} (shown: {escape(found.worst_element)})")
    console.print(f"N-1       {n1_words(found.unit, found.n1, offset)}", soft_wrap=True)
    console.print(f"Trend     {_trend_words(found)}", soft_wrap=True)
    console.print(f"Life      {_life_words(found)}")
    console.print(
        f"Data      {first['confidence']}" + (", a representative unit" if first["is_representative"] else "")
    )
    _print_verdicts(console, found, offset)
    _print_years(console, found)
    _print_episodes(console, found, offset)


def fan_words(cooling: str, scenario_values: Mapping[str, Any]) -> str:
    """Return what a run assumed of the fans of a unit; nothing for units that have none, or whose run did not say."""
    operation = scenario_values.get("cooling.fans", "")
    if cooling != "onaf" or not operation:
        return ""
    if operation == "run":
        return ", fans taken as running"
    standing = "" if scenario_values["cooling.is_verified"] else " (assumed)"
    return f", fans switched at {scenario_values['cooling.on_top_oil_c']:g} °C of top oil{standing}"


def _service_words(unit: pd.Series[Any], offset: pd.Timedelta) -> str:
    """Return from and until when a unit is in service, where that is not the whole run."""
    words = (("open_utc", "from"), ("close_utc", "until"))
    told = [f"{word} {unit[column] + offset:%Y-%m-%d}" for column, word in words if not pd.isna(unit[column])]
    return f", in service {' '.join(told)}" if told else ""


def n1_words(unit: pd.Series[Any], n1: N1Join | None, offset: pd.Timedelta) -> str:
    """Return in words what an N-1 study says of a unit."""
    if n1 is None:
        return "not known: no N-1 run given (--n1 DIR)"
    peak = f"at worst {unit['n1_peak_percent']:.1f} % with {escape(str(unit['n1_cause']))} out"
    match unit["n1_verdict"]:
        case "violated":
            first = unit["n1_first_utc"] + offset
            text = f"first above {n1.limit_percent:g} % on {first:%Y-%m-%d %H:%M}, {unit['n1_hours']:,.0f} h; {peak}"
        case "ok":
            text = f"never above {n1.limit_percent:g} % after any outage; {peak}"
        case "unknown" if pd.isna(unit["n1_peak_percent"]):
            text = f"not known: {n1.n_unsolved:,} cases have NO solution; no loading after any outage is known"
        case "unknown":
            text = f"not known: {n1.n_unsolved:,} cases have NO solution; {peak} among the solved"
        case _:
            return f"not known: the N-1 run of {n1.span} does not have this unit"
    return f"{text} (judged: {n1.span})"


def _trend_words(found: Dossier) -> str:
    slope, year = found.unit["trend_percent_per_year"], found.unit["trend_limit_year"]
    if not pd.isna(found.unit["close_utc"]):
        return "none is told of a unit that goes out of service"
    if pd.isna(slope):
        return "not known: too few whole years with a solution for every hour"
    text = f"{slope:+.2f} points a year"
    if not pd.isna(year):
        text += f"; would pass the limit in {year:.0f}"
    elif found.first_overload_utc is None:
        text += f"; not above the limit within {FARTHEST_YEARS} years, as far as that can be told"
    return f"{text} ({METHOD})"


def _life_words(found: Dossier) -> str:
    if pd.isna(found.unit["max_hot_spot_temp_c"]):
        return "not known: no hour with known temperatures"
    latest = " at the latest" if found.unit["temperature_unknown_h"] else ""
    if pd.isna(found.end_of_life_year):
        return "not used up within a century, if every year were like the last known one"
    return f"used up in {found.end_of_life_year:.0f}{latest}, if every year were like the last known one"


def dossier_record(found: Dossier) -> dict[str, Any]:
    """Return one dossier as plain lists and dicts, for JSON; NaN becomes null."""
    n1 = found.n1
    return {
        "name": found.name,
        "substation_name": found.substation_name,
        "windings": plain_records(found.windings),
        "worst_element": found.worst_element,
        "limit": found.limit,
        "first_overload_utc": plain_value(found.first_overload_utc),
        "end_of_life_year": plain_value(found.end_of_life_year),
        "n1_run": None if n1 is None else n1.described(),
        "unit": {str(key): plain_value(value) for key, value in found.unit.items()},
        "years": plain_records(found.years.reset_index()),
        "verdicts": plain_records(found.verdicts),
        "episodes": plain_records(found.episodes),
    }


def _table(title: str, columns: list[tuple[str, bool]]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, title=title, title_justify="left")
    for name, is_number in columns:
        table.add_column(name, justify="right" if is_number else "left")
    return table


def _print_verdicts(console: Console, found: Dossier, offset: pd.Timedelta) -> None:
    table = _table(
        "By rule (worst winding)",
        [
            ("rule", False),
            ("edition", False),
            ("verdict", False),
            ("first", False),
            ("hours", True),
            ("longest h", True),
            ("numbers", False),
        ],
    )
    for _, row in found.verdicts.iterrows():
        style = VERDICT_STYLES[row["verdict"]]
        first = row["first_violation_utc"]
        basis = "not verified" if not row["is_verified"] else "inferred" if row["is_inferred"] else "as read"
        table.add_row(
            escape(str(row["limit"])),
            escape(str(row["edition"])),
            f"[{style}]{row['verdict']}[/{style}]",
            UNKNOWN if pd.isna(first) else f"{first + offset:%Y-%m-%d}",
            _number(row["hours"], 0),
            _number(row["longest_h"], 0),
            basis,
        )
    console.print(table)


def _print_years(console: Console, found: Dossier) -> None:
    columns = ["year", "peak %", "hours", "longest h", "MVAh", "hot spot C", "life lost, days", "tap operations"]
    if found.n1 is not None:
        columns += ["N-1 peak %", "N-1 hours"]
    has_failed = bool(found.years["failed_h"].any())
    if has_failed:
        columns.insert(1, "unsolved h")
    table = _table("Year by year", [(name, True) for name in columns])
    for year, row in found.years.iterrows():
        cells = [
            str(year),
            _number(row["peak_percent"], 1),
            _number(row["hours"], 0),
            _number(row["longest_h"], 0),
            _number(row["overload_mvah"], 0),
            _number(row["max_hot_spot_temp_c"], 1),
            _number(row["loss_of_life_days"], 2),
            _number(row["tap_operations"], 0),
        ]
        if found.n1 is not None:
            cells += [_number(row["n1_peak_percent"], 1), _number(row["n1_hours"], 0)]
        if has_failed:
            cells.insert(1, _number(row["failed_h"], 0))
        table.add_row(*cells)
    console.print(table)


def _print_episodes(console: Console, found: Dossier, offset: pd.Timedelta) -> None:
    if found.episodes.empty:
        return
    largest = found.episodes.sort_values("overload_mvah", ascending=False, kind="stable").head(N_EPISODES)
    title = f"Largest of {len(found.episodes):,} episodes"
    table = _table(title, [("start", False), ("winding", False), ("hours", True), ("peak %", True), ("MVAh", True)])
    for _, row in largest.iterrows():
        table.add_row(
            f"{row['start_utc'] + offset:%Y-%m-%d %H:%M}",
            str(row["winding"]),
            _number(row["duration_h"], 0),
            _number(row["peak_percent"], 1),
            _number(row["overload_mvah"], 1),
        )
    console.print(table)


def _number(value: float, decimals: int) -> str:
    if pd.isna(value):
        return UNKNOWN
    return f"{value:.1e}" if abs(value) >= LARGEST_WRITTEN_OUT else f"{value:,.{decimals}f}"
