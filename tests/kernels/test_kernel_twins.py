"""Each load-flow kernel against its plain-loop twin."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from gridsim.compiled.injection import inject
from gridsim.compiled.lower import lower
from gridsim.compiled.ratings import loading_columns
from gridsim.enums import LoadingBasis
from gridsim.kernels.accumulation import accumulate, weighted_sums
from gridsim.kernels.block_lu import factorise, solve_factorised
from gridsim.kernels.flows import branch_loading
from gridsim.kernels.jacobian import fill_jacobian
from gridsim.kernels.mismatch import rectangular
from gridsim.kernels.newton import evaluate, make_workspace, newton
from gridsim.solve.ladder import as_given
from tests.support import naive_load_flow as naive
from tests.support.element_nets import ELEMENT_NETS, shipped_net

NETS = ["three_winding", "voltage_dependent_load", "two_gens_at_one_bus", "impedance", "case9", "case14"]


@functools.cache
def build(name):
    return lower(ELEMENT_NETS[name]() if name in ELEMENT_NETS else shipped_net(name))


def prepared(name, seed=3):
    """Return compiled arrays, what is given, and voltages somewhat off any solution."""
    compiled = build(name)
    given = as_given(compiled, inject(compiled, {}, 1))
    rng = np.random.default_rng(seed)
    vm = compiled.start_vm_pu * rng.uniform(0.95, 1.05, compiled.n_bus)
    va = compiled.start_va_rad + rng.uniform(-0.1, 0.1, compiled.n_bus)
    work = make_workspace(compiled.n_bus, compiled.n_free, len(compiled.lu.indices))
    return compiled, given, vm, va, work


def jacobian_blocks(compiled, given, vm, va, work):
    evaluate(compiled.network, given.s_bus[0], given.zip_load[0], vm, va, work.residual, work)
    fill_jacobian(compiled.network, compiled.lu, given.zip_load[0], vm, work.e, work.f, work.p, work.q, work.values)
    return work.values


def test_accumulate_sums_elements_at_their_buses():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(5, 7))
    pos = np.array([0, 2, 2, -1, 1, 0, 2])
    factor = rng.normal(size=7)
    out = np.zeros((5, 3))
    accumulate(values, pos, factor, out)
    assert np.allclose(out, naive.accumulate(values, pos, factor, 3), rtol=1e-14, atol=1e-14)


def test_weighted_sums_do_not_depend_on_the_batch():
    rng = np.random.default_rng(2)
    values, weight = rng.normal(size=(9, 300)), rng.normal(size=300)
    weight[[3, 7]] = 0.0
    values[4, 3] = np.nan  # does not count
    whole = np.full(9, 0.5)
    weighted_sums(values, weight, whole)
    assert np.allclose(whole, 0.5 + np.nansum(values * weight, axis=1), rtol=1e-12)
    for step in range(9):
        alone = np.full(1, 0.5)
        weighted_sums(values[step : step + 1].copy(), weight, alone)
        assert alone.tobytes() == whole[step : step + 1].tobytes()
    constant = np.zeros(4)
    weighted_sums(values[:1].copy(), weight, constant)
    assert (constant == constant[0]).all()


@pytest.mark.parametrize("name", NETS)
def test_mismatch_is_wanted_minus_calculated(name):
    compiled, given, vm, va, work = prepared(name)
    worst = evaluate(compiled.network, given.s_bus[0], given.zip_load[0], vm, va, work.residual, work)
    expected = naive.mismatch(compiled.network, given.s_bus[0], given.zip_load[0], vm, va, compiled.n_free)
    assert np.abs(expected).max() > 1e-3
    assert np.allclose(work.residual, expected, rtol=1e-9, atol=1e-11)
    assert worst == pytest.approx(np.abs(expected).max(), rel=1e-9)


def test_mismatch_of_a_voltage_that_is_not_a_number_is_not_a_number():
    compiled, given, vm, va, work = prepared("case9")
    vm[0] = np.nan
    assert np.isnan(evaluate(compiled.network, given.s_bus[0], given.zip_load[0], vm, va, work.residual, work))


@pytest.mark.parametrize("name", NETS)
def test_jacobian_is_the_derivative_of_the_mismatch(name):
    """Central differences: the error falls with the square of the step, until rounding takes over."""
    compiled, given, vm, va, work = prepared(name)
    exact = naive.dense_blocks(compiled.lu, jacobian_blocks(compiled, given, vm, va, work))
    scale = np.abs(exact).max()
    errors = []
    for step in (1e-2, 1e-3, 1e-4):
        by_difference = naive.jacobian(
            compiled.network, given.s_bus[0], given.zip_load[0], vm, va, compiled.n_free, step
        )
        errors.append(np.abs(by_difference - exact).max() / scale)
    assert errors[0] < 1e-2
    assert errors[1] < 0.05 * errors[0]
    assert errors[2] < 1e-7


@pytest.mark.parametrize("name", NETS)
def test_factors_solve_what_dense_elimination_solves(name):
    compiled, given, vm, va, work = prepared(name)
    dense = naive.dense_blocks(compiled.lu, jacobian_blocks(compiled, given, vm, va, work))
    right = np.random.default_rng(5).normal(size=(compiled.n_free, 2))
    expected = naive.solve_dense(dense, right.ravel())
    sign = factorise(compiled.lu, work.values)
    solved = right.copy()
    solve_factorised(compiled.lu, work.values, solved)
    assert np.allclose(solved.ravel(), expected, rtol=1e-8, atol=1e-10 * np.abs(expected).max())
    assert sign == np.sign(np.linalg.det(dense / np.abs(dense).max()))


def test_a_block_without_inverse_is_reported():
    compiled, given, vm, va, work = prepared("case9")
    values = jacobian_blocks(compiled, given, vm, va, work)
    first = compiled.lu.diagonal[0]
    values[first] = [1.0, 2.0, 2.0, 4.0]
    assert factorise(compiled.lu, values) == 0
    values[first] = 0.0
    assert factorise(compiled.lu, values) == 0
    values[first] = np.nan
    assert factorise(compiled.lu, values) == 0


@pytest.mark.parametrize("is_damped", [False, True])
@pytest.mark.parametrize("name", NETS)
def test_newton_finds_the_solution_of_the_twin(name, is_damped):
    compiled, given, _, _, work = prepared(name)
    vm, va = compiled.start_vm_pu.copy(), compiled.start_va_rad.copy()
    expected_vm, expected_va = naive.newton(
        compiled.network, given.s_bus[0], given.zip_load[0], vm, va, compiled.n_free, 1e-10
    )
    code, iterations, worst, sign = newton(
        compiled.network, compiled.lu, given.s_bus[0], given.zip_load[0], is_damped, 20, 1e-10, vm, va, work
    )
    assert code == 0
    assert 1 <= iterations <= 8
    assert worst <= 1e-10
    assert sign == 1
    assert np.allclose(vm, expected_vm, rtol=0, atol=1e-9)
    assert np.allclose(va, expected_va, rtol=0, atol=1e-9)


@pytest.mark.parametrize("basis", list(LoadingBasis))
@pytest.mark.parametrize("name", ["three_winding", "leaky_line", "parallel_derated_trafo", "out_of_service"])
def test_loading_is_the_larger_end(name, basis):
    compiled, _, vm, va, work = prepared(name)
    columns = loading_columns(compiled, basis)
    rectangular(vm, va, work.e, work.f)
    loading = np.empty(len(columns.from_pos))
    branch_loading(columns, vm, work.e, work.f, loading)
    expected = [naive.column_loading(columns, c, vm, va) for c in range(len(loading))]
    assert np.allclose(loading, expected, rtol=1e-12, equal_nan=True)
    assert np.isnan(expected).any() == (name == "out_of_service")
