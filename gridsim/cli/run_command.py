"""The command ``gridsim run``: a scenario from its file, or an interrupted run from its directory."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003  typer reads the annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer

from gridsim.cli.consoles import console
from gridsim.cli.exit_codes import ExitCode, mistakes_told
from gridsim.enums import Solver  # noqa: TC001  likewise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gridsim.studies.progress import Progress
    from gridsim.studies.time_series import StudyResult


def run(
    scenario: Annotated[Path | None, typer.Argument(help="Scenario file (TOML).")] = None,
    from_year: Annotated[int | None, typer.Option("--from", help="First year, in place of the scenario's.")] = None,
    to_year: Annotated[int | None, typer.Option("--to", help="Last year, in place of the scenario's.")] = None,
    out: Annotated[Path | None, typer.Option(help="Result directory; out/<scenario name> if not given.")] = None,
    threads: Annotated[int | None, typer.Option(min=0, help="Threads; 0, or not given, for all.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 when any step has no solution.")] = False,
    solver: Annotated[Solver | None, typer.Option(help="Solver, in place of the scenario's.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the results of an earlier run.")] = False,
    reuse: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Earlier run; what has not changed since is taken over from it."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="In place of SCENARIO: interrupted run to go on with, as it began."),
    ] = None,
    net: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="In place of SCENARIO: a net (pandapower .json, .xlsx; MATPOWER .m, .mat; .xiidm, CGMES .zip, .raw).",
        ),
    ] = None,
    profiles: Annotated[
        Path | None,
        typer.Option(help="With --net: .csv or .parquet, column step and columns such as load.p_mw.7; else one step."),
    ] = None,
    pictures: Annotated[bool, typer.Option("--plots/--no-plots", help="Whether to draw the pictures.")] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON for scripts; words go to standard error.")
    ] = False,
) -> None:
    """Run a scenario step by step and write loadings, overloads, summary and pictures.

    Example: gridsim run scenarios/reference.toml --from 2026 --to 2030 --out results

    After an interruption: gridsim run --resume results

    A net of your own: gridsim run --net case.m --profiles hours.csv --out results
    """
    if net is not None:
        _of_net(
            net,
            (scenario, from_year, to_year, reuse, resume, overwrite or None),
            profiles,
            out,
            threads,
            solver,
            strict,
            as_json=as_json,
        )
        return
    if profiles is not None:
        raise typer.BadParameter("belongs to --net", param_hint="--profiles")
    of_new_run = (scenario, from_year, to_year, out, solver, reuse)
    if resume is not None and (overwrite or any(value is not None for value in of_new_run)):
        raise typer.BadParameter(
            "goes on with a run as it began, with --threads, --strict, --plots and --json alone", param_hint="--resume"
        )
    if scenario is None and resume is None:
        raise typer.BadParameter(
            "give a scenario file, --resume and the directory of a run, or --net and a file", param_hint="SCENARIO"
        )
    with mistakes_told():
        from gridsim.studies.time_series import resume_run, run_scenario  # noqa: PLC0415  loads pandas

        def study(progress: Progress) -> StudyResult:
            if scenario is None:
                return resume_run(str(resume), threads=threads, progress=progress)
            return run_scenario(
                scenario,
                from_year=from_year,
                to_year=to_year,
                out=out,
                threads=threads or 0,
                solver=solver,
                overwrite=overwrite,
                reuse=reuse,
                progress=progress,
            )

        result = _told(study, has_pictures=pictures, as_json=as_json)
        if strict and result.n_failed:
            raise typer.Exit(ExitCode.failed_steps)


def _of_net(
    net: Path,
    others: Sequence[object],
    profiles: Path | None,
    out: Path | None,
    threads: int | None,
    solver: Solver | None,
    strict: bool,
    *,
    as_json: bool,
) -> None:
    """Solve a net of the user's own; ``others`` are what only a scenario has."""
    if any(value is not None for value in others):
        raise typer.BadParameter(
            "goes with --profiles, --out, --threads, --solver, --strict and --json alone", param_hint="--net"
        )
    with mistakes_told():
        from gridsim.cli.net_run import run_net_file  # noqa: PLC0415  loads pandas

        study = run_net_file(net, profiles, out, threads=threads or 0, solver=solver, as_json=as_json)
        if strict and study.n_failed:
            raise typer.Exit(ExitCode.failed_steps)


def _told(study: Callable[[Progress], StudyResult], *, has_pictures: bool, as_json: bool) -> StudyResult:
    """Make a study, draw its pictures, and print its summary."""
    from gridsim.cli.drawing_process import DrawingProcess  # noqa: PLC0415  loads what it needs, as those below
    from gridsim.cli.progress_bar import ProgressBar  # noqa: PLC0415

    with DrawingProcess(is_wanted=has_pictures) as second, ProgressBar(console(is_error=True)) as progress:
        result = study(progress)
        drawn: Sequence[Path] = ()
        try:
            if has_pictures:
                progress.begin("Drawing pictures", 0)
                from gridsim.cli.pictures import draw_run  # noqa: PLC0415  loads matplotlib

                drawn = draw_run(result.store, second)
        finally:  # whatever happens to the pictures, the run is done and its summary is owed
            progress.stop()
            _sum_up(result, drawn, as_json=as_json)
    return result


def _sum_up(result: StudyResult, drawn: Sequence[Path], *, as_json: bool) -> None:
    """Print the summary in words, for scripts on standard error, and then as JSON."""
    from gridsim.report.block_line import block_line  # noqa: PLC0415  loads pandas, as those below
    from gridsim.report.console_summary import print_summary  # noqa: PLC0415
    from gridsim.report.run_records import run_record  # noqa: PLC0415

    words = console(is_error=as_json)
    print_summary(words, result.summary, result.store.directory, drawn)
    blocks = block_line(result.store.manifest, result.n_kept)
    if blocks:
        words.print(blocks, markup=False, soft_wrap=True)
    if as_json:
        typer.echo(json.dumps(run_record(result, drawn), indent=2, ensure_ascii=False))
