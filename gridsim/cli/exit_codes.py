"""How a command ends, whatever goes wrong: a code for scripts, one message for people, no traceback for a mistake."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

import typer

from gridsim.errors import GridsimError, NetworkDataError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Findings shown when a run refuses its network; ``gridsim check`` shows all.
MAX_FINDINGS = 20


class ExitCode(IntEnum):
    """Exit codes of every command."""

    done = 0
    bad_input = 2
    failed_steps = 3
    not_certified = 4
    interrupted = 130


@contextmanager
def mistakes_told() -> Iterator[None]:
    """Turn a user's mistake into a message on standard error and an exit code."""
    try:
        yield
    except NetworkDataError as error:
        _tell(_shortened(error))
        raise typer.Exit(ExitCode.bad_input) from error
    except GridsimError as error:
        _tell(str(error))
        raise typer.Exit(ExitCode.bad_input) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _tell(f"{place}{error.strerror or error}")
        raise typer.Exit(ExitCode.bad_input) from error
    except KeyboardInterrupt as interrupt:
        notes = getattr(interrupt, "__notes__", [])  # how to go on, where there is a way
        _tell("; ".join(["interrupted", "every file is whole or was not begun", *notes]))
        raise typer.Exit(ExitCode.interrupted) from interrupt


def _tell(message: str) -> None:
    sys.stderr.write(f"gridsim: {message}\n")


def _shortened(error: NetworkDataError) -> str:
    lines = str(error).splitlines()
    if len(error.findings) <= MAX_FINDINGS:
        return "\n".join(lines)
    more = len(error.findings) - MAX_FINDINGS
    return "\n".join([*lines[: MAX_FINDINGS + 1], f"  ... and {more} more; gridsim check FOLDER lists all"])
