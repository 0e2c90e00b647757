"""lightsim2grid: every algorithm of the installed build, for Newton also the policies that keep a factorisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.registry import register_subject
from benchmarks.subject import Subject, Variant, framed
from gridsim.peers.lightsim2grid_model import LightsimModel
from gridsim.peers.peer_model import NotApplicableError, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from benchmarks.case import Case

#: Which factorisation is kept: number of the policy in the second integer of the algorithm's configuration.
POLICIES = {"": 0, "every 10": 1, "chord": 2}
#: Largest nets on which the slowest methods are tried; on smaller ones they are never near the best.
GAUSS_SEIDEL_BUSES = 60
SPARSE_LU_BUSES = 500


class Lightsim2grid(Subject):
    """C++ Newton and fast-decoupled batches."""

    name = "lightsim2grid"
    packages = ("lightsim2grid",)
    module = "lightsim2grid"

    def variants(self, threads: Sequence[int]) -> list[Variant]:
        """Return both batch classes with every alternating-current algorithm, and each number of threads."""
        from lightsim2grid.lightsim2grid_cpp import LSGrid  # noqa: PLC0415  a peer

        names = sorted(name for name in LSGrid().available_algorithm_names() if not name.startswith("DC"))
        found = []
        for kind, counts in (("TimeSeriesCPP", [1]), ("InjectionSweepCPP", list(threads))):
            for algorithm in names:
                policies = POLICIES if algorithm.startswith("NR") else {"": 0}
                for policy, number in policies.items():
                    method = f"{kind} {algorithm} {policy}".strip()
                    options = {"kind": kind, "algorithm": algorithm, "policy": number}
                    found += [Variant(self.name, method, count, options) for count in counts]
        return found

    def build(self, case: Case, variant: Variant) -> LightsimModel:
        """Convert the net and solve its own values."""
        algorithm, n_bus = variant.options["algorithm"], len(case.net.bus)
        if algorithm.startswith("Gauss") and n_bus > GAUSS_SEIDEL_BUSES:
            raise NotApplicableError("Gauss-Seidel needs thousands of iterations on larger nets")
        if algorithm.endswith("SparseLU") and n_bus > SPARSE_LU_BUSES:
            raise NotApplicableError("SparseLU takes several times as long as KLU, which does the same")
        return _model(case, variant)

    def whole_call(
        self, case: Case, variant: Variant, given: Mapping[tuple[str, str], pd.DataFrame], voltage: np.ndarray
    ) -> Outcome:
        """Convert, solve, and make frames of loading from the powers at both ends."""
        del voltage
        model = _model(case, variant)
        arrays = {key: frame.to_numpy() for key, frame in given.items()}
        steps = next(iter(given.values())).index
        model.prepare(arrays, len(steps), np.empty(0))
        model.solve_voltages()
        return framed(case, steps, model.loading(), model.n_solved())


def _model(case: Case, variant: Variant) -> LightsimModel:
    options = variant.options
    kind, algorithm = options["kind"], options["algorithm"]
    return LightsimModel(case, kind, algorithm, policy=options["policy"], threads=variant.threads)


register_subject(Lightsim2grid())
