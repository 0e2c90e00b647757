"""Where commands print."""

from __future__ import annotations

import os

from rich.console import Console

#: Least width of tables where there is no terminal to ask; the environment may name a larger one (``COLUMNS``).
PLAIN_WIDTH = 160


def console(*, is_error: bool = False) -> Console:
    """Return a console on standard output, or on standard error; wide enough for tables where there is no terminal."""
    made = Console(stderr=is_error, highlight=False)
    if not made.is_terminal:
        columns = os.environ.get("COLUMNS", "")
        made.width = max(PLAIN_WIDTH, int(columns) if columns.isdecimal() else 0)
    return made
