"""The command ``gridsim show``: everything a finished run says about one transformer."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import Annotated

import typer

from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import mistakes_told


def show(
    directory: Annotated[Path, typer.Argument(help="Result directory of a finished run.")],
    trafo: Annotated[str, typer.Option(help="Transformer by its identifier.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Draw its years, too (png, svg or pdf).")] = None,
) -> None:
    """Show one transformer: verdict by every rule, loading and temperatures year by year, largest overloads.

    Example: gridsim show out/reference --trafo gov_01.t1 --picture gov_01.png
    """
    with mistakes_told():
        from gridsim.report.dossier_text import dossier_record, print_dossier  # noqa: PLC0415  loads pandas
        from gridsim.results.store import ResultStore  # noqa: PLC0415
        from gridsim.studies.dossier import dossier  # noqa: PLC0415

        found = dossier(directory, trafo)
        if picture is not None:
            from gridsim.plots.dossier_figure import draw_dossier  # noqa: PLC0415  loads matplotlib
            from gridsim.plots.gallery import save_figure  # noqa: PLC0415

            save_figure(draw_dossier(found), picture)
        if as_json:
            typer.echo(json.dumps(dossier_record(found), indent=2, ensure_ascii=False))
        else:
            print_dossier(console(), found, utc_offset_h=ResultStore.open(directory).manifest.utc_offset_h)
