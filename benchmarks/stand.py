"""Test stand: one variant of a subject on one case, with everything that timing it needs."""

from __future__ import annotations

import contextlib
import gc
import math
import time
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.case import BLOCK_STEPS
from benchmarks.phase import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.case import Case
    from benchmarks.subject import Subject, Variant
    from gridsim.peers.peer_model import Model, Outcome

WARM_UP_STEPS = 24
TRIALS = 2
#: A trial that lasts so long is not repeated, s.
LONG_TRIAL_S = 0.2
#: Shorter calls are repeated inside one timing until they last this long, s.
SHORTEST_S = 0.1


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings of the subjects; what is wrong with their results is found by comparing."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def clocked(call: Callable[[], object], loops: int = 1) -> Sample:
    """Time a call, the mean of some loops; no garbage is collected meanwhile, for that would look at all subjects."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(loops):
            call()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    finally:
        if was_collecting:
            gc.enable()
    return Sample(wall / loops, cpu / loops)


@dataclass
class Stand:
    """One variant on one case.

    Attributes
    ----------
    subject, variant, case:
        Who, how, on what.
    n_step:
        Steps that were asked for.
    budget_s:
        Longest time that one timing should take; fewer steps are solved when it would not do. 0: no limit.
    reference:
        gridsim's result of the first block, at least as many steps as any peer solves.
    model:
        Built on first use and kept.
    steps:
        Steps this variant solves, known after :meth:`calibrate`.
    """

    subject: Subject
    variant: Variant
    case: Case
    n_step: int
    budget_s: float
    reference: Outcome | None = None
    steps: int = 0
    loops: int = 1
    model: Model = field(init=False)
    estimate_s: float = math.inf
    whole_steps: int = 0

    def build(self) -> None:
        """Make the model."""
        with quiet():
            self.model = self.subject.build(self.case, self.variant)

    def calibrate(self, voltage: np.ndarray) -> None:
        """Choose how many steps are solved per timing from a short trial; compile and warm up on the way."""
        short = min(WARM_UP_STEPS, self.n_step)
        with quiet():
            self.model.prepare(self.case.profiles(short), short, voltage[:short])
            self.model.solve()
            once = clocked(self.model.solve).wall_s
            if once < LONG_TRIAL_S:
                once = min(once, *(clocked(self.model.solve).wall_s for _ in range(TRIALS)))
            once /= short
        self.estimate_s = once
        self.steps = self.affordable(once)

    def affordable(self, seconds_per_step: float) -> int:
        """Return how many steps fit into the budget, at least a day."""
        least = min(WARM_UP_STEPS, self.n_step)
        if self.budget_s <= 0.0:
            return self.n_step
        return int(np.clip(self.budget_s / max(seconds_per_step, 1e-9), least, self.n_step))

    @property
    def steps_at_once(self) -> int:
        """Steps of the first block."""
        return min(self.steps, BLOCK_STEPS)

    def load_batch(self, n_step: int) -> None:
        """Prepare the first steps of the horizon."""
        if self.reference is None:
            raise RuntimeError("the reference has to be solved first")
        with quiet():
            self.model.prepare(self.case.profiles(n_step), n_step, self.reference.voltage[:n_step])
