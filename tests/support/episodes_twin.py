"""Overload episodes by plain loops over the whole run at once; the judge of the streaming kernel."""

from __future__ import annotations

import math
from typing import NamedTuple


class Episode(NamedTuple):
    start_step: int
    stop_step: int
    peak_percent: float
    overload_mvah: float


class Tier(NamedTuple):
    limit_percent: list[float]  # of every step
    permitted_h: float


def constant_tier(limit_percent: float, permitted_h: float, n_step: int) -> Tier:
    return Tier([limit_percent] * n_step, permitted_h)


def episodes_of(
    loading: list[float], is_failed: list[bool], tiers: list[Tier], *, rating_mva: float, step_h: float
) -> list[Episode]:
    """Episodes of one column over a whole run; ``loading`` in percent, NaN where there is no value."""
    found = []
    lowest = tiers[0].limit_percent
    for start, stop in _runs(loading, lowest, 0, len(loading)):
        touches_failure = (start > 0 and is_failed[start - 1]) or (stop < len(loading) and is_failed[stop])
        is_broken = any(
            (last - first) * step_h > tier.permitted_h + 1e-9
            for tier in tiers
            for first, last in _runs(loading, tier.limit_percent, start, stop)
        )
        if touches_failure or is_broken:
            excess = sum(loading[step] - lowest[step] for step in range(start, stop))
            found.append(Episode(start, stop, max(loading[start:stop]), excess / 100.0 * rating_mva * step_h))
    return found


def _runs(loading: list[float], limit_percent: list[float], begin: int, end: int) -> list[tuple[int, int]]:
    """Maximal runs of steps above a limit between ``begin`` and ``end``."""
    runs = []
    step = begin
    while step < end:
        stop = step
        while stop < end and not math.isnan(loading[stop]) and loading[stop] > limit_percent[stop]:
            stop += 1
        if stop > step:
            runs.append((step, stop))
        step = max(stop, step + 1)
    return runs
