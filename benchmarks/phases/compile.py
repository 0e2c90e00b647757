"""A fresh process, with and without a filled kernel cache."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.phase import Phase, Sample
from benchmarks.registry import register_phase

if TYPE_CHECKING:
    from benchmarks.stand import Stand


class _Compile(Phase):
    default = False
    is_cold: bool

    def measure(self, stand: Stand) -> Sample:
        """Start a process."""
        cpu = time.process_time()
        parts = dict(stand.subject.compile(stand.case, cold=self.is_cold))
        return Sample(parts["total"], time.process_time() - cpu, parts)


class CompileWarm(_Compile):
    """Import, lowering, kernels from the cache, a day of load flows."""

    name = "compile-warm"
    title = "fresh process to the first day solved, kernels cached, s"
    order = 20
    is_cold = False


class CompileCold(_Compile):
    """The same with an empty kernel cache."""

    name = "compile-cold"
    title = "fresh process to the first day solved, empty kernel cache, s"
    order = 21
    most_repeats = 3
    is_cold = True


register_phase(CompileWarm())
register_phase(CompileCold())
