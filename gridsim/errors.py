"""Every error gridsim raises on purpose, and the finding that most of them carry.

A user's mistake always ends in a :class:`GridsimError` whose message names the place, the value and the remedy.
A load flow that does not converge is *data*, reported as a ``StepStatus``, and never one of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, order=True)
class Finding:
    """One thing wrong in an input file.

    Attributes
    ----------
    file:
        File name as the user knows it, relative to the folder that was checked.
    row:
        Row as a spreadsheet counts it: the header is row 1, the first record row 2. ``0`` when the finding is about
        the file as a whole.
    column:
        Column or key; empty when the finding is about the whole row or file.
    value:
        The offending value as text, exactly as it was read.
    rule:
        Short stable name of the rule that was broken, for filtering and for tests.
    message:
        What is wrong, in words.
    remedy:
        What would be accepted instead.
    """

    file: str
    row: int
    column: str
    value: str
    rule: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = self.file
        if self.row:
            place += f", row {self.row}"
        if self.column:
            place += f", column {self.column}"
        shown = f" (value {self.value!r})" if self.value else ""
        return f"{place}: {self.message}{shown}. {self.remedy}"


class GridsimError(Exception):
    """Base of every error that gridsim raises on purpose."""


class NetworkDataError(GridsimError):
    """The network tables hold findings; all of them are listed, not only the first."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        noun = "finding" if len(self.findings) == 1 else "findings"
        lines = [f"{len(self.findings)} {noun} in the network tables:", *(f"  {finding}" for finding in self.findings)]
        super().__init__("\n".join(lines))


class ScenarioError(GridsimError):
    """A scenario file cannot be read, or says something that no scenario may say."""


class CompileError(GridsimError):
    """A net holds something that gridsim does not model; names table, index and reason."""


class ResultStoreError(GridsimError):
    """A result directory cannot be written, or is not one, or is incomplete."""


class InputError(GridsimError):
    """An argument of a public function cannot be used; names the argument, its value and what is accepted."""


class SolveError(GridsimError):
    """Steps failed and the caller asked for strictness.

    Attributes
    ----------
    failed_steps:
        Positions of the failed steps in the batch.
    reasons:
        Name of the ``StepStatus`` of each, in the same order.
    """

    def __init__(self, failed_steps: Sequence[int], reasons: Sequence[str]) -> None:
        self.failed_steps = tuple(failed_steps)
        self.reasons = tuple(reasons)
        first = zip(self.failed_steps[:10], self.reasons[:10], strict=True)
        shown = ", ".join(f"{step}: {reason}" for step, reason in first)
        more = "" if len(self.failed_steps) <= 10 else f", and {len(self.failed_steps) - 10} more"
        super().__init__(f"{len(self.failed_steps)} steps have no solution ({shown}{more})")
