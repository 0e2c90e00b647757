"""The first batch on a new model, a day long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.phase import Phase, Sample
from benchmarks.registry import register_phase
from benchmarks.stand import WARM_UP_STEPS, clocked, quiet

if TYPE_CHECKING:
    from benchmarks.stand import Stand


class FirstSolve(Phase):
    """What a model still has to do when it meets its first 24 steps, machine code being there already."""

    name = "first-solve"
    title = "first 24 steps on a new model, s"
    order = 30

    def measure(self, stand: Stand) -> Sample:
        """Build a model without counting, then solve a day."""
        steps = min(WARM_UP_STEPS, stand.n_step)
        voltage = stand.reference.voltage[:steps] if stand.reference is not None else None
        with quiet():
            model = stand.subject.build(stand.case, stand.variant)
            model.prepare(stand.case.profiles(steps), steps, voltage)
            return clocked(model.solve)


register_phase(FirstSolve())
