"""Overload episodes: runs of steps in which a loading stands above a limit, followed from block to block.

For a watch (one loading column against one limit) with loading l(t) in percent at step t and limit L in percent, an
episode is a maximal run of successive steps with l(t) > L. Its numbers are

    duration   h    = n_steps * step_h
    peak       %    = max l(t)
    overload   MVAh = sum (l(t) - L) / 100 * rating_mva * step_h

It is kept when its duration reaches ``min_duration_h``. A NaN ends an episode: a failed step is neither above nor below
the limit, so it is never bridged and never counted. Because the true length of an episode that touches a failed step
is unknown, such an episode is kept however short it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Start step of a watch that is in no episode.
NO_EPISODE = -1
#: Slot that tells :func:`follow_episodes` to count only.
COUNT_ONLY = -1
#: Slack in hours when durations are compared, for step lengths that are not whole binary fractions.
DURATION_SLACK_H = 1e-9


class Watches(NamedTuple):
    """What is watched, each ``(n_watch,)``."""

    column_pos: NDArray[np.int64]  # row of the loading block
    limit_percent: NDArray[np.float64]
    rating_mva: NDArray[np.float64]
    min_duration_h: NDArray[np.float64]


class Carry(NamedTuple):
    """Episodes under way at the end of a block, each ``(n_watch,)``; updated by :func:`follow_episodes`."""

    start_step: NDArray[np.int64]  # step of the run, or NO_EPISODE
    peak_percent: NDArray[np.float64]
    excess_percent: NDArray[np.float64]  # sum over steps of l - L
    is_cut: NDArray[np.bool_]  # whether the step before the episode failed


class Found(NamedTuple):
    """Finished episodes, each ``(n_found,)``; filled by :func:`follow_episodes`."""

    watch: NDArray[np.int64]
    start_step: NDArray[np.int64]
    stop_step: NDArray[np.int64]  # first step after the episode
    peak_percent: NDArray[np.float64]
    overload_mvah: NDArray[np.float64]


@kernel
def follow_episodes(
    loading: NDArray[np.float32],
    is_failed: NDArray[np.bool_],
    first_step: int,
    step_h: float,
    watches: Watches,
    carry: Carry,
    found: Found,
    first_slot: NDArray[np.int64],
    n_ended: NDArray[np.int64],
) -> None:
    """Follow every watch through one block: count the episodes that end in it, or write them down and carry on.

    Called twice per block, first to count, so that the second call has room for exactly the episodes there are.
    One thread is enough: a year of 600 columns takes some 10 ms, and a parallel kernel took ten times as long to
    compile.

    Parameters
    ----------
    loading:
        ``(n_column, n_step)`` float32 in percent, time contiguous; NaN where there is no value.
    is_failed:
        ``(n_step + 1,)`` bool; entry ``t + 1`` tells whether step ``t`` failed, entry 0 the step before the block.
    first_step:
        Step of the run at which the block begins.
    step_h:
        Length of a step in hours.
    watches:
        What is watched.
    carry:
        In: episodes under way before the block. Out: after it; left alone when counting.
    found:
        Output; the episodes of watch ``w`` stand from ``first_slot[w]`` on.
    first_slot:
        ``(n_watch,)``; ``COUNT_ONLY`` for a watch that is only counted.
    n_ended:
        Output, ``(n_watch,)``: episodes that ended in the block and are kept.
    """
    n_step = loading.shape[1]
    for w in range(n_ended.shape[0]):
        n_ended[w] = 0
        row = watches.column_pos[w]
        limit = watches.limit_percent[w]
        start = carry.start_step[w]
        if start == NO_EPISODE:  # most watches never cross their limit; this loop is one comparison per step
            n_above = 0
            for t in range(n_step):
                n_above += loading[row, t] > limit
            if n_above == 0:
                continue
        peak = carry.peak_percent[w]
        excess = carry.excess_percent[w]
        is_cut = carry.is_cut[w]
        slot = first_slot[w]
        for t in range(n_step):
            value = np.float64(loading[row, t])
            if value > limit:
                if start == NO_EPISODE:
                    start = first_step + t
                    peak = value
                    excess = 0.0
                    is_cut = is_failed[t]
                excess += value - limit
                peak = max(peak, value)
            elif start != NO_EPISODE:
                stop = first_step + t
                is_cut = is_cut or is_failed[t + 1]
                if is_cut or (stop - start) * step_h >= watches.min_duration_h[w] - DURATION_SLACK_H:
                    if slot != COUNT_ONLY:
                        k = slot + n_ended[w]
                        found.watch[k] = w
                        found.start_step[k] = start
                        found.stop_step[k] = stop
                        found.peak_percent[k] = peak
                        found.overload_mvah[k] = excess / 100.0 * watches.rating_mva[w] * step_h
                    n_ended[w] += 1
                start = NO_EPISODE
        if slot != COUNT_ONLY:
            carry.start_step[w] = start
            carry.peak_percent[w] = peak
            carry.excess_percent[w] = excess
            carry.is_cut[w] = is_cut
