"""Frames in, frames out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.agreement import compare
from benchmarks.case import BLOCK_STEPS
from benchmarks.phase import Phase, Sample, UnfitError
from benchmarks.record import Verdict
from benchmarks.registry import register_phase
from benchmarks.stand import WARM_UP_STEPS, clocked, quiet

if TYPE_CHECKING:
    from benchmarks.stand import Stand


#: Times that the longer call must last for the difference of two calls to say anything.
CLEARLY_LONGER = 4


class WholeCall(Phase):
    """From pandapower net and frames of profiles to frames of loading, conversion of the net included."""

    name = "whole-call"
    title = "net and frames in, loading frames out, us per load flow"
    order = 60
    per_step = True

    def measure(self, stand: Stand) -> Sample:
        """Call once, or, where the whole horizon takes too long, for a day and for as many steps as it may.

        Two lengths tell the fixed part (conversion of the net) from the part per step, so that the time of the whole
        horizon follows without charging a slow subject the conversion on few steps. Where the longer call is hardly
        longer than the shorter, the part per step is that of the solution alone, which favours the subject.
        """
        whole = min(stand.n_step, BLOCK_STEPS)
        if stand.whole_steps == whole:
            return self._call(stand, whole)
        short = self._call(stand, WARM_UP_STEPS)
        rest = whole - WARM_UP_STEPS
        if stand.whole_steps < CLEARLY_LONGER * WARM_UP_STEPS:
            return Sample(short.wall_s + stand.estimate_s * rest, short.cpu_s + stand.estimate_s * rest)
        long = self._call(stand, stand.whole_steps)
        stretch = rest / (stand.whole_steps - WARM_UP_STEPS)
        return Sample(
            short.wall_s + max(long.wall_s - short.wall_s, 0.0) * stretch,
            short.cpu_s + max(long.cpu_s - short.cpu_s, 0.0) * stretch,
        )

    @staticmethod
    def _call(stand: Stand, n_step: int) -> Sample:
        frames, voltage, case = stand.case.frames(n_step), stand.reference.voltage[:n_step], stand.case.again()
        found = []
        with quiet():
            sample = clocked(lambda: found.append(stand.subject.whole_call(case, stand.variant, frames, voltage)))
            verdict, agreement = compare(found[0], stand.reference, stand.case.reference, stand.case.profiles(n_step))
        if verdict is not Verdict.ok:
            raise UnfitError(
                verdict, f"{found[0].n_solved} of {n_step} solved, loading off by {agreement.loading_percent} %"
            )
        return sample


register_phase(WholeCall())
