"""The judge: ``pandapower.runpp`` step by step, with the signature of the batch solver.

Slow and plain on purpose. It shares no line with the batch solver, so that agreement of the two means something.

Controls are pandapower's own. Where it enforces limits of reactive power, it never returns a generator from a limit to
voltage control, and calls a step solved of which a load flow on the way has failed; so it is given the limits one round
after the other, and each load flow on the way is the last one once. What it calls solved has its balance struck again.
"""

from __future__ import annotations

import copy
import logging
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandapower as pp
import pandapower.control
import pandas as pd
from pandapower.auxiliary import ControllerNotConverged, LoadflowNotConverged, NetCalculationNotConverged
from pandapower.pypower.idx_brch import PF, PT
from pandapower.pypower.makeSbus import makeSbus

from gridsim.dtypes import INDEX
from gridsim.enums import LoadingBasis, StepStatus
from gridsim.errors import CompileError
from gridsim.solve.solution import BatchSolution, empty_solution
from gridsim.units import PERCENT, SQRT_3

if TYPE_CHECKING:
    from gridsim.compiled.injection import Profiles
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.solve.options import SolveOptions

#: Never judge with less than this, whatever the batch solver was asked for.
TIGHTEST_TOLERANCE = 1e-8
ACCEPTED = (
    *((table, column) for table in ("load", "sgen", "storage") for column in ("p_mw", "q_mvar")),
    ("gen", "p_mw"),
    ("gen", "vm_pu"),
    ("ext_grid", "vm_pu"),
)
LOAD_TABLES = ("load", "motor", "asymmetric_load")
TRANSFORMERS = ("trafo", "trafo3w")
#: What pandapower calls solved must balance to this many times the tolerance it was given.
BALANCE_MARGIN = 100.0
LIMITS = ["min_q_mvar", "max_q_mvar"]


