"""Progress on a terminal, silence elsewhere."""

from __future__ import annotations

import io

from rich.console import Console

from gridsim.cli.progress_bar import ProgressBar


def shown(*, is_terminal: bool) -> str:
    file = io.StringIO()
    with ProgressBar(Console(file=file, force_terminal=is_terminal, width=120)) as progress:
        progress.advance(1)
        progress.begin("Reading", 0)
        progress.begin("Solving", 8760)
        progress.advance(8760)
        progress.begin("Writing tables", 0)
    return file.getvalue()


def test_phases_and_steps_are_shown_on_a_terminal() -> None:
    text = shown(is_terminal=True)
    assert "Reading" in text
    assert "8760/8760" in text
    assert "Writing tables" in text


def test_nothing_is_shown_where_nobody_watches() -> None:
    assert shown(is_terminal=False) == ""
