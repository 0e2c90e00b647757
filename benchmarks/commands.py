"""The command line: run, compare, limits, report."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import registry
from benchmarks.record import Run
from benchmarks.runner import Settings
from benchmarks.runner import run as run_all
from benchmarks.tables import tables

DEFAULT_CASES = ["case118", "case300", "case1354pegase"]
PLAIN_WIDTH = 190

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
SEVERAL = ("--cases", "--peers", "--phases", "--threads")


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


@app.callback()
def _root() -> None:
    """Keep the names of the commands even while there is one only."""


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
    for table in tables(result, is_long=every, clock=clock):
        console().print(table)
    folder = out or Path("out") / "benchmarks"
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d-%H%M%S")
    path = folder / f"run-{stamp}.json"
    result.write(path)
    console().print(f"written: {path}")
