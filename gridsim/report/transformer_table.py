"""What ``gridsim show`` prints of all transformers of a run, and the same as records and as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from rich import box
from rich.markup import escape
from rich.table import Table

from gridsim.report.cells import AT_LEAST, UNKNOWN
from gridsim.report.hours_line import hours_words, run_hours
from gridsim.report.json_records import plain_records
from gridsim.results.whole_files import write_csv
from gridsim.studies.peak_trend import METHOD, TREND_YEARS
from gridsim.studies.transformers import VERDICT_PREFIX
from gridsim.studies.unit_rows import rows_of_twins

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from gridsim.studies.transformers import TransformerReport

#: Rows printed; a row stands for all units of a substation that are loaded alike.
N_ROWS = 20
#: Life used that is still told as a number, percent.
MOST_LIFE_PERCENT = 1000.0
#: Columns whose texts may be broken, and their least width.
WRAPPED = {"transformer": 22, "with out": 12}
UNITS_FILE, YEARS_FILE = "transformers.csv", "transformer_years.csv"


def print_transformers(console: Console, found: TransformerReport) -> None:
    """Print the worst transformers: what :func:`gridsim.studies.transformers.transformers` returned, in local time."""
    manifest, units = found.store.manifest, found.units
    span = f"{manifest.scenario}, {manifest.from_year}-{manifest.to_year}, {found.store.directory}"
    console.print(f"[bold]{escape(manifest.title)}[/bold] ({escape(span)})", soft_wrap=True)
    console.print(f"Hours     {hours_words(manifest)}")
    above = units["first_overload_utc"].notna()
    rules = ", ".join(dict.fromkeys(units.loc[units["limit"] != "", "limit"]))
    least = AT_LEAST if run_hours(manifest)[0] else ""
    console.print(
        f"N-0       {least}{int(above.sum()):,} of {len(units):,} transformers above the limit ({escape(rules)})"
    )
    console.print(f"N-1       {_n1_line(found)}", soft_wrap=True)
    console.print(f"Trend     {_trend_line(found)}", soft_wrap=True)
    console.print(
        "Life      used of new insulation, and the year of its end if every year were like the last, within a century; "
        + _fans(found),
        soft_wrap=True,
    )
    console.print("Rules     broken, of those that hold for the unit (gridsim rules tells them)")
    groups = _alike(units)
    console.print(_table(found, groups[:N_ROWS]))
    if len(groups) > N_ROWS:
        console.print(f"          and {len(groups) - N_ROWS:,} more rows (--csv and --json have all)")


def _n1_line(found: TransformerReport) -> str:
    if found.n1 is None:
        return "not known: no N-1 run given (--n1 DIR)"
    n1, verdicts = found.n1, found.units["n1_verdict"].value_counts()
    failed = f"[bold red]{n1.n_unsolved:,} cases have NO solution[/bold red]; " if n1.n_unsolved else ""
    violated = int(verdicts.get("violated", 0))
    not_in_it = int(verdicts.get("not in the N-1 run", 0))
    text = f"{failed}{violated:,} transformers above {n1.limit_percent:g} % after some outage in {n1.span}"
    manifest = found.store.manifest
    if (n1.from_year, n1.to_year) != (manifest.from_year, manifest.to_year):
        text += "; other years are not judged, the first date may lie before"
    return text + (f"; {not_in_it:,} are not in the N-1 run" if not_in_it else "")


def _trend_line(found: TransformerReport) -> str:
    last = found.store.manifest.to_year + TREND_YEARS
    coming = found.units["trend_limit_year"]
    coming = coming[coming <= last]
    first = f", the first in {coming.min():.0f}" if len(coming) else ""
    return f"{len(coming):,} more would pass the limit by {last}{first} ({METHOD})"


def _fans(found: TransformerReport) -> str:
    values = found.store.manifest.scenario_values
    operation = values.get("cooling.fans", "run")
    if operation == "run":
        return "fans taken as running"
    return "fans switched by the top oil" + ("" if values.get("cooling.is_verified") else " (assumed values)")


def _alike(units: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows; units of a substation that are loaded and limited alike are one, ``names`` says which."""
    alike = units[["substation_name", "winding", "first_overload_utc", "hours"]]
    rows = rows_of_twins(units, alike.join(units[["peak_percent", "n1_peak_percent"]].round(2)), "name")
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _table(found: TransformerReport, groups: list[dict[str, Any]]) -> Table:
    table = Table(
        box=box.SIMPLE, title="Transformers, worst first (numbers of one unit)", title_justify="left", pad_edge=False
    )
    is_failing = any(row["failed_h"] for row in groups)
    heads = ["transformer", "first above"]
    heads += [">unsolved h"] if is_failing else []
    heads += [">hours", ">longest", ">MVAh", ">peak %", ">a year"]
    heads += ["N-1 first", ">N-1 %", "with out"] if found.n1 is not None else []
    heads += [">hot °C", ">life %", ">life ends", ">rules"]
    for head in heads:
        is_number = head.startswith(">")
        table.add_column(
            head.removeprefix(">"),
            justify="right" if is_number else "left",
            overflow="fold",
            no_wrap=head not in WRAPPED,
            min_width=WRAPPED.get(head),
        )
    for row in groups:
        table.add_row(*_cells(found, row, is_failing=is_failing))
    return table


