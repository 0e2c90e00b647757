"""Tap changers of a lane: when they act, what then changes, and what is reported of their branches.

Tap changers act when a lane has converged, or is near enough to know: those of the lane's level whose voltage is
outside the band move one step, all at once, and the lane goes on from its voltages. A level in which nothing moves is
settled.

Source: pandapower 3.5, DiscreteTapControl and run_control (order of moves).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gridsim.kernels.jit import lane_kernel, lane_part
from gridsim.kernels.lane_emitter import BUS_BYTES, LANES

if TYPE_CHECKING:
    from gridsim.dtypes import IndexArray
    from gridsim.kernels.control_structures import ControlWork, TapMoves
    from gridsim.kernels.lane_structures import ChordResults, LaneWork

#: Rounds of one level of tap changers after which a step has not converged, as in pandapower's run_control.
TAP_ROUNDS = 30
#: Tap changers may act before a lane has converged, when the error left in its voltages (estimated) is below the first
#: and every watched voltage further from the bounds of its band than the second times that error, as squares of pu.
#: That leaves a factor of 10 to the estimate; and whatever they do, they rest on a converged lane only.
EARLY_ERROR, EARLY_MARGIN = 1e-5, 20.0


@lane_kernel
def set_tap(taps: TapMoves, k: int, lane: int, control: ControlWork) -> None:
    """Set the admittances by which the branches of one changer differ in one lane from the common matrix."""
    now = control.tap[k, lane] - taps.tap_min[k]
    common = taps.common[k] - taps.tap_min[k]
    for m in range(taps.first_moved[k], taps.first_moved[k + 1]):
        dy = control.dy[m]
        if control.is_active[m] == 0:
            control.is_active[m] = 1
            # In ascending order, so that sums over them do not depend on which lane moved first.
            place = control.n_active[0]
            while place > 0 and control.active[place - 1] > m:
                control.active[place] = control.active[place - 1]
                place -= 1
            control.active[place] = m
            control.n_active[0] += 1
            dy[:] = 0.0
        for part in range(8):
            dy[part, lane] = taps.y[m, now, part] - taps.y[m, common, part]


@lane_kernel
def move_taps(taps: TapMoves, lane: int, margin: float, work: LaneWork, control: ControlWork) -> int:
    """Let the tap changers of a lane act.

    Parameters
    ----------
    taps:
        The changers.
    lane:
        Which lane.
    margin:
        0 for a lane that has converged. Otherwise the changers act only if no voltage they watch is nearer than this to
        a bound of its band (as squares of pu), and never settle the last level.
    work, control:
        Voltages and positions.

    Returns
    -------
    1 if any moved, 0 if all levels are settled, -1 if they hunt, 2 if nothing is decided yet.
    """
    highest = 0
    for k in range(taps.level.shape[0]):
        highest = max(highest, taps.level[k])
    while control.level[lane] <= highest:
        n_mover = 0
        for k in range(taps.level.shape[0]):
            row = taps.watched[k]
            if row < 0 or taps.level[k] != control.level[lane]:
                continue
            square = work.v[row, 0, lane] * work.v[row, 0, lane] + work.v[row, 1, lane] * work.v[row, 1, lane]
            if abs(square - taps.lower_square[k]) < margin or abs(square - taps.upper_square[k]) < margin:
                return 2
            change = 0
            if square < taps.lower_square[k]:
                change = taps.raise_step[k]
            elif square > taps.upper_square[k]:
                change = -taps.raise_step[k]
            if change != 0 and taps.tap_min[k] <= control.tap[k, lane] + change <= taps.tap_max[k]:
                control.mover[n_mover] = k
                control.change[n_mover] = change
                n_mover += 1
        if n_mover > 0:
            control.rounds[lane] += 1
            if control.rounds[lane] > TAP_ROUNDS:
                return -1
            for number in range(n_mover):
                k = control.mover[number]
                control.tap[k, lane] += control.change[number]
                set_tap(taps, k, lane, control)
            return 1
        if margin > 0.0 and control.level[lane] == highest:
            return 2
        control.level[lane] += 1
        control.rounds[lane] = 0
    return 0


@lane_part
def write_moved_branches(
    taps: TapMoves, step: IndexArray, work: LaneWork, control: ControlWork, out: ChordResults
) -> None:
    """Write the loading of branches that are not at the common positions, and set what they draw beyond them.

    Shape of ``step``: (n_lane,). What they draw is in ``control.drawn``, pu.
    """
    drawn = control.drawn
    v = work.v
    drawn[:] = 0.0
    for number in range(control.n_active[0]):
        m = control.active[number]
        f = taps.ends[m, 0] // BUS_BYTES
        t = taps.ends[m, 1] // BUS_BYTES
        k = taps.changer[m]
        column = taps.column[m]
        dy = control.dy[m]
        for lane in range(LANES):
            f_re, f_im, t_re, t_im = v[f, 0, lane], v[f, 1, lane], v[t, 0, lane], v[t, 1, lane]
            re = dy[0, lane] * f_re - dy[1, lane] * f_im + dy[2, lane] * t_re - dy[3, lane] * t_im
            im = dy[0, lane] * f_im + dy[1, lane] * f_re + dy[2, lane] * t_im + dy[3, lane] * t_re
            drawn[lane] += f_re * re + f_im * im
            re = dy[4, lane] * f_re - dy[5, lane] * f_im + dy[6, lane] * t_re - dy[7, lane] * t_im
            im = dy[4, lane] * f_im + dy[5, lane] * f_re + dy[6, lane] * t_im + dy[7, lane] * t_re
            drawn[lane] += t_re * re + t_im * im
        if column < 0:
            continue
        for lane in range(LANES):
            if control.tap[k, lane] == taps.common[k]:
                continue
            f_re, f_im, t_re, t_im = v[f, 0, lane], v[f, 1, lane], v[t, 0, lane], v[t, 1, lane]
            y = taps.y[m, control.tap[k, lane] - taps.tap_min[k]]
            re = y[0] * f_re - y[1] * f_im + y[2] * t_re - y[3] * t_im
            im = y[0] * f_im + y[1] * f_re + y[2] * t_im + y[3] * t_re
            at_from = math.sqrt(re * re + im * im) * taps.percent[m, 0]
            re = y[4] * f_re - y[5] * f_im + y[6] * t_re - y[7] * t_im
            im = y[4] * f_im + y[5] * f_re + y[6] * t_im + y[7] * t_re
            at_to = math.sqrt(re * re + im * im) * taps.percent[m, 1]
            if taps.by_power[m]:
                at_from *= math.sqrt(f_re * f_re + f_im * f_im)
                at_to *= math.sqrt(t_re * t_re + t_im * t_im)
            out.loading[step[lane], column] = max(at_from, at_to)
