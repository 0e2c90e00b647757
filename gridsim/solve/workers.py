"""Threads inside a batch. Kernels release the interpreter lock, so plain Python threads are enough."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def usable_threads(asked: int) -> int:
    """Return how many threads to use: ``asked``, or one for each processor this process may run on when it is 0."""
    if asked > 0:
        return asked
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def deal(n_item: int, least: int, threads: int, run: Callable[[int, int], None], most: int | None = None) -> None:
    """Call ``run(first, last)`` for runs of items until all are done.

    Runs are taken by whichever thread is free, so ``run`` must not depend on who takes it. They are ``least`` items
    long; where ``most`` is given, they begin longer, but not longer than that, and shrink to ``least``: fewer calls,
    and no thread waits long for another. The last may be shorter. An exception of any run is raised here.
    """
    bounds = _bounds(n_item, least, threads, least if most is None else max(least, most))
    counter = itertools.count()  # next() of it is atomic
    n_run = len(bounds) - 1

    def work() -> None:
        while (number := next(counter)) < n_run:
            run(bounds[number], bounds[number + 1])

    helpers = [_pool().submit(work) for _ in range(min(threads, n_run) - 1)]
    work()
    for helper in helpers:
        helper.result()


def _bounds(n_item: int, least: int, threads: int, most: int) -> list[int]:
    """Return where runs begin and end; each takes half of what is left for its thread, from ``least`` to ``most``."""
    bounds = [0]
    while (left := n_item - bounds[-1]) > 0:
        share = left if threads == 1 else left // (2 * threads)
        bounds.append(bounds[-1] + min(left, most, max(least, share)))
    return bounds


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=max(1, os.cpu_count() or 1), thread_name_prefix="gridsim")
