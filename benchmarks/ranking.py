"""Who is best, and how many times slower than gridsim."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from benchmarks.record import Record, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def counts(record: Record) -> bool:
    """Return whether a figure may be ranked: right results, all steps, and a time."""
    return record.verdict is Verdict.ok and len(record.wall_s) > 0


def best(records: Iterable[Record], clock: str = "wall") -> Record | None:
    """Return the fastest of those that count, None when nobody does.

    A subject's slower methods are timed once, in a trial: where repeated timings exist, a lucky trial does not win.
    """
    found = [record for record in records if counts(record)]
    rounds = max((len(record.wall_s) for record in found if record.is_peer), default=0)
    if rounds > 1:
        found = [record for record in found if len(record.wall_s) > 1 or not record.is_peer]
    return min(found, key=lambda record: record.median(clock), default=None)


def of(
    records: Sequence[Record], case: str, phase: str, threads: int, subject: str | None = None, *, peers: bool = True
) -> list[Record]:
    """Return the records of a case and phase that use at most so many threads: of one subject, or of all peers.

    A peer with a single thread competes at two threads as well: that is all it makes of them.
    """
    found = [
        record for record in records if record.case == case and record.phase == phase and record.threads <= threads
    ]
    if subject is not None:
        return [record for record in found if record.subject == subject]
    return [record for record in found if record.is_peer == peers]


def own(records: Sequence[Record], case: str, phase: str, threads: int) -> Record | None:
    """Return gridsim's figure at exactly this number of threads."""
    found = [r for r in of(records, case, phase, threads, peers=False) if r.threads == threads]
    return best(found)


def ratio(slower: Record | None, faster: Record | None, clock: str = "wall") -> float:
    """Return how many times longer the first takes, NaN when either is missing."""
    if slower is None or faster is None:
        return math.nan
    return slower.median(clock) / faster.median(clock)