class ReferenceSolver:
    """Solves each step of a batch by ``pandapower.runpp``: DC start first, flat start if that does not converge.

    Parameters
    ----------
    net:
        One topology; a copy is taken and the net is not changed.
    options:
        ``max_iterations``, ``use_fallback`` and the controls count; ``tolerance_pu`` counts when it is below 1e-8.
    basis:
        Basis of the loading of transformers.

    Attributes
    ----------
    tap_units:
        Table and place of the unit of each controlled tap changer.
    settled_tap_pos:
        Where the tap changers rest at the net's own values; the net's own positions where they find no rest. Shape
        (n_tap,).
    """

    def __init__(self, net: Any, options: SolveOptions, basis: LoadingBasis = LoadingBasis.current) -> None:
        self._net = copy.deepcopy(net)
        _separate_tap_tables(self._net)
        self.tap_units = _controlled_taps(self._net) if options.run_control else []
        user = net["user_pf_options"]
        self._has_limits = options.enforce_q_lims or bool(user.get("enforce_q_lims", False))
        self._has_shares = options.distributed_slack or bool(user.get("distributed_slack", False))
        self._tolerance = min(TIGHTEST_TOLERANCE, options.tolerance_pu)
        self._options = options
        self._basis = LoadingBasis(basis)
        self._starts = ("dc", "flat") if options.use_fallback else ("dc",)

    @cached_property
    def settled_tap_pos(self) -> IndexArray:
        """Where the tap changers rest at the net's own values; solved when first asked for."""
        settled = self.solve({}, 1)
        if settled.tap_pos is not None and settled.is_solved[0]:
            return np.asarray(settled.tap_pos[0], dtype=INDEX)
        return np.array([self._net[table]["tap_pos"].iat[row] for table, row in self.tap_units], dtype=INDEX)

    def solve(
        self,
        profiles: Profiles,
        n_step: int,
        *,
        loading_only: bool = False,  # noqa: ARG002
        from_settled_taps: bool = False,
    ) -> BatchSolution:
        """Solve a batch.

        Parameters
        ----------
        profiles:
            Values by ``(table, column)``, each of shape (n_step, n_element) in table order.
        n_step:
            Number of steps.
        loading_only:
            Saves nothing here: pandapower has the voltages anyway.
        from_settled_taps:
            Let the tap changers of every step start from :attr:`settled_tap_pos` and not from the net's own positions.

        Raises
        ------
        CompileError
            For unknown keys and wrong shapes.
        """
        net = copy.deepcopy(self._net)
        start = {table: self._net[table]["tap_pos"].copy() for table in TRANSFORMERS}
        if from_settled_taps:
            for (table, row), position in zip(self.tap_units, self.settled_tap_pos.tolist(), strict=True):
                start[table].iloc[row] = position
        for key, values in profiles.items():
            if key not in ACCEPTED:
                raise CompileError(f"profile {key!r}: no such profile; accepted are {', '.join(map(str, ACCEPTED))}")
            expected = (n_step, len(net[key[0]]))
            if np.shape(values) != expected:
                raise CompileError(f"profile {key!r}: shape is {np.shape(values)}, expected {expected}")
        n_bus, n_trafo, n_trafo3w, n_line = (len(net[table]) for table in ("bus", *TRANSFORMERS, "line"))
        solution = empty_solution(n_step, n_bus, n_trafo, n_trafo3w, n_line, len(self.tap_units))
        for step in range(n_step):
            for (table, column), values in profiles.items():
                net[table][column] = np.asarray(values[step], dtype=float)
            self._solve_step(net, start, solution, step)
        return solution

    def _solve_step(self, net: Any, taps: dict[str, pd.Series], solution: BatchSolution, step: int) -> None:
        rung = self._run(net, taps, solution, step)
        if rung < 0:
            return
        unserved_mw, is_unserved = _without_source(net)
        if is_unserved:
            solution.status[step] = StepStatus.de_energised
            solution.unserved_mw[step] = unserved_mw
            return
        solution.status[step] = StepStatus.ok_fallback if rung else StepStatus.ok
        solution.rung[step] = rung
        solution.mismatch_pu[step] = _mismatch_pu(net)
        angle = np.deg2rad(net["res_bus"]["va_degree"].to_numpy(dtype=float))
        solution.voltage_pu[step] = net["res_bus"]["vm_pu"].to_numpy(dtype=float) * np.exp(1j * angle)
        solution.loading.trafo[step] = _in_service(net["trafo"], net["res_trafo"]["loading_percent"].to_numpy(float))
        solution.loading.line[step] = _in_service(net["line"], net["res_line"]["loading_percent"].to_numpy(float))
        solution.loading.trafo3w[step] = _winding_loading(net, self._basis)
        solution.load_mw[step] = sum(_energised_mw(net, table) for table in LOAD_TABLES)
        if solution.tap_pos is not None:
            solution.tap_pos[step] = [net[table]["tap_pos"].iat[row] for table, row in self.tap_units]
        solution.loss_mw[step] = float(net["_ppc"]["branch"][:, [PF, PT]].real.sum())  # active power into both ends

    def _run(self, net: Any, taps: dict[str, pd.Series], solution: BatchSolution, step: int) -> int:
        """Solve one step; return the number of the start that worked, or -1 with the status set."""
        for rung, start in enumerate(self._starts):
            try:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    logging.disable(logging.ERROR)
                    self._load_flow(net, taps, start)
            except (LoadflowNotConverged, ControllerNotConverged, NetCalculationNotConverged):
                solution.status[step] = StepStatus.max_iterations
            except (ValueError, FloatingPointError, np.linalg.LinAlgError):
                solution.status[step] = StepStatus.diverged
            else:
                if _mismatch_pu(net) <= BALANCE_MARGIN * self._tolerance:  # no NaN is
                    solution.iterations[step] += int(net["_ppc"]["iterations"])
                    return rung
                solution.status[step] = StepStatus.diverged
            finally:
                logging.disable(logging.NOTSET)
            solution.iterations[step] += self._options.max_iterations
        return -1

    def _load_flow(self, net: Any, taps: dict[str, pd.Series], start: str) -> None:
        """Run one load flow with all controls, from given tap positions."""
        for table, positions in taps.items():
            net[table]["tap_pos"] = positions
        if self._options.run_control and net["controller"]["in_service"].any():
            pp.control.run_control(net, run=lambda net, **_: self._without_taps(net, start))
        else:
            self._without_taps(net, start)

    def _without_taps(self, net: Any, start: str) -> None:
        """Run one load flow at given tap positions; with limits, as many as pandapower takes rounds."""
        if not self._has_limits or not set(LIMITS) & set(net["gen"]):
            self._plain(net, start)
            return
        limits = net["gen"][[column for column in LIMITS if column in net["gen"]]].copy()
        known = np.zeros(len(limits), dtype=bool)
        try:
            while True:
                net["gen"][limits.columns] = limits.where(np.repeat(known[:, np.newaxis], limits.shape[1], axis=1))
                self._plain(net, start, enforce_q_lims=True)
                passed = _passes_limits(net, limits) & ~known
                if not passed.any():
                    return
                known |= passed
        finally:
            net["gen"][limits.columns] = limits

    def _plain(self, net: Any, start: str, *, enforce_q_lims: bool = False) -> None:
        pp.runpp(
            net,
            init=start,
            tolerance_mva=self._tolerance,
            max_iteration=self._options.max_iterations,
            trafo_loading=self._basis.value,
            enforce_q_lims=enforce_q_lims,
            distributed_slack=self._has_shares,
            lightsim2grid=False,
            numba=False,
        )


