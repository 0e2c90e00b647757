"""What is reported of solved voltages: loading of branches, losses.

Current into a branch at its from-end is I_f = y_ff V_f + y_ft V_t, at its to-end I_t = y_tf V_f + y_tt V_t, pu. Loading
is the larger of both ends, |I| times percent per pu; on the power basis |S| = |V| |I| takes the place of |I|.

The losses of all branches are the sum of the power injected at all buses less the power of the shunts, g_i V_i^2.

Source: pandapower 3.5, results_branch.py (definition of loading).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gridsim.kernels.jit import kernel
from gridsim.kernels.mismatch import bus_powers, rectangular

if TYPE_CHECKING:
    from gridsim.dtypes import AnyArray, FloatArray, IndexArray
    from gridsim.kernels.structures import LoadingColumns, Network


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


@kernel
def report_steps(
    network: Network,
    shunt_g: FloatArray,
    columns: LoadingColumns,
    vm: FloatArray,
    va: FloatArray,
    rows: IndexArray,
    steps: IndexArray,
    voltage: FloatArray,
    loading: AnyArray,
    loss_pu: FloatArray,
) -> None:
    """Report solved steps, given as magnitude and angle.

    Parameters
    ----------
    network, shunt_g, columns:
        Admittances, conductance of the shunts in pu (n_bus,), loading columns.
    vm, va:
        Solved voltages in pu and rad. Shape (n_solved, n_bus).
    rows, steps:
        Rows of ``vm`` to report, and the step each belongs to. Shape (n_todo,).
    voltage:
        Real and imaginary part in pu, written at the steps. Shape (n_step, 2 n_bus), or (0, 0) when it is not wanted.
    loading:
        Percent. Shape (n_step, n_column).
    loss_pu:
        Active losses of all branches. Shape (n_step,).
    """
    n_bus = vm.shape[1]
    e = np.empty(n_bus)
    f = np.empty(n_bus)
    p = np.empty(n_bus)
    q = np.empty(n_bus)
    percent = np.empty(loading.shape[1])
    for k in range(rows.shape[0]):
        row = rows[k]
        step = steps[k]
        rectangular(vm[row], va[row], e, f)
        bus_powers(network, e, f, p, q)
        branch_loading(columns, vm[row], e, f, percent)
        for c in range(percent.shape[0]):
            loading[step, c] = percent[c]
        loss = 0.0
        for i in range(n_bus):
            loss += p[i] - shunt_g[i] * vm[row, i] * vm[row, i]
        loss_pu[step] = loss
        if voltage.shape[0] > 0:
            for i in range(n_bus):
                voltage[step, 2 * i] = e[i]
                voltage[step, 2 * i + 1] = f[i]
