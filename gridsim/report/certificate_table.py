"""A certificate on the console, in files and as records: hours without solution first, then engine by engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

from gridsim.report.cells import UNKNOWN
from gridsim.report.json_records import plain_records
from gridsim.results.whole_files import write_csv
from gridsim.studies.certificate import AGREES, DIFFERS

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from gridsim.studies.certificate import Certificate

_COLOURS = {AGREES: "green", DIFFERS: "bold red"}


def print_certificate(console: Console, found: Certificate) -> None:
    """Print what was compared and how far the engines are apart."""
    scenario, hours = found.scenario, found.hours
    span = f"{scenario.name}, {scenario.horizon.from_year}-{scenario.horizon.to_year}"
    console.print(f"[bold]{escape(scenario.title)}[/bold] ({escape(span)})", soft_wrap=True)
    if found.n_failed:
        text = f"[bold red]{found.n_failed:,} of {len(hours):,} hours have NO solution and are not compared[/bold red]"
    else:
        text = f"[green]all {len(hours):,} hours solved[/green]"
    console.print(f"Hours     {text}, drawn from {hours['stage'].nunique():,} stages")
    verdict = "[green]met[/green]" if found.is_met else "[bold red]NOT met[/bold red]"
    console.print(f"Verdict   {verdict}; largest differences between gridsim and")
    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False)
    table.add_column("engine")
    table.add_column("version")
    for title in ("hours", "unsolved", "voltage, pu", "angle, degree", "loading, %-points", "taps elsewhere", "s"):
        table.add_column(title, justify="right")
    table.add_column("verdict")
    for row in found.engines.itertuples():
        colour = _COLOURS.get(str(row.verdict), "yellow")
        table.add_row(
            escape(str(row.engine)),
            escape(str(row.version)) or UNKNOWN,
            f"{row.hours:,}",
            f"{row.failed_hours:,}",
            *(_small(getattr(row, name)) for name in ("vm_pu", "va_degree", "loading_percent")),
            f"{row.taps_elsewhere:,}",
            f"{row.seconds:,.1f}",
            f"[{colour}]{escape(str(row.verdict))}[/{colour}]",
        )
    console.print(table)
    for row in found.engines.itertuples():
        console.print(f"{escape(str(row.engine))}: {escape(str(row.alignment))}", soft_wrap=True)


def write_certificate(found: Certificate, folder: Path) -> None:
    """Write ``engines.csv`` and ``hours.csv`` into ``folder``, made if need be."""
    for name, frame in (("engines", found.engines), ("hours", found.hours)):
        write_csv(folder / f"{name}.csv", frame)


def certificate_record(found: Certificate) -> dict[str, Any]:
    """Return everything as plain lists and dicts, for JSON; what is not known is null."""
    return {
        "scenario": found.scenario.name,
        "is_met": found.is_met,
        "failed_hours": found.n_failed,
        "engines": plain_records(found.engines),
        "hours": plain_records(found.hours),
        "elapsed_s": dict(found.elapsed_s),
    }


def _small(value: float) -> str:
    return UNKNOWN if np.isnan(value) else f"{value:.0e}"
