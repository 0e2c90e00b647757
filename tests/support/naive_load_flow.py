"""Plain-loop twins of the load-flow kernels, straight from the equations: dense, complex, without tricks."""

from __future__ import annotations

import cmath
import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gridsim.kernels.structures import LuPattern, Network


def dense_admittance(network: Network) -> Any:
    n_bus = len(network.y_indptr) - 1
    dense = np.zeros((n_bus, n_bus), dtype=complex)
    for row in range(n_bus):
        for place in range(network.y_indptr[row], network.y_indptr[row + 1]):
            dense[row, network.y_indices[place]] = complex(network.y_g[place], network.y_b[place])
    return dense


def accumulate(values: Any, pos: Any, factor: Any, n_bus: int) -> Any:
    total = np.zeros((len(values), n_bus))
    for step in range(len(values)):
        for element in range(len(pos)):
            if pos[element] != -1:
                total[step, pos[element]] += values[step, element] * factor[element]
    return total


def bus_power(y: Any, vm: Any, va: Any, bus: int) -> complex:
    """S_i = V_i conj(sum_j Y_ij V_j)."""
    current = 0j
    for other in range(len(vm)):
        current += y[bus, other] * cmath.rect(vm[other], va[other])
    return cmath.rect(vm[bus], va[bus]) * current.conjugate()


def wanted_power(s_bus: Any, zip_pos: Any, zip_load: Any, vm: Any, bus: int) -> complex:
    power = complex(s_bus[bus, 0], s_bus[bus, 1])
    for place, row in enumerate(zip_pos):
        if row == bus:
            p_i, q_i, p_z, q_z = zip_load[place]
            power += complex(p_i, q_i) * vm[bus] + complex(p_z, q_z) * vm[bus] ** 2
    return power


def mismatch(network: Network, s_bus: Any, zip_load: Any, vm: Any, va: Any, n_free: int) -> Any:
    y = dense_admittance(network)
    residual = np.zeros((n_free, 2))
    for bus in range(n_free):
        gap = wanted_power(s_bus, network.zip_pos, zip_load, vm, bus) - bus_power(y, vm, va, bus)
        residual[bus, 0] = gap.real
        residual[bus, 1] = gap.imag if network.is_pq[bus] else 0.0
    return residual


def jacobian(network: Network, s_bus: Any, zip_load: Any, vm: Any, va: Any, n_free: int, step: float) -> Any:
    """Minus the derivative of the mismatch by angle and relative magnitude, by central differences.

    The row of a given magnitude is dV / V = 0.
    """
    matrix = np.zeros((2 * n_free, 2 * n_free))
    for bus in range(n_free):
        for part in range(2):
            if part == 1 and not network.is_pq[bus]:
                matrix[2 * bus + 1, 2 * bus + 1] = 1.0
                continue
            ends = []
            for sign in (1.0, -1.0):
                moved_vm, moved_va = np.array(vm), np.array(va)
                if part == 0:
                    moved_va[bus] += sign * step
                else:
                    moved_vm[bus] *= 1.0 + sign * step
                ends.append(mismatch(network, s_bus, zip_load, moved_vm, moved_va, n_free).ravel())
            column = -(ends[0] - ends[1]) / (2.0 * step)
            for row in range(n_free):
                matrix[2 * row, 2 * bus + part] = column[2 * row]
                if network.is_pq[row]:
                    matrix[2 * row + 1, 2 * bus + part] = column[2 * row + 1]
    return matrix


def dense_blocks(lu: LuPattern, values: Any) -> Any:
    """Spread blocks in the pattern of the factors over a dense matrix."""
    n_free = len(lu.diagonal)
    dense = np.zeros((2 * n_free, 2 * n_free))
    for row in range(n_free):
        for entry in range(lu.indptr[row], lu.indptr[row + 1]):
            column = lu.indices[entry]
            dense[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = np.reshape(values[entry], (2, 2))
    return dense


def solve_dense(matrix: Any, right: Any) -> Any:
    """Gaussian elimination with partial pivoting, one number at a time."""
    a = [list(map(float, row)) for row in matrix]
    b = list(map(float, right))
    n = len(b)
    for k in range(n):
        best = max(range(k, n), key=lambda row: abs(a[row][k]))
        a[k], a[best] = a[best], a[k]
        b[k], b[best] = b[best], b[k]
        for row in range(k + 1, n):
            factor = a[row][k] / a[k][k]
            for column in range(k, n):
                a[row][column] -= factor * a[k][column]
            b[row] -= factor * b[k]
    for k in range(n - 1, -1, -1):
        for column in range(k + 1, n):
            b[k] -= a[k][column] * b[column]
        b[k] /= a[k][k]
    return np.array(b)


def newton(
    network: Network, s_bus: Any, zip_load: Any, vm: Any, va: Any, n_free: int, tolerance: float, patience: int = 30
) -> tuple[Any, Any]:
    """Newton's method with the Jacobian by differences; raises when it does not converge."""
    vm, va = np.array(vm), np.array(va)
    for _ in range(patience):
        residual = mismatch(network, s_bus, zip_load, vm, va, n_free)
        if np.abs(residual).max() <= tolerance:
            return vm, va
        move = solve_dense(jacobian(network, s_bus, zip_load, vm, va, n_free, 1e-6), residual.ravel())
        for bus in range(n_free):
            va[bus] += move[2 * bus]
            vm[bus] *= 1.0 + move[2 * bus + 1]
    raise AssertionError("the naive twin does not converge")


def column_loading(columns: Any, c: int, vm: Any, va: Any) -> float:
    """Larger of both ends of one loading column, percent."""
    i, j = columns.from_pos[c], columns.to_pos[c]
    if i == -1:
        return math.nan
    v_from, v_to = cmath.rect(vm[i], va[i]), cmath.rect(vm[j], va[j])
    at_from = abs(complex(*columns.y_self_from[c]) * v_from + complex(*columns.y_mutual_from[c]) * v_to)
    at_to = abs(complex(*columns.y_mutual_to[c]) * v_from + complex(*columns.y_self_to[c]) * v_to)
    if columns.is_power[c]:
        at_from *= vm[i]
        at_to *= vm[j]
    return max(at_from * columns.percent_from[c], at_to * columns.percent_to[c])


def fill_by_elimination(edges: set[tuple[int, int]], n: int) -> set[tuple[int, int]]:
    """Pattern of L + U when rows are eliminated as numbered: every elimination joins all later neighbours."""
    pattern = {(i, j) for i, j in edges} | {(j, i) for i, j in edges} | {(i, i) for i in range(n)}
    for k in range(n):
        later = [j for j in range(k + 1, n) if (k, j) in pattern]
        for i in later:
            for j in later:
                pattern.add((i, j))
    return pattern
