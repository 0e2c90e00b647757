"""lightsim2grid: TimeSeriesCPP (each step starts from the one before) and InjectionSweepCPP (steps apart, threads).

Its own converter is used where it can read the net; else the grid is made with its setters from pandapower's branches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.peers.peer_model import MAX_ITERATIONS, TOLERANCE_PU, Model, NotApplicableError, Outcome

if TYPE_CHECKING:
    from gridsim.peers.peer_model import Arrays, PeerNet

#: Cheaper iterations are allowed in greater number.
MORE_ITERATIONS = {"NR": 3 * MAX_ITERATIONS, "FDPF": 10 * MAX_ITERATIONS, "GaussSeidel": 250 * MAX_ITERATIONS}
#: Mismatch in pandapower's equations beyond which its converter made another network.
SAME_NETWORK_PU = 1e-6
#: Whether its converter makes the same network, by case; found once and not in a timing.
_is_exact: dict[str, bool] = {}
SQRT_3 = np.sqrt(3.0)
_OWN = (("load", "p_mw"), ("load", "q_mvar"), ("gen", "p_mw"), ("sgen", "p_mw"), ("sgen", "q_mvar"))


def base_voltage(grid: Any, case: PeerNet) -> np.ndarray:
    """Solve the grid's own values from a direct-current start.

    Raises
    ------
    NotApplicableError
        When its load flow does not converge.
    """
    # The reference angle is taken from the start, not from the grid.
    flat = np.full(grid.total_bus(), np.exp(1j * np.deg2rad(case.net.ext_grid["va_degree"].iloc[0])))
    start = grid.dc_pf(flat, MAX_ITERATIONS, TOLERANCE_PU)
    found = grid.ac_pf(start if len(start) else flat, 2 * MAX_ITERATIONS, TOLERANCE_PU)
    if not len(found):
        raise NotApplicableError("its load flow of the net's own values does not converge")
    return np.array(found)


class LightsimGrid:
    """A grid and how its elements lie to those of the net."""

    def __init__(self, case: PeerNet) -> None:
        from lightsim2grid.network import init_from_pandapower  # noqa: PLC0415  a peer

        self.is_own_converter = _is_exact.get(case.name, True)
        if self.is_own_converter:
            try:
                self.grid = init_from_pandapower(case.fresh_net(), pp_orig_file="pandapower_v3")
                self._describe_converted(case)
                if case.name not in _is_exact:
                    _is_exact[case.name] = self.is_own_converter = self._is_network_of(case)
            except RuntimeError:
                _is_exact[case.name] = self.is_own_converter = False
        if not self.is_own_converter:
            self._from_branches(case)
        self.n_gen = len(self.grid.get_generators())

    def _is_network_of(self, case: PeerNet) -> bool:
        """Return whether its solution of the net's own values solves pandapower's equations as well."""
        voltage = base_voltage(self.grid, case)
        own = {key: case.net[key[0]][key[1]].to_numpy(dtype=float)[None] for key in case.reference.maps}
        return bool(case.reference.mismatch_pu(voltage[None, self.row], own) <= SAME_NETWORK_PU)

    def _describe_converted(self, case: PeerNet) -> None:
        net = case.net
        self.note = "own converter"
        self.columns = {(table, "p_mw"): np.arange(len(net[table])) for table in ("load", "gen", "sgen")}
        self.row = np.argsort(np.argsort(net.bus.index.to_numpy()))

    def _from_branches(self, case: PeerNet) -> None:
        """Fill a grid through the setters: pandapower's internal buses, lines and transformers in pu."""
        from lightsim2grid.lightsim2grid_cpp import LSGrid  # noqa: PLC0415  a peer

        self.note = "built from pandapower's branches: three-winding units as stars, joined buses as one"
        reference, net = case.reference, case.net
        branches = reference.branches
        if not np.array_equal(branches.y_from_pu, branches.y_to_pu):
            raise NotApplicableError("transformers whose two ends differ")
        is_line = (branches.ratio == 1.0) & (branches.shift_rad == 0.0)
        self.branch_row = np.r_[np.flatnonzero(is_line), np.flatnonzero(~is_line)]
        grid = LSGrid()
        grid.set_sn_mva(reference.base_mva)
        grid.init_bus(reference.n_bus, 1, reference.vn_kv, int(is_line.sum()), int((~is_line).sum()))
        ends = branches.from_pos.astype(np.int32), branches.to_pos.astype(np.int32)
        r_pu, x_pu, y_pu = branches.r_pu, branches.x_pu, branches.y_from_pu
        lines = [values[is_line] for values in (r_pu, x_pu, y_pu, y_pu, *ends)]
        grid.init_powerlines_full(*lines)
        trafos = [
            values[~is_line] for values in (r_pu, x_pu, 2.0 * y_pu, branches.ratio, np.rad2deg(branches.shift_rad))
        ]
        grid.init_trafo(*trafos, [True] * int((~is_line).sum()), ends[0][~is_line], ends[1][~is_line], True)
        with_shunt = np.flatnonzero(reference.shunt_mva)
        drawn = reference.shunt_mva[with_shunt]
        grid.init_shunt(drawn.real, drawn.imag, with_shunt.astype(np.int32))
        self.columns = {}
        pos = {}
        for table in ("load", "gen", "sgen"):
            weights = reference.maps.get((table, "p_mw"))
            alive = (
                np.empty(0, dtype=np.int64)
                if weights is None
                else np.flatnonzero(np.diff(weights.indptr) * weights.data)
            )
            if weights is not None and not np.all(np.abs(weights.data[alive]) == 1.0):
                raise NotApplicableError("elements with a scaling other than 1")
            self.columns[table, "p_mw"] = alive
            pos[table] = np.empty(0, np.int32) if weights is None else weights.indices[alive].astype(np.int32)
        own = {(t, c): net[t][c].to_numpy(dtype=float)[self.columns[t, "p_mw"]] for t, c in _OWN if len(net[t])}
        grid.init_loads(own["load", "p_mw"], own["load", "q_mvar"], pos["load"])
        if len(pos["sgen"]):
            p_mw = own["sgen", "p_mw"]
            far = np.full(len(p_mw), 1e6)
            grid.init_sgens(p_mw, own["sgen", "q_mvar"], -far, far, -far, far, pos["sgen"])
        slack = reference.slack.astype(np.int32)
        gen_p = np.r_[own.get(("gen", "p_mw"), np.empty(0)), np.zeros(len(slack))]
        gen_pos = np.r_[pos["gen"], slack].astype(np.int32)
        far = np.full(len(gen_p), 1e6)
        grid.init_generators(gen_p, np.abs(reference.v_solved)[gen_pos], -far, far, gen_pos)
        for place in range(len(slack)):
            grid.add_gen_slackbus(len(gen_p) - len(slack) + place, 1.0)
        self.row = reference.bus_pos
        self.grid = grid


