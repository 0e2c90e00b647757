"""The ending summary on the console: failed hours first, then the worst transformers, then where the pictures are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table

from gridsim.report.cells import AT_LEAST, UNKNOWN
from gridsim.report.rule_table import rule_table
from gridsim.results.layout import OVERLOADS_FILE, SUMMARY_FILE
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

#: Transformers named in a line.
N_NAMED = 3


def print_summary(console: Console, summary: Mapping[str, Any], directory: Path, pictures: Sequence[Path] = ()) -> None:
    """Print the summary of a study.

    Parameters
    ----------
    console:
        Where to; colours and width are the console's own.
    summary:
        As in ``summary.json``.
    directory:
        Where the results are.
    pictures:
        Pictures that were drawn.
    """
    span = f"{summary['from_year']}-{summary['to_year']}"
    console.print(f"[bold]{escape(str(summary['title']))}[/bold] ({escape(str(summary['scenario']))}, {span})")
    _print_steps(console, summary)
    _print_load(console, summary)
    _print_overloads(console, summary)
    if summary["limits"]:
        console.print(rule_table(summary["limits"]))
    _print_heat(console, summary)
    _print_taps(console, summary)
    _print_held_back(console, summary)
    console.print(f"Results   {directory}  ({OVERLOADS_FILE}, {SUMMARY_FILE}, ...)", markup=False, soft_wrap=True)
    for number, picture in enumerate(pictures):
        console.print(f"{'Pictures' if number == 0 else '':<9} {picture}", markup=False, soft_wrap=True)


def _print_steps(console: Console, summary: Mapping[str, Any]) -> None:
    steps, hours = summary["steps"], summary["resolution_h"]
    total_h, failed_h = steps["total"] * hours, steps["failed"] * hours
    if not steps["failed"]:
        console.print(f"Hours     [green]all {total_h:,} hours solved, none failed[/green]" + _fallback(steps, hours))
        return
    console.print(f"Hours     [bold red]{failed_h:,} of {total_h:,} hours have NO solution[/bold red]")
    kinds = {name: count for name, count in steps["by_status"].items() if count and not name.startswith("ok")}
    console.print("          " + ", ".join(f"{name} {count * hours:,} h" for name, count in kinds.items()))
    first, last = (_local(summary, steps[key]) for key in ("first_failed_utc", "last_failed_utc"))
    console.print(f"          first {first}, last {last}; nothing is known about the loading of these hours")
    by_year = [f"{year}: {failed:,} h" for year, failed in steps["failed_h_by_year"].items()]
    console.print("          " + "; ".join(by_year))
    if steps["unserved_mwh"]:
        console.print(f"          load without any source: {steps['unserved_mwh']:,.0f} MWh")
    console.print(f"          {steps['solved'] * hours:,} hours solved" + _fallback(steps, hours))


def _fallback(steps: Mapping[str, Any], hours: int) -> str:
    slower = steps["by_status"].get("ok_fallback", 0)
    return f" ({slower * hours:,} of them by a slower method)" if slower else ""


def _print_load(console: Console, summary: Mapping[str, Any]) -> None:
    load = summary["load"]
    if load["mean_mw"] is None:
        return
    console.print(
        f"Load      mean {load['mean_mw']:,.0f} MW, peak {load['peak_mw']:,.0f} MW on "
        f"{_local(summary, load['peak_utc'])}; losses {_shown(load['loss_percent'], '.1f')} %"
    )


def _print_overloads(console: Console, summary: Mapping[str, Any]) -> None:
    overloads = summary["overloads"]
    n_overloaded = overloads["overloaded_transformers"]
    n_line = overloads["overloaded_lines"]
    line_text = f"; {n_line:,} {'line' if n_line == 1 else 'lines'} too" if n_line else ""
    if not n_overloaded:
        console.print(f"Overloads none of {overloads['transformers']:,} transformers in the solved hours{line_text}")
        return
    console.print(
        f"Overloads [bold]{n_overloaded:,} of {overloads['transformers']:,} transformers[/bold], first on "
        f"{_local(summary, overloads['first_utc'])}{line_text}"
    )
    by_confidence = ", ".join(f"{name} {count}" for name, count in overloads["overloaded_by_confidence"].items())
    console.print(f"          by confidence of their data: {by_confidence}")
    console.print(_worst_table(summary))


def _worst_table(summary: Mapping[str, Any]) -> Table:
    rows = summary["worst_transformers"]
    is_failing = any(row["failed_h"] for row in rows)
    table = Table(
        box=box.SIMPLE, title="Worst transformers by overload (MVAh of one unit)", title_justify="left", pad_edge=False
    )
    table.add_column("#", justify="right")
    if is_failing:
        table.add_column("unsolved h", justify="right", style="red")
    table.add_column("transformer", overflow="fold")
    table.add_column("substation", overflow="fold")
    table.add_column("first overload", no_wrap=True)
    for name in ("hours", "peak %", "MVAh"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("limit")
    table.add_column("confidence")
    for number, row in enumerate(rows, start=1):
        winding = f" ({row['winding']})" if row["winding"] else ""
        least = AT_LEAST if row["failed_h"] else ""
        cells = [
            str(number),
            escape(", ".join([row["name"], *row["alike"]]) + winding),
            escape(row["substation_name"]),
            _local(summary, row["first_overload_utc"]),
            least + _shown(row["hours"], ",.0f"),
            least + _shown(row["peak_percent"], ".1f"),
            least + _shown(row["overload_mvah"], ",.0f"),
            escape(row["limit"]),
            row["confidence"],
        ]
        if is_failing:
            cells.insert(1, _shown(row["failed_h"], ",.0f"))
        table.add_row(*cells)
    return table


def _print_heat(console: Console, summary: Mapping[str, Any]) -> None:
    heat = summary["thermal_life"]
    if not heat["hottest"]:
        return
    least = AT_LEAST if heat["unknown_h"] else ""
    above = ", ".join(f"{limit} °C {least}{count:,}" for limit, count in heat["units_above_c"].items())
    text = (
        f"Hot spots transformers that pass {above}; faster than normal ageing in the mean of a year "
        f"{least}{heat['units_ageing_faster_than_normal']:,}"
    )
    console.print(text, markup=False, soft_wrap=True)
    hottest = ", ".join(
        f"{_names(row)} in {row['substation_name']} ({least}{row['max_hot_spot_temp_c']:.0f} °C on "
        f"{_local(summary, row['max_hot_spot_utc'])})"
        for row in heat["hottest"][:N_NAMED]
    )
    console.print(f"          hottest: {hottest}", markup=False, soft_wrap=True)
    console.print(f"          {_fan_text(heat['fans'])}", markup=False, soft_wrap=True)


def _fan_text(fans: Mapping[str, Any]) -> str:
    if fans["operation"] == "run":
        return f"assumed: the fans of {fans['units']:,} transformers run in every hour"
    standing = "as read" if fans["is_verified"] else "assumed"
    return (
        f"{standing}: the fans of {fans['units']:,} transformers start at {fans['on_top_oil_c']:g} °C of top oil and "
        f"stop below {fans['off_top_oil_c']:g}, without them {fans['natural_rating'] * PERCENT:g} % of the rating"
    )


def _print_taps(console: Console, summary: Mapping[str, Any]) -> None:
    taps = summary["tap_changers"]
    if not taps["units"]:
        return
    mean = taps["mean_operations_per_year"]
    text = f"Taps      {taps['units']:,} on-load tap changers, in the mean {mean:,.0f} operations a year"
    console.print(text, markup=False, soft_wrap=True)
    busiest = ", ".join(
        f"{_names(row)} in {row['substation_name']} ({row['operations']:,} in {row['year']})"
        for row in taps["most_operations"][:N_NAMED]
    )
    console.print(f"          most: {busiest}", markup=False, soft_wrap=True)
    if taps["units_at_end_stop"]:
        longest = ", ".join(
            f"{_names(row)} in {row['substation_name']} ({row['end_stop_h']:,.0f} h)"
            for row in taps["longest_at_end_stop"][:N_NAMED]
        )
        text = f"          at an end stop at times: {taps['units_at_end_stop']:,}; longest {longest}"
        console.print(text, markup=False, soft_wrap=True)


def _names(row: Mapping[str, Any]) -> str:
    return ", ".join(element.partition(":")[2] for element in [row["element"], *row["alike"]])


def _print_held_back(console: Console, summary: Mapping[str, Any]) -> None:
    n_held_back, n_not_built = len(summary["held_back"]), len(summary["not_built"])
    if n_not_built:
        console.print(f"Plan      {n_not_built:,} projects are not built in this scenario")
    if n_held_back:
        console.print(
            f"Plan      [yellow]{n_held_back:,} planned elements could not go into service on their day[/yellow] "
            f"(held_back in {SUMMARY_FILE})"
        )


def _local(summary: Mapping[str, Any], time_utc: str | None) -> str:
    """Return a UTC time of the summary as local time to the minute."""
    if time_utc is None:
        return UNKNOWN
    moment = pd.Timestamp(time_utc) + pd.Timedelta(hours=summary["utc_offset_h"])
    return moment.strftime("%Y-%m-%d %H:%M")


def _shown(value: float | None, spec: str) -> str:
    return UNKNOWN if value is None else format(value, spec)
