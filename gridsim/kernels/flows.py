"""What is reported of solved voltages: bus voltages in the net's order, loading of branches, losses.

Current into a branch at its from-end is I_f = y_ff V_f + y_ft V_t, at its to-end I_t = y_tf V_f + y_tt V_t, pu. Loading
is the larger of both ends, |I| times percent per pu; on the power basis |S| = |V| |I| takes the place of |I|.

The losses of all branches are the sum of the power injected at all buses less the power of the shunts, g_i V_i^2.

Source: pandapower 3.5, results_branch.py (definition of loading).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gridsim.kernels.jit import kernel, parallel_kernel, prange
from gridsim.kernels.mismatch import bus_powers, rectangular

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.kernels.structures import LoadingColumns, Network

STEPS_PER_ROUND = 32
DEGREE_PER_RAD = 180.0 / math.pi


@kernel
def branch_loading(columns: LoadingColumns, vm: FloatArray, e: FloatArray, f: FloatArray, loading: FloatArray) -> None:
    """Set the loading (percent) of every column at one step; NaN where the element is out of service.

    Parameters
    ----------
    columns:
        Ends, admittances and ratings.
    vm, e, f:
        Voltages in pu. Shape (n_bus,).
    loading:
        Result, overwritten. Shape (n_column,).
    """
    for c in range(loading.shape[0]):
        i = columns.from_pos[c]
        j = columns.to_pos[c]
        if i < 0:
            loading[c] = np.nan
            continue
        g = columns.y_self_from[c, 0]
        b = columns.y_self_from[c, 1]
        g_mutual = columns.y_mutual_from[c, 0]
        b_mutual = columns.y_mutual_from[c, 1]
        re = g * e[i] - b * f[i] + g_mutual * e[j] - b_mutual * f[j]
        im = g * f[i] + b * e[i] + g_mutual * f[j] + b_mutual * e[j]
        at_from = math.sqrt(re * re + im * im) * columns.percent_from[c]
        g = columns.y_self_to[c, 0]
        b = columns.y_self_to[c, 1]
        g_mutual = columns.y_mutual_to[c, 0]
        b_mutual = columns.y_mutual_to[c, 1]
        re = g * e[j] - b * f[j] + g_mutual * e[i] - b_mutual * f[i]
        im = g * f[j] + b * e[j] + g_mutual * f[i] + b_mutual * e[i]
        at_to = math.sqrt(re * re + im * im) * columns.percent_to[c]
        if columns.is_power[c]:
            at_from *= vm[i]
            at_to *= vm[j]
        loading[c] = max(at_from, at_to)


@parallel_kernel
def report_batch(
    network: Network,
    shunt_g: FloatArray,
    columns: LoadingColumns,
    bus_pos: IndexArray,
    vm: FloatArray,
    va: FloatArray,
    is_solved: BoolArray,
    vm_pu: FloatArray,
    va_degree: FloatArray,
    loading: FloatArray,
    loss_pu: FloatArray,
) -> None:
    """Report every solved step; rows of failed steps are filled with NaN.

    Parameters
    ----------
    network, shunt_g, columns:
        Admittances, conductance of the shunts in pu (n_bus,), loading columns.
    bus_pos:
        Row of each bus of the net, -1 for buses that have none. Shape (n_net_bus,).
    vm, va:
        Solved voltages in pu and rad. Shape (n_step, n_bus).
    is_solved:
        Whether the voltages of a step may be used. Shape (n_step,).
    vm_pu, va_degree:
        Voltages in the order of the net. Shape (n_step, n_net_bus).
    loading:
        Percent. Shape (n_step, n_column).
    loss_pu:
        Active losses of all branches. Shape (n_step,).
    """
    n_step, n_bus = vm.shape
    n_round = (n_step + STEPS_PER_ROUND - 1) // STEPS_PER_ROUND
    for dealt in prange(n_round):
        e = np.empty(n_bus)
        f = np.empty(n_bus)
        p = np.empty(n_bus)
        q = np.empty(n_bus)
        for step in range(dealt * STEPS_PER_ROUND, min(n_step, (dealt + 1) * STEPS_PER_ROUND)):
            if not is_solved[step]:
                vm_pu[step] = np.nan
                va_degree[step] = np.nan
                loading[step] = np.nan
                loss_pu[step] = np.nan
                continue
            rectangular(vm[step], va[step], e, f)
            bus_powers(network, e, f, p, q)
            branch_loading(columns, vm[step], e, f, loading[step])
            loss = 0.0
            for i in range(n_bus):
                loss += p[i] - shunt_g[i] * vm[step, i] * vm[step, i]
            loss_pu[step] = loss
            for b in range(bus_pos.shape[0]):
                row = bus_pos[b]
                if row < 0:
                    vm_pu[step, b] = np.nan
                    va_degree[step, b] = np.nan
                else:
                    vm_pu[step, b] = vm[step, row]
                    va_degree[step, b] = math.atan2(f[row], e[row]) * DEGREE_PER_RAD