class LightsimModel(Model):
    """A batch object on a solved grid."""

    def __init__(self, case: PeerNet, kind: str, algorithm: str, *, policy: int = 0, threads: int = 1) -> None:
        from lightsim2grid import lightsim2grid_cpp as cpp  # noqa: PLC0415  a peer

        self.case = case
        self.made = LightsimGrid(case)
        self.note = self.made.note
        grid = self.made.grid
        self.max_iterations = _iterations(algorithm, policy)
        self.start = base_voltage(grid, case)
        if algorithm.startswith("FDPF"):
            # The two matrices of this method are made by a load flow with it, and by nothing else.
            grid.change_algorithm(algorithm)
            if not len(grid.ac_pf(self.start, self.max_iterations, TOLERANCE_PU)):
                raise NotApplicableError("its load flow of the net's own values does not converge")
        self.n_step = 0
        self.batch_object: Any = getattr(cpp, kind)(grid)
        self.batch_object.change_algorithm(algorithm)
        if policy:
            config = self.batch_object.get_algo_config()
            config.int_params = [config.int_params[0], policy, *config.int_params[2:]]
            self.batch_object.set_algo_config(config)
        if threads > 1:
            self.batch_object.nb_thread = threads

    def prepare(self, profiles: Arrays, n_step: int, voltage: np.ndarray) -> None:
        """Put generators in its order: those of the net, then the external grid."""
        del voltage
        if n_step != self.n_step:
            self.batch_object.clear()  # a batch object keeps the number of its rows
        self.n_step = n_step
        columns = self.made.columns

        def pick(table: str, column: str) -> np.ndarray:
            given = profiles.get((table, column))
            return np.zeros((n_step, 0)) if given is None else given[:, columns[table, "p_mw"]]

        gen = pick("gen", "p_mw")
        extra = np.zeros((n_step, self.made.n_gen - gen.shape[1]))
        self.gen_p = np.ascontiguousarray(np.hstack([gen, extra]))
        self.sgen_p = np.ascontiguousarray(pick("sgen", "p_mw"))
        self.load_p = np.ascontiguousarray(pick("load", "p_mw"))
        self.load_q = np.ascontiguousarray(pick("load", "q_mvar"))

    def solve(self) -> None:
        """Voltages, then currents at the from end of every branch; it has no cheaper way to both ends."""
        self.solve_voltages()
        self.batch_object.compute_flows()

    def solve_voltages(self) -> None:
        """Voltages alone."""
        batch = self.batch_object
        batch.modify_gen_p(self.gen_p)
        if self.sgen_p.shape[1]:
            batch.modify_sgen_p(self.sgen_p)
        batch.modify_load_p(self.load_p)
        batch.modify_load_q(self.load_q)
        batch.compute(self.start, self.max_iterations, TOLERANCE_PU)

    def flows(self) -> None:
        """Currents at the from end of every branch."""
        self.batch_object.compute_flows()

    def loading(self) -> dict[str, np.ndarray]:
        """Return loading by table from powers at both ends and voltages."""
        made = self.made
        power = np.asarray(self.batch_object.compute_branch_results())
        magnitude = np.abs(np.asarray(self.batch_object.get_voltages()))
        from_kva = np.hypot(power[:, :, 0], power[:, :, 1])
        to_kva = np.hypot(power[:, :, 2], power[:, :, 3])
        if made.is_own_converter:
            return self._loading_of_tables(from_kva, to_kva, magnitude)
        reference = self.case.reference
        branches = reference.branches
        order = np.argsort(made.branch_row)
        from_ka = from_kva[:, order] / (SQRT_3 * reference.vn_kv[branches.from_pos] * magnitude[:, branches.from_pos])
        to_ka = to_kva[:, order] / (SQRT_3 * reference.vn_kv[branches.to_pos] * magnitude[:, branches.to_pos])
        return reference.loading_of_currents(from_ka, to_ka)

    def _loading_of_tables(self, from_mva: np.ndarray, to_mva: np.ndarray, vm: np.ndarray) -> dict[str, np.ndarray]:
        """As a user of its own converter would: branches are the lines of the net, then its transformers."""
        net = self.case.net
        vn = net.bus["vn_kv"]
        loading = {}
        first = 0
        for table, ends in (("line", ("from_bus", "to_bus")), ("trafo", ("hv_bus", "lv_bus"))):
            frame = net[table]
            if not len(frame):
                continue
            part = slice(first, first + len(frame))
            first += len(frame)
            per_end = []
            for bus, mva in zip(ends, (from_mva[:, part], to_mva[:, part]), strict=True):
                rows = self.made.row[net.bus.index.get_indexer(frame[bus])]
                base = frame[bus].map(vn).to_numpy(dtype=float)
                if table == "line":
                    percent = 100.0 / (frame["max_i_ka"] * frame["df"] * frame["parallel"]).to_numpy(dtype=float)
                else:
                    rated = frame["vn_hv_kv" if bus == "hv_bus" else "vn_lv_kv"].to_numpy(dtype=float)
                    power = (frame["sn_mva"] * frame["df"] * frame["parallel"]).to_numpy(dtype=float)
                    percent = 100.0 * SQRT_3 * rated / power
                per_end.append(mva / vm[:, rows] * (percent / (SQRT_3 * base)))
            loading[table] = np.maximum(*per_end)
        return loading

    def outcome(self) -> Outcome:
        """Voltages in the order of the net; a failed step has magnitude 0 here and NaN there."""
        found = np.asarray(self.batch_object.get_voltages())
        voltage = np.full((len(found), len(self.made.row)), np.nan + 0j)
        alive = self.made.row >= 0
        voltage[:, alive] = found[:, self.made.row[alive]]
        voltage[np.abs(voltage) < 1e-3] = np.nan
        return Outcome(voltage, self.loading(), self.n_solved())

    def n_solved(self) -> int:
        """By its own count."""
        return int(self.batch_object.nb_converged())


def _iterations(algorithm: str, policy: int) -> int:
    if algorithm.startswith("NR") and policy == 0:
        return MAX_ITERATIONS
    return next(count for prefix, count in MORE_ITERATIONS.items() if algorithm.startswith(prefix))
