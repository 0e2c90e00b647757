"""The command ``gridsim n1``: every hour of a scenario after every single outage."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import mistakes_told
from gridsim.cli.picture_option import picture_format

if TYPE_CHECKING:
    from gridsim.studies.n1_study import N1Study

SHOWN = 12


def n1(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (TOML).")],
    from_year: Annotated[int | None, typer.Option("--from", help="First year, in place of the scenario's.")] = None,
    to_year: Annotated[int | None, typer.Option("--to", help="Last year, in place of the scenario's.")] = None,
    out: Annotated[Path | None, typer.Option(help="Result directory; out/<scenario name>-n1 if not given.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0 for all.")] = 0,
    limit: Annotated[float, typer.Option(min=0.0, help="Loading in percent that no outage may pass.")] = 100.0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier N-1 study.")] = False,
    pictures: Annotated[bool, typer.Option("--plots/--no-plots", help="Whether to draw the picture.")] = True,
    suffix: Annotated[
        str, typer.Option("--format", help="Format of the picture: png, svg or pdf.", callback=picture_format)
    ] = "png",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print summary and tables as JSON for scripts; words go to standard error.")
    ] = False,
) -> None:
    """Take out each transformer, line and generator unit in turn, every hour; tell what fails and what overloads.

    Example: gridsim n1 scenarios/reference.toml --from 2028 --to 2028
    """
    with mistakes_told():
        from gridsim.cli.progress_bar import ProgressBar  # noqa: PLC0415
        from gridsim.studies.n1_study import run_n1  # noqa: PLC0415

        with ProgressBar(console(is_error=True)) as progress:
            study = run_n1(
                scenario,
                from_year=from_year,
                to_year=to_year,
                out=out,
                threads=threads,
                limit_percent=limit,
                overwrite=overwrite,
                progress=progress,
            )
            progress.stop()
        _tell(study, is_error=as_json)
        drawn: list[Path] = []
        if pictures:
            from gridsim.plots.gallery import save_figure  # noqa: PLC0415  loads matplotlib
            from gridsim.plots.n1_figure import draw_n1  # noqa: PLC0415

            figure = draw_n1(study.failed, study.worst, study.summary)
            drawn.append(save_figure(figure, study.directory / "plots" / f"n1_worst.{suffix}"))
            typer.echo(drawn[-1], err=as_json)
        if as_json:
            from gridsim.report.run_records import n1_record  # noqa: PLC0415

            typer.echo(json.dumps(n1_record(study, drawn), indent=2, ensure_ascii=False))


def _tell(study: N1Study, *, is_error: bool) -> None:
    """Print what failed, then what is overloaded, then where the rest stands."""
    cases: dict[str, Any] = dict(study.summary["cases"])
    typer.echo(
        f"{cases['total']:,} cases: {cases['solved']:,} solved, {cases['without_solution']:,} without solution, "
        f"{cases['skipped']:,} skipped; {cases['cutting_load']:,} of the solved cut load off",
        err=is_error,
    )
    row: Any
    for row in study.failed.head(SHOWN).itertuples():
        what = f"no solution in {row.unsolved_h:,.0f} h" if row.unsolved_h else f"cuts load off in {row.hours:,.0f} h"
        typer.echo(f"  {row.outage}: {what}, up to {row.lost_max_mw:,.1f} MW lost", err=is_error)
    if len(study.failed) > SHOWN:
        typer.echo(f"  and {len(study.failed) - SHOWN} more outages", err=is_error)
    trafos = study.worst[study.worst["element_type"] != "line"]
    above = trafos[trafos["hours_above"] > 0.0]
    limit = study.summary["limit_percent"]
    n_above = len(above[["element_type", "name"]].drop_duplicates())
    n_unit = len(trafos[["element_type", "name"]].drop_duplicates())
    typer.echo(f"{n_above} of {n_unit} transformers above {limit:g} % after some outage", err=is_error)
    for row in above.sort_values("worst_percent", ascending=False).head(SHOWN).itertuples():
        typer.echo(
            f"  {row.substation_name} {row.name}: {row.worst_percent:.1f} % in {row.year} with {row.cause} out, "
            f"{row.hours_above:,.0f} h above",
            err=is_error,
        )
    typer.echo(study.directory, err=is_error)
