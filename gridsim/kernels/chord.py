"""Chord Newton for groups of W steps around an anchor.

Every step of a group iterates with the Jacobian of the group's anchor, factorised once:

    V <- move of V by J_A^-1 b(V)

The mismatch b is the true one, so the answer is as exact as Newton's; only the way there differs. A chord that
converges also stays on the anchor's branch of solutions: its rate is the spectral radius of I - J_A^-1 J, and where
that is below 1 the determinants of J and J_A have the same sign.

The first corrections are made in float32 on the distance from the anchor, the following ones in float64; where they
shrink the mismatch slowly, each is lengthened or shortened (:mod:`gridsim.kernels.lane_relaxation`). A step counts
as solved when its mismatch is within tolerance AND what is left to move is small: the last move, times the rate
at which the mismatch shrank (chord iterations converge linearly, so that the error left is about their product).

Lanes do not touch each other: a step gives the same bits whatever its neighbours are, and lanes that are done stay as
they are while the others go on.

Source: Ortega & Rheinboldt, Iterative Solution of Nonlinear Equations in Several Variables, section 7.1 (chord method).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.kernels.codes import DIVERGED, MAX_ITERATIONS, SOLVED
from gridsim.kernels.jit import lane_kernel, lane_part
from gridsim.kernels.lane_emitter import LANES
from gridsim.kernels.lane_flows import loading_by_current, loading_by_power
from gridsim.kernels.lane_mismatch import judge_mismatch, near_mismatch
from gridsim.kernels.lane_relaxation import relaxation_products, relaxation_scale
from gridsim.kernels.lane_rows import add_source, load_group, store_rows, store_rows_32
from gridsim.kernels.lane_substitution import substitute_back, substitute_forward
from gridsim.kernels.lane_updates import (
    copy_to_lanes,
    leave_near_double,
    leave_near_single,
    move_double,
    move_single,
    near_first_double,
    near_first_single,
    near_next_double,
    near_next_single,
    start_double,
    start_single,
    sum_injections,
    sum_powers,
)

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.kernels.lane_structures import (
        Anchors,
        ChordNetwork,
        ChordResults,
        Constant,
        LaneWork,
        Single,
        StepSource,
    )
    from gridsim.kernels.structures import Network

#: Mismatches calculated in float32 before the judge comes in; a third one does not get below the noise of float32.
NEAR_ITERATIONS = 2
#: Largest error of a voltage left when a step counts as solved, in rad or relative magnitude (estimated).
SMALL_ERROR = 3e-9
#: Shares of a correction that are believed; any other is made whole.
LEAST_SHARE, MOST_SHARE = np.float32(0.3), np.float32(5.0)
#: A mismatch beyond this (pu) never came back.
HOPELESS_MISMATCH = 1e4


@lane_kernel
def judge(net: ChordNetwork, work: LaneWork) -> None:
    """Set the mismatch of the voltages at hand and the largest of each lane."""
    work.worst[:] = 0
    judge_mismatch(net.y_runs, net.y_index, net.y_value, work.v, work.s, work.x, work.worst)


@lane_kernel
def substitute(net: ChordNetwork, anchors: Anchors, a: int, x: Single) -> None:
    """Solve with the factors of an anchor; x (n_unknown, W) is the mismatch before and the correction after."""
    substitute_forward(net.forward_runs, net.forward_index, anchors.forward[a], x)
    substitute_back(net.back_runs, net.back_index, anchors.back[a], x)


@lane_kernel
def drop_unknown_powers(step: IndexArray, work: LaneWork, out: ChordResults) -> None:
    """Close the lanes in which any power is not a finite number, whether or not an equation asks for it.

    Shape of ``step``: (n_lane,).
    """
    sum_powers(work.s, 0, work.v.shape[0], work.total)
    for lane in range(LANES):
        if not np.isfinite(work.total[lane]):
            work.keep[lane] = 0
            out.code[step[lane]] = DIVERGED
            out.iterations[step[lane]] = 0
            out.mismatch[step[lane]] = np.nan


@lane_part
def approach(net: ChordNetwork, anchors: Anchors, a: int, work: LaneWork) -> None:
    """Make the first corrections of a group in float32 and set its voltages."""
    n_free = net.bus_index.shape[0]
    near = anchors.near[a]
    start_single(net.bus_index, 0, net.n_single, work.s, anchors.s[a], work.x, work.ds)
    start_double(net.bus_index, net.n_single, n_free, work.s, anchors.s[a], work.x, work.ds)
    substitute(net, anchors, a, work.x)
    near_first_single(net.bus_index, 0, net.n_single, work.x, near, net.pull, work.d)
    near_first_double(net.bus_index, net.n_single, n_free, work.x, near, net.pull, work.d)
    for k in range(NEAR_ITERATIONS):
        near_mismatch(net.y_runs, net.y_index, net.y_value_near, work.d, work.ds, near, work.x)
        substitute(net, anchors, a, work.x)
        if k + 1 < NEAR_ITERATIONS:
            near_next_single(net.bus_index, 0, net.n_single, work.x, near, net.pull, work.d)
            near_next_double(net.bus_index, net.n_single, n_free, work.x, near, net.pull, work.d)
    work.moved[:] = 0
    v_anchor = anchors.v[a]
    copy_to_lanes(v_anchor, n_free, v_anchor.shape[0], work.v)
    leave_near_single(net.bus_index, 0, net.n_single, work.x, v_anchor, work.v, net.pull, work.d, work.moved)
    leave_near_double(net.bus_index, net.n_single, n_free, work.x, v_anchor, work.v, net.pull, work.d, work.moved)


@lane_kernel
def correct(net: ChordNetwork, anchors: Anchors, a: int, work: LaneWork) -> None:
    """Make one correction of the lanes whose ``keep`` is not 0."""
    substitute(net, anchors, a, work.x)
    move(net, work)


@lane_part
def correct_relaxed(net: ChordNetwork, anchors: Anchors, a: int, work: LaneWork, is_first: bool) -> None:
    """Make one correction of the lanes whose ``keep`` is not 0: the first whole, then as much as the last advises."""
    substitute(net, anchors, a, work.x)
    n_unknown = work.x.shape[0]
    if is_first:
        work.share[:] = 1.0
    else:
        relaxation_products(work.x, work.last, n_unknown, work.product, work.square)
        for lane in range(LANES):
            share = -work.share[lane] * work.product[lane] / work.square[lane]
            work.share[lane] = share if LEAST_SHARE <= share <= MOST_SHARE else np.float32(1.0)
    relaxation_scale(work.x, work.last, n_unknown, work.share)
    move(net, work)


@lane_kernel
def move(net: ChordNetwork, work: LaneWork) -> None:
    """Move the voltages of the lanes whose ``keep`` is not 0 by the correction at hand."""
    n_free = net.bus_index.shape[0]
    work.moved[:] = 0
    move_single(net.bus_index, 0, net.n_single, work.x, work.v, work.v, net.pull, work.keep, work.moved)
    move_double(net.bus_index, net.n_single, n_free, work.x, work.v, work.v, net.pull, work.keep, work.moved)


@lane_part
def add_row_power(network: Network, i: int, v: FloatArray, total: FloatArray) -> None:
    """Add the active power that row ``i`` injects into the grid. Shapes: v (n_bus, 2, W), total (n_lane,)."""
    for k in range(network.y_indptr[i], network.y_indptr[i + 1]):
        j = network.y_indices[k]
        g = network.y_g[k]
        b = network.y_b[k]
        for lane in range(LANES):
            re = g * v[j, 0, lane] - b * v[j, 1, lane]
            im = g * v[j, 1, lane] + b * v[j, 0, lane]
            total[lane] += v[i, 0, lane] * re + v[i, 1, lane] * im


@lane_part
def losses(net: ChordNetwork, network: Network, constant: Constant, work: LaneWork, total: FloatArray) -> None:
    """Set the active losses of all branches: what is injected, less what shunts take.

    Parameters
    ----------
    net, network, constant:
        The topology, shunts.
    work:
        Injections, voltages and mismatch of the group. What a free bus injects is what is given less its mismatch; that
        of the slack rows is calculated.
    total:
        Overwritten. Shape (n_lane,).
    """
    v = work.v
    n_free = net.bus_index.shape[0]
    sum_injections(net.bus_index, 0, n_free, work.s, work.x, total)
    for i in range(n_free, v.shape[0]):
        add_row_power(network, i, v, total)
    for k in range(constant.shunt_row.shape[0]):
        i = constant.shunt_row[k]
        for lane in range(LANES):
            square = v[i, 0, lane] * v[i, 0, lane] + v[i, 1, lane] * v[i, 1, lane]
            total[lane] -= constant.shunt_g[k] * square


@lane_part
def write_group(
    net: ChordNetwork,
    network: Network,
    constant: Constant,
    step: IndexArray,
    work: LaneWork,
    out: ChordResults,
) -> None:
    """Write voltages, loading and losses of a group to the rows of its steps. Shape of ``step``: (n_lane,)."""
    n_bus = work.v.shape[0]
    if out.voltage.shape[0] > 0:
        store_rows(work.v.reshape(2 * n_bus, LANES), step, out.voltage)
    n_column = net.column_index.shape[0]
    loading_by_power(net.column_index, net.column_y, 0, net.n_by_power, work.v, work.lanes)
    loading_by_current(net.column_index, net.column_y, net.n_by_power, n_column, work.v, work.lanes)
    if out.loading.itemsize == 8:
        store_rows(work.lanes, step, out.loading)
    else:
        store_rows_32(work.lanes, step, out.loading)
    losses(net, network, constant, work, work.total)
    for lane in range(LANES):
        out.loss_pu[step[lane]] = work.total[lane]


@lane_kernel
def solve_groups(
    net: ChordNetwork,
    network: Network,
    anchors: Anchors,
    constant: Constant,
    sources: tuple[StepSource, ...],
    group_step: IndexArray,
    group_anchor: IndexArray,
    first: int,
    last: int,
    tolerance: float,
    max_iterations: int,
    work: LaneWork,
    out: ChordResults,
) -> None:
    """Solve groups first:last.

    Parameters
    ----------
    net, network:
        The topology, as programs and as arrays.
    anchors:
        Operating points.
    constant, sources:
        What is injected.
    group_step, group_anchor:
        Steps of each group, a step repeated where there are fewer than W, and the anchor. Shapes (n_group, W),
        (n_group,).
    first, last:
        Which groups.
    tolerance, max_iterations:
        Largest mismatch accepted in pu, and corrections before a step is left open.
    work:
        Scratch.
    out:
        Results, written at the rows of the steps; rows of steps that are not solved hold no meaning.
    """
    top = np.float32(tolerance * (1.0 - 1e-7))
    worst = work.worst.view(np.float32)
    moved = work.moved.view(np.float32)
    for g in range(first, last):
        a = group_anchor[g]
        step = group_step[g]
        load_group(sources, constant, step, work.s, work.total, out.load_pu)
        add_source(sources[len(sources) - 1], step, work.s)
        work.keep[:] = -1
        drop_unknown_powers(step, work, out)
        approach(net, anchors, a, work)
        work.before[:] = np.inf
        count = 1 + NEAR_ITERATIONS
        while True:
            judge(net, work)
            n_open = 0
            for lane in range(LANES):
                if work.keep[lane] != 0:
                    now = worst[lane]
                    rate = min(np.float32(1.0), now / work.before[lane])
                    if count == 1 + NEAR_ITERATIONS:
                        rate = np.float32(1.0)
                    work.before[lane] = now
                    if now <= top and moved[lane] * rate <= SMALL_ERROR:
                        work.keep[lane] = 0
                        out.code[step[lane]] = SOLVED
                        out.iterations[step[lane]] = count
                        out.mismatch[step[lane]] = now
                    elif now < HOPELESS_MISMATCH and count < max_iterations:
                        n_open += 1
                    else:
                        work.keep[lane] = 0
                        out.code[step[lane]] = MAX_ITERATIONS if now < HOPELESS_MISMATCH else DIVERGED
                        out.iterations[step[lane]] = count
                        out.mismatch[step[lane]] = now
            if n_open == 0:
                break
            correct_relaxed(net, anchors, a, work, count == 1 + NEAR_ITERATIONS)
            count += 1
        write_group(net, network, constant, step, work, out)
