"""VeraGrid (formerly GridCal): its time-series driver, Newton-Raphson, one load flow after another.

Its own reader of pandapower nets gives another network (0.07 pu off on case30, and it stops on case118), so the circuit
is made from pandapower's branches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.peers.peer_model import MAX_ITERATIONS, TOLERANCE_PU, Model, NotApplicableError, Outcome

if TYPE_CHECKING:
    from gridsim.peers.peer_model import Arrays, PeerNet

FIRST_HOUR = "2026-01-01"
SQRT_3 = np.sqrt(3.0)


class VeraGridModel(Model):
    """A circuit with one load per bus, whose profiles are replaced for every batch."""

    is_single_precision = True

    def __init__(self, case: PeerNet) -> None:
        self.case = case
        self.note = "built from pandapower's branches; results in single precision, so no mismatch to judge"
        if not np.array_equal(case.reference.branches.y_from_pu, case.reference.branches.y_to_pu):
            raise NotApplicableError("branches whose two ends differ")
        self._make_circuit()

    def _make_circuit(self) -> None:
        import VeraGridEngine.api as vge  # noqa: PLC0415  a peer

        reference = self.case.reference
        grid = vge.MultiCircuit()
        grid.Sbase = reference.base_mva
        self.buses = []
        slack = set(reference.slack.tolist())
        for pos, vn_kv in enumerate(reference.vn_kv):
            at_slack = np.angle(reference.v_solved[pos]) if pos in slack else 0.0
            bus = vge.Bus(name=str(pos), Vnom=vn_kv, is_slack=pos in slack, Va0=at_slack)
            grid.add_bus(bus)
            self.buses.append(bus)
        self._add_branches(vge, grid)
        # It ignores the conductance of lines to earth, so that goes to the buses at their ends.
        branches = reference.branches
        ignored = np.where(self._is_line(), reference.base_mva, 0.0)
        self.lost_mw = [branches.y_from_pu.real * ignored, branches.y_to_pu.real * ignored]
        shunt_mva = reference.shunt_mva.astype(complex)
        for ends, lost in zip((branches.from_pos, branches.to_pos), self.lost_mw, strict=True):
            np.add.at(shunt_mva, ends, lost)
        for pos in np.flatnonzero(shunt_mva).tolist():
            drawn = shunt_mva[pos]
            grid.add_shunt(self.buses[pos], vge.Shunt(G=drawn.real, B=-drawn.imag))
        self.loads = {}
        for pos in range(reference.n_bus):
            if pos not in slack:
                self.loads[pos] = vge.Load(name=str(pos))
                grid.add_load(self.buses[pos], self.loads[pos])
        for pos in np.r_[reference.pv, reference.slack].tolist():
            grid.add_generator(self.buses[pos], vge.Generator(vset=float(np.abs(reference.v_solved[pos])), P=0.0))
        self.grid: Any = grid
        self.options = vge.PowerFlowOptions(
            solver_type=vge.SolverType.NR,
            retry_with_other_methods=False,
            tolerance=TOLERANCE_PU,
            max_iter=MAX_ITERATIONS,
            control_q=False,
            control_taps_modules=False,
            control_taps_phase=False,
            control_remote_voltage=False,
            apply_temperature_correction=False,
            initialize_angles=True,
        )

    def _is_line(self) -> np.ndarray:
        """Return which branches are lines to it: those without a ratio. Shape (n_branch,)."""
        branches = self.case.reference.branches
        return np.asarray((branches.ratio == 1.0) & (branches.shift_rad == 0.0))

    def _add_branches(self, vge: Any, grid: Any) -> None:
        """Lines and transformers apart, each in the order in which the circuit numbers them: lines first."""
        branches = self.case.reference.branches
        is_line = self._is_line()
        self.order = np.r_[np.flatnonzero(is_line), np.flatnonzero(~is_line)]
        for row in self.order:
            ends = {"bus_from": self.buses[branches.from_pos[row]], "bus_to": self.buses[branches.to_pos[row]]}
            earth = branches.y_from_pu[row] + branches.y_to_pu[row]
            values = {"r": branches.r_pu[row], "x": branches.x_pu[row], "g": earth.real, "b": earth.imag}
            if is_line[row]:
                grid.add_line(vge.Line(name=str(row), **ends, **values))
            else:
                shape = {"tap_module": branches.ratio[row], "tap_phase": branches.shift_rad[row]}
                rated = {"HV": ends["bus_from"].Vnom, "LV": ends["bus_to"].Vnom}
                grid.add_transformer2w(vge.Transformer2W(name=str(row), **ends, **rated, **values, **shape))

    def prepare(self, profiles: Arrays, n_step: int, voltage: np.ndarray) -> None:
        """Set the profiles of all loads: what a bus does not inject, generators included."""
        del voltage
        self.n_step = n_step
        reference = self.case.reference
        self.grid.format_profiles(pd.date_range(FIRST_HOUR, periods=n_step, freq="h"))
        drawn = -reference.injection_pu(profiles) * reference.base_mva
        for pos, load in self.loads.items():
            load.P_prof = np.ascontiguousarray(drawn[:, pos].real)
            load.Q_prof = np.ascontiguousarray(drawn[:, pos].imag)

    def solve(self) -> None:
        """Run the driver on all steps."""
        from VeraGridEngine.Simulations.PowerFlow.power_flow_ts_driver import (  # noqa: PLC0415  a peer
            PowerFlowTimeSeriesDriver,
        )

        driver = PowerFlowTimeSeriesDriver(grid=self.grid, options=self.options, time_indices=np.arange(self.n_step))
        driver.run()
        self.results: Any = driver.results

    def n_solved(self) -> int:
        """By its own mark."""
        return int(np.asarray(self.results.converged_values).sum())

    def loading(self) -> dict[str, np.ndarray]:
        """Return loading by table from its powers and voltages at both ends."""
        reference = self.case.reference
        branches = reference.branches
        back = np.argsort(self.order)
        magnitude = np.abs(np.asarray(self.results.voltage))
        ends = []
        powers = (self.results.Sf, self.results.St)
        for power, pos, lost in zip(powers, (branches.from_pos, branches.to_pos), self.lost_mw, strict=True):
            mva = np.abs(np.asarray(power)[:, back] + lost * magnitude[:, pos] ** 2)
            ends.append(mva / (SQRT_3 * reference.vn_kv[pos] * magnitude[:, pos]))
        return reference.loading_of_currents(*ends)

    def outcome(self) -> Outcome:
        """Bring voltages into the order of the net; it counts angles from its slack, whatever that has."""
        reference = self.case.reference
        turned = np.exp(1j * np.angle(reference.v_solved[reference.slack[0]])) * np.asarray(self.results.voltage)
        return Outcome(reference.at_rows(turned), self.loading(), self.n_solved())
