"""power-grid-model: batch load flow by Newton-Raphson or by iterative current.

It has no buses with a given voltage magnitude in a load flow. Generators therefore inject what they inject in the known
solution of every step, so that its solution is that of the others. Its model is made from pandapower's branches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.peers.peer_model import MAX_ITERATIONS, TOLERANCE_PU, Model, NotApplicableError, Outcome

if TYPE_CHECKING:
    from gridsim.peers.peer_model import Arrays, PeerNet

#: It stops by the change of voltage, not by mismatch. The loosest of these with which the mismatch is met is taken.
VOLTAGE_TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
#: The iterative-current method converges linearly: many cheap iterations.
MORE_ITERATIONS = 20 * MAX_ITERATIONS
STRONG_VA = 1e20
#: Tolerance found for a net and method; found once and not in a timing.
_tolerances: dict[tuple[str, str], float] = {}
SQRT_3 = np.sqrt(3.0)


class PowerGridModelModel(Model):
    """A model and its batch."""

    def __init__(self, case: PeerNet, method: str, *, threads: int = 1, tolerance: float = 0.0) -> None:
        import power_grid_model as pgm  # noqa: PLC0415  a peer

        self.case = case
        self.method = method
        self.threading = -1 if threads == 1 else threads
        self.max_iterations = MAX_ITERATIONS if self.method == "newton_raphson" else MORE_ITERATIONS
        #: Change of voltage at which it stops; found by trial for a net where none is given.
        self.tolerance = tolerance or _tolerances.get((case.name, method), 0.0)
        self.note = "generators as constant P and Q of the known solution; built from pandapower's branches"
        reference = case.reference
        if np.abs(reference.branches.y_from_pu - reference.branches.y_to_pu).max() > 0.0:
            raise NotApplicableError("branches whose two ends differ")
        self.model = pgm.PowerGridModel(_input_data(reference, pgm))
        self.result: Any = {}

    def prepare(self, profiles: Arrays, n_step: int, voltage: np.ndarray) -> None:
        """Write the update table: one load per bus, drawing what the bus does not inject."""
        import power_grid_model as pgm  # noqa: PLC0415  a peer

        reference = self.case.reference
        self.batch, self.n_step = profiles, n_step
        given_mva = reference.injection_pu(profiles) * reference.base_mva
        injected = given_mva + 1j * reference.reactive_mvar(voltage[:n_step], profiles)
        table = pgm.initialize_array("update", "sym_load", (n_step, len(self._load_bus(reference))))
        first = reference.n_bus + len(reference.branches.r_pu)
        table["id"] = first + np.arange(table.shape[1])
        chosen = injected[:, self._load_bus(reference)]
        table["p_specified"], table["q_specified"] = -1e6 * chosen.real, -1e6 * chosen.imag
        self.update = {"sym_load": table}
        if not self.tolerance:
            self._choose_tolerance()

    @staticmethod
    def _load_bus(reference: Any) -> np.ndarray:
        return np.setdiff1d(np.arange(reference.n_bus), reference.slack)

    def _choose_tolerance(self) -> None:
        for tolerance in VOLTAGE_TOLERANCES:
            self.tolerance = tolerance
            self.solve()
            self._refuse_failures()
            if self._mismatch() <= TOLERANCE_PU:
                _tolerances[self.case.name, self.method] = tolerance
                return
        self.tolerance = 0.0
        raise NotApplicableError(f"its mismatch does not fall below {TOLERANCE_PU} pu")

    def _mismatch(self) -> float:
        return self.case.reference.mismatch_pu(self.case.reference.at_rows(self._internal()), self.batch)

    def _refuse_failures(self) -> None:
        if self.n_solved() == 0:
            raise NotApplicableError("it solves no step with constant P and Q")

    def solve(self) -> None:
        """Voltages of all nodes and currents at both ends of all branches, nothing else."""
        self.result = self.model.calculate_power_flow(
            symmetric=True,
            error_tolerance=self.tolerance,
            max_iterations=self.max_iterations,
            calculation_method=self.method,
            update_data=self.update,
            threading=self.threading,
            output_component_types={"node": ["u_pu", "u_angle"], "generic_branch": ["i_from", "i_to"]},
            continue_on_batch_error=True,
        )

    def _internal(self) -> np.ndarray:
        node = self.result["node"]
        voltage = node["u_pu"] * np.exp(1j * node["u_angle"])
        voltage[self._failed()] = np.nan
        return np.asarray(voltage)

    def _failed(self) -> np.ndarray:
        error = self.model.batch_error
        return np.empty(0, dtype=np.int64) if error is None else np.asarray(error.failed_scenarios, dtype=np.int64)

    def n_solved(self) -> int:
        """All but those in its batch error."""
        return self.n_step - len(self._failed())

    def loading(self) -> dict[str, np.ndarray]:
        """Return loading by table from its currents."""
        branch = self.result["generic_branch"]
        from_ka, to_ka = branch["i_from"] * 1e-3, branch["i_to"] * 1e-3
        from_ka[self._failed()] = to_ka[self._failed()] = np.nan
        return self.case.reference.loading_of_currents(from_ka, to_ka)

    def outcome(self) -> Outcome:
        """Bring voltages into the order of the net."""
        return Outcome(self.case.reference.at_rows(self._internal()), self.loading(), self.n_solved())


def _input_data(reference: Any, pgm: Any) -> dict[str, Any]:
    """Return nodes, branches, loads, shunts and sources of the net in volt, ohm and siemens."""
    branches = reference.branches
    n_bus, n_branch = reference.n_bus, len(branches.r_pu)
    u_rated = 1e3 * reference.vn_kv
    node = pgm.initialize_array("input", "node", n_bus)
    node["id"], node["u_rated"] = np.arange(n_bus), u_rated
    branch = pgm.initialize_array("input", "generic_branch", n_branch)
    branch["id"] = n_bus + np.arange(n_branch)
    branch["from_node"], branch["to_node"] = branches.from_pos, branches.to_pos
    branch["from_status"] = branch["to_status"] = 1
    ohm = u_rated[branches.to_pos] ** 2 / (1e6 * reference.base_mva)
    branch["r1"], branch["x1"] = branches.r_pu * ohm, branches.x_pu * ohm
    earth = (branches.y_from_pu + branches.y_to_pu) / ohm
    branch["g1"], branch["b1"] = earth.real, earth.imag
    branch["k"], branch["theta"], branch["sn"] = branches.ratio, branches.shift_rad, 1e6 * reference.base_mva
    load_bus = np.setdiff1d(np.arange(n_bus), reference.slack)
    load = pgm.initialize_array("input", "sym_load", len(load_bus))
    first = n_bus + n_branch
    load["id"], load["node"], load["status"], load["type"] = first + np.arange(len(load_bus)), load_bus, 1, 0
    load["p_specified"] = load["q_specified"] = 0.0
    first += len(load_bus)
    shunt_bus = np.flatnonzero(reference.shunt_mva)
    shunt = pgm.initialize_array("input", "shunt", len(shunt_bus))
    shunt["id"], shunt["node"], shunt["status"] = first + np.arange(len(shunt_bus)), shunt_bus, 1
    admittance = np.conj(reference.shunt_mva[shunt_bus]) * 1e6 / u_rated[shunt_bus] ** 2
    shunt["g1"], shunt["b1"] = admittance.real, admittance.imag
    first += len(shunt_bus)
    source = pgm.initialize_array("input", "source", len(reference.slack))
    source["id"], source["node"], source["status"] = first + np.arange(len(source)), reference.slack, 1
    at_slack = reference.v_solved[reference.slack]
    source["u_ref"], source["u_ref_angle"], source["sk"] = np.abs(at_slack), np.angle(at_slack), STRONG_VA
    return {"node": node, "generic_branch": branch, "sym_load": load, "shunt": shunt, "source": source}
