"""From a pandapower net to :class:`CompiledGrid`: the only place that knows both number spaces.

The net is lowered by pandapower's own conversion, on a copy, with the options ``runpp`` would use. So every element is
modelled exactly as pandapower models it: tap changers and their tables, phase shift, the three branches and star point
of a three-winding transformer, open switches at line ends, joined busbars, wards, impedances, DC lines.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from pandapower.auxiliary import _add_auxiliary_elements, _init_runpp_options
from pandapower.build_bus import _calc_pq_elements_and_add_on_ppc
from pandapower.pd2ppc import _pd2ppc
from pandapower.pypower.idx_brch import BR_R, BR_R_ASYM, BR_X, BR_X_ASYM, F_BUS, SHIFT, T_BUS, TAP
from pandapower.pypower.idx_bus import (
    BASE_KV,
    BS,
    BUS_TYPE,
    CID_P,
    CID_Q,
    CZD_P,
    CZD_Q,
    GS,
    PD,
    PV,
    QD,
    REF,
    VA,
    VM,
)
from pandapower.pypower.idx_gen import GEN_BUS, VG
from pandapower.pypower.makeSbus import makeSbus
from pandapower.pypower.makeYbus import branch_vectors
from scipy.sparse import coo_array

from gridsim.compiled.channels import POWER_TABLES, ServiceState, element_channels, fixed_loads
from gridsim.compiled.compiled_grid import CompiledGrid
from gridsim.compiled.control_lowering import ControlChoice, lower_controls
from gridsim.compiled.dc_start import dc_angles
from gridsim.compiled.injection import own_injection
from gridsim.compiled.ordering import lu_pattern, minimum_degree
from gridsim.compiled.ratings import BranchPlaces, loading_elements
from gridsim.compiled.slack_shares import keep_one_reference
from gridsim.compiled.support import check_options, check_tables_are_modelled
from gridsim.compiled.tap_tables import separate_tap_tables
from gridsim.compiled.working_copy import working_copy
from gridsim.dtypes import INDEX, BoolArray, ComplexArray, FloatArray, IndexArray
from gridsim.enums import BusKind
from gridsim.errors import CompileError
from gridsim.kernels.structures import Network

#: Largest difference, in pu, between the injections lowered here and those of pandapower's own conversion.
INJECTION_TOLERANCE_PU = 1e-9
TABLE_OF_BRANCH = ("line", "trafo", "trafo3w", "impedance", "xward", "switch")


def lower(
    net: Any, *, enforce_q_lims: bool = False, distributed_slack: bool = False, run_control: bool = True
) -> CompiledGrid:
    """Lower one topology of a net to arrays.

    Parameters
    ----------
    net:
        Any balanced ``pandapowerNet``; it is not changed. Options set by ``pandapower.set_user_pf_options`` count as
        they do in ``runpp``, except those on the start, on convergence and on loading.
    enforce_q_lims, distributed_slack, run_control:
        Which controls act, see :class:`gridsim.solve.options.SolveOptions`; the first two also by ``user_pf_options``.

    Raises
    ------
    CompileError
        For anything that is not modelled, and for values of which no admittance can be made.
    """
    check_tables_are_modelled(net)
    choice = ControlChoice(enforce_q_lims, distributed_slack, run_control).with_options_of(net)
    work = working_copy(net)
    separate_tap_tables(work)
    ppc, ppci = _convert(work, choice)
    with np.errstate(all="ignore"):  # what is no number is looked for and named
        return _assemble(net, work, ppc, ppci, choice)


def _convert(work: Any, choice: ControlChoice) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run pandapower's conversion on the copy; return its arrays with and without what is out of service."""
    ours = ("init", "init_vm_pu", "init_va_degree", "recycle", "enforce_q_lims", "distributed_slack")
    overruled = {key: value for key, value in work["user_pf_options"].items() if key not in ours}
    work["user_pf_options"] = overruled
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            _init_runpp_options(
                work,
                algorithm="nr",
                calculate_voltage_angles=True,
                init="auto",
                max_iteration="auto",
                tolerance_mva=1e-8,
                trafo_model="t",
                trafo_loading="current",
                enforce_p_lims=False,
                enforce_q_lims=choice.enforce_q_lims,
                distributed_slack=choice.distributed_slack,
                check_connectivity=True,
                voltage_depend_loads=True,
                passed_parameters={} if overruled else None,
                lightsim2grid=False,
                numba=False,
                init_vm_pu=_mean_set_point(work),
            )
            work["_options"]["numba"] = False
            check_options(work["_options"])
            _add_auxiliary_elements(work)
            work["_pd2ppc_lookups"] = {
                name: np.array([], dtype=INDEX) for name in ("bus", "bus_dc", "ext_grid", "gen", "branch", "branch_dc")
            }
            ppc, ppci = _pd2ppc(work)
    except (UserWarning, ArithmeticError, LookupError, ValueError, TypeError, NotImplementedError) as fault:
        raise CompileError(f"pandapower cannot convert the net: {fault}") from fault
    return ppc, ppci


