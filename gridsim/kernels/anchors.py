"""Operating points around which the chord method iterates, and the level of a step that says which one is its own.

An anchor need not solve anything: any voltage V_A with the power S_A = S(V_A) it calls for will do, as long as V_A is
near the solutions of the steps that use it. So a few chord iterations with the factors of the base point bring it near
the power of its level, and one factorisation of the Jacobian there finishes it. Where that does not work, Newton's
method is tried, and after it the base point itself serves.

The level of a step is the projection of its element values x on the net's own values x_own,

    level = sum_e w_e x_e,    w_e = x_own,e / sum x_own^2    over the elements that carry most,

which is 1 for the net's own values and k for k times them.

Source: Ortega & Rheinboldt, Iterative Solution of Nonlinear Equations in Several Variables, section 7.1 (chord method).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.kernels.block_lu import factorise, solve_factorised
from gridsim.kernels.codes import SOLVED
from gridsim.kernels.jacobian import fill_jacobian
from gridsim.kernels.jit import kernel
from gridsim.kernels.newton import evaluate, make_workspace, move_to, newton

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.kernels.lane_structures import Anchors
    from gridsim.kernels.structures import Given, LuPattern, Network, Workspace

#: Mismatch at which an anchor is near enough, as a share of the largest injection.
NEAR_ENOUGH = 2e-3
CHORD_ITERATIONS = 5
NEWTON_ITERATIONS = 12
#: Neighbouring elements that count together towards the level.
LEVEL_BLOCK = 8


@kernel
def add_level(values: FloatArray, first: IndexArray, weight: FloatArray, level: FloatArray) -> None:
    """Add the projection of some columns to the level of every step.

    Parameters
    ----------
    values:
        Element values. Shape (n_step, n_element).
    first:
        First column of each block of columns that count. Shape (n_block,).
    weight:
        Weight of the columns of each block. Shape (n_block, width).
    level:
        Changed in place. Shape (n_step,).
    """
    for step in range(level.shape[0]):
        total = 0.0
        for block in range(first.shape[0]):
            start = first[block]
            if weight.shape[1] == LEVEL_BLOCK:
                for k in range(LEVEL_BLOCK):
                    total += weight[block, k] * values[step, start + k]
            else:
                for k in range(weight.shape[1]):
                    total += weight[block, k] * values[step, start + k]
        level[step] += total


@kernel
def factorise_at(
    network: Network, lu: LuPattern, zip_load: FloatArray, vm: FloatArray, va: FloatArray, work: Workspace
) -> int:
    """Factorise the Jacobian at a voltage; the factors are in ``work.values``.

    Shapes: ``zip_load`` (n_zip, 4), ``vm`` and ``va`` (n_bus,). Returns the sign of the determinant, 0 if singular.
    """
    no_power = np.zeros((vm.shape[0], 2))
    evaluate(network, no_power, zip_load, vm, va, work.residual, work)
    fill_jacobian(network, lu, zip_load, vm, work.e, work.f, work.p, work.q, work.values)
    return factorise(lu, work.values)


@kernel
def come_near(
    network: Network,
    lu: LuPattern,
    s_bus: FloatArray,
    zip_load: FloatArray,
    factors: FloatArray,
    vm: FloatArray,
    va: FloatArray,
    work: Workspace,
) -> bool:
    """Move a voltage towards given power by chord iterations, else by Newton's method; False if both fail.

    Parameters
    ----------
    network, lu:
        The topology.
    s_bus, zip_load:
        Power wanted. Shapes (n_bus, 2), (n_zip, 4).
    factors:
        Factors of the Jacobian at the start. Shape (n_entry, 4).
    vm, va:
        Start before, voltage near the solution after. Shape (n_bus,).
    work:
        Scratch.
    """
    largest = 0.0
    for i in range(s_bus.shape[0]):
        largest = max(largest, abs(s_bus[i, 0]), abs(s_bus[i, 1]))
    enough = NEAR_ENOUGH * largest
    start_vm = vm.copy()
    start_va = va.copy()
    for _ in range(CHORD_ITERATIONS):
        if evaluate(network, s_bus, zip_load, vm, va, work.residual, work) <= enough:
            return True
        solve_factorised(lu, factors, work.residual)
        for i in range(vm.shape[0]):
            work.vm[i] = vm[i]
            work.va[i] = va[i]
        move_to(work.vm, work.va, work.residual, 1.0, vm, va)
    for i in range(vm.shape[0]):
        vm[i] = start_vm[i]
        va[i] = start_va[i]
    code, _iterations, _worst, _sign = newton(
        network, lu, s_bus, zip_load, False, NEWTON_ITERATIONS, max(enough, 1e-8), vm, va, work
    )
    return code == SOLVED


@kernel
def fill_anchors(
    network: Network,
    lu: LuPattern,
    given: Given,
    base_vm: FloatArray,
    base_va: FloatArray,
    base_factors: FloatArray,
    base_sign: int,
    forward_place: IndexArray,
    back_place: IndexArray,
    rows: IndexArray,
    out: Anchors,
) -> None:
    """Make anchors, one for each step of ``given``.

    Parameters
    ----------
    network, lu:
        The topology.
    given:
        Power and magnitudes of each anchor.
    base_vm, base_va, base_factors, base_sign:
        Base point, the factors of its Jacobian and the sign of its determinant. Shapes (n_bus,), (n_bus,),
        (n_entry, 4).
    forward_place, back_place:
        Where, in the flattened factors, the numbers lie that the substitutions read. Shapes (n_forward,), (n_back,).
    rows:
        Row of ``out`` for each anchor. Shape (n_anchor,).
    out:
        Written at those rows.
    """
    n_bus = base_vm.shape[0]
    n_free = lu.diagonal.shape[0]
    work = make_workspace(n_bus, n_free, lu.indices.shape[0])
    vm = np.empty(n_bus)
    va = np.empty(n_bus)
    for k in range(rows.shape[0]):
        vm[:] = base_vm
        va[:] = base_va
        is_near = come_near(network, lu, given.s_bus[k], given.zip_load[k], base_factors, vm, va, work)
        sign = factorise_at(network, lu, given.zip_load[k], vm, va, work) if is_near else 0
        if sign in (0, -base_sign):
            vm[:] = base_vm
            va[:] = base_va
            factorise_at(network, lu, given.zip_load[k], vm, va, work)
        write_anchor(forward_place, back_place, vm, work, rows[k], out)


@kernel
def write_anchor(
    forward_place: IndexArray,
    back_place: IndexArray,
    vm: FloatArray,
    work: Workspace,
    row: int,
    out: Anchors,
) -> None:
    """Write one anchor from ``work`` as :func:`factorise_at` leaves it; ``vm`` (n_bus,), the places as above."""
    flat = work.values.reshape(-1)
    for m in range(forward_place.shape[0]):
        out.forward[row, m] = flat[forward_place[m]]
    for m in range(back_place.shape[0]):
        out.back[row, m] = flat[back_place[m]]
    for i in range(vm.shape[0]):
        re = work.e[i]
        im = work.f[i]
        out.v[row, i, 0] = re
        out.v[row, i, 1] = im
        p = 0.0
        q = 0.0
        if i < work.p.shape[0]:
            p = work.p[i]
            q = work.q[i]
        out.s[row, i, 0] = p
        out.s[row, i, 1] = q
        square = vm[i] * vm[i]
        out.near[row, i, 0] = re
        out.near[row, i, 1] = im
        out.near[row, i, 2] = (p * re + q * im) / square
        out.near[row, i, 3] = (p * im - q * re) / square
