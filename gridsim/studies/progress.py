"""How a study tells its caller how far it is, and how long each phase took."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Progress(Protocol):
    """Listener of a study. Every method returns quickly and raises nothing but KeyboardInterrupt."""

    def begin(self, phase: str, n_step: int) -> None:
        """Hear that ``phase`` begins; it counts up to ``n_step`` steps, or cannot be counted when that is 0."""

    def advance(self, n_step: int) -> None:
        """Hear that ``n_step`` further steps of the phase are done."""


class Silence:
    """A listener that does not listen."""

    def begin(self, phase: str, n_step: int) -> None:
        """Ignore the phase."""

    def advance(self, n_step: int) -> None:
        """Ignore the steps."""


class PhaseClock:
    """Wall clock by phase, in seconds; a phase that comes back adds up.

    Threads may share a clock as long as no phase runs in two of them at a time; phases then add up to more than the
    total.
    """

    def __init__(self) -> None:
        self._begin = time.perf_counter()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time inside the ``with`` block to phase ``name``."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0.0) + time.perf_counter() - begin

    def elapsed_s(self) -> dict[str, float]:
        """Return seconds by phase in the order of first entry, and ``total`` since the clock was made."""
        rounded = {name: round(seconds, 3) for name, seconds in self._seconds.items()}
        return rounded | {"total": round(time.perf_counter() - self._begin, 3)}
