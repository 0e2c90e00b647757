"""The whole study: every file and picture of the reference scenario."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from benchmarks.phase import Phase, Sample
from benchmarks.registry import register_phase

if TYPE_CHECKING:
    from benchmarks.stand import Stand


class _Study(Phase):
    default = False
    most_repeats = 3
    per_case = False
    is_cold: bool

    def measure(self, stand: Stand) -> Sample:
        """Start a process."""
        with tempfile.TemporaryDirectory() as folder:
            parts = dict(stand.subject.study(cold=self.is_cold, folder=folder))
        return Sample(parts["total"], parts.pop("cpu", 0.0), parts)


class StudyWarm(_Study):
    """``gridsim run scenarios/reference.toml`` with kernels cached."""

    name = "study-warm"
    title = "gridsim run of the reference scenario, kernels cached, s"
    order = 70
    is_cold = False


class StudyCold(_Study):
    """The same with an empty kernel cache."""

    name = "study-cold"
    title = "gridsim run of the reference scenario, empty kernel cache, s"
    order = 71
    most_repeats = 2
    is_cold = True


register_phase(StudyWarm())
register_phase(StudyCold())
