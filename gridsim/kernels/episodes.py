"""Stretches of time in which a loading breaks a rule, followed from block to block.

For a watch (one loading column against one rule with tiers k = 0, 1, ...) with loading l(t) in percent at step t, tier
k begins at L_k(t) in percent and is permitted for h_k hours at a stretch; L rises and h falls with k. An episode is a
maximal run of successive steps with l(t) > L_0(t). Its numbers are

    duration   h    = n_steps * step_h
    peak       %    = max l(t)
    overload   MVAh = sum (l(t) - L_0(t)) / 100 * rating_mva * step_h

It is kept when some tier is broken: when within it a run of successive steps with l(t) > L_k(t) lasts longer than h_k.
A NaN ends an episode: a failed step is neither above nor below the limit, so it is never bridged and never counted.
Because the true length of an episode that touches a failed step is unknown, such an episode is kept however short it
is.
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
    """What is watched, each ``(n_watch,)`` unless said otherwise; watches of one column follow one another."""

    column_pos: NDArray[np.int64]  # row of the loading block
    first_tier: NDArray[np.int64]  # where the tiers of the rule begin, lowest first
    n_tier: NDArray[np.int64]
    rating_mva: NDArray[np.float64]
    permitted_h: NDArray[np.float64]  # (n_tier_total,)


class Carry(NamedTuple):
    """Episodes under way at the end of a block, each ``(n_watch,)``; updated by :func:`follow_episodes`."""

    start_step: NDArray[np.int64]  # step of the run, or NO_EPISODE
    peak_percent: NDArray[np.float64]
    excess_percent: NDArray[np.float64]  # sum over steps of l - L_0
    is_kept: NDArray[np.bool_]  # whether a tier is broken, or the step before the episode failed
    n_above: NDArray[np.int64]  # (n_watch, largest n_tier) steps for which l has been above each tier


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
    limit_percent: NDArray[np.float64],
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
    limit_percent:
        ``(n_tier_total, n_step)`` where each tier begins at each step, percent.
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
    lowest = np.empty(limit_percent.shape[0])
    for k in range(limit_percent.shape[0]):
        lowest[k] = limit_percent[k].min()
    n_above = np.empty(carry.n_above.shape[1], dtype=np.int64)
    highest_row = -1
    highest = 0.0
    for w in range(n_ended.shape[0]):
        n_ended[w] = 0
        row = watches.column_pos[w]
        first = watches.first_tier[w]
        n_tier = watches.n_tier[w]
        start = carry.start_step[w]
        if row != highest_row:
            highest_row = row
            highest = -np.inf
            for t in range(n_step):
                if loading[row, t] > highest:
                    highest = np.float64(loading[row, t])
        if start == NO_EPISODE and not highest > lowest[first]:  # most watches never cross their limit
            continue
        peak = carry.peak_percent[w]
        excess = carry.excess_percent[w]
        is_kept = carry.is_kept[w]
        for k in range(n_tier):
            n_above[k] = carry.n_above[w, k]
        slot = first_slot[w]
        for t in range(n_step):
            value = np.float64(loading[row, t])
            limit = limit_percent[first, t]
            if value > limit:
                if start == NO_EPISODE:
                    start = first_step + t
                    peak = value
                    excess = 0.0
                    is_kept = is_failed[t]
                    n_above[:] = 0
                excess += value - limit
                peak = max(peak, value)
                for k in range(n_tier):
                    n_above[k] = n_above[k] + 1 if value > limit_percent[first + k, t] else 0
                    if n_above[k] * step_h > watches.permitted_h[first + k] + DURATION_SLACK_H:
                        is_kept = True
            elif start != NO_EPISODE:
                if is_kept or is_failed[t + 1]:
                    if slot != COUNT_ONLY:
                        i = slot + n_ended[w]
                        found.watch[i] = w
                        found.start_step[i] = start
                        found.stop_step[i] = first_step + t
                        found.peak_percent[i] = peak
                        found.overload_mvah[i] = excess / 100.0 * watches.rating_mva[w] * step_h
                    n_ended[w] += 1
                start = NO_EPISODE
        if slot != COUNT_ONLY:
            carry.start_step[w] = start
            carry.peak_percent[w] = peak
            carry.excess_percent[w] = excess
            carry.is_kept[w] = is_kept
            for k in range(n_tier):
                carry.n_above[w, k] = n_above[k]