def _mean_set_point(net: Any) -> float:
    """Start of the magnitudes that are not given; what ``init="auto"`` comes to, without its slow table queries."""
    values = [
        net[table]["vm_pu"].to_numpy(dtype=float)[net[table]["in_service"].to_numpy(dtype=bool)]
        for table in ("ext_grid", "gen")
    ]
    return float(np.concatenate(values).mean())


def _assemble(net: Any, work: Any, ppc: dict[str, Any], ppci: dict[str, Any], choice: ControlChoice) -> CompiledGrid:
    base_mva = float(ppci["baseMVA"])
    bus_rows = ppci["bus"]
    n_bus = len(bus_rows)
    places = _branch_places(work, ppci)
    _check_impedances(ppci, places)
    branch = ppci["branch"]
    y_tt, y_ff, y_ft, y_tf = _admittances(branch, places)

    old_from = branch[:, F_BUS].real.astype(INDEX)
    old_to = branch[:, T_BUS].real.astype(INDEX)
    if choice.distributed_slack:
        keep_one_reference(ppci)
    is_slack = bus_rows[:, BUS_TYPE] == REF
    order, elimination = _elimination_order(n_bus, is_slack, old_from, old_to)
    place = np.empty(n_bus, dtype=INDEX)
    place[order] = np.arange(n_bus, dtype=INDEX)
    branch_from, branch_to = place[old_from], place[old_to]

    shunt = (bus_rows[order, GS] + 1j * bus_rows[order, BS]) / base_mva
    network = _network(n_bus, branch_from, branch_to, (y_ff, y_ft, y_tf, y_tt), shunt, bus_rows[order])
    expected = makeSbus(base_mva, bus_rows, ppci["gen"])
    start_vm, start_va, flat_va = _starts(work, ppci, is_slack, (old_from, old_to), expected.real)
    kind = np.full(n_bus, int(BusKind.pq), dtype=INDEX)
    kind[bus_rows[order, BUS_TYPE] == PV] = int(BusKind.pv)
    kind[is_slack[order]] = int(BusKind.slack)
    controlled_pos = np.flatnonzero(kind != int(BusKind.pq)).astype(INDEX)

    lookup = np.asarray(work["_pd2ppc_lookups"]["bus"], dtype=INDEX)
    net_bus = net["bus"].index.to_numpy(dtype=INDEX)
    in_service = net["bus"]["in_service"].to_numpy(dtype=bool)
    old_row = lookup[net_bus]
    is_alive = in_service & (old_row >= 0) & (old_row < n_bus)
    bus_pos = np.where(is_alive, place[np.where(is_alive, old_row, 0)], -1).astype(INDEX)
    state = ServiceState(net=net, bus=net_bus, bus_pos=bus_pos, is_dead=in_service & ~is_alive, base_mva=base_mva)
    fixed_load_mw, fixed_unserved_mw = fixed_loads(state)

    compiled = CompiledGrid(
        base_mva=base_mva,
        bus=net_bus,
        bus_pos=bus_pos,
        is_dead=state.is_dead,
        n_free=n_bus - int(is_slack.sum()),
        bus_kind=kind,
        controlled_pos=controlled_pos,
        vm_set_pu=start_vm[order][controlled_pos],
        dcline_of=_ends_of_dclines(state),
        start_vm_pu=start_vm[order],
        start_va_rad=start_va[order],
        flat_va_rad=flat_va[order],
        s_fixed_pu=_fixed_injection(net, work, ppc, n_bus, base_mva)[order],
        shunt_g_pu=np.ascontiguousarray(shunt.real),
        zip_share=np.ascontiguousarray(bus_rows[order][:, [CID_P, CID_Q, CZD_P, CZD_Q]][network.zip_pos]),
        fixed_load_mw=fixed_load_mw,
        fixed_unserved_mw=fixed_unserved_mw,
        network=network,
        lu=lu_pattern(elimination, network.y_indptr, network.y_indices),
        channels=element_channels(state, enforces_q_lims=choice.enforce_q_lims),
        branch_from=branch_from,
        branch_to=branch_to,
        y_ff=y_ff,
        y_ft=y_ft,
        y_tf=y_tf,
        y_tt=y_tt,
        loading=loading_elements(net, places, bus_rows[old_from, BASE_KV], bus_rows[old_to, BASE_KV], base_mva),
        controls=lower_controls(choice, net, work, (ppc, ppci), places, state, place),
    )
    _check_injections(compiled, expected[order])
    return compiled


