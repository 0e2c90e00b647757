"""Overload episodes by plain loops over the whole run at once; the judge of the streaming kernel."""

from __future__ import annotations

import math
from typing import NamedTuple


class Episode(NamedTuple):
    start_step: int
    stop_step: int
    peak_percent: float
    overload_mvah: float


def episodes_of(
    loading: list[float],
    is_failed: list[bool],
    *,
    limit_percent: float,
    rating_mva: float,
    min_duration_h: float,
    step_h: float,
) -> list[Episode]:
    """Episodes of one column over a whole run; ``loading`` in percent, NaN where there is no value."""
    above = [not math.isnan(value) and value > limit_percent for value in loading]
    found = []
    step = 0
    while step < len(loading):
        if not above[step]:
            step += 1
            continue
        stop = step
        while stop < len(loading) and above[stop]:
            stop += 1
        touches_failure = (step > 0 and is_failed[step - 1]) or (stop < len(loading) and is_failed[stop])
        if touches_failure or (stop - step) * step_h >= min_duration_h:
            run = loading[step:stop]
            excess = sum(value - limit_percent for value in run)
            found.append(Episode(step, stop, max(run), excess / 100.0 * rating_mva * step_h))
        step = stop
    return found
