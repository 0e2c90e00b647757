"""The command ``gridsim compare``: what changed between two finished runs."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import Annotated

import typer

from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import mistakes_told
from gridsim.cli.picture_option import picture_file


def compare(
    directory_a: Annotated[Path, typer.Argument(help="Result directory of a finished run.")],
    directory_b: Annotated[Path, typer.Argument(help="Another, of the same years.")],
    limit: Annotated[
        str | None, typer.Option(help="Rule by which overloads are compared; the first of DIRECTORY_A if not given.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write every transformer, changed or not, to this file.")] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            help="Draw dates and MVAh of either run beside each other (png, svg or pdf).", callback=picture_file
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON for scripts.")] = False,
) -> None:
    """Tell what changed from one run to another: inputs, dates, and their consequences for every transformer.

    Example: gridsim compare out/reference out/substations_late --picture consequences.png
    """
    with mistakes_told():
        from gridsim.report.compare_table import print_comparison  # noqa: PLC0415  loads pandas
        from gridsim.results.frames import TIME_FORMAT  # noqa: PLC0415
        from gridsim.studies.compare_runs import compare_runs  # noqa: PLC0415

        comparison = compare_runs(directory_a, directory_b, limit=limit)
        if csv is not None:
            comparison.transformers.to_csv(csv, index=False, date_format=TIME_FORMAT)
        if picture is not None:
            from gridsim.plots.compare_figure import draw_comparison  # noqa: PLC0415  loads matplotlib
            from gridsim.plots.gallery import save_figure  # noqa: PLC0415

            save_figure(draw_comparison(comparison), picture)
        if as_json:
            typer.echo(json.dumps(comparison.to_dict(), indent=2, ensure_ascii=False))
        else:
            print_comparison(console(), comparison)
