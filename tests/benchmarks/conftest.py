"""Small runs of the suite, with a limited number of methods per peer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import registry
from benchmarks.runner import Settings, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.record import Run
    from benchmarks.subject import Subject

FEW_METHODS = 4
STEPS = 24


def nothing(message: str) -> None:
    assert message


@pytest.fixture
def small_run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Return a function that runs subjects on case30 for a day, once."""

    def call(
        *subjects: str, case: str = "case30", phases: tuple[str, ...] = ("solve", "whole-call"), **more: object
    ) -> Run:
        for subject in registry.subjects().values():
            every = subject.variants
            monkeypatch.setattr(
                subject, "variants", lambda threads, every=every: every(threads)[:FEW_METHODS], raising=False
            )
        settings = Settings((case,), subjects, phases, threads=(1,), steps=STEPS, repeats=1, budget_s=0.05)
        return run(settings, nothing)

    return call


@pytest.fixture
def with_subject(monkeypatch: pytest.MonkeyPatch) -> Callable[[Subject], None]:
    """Return a function that registers a subject for the length of a test."""

    def register(subject: Subject) -> None:
        registry.subjects()
        monkeypatch.setitem(registry._subjects, subject.name, subject)

    return register
