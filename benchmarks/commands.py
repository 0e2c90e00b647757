"""The command line of the benchmarks."""

from __future__ import annotations

import dataclasses
import datetime as dt
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from benchmarks import registry
from benchmarks.record import Run, together
from benchmarks.runner import Settings
from benchmarks.runner import run as run_all
from benchmarks.tables import limits_table, tables

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_CASES = ["case118", "case300", "case1354pegase"]
PLAIN_WIDTH = 190
DEFAULT_FOLDER = Path("out") / "benchmarks"
README = Path(__file__).resolve().parent / "README.md"
TOP = README.parents[1]

app = typer.Typer(
    help="How fast gridsim is, and against whom.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)


def console(*, is_error: bool = False) -> Console:
    """Return a console that is wide enough where there is no terminal to ask."""
    made = Console(stderr=is_error, highlight=False)
    if not made.is_terminal:
        made.width = PLAIN_WIDTH
    return made


#: Options that take several words, as in ``--cases case118 case300``.
SEVERAL = ("--cases", "--peers", "--phases", "--threads", "--again")


def joined(arguments: list[str]) -> list[str]:
    """Return the arguments with the words after an option of several joined by commas."""
    done: list[str] = []
    is_open = False
    for argument in arguments:
        if argument.startswith("-"):
            is_open = argument in SEVERAL
            done.append(argument)
        elif is_open and done[-1] not in SEVERAL:
            done[-1] += f",{argument}"
        else:
            done.append(argument)
    return done


def main(arguments: list[str]) -> None:
    """Run the command line."""
    app(args=joined(arguments), prog_name="python -m benchmarks")


def _words(values: list[str] | None, default: list[str]) -> list[str]:
    """Take ``--cases a b``, ``--cases a,b`` and ``--cases a --cases b``."""
    return [word for value in values or default for word in value.replace(",", " ").split()]


@app.command()
def run(
    cases: Annotated[list[str] | None, typer.Option(help="Networks, or all.")] = None,
    peers: Annotated[list[str] | None, typer.Option(help="Subjects, gridsim among them, or all.")] = None,
    phases: Annotated[list[str] | None, typer.Option(help="Phases, or all; the quick ones if not given.")] = None,
    threads: Annotated[list[str] | None, typer.Option(help="Numbers of threads.")] = None,
    steps: Annotated[int, typer.Option(min=0, help="Steps; 0: each case's own, at most a year.")] = 0,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds; every subject is timed once per round.")] = 5,
    budget: Annotated[float, typer.Option(help="Seconds a timing of a peer may last; 0: no limit.")] = 1.0,
    clock: Annotated[str, typer.Option(help="wall or cpu: which time the table ranks by.")] = "wall",
    every: Annotated[bool, typer.Option("--every", help="Show every method, not the best of each subject.")] = False,
    with_limits: Annotated[bool, typer.Option("--limits/--no-limits", help="Measure the machine as well.")] = True,
    out: Annotated[Path | None, typer.Option(help="Folder of JSON and picture; out/benchmarks if not given.")] = None,
) -> None:
    """Time subjects on networks, in turns, and compare their results.

    Example: python -m benchmarks run --cases case118 --peers gridsim lightsim2grid
    """
    available = registry.phases()
    settings = Settings(
        cases=tuple(_words(cases, DEFAULT_CASES)),
        subjects=tuple(_words(peers, ["all"])),
        phases=tuple(_words(phases, [name for name, phase in available.items() if phase.default])),
        threads=tuple(int(word) for word in _words(threads, ["1", "2"])),
        steps=steps,
        repeats=repeats,
        budget_s=budget,
    )
    errors = console(is_error=True)
    with errors.status("starting") as status:
        result = run_all(settings, status.update)
        if with_limits and "solve" in settings.phases:
            result = dataclasses.replace(result, limits=_limits_of(settings, status.update))
    for table in tables(result, is_long=every, clock=clock):
        console().print(table)
    folder = out or DEFAULT_FOLDER
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S")
    path = folder / f"run-{stamp}.json"
    result.write(path)
    console().print(f"written: {path}")
    _draw(result, path.with_suffix(".png"), clock)


def _limits_of(settings: Settings, say: Callable[[str], None]) -> tuple[dict[str, Any], ...]:
    from benchmarks.limits import limits as measure_limits  # noqa: PLC0415  loads numba

    entries = list(registry.chosen("case", registry.cases(), list(settings.cases)).values())
    _, found = measure_limits(entries, settings.threads, settings.steps, settings.repeats, say)
    return tuple(limit.as_dict() for limit in found)


def _draw(result: Run, path: Path, clock: str) -> None:
    from benchmarks.picture import draw  # noqa: PLC0415  loads matplotlib

    try:
        draw(result, path, clock=clock)
    except ValueError as reason:
        console().print(f"no picture: {reason}")
    else:
        console().print(f"written: {path}")


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="JSON of the earlier run.")],
    after: Annotated[Path, typer.Argument(help="JSON of the later run.")],
    clock: Annotated[str, typer.Option(help="wall or cpu.")] = "wall",
) -> None:
    """Set two runs side by side: later over earlier, and whether that is more than their spread.

    Example: python -m benchmarks compare A.json B.json
    """
    from benchmarks.comparing import comparison  # noqa: PLC0415  keeps the other commands light

    console().print(comparison(Run.read(before), Run.read(after), clock))