def _branch_places(work: Any, ppci: dict[str, Any]) -> BranchPlaces:
    """Where the branches of each table went; rows that are not in service are dropped by the conversion."""
    kept = np.asarray(ppci["internal"]["branch_is"], dtype=bool)
    row_of = np.where(kept, np.cumsum(kept) - 1, -1).astype(INDEX)
    lookup = work["_pd2ppc_lookups"]["branch"]
    rows = {table: row_of[slice(*lookup[table])] for table in TABLE_OF_BRANCH if table in lookup}
    index = {table: work[table].index.to_numpy() for table in rows if table != "switch"}
    if "switch" in rows:
        index["switch"] = work["switch"].index.to_numpy()[np.asarray(work["_impedance_bb_switches"], dtype=bool)]
    return BranchPlaces(rows, index)


def _check_impedances(ppci: dict[str, Any], places: BranchPlaces) -> None:
    branch = ppci["branch"]
    series = branch[:, BR_R] + 1j * branch[:, BR_X]
    other = series + branch[:, BR_R_ASYM] + 1j * branch[:, BR_X_ASYM]
    for row in np.flatnonzero((series == 0.0) | (other == 0.0)):
        raise CompileError(f"{places.name_of(int(row))}: the series impedance is zero, so it has no admittance")
    _check_finite(series + other, places)


def _admittances(
    branch: FloatArray, places: BranchPlaces
) -> tuple[ComplexArray, ComplexArray, ComplexArray, ComplexArray]:
    """Return y_tt, y_ff, y_ft and y_tf of all branches; pandapower refuses the whole for one that has none."""
    try:
        y_tt, y_ff, y_ft, y_tf = (np.asarray(part, dtype=complex) for part in branch_vectors(branch, len(branch)))
    except FloatingPointError as fault:
        for row in range(len(branch)):
            try:
                branch_vectors(branch[row : row + 1], 1)
            except FloatingPointError:
                raise CompileError(f"{places.name_of(row)}: its ratio or impedance is no number of a grid") from fault
        raise
    _check_finite(y_ff + y_ft + y_tf + y_tt, places)
    return y_tt, y_ff, y_ft, y_tf


def _check_finite(values: ComplexArray, places: BranchPlaces) -> None:
    for row in np.flatnonzero(~np.isfinite(values)):
        raise CompileError(f"{places.name_of(int(row))}: the admittance is not a finite number")


def _elimination_order(n_bus: int, is_slack: Any, old_from: IndexArray, old_to: IndexArray) -> tuple[IndexArray, Any]:
    """Return the old row of each new row (free rows in elimination order, then the slack rows), and the elimination."""
    free = np.flatnonzero(~is_slack)
    number = np.full(n_bus, -1, dtype=INDEX)
    number[free] = np.arange(len(free))
    ends = np.stack([number[old_from], number[old_to]])
    inner = ends[:, (ends >= 0).all(axis=0)]
    graph = coo_array((np.ones(inner.shape[1]), (inner[0], inner[1])), shape=(len(free), len(free)))
    symmetric = (graph + graph.T).tocsr()
    elimination = minimum_degree(symmetric.indptr.astype(INDEX), symmetric.indices.astype(INDEX))
    order = np.concatenate([free[elimination.order], np.flatnonzero(is_slack)]).astype(INDEX)
    return order, elimination


