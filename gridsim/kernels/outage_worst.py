"""What is kept of the outages of a step: the worst loading of every column with its cause, and violations by outage.

Outages of interchangeable units (see :func:`gridsim.kernels.outage_steps.list_outages`) are solved once; the other one
has the same loadings, but for those of the two units, which it exchanges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.kernels.jit import kernel, lane_kernel
from gridsim.kernels.lane_emitter import LANES

if TYPE_CHECKING:
    from gridsim.dtypes import IndexArray
    from gridsim.kernels.outage_structures import OutageLanes, OutageResults, OutageSteps, OutageWork


@lane_kernel
def count_above(steps: OutageSteps, step: int, k: int, column: int, loading: float, out: OutageResults) -> None:
    """Count a loading above the limit if the outage has to do with it, which does not depend on the limit."""
    if loading > steps.limit_percent and loading >= steps.loading[step, column] + steps.added_percent:
        out.n_above[k, column] += 1
        peak = out.peak[k, column]
        if loading > peak or (loading == peak and step < out.peak_step[k, column]):
            out.peak[k, column] = loading
            out.peak_step[k, column] = step


@lane_kernel
def mirror_group(
    outages: OutageLanes,
    steps: OutageSteps,
    step: int,
    group: IndexArray,
    n_real: int,
    work: OutageWork,
    out: OutageResults,
) -> None:
    """Write down the outages that mirror those of a group: the other unit takes the loading of its twin."""
    lanes = work.lane.lanes
    for lane in range(n_real):
        k = group[lane]
        for t in range(outages.twin_first[k], outages.twin_first[k + 1]):
            other = outages.twin[t]
            if not work.mirrors[other]:
                continue
            out.code[step, other] = out.code[step, k]
            out.corrections[other] = out.corrections[k]
            for m in range(outages.mirror_first[other], outages.mirror_first[other + 1]):
                column = outages.mirror_column[m, 0]
                if column < 0:
                    continue
                loading = lanes[outages.mirror_column[m, 1], lane]
                count_above(steps, step, other, column, loading, out)
                if loading >= 0.0 and (
                    loading > out.worst[step, column]
                    or (loading == out.worst[step, column] and other < out.cause[step, column])
                ):
                    out.worst[step, column] = loading
                    out.cause[step, column] = other


@lane_kernel
def is_mirror_column(outages: OutageLanes, k: int, column: int) -> bool:
    """Whether a column is one of the units that two twins exchange."""
    for m in range(outages.mirror_first[k], outages.mirror_first[k + 1]):
        if column in (outages.mirror_column[m, 0], outages.mirror_column[m, 1]):
            return True
    return False


@lane_kernel
def keep_worst(
    outages: OutageLanes,
    steps: OutageSteps,
    step: int,
    group: IndexArray,
    n_real: int,
    work: OutageWork,
    out: OutageResults,
) -> None:
    """Keep the worst loading of every column and lane, and count violations.

    Parameters
    ----------
    outages, steps, step:
        The outages and the step.
    group, n_real:
        Outages of the lanes, and how many of them are not repeated. Shape (W,).
    work, out:
        Loading of the group; what is kept.
    """
    lanes, top, top_outage = work.lane.lanes, work.top, work.top_outage
    limit = steps.limit_percent
    for c in range(lanes.shape[0]):
        highest = -1.0
        for lane in range(LANES):
            loading = lanes[c, lane]
            k = group[lane]
            is_higher = loading > top[c, lane] or (loading == top[c, lane] and k < top_outage[c, lane])
            top[c, lane] = loading if is_higher else top[c, lane]
            top_outage[c, lane] = k if is_higher else top_outage[c, lane]
            highest = max(highest, loading)
        if highest > limit:
            for lane in range(n_real):
                loading = lanes[c, lane]
                if loading > limit:
                    k = group[lane]
                    count_above(steps, step, k, c, loading, out)
                    for t in range(outages.twin_first[k], outages.twin_first[k + 1]):
                        other = outages.twin[t]
                        if work.mirrors[other] and not is_mirror_column(outages, other, c):
                            count_above(steps, step, other, c, loading, out)


@kernel
def reduce_lanes(step: int, work: OutageWork, out: OutageResults) -> None:
    """Write the worst over all lanes; the outage with the lower number where two are equal."""
    for c in range(work.top.shape[0]):
        best = out.worst[step, c]
        cause = out.cause[step, c]
        for lane in range(LANES):
            loading = work.top[c, lane]
            if loading >= 0.0:
                k = work.top_outage[c, lane]
                if loading > best or (loading == best and (cause < 0 or k < cause)):
                    best = loading
                    cause = k
        out.worst[step, c] = best
        out.cause[step, c] = cause
