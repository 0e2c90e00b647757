"""Every outage of one step at a time, sixteen outages side by side, from the solution before them.

What the outages of a step share is made once per step: the admittances at its taps, the factors of the Jacobian at the
solution before any outage, and the entries of its inverse that the small matrices of the outages ask for (see
:mod:`gridsim.kernels.outage_small`). Each outage then is a chord iteration with its own exact Jacobian at that point,

    x = J^-1 (b + E G C' J^-1 b),      V <- move of V by x,

in which the factors are shared by all lanes and the low-rank term makes up for what is out. The mismatch b is the true
one of the grid without what is out, judged in float64, so a converged lane is the exact load flow after the outage.

Where an outage cuts a part of the grid off from every source, only the equations outside that part lose the flow into
the cut. The part itself goes on as if it were fed at the old place, which concerns nothing outside; its loading columns
are hidden.

A lane that has not converged after some corrections, or whose det(I - D S) says that the outage stands beyond or at
the edge of collapse, is left open, for slower methods to judge.

Source: as for :mod:`gridsim.kernels.chord`, :mod:`gridsim.kernels.outage_small`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gridsim.kernels.chord import SMALL_ERROR, judge, move, substitute
from gridsim.kernels.codes import MAX_ITERATIONS, SINGULAR, SOLVED
from gridsim.kernels.jit import kernel, lane_kernel
from gridsim.kernels.lane_emitter import LANES
from gridsim.kernels.lane_flows import loading_by_current, loading_by_power
from gridsim.kernels.lane_updates import copy_to_lanes
from gridsim.kernels.outage_before import find_sensitivities, prepare_step
from gridsim.kernels.outage_small import SMALLEST_DETERMINANT, compensate, end_flow, refine
from gridsim.kernels.outage_structures import MOST_EQUATIONS
from gridsim.kernels.outage_worst import keep_worst, mirror_group, reduce_lanes

if TYPE_CHECKING:
    from gridsim.dtypes import IndexArray
    from gridsim.kernels.lane_structures import Single
    from gridsim.kernels.outage_structures import OutageGrid, OutageLanes, OutageResults, OutageSteps, OutageWork

#: Corrections after which a case is left to slower methods. Most need 3 or 4.
MAX_CORRECTIONS = 24
#: Shrinking of the mismatch in one correction, above which a lane goes back to the matrix of the state before.
POOR_RATE = 0.5
#: A first move (rad, relative magnitude) from which on the small matrices are fitted to the voltages it leads to.
FAR = 0.01
#: A mismatch beyond this (pu) never came back.
HOPELESS_MISMATCH = 1e3


@lane_kernel
def begin_group(outages: OutageLanes, group: IndexArray, work: OutageWork) -> None:
    """Make the first correction of a group: flows into the ends and injections that are lost. Shape: group (W,)."""
    lane_work = work.lane
    x = lane_work.x
    v = work.anchor.v[0]
    x[:] = 0.0
    for lane in range(LANES):
        k = group[lane]
        determinant = compensate(outages, k, work.y_branch, v, work.sensitivity, work.matrix[lane], work.first[lane])
        work.is_direct[lane] = determinant > SMALLEST_DETERMINANT
        lane_work.keep[lane] = -1 if work.is_direct[lane] else 0
        n_before = outages.equation_first[k]
        for r in range(outages.equation_first[k + 1] - n_before):
            x[outages.equation[n_before + r], lane] = work.first[lane, r]
    copy_to_lanes(v, 0, v.shape[0], lane_work.v)


@lane_kernel
def add_lost(
    outages: OutageLanes,
    steps: OutageSteps,
    step: int,
    first_unknown: IndexArray,
    group: IndexArray,
    work: OutageWork,
) -> None:
    """Add lost injections to the first mismatch. Shapes: first_unknown (n_free + 1,), group (W,)."""
    n_free = first_unknown.shape[0] - 1
    for lane in range(LANES):
        k = group[lane]
        for d in range(outages.drop_first[k], outages.drop_first[k + 1]):
            row = outages.drop_row[d]
            if row < n_free:
                place = first_unknown[row]
                work.lane.x[place, lane] -= np.float32(steps.drop[step, d, 0])
                if first_unknown[row + 1] - place == 2:
                    work.lane.x[place + 1, lane] -= np.float32(steps.drop[step, d, 1])


@lane_kernel
def restore_given(outages: OutageLanes, group: IndexArray, work: OutageWork) -> None:
    """Set the injections of the step in the rows that only some outages touch, as :func:`inject_after` finds them."""
    s = work.lane.s
    for lane in range(LANES):
        k = group[lane]
        for end in range(outages.end_first[k], outages.end_first[k + 1]):
            i = outages.end_row[end]
            s[i, 0, lane] = work.given[i, 0]
            s[i, 1, lane] = work.given[i, 1]
        for d in range(outages.drop_first[k], outages.drop_first[k + 1]):
            i = outages.drop_row[d]
            s[i, 0, lane] = work.given[i, 0]
            s[i, 1, lane] = work.given[i, 1]


@lane_kernel
def inject_after(
    grid: OutageGrid, outages: OutageLanes, steps: OutageSteps, step: int, group: IndexArray, work: OutageWork
) -> None:
    """Set what each lane injects: the injections of the step, less what is lost, plus the flows that are not drawn."""
    v, s = work.lane.v, work.lane.s
    restore_given(outages, group, work)
    for z in range(grid.zip_row.shape[0]):
        i = grid.zip_row[z]
        for lane in range(LANES):
            square = v[i, 0, lane] * v[i, 0, lane] + v[i, 1, lane] * v[i, 1, lane]
            grown = math.sqrt(square) - work.vm[i]
            grown_square = square - work.vm[i] * work.vm[i]
            for part in range(2):
                linear = steps.zip_load[step, z, part]
                s[i, part, lane] = (
                    work.given[i, part] + linear * grown + steps.zip_load[step, z, 2 + part] * grown_square
                )
    for lane in range(LANES):
        k = group[lane]
        for d in range(outages.drop_first[k], outages.drop_first[k + 1]):
            i = outages.drop_row[d]
            s[i, 0, lane] -= steps.drop[step, d, 0]
            s[i, 1, lane] -= steps.drop[step, d, 1]
        for end in range(outages.end_first[k], outages.end_first[k + 1]):
            i = outages.end_row[end]
            j = outages.end_other[end]
            p, q, _, _ = end_flow(
                work.y_branch,
                outages.end_branch[end],
                outages.end_side[end],
                v[i, 0, lane],
                v[i, 1, lane],
                v[j, 0, lane],
                v[j, 1, lane],
            )
            s[i, 0, lane] += p
            s[i, 1, lane] += q


@lane_kernel
def copy_lanes(source: Single, target: Single) -> None:
    """Copy lanes. Shape (n_unknown, W)."""
    taken = source.reshape(-1)
    put = target.reshape(-1)
    for m in range(taken.shape[0]):
        put[m] = taken[m]


@lane_kernel
def correct_after(outages: OutageLanes, group: IndexArray, work: OutageWork) -> None:
    """Make one correction of the open lanes by the mismatch in ``x``."""
    x, right = work.lane.x, work.right
    copy_lanes(x, right)
    substitute(work.net, work.anchor, 0, x)
    for lane in range(LANES):
        k = group[lane]
        if work.lane.keep[lane] == 0:
            continue
        at_equation = outages.equation_first[k]
        at_unknown = outages.unknown_first[k]
        n_unknown = outages.unknown_first[k + 1] - at_unknown
        for r in range(outages.equation_first[k + 1] - at_equation):
            total = 0.0
            for u in range(n_unknown):
                total += work.matrix[lane, r, MOST_EQUATIONS + u] * x[outages.unknown[at_unknown + u], lane]
            right[outages.equation[at_equation + r], lane] += np.float32(total)
    copy_lanes(right, x)
    substitute(work.net, work.anchor, 0, x)
    move(work.net, work.lane)


@lane_kernel
def refine_group(outages: OutageLanes, group: IndexArray, work: OutageWork) -> None:
    """Fit the small matrices of open lanes that have moved far to their voltages. Shape: group (W,)."""
    moved = work.lane.moved.view(np.float32)
    for lane in range(LANES):
        if work.lane.keep[lane] != 0 and moved[lane] > FAR:
            refine(
                outages,
                group[lane],
                work.network,
                work.y_branch,
                work.anchor.v[0],
                work.lane.v,
                lane,
                work.sensitivity,
                work.matrix[lane],
                work.first[lane],
            )


@lane_kernel
def solve_group(
    grid: OutageGrid,
    outages: OutageLanes,
    steps: OutageSteps,
    first_unknown: IndexArray,
    step: int,
    group: IndexArray,
    tolerance: float,
    work: OutageWork,
    out: OutageResults,
) -> None:
    """Solve sixteen outages of one step. Shapes: first_unknown (n_free + 1,), group (W,)."""
    lane_work = work.lane
    top = np.float32(tolerance * (1.0 - 1e-7))
    worst = lane_work.worst.view(np.float32)
    moved = lane_work.moved.view(np.float32)
    begin_group(outages, group, work)
    add_lost(outages, steps, step, first_unknown, group, work)
    substitute(work.net, work.anchor, 0, lane_work.x)
    move(work.net, lane_work)
    lane_work.before[:] = np.inf
    for lane in range(LANES):
        out.code[step, group[lane]] = MAX_ITERATIONS if work.is_direct[lane] else SINGULAR
        out.corrections[group[lane]] = MAX_CORRECTIONS
    for count in range(1, MAX_CORRECTIONS + 1):
        inject_after(grid, outages, steps, step, group, work)
        judge(work.net, lane_work)
        n_open = 0
        for lane in range(LANES):
            if lane_work.keep[lane] == 0:
                continue
            now = worst[lane]
            rate = np.float32(1.0)
            if lane_work.before[lane] < np.inf:
                rate = min(rate, now / lane_work.before[lane])
            lane_work.before[lane] = now
            if now <= top and moved[lane] * rate <= SMALL_ERROR:
                lane_work.keep[lane] = 0
                out.code[step, group[lane]] = SOLVED
                out.corrections[group[lane]] = count
            elif not now < HOPELESS_MISMATCH:
                lane_work.keep[lane] = 0
            else:
                n_open += 1
                if count == 3 and rate > POOR_RATE:
                    k = group[lane]
                    v = work.anchor.v[0]
                    compensate(outages, k, work.y_branch, v, work.sensitivity, work.matrix[lane], work.first[lane])
        if n_open == 0 or count == MAX_CORRECTIONS:
            break
        if count == 1:
            refine_group(outages, group, work)
        correct_after(outages, group, work)
    restore_given(outages, group, work)
    net = work.net
    n_column = net.column_index.shape[0]
    loading_by_power(net.column_index, net.column_y, 0, net.n_by_power, lane_work.v, lane_work.lanes)
    loading_by_current(net.column_index, net.column_y, net.n_by_power, n_column, lane_work.v, lane_work.lanes)
    for lane in range(LANES):
        k = group[lane]
        if out.code[step, k] != SOLVED:
            for c in range(n_column):
                lane_work.lanes[c, lane] = -1.0
        for h in range(outages.hidden_first[k], outages.hidden_first[k + 1]):
            lane_work.lanes[outages.hidden[h], lane] = -1.0


@kernel
def list_outages(outages: OutageLanes, work: OutageWork) -> int:
    """List the outages of a step that must be solved and return their number; the others mirror one of these.

    Two units between the same rows with equal admittances and ratings are interchangeable: the equations after the
    outage of one are those after the outage of the other with the two names exchanged. So are the solutions.
    """
    work.mirrors[:] = False
    for k in range(outages.rank.shape[0]):
        for t in range(outages.twin_first[k], outages.twin_first[k + 1]):
            other = outages.twin[t]
            is_alike = True
            for m in range(outages.mirror_first[other], outages.mirror_first[other + 1]):
                for part in range(8):
                    mine = work.y_branch[outages.mirror_branch[m, 0], part]
                    is_alike = is_alike and mine == work.y_branch[outages.mirror_branch[m, 1], part]
            work.mirrors[other] = is_alike
    n = 0
    for place in range(outages.rank.shape[0]):
        k = outages.rank[place]
        if not work.mirrors[k]:
            work.todo[n] = k
            n += 1
    for lane in range(LANES):
        work.todo[n + lane] = work.todo[n - 1]
    return n


@kernel
def solve_outage_steps(
    grid: OutageGrid,
    outages: OutageLanes,
    steps: OutageSteps,
    first_unknown: IndexArray,
    first: int,
    last: int,
    tolerance: float,
    work: OutageWork,
    out: OutageResults,
) -> None:
    """Solve all outages of steps first:last of those that have a solution before any outage.

    Parameters
    ----------
    grid, outages, steps:
        What is solved.
    first_unknown:
        Place of the first unknown of each free row. Shape (n_free + 1,).
    first, last:
        Which entries of ``steps.step``.
    tolerance:
        Largest mismatch accepted in pu.
    work, out:
        Scratch and results.
    """
    for t in range(first, last):
        step = steps.step[t]
        sign = prepare_step(grid, steps, step, work)
        if sign == 0:
            for k in range(out.code.shape[1]):
                out.code[step, k] = SINGULAR
            continue
        find_sensitivities(outages, work)
        copy_to_lanes(work.given, 0, work.given.shape[0], work.lane.s)
        work.top[:] = -1.0
        n = list_outages(outages, work)
        for number in range((n + LANES - 1) // LANES):
            group = work.todo[number * LANES : (number + 1) * LANES]
            n_real = min(LANES, n - number * LANES)
            solve_group(grid, outages, steps, first_unknown, step, group, tolerance, work, out)
            keep_worst(outages, steps, step, group, n_real, work, out)
            mirror_group(outages, steps, step, group, n_real, work, out)
        reduce_lanes(step, work, out)
