"""The optimal multiplier and what the damped method does where there is no solution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsim.compiled.injection import inject
from gridsim.compiled.lower import lower
from gridsim.enums import StepStatus
from gridsim.kernels import codes
from gridsim.kernels.newton import make_workspace, newton, optimal_multiplier
from gridsim.solve.ladder import as_given
from tests.support.element_nets import four_hours

vectors = st.lists(st.floats(-10.0, 10.0), min_size=2, max_size=4)


@given(vectors, vectors, st.floats(0.05, 1.0))
@settings(max_examples=200)
def test_multiplier_is_where_the_squared_mismatch_is_smallest(first, second, largest):
    """Brute force over the interval; the cubic may have several valleys, any of them is a descent."""
    size = min(len(first), len(second))
    a, c = np.array(first[:size]), np.array(second[:size])
    if a @ a < 1e-6:
        return
    length = optimal_multiplier(a @ a, a @ c, c @ c, largest)
    assert 0.0 < length <= largest

    def squares(mu):
        return float((((1.0 - mu) * a + mu * mu * c) ** 2).sum())

    near = [squares(mu) for mu in np.linspace(max(0.0, length - 1e-4), min(largest, length + 1e-4), 21)]
    assert squares(length) <= min(near) + 1e-9 * (a @ a + c @ c)


def test_codes_are_those_of_the_status():
    assert StepStatus.ok == codes.SOLVED
    assert StepStatus.max_iterations == codes.MAX_ITERATIONS
    assert StepStatus.diverged == codes.DIVERGED
    assert StepStatus.singular == codes.SINGULAR


@pytest.fixture(scope="module")
def compiled():
    return lower(four_hours())


def run(compiled, is_damped, load_mw, patience=60):
    batch = as_given(compiled, inject(compiled, {("load", "p_mw"): np.array([[load_mw]])}, 1))
    work = make_workspace(compiled.n_bus, compiled.n_free, len(compiled.lu.indices))
    vm, va = compiled.start_vm_pu.copy(), compiled.start_va_rad.copy()
    found = newton(
        compiled.network, compiled.lu, batch.s_bus[0], batch.zip_load[0], is_damped, patience, 1e-8, vm, va, work
    )
    return found, vm


def test_damped_method_comes_to_rest_where_there_is_no_solution(compiled):
    (code, iterations, worst, _), vm = run(compiled, True, 500.0)
    assert code == codes.DIVERGED
    assert iterations < 60
    assert worst > 1.0
    assert (vm > 0.0).all()


def test_plain_method_does_not_wander_on(compiled):
    (code, iterations, _, _), _ = run(compiled, False, 500.0, patience=1000)
    assert code == codes.DIVERGED
    assert iterations < 30


def test_a_bus_without_any_admittance_is_singular(compiled):
    network = compiled.network._replace(
        y_g=np.zeros_like(compiled.network.y_g), y_b=np.zeros_like(compiled.network.y_b)
    )
    batch = as_given(compiled, inject(compiled, {}, 1))
    work = make_workspace(compiled.n_bus, compiled.n_free, len(compiled.lu.indices))
    vm, va = compiled.start_vm_pu.copy(), compiled.start_va_rad.copy()
    code, iterations, _, sign = newton(
        network, compiled.lu, batch.s_bus[0], batch.zip_load[0], False, 20, 1e-8, vm, va, work
    )
    assert (code, iterations, sign) == (codes.SINGULAR, 0, 0)


def test_damped_method_reaches_loads_just_below_collapse(compiled):
    """The last solvable MW by bisection is the same for both methods, to 1 part in 10,000."""
    last = []
    for is_damped in (False, True):
        low, high = 10.0, 500.0
        for _ in range(16):
            middle = 0.5 * (low + high)
            (code, _, _, sign), vm = run(compiled, is_damped, middle)
            if code == codes.SOLVED and sign == 1 and vm.min() > 0.3:
                low = middle
            else:
                high = middle
        last.append(low)
    assert last[1] == pytest.approx(last[0], rel=1e-4)


@pytest.mark.parametrize("is_damped", [False, True])
def test_overflow_ends_as_a_code(compiled, is_damped):
    with np.errstate(all="ignore"):  # without the compiler numpy would warn, a kernel never does
        (code, _, _, _), _ = run(compiled, is_damped, 1e300)
    assert code != codes.SOLVED