def _passes_limits(net: Any, limits: pd.DataFrame) -> BoolArray:
    """Whether each generator stands at a bus whose generators together pass one of their limits."""
    gen = net["gen"]
    given, bus = net["res_gen"]["q_mvar"].to_numpy(dtype=float), gen["bus"].to_numpy()
    in_service = gen["in_service"].to_numpy(dtype=bool) & ~gen["slack"].to_numpy(dtype=bool)
    passes = np.zeros(len(gen), dtype=bool)
    for place in np.unique(bus[in_service]):
        rows = in_service & (bus == place)
        for column, sign in zip(LIMITS, (-1.0, 1.0), strict=True):
            if column in limits:
                bound = limits[column].to_numpy(dtype=float)[rows].sum()  # NaN, which nothing passes, without a limit
                passes[rows] |= bool(sign * given[rows].sum() > sign * bound)
    return passes


def _mismatch_pu(net: Any) -> float:
    """Largest difference of given and calculated power at the buses where it is given."""
    internal = net["_ppc"]["internal"]
    if "V" not in internal:
        return 0.0  # nothing but slacks: pandapower solves nothing
    voltage = internal["V"]
    given = makeSbus(internal["baseMVA"], internal["bus"], internal["gen"], vm=np.abs(voltage))
    mismatch = voltage * np.conj(internal["Ybus"] @ voltage) - given
    active = mismatch.real[np.r_[internal["pv"], internal["pq"]]]
    reactive = mismatch.imag[internal["pq"]]
    return float(np.abs(np.r_[active, reactive]).max(initial=0.0))


def _in_service(frame: Any, values: FloatArray) -> FloatArray:
    """Pandapower reports 0 % for a branch out of service; here it has no loading."""
    return np.where(frame["in_service"].to_numpy(dtype=bool), values, np.nan)


def _winding_loading(net: Any, basis: LoadingBasis) -> FloatArray:
    """Loading of each winding; pandapower reports the worst of the three only. Shape (n_trafo3w, 3)."""
    table, result = net["trafo3w"], net["res_trafo3w"]
    loading = np.full((len(table), 3), np.nan)
    for winding, side in enumerate(("hv", "mv", "lv")):
        rated_mva = table[f"sn_{side}_mva"].to_numpy(dtype=float)
        if basis is LoadingBasis.current:
            rated_kv = table[f"vn_{side}_kv"].to_numpy(dtype=float)
            apparent_mva = result[f"i_{side}_ka"].to_numpy(dtype=float) * rated_kv * SQRT_3
        else:
            apparent_mva = np.hypot(
                result[f"p_{side}_mw"].to_numpy(dtype=float), result[f"q_{side}_mvar"].to_numpy(dtype=float)
            )
        loading[:, winding] = apparent_mva / rated_mva * PERCENT
    return np.where(table["in_service"].to_numpy(dtype=bool)[:, np.newaxis], loading, np.nan)


