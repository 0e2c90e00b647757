"""Progress on a terminal, nothing at all where nobody watches, and an end to what the user interrupts."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console


class ProgressBar:
    """Shows phases and steps of a study on ``console``; silent when that is not a terminal.

    While it is open, Ctrl-C is remembered: where it falls into code that swallows every exception, such as a callback
    of the interpreter, the next phase or step raises it again.
    """

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self._is_interrupted = False
        self._handler_before: Any = None

    def __enter__(self) -> Self:
        self._handler_before = signal.getsignal(signal.SIGINT)
        if self._handler_before is signal.default_int_handler:  # else it is ignored, or somebody else's
            signal.signal(signal.SIGINT, self._interrupt)
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._handler_before)
        if error is None:
            self._complete()
        self.stop()

    def stop(self) -> None:
        """Leave the terminal to others; a second time does nothing."""
        self._bars.stop()

    def begin(self, phase: str, n_step: int) -> None:
        """Complete the bar of the phase before and start another; ``n_step`` 0 stands for an unknown length."""
        self._raise_if_interrupted()
        self._complete()
        self._task = self._bars.add_task(phase, total=n_step or None)

    def advance(self, n_step: int) -> None:
        """Move the bar of the phase."""
        self._raise_if_interrupted()
        if self._task is not None:
            self._bars.advance(self._task, n_step)

    def _interrupt(self, *_: object) -> None:
        self._is_interrupted = True
        raise KeyboardInterrupt

    def _raise_if_interrupted(self) -> None:
        if self._is_interrupted:
            raise KeyboardInterrupt

    def _complete(self) -> None:
        if self._task is None:
            return
        task = self._bars.tasks[self._task]
        total = task.total or 1
        self._bars.update(self._task, total=total, completed=total)
