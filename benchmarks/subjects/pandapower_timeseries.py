"""pandapower ``run_timeseries``: controllers write the profiles into the net, one load flow after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.registry import register_subject
from benchmarks.subject import Subject, Variant
from gridsim.peers.peer_model import MAX_ITERATIONS, TOLERANCE_PU, Model, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.case import Case
    from gridsim.peers.peer_model import Arrays

LOADING_TABLES = ("line", "trafo", "trafo3w")


class PandapowerModel(Model):
    """A net with controllers and an output writer; its recycling of matrices is on, as it is by default."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.net = case.fresh_net()
        self.tables = [table for table in LOADING_TABLES if len(self.net[table])]
        self.note = ""

    def prepare(self, profiles: Arrays, n_step: int, voltage: np.ndarray) -> None:
        """Attach data source and controllers for this batch."""
        del voltage
        import pandapower.control  # noqa: PLC0415  heavy
        from pandapower.timeseries import DFData  # noqa: PLC0415  heavy

        net = self.net
        self.n_step = n_step
        net.controller = net.controller.iloc[:0]
        for (table, column), values in profiles.items():
            index = net[table].index
            names = [f"{table} {column} {place}" for place in index]
            source = DFData(pd.DataFrame(values, columns=names))
            pandapower.control.ConstControl(
                net, table, column, element_index=index, profile_name=names, data_source=source
            )

    def solve(self) -> None:
        """Run the time series with numba.

        The output writer is made anew, because a run changes what it logs and a second one would lose the fast path.
        Two variables of one table end in its error "Something went wrong": magnitudes are logged, angles are read from
        what it keeps of its internal case.
        """
        from pandapower.timeseries import OutputWriter, run_timeseries  # noqa: PLC0415  heavy

        logged = [("res_bus", "vm_pu"), *((f"res_{table}", "loading_percent") for table in self.tables)]
        steps = range(self.n_step)
        self.writer = OutputWriter(self.net, time_steps=steps, output_path=None, log_variables=logged, write_time=None)
        run_timeseries(
            self.net,
            time_steps=range(self.n_step),
            continue_on_divergence=True,
            verbose=False,
            numba=True,
            tolerance_mva=TOLERANCE_PU,
            max_iteration=MAX_ITERATIONS,
            init="dc",
        )

    def _frame(self, name: str) -> np.ndarray:
        return np.asarray(self.writer.output[name].to_numpy(dtype=float))

    def n_solved(self) -> int:
        """Steps with a voltage that is a number and not nought."""
        return int((np.nan_to_num(self._frame("res_bus.vm_pu")).max(axis=1) > 0.0).sum())

    def loading(self) -> dict[str, Any]:
        """Return its frames of loading by table."""
        return {table: self.writer.output[f"res_{table}.loading_percent"] for table in self.tables}

    def outcome(self) -> Outcome:
        """Read the output writer; three-winding units have the worst of their windings only."""
        inside = self._frame("ppc_bus.vm") * np.exp(1j * np.deg2rad(self._frame("ppc_bus.va")))
        voltage = self.case.reference.at_rows(inside)
        loading = {table: frame.to_numpy(dtype=float) for table, frame in self.loading().items()}
        return Outcome(voltage, loading, self.n_solved())


class Pandapower(Subject):
    """Python and numba, step by step."""

    name = "pandapower"
    packages = ("pandapower",)
    module = "pandapower"
    works_on_net = True

    def variants(self, threads: Sequence[int]) -> list[Variant]:
        """One thread is all it uses."""
        del threads
        return [Variant(self.name, "run_timeseries", 1)]

    def build(self, case: Case, variant: Variant) -> PandapowerModel:
        """Copy the net, which is its model."""
        del variant
        return PandapowerModel(case)

    def whole_call(
        self, case: Case, variant: Variant, given: Mapping[tuple[str, str], pd.DataFrame], voltage: np.ndarray
    ) -> Outcome:
        """Attach controllers, run, read frames."""
        del variant, voltage
        model = PandapowerModel(case)
        steps = len(next(iter(given.values())))
        model.prepare({key: frame.to_numpy() for key, frame in given.items()}, steps, np.empty(0))
        model.solve()
        loading = {table: frame.to_numpy(dtype=float) for table, frame in model.loading().items()}
        return Outcome(np.empty((0, 0), dtype=complex), loading, model.n_solved())


register_subject(Pandapower())
