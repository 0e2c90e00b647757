"""The command ``gridsim show``: everything a finished run says about its transformers, or about one of them."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import Annotated

import typer

from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import mistakes_told
from gridsim.cli.picture_option import picture_file
from gridsim.errors import InputError


def show(
    directory: Annotated[Path, typer.Argument(help="Result directory of a finished run.")],
    trafo: Annotated[str | None, typer.Option(help="Transformer by its identifier; all of them if not given.")] = None,
    n1: Annotated[Path | None, typer.Option(help="N-1 study of the same scenario, to stand beside the run.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
    csv: Annotated[
        Path | None, typer.Option(help="Of all: folder for transformers.csv and transformer_years.csv.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Of one: draw its years (png, svg or pdf).", callback=picture_file)
    ] = None,
    week: Annotated[
        Path | None,
        typer.Option(
            help="Of one: draw load and temperatures of its hottest week (png, svg or pdf).", callback=picture_file
        ),
    ] = None,
) -> None:
    """Show all transformers in one table, or one: verdicts, loading and temperatures by year, largest overloads.

    Example: gridsim show out/reference --trafo gov_01.t1 --picture gov_01.png
    """
    with mistakes_told():
        if trafo is None:
            _refuse(picture=picture, week=week)
            _show_all(directory, n1, csv, as_json=as_json)
        elif csv is not None:
            raise InputError("--csv is for all transformers; leave out --trafo, or use --json for one")
        else:
            _show_one(directory, trafo, n1, picture, week, as_json=as_json)


def _refuse(**pictures: Path | None) -> None:
    asked = [f"--{name}" for name, path in pictures.items() if path is not None]
    if asked:
        raise InputError(f"{' and '.join(asked)}: a picture is of one transformer; name it with --trafo")


def _show_all(directory: Path, n1: Path | None, csv: Path | None, *, as_json: bool) -> None:
    from gridsim.report.transformer_table import (  # noqa: PLC0415  loads pandas
        print_transformers,
        transformer_record,
        write_transformers,
    )
    from gridsim.studies.transformers import transformers  # noqa: PLC0415

    found = transformers(directory, n1=n1)
    if csv is not None:
        write_transformers(found, csv)
    if as_json:
        typer.echo(json.dumps(transformer_record(found), indent=2, ensure_ascii=False))
    else:
        print_transformers(console(), found)


def _show_one(
    directory: Path, trafo: str, n1: Path | None, picture: Path | None, week: Path | None, *, as_json: bool
) -> None:
    from gridsim.report.dossier_text import dossier_record, print_dossier  # noqa: PLC0415  loads pandas
    from gridsim.studies.dossier import dossier  # noqa: PLC0415

    found = dossier(directory, trafo, n1=n1)
    if picture is not None:
        from gridsim.plots.dossier_figure import draw_dossier  # noqa: PLC0415  loads matplotlib
        from gridsim.plots.gallery import save_figure  # noqa: PLC0415

        save_figure(draw_dossier(found), picture)
    if week is not None:
        from gridsim.plots.gallery import save_figure  # noqa: PLC0415
        from gridsim.plots.thermal_week_figure import draw_thermal_week  # noqa: PLC0415  loads matplotlib
        from gridsim.studies.thermal_week import thermal_week  # noqa: PLC0415  loads pandapower

        save_figure(draw_thermal_week(thermal_week(found.store, trafo)), week)
    if as_json:
        typer.echo(json.dumps(dossier_record(found), indent=2, ensure_ascii=False))
    else:
        print_dossier(console(), found)
