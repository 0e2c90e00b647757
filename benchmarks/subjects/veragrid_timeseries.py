"""VeraGrid (formerly GridCal): its time-series driver, Newton-Raphson, one load flow after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.registry import register_subject
from benchmarks.subject import Subject, Variant, framed
from gridsim.peers.veragrid_model import VeraGridModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd

    from benchmarks.case import Case
    from gridsim.peers.peer_model import Outcome


class VeraGrid(Subject):
    """Python and numba, compiling the circuit at every step."""

    name = "VeraGrid"
    packages = ("VeraGridEngine",)
    module = "VeraGridEngine"

    def variants(self, threads: Sequence[int]) -> list[Variant]:
        """One thread is all it uses."""
        del threads
        return [Variant(self.name, "time series", 1)]

    def build(self, case: Case, variant: Variant) -> VeraGridModel:
        """Make the circuit."""
        del variant
        return VeraGridModel(case)

    def whole_call(
        self, case: Case, variant: Variant, given: Mapping[tuple[str, str], pd.DataFrame], voltage: np.ndarray
    ) -> Outcome:
        """Make the circuit, set profiles, run, make frames."""
        del variant
        model = VeraGridModel(case)
        steps = next(iter(given.values())).index
        model.prepare({key: frame.to_numpy() for key, frame in given.items()}, len(steps), voltage)
        model.solve()
        return framed(case, steps, model.loading(), model.n_solved())


register_subject(VeraGrid())
