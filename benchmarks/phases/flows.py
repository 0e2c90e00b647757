"""The part of the flows in the solution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.phase import Phase, Sample
from benchmarks.registry import register_phase
from benchmarks.stand import clocked, quiet

if TYPE_CHECKING:
    from benchmarks.stand import Stand


class Flows(Phase):
    """Branch flows alone, of subjects that compute them in a step of its own; contained in ``solve``."""

    name = "flows"
    title = "of that: branch flows, us per load flow"
    order = 50
    per_step = True

    def measure(self, stand: Stand) -> Sample:
        """Compute the flows of a solved batch again."""
        stand.load_batch(stand.steps)
        with quiet():
            stand.model.solve()
            return clocked(stand.model.flows, stand.loops)


register_phase(Flows())
