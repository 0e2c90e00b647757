"""A short soak; the long one is ``python -m tests.soak.long_run``."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.soak.long_run import NOISE_MB, Soak, soak
from tests.soak.variations import drawn

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")


@pytest.mark.slow
def test_random_scenarios_run_and_memory_does_not_grow(tmp_path: Path) -> None:
    found = soak(24, seed=7, folder=tmp_path)
    assert found.failures == []
    assert found.growth_mb < NOISE_MB
    assert set(found.steps) - {"ok"}, "no scenario of these had an hour that was hard to solve"


@pytest.mark.slow
def test_what_a_run_leaves_behind_is_not_kept(tmp_path: Path) -> None:
    """Objects frozen for speed are those of the imports, not the cycles of earlier runs."""
    soak(1, seed=7, folder=tmp_path)
    frozen = gc.get_freeze_count()
    assert frozen > 0
    assert soak(1, seed=7, folder=tmp_path).failures == []
    assert gc.get_freeze_count() <= frozen


def test_a_number_is_a_scenario() -> None:
    first, again, other = (drawn(np.random.default_rng([1, number])) for number in (5, 5, 6))
    assert first == again != other


def test_a_leak_is_seen() -> None:
    assert Soak(resident_mb=[300.0 + 0.5 * run for run in range(200)]).growth_mb > NOISE_MB
    assert abs(Soak(resident_mb=[300.0 + run % 3 for run in range(200)]).growth_mb) < 3.0


def test_a_run_that_fails_is_told_and_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("gridsim.run_scenario", refuse, raising=False)
    found = soak(2, seed=1, folder=tmp_path)
    assert len(found.failures) == len(found.resident_mb) == 2
    assert "seed 1, run 1: RuntimeError: broken" in found.failures[1]
