"""What a run found: records, and the JSON file they live in."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORMAT = 1


class Verdict(StrEnum):
    """Whether a figure counts."""

    ok = "ok"
    missing = "missing"
    not_applicable = "not applicable"
    failed = "failed"
    incomplete = "incomplete"
    wrong = "wrong"


@dataclass(frozen=True)
class Agreement:
    """How far results lie from those of gridsim.

    Attributes
    ----------
    voltage_pu:
        Largest distance of complex voltages.
    loading_percent:
        Largest distance of loadings, in percent of the branch's own peak.
    mismatch_pu:
        Largest true mismatch, from pandapower's matrices and the subject's voltages.
    """

    voltage_pu: float
    loading_percent: float
    mismatch_pu: float


@dataclass(frozen=True)
class Record:
    """One figure: a subject's variant in one phase on one case.

    ``wall_s`` and ``cpu_s`` hold the seconds of every repetition, each for ``steps`` load flows where the phase is told
    per load flow (``per_step``).
    """

    case: str
    n_bus: int
    phase: str
    subject: str
    method: str
    threads: int
    verdict: Verdict
    note: str = ""
    per_step: bool = False
    steps: int = 0
    n_solved: int = 0
    wall_s: tuple[float, ...] = ()
    cpu_s: tuple[float, ...] = ()
    parts: dict[str, float] = field(default_factory=dict)
    agreement: Agreement | None = None
    is_peer: bool = True

    @property
    def label(self) -> str:
        """Subject and method."""
        return f"{self.subject} {self.method}".strip()

    def figures(self, clock: str = "wall") -> np.ndarray:
        """Return every repetition: microseconds per load flow, or seconds. Shape (n_repeat,)."""
        seconds = np.asarray(self.cpu_s if clock == "cpu" else self.wall_s)
        return seconds / self.steps * 1e6 if self.per_step else seconds

    def median(self, clock: str = "wall") -> float:
        """Return the median of the repetitions, NaN without any."""
        figures = self.figures(clock)
        return float(np.median(figures)) if len(figures) else float("nan")

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What makes a figure comparable between two runs."""
        return (self.case, self.phase, self.subject, self.method, self.threads)


@dataclass(frozen=True)
class Run:
    """All records of one run, where it ran, and how fast that machine could possibly be (see ``benchmarks.limits``)."""

    machine: dict[str, Any]
    settings: dict[str, Any]
    records: tuple[Record, ...]
    limits: tuple[dict[str, Any], ...] = ()

    def write(self, path: Path) -> None:
        """Write JSON."""
        document = {
            "format": FORMAT,
            "machine": self.machine,
            "settings": self.settings,
            "limits": list(self.limits),
            "records": [dataclasses.asdict(record) for record in self.records],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @staticmethod
    def read(path: Path) -> Run:
        """Read what :meth:`write` wrote.

        Raises
        ------
        ValueError
            When the file is of another format.
        """
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.get("format") != FORMAT:
            raise ValueError(f"{path}: not a benchmark run of format {FORMAT}")
        records = tuple(_record(row) for row in document["records"])
        return Run(document["machine"], document["settings"], records, tuple(document["limits"]))


def together(runs: Sequence[Run]) -> Run:
    """Return several runs of one machine, a case each perhaps, as one; told are the fewest rounds and longest budget.

    Raises
    ------
    ValueError
        When they come from different machines or versions, so that their figures do not belong into one table.
    """
    first = runs[0]
    versions: dict[str, str] = {}
    for run in runs:
        found = {name: run.machine[name] for name in ("cpu", "cores", "python")} | run.machine["versions"]
        wanted = {name: first.machine[name] for name in ("cpu", "cores", "python")} | versions
        other = sorted(name for name in found.keys() & wanted.keys() if found[name] != wanted[name])
        if other:
            raise ValueError(f"the runs differ in {', '.join(other)}; report them apart")
        versions |= run.machine["versions"]
    settings = {
        **first.settings,
        "repeats": min(run.settings["repeats"] for run in runs),
        "budget_s": max(run.settings["budget_s"] for run in runs),
    }
    return Run(
        {**first.machine, "versions": versions, "load_average_after": runs[-1].machine["load_average_after"]},
        settings,
        tuple(record for run in runs for record in run.records),
        tuple(limit for run in runs for limit in run.limits),
    )


def _record(row: dict[str, Any]) -> Record:
    agreement = row.pop("agreement")
    return Record(
        **{**row, "verdict": Verdict(row["verdict"]), "wall_s": tuple(row["wall_s"]), "cpu_s": tuple(row["cpu_s"])},
        agreement=None if agreement is None else Agreement(**agreement),
    )
