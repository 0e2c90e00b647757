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


def deal(n_item: int, per_task: int, threads: int, run: Callable[[int, int], None]) -> None:
    """Call ``run(first, last)`` for runs of ``per_task`` items until all items are done.

    Runs are taken by whichever thread is free, so ``run`` must not depend on who takes it. An exception of any run is
    raised here.
    """
    counter = itertools.count()  # next() of it is atomic
    n_task = -(-n_item // per_task)

    def work() -> None:
        while (task := next(counter)) < n_task:
            run(task * per_task, min(n_item, (task + 1) * per_task))

    helpers = [_pool().submit(work) for _ in range(min(threads, n_task) - 1)]
    work()
    for helper in helpers:
        helper.result()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=max(1, os.cpu_count() or 1), thread_name_prefix="gridsim")
