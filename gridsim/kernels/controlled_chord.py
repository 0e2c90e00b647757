"""Chord Newton for groups of W steps whose grid reacts to its own voltages.

The iteration is that of :mod:`gridsim.kernels.chord`, with the same anchors. Whatever reacts is put into the injection
S that the mismatch is judged against, made anew in every iteration from the voltages at hand:

* load that depends on voltage: S_i += S_i' V_i + S_i'' V_i^2;
* tap changers: the admittance matrix holds common positions, and a lane at other ones draws the currents dI = dy V of
  the difference, S_i -= V_i conj(dI_i);
* magnitudes that differ from step to step: V_i is stretched to its set point;
* buses at a limit of reactive power inject that limit; limited buses in voltage control have no reactive equation;
* distributed slack: S_i += w_i lambda with, per island, lambda <- lambda + P_ref - S_ref - sum of the free mismatches,
  which leaves nothing for the reference to make up that is not its share.

So the mismatch of a converged lane is the true one of the grid it has come to. The Jacobian of the anchor knows nothing
of all this but the limits that are held, which costs iterations and no accuracy.

Tap changers act in between (see :mod:`gridsim.kernels.tap_moves`).

Source: pandapower 3.5, newtonpf with distributed slack.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gridsim.kernels.chord import (
    HOPELESS_MISMATCH,
    SMALL_ERROR,
    add_row_power,
    correct,
    drop_unknown_powers,
    judge,
    write_group,
)
from gridsim.kernels.codes import DIVERGED, MAX_ITERATIONS, SOLVED
from gridsim.kernels.jit import lane_kernel, lane_part
from gridsim.kernels.lane_emitter import LANE_BYTES_32, LANES
from gridsim.kernels.lane_rows import add_source, load_group
from gridsim.kernels.lane_taps import draw_at_taps
from gridsim.kernels.lane_updates import copy_to_lanes
from gridsim.kernels.tap_moves import EARLY_ERROR, EARLY_MARGIN, move_taps, set_tap, write_moved_branches

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.kernels.control_structures import ControlState, ControlWork, Reactions, SharedSlack, TapMoves
    from gridsim.kernels.lane_structures import Anchors, ChordNetwork, ChordResults, Constant, LaneWork, StepSource
    from gridsim.kernels.structures import Network


@lane_part
def begin_group(
    reactions: Reactions,
    taps: TapMoves,
    constant: Constant,
    sources: tuple[StepSource, ...],
    state: ControlState,
    v_anchor: FloatArray,
    step: IndexArray,
    work: LaneWork,
    control: ControlWork,
    load_pu: FloatArray,
) -> None:
    """Sum the injections of W steps, take up the state of their controls, and start from the anchor's voltage.

    Shapes: ``v_anchor`` (n_bus, 2), ``step`` (n_lane,), ``load_pu`` (n_step,). The last source is the active power of
    the generators, which does not depend on voltage.
    """
    n_bus = constant.s.shape[0]
    s = work.s
    load_group(sources, constant, step, s, work.total, load_pu)
    for z in range(reactions.zip_row.shape[0]):
        row = reactions.zip_row[z]
        for part in range(2):
            linear = reactions.zip_share[z, part]
            square = reactions.zip_share[z, 2 + part]
            for lane in range(LANES):
                whole = s[row, part, lane]
                control.zip[z, part, lane] = whole * linear
                control.zip[z, 2 + part, lane] = whole * square
                s[row, part, lane] = whole * (1.0 - linear - square)
    add_source(sources[len(sources) - 1], step, s)
    for k in range(reactions.limited_row.shape[0]):
        row = reactions.limited_row[k]
        for lane in range(LANES):
            held = np.int64(state.held[step[lane], k])
            control.held[k, lane] = held
            if held != 0:
                s[row, 1, lane] += reactions.q_limit[k, 1 if held > 0 else 0]
    for k in range(reactions.special_row.shape[0]):
        for part in range(2):
            for lane in range(LANES):
                control.given[k, part, lane] = s[reactions.special_row[k], part, lane]
    copy_to_lanes(v_anchor, 0, n_bus, work.v)
    is_constant = state.vm_set.shape[0] == 1
    for k in range(reactions.controlled_row.shape[0]):
        for lane in range(LANES):
            control.magnitude[k, lane] = state.vm_set[0 if is_constant else step[lane], k]
    control.is_active[:] = 0
    control.n_active[0] = 0
    for k in range(taps.common.shape[0]):
        for lane in range(LANES):
            position = state.tap[step[lane], k]
            control.tap[k, lane] = position
            if position != taps.common[k]:
                set_tap(taps, k, lane, control)
    control.shared[:] = 0.0
    control.level[:] = 0
    control.rounds[:] = 0
    control.since_move[:] = 0
    control.corrections[:] = 0


@lane_part
def stretch(reactions: Reactions, work: LaneWork, control: ControlWork) -> None:
    """Stretch the voltages of open lanes to their set points; buses held at a limit are free."""
    v = work.v
    for k in range(reactions.controlled_row.shape[0]):
        row = reactions.controlled_row[k]
        limit = reactions.limit_of[k]
        for lane in range(LANES):
            if work.keep[lane] != 0 and (limit < 0 or control.held[limit, lane] == 0):
                size = math.sqrt(v[row, 0, lane] * v[row, 0, lane] + v[row, 1, lane] * v[row, 1, lane])
                scale = control.magnitude[k, lane] / size
                v[row, 0, lane] *= scale
                v[row, 1, lane] *= scale


@lane_kernel
def react(
    reactions: Reactions,
    taps: TapMoves,
    slack: SharedSlack,
    work: LaneWork,
    control: ControlWork,
) -> None:
    """Make the injections anew at the voltages at hand."""
    v, s = work.v, work.s
    for k in range(reactions.special_row.shape[0]):
        row = reactions.special_row[k]
        for part in range(2):
            for lane in range(LANES):
                s[row, part, lane] = control.given[k, part, lane]
    for z in range(reactions.zip_row.shape[0]):
        row = reactions.zip_row[z]
        for lane in range(LANES):
            square = v[row, 0, lane] * v[row, 0, lane] + v[row, 1, lane] * v[row, 1, lane]
            size = math.sqrt(square)
            s[row, 0, lane] += control.zip[z, 0, lane] * size + control.zip[z, 2, lane] * square
            s[row, 1, lane] += control.zip[z, 1, lane] * size + control.zip[z, 3, lane] * square
    draw_at_taps(control.active, control.n_active[0], taps.ends, control.dy, v, s)
    for k in range(slack.row.shape[0]):
        for lane in range(LANES):
            s[slack.row[k], 0, lane] += slack.weight[k] * control.shared[slack.island[k], lane]


@lane_kernel
def drop_free_reactive(reactions: Reactions, work: LaneWork, control: ControlWork) -> None:
    """Take out the reactive equations of limited buses in voltage control, and find the largest mismatch again."""
    x = work.x
    for k in range(reactions.limited_row.shape[0]):
        for lane in range(LANES):
            if control.held[k, lane] == 0:
                x[reactions.limited_unknown[k], lane] = np.float32(0.0)
    worst = work.worst.view(np.float32)
    for lane in range(LANES):
        worst[lane] = np.float32(0.0)
    for u in range(x.shape[0]):
        for lane in range(LANES):
            size = abs(x[u, lane])
            if size > worst[lane] or math.isnan(size):  # nothing is greater than NaN, so it stays
                worst[lane] = size


@lane_kernel
def weigh(
    net: ChordNetwork,
    reactions: Reactions,
    taps: TapMoves,
    slack: SharedSlack,
    work: LaneWork,
    control: ControlWork,
) -> None:
    """Set the mismatch of the voltages at hand against what is injected at them."""
    react(reactions, taps, slack, work, control)
    judge(net, work)
    if reactions.limited_row.shape[0] > 0:
        drop_free_reactive(reactions, work, control)


@lane_part
def share_slack(net: ChordNetwork, network: Network, slack: SharedSlack, work: LaneWork, control: ControlWork) -> None:
    """Find what the references make up beyond their share; it counts as mismatch, and moves to all who share."""
    rest = control.rest
    worst = work.worst.view(np.float32)
    for island in range(slack.reference_row.shape[0]):
        i = slack.reference_row[island]
        for lane in range(LANES):
            rest[island, lane] = -work.s[i, 0, lane]
        add_row_power(network, i, work.v, rest[island])
    for k in range(slack.island_of.shape[0]):
        island = slack.island_of[k]
        if island >= 0:
            unknown = net.bus_index[k, 2] // LANE_BYTES_32
            for lane in range(LANES):
                rest[island, lane] -= work.x[unknown, lane]
    for island in range(slack.reference_row.shape[0]):
        for lane in range(LANES):
            if work.keep[lane] != 0:
                size = np.float32(abs(rest[island, lane]))
                if size > worst[lane] or math.isnan(size):
                    worst[lane] = size


@lane_kernel
def solve_controlled_groups(
    net: ChordNetwork,
    network: Network,
    anchors: Anchors,
    constant: Constant,
    sources: tuple[StepSource, ...],
    reactions: Reactions,
    taps: TapMoves,
    slack: SharedSlack,
    state: ControlState,
    group_step: IndexArray,
    group_anchor: IndexArray,
    first: int,
    last: int,
    tolerance: float,
    max_iterations: int,
    work: LaneWork,
    control: ControlWork,
    out: ChordResults,
) -> None:
    """Solve groups first:last.

    Parameters
    ----------
    net, network, anchors, constant, sources, group_step, group_anchor, first, last, tolerance, work, out:
        As for :func:`gridsim.kernels.chord.solve_groups`.
    reactions, taps, slack:
        What reacts.
    state:
        Where the controls of every step stand; tap positions are written back.
    max_iterations:
        Corrections after a start or a move of taps before a step is left open.
    control:
        Scratch.
    """
    top = np.float32(tolerance * (1.0 - 1e-7))
    worst = work.worst.view(np.float32)
    moved = work.moved.view(np.float32)
    for g in range(first, last):
        a = group_anchor[g]
        step = group_step[g]
        work.keep[:] = -1
        begin_group(reactions, taps, constant, sources, state, anchors.v[a], step, work, control, out.load_pu)
        drop_unknown_powers(step, work, out)
        work.before[:] = np.inf
        work.moved[:] = 0x7F7FFFFF  # the largest float32: nothing has moved yet, so nothing is known to be near
        while True:
            stretch(reactions, work, control)
            weigh(net, reactions, taps, slack, work, control)
            if slack.row.shape[0] > 0:
                share_slack(net, network, slack, work, control)
            n_open = 0
            n_moved = 0
            for lane in range(LANES):
                if work.keep[lane] == 0:
                    continue
                now = worst[lane]
                rate = np.float32(1.0)
                if work.before[lane] < np.inf:
                    rate = min(rate, now / work.before[lane])
                work.before[lane] = now
                code = -1
                left = moved[lane] * rate
                is_near = left <= SMALL_ERROR and now <= top
                if is_near or (taps.acts and left <= EARLY_ERROR):
                    change = 0
                    if taps.acts:
                        change = move_taps(taps, lane, 0.0 if is_near else EARLY_MARGIN * left, work, control)
                    if change == 1:
                        control.since_move[lane] = 0
                        work.before[lane] = np.inf
                        n_moved += 1
                    elif change == 0:
                        code = SOLVED
                    elif change == -1:
                        code = MAX_ITERATIONS
                if code < 0 and not now < HOPELESS_MISMATCH:
                    code = DIVERGED
                elif code < 0 and control.since_move[lane] >= max_iterations:
                    code = MAX_ITERATIONS
                if code >= 0:
                    work.keep[lane] = 0
                    out.code[step[lane]] = code
                    out.iterations[step[lane]] = control.corrections[lane]
                    out.mismatch[step[lane]] = now
                else:
                    n_open += 1
                    control.since_move[lane] += 1
                    control.corrections[lane] += 1
                    for island in range(slack.reference_row.shape[0]):
                        control.shared[island, lane] += control.rest[island, lane]
            if n_open == 0:
                break
            if n_moved > 0 and slack.row.shape[0] == 0:
                # The mismatch at the new positions; that of the other lanes comes out as before. With a shared slack it
                # would not, and a correction by the old mismatch does no harm.
                weigh(net, reactions, taps, slack, work, control)
            correct(net, anchors, a, work)
        for k in range(taps.common.shape[0]):
            for lane in range(LANES):
                state.tap[step[lane], k] = control.tap[k, lane]
        write_group(net, network, constant, step, work, out)
        write_moved_branches(taps, step, work, control, out)
        for lane in range(LANES):
            out.loss_pu[step[lane]] = work.total[lane] + control.drawn[lane]
