"""Newton's method for many steps of one topology, one after the other.

Each step starts from the same voltages and shares nothing with its neighbours, so neither the number of threads nor the
way the steps are dealt out changes a single bit of the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.kernels.jit import kernel
from gridsim.kernels.newton import make_workspace, newton

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.kernels.structures import Given, LuPattern, Network, StepResults


@kernel
def solve_batch(
    network: Network,
    lu: LuPattern,
    given: Given,
    start_vm: FloatArray,
    start_va: FloatArray,
    steps: IndexArray,
    is_damped: bool,
    max_iterations: int,
    tolerance: float,
    out: StepResults,
) -> None:
    """Solve the steps listed in ``steps``; rows of other steps are not touched.

    Parameters
    ----------
    network, lu:
        The topology.
    given:
        Power and magnitudes wanted in every step.
    start_vm, start_va:
        Voltages from which every step starts; magnitudes that are given are put in their place. Shape (n_bus,).
    steps:
        Steps to solve. Shape (n_todo,).
    is_damped:
        Whether to damp (see :mod:`gridsim.kernels.newton`).
    max_iterations, tolerance:
        When to give up, and the largest mismatch accepted in pu.
    out:
        Results, written at the rows of the steps.
    """
    n_bus = start_vm.shape[0]
    changing_set_points = given.vm_set.shape[0] > 1
    work = make_workspace(n_bus, lu.diagonal.shape[0], lu.indices.shape[0])
    for step in steps:
        vm = out.vm[step]
        va = out.va[step]
        for i in range(n_bus):
            vm[i] = start_vm[i]
            va[i] = start_va[i]
        row = step if changing_set_points else 0
        for c in range(given.controlled_pos.shape[0]):
            vm[given.controlled_pos[c]] = given.vm_set[row, c]
        code, iterations, worst, sign = newton(
            network, lu, given.s_bus[step], given.zip_load[step], is_damped, max_iterations, tolerance, vm, va, work
        )
        out.code[step] = code
        out.iterations[step] += iterations
        out.mismatch[step] = worst
        out.sign[step] = sign
