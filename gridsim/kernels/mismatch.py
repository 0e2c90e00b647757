"""Power at the buses for given voltages, and how far it is from what is wanted.

With V_i = e_i + j f_i (pu) and Y = G + jB, the current into the grid at bus i is I_i = sum_j Y_ij V_j, and the power
S_i = P_i + j Q_i = V_i conj(I_i):

    P_i = e_i re(I_i) + f_i im(I_i)        Q_i = f_i re(I_i) - e_i im(I_i)

Positive is power injected into the grid. Mismatch is wanted minus calculated. Load that depends on voltage has shares
proportional to V and V squared: wanted = S_const + S_i V + S_z V^2.

Source: Grainger & Stevenson, Power System Analysis, ch. 9.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gridsim.kernels.jit import kernel

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.kernels.structures import Network


@kernel
def rectangular(vm: FloatArray, va: FloatArray, e: FloatArray, f: FloatArray) -> None:
    """Set e + jf = vm exp(j va) at all buses.

    Parameters
    ----------
    vm, va:
        Magnitude in pu and angle in rad. Shape (n_bus,).
    e, f:
        Real and imaginary part in pu, overwritten. Shape (n_bus,).
    """
    for i in range(vm.shape[0]):
        e[i] = vm[i] * math.cos(va[i])
        f[i] = vm[i] * math.sin(va[i])


@kernel
def bus_powers(network: Network, e: FloatArray, f: FloatArray, p: FloatArray, q: FloatArray) -> None:
    """Calculate the power that each bus injects into the grid.

    Parameters
    ----------
    network:
        Admittances.
    e, f:
        Voltages in pu. Shape (n_bus,).
    p, q:
        Active and reactive power in pu, overwritten. Shape (n_bus,), or shorter when only the first rows are wanted.
    """
    for i in range(p.shape[0]):
        current_re = 0.0
        current_im = 0.0
        for k in range(network.y_indptr[i], network.y_indptr[i + 1]):
            j = network.y_indices[k]
            current_re += network.y_g[k] * e[j] - network.y_b[k] * f[j]
            current_im += network.y_g[k] * f[j] + network.y_b[k] * e[j]
        p[i] = e[i] * current_re + f[i] * current_im
        q[i] = f[i] * current_re - e[i] * current_im


@kernel
def mismatch(
    network: Network,
    s_bus: FloatArray,
    zip_load: FloatArray,
    vm: FloatArray,
    p: FloatArray,
    q: FloatArray,
    residual: FloatArray,
) -> float:
    """Set the residual of the unknowns and return its largest absolute value.

    Parameters
    ----------
    network:
        Bus kinds and rows of voltage-dependent load.
    s_bus:
        Constant power wanted, as (P, Q) in pu. Shape (n_bus, 2).
    zip_load:
        Power wanted at rows ``network.zip_pos`` proportional to V (P, Q) and to V squared (P, Q). Shape (n_zip, 4).
    vm:
        Magnitudes in pu. Shape (n_bus,).
    p, q:
        Calculated powers in pu. Shape (n_free,).
    residual:
        Wanted minus calculated (P, Q) in pu, overwritten; Q of a bus with given magnitude is 0. Shape (n_free, 2).
    """
    n_free = residual.shape[0]
    for i in range(n_free):
        residual[i, 0] = s_bus[i, 0] - p[i]
        residual[i, 1] = s_bus[i, 1] - q[i]
    for z in range(network.zip_pos.shape[0]):
        i = network.zip_pos[z]
        if i < n_free:
            residual[i, 0] += (zip_load[z, 0] + zip_load[z, 2] * vm[i]) * vm[i]
            residual[i, 1] += (zip_load[z, 1] + zip_load[z, 3] * vm[i]) * vm[i]
    largest = 0.0
    for i in range(n_free):
        if not network.is_pq[i]:
            residual[i, 1] = 0.0
        for part in range(2):
            size = abs(residual[i, part])
            if size > largest or math.isnan(size):  # nothing is greater than NaN, so it stays
                largest = size
    return largest
