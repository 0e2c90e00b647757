"""Who takes part: subjects, phases and cases, each registered by its own small file."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.case import CaseEntry
    from benchmarks.phase import Phase
    from benchmarks.subject import Subject

_subjects: dict[str, Subject] = {}
_phases: dict[str, Phase] = {}
_cases: dict[str, CaseEntry] = {}

T = TypeVar("T")


def _put(place: dict[str, T], name: str, entry: T) -> None:
    if name in place:
        raise ValueError(f"{name!r} is registered twice")
    place[name] = entry


def register_subject(subject: Subject) -> None:
    """Add an engine."""
    _put(_subjects, subject.name, subject)


def register_phase(phase: Phase) -> None:
    """Add something to be timed."""
    _put(_phases, phase.name, phase)


def register_case(case: CaseEntry) -> None:
    """Add a network."""
    _put(_cases, case.name, case)


def _discover(room: str) -> None:
    package = importlib.import_module(f"benchmarks.{room}")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"benchmarks.{room}.{module.name}")


def subjects() -> Mapping[str, Subject]:
    """Return every engine by name, gridsim first; none of their packages is imported yet."""
    _discover("subjects")
    return dict(sorted(_subjects.items(), key=lambda item: (item[1].is_peer, item[0])))


def phases() -> Mapping[str, Phase]:
    """Return every phase by name, in the order in which they are run."""
    _discover("phases")
    return dict(sorted(_phases.items(), key=lambda item: item[1].order))


def cases() -> Mapping[str, CaseEntry]:
    """Return every case by name, smallest first."""
    _discover("cases")
    return dict(sorted(_cases.items(), key=lambda item: item[1].n_bus))


def chosen(kind: str, available: Mapping[str, T], names: list[str]) -> dict[str, T]:
    """Pick by name, in the order of the registry; the word ``all`` stands for everything.

    Raises
    ------
    ValueError
        For a name that nobody registered.
    """
    if "all" in names:
        return dict(available)
    unknown = [name for name in names if name not in available]
    if unknown:
        raise ValueError(f"no {kind} {', '.join(map(repr, unknown))}; there are {', '.join(available)}")
    return {name: entry for name, entry in available.items() if name in names}