def _network(
    n_bus: int,
    branch_from: IndexArray,
    branch_to: IndexArray,
    admittances: tuple[ComplexArray, ComplexArray, ComplexArray, ComplexArray],
    shunt: ComplexArray,
    bus_rows: FloatArray,
) -> Network:
    """Sum branch and shunt admittances to Y; entries that happen to cancel stay stored, so the pattern is symmetric."""
    every = np.arange(n_bus, dtype=INDEX)
    rows = np.concatenate([branch_from, branch_from, branch_to, branch_to, every])
    columns = np.concatenate([branch_from, branch_to, branch_from, branch_to, every])
    y_bus = coo_array((np.concatenate([*admittances, shunt]), (rows, columns)), shape=(n_bus, n_bus)).tocsr()
    y_bus.sum_duplicates()
    y_bus.sort_indices()
    voltage_dependent = (bus_rows[:, [CID_P, CID_Q, CZD_P, CZD_Q]] != 0.0).any(axis=1)
    return Network(
        y_indptr=y_bus.indptr.astype(INDEX),
        y_indices=y_bus.indices.astype(INDEX),
        y_g=np.ascontiguousarray(y_bus.data.real),
        y_b=np.ascontiguousarray(y_bus.data.imag),
        is_pq=(bus_rows[:, BUS_TYPE] != PV) & (bus_rows[:, BUS_TYPE] != REF),
        zip_pos=np.flatnonzero(voltage_dependent).astype(INDEX),
    )


def _starts(
    work: Any, ppci: dict[str, Any], is_slack: BoolArray, ends: tuple[IndexArray, IndexArray], power_pu: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Magnitudes (set points, their mean elsewhere), angles of the DC load flow of ``runpp``, angles without power."""
    bus, gen, branch = ppci["bus"], ppci["gen"], ppci["branch"]
    magnitude = bus[:, VM].astype(float)
    magnitude[gen[:, GEN_BUS].astype(INDEX)] = gen[:, VG]
    angle = np.deg2rad(bus[:, VA].astype(float))
    if work["_options"]["init_va_degree"] != "dc":
        return magnitude, angle, angle.copy()
    reactance, tap = branch[:, BR_X].real, branch[:, TAP].real
    # A branch without reactance has an angle across it all the same; its resistance stands in.
    reactance = np.where(reactance == 0.0, np.abs(branch[:, BR_R]), reactance)
    b_pu = 1.0 / (reactance * np.where(tap == 0.0, 1.0, tap))
    shift_rad = np.deg2rad(branch[:, SHIFT].real)
    powers = (power_pu - bus[:, GS] / float(ppci["baseMVA"]), np.zeros(len(bus)))
    with_power, without = dc_angles(ends, b_pu, shift_rad, powers, angle, is_slack)
    return magnitude, with_power, without


def _fixed_injection(net: Any, work: Any, ppc: dict[str, Any], n_bus: int, base_mva: float) -> ComplexArray:
    """Injection of everything that no profile drives: the conversion once more without the tables that are driven."""
    for table in POWER_TABLES:
        work[table] = work[table].iloc[:0]
    empty = {"bus": np.zeros_like(ppc["bus"]), "bus_dc": np.zeros_like(ppc["bus_dc"])}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _calc_pq_elements_and_add_on_ppc(work, empty)
    injection = -(empty["bus"][:n_bus, PD] + 1j * empty["bus"][:n_bus, QD]) / base_mva
    gen = work["gen"]
    lookup = work["_pd2ppc_lookups"]["bus"]
    for row in range(len(net["gen"]), len(gen)):  # two rows per DC line, added behind the net's own
        if work["_is_elements"]["gen"][row]:
            injection[lookup[gen["bus"].iat[row]]] += gen["p_mw"].iat[row] * gen["scaling"].iat[row] / base_mva
    return np.asarray(injection, dtype=complex)


def _ends_of_dclines(state: ServiceState) -> dict[int, str]:
    """Return the DC line that ends at each row."""
    frame = state.net["dcline"]
    frame = frame[frame["in_service"].to_numpy(dtype=bool)]
    found: dict[int, str] = {}
    for column in ("from_bus", "to_bus"):
        rows = state.bus_pos[state.rows_of(frame[column].to_numpy(dtype=INDEX))]
        found |= {row: f"dcline {index}" for row, index in zip(rows.tolist(), frame.index, strict=True) if row >= 0}
    return found


def _check_injections(compiled: CompiledGrid, expected: ComplexArray) -> None:
    """Compare with pandapower's own sums, so that an element forgotten here is an error and not a wrong number."""
    difference = np.abs(own_injection(compiled) - expected)
    worst = int(np.argmax(difference)) if difference.size else 0
    if difference.size and not difference[worst] <= INJECTION_TOLERANCE_PU * max(1.0, float(np.abs(expected).max())):
        buses = compiled.bus[compiled.bus_pos == worst]
        place = f"bus {buses[0]}" if buses.size else "an inner bus"
        raise CompileError(f"{place}: an element there injects power that is not modelled")
