"""What all outages of a step share: the grid at the taps of the step, its factors, and entries of the inverse."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gridsim.kernels.anchors import factorise_at, write_anchor
from gridsim.kernels.chord import substitute
from gridsim.kernels.jit import kernel, lane_kernel, part
from gridsim.kernels.lane_emitter import LANES

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.kernels.outage_structures import OutageGrid, OutageLanes, OutageSteps, OutageWork


@part
def copy_numbers(source: FloatArray, target: FloatArray) -> None:
    """Copy a contiguous array to another of its shape; an assignment to ``target[:]`` takes seconds to compile."""
    numbers, place = source.ravel(), target.ravel()
    for i in range(numbers.size):
        place[i] = numbers[i]


@kernel
def set_taps(grid: OutageGrid, position: IndexArray, work: OutageWork) -> None:
    """Set the admittances of ``work`` to those at tap positions (n_tap,)."""
    copy_numbers(grid.y_branch, work.y_branch)
    copy_numbers(grid.network.y_g, work.network.y_g)
    copy_numbers(grid.network.y_b, work.network.y_b)
    copy_numbers(grid.net.y_value, work.net.y_value)
    copy_numbers(grid.net.column_y, work.net.column_y)
    for k in range(grid.common.shape[0]):
        if position[k] == grid.common[k]:
            continue
        place = position[k] - grid.tap_min[k]
        for m in range(grid.first_moved[k], grid.first_moved[k + 1]):
            branch = grid.moved_branch[m]
            y = work.y_branch[branch]
            for quarter in range(4):
                re = grid.y_moved[m, place, 2 * quarter] - y[2 * quarter]
                im = grid.y_moved[m, place, 2 * quarter + 1] - y[2 * quarter + 1]
                y[2 * quarter] += re
                y[2 * quarter + 1] += im
                entry = grid.entry[branch, quarter]
                work.network.y_g[entry] += re
                work.network.y_b[entry] += im
                value = grid.value[entry]
                if value >= 0:
                    work.net.y_value[2 * value] += re
                    work.net.y_value[2 * value + 1] += im
            column = grid.moved_column[m]
            if column >= 0:
                for end in range(2):
                    own = 6 if end else 0
                    far = 4 if end else 2
                    size = math.hypot(y[own], y[own + 1])
                    percent = grid.moved_percent[m, end]
                    turn_re = y[own] / size if size > 0.0 else 1.0
                    turn_im = -y[own + 1] / size if size > 0.0 else 0.0
                    row = work.net.column_y[column]
                    row[3 * end] = size * percent
                    row[3 * end + 1] = (y[far] * turn_re - y[far + 1] * turn_im) * percent
                    row[3 * end + 2] = (y[far] * turn_im + y[far + 1] * turn_re) * percent


@kernel
def prepare_step(grid: OutageGrid, steps: OutageSteps, step: int, work: OutageWork) -> int:
    """Factorise at the solution of a step and set what it injects; 0 when the Jacobian is singular."""
    set_taps(grid, steps.tap[step], work)
    n_bus = work.vm.shape[0]
    for i in range(n_bus):
        re = steps.voltage[step, 2 * i]
        im = steps.voltage[step, 2 * i + 1]
        work.vm[i] = math.hypot(re, im)
        work.va[i] = math.atan2(im, re)
    for k in range(grid.controlled_row.shape[0]):
        i = grid.controlled_row[k]
        work.net.pull[i] = 0.5 / (work.vm[i] * work.vm[i])
    sign = factorise_at(work.network, grid.lu, steps.zip_load[step], work.vm, work.va, work.newton)
    write_anchor(grid.forward_place, grid.back_place, work.vm, work.newton, 0, work.anchor)
    copy_numbers(work.anchor.s[0], work.given)
    return sign


@lane_kernel
def find_sensitivities(outages: OutageLanes, work: OutageWork) -> None:
    """Set the entries of J^-1 the outages ask for: sixteen columns of it at a time."""
    x = work.lane.x
    n_unit = outages.unit.shape[0]
    for first in range(0, n_unit, LANES):
        x[:] = 0.0
        last = min(first + LANES, n_unit)
        for m in range(first, last):
            x[outages.unit[m], m - first] = 1.0
        substitute(work.net, work.anchor, 0, x)
        for m in range(first, last):
            for pair in range(outages.pair_first[m], outages.pair_first[m + 1]):
                work.sensitivity[pair] = x[outages.pair_unknown[pair], m - first]
