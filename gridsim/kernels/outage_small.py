"""The low-rank part of an outage: flows into its ends, their derivatives, and the small matrix between them.

An outage takes the flow into the ends of a branch out of the equations of the rows there. With J the Jacobian before,
E the columns of the unit matrix that belong to these equations, and D the derivative of the flows with respect to the
unknowns they depend on (picked by C), the Jacobian after is

    J_k = J - E D C'

(a flow into an end was part of what the grid draws at the row). The solution of J_k x = b is then

    x = J^-1 (b + E G y),     y = C' J^-1 b,     G = (I - D S)^-1 D,     S = C' J^-1 E,

the compensation method: one small matrix per outage, and the factors of J for all. det J_k = det J det(I - D S).
At the solution before the outage only the flows s themselves are left over, b = E s, and x = J^-1 E (I - D S)^-1 s.

A flow into an end of row i with the other end at row j is s = V_i conj(a V_i + m V_j), a and m the self and mutual
admittance. With s_ij = V_i conj(m V_j):

    dP/dtheta_i = -im s_ij      dP/dlnV_i = re(2 s - s_ij)      dP/dtheta_j = im s_ij       dP/dlnV_j = re s_ij
    dQ/dtheta_i = re s_ij       dQ/dlnV_i = im(2 s - s_ij)      dQ/dtheta_j = -re s_ij      dQ/dlnV_j = im s_ij

After the first correction the voltages near the outage have moved most, and what is left converges the faster the
better J_k fits there. So G is made once more with D at the new voltages, less the change of J by the flows that stay
between the rows at the ends and the rows they depend on. Such a flow is taken as that of the stored admittance Y_ij
beyond the state before, s = V_i conj(Y_ij (V_j - V_i V_j0 / V_i0)), which knows ratios and phase shifts by themselves
and is near enough: what it leaves out costs corrections and no accuracy.

Source: Alsac, Stott & Tinney, Sparsity-oriented compensation methods for modified network solutions, IEEE Trans. PAS
102 (1983); Jacobian as in :mod:`gridsim.kernels.jacobian`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.kernels.jit import kernel
from gridsim.kernels.outage_structures import MOST_EQUATIONS

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.kernels.lane_structures import Single
    from gridsim.kernels.outage_structures import OutageLanes
    from gridsim.kernels.structures import Network

#: An outage whose determinant is smaller than this share of the one before stands at the edge of collapse.
SMALLEST_DETERMINANT = 1e-6


@kernel
def end_flow(
    y_branch: FloatArray, branch: int, side: int, e_i: float, f_i: float, e_j: float, f_j: float
) -> tuple[float, float, float, float]:
    """Return the flow into one end of a branch, and its share s_ij that depends on the other end.

    Parameters
    ----------
    y_branch:
        y_ff, y_ft, y_tf, y_tt as real and imaginary part, pu. Shape (n_branch, 8).
    branch, side:
        Which branch, and 0 for its from and 1 for its to end.
    e_i, f_i, e_j, f_j:
        Voltages at this and at the other end, pu.
    """
    own = 6 if side else 0
    far = 4 if side else 2
    g = y_branch[branch, far]
    b = y_branch[branch, far + 1]
    re = g * e_j - b * f_j
    im = g * f_j + b * e_j
    far_p = e_i * re + f_i * im
    far_q = f_i * re - e_i * im
    square = e_i * e_i + f_i * f_i
    return y_branch[branch, own] * square + far_p, far_q - y_branch[branch, own + 1] * square, far_p, far_q


@kernel
def compensate(
    outages: OutageLanes,
    k: int,
    y_branch: FloatArray,
    v: FloatArray,
    sensitivity: Single,
    matrix: FloatArray,
    first: FloatArray,
) -> float:
    """Set G = (I - D S)^-1 D and (I - D S)^-1 s of outage ``k`` and return det(I - D S).

    Parameters
    ----------
    outages, k:
        The outages, and which of them.
    y_branch:
        Branch admittances as above.
    v:
        Voltages before the outage. Shape (n_bus, 2).
    sensitivity:
        Entries of J^-1 that the outages ask for. Shape (n_pair,).
    matrix:
        Overwritten; G stands behind the first ``MOST_EQUATIONS`` columns. Shape (E, E + U).
    first:
        Overwritten by (I - D S)^-1 s. Shape (E,).
    """
    n = outages.equation_first[k + 1] - outages.equation_first[k]
    n_unknown = outages.unknown_first[k + 1] - outages.unknown_first[k]
    derive(outages, k, y_branch, v, matrix, first)
    close_matrix(outages, k, sensitivity, matrix)
    return eliminate(matrix, first, n, n_unknown)


@kernel
def derive(
    outages: OutageLanes, k: int, y_branch: FloatArray, v: FloatArray, matrix: FloatArray, first: FloatArray
) -> None:
    """Set D behind the first columns of ``matrix``, and ``first`` to the flows. Shapes as above; ``v`` (n_bus, 2)."""
    n = outages.equation_first[k + 1] - outages.equation_first[k]
    n_unknown = outages.unknown_first[k + 1] - outages.unknown_first[k]
    for r in range(n):
        first[r] = 0.0
        for c in range(n_unknown):
            matrix[r, MOST_EQUATIONS + c] = 0.0
    for end in range(outages.end_first[k], outages.end_first[k + 1]):
        i = outages.end_row[end]
        j = outages.end_other[end]
        p, q, far_p, far_q = end_flow(
            y_branch, outages.end_branch[end], outages.end_side[end], v[i, 0], v[i, 1], v[j, 0], v[j, 1]
        )
        for part in range(2):
            r = outages.end_equation[end, part]
            if r < 0:
                continue
            first[r] += p if part == 0 else q
            at_angle = -far_q if part == 0 else far_p
            at_size = 2.0 * p - far_p if part == 0 else 2.0 * q - far_q
            at_far_size = far_p if part == 0 else far_q
            place = outages.end_own[end, 0]
            if place >= 0:
                matrix[r, MOST_EQUATIONS + place] += at_angle
            place = outages.end_own[end, 1]
            if place >= 0:
                matrix[r, MOST_EQUATIONS + place] += at_size
            place = outages.end_far[end, 0]
            if place >= 0:
                matrix[r, MOST_EQUATIONS + place] -= at_angle
            place = outages.end_far[end, 1]
            if place >= 0:
                matrix[r, MOST_EQUATIONS + place] += at_far_size


@kernel
def close_matrix(outages: OutageLanes, k: int, sensitivity: Single, matrix: FloatArray) -> None:
    """Set I - D S in the first columns of ``matrix``."""
    n = outages.equation_first[k + 1] - outages.equation_first[k]
    n_unknown = outages.unknown_first[k + 1] - outages.unknown_first[k]
    slots = outages.slot_first[k]
    for r in range(n):
        for c in range(n):
            total = 1.0 if r == c else 0.0
            for u in range(n_unknown):
                total -= matrix[r, MOST_EQUATIONS + u] * sensitivity[outages.slot[slots + u * n + c]]
            matrix[r, c] = total


@kernel
def refine(
    outages: OutageLanes,
    k: int,
    network: Network,
    y_branch: FloatArray,
    before: FloatArray,
    v: FloatArray,
    lane: int,
    sensitivity: Single,
    matrix: FloatArray,
    first: FloatArray,
) -> None:
    """Set G of outage ``k`` anew at the voltages of a lane.

    Parameters
    ----------
    outages, k, y_branch, sensitivity, matrix, first:
        As for :func:`compensate`; ``first`` is scratch.
    network:
        Admittances before the outage.
    before, v:
        Voltages before the outage and of the lanes. Shapes (n_bus, 2), (n_bus, 2, W).
    lane:
        Which of them.
    """
    n = outages.equation_first[k + 1] - outages.equation_first[k]
    n_unknown = outages.unknown_first[k + 1] - outages.unknown_first[k]
    derive(outages, k, y_branch, v[:, :, lane], matrix, first)
    for block in range(outages.block_first[k], outages.block_first[k + 1]):
        i = outages.block_row[block]
        j = outages.block_column[block]
        g = network.y_g[outages.block_entry[block]]
        b = network.y_b[outages.block_entry[block]]
        size = before[i, 0] * before[i, 0] + before[i, 1] * before[i, 1]
        ratio_re = (before[j, 0] * before[i, 0] + before[j, 1] * before[i, 1]) / size
        ratio_im = (before[j, 1] * before[i, 0] - before[j, 0] * before[i, 1]) / size
        own_g = b * ratio_im - g * ratio_re
        own_b = -b * ratio_re - g * ratio_im
        for moment in range(2):
            e_i = v[i, 0, lane] if moment else before[i, 0]
            f_i = v[i, 1, lane] if moment else before[i, 1]
            e_j = v[j, 0, lane] if moment else before[j, 0]
            f_j = v[j, 1, lane] if moment else before[j, 1]
            sign = -1.0 if moment else 1.0
            re = g * e_j - b * f_j
            im = g * f_j + b * e_j
            far_p = e_i * re + f_i * im
            far_q = f_i * re - e_i * im
            square = e_i * e_i + f_i * f_i
            for part in range(2):
                r = outages.block_equation[block, part]
                if r < 0:
                    continue
                at_angle = sign * (-far_q if part == 0 else far_p)
                at_far_size = sign * (far_p if part == 0 else far_q)
                at_size = at_far_size + 2.0 * sign * (own_g * square if part == 0 else -own_b * square)
                row = matrix[r]
                place = outages.block_own[block, 0]
                if place >= 0:
                    row[MOST_EQUATIONS + place] += at_angle
                place = outages.block_own[block, 1]
                if place >= 0:
                    row[MOST_EQUATIONS + place] += at_size
                place = outages.block_far[block, 0]
                if place >= 0:
                    row[MOST_EQUATIONS + place] -= at_angle
                place = outages.block_far[block, 1]
                if place >= 0:
                    row[MOST_EQUATIONS + place] += at_far_size
    close_matrix(outages, k, sensitivity, matrix)
    eliminate(matrix, first, n, n_unknown)


@kernel
def eliminate(matrix: FloatArray, first: FloatArray, n: int, n_unknown: int) -> float:
    """Solve the n by n system in the first columns for the right-hand sides behind it and for ``first``, with pivoting.

    Shapes: ``matrix`` (E, E + U), ``first`` (E,). Returns the determinant, 0 when there is no solution.
    """
    determinant = 1.0
    for c in range(n):
        pivot = c
        for r in range(c + 1, n):
            if abs(matrix[r, c]) > abs(matrix[pivot, c]):
                pivot = r
        if not abs(matrix[pivot, c]) > 0.0:  # also true for NaN
            return 0.0
        if pivot != c:
            determinant = -determinant
            first[c], first[pivot] = first[pivot], first[c]
            for m in range(n):
                matrix[c, m], matrix[pivot, m] = matrix[pivot, m], matrix[c, m]
            for m in range(MOST_EQUATIONS, MOST_EQUATIONS + n_unknown):
                matrix[c, m], matrix[pivot, m] = matrix[pivot, m], matrix[c, m]
        determinant *= matrix[c, c]
        inverse = 1.0 / matrix[c, c]
        first[c] *= inverse
        for m in range(c + 1, n):
            matrix[c, m] *= inverse
        for m in range(MOST_EQUATIONS, MOST_EQUATIONS + n_unknown):
            matrix[c, m] *= inverse
        for r in range(n):
            if r != c:
                factor = matrix[r, c]
                first[r] -= factor * first[c]
                for m in range(c + 1, n):
                    matrix[r, m] -= factor * matrix[c, m]
                for m in range(MOST_EQUATIONS, MOST_EQUATIONS + n_unknown):
                    matrix[r, m] -= factor * matrix[c, m]
    return determinant
