"""The subject's model from the pandapower net."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.phase import Phase, Sample
from benchmarks.registry import register_phase
from benchmarks.stand import clocked, quiet
from gridsim.peers.peer_model import NotApplicableError

if TYPE_CHECKING:
    from benchmarks.stand import Stand


class Build(Phase):
    """Conversion, symbolic work, solution of the net's own values: all that comes before the first batch."""

    name = "build"
    title = "model from the pandapower net, s"
    order = 10

    def measure(self, stand: Stand) -> Sample:
        """Build once more; the stand keeps its model."""
        if stand.subject.works_on_net:
            raise NotApplicableError("the net is its model")
        case = stand.case.again()
        with quiet():
            return clocked(lambda: stand.subject.build(case, stand.variant))


register_phase(Build())
