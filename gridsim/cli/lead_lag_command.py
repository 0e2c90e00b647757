"""The command ``gridsim leadlag``: planned against needed dates of substations, and plants on their day."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import Annotated

import typer

from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import mistakes_told
from gridsim.cli.picture_option import picture_file


def leadlag(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (TOML).")],
    from_year: Annotated[int | None, typer.Option("--from", help="First year, in place of the scenario's.")] = None,
    to_year: Annotated[int | None, typer.Option("--to", help="Last year, in place of the scenario's.")] = None,
    n1: Annotated[
        bool, typer.Option("--n1/--no-n1", help="Whether to look at single outages, too (takes several times as long).")
    ] = False,
    n1_rule: Annotated[
        str | None, typer.Option("--n1-rule", help="Rule that judges N-1, in place of those of N-0.")
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="Threads, or projects side by side; 0 for all.")] = 0,
    csv: Annotated[Path | None, typer.Option(help="Folder for projects.csv and plants.csv.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw planned against needed dates (png, svg or pdf).", callback=picture_file)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON for scripts.")] = False,
) -> None:
    """Tell by which date each planned substation is needed, and whether the grid is ready for each investor plant.

    Example: gridsim leadlag scenarios/reference.toml --from 2026 --to 2035 --n1 --picture leadlag.png
    """
    with mistakes_told():
        from gridsim.cli.progress_bar import ProgressBar  # noqa: PLC0415
        from gridsim.report.lead_lag_table import lead_lag_record, print_lead_lag, write_lead_lag  # noqa: PLC0415
        from gridsim.studies.lead_lag import lead_lag  # noqa: PLC0415  loads pandas

        with ProgressBar(console(is_error=True)) as progress:
            found = lead_lag(
                scenario,
                from_year=from_year,
                to_year=to_year,
                n1=n1,
                n1_rule=n1_rule,
                threads=threads,
                progress=progress,
            )
        if csv is not None:
            write_lead_lag(found, csv)
        if picture is not None:
            from gridsim.plots.gallery import save_figure  # noqa: PLC0415
            from gridsim.plots.lead_lag_figure import draw_lead_lag  # noqa: PLC0415  loads matplotlib

            save_figure(draw_lead_lag(found), picture)
        if as_json:
            typer.echo(json.dumps(lead_lag_record(found), indent=2, ensure_ascii=False))
        else:
            print_lead_lag(console(), found)
