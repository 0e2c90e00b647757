"""Superposition of currents against dense algebra, and against what a radial feeder says by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gridsim
from gridsim.solve.busbar_flows import busbar_flows
from gridsim.solve.newton_solver import NewtonSolver
from gridsim.solve.superposition import NO_CURRENT_PU, Superposition
from tests.support import element_nets
from tests.support.element_nets import shipped_net

NETS = {
    "case30": lambda: shipped_net("case30"),
    "three_winding": element_nets.three_winding,
    "phase_shifter": element_nets.phase_shifter,
    "two_sources": element_nets.two_sources,
    "shunt": element_nets.shunt,
}


def superposed(net: Any) -> tuple[NewtonSolver, Superposition, Any]:
    solver = NewtonSolver(net, gridsim.SolveOptions(threads=1))
    solution = solver.solve({}, 1)
    assert solution.is_solved.all()
    compiled, columns = solver.topology_at(None)
    return solver, Superposition(compiled, columns, solution.voltage_pu[0]), solution


@pytest.mark.parametrize("name", NETS)
def test_parts_leave_no_remainder_and_agree_with_dense_algebra(name: str) -> None:
    solver, of_step, solution = superposed(NETS[name]())
    compiled, columns = solver.topology_at(None)
    network, n_free = compiled.network, compiled.n_free
    y = np.zeros((compiled.n_bus, compiled.n_bus), dtype=complex)
    for row in range(compiled.n_bus):
        for k in range(network.y_indptr[row], network.y_indptr[row + 1]):
            y[row, network.y_indices[k]] = network.y_g[k] + 1j * network.y_b[k]
    impedance = np.linalg.inv(y[:n_free, :n_free])
    voltage = solution.voltage_pu[0]
    each = np.diag(of_step.injected_pu)
    for column in np.flatnonzero(columns.from_pos >= 0):
        end = of_step.branch_end(int(column))
        shares = of_step.shares(end, each)
        if abs(end.current_pu) < NO_CURRENT_PU:
            assert np.isnan(shares).all()
            continue
        of_slack = of_step.projected(end, np.array([end.of_slack_pu]))
        assert shares.sum() + of_slack.sum() == pytest.approx(1.0, abs=1e-8)
        loading = solution.loading.columns[0, column]
        f, t = columns.from_pos[column], columns.to_pos[column]
        at_from = end.row == f
        percent = columns.percent_from[column] if at_from else columns.percent_to[column]
        assert abs(end.current_pu) * percent == pytest.approx(loading, rel=1e-9)
        own, mutual = (
            (columns.y_self_from, columns.y_mutual_from) if at_from else (columns.y_mutual_to, columns.y_self_to)
        )
        row_of_branch = np.zeros(compiled.n_bus, dtype=complex)
        row_of_branch[f] += complex(*own[column])
        row_of_branch[t] += complex(*mutual[column])
        weight = row_of_branch[:n_free] @ impedance
        currents = (of_step.injected_pu / voltage).conj()[:n_free] * weight
        np.testing.assert_allclose(
            shares[:n_free], (currents * np.conj(end.current_pu)).real / abs(end.current_pu) ** 2, atol=1e-9
        )
        np.testing.assert_array_equal(shares[n_free:], 0.0)


def test_on_a_radial_feeder_the_current_is_that_of_the_loads_behind() -> None:
    net = element_nets.feeder()
    net.line["c_nf_per_km"] = 0.0
    solver, of_step, _ = superposed(net)
    compiled, columns = solver.topology_at(None)
    first = len(net.trafo) + 3 * len(net.trafo3w)
    for line in range(len(net.line)):
        end = of_step.branch_end(first + line)
        weight = np.abs(end.weight[: compiled.n_free])
        # What iron and charging of the rest divert is below 1e-4.
        assert (np.isclose(weight, 0.0, atol=1e-9) | np.isclose(weight, 1.0, atol=1e-4)).all()
        assert weight.max() > 0.5
    assert len(columns.from_pos) > first


def test_flows_at_busbars_are_those_of_pandapower() -> None:
    import pandapower as pp  # noqa: PLC0415  judge

    net = shipped_net("case30")
    pp.runpp(net, tolerance_mva=1e-9, numba=False)
    solver, _, solution = superposed(net)
    compiled, columns = solver.topology_at(None)
    flows = busbar_flows(compiled, columns, solution.voltage_pu[0], np.arange(compiled.n_bus))
    first = len(net.trafo) + 3 * len(net.trafo3w)
    for line in range(len(net.line)):
        both = flows[flows["column"] == first + line]
        wanted = sorted([net.res_line.p_from_mw.iat[line], net.res_line.p_to_mw.iat[line]])
        assert sorted(both["p_mw"]) == pytest.approx(wanted, abs=1e-6)
        wanted = sorted([net.res_line.q_from_mvar.iat[line], net.res_line.q_to_mvar.iat[line]])
        assert sorted(both["q_mvar"]) == pytest.approx(wanted, abs=1e-6)
