"""Progress on a terminal, silence elsewhere."""

from __future__ import annotations

import io
import signal
from contextlib import suppress

import pytest
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


def interrupted_where_nobody_hears() -> None:
    with ProgressBar(Console(file=io.StringIO())) as progress:
        progress.begin("Solving", 8760)
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        progress.advance(1)


def test_an_interrupt_that_was_swallowed_comes_back() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted_where_nobody_hears()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_who_ignores_interrupts_is_left_alone() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        interrupted_where_nobody_hears()
    finally:
        signal.signal(signal.SIGINT, before)