def _cells(found: TransformerReport, row: dict[str, Any], *, is_failing: bool) -> list[str]:
    offset = pd.Timedelta(hours=found.store.manifest.utc_offset_h)
    least = AT_LEAST if row["failed_h"] else ""
    winding = f" ({row['winding']})" if row["winding"] else ""
    cells = [escape(_unit_names(row["names"]) + winding), _first_above(row, offset)]
    cells += [_number(row["failed_h"], 0)] if is_failing else []
    cells += [
        _number(row["hours"], 0, least),
        _number(row["longest_h"], 0, least),
        _number(row["overload_mvah"], 0, least),
        _number(row["peak_percent"], 1, least),
        _signed(row["trend_percent_per_year"]),
    ]
    if found.n1 is not None:
        cause = _unit_names([row["name"], str(row["n1_cause"]).partition(":")[2]]).partition(", ")[2]
        first = _date(row["n1_first_utc"], offset) if row["n1_verdict"] == "violated" else str(row["n1_verdict"])
        cells += [first, _number(row["n1_peak_percent"], 1), escape(cause)]
    hot = AT_LEAST if row["temperature_unknown_h"] else ""
    ends = row["end_of_life_year"]
    verdicts = [value for name, value in row.items() if name.startswith(VERDICT_PREFIX) and value]
    cells += [
        _number(row["max_hot_spot_temp_c"], 0, hot),
        _life(row["life_used_percent"], hot),
        UNKNOWN if pd.isna(ends) else f"{ends:.0f}",
        f"{least}{verdicts.count('violated')} of {len(verdicts)}",
    ]
    return cells


def _first_above(row: dict[str, Any], offset: pd.Timedelta) -> str:
    """Return when the limit is first passed: the day in the run, or the year behind it by the trend."""
    if pd.isna(row["first_overload_utc"]) and not pd.isna(row["trend_limit_year"]):
        return f"{row['trend_limit_year']:.0f} by trend"
    return _date(row["first_overload_utc"], offset)


def _unit_names(names: list[str]) -> str:
    """Return the names of units of one substation, what they have in common once: ``town.t1, t2``."""
    common = names[0].rpartition(".")[0] + "."
    return ", ".join([names[0], *(name.removeprefix(common) for name in names[1:])])


def transformer_record(found: TransformerReport) -> dict[str, Any]:
    """Return everything as plain lists and dicts, for JSON; NaN becomes null."""
    manifest = found.store.manifest
    return {
        "scenario": manifest.scenario,
        "title": manifest.title,
        "failed_h": run_hours(manifest)[0],
        "n1_run": None if found.n1 is None else found.n1.described(),
        "trend": METHOD,
        "units": plain_records(found.units),
        "years": plain_records(found.years),
    }


def write_transformers(found: TransformerReport, folder: Path) -> None:
    """Write ``transformers.csv`` and ``transformer_years.csv`` into a folder, which is made if it is not there.

    Raises
    ------
    ResultStoreError
        A file cannot be written.
    """
    for name, frame in ((UNITS_FILE, found.units), (YEARS_FILE, found.years)):
        write_csv(folder / name, frame)


def _date(moment: Any, offset: pd.Timedelta) -> str:
    return UNKNOWN if pd.isna(moment) else f"{moment + offset:%Y-%m-%d}"


def _number(value: float, decimals: int, least: str = "") -> str:
    return UNKNOWN if pd.isna(value) else f"{least}{value:,.{decimals}f}"


def _life(percent: float, least: str) -> str:
    """Return the life used in percent; far beyond all of it, where the model says no more than that, only that."""
    return f"> {MOST_LIFE_PERCENT:,.0f}" if percent > MOST_LIFE_PERCENT else _number(percent, 1, least)


def _signed(value: float) -> str:
    return UNKNOWN if pd.isna(value) else f"{value:+.2f}"
