"""The command ``gridsim explain``: because of whom a transformer of a finished run is loaded as it is."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import Annotated

import typer

from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import mistakes_told
from gridsim.cli.picture_option import picture_file


def explain(
    directory: Annotated[Path, typer.Argument(help="Result directory of a finished run.")],
    trafo: Annotated[
        str | None, typer.Option(help="Transformer by its identifier; every overload of the run if not given.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="Hour, UTC unless it says otherwise; the unit's worst hour if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Of all overloads: write every share to this file, too.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Of all overloads: draw them (png, svg or pdf).", callback=picture_file)
    ] = None,
) -> None:
    """Tell whose current flows in a transformer, what would be without each, and who tips it over.

    Example: gridsim explain out/reference --trafo gov_01.t1 --at 2031-01-15T14:00
    """
    with mistakes_told():
        from gridsim.cli.progress_bar import ProgressBar  # noqa: PLC0415
        from gridsim.report.explanation_text import (  # noqa: PLC0415  loads pandas
            explanation_record,
            overloads_record,
            print_explanation,
            print_overloads,
        )
        from gridsim.results.frames import TIME_FORMAT  # noqa: PLC0415
        from gridsim.results.store import ResultStore  # noqa: PLC0415
        from gridsim.studies.explanation import attribute_overloads  # noqa: PLC0415
        from gridsim.studies.explanation import explain as explain_one  # noqa: PLC0415

        store = ResultStore.open(directory)
        offset_h = store.manifest.utc_offset_h
        if trafo is not None:
            found = explain_one(store, trafo, at=at)
            if as_json:
                typer.echo(json.dumps(explanation_record(found), indent=2, ensure_ascii=False))
            else:
                print_explanation(console(), found, utc_offset_h=offset_h)
            return
        with ProgressBar(console(is_error=True)) as progress:
            table = attribute_overloads(store, progress=progress)
        if csv is not None:
            table.to_csv(csv, index=False, date_format=TIME_FORMAT)
        if picture is not None:
            from gridsim.plots.attribution_figure import draw_attribution  # noqa: PLC0415  loads matplotlib
            from gridsim.plots.gallery import save_figure  # noqa: PLC0415

            save_figure(draw_attribution(table, utc_offset_h=offset_h), picture)
        if as_json:
            typer.echo(json.dumps(overloads_record(table, store.manifest), indent=2, ensure_ascii=False))
        else:
            print_overloads(console(), table, store.manifest)
