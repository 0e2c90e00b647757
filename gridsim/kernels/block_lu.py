"""Triangular factors of a matrix of 2 x 2 blocks in a fixed pattern, and solutions with them.

The rows stand in an order that keeps fill low, so nothing is permuted here and the numeric work of every step is the
same list of block operations. Row by row (Doolittle): for every entry (i,k) left of the diagonal, ascending in k,

    L_ik = A_ik D_k^-1,      A_ij <- A_ij - L_ik U_kj   for every j in row k of U,

after which the diagonal block D_i is final; its inverse is stored in its place. There is no pivoting beyond the 2 x 2
blocks: with bus admittances the diagonal block of a bus dominates, and a block that does not have an inverse to working
precision stops the factorisation with a code.

Source: Golub & Van Loan, Matrix Computations, 4th ed., algorithm 3.2.3 in blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.kernels.jit import kernel

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.kernels.structures import LuPattern

#: A diagonal block counts as singular when |det| is below this times its squared size: at 16 digits nothing is left.
SINGULAR_DETERMINANT = 1e-14


@kernel
def factorise(lu: LuPattern, values: FloatArray) -> int:
    """Replace the matrix by its factors.

    Parameters
    ----------
    lu:
        Pattern and list of updates.
    values:
        Blocks row by row: the matrix before, L and U after, with the inverses of the diagonal blocks. Shape
        (n_entry, 4).

    Returns
    -------
    Sign of the determinant, 1 or -1; 0 when a diagonal block has no inverse (the factors are then unusable).
    """
    sign = 1
    update = 0
    for i in range(lu.diagonal.shape[0]):
        own = lu.diagonal[i]
        for entry in range(lu.indptr[i], own):
            k = lu.indices[entry]
            pivot = lu.diagonal[k]
            l00 = values[entry, 0] * values[pivot, 0] + values[entry, 1] * values[pivot, 2]
            l01 = values[entry, 0] * values[pivot, 1] + values[entry, 1] * values[pivot, 3]
            l10 = values[entry, 2] * values[pivot, 0] + values[entry, 3] * values[pivot, 2]
            l11 = values[entry, 2] * values[pivot, 1] + values[entry, 3] * values[pivot, 3]
            values[entry, 0] = l00
            values[entry, 1] = l01
            values[entry, 2] = l10
            values[entry, 3] = l11
            for upper in range(pivot + 1, lu.indptr[k + 1]):
                target = lu.update_target[update]
                update += 1
                values[target, 0] -= l00 * values[upper, 0] + l01 * values[upper, 2]
                values[target, 1] -= l00 * values[upper, 1] + l01 * values[upper, 3]
                values[target, 2] -= l10 * values[upper, 0] + l11 * values[upper, 2]
                values[target, 3] -= l10 * values[upper, 1] + l11 * values[upper, 3]
        d00 = values[own, 0]
        d01 = values[own, 1]
        d10 = values[own, 2]
        d11 = values[own, 3]
        determinant = d00 * d11 - d01 * d10
        size = abs(d00 * d11) + abs(d01 * d10)
        if not abs(determinant) > SINGULAR_DETERMINANT * size:  # also true for NaN and for a zero block
            return 0
        if determinant < 0.0:
            sign = -sign
        values[own, 0] = d11 / determinant
        values[own, 1] = -d01 / determinant
        values[own, 2] = -d10 / determinant
        values[own, 3] = d00 / determinant
    return sign


@kernel
def solve_factorised(lu: LuPattern, values: FloatArray, right: FloatArray) -> None:
    """Solve L U x = b.

    Parameters
    ----------
    lu:
        Pattern.
    values:
        Factors made by :func:`factorise`. Shape (n_entry, 4).
    right:
        b before, x after. Shape (n_free, 2).
    """
    n_free = lu.diagonal.shape[0]
    for i in range(n_free):
        r0 = right[i, 0]
        r1 = right[i, 1]
        for entry in range(lu.indptr[i], lu.diagonal[i]):
            j = lu.indices[entry]
            r0 -= values[entry, 0] * right[j, 0] + values[entry, 1] * right[j, 1]
            r1 -= values[entry, 2] * right[j, 0] + values[entry, 3] * right[j, 1]
        right[i, 0] = r0
        right[i, 1] = r1
    for i in range(n_free - 1, -1, -1):
        r0 = right[i, 0]
        r1 = right[i, 1]
        own = lu.diagonal[i]
        for entry in range(own + 1, lu.indptr[i + 1]):
            j = lu.indices[entry]
            r0 -= values[entry, 0] * right[j, 0] + values[entry, 1] * right[j, 1]
            r1 -= values[entry, 2] * right[j, 0] + values[entry, 3] * right[j, 1]
        right[i, 0] = values[own, 0] * r0 + values[own, 1] * r1
        right[i, 1] = values[own, 2] * r0 + values[own, 3] * r1