@app.command()
def limits(
    cases: Annotated[list[str] | None, typer.Option(help="Networks, or all.")] = None,
    threads: Annotated[list[str] | None, typer.Option(help="Numbers of threads.")] = None,
    steps: Annotated[int, typer.Option(min=0, help="Steps; 0: each case's own.")] = 0,
    repeats: Annotated[int, typer.Option(min=1, help="Batches, of which the shortest counts.")] = 5,
) -> None:
    """Measure this machine's arithmetic and memory, count the operations of each case, and tell how far gridsim is.

    Example: python -m benchmarks limits --cases case118 case1354pegase
    """
    from benchmarks.limits import limits as measure_limits  # noqa: PLC0415  loads numba

    entries = registry.chosen("case", registry.cases(), _words(cases, DEFAULT_CASES)).values()
    counts = [int(word) for word in _words(threads, ["1", "2"])]
    with console(is_error=True).status("starting") as status:
        peaks, found = measure_limits(list(entries), counts, steps, repeats, status.update)
    for peak in peaks.values():
        console().print(
            f"{peak.threads} threads: {peak.multiply_adds_per_s / 1e9:.1f} G multiply-adds/s, reading "
            f"{peak.read_bytes_per_s / 1e9:.1f} GB/s, copying {peak.copy_bytes_per_s / 1e9:.1f} GB/s"
        )
    console().print(limits_table(found))


@app.command()
def report(
    results: Annotated[list[Path], typer.Argument(help="JSON of a run, or of several on one machine.")],
    document: Annotated[Path, typer.Option(help="Document with the two markers.")] = README,
) -> None:
    """Write the tables and the picture of runs into benchmarks/README.md, between its two markers.

    Example: python -m benchmarks report out/benchmarks/run-20260115-120000.json
    """
    from benchmarks.picture import draw  # noqa: PLC0415  loads matplotlib
    from benchmarks.report import write  # noqa: PLC0415  keeps the other commands light

    try:
        found = together([Run.read(result) for result in results])
    except ValueError as reason:
        raise typer.BadParameter(str(reason)) from reason
    picture = document.with_name("load_flow_times.png")
    try:
        draw(found, picture)
        name: str | None = picture.name
    except ValueError:
        name = None
    write(found, document, name)
    console().print(f"written: {document}")


@app.command()
def readme(
    folder: Annotated[Path, typer.Argument(help="Folder in which the commands of the README have been run.")],
    run_first: Annotated[bool, typer.Option("--run", help="First run what has not been run there yet.")] = False,
    again: Annotated[list[str] | None, typer.Option(help="With --run: commands to run again, by name.")] = None,
) -> None:
    """Write figures and pictures into the README, from what its commands leave, and keep them for the tests.

    An interrupted --run goes on with the command at which it stopped.

    Example: python -m benchmarks readme out/readme --run --again hosting fixes
    """
    from benchmarks.readme.commands_shown import COMMANDS  # noqa: PLC0415  keeps the other commands light
    from benchmarks.readme.running import run_missing, times  # noqa: PLC0415  likewise
    from benchmarks.readme.writing import write as write_readme  # noqa: PLC0415  likewise

    names = _words(again, [])
    unknown = sorted(set(names) - set(COMMANDS))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: there are {', '.join(COMMANDS)}", param_hint="--again")
    if run_first:
        try:
            run_missing(COMMANDS, folder, TOP, names, console().print)
        except subprocess.CalledProcessError as failed:
            raise typer.Exit(failed.returncode) from failed  # the command has said why
    written, left = write_readme(folder, TOP)
    for line in times(COMMANDS, folder):
        console().print(line)
    console().print(f"written: {', '.join(written)}")
    if left:
        console().print(f"left as they stand, for a command has not been run (--run): {', '.join(left)}")
