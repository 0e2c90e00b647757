"""power-grid-model: batch load flow by Newton-Raphson and by iterative current."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.registry import register_subject
from benchmarks.subject import Subject, Variant, framed
from gridsim.peers.power_grid_model_model import PowerGridModelModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pandas as pd

    from benchmarks.case import Case
    from gridsim.peers.peer_model import Outcome

METHODS = {"Newton-Raphson": "newton_raphson", "iterative current": "iterative_current"}


class PowerGridModel(Subject):
    """C++ batches of constant P and Q."""

    name = "power-grid-model"
    packages = ("power-grid-model",)
    module = "power_grid_model"

    def variants(self, threads: Sequence[int]) -> list[Variant]:
        """Both methods with each number of threads."""
        return [
            Variant(self.name, name, count, {"method": method}) for name, method in METHODS.items() for count in threads
        ]

    def build(self, case: Case, variant: Variant) -> PowerGridModelModel:
        """Make the model; pandapower's matrices are there already, as is the solution."""
        return PowerGridModelModel(case, variant.options["method"], threads=variant.threads)

    def whole_call(
        self, case: Case, variant: Variant, given: Mapping[tuple[str, str], pd.DataFrame], voltage: np.ndarray
    ) -> Outcome:
        """Read pandapower's branches, make model and update table, solve, make frames."""
        model = PowerGridModelModel(case, variant.options["method"], threads=variant.threads)
        steps = next(iter(given.values())).index
        model.prepare({key: frame.to_numpy() for key, frame in given.items()}, len(steps), voltage)
        model.solve()
        return framed(case, steps, model.loading(), model.n_solved())


register_subject(PowerGridModel())
