"""The command ``gridsim fixes``: what fixes overloaded transformers, at which cost, and a plan that leaves nothing."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import Annotated

import typer

from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import mistakes_told
from gridsim.cli.picture_option import picture_file


def fixes(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (TOML).")],
    from_year: Annotated[int | None, typer.Option("--from", help="First year, in place of the scenario's.")] = None,
    to_year: Annotated[int | None, typer.Option("--to", help="Last year, in place of the scenario's.")] = None,
    trafo: Annotated[
        str | None, typer.Option(help="Fix this transformer and those beside it only, by name; all if not given.")
    ] = None,
    rule: Annotated[
        str | None, typer.Option(help="Rule of loading by name; the first of the scenario if not given.")
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0 for all.")] = 0,
    csv: Annotated[
        Path | None, typer.Option(help="Folder for the tables: candidates.csv, plan.csv and others.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw costs and effects of the fixes (png, svg or pdf).", callback=picture_file)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON for scripts.")] = False,
) -> None:
    """Try every applicable fix of every overloaded transformer, rank them, and make a plan that leaves no overload.

    Example: gridsim fixes scenarios/reference.toml --from 2028 --to 2028 --picture fixes.png
    """
    with mistakes_told():
        from gridsim.cli.progress_bar import ProgressBar  # noqa: PLC0415
        from gridsim.report.fixes_table import fixes_record, print_fixes, write_fixes  # noqa: PLC0415  loads pandas
        from gridsim.studies.fixes import fixes as find_fixes  # noqa: PLC0415

        with ProgressBar(console(is_error=True)) as progress:
            found = find_fixes(
                scenario,
                from_year=from_year,
                to_year=to_year,
                trafo=trafo,
                rule=rule,
                threads=threads,
                progress=progress,
            )
        if csv is not None:
            write_fixes(found, csv)
        if picture is not None:
            from gridsim.plots.fixes_figure import draw_fixes  # noqa: PLC0415  loads matplotlib
            from gridsim.plots.gallery import save_figure  # noqa: PLC0415

            save_figure(draw_fixes(found), picture)
        if as_json:
            typer.echo(json.dumps(fixes_record(found), indent=2, ensure_ascii=False))
        else:
            print_fixes(console(), found)
