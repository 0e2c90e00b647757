"""The command ``gridsim certify``: the same hours by other engines."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import Annotated

import typer

from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import ExitCode, mistakes_told


def certify(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (TOML).")],
    hours: Annotated[int, typer.Option(min=1, help="Hours to draw from the horizon.")] = 200,
    tap_hours: Annotated[
        int, typer.Option(min=0, help="Of these, hours in which pandapower moves the taps; some seconds each.")
    ] = 4,
    from_year: Annotated[int | None, typer.Option("--from", help="First year, in place of the scenario's.")] = None,
    to_year: Annotated[int | None, typer.Option("--to", help="Last year, in place of the scenario's.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="Threads of gridsim; 0 for all.")] = 0,
    csv: Annotated[Path | None, typer.Option(help="Folder for engines.csv and hours.csv.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON for scripts.")] = False,
) -> None:
    """Compare hours of a scenario with pandapower, lightsim2grid, power-grid-model and VeraGrid, those installed.

    Ends with 4 when an engine differs by more than its own accuracy allows, or none could be compared.

    Example: gridsim certify scenarios/reference.toml --hours 200
    """
    with mistakes_told():
        from gridsim.cli.progress_bar import ProgressBar  # noqa: PLC0415
        from gridsim.report.certificate_table import (  # noqa: PLC0415
            certificate_record,
            print_certificate,
            write_certificate,
        )
        from gridsim.studies.certificate import certify as compared  # noqa: PLC0415  loads pandas

        with ProgressBar(console(is_error=True)) as progress:
            found = compared(
                scenario,
                hours=hours,
                tap_hours=tap_hours,
                from_year=from_year,
                to_year=to_year,
                threads=threads,
                progress=progress,
            )
        if csv is not None:
            write_certificate(found, csv)
        if as_json:
            typer.echo(json.dumps(certificate_record(found), indent=2, ensure_ascii=False))
        else:
            print_certificate(console(), found)
        if not found.is_met:
            raise typer.Exit(ExitCode.not_certified)
