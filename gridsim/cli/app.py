"""The command ``gridsim``, under which all commands stand.

Exit codes: 0 done, 2 bad input (or a result directory that cannot be used), 3 with ``--strict`` when any step failed, 4
when another engine differs or none could be compared, 130 interrupted. What a command says goes to standard output,
errors and progress to standard error; with ``--json`` standard output holds one JSON document and nothing else.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import Annotated

import typer

import gridsim
from gridsim.cli.certify_command import certify
from gridsim.cli.compare_command import compare
from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import ExitCode, mistakes_told
from gridsim.cli.explain_command import explain
from gridsim.cli.export_command import export
from gridsim.cli.fixes_command import fixes
from gridsim.cli.hosting_command import hosting
from gridsim.cli.lead_lag_command import leadlag
from gridsim.cli.n1_command import n1
from gridsim.cli.new_command import new
from gridsim.cli.picture_option import picture_format
from gridsim.cli.report_command import report
from gridsim.cli.rules_command import rules
from gridsim.cli.run_command import run
from gridsim.cli.show_command import show

app = typer.Typer(
    name="gridsim",
    help="Which transformer overloads, when, and for how long, as plants and substations come online.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a sign shows another; it never stops a run
    app()


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"gridsim {gridsim.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    del version


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="Folder with the CSV tables of a network.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON for scripts.")] = False,
) -> None:
    """Check a network folder: every finding with file, row, column and remedy; totals; how well the rows are known.

    Example: gridsim check networks/almaty
    """
    with mistakes_told():
        from gridsim.cli.check_output import check_record, print_findings, print_frame  # noqa: PLC0415  loads pandas
        from gridsim.tables.load import check_tables  # noqa: PLC0415
        from gridsim.tables.totals import confidence_shares, totals  # noqa: PLC0415

        tables, findings = check_tables(folder)
        frames = {} if tables is None else {"totals": totals(tables), "confidence": confidence_shares(tables)}
        if as_json:
            typer.echo(json.dumps(check_record(str(folder), findings, frames), indent=2, ensure_ascii=False))
        else:
            print_findings(console(), str(folder), findings)
            for title, frame in zip(("Totals", "Confidence, percent of the rows"), frames.values(), strict=False):
                print_frame(console(), title, frame)
        if findings:
            raise typer.Exit(ExitCode.bad_input)


app.command()(run)


@app.command()
def plot(
    directory: Annotated[Path, typer.Argument(help="Result directory of a finished run.")],
    kind: Annotated[
        list[str] | None,
        typer.Option(help="overload_timeline, loading_heatmap, demand_and_capacity or map; repeat for more; or all."),
    ] = None,
    year: Annotated[int | None, typer.Option(help="Year that the map shows; the last one if not given.")] = None,
    suffix: Annotated[str, typer.Option("--format", help="png, svg or pdf.", callback=picture_format)] = "png",
    out: Annotated[Path | None, typer.Option(help="Folder of the pictures; plots in DIRECTORY if not given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the files as JSON for scripts.")] = False,
) -> None:
    """Draw pictures of a finished run again.

    Example: gridsim plot out/reference --kind map --year 2035
    """
    with mistakes_told():
        from gridsim.cli.pictures import draw_pictures  # noqa: PLC0415  loads matplotlib
        from gridsim.results.store import ResultStore  # noqa: PLC0415

        drawn = draw_pictures(ResultStore.open(directory), kind or (), year=year, suffix=suffix, folder=out)
        if as_json:
            typer.echo(json.dumps({"pictures": [str(path) for path in drawn]}, indent=2, ensure_ascii=False))
        else:
            for path in drawn:
                typer.echo(path)


app.command()(explain)
app.command()(compare)
app.command()(n1)
app.command()(show)
app.command()(rules)
app.command()(leadlag)
app.command()(hosting)
app.command()(fixes)
app.command()(report)
app.command()(certify)
app.command()(export)
app.add_typer(new, name="new")
