"""The command ``gridsim hosting``: how much load can still be connected at the substations of a scenario."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import Annotated

import typer

from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import mistakes_told
from gridsim.cli.picture_option import picture_file


def hosting(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (TOML).")],
    year: Annotated[
        list[int] | None, typer.Option(help="Local year; repeat for more. All of the scenario if not given.")
    ] = None,
    substation: Annotated[
        list[str] | None, typer.Option(help="Substation by its identifier; repeat for more. All if not given.")
    ] = None,
    curtailed_hours: Annotated[
        float, typer.Option("--curtailed-hours", min=0.0, help="Hours a year in which a flexible load steps back.")
    ] = 200.0,
    n1: Annotated[bool, typer.Option("--n1/--no-n1", help="Solve single outages as well.")] = True,
    checked_hours: Annotated[
        int, typer.Option("--checked-hours", min=1, help="Hours a year in which N-1 MW are solved at all outages.")
    ] = 12,
    limit: Annotated[
        str | None, typer.Option(help="Rule of loading by name; the first of the scenario if not given.")
    ] = None,
    cos_phi: Annotated[float, typer.Option("--cos-phi", help="Power factor of the load that is added.")] = 0.95,
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0 for all.")] = 0,
    csv: Annotated[Path | None, typer.Option(help="Write every busbar to this file.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the last year (png, svg or pdf).", callback=picture_file)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON for scripts.")] = False,
) -> None:
    """Tell how many MW can still be connected at each busbar without a new overload: firm N-0 and N-1, and flexible.

    Example: gridsim hosting scenarios/reference.toml --year 2030 --csv hosting.csv --picture hosting.png
    """
    with mistakes_told():
        from gridsim.cli.progress_bar import ProgressBar  # noqa: PLC0415
        from gridsim.report.hosting_table import hosting_record, print_hosting  # noqa: PLC0415  loads pandas
        from gridsim.results.frames import TIME_FORMAT  # noqa: PLC0415
        from gridsim.studies.hosting_capacity import hosting_capacity  # noqa: PLC0415

        with ProgressBar(console(is_error=True)) as progress:
            found = hosting_capacity(
                scenario,
                years=year or None,
                substations=substation or None,
                curtailed_hours=curtailed_hours,
                n1=n1,
                checked_hours=checked_hours,
                limit=limit,
                cos_phi=cos_phi,
                threads=threads,
                progress=progress,
            )
        if csv is not None:
            found.table.to_csv(csv, index=False, date_format=TIME_FORMAT, float_format="%.3f")
        if picture is not None:
            from gridsim.plots.gallery import save_figure  # noqa: PLC0415  loads matplotlib
            from gridsim.plots.hosting_figure import draw_hosting  # noqa: PLC0415

            save_figure(draw_hosting(found), picture)
        if as_json:
            typer.echo(json.dumps(hosting_record(found), indent=2, ensure_ascii=False))
        else:
            print_hosting(console(), found)
