"""Arrays in, arrays out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.case import BLOCK_STEPS
from benchmarks.phase import Phase, Sample, UnfitError
from benchmarks.record import Verdict
from benchmarks.registry import register_phase
from benchmarks.stand import clocked, quiet

if TYPE_CHECKING:
    from benchmarks.stand import Stand


class Solve(Phase):
    """Voltages and branch flows of a batch, with a model that has solved before."""

    name = "solve"
    title = "arrays in, voltages and flows out, us per load flow"
    order = 40
    per_step = True

    def measure(self, stand: Stand) -> Sample:
        """Solve the horizon; beyond a year in blocks, of which only the solving counts."""
        if stand.steps <= BLOCK_STEPS:
            stand.load_batch(stand.steps)
            with quiet():
                return clocked(stand.model.solve, stand.loops)
        wall = cpu = 0.0
        n_solved = 0
        for steps, profiles in stand.case.blocks(stand.steps):
            with quiet():
                stand.model.prepare(profiles, steps, stand.reference.voltage[:0])
                sample = clocked(stand.model.solve)
            n_solved += stand.model.n_solved()
            wall, cpu = wall + sample.wall_s, cpu + sample.cpu_s
        if n_solved < stand.steps:
            raise UnfitError(Verdict.incomplete, f"{n_solved} of {stand.steps} steps solved")
        return Sample(wall, cpu)


register_phase(Solve())
