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

import math
from typing import TYPE_CHECKING

import numpy as np

from gridsim.kernels.block_lu import factorise, solve_factorised
from gridsim.kernels.codes import MAX_ITERATIONS, SOLVED
from gridsim.kernels.jacobian import fill_jacobian
from gridsim.kernels.jit import kernel, part
from gridsim.kernels.newton import evaluate, make_workspace, move_to

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.kernels.lane_structures import Anchors, Lattice, LevelPart
    from gridsim.kernels.structures import Given, LuPattern, Network, StepResults, Workspace

#: Mismatch at which an anchor is near enough, as a share of the largest injection.
NEAR_ENOUGH = 2e-3
CHORD_ITERATIONS = 5
#: Neighbouring elements that count together towards the level.
LEVEL_BLOCK = 8


@part
def level_of(values: FloatArray, columns: LevelPart, step: int) -> float:
    """Return the projection of some columns of one step; ``values`` has shape (n_step, n_element)."""
    total = columns.constant
    for block in range(columns.first.shape[0]):
        start = columns.first[block]
        if columns.weight.shape[1] == LEVEL_BLOCK:
            for k in range(LEVEL_BLOCK):
                total += columns.weight[block, k] * values[step, start + k]
        else:
            for k in range(columns.weight.shape[1]):
                total += columns.weight[block, k] * values[step, start + k]
    return total


@part
def nearest(level: float, spacing: float, lowest: int, highest: int) -> int:
    """Return the place of a level on a lattice; 0 for a level that is not a number."""
    place = level / spacing
    if not (lowest <= place <= highest):
        if place < lowest:
            return lowest
        return highest if place > highest else 0
    return math.floor(place + 0.5)


@kernel
def choose_keys(
    load: FloatArray,
    gen: FloatArray,
    sgen: FloatArray,
    parts: tuple[LevelPart, LevelPart, LevelPart],
    lattice: Lattice,
    first: int,
    last: int,
    keys: IndexArray,
) -> None:
    """Choose the anchors of steps first:last by their levels.

    Parameters
    ----------
    load, gen, sgen:
        Active power of the elements. Shape (n_step, n_element), or (0, 0) where it does not change.
    parts:
        The columns of each that count.
    lattice:
        Where anchors stand.
    first, last:
        Which steps.
    keys:
        Load level times the number of surplus levels, plus surplus level from the lowest; written. Shape (n_step,).
    """
    width = 2 * lattice.last_surplus + 1
    for step in range(first, last):
        level = level_of(load, parts[0], step)
        surplus = level_of(gen, parts[1], step) + level_of(sgen, parts[2], step) - level
        at_load = nearest(level, lattice.load_spacing, 0, lattice.last_load)
        at_surplus = nearest(surplus, lattice.surplus_spacing, -lattice.last_surplus, lattice.last_surplus)
        keys[step] = at_load * width + at_surplus + lattice.last_surplus


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
def copy_voltage(vm: FloatArray, va: FloatArray, to_vm: FloatArray, to_va: FloatArray) -> None:
    """Copy voltages; all of shape (n_bus,)."""
    for i in range(vm.shape[0]):
        to_vm[i] = vm[i]
        to_va[i] = va[i]


@kernel
def approach_anchors(
    network: Network,
    lu: LuPattern,
    given: Given,
    base_vm: FloatArray,
    base_va: FloatArray,
    base_factors: FloatArray,
    out: StepResults,
) -> None:
    """Move from the base point towards the power of each anchor by chord iterations.

    Parameters
    ----------
    network, lu:
        The topology.
    given:
        Power of each anchor.
    base_vm, base_va, base_factors:
        Base point and the factors of its Jacobian. Shapes (n_bus,), (n_bus,), (n_entry, 4).
    out:
        Voltage and code of each anchor: solved when it is near enough.
    """
    work = make_workspace(base_vm.shape[0], lu.diagonal.shape[0], lu.indices.shape[0])
    for k in range(out.code.shape[0]):
        vm = out.vm[k]
        va = out.va[k]
        copy_voltage(base_vm, base_va, vm, va)
        s_bus = given.s_bus[k]
        largest = 0.0
        for i in range(s_bus.shape[0]):
            largest = max(largest, abs(s_bus[i, 0]), abs(s_bus[i, 1]))
        out.code[k] = MAX_ITERATIONS
        for _ in range(CHORD_ITERATIONS):
            worst = evaluate(network, s_bus, given.zip_load[k], vm, va, work.residual, work)
            if worst <= NEAR_ENOUGH * largest:
                out.code[k] = SOLVED
                break
            solve_factorised(lu, base_factors, work.residual)
            copy_voltage(vm, va, work.vm, work.va)
            move_to(work.vm, work.va, work.residual, 1.0, vm, va)


@kernel
def finish_anchors(
    network: Network,
    lu: LuPattern,
    given: Given,
    base_vm: FloatArray,
    base_va: FloatArray,
    base_sign: int,
    found: StepResults,
    forward_place: IndexArray,
    back_place: IndexArray,
    rows: IndexArray,
    out: Anchors,
) -> None:
    """Factorise at the voltage of each anchor; where none was found, the base point serves.

    Parameters
    ----------
    network, lu, given:
        The topology, and the power of each anchor.
    base_vm, base_va, base_sign:
        Base point and the sign of its determinant, 0 when any sign will do. Shape (n_bus,).
    found:
        Voltage and code of each anchor.
    forward_place, back_place:
        Where, in the flattened factors, the numbers lie that the substitutions read. Shapes (n_forward,), (n_back,).
    rows:
        Row of ``out`` for each anchor. Shape (n_anchor,).
    out:
        Written at those rows.
    """
    work = make_workspace(base_vm.shape[0], lu.diagonal.shape[0], lu.indices.shape[0])
    for k in range(rows.shape[0]):
        vm = found.vm[k]
        va = found.va[k]
        sign = 0
        if found.code[k] == SOLVED:
            sign = factorise_at(network, lu, given.zip_load[k], vm, va, work)
        if sign in (0, -base_sign):
            copy_voltage(base_vm, base_va, vm, va)
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
