"""What a phase is: something of a subject that is timed on a case."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from benchmarks.record import Verdict
    from benchmarks.stand import Stand


class UnfitError(Exception):
    """What was timed had wrong or missing results; ``verdict`` says which."""

    def __init__(self, verdict: Verdict, message: str) -> None:
        super().__init__(message)
        self.verdict = verdict


@dataclass(frozen=True)
class Sample:
    """One timing.

    Attributes
    ----------
    wall_s, cpu_s:
        Seconds on the clock and seconds of all processor cores.
    parts:
        Seconds of sections, where a phase has them.
    """

    wall_s: float
    cpu_s: float
    parts: dict[str, float] | None = None


class Phase(ABC):
    """A phase.

    Attributes
    ----------
    name, title:
        As on the command line, and above a table.
    order:
        Of running.
    per_step:
        Whether time is told per load flow.
    default:
        Whether a run has it that does not name its phases.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    order: ClassVar[int]
    per_step: ClassVar[bool] = False
    default: ClassVar[bool] = True
    #: Whether repeating it is too dear; such phases are run at most this often.
    most_repeats: ClassVar[int] = 1000
    #: Whether the figure depends on the case at all.
    per_case: ClassVar[bool] = True

    @abstractmethod
    def measure(self, stand: Stand) -> Sample:
        """Do it once and return the time.

        Raises
        ------
        NotApplicableError
            When the subject has no such phase.
        UnfitError
            When its results are not those of the others.
        """
