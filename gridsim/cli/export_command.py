"""The command ``gridsim export``: one hour of a finished run for other programs."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridsim.cli.exit_codes import mistakes_told
from gridsim.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridsim.studies.export_hour import ExportedHour

FORMATS = ".json and .xlsx (pandapower), .m and .mat (MATPOWER), .xiidm (IIDM), .raw (PSS/E), .zip (CGMES)"


def export(
    directory: Annotated[Path, typer.Argument(help="Result directory of a finished run.")],
    out: Annotated[Path, typer.Option(help=f"File to write; its ending says in which format: {FORMATS}.")],
    at: Annotated[str | None, typer.Option(help="A time within the hour, UTC unless it says otherwise.")] = None,
    regime: Annotated[
        str | None,
        typer.Option(
            help="In place of --at, with --year: winter-max, winter-min, summer-max or summer-min: the highest or "
            "lowest system load in the local months 12, 1, 2 or 6, 7, 8 of the year, among the hours with a solution."
        ),
    ] = None,
    year: Annotated[int | None, typer.Option(help="Local year of the regime.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON for scripts.")] = False,
) -> None:
    """Write any hour of a run as a solved net, taps where they have settled: pandapower, MATPOWER, IIDM, CGMES.

    Example: gridsim export out/reference --regime winter-max --year 2030 --out winter_2030.json
    """
    with mistakes_told():
        write = _writer(out)
        if out.exists() and not overwrite:
            raise InputError(f"{out}: exists; choose another name, or allow overwriting (--overwrite)")
        from gridsim.results.whole_files import write_whole  # noqa: PLC0415  loads pandas, as the next
        from gridsim.studies.export_hour import export_hour  # noqa: PLC0415

        found = export_hour(directory, at=at, regime=regime, year=year)
        write_whole(out, write(found))
        record = _record(found, out)
        if as_json:
            typer.echo(json.dumps(record, indent=2, ensure_ascii=False))
            return
        why = f": {found.hour.reason}" if found.hour.reason else ""
        typer.echo(f"{found.hour.time_local:%Y-%m-%d %H:%M} local time, {found.time_utc:%Y-%m-%d %H:%M} UTC{why}")
        typer.echo(f"load {found.load_mw:,.1f} MW, losses {found.loss_mw:,.1f} MW, stage {found.stage}")
        typer.echo(
            f"pandapower.runpp repeats the loading of the run within {found.largest_difference_percent:.1g} "
            "percentage points"
        )
        typer.echo(out)


def _record(found: ExportedHour, out: Path) -> dict[str, Any]:
    return {
        "file": str(out),
        "time_utc": found.time_utc.isoformat(),
        "time_local": found.hour.time_local.isoformat(),
        "reason": found.hour.reason,
        "stage": found.stage,
        "load_mw": found.load_mw,
        "loss_mw": found.loss_mw,
        "largest_difference_percent": found.largest_difference_percent,
    }


def _writer(out: Path) -> Callable[[ExportedHour], bytes]:
    """Return what makes the bytes of a format; InputError, before anything is solved, when it cannot be written."""
    from gridsim.grid.exchange_formats import checked_writer  # noqa: PLC0415  loads pandapower

    write = checked_writer(out.suffix.lower(), out.stem)
    return lambda found: write(found.net)