def _own_mw(net: Any, table: str) -> tuple[FloatArray, FloatArray]:
    """Active and reactive power each load asks for, whether or not it has a source."""
    frame = net[table]
    scaling = frame["scaling"].to_numpy(dtype=float)
    if table == "load":
        return frame["p_mw"].to_numpy(dtype=float) * scaling, frame["q_mvar"].to_numpy(dtype=float) * scaling
    if table == "asymmetric_load":
        phases = frame[["p_a_mw", "p_b_mw", "p_c_mw"]].to_numpy(dtype=float).sum(axis=1)
        return phases * scaling, np.zeros(len(frame))
    loading = frame["loading_percent"].to_numpy(dtype=float) / frame["efficiency_percent"].to_numpy(dtype=float)
    return frame["pn_mech_mw"].to_numpy(dtype=float) * loading * scaling, np.zeros(len(frame))


def _is_energised(net: Any, table: str) -> tuple[FloatArray, FloatArray]:
    """Whether each load in service stands on a bus with a voltage, and whether it stands on one that should have."""
    frame = net[table]
    buses = frame["bus"].to_numpy()
    in_service = frame["in_service"].to_numpy(dtype=bool)
    has_voltage = np.isfinite(net["res_bus"]["vm_pu"].reindex(buses).to_numpy(dtype=float))
    is_wanted = net["bus"]["in_service"].reindex(buses).to_numpy(dtype=bool)
    return in_service & has_voltage, in_service & is_wanted & ~has_voltage


def _energised_mw(net: Any, table: str) -> float:
    if table not in net or len(net[table]) == 0:
        return 0.0
    served, _ = _is_energised(net, table)
    return float(_own_mw(net, table)[0][served].sum())


def _without_source(net: Any) -> tuple[float, bool]:
    """Active load on buses in service that no source reaches, and whether there is any load at all."""
    total, is_any = 0.0, False
    for table in LOAD_TABLES:
        if table in net and len(net[table]):
            _, dead = _is_energised(net, table)
            active, reactive = _own_mw(net, table)
            total += float(active[dead].sum())
            is_any = is_any or bool((active[dead] != 0.0).any() or (reactive[dead] != 0.0).any())
    return total, is_any


def _controlled_taps(net: Any) -> list[tuple[str, int]]:
    """Table and row of each unit that a discrete controller in service moves, by level, order and row of it."""
    found: list[tuple[float, float, int, str, int]] = []
    for place, row in enumerate(net["controller"].itertuples()):
        if row.in_service and type(row.object).__name__ == "DiscreteTapControl":
            table = row.object.element
            for index in np.atleast_1d(row.object.element_index):
                turn = (float(np.ravel(row.level)[0]), float(row.order), place)
                found.append((*turn, table, net[table].index.get_loc(index)))
    return [(table, row) for *_, table, row in sorted(found, key=lambda unit: unit[:3])]


def _separate_tap_tables(net: Any) -> None:
    """Give each unit a copy of its tap table: pandapower mixes up units that share one at different positions."""
    copies: list[pd.DataFrame] = []
    for table in TRANSFORMERS:
        if "tap_dependency_table" not in net[table]:
            continue
        for index in net[table].index[net[table]["tap_dependency_table"].fillna(value=False).astype(bool)]:
            shared = net["trafo_characteristic_table"]
            own = shared[shared["id_characteristic"] == net[table].at[index, "id_characteristic_table"]]
            net[table].loc[index, "id_characteristic_table"] = len(copies)
            copies.append(own.assign(id_characteristic=len(copies)))
    if copies:
        net["trafo_characteristic_table"] = pd.concat(copies, ignore_index=True)
