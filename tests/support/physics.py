"""What must hold for any load flow, whatever solved it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.enums import StepStatus

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.compiled.injection import InjectionBatch
    from gridsim.solve.solution import BatchSolution


def assert_failed_steps_hold_no_numbers(solution: BatchSolution) -> None:
    """A failed hour is not a healthy hour: NaN in every result, and no rung claims it."""
    failed = ~solution.is_solved
    for values in (
        solution.vm_pu,
        solution.va_degree,
        solution.loading.columns,
        solution.mismatch_pu,
        solution.load_mw,
        solution.loss_mw,
    ):
        assert np.isnan(values[failed]).all()
    assert (solution.rung[failed] == -1).all()
    assert (solution.rung[~failed] >= 0).all()
    assert np.isfinite(solution.mismatch_pu[~failed]).all()
    assert ((solution.unserved_mw == 0.0) | (solution.status == StepStatus.de_energised)).all()


def assert_losses_are_not_negative(solution: BatchSolution) -> None:
    """Passive branches take power from the grid, they do not give any."""
    losses = solution.loss_mw[solution.is_solved]
    scale = np.abs(solution.load_mw[solution.is_solved]) + 1.0
    assert (losses >= -1e-9 * scale).all()


def calculated_power_pu(compiled: CompiledGrid, vm: Any, va: Any) -> Any:
    """Power each row injects, from branches and shunts one by one and not from the summed admittance matrix."""
    voltage = np.asarray(vm) * np.exp(1j * np.asarray(va))
    power = np.zeros(voltage.shape, dtype=complex)
    v_from, v_to = voltage[..., compiled.branch_from], voltage[..., compiled.branch_to]
    s_from = v_from * np.conj(compiled.y_ff * v_from + compiled.y_ft * v_to)
    s_to = v_to * np.conj(compiled.y_tf * v_from + compiled.y_tt * v_to)
    for branch in range(len(compiled.branch_from)):
        power[..., compiled.branch_from[branch]] += s_from[..., branch]
        power[..., compiled.branch_to[branch]] += s_to[..., branch]
    return power


def assert_active_power_balances(
    compiled: CompiledGrid, injection: InjectionBatch, vm: Any, va: Any, tolerance_pu: float
) -> None:
    """At every row that is not a slack, what branches and shunts take away is what elements inject.

    Active power everywhere; reactive power where no magnitude is given. Shunt susceptances are found from the diagonal
    of the admittance matrix less the branches, so this also checks how the matrix was summed.
    """
    network = compiled.network
    n_bus = compiled.n_bus
    diagonal = np.zeros(n_bus, dtype=complex)
    for row in range(n_bus):
        for place in range(network.y_indptr[row], network.y_indptr[row + 1]):
            if network.y_indices[place] == row:
                diagonal[row] = complex(network.y_g[place], network.y_b[place])
    np.subtract.at(diagonal, compiled.branch_from, compiled.y_ff)
    np.subtract.at(diagonal, compiled.branch_to, compiled.y_tt)
    own = compiled.branch_from == compiled.branch_to
    np.subtract.at(diagonal, compiled.branch_from[own], compiled.y_ft[own] + compiled.y_tf[own])
    taken = calculated_power_pu(compiled, vm, va) + np.conj(diagonal) * np.asarray(vm) ** 2
    wanted = injection.s_bus_pu.copy()
    rows = network.zip_pos
    magnitude = np.asarray(vm)[:, rows]
    wanted[:, rows] += (injection.zip_pu[:, :, 0] + 1j * injection.zip_pu[:, :, 1]) * magnitude
    wanted[:, rows] += (injection.zip_pu[:, :, 2] + 1j * injection.zip_pu[:, :, 3]) * magnitude**2
    gap = (wanted - taken)[:, : compiled.n_free]
    assert np.abs(gap.real).max(initial=0.0) <= tolerance_pu
    assert np.abs(gap.imag[:, network.is_pq[: compiled.n_free]]).max(initial=0.0) <= tolerance_pu


def assert_losses_are_those_of_the_branches(compiled: CompiledGrid, vm: Any, va: Any, loss_mw: Any) -> None:
    """The reported loss is the sum over branches of the power that enters and does not leave."""
    total = calculated_power_pu(compiled, vm, va).real.sum(axis=-1) * compiled.base_mva
    assert np.allclose(total, loss_mw, rtol=1e-9, atol=1e-7)
