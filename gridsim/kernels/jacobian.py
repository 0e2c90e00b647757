"""Jacobian of the bus powers in polar form, one 2 x 2 block per stored admittance.

Unknowns of bus j are its angle (rad) and the relative change of its magnitude, dV_j / V_j. With s_ij = V_i
conj(Y_ij V_j):

    dP_i / dtheta_j = im(s_ij)     V_j dP_i / dV_j = re(s_ij)      for j other than i
    dQ_i / dtheta_j = -re(s_ij)    V_j dQ_i / dV_j = im(s_ij)

    dP_i / dtheta_i = im(s_ii) - Q_i    V_i dP_i / dV_i = P_i + re(s_ii)
    dQ_i / dtheta_i = P_i - re(s_ii)    V_i dQ_i / dV_i = Q_i + im(s_ii)

At a bus whose magnitude is given, the second equation is replaced by dV / V = 0. Blocks are stored row by row:
[dP/dtheta, V dP/dV, dQ/dtheta, V dQ/dV]. What is wanted may depend on V too (ZIP load); its derivative is subtracted,
since the system solved is J dx = wanted - calculated.

Source: Grainger & Stevenson, Power System Analysis, ch. 9; Tinney & Hart 1967.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.kernels.jit import kernel

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.kernels.structures import LuPattern, Network


@kernel
def fill_jacobian(
    network: Network,
    lu: LuPattern,
    zip_load: FloatArray,
    vm: FloatArray,
    e: FloatArray,
    f: FloatArray,
    p: FloatArray,
    q: FloatArray,
    values: FloatArray,
) -> None:
    """Write the Jacobian into the pattern of its factors; entries of the fill are zero.

    Parameters
    ----------
    network, lu:
        Admittances, bus kinds, and where the blocks go.
    zip_load:
        As in :func:`gridsim.kernels.mismatch.mismatch`. Shape (n_zip, 4).
    vm, e, f:
        Voltages in pu. Shape (n_bus,).
    p, q:
        Calculated powers in pu. Shape (n_free,).
    values:
        Blocks, overwritten. Shape (n_entry, 4).
    """
    for entry in range(values.shape[0]):
        values[entry, 0] = 0.0
        values[entry, 1] = 0.0
        values[entry, 2] = 0.0
        values[entry, 3] = 0.0
    n_free = lu.diagonal.shape[0]
    for i in range(n_free):
        i_is_pq = network.is_pq[i]
        for k in range(network.y_indptr[i], network.y_indptr[i + 1]):
            entry = lu.y_entry[k]
            if entry < 0:
                continue
            j = network.y_indices[k]
            current_re = network.y_g[k] * e[j] - network.y_b[k] * f[j]
            current_im = network.y_g[k] * f[j] + network.y_b[k] * e[j]
            s_re = e[i] * current_re + f[i] * current_im
            s_im = f[i] * current_re - e[i] * current_im
            if i == j:
                values[entry, 0] = s_im - q[i]
                values[entry, 1] = p[i] + s_re
                values[entry, 2] = p[i] - s_re
                values[entry, 3] = q[i] + s_im
            else:
                values[entry, 0] = s_im
                values[entry, 1] = s_re
                values[entry, 2] = -s_re
                values[entry, 3] = s_im
            if not network.is_pq[j]:
                values[entry, 1] = 0.0
                values[entry, 3] = 0.0
            if not i_is_pq:
                values[entry, 2] = 0.0
                values[entry, 3] = 1.0 if i == j else 0.0
    for z in range(network.zip_pos.shape[0]):
        i = network.zip_pos[z]
        if i < n_free and network.is_pq[i]:
            entry = lu.diagonal[i]
            values[entry, 1] -= (zip_load[z, 0] + 2.0 * zip_load[z, 2] * vm[i]) * vm[i]
            values[entry, 3] -= (zip_load[z, 1] + 2.0 * zip_load[z, 3] * vm[i]) * vm[i]
