"""Independent items worked on side by side, in processes that share what this one has in memory."""

from __future__ import annotations

import multiprocessing
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from gridsim.solve.workers import usable_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")

#: What the processes do; they are copies of this one, made when it is set.
_work: Callable[[Any], Any] | None = None


def usable_processes(asked: int) -> int:
    """Return how many processes to use: ``asked``, or one for each processor when it is 0; one where none can fork."""
    return usable_threads(asked) if sys.platform == "linux" else 1


def results_side_by_side(
    work: Callable[[Item], Result], items: Sequence[Item], processes: int, on_done: Callable[[], None]
) -> list[Result]:
    """Return ``work(item)`` of every item, in their order.

    The processes are forks, so nothing is read or laid out again. What ``work`` keeps is lost with its process.

    Parameters
    ----------
    work:
        Must not start threads, and must not depend on the order of the items; what it returns is sent as a pickle.
    items:
        What is worked on.
    processes:
        How many at a time, as :func:`usable_processes` says; with one, this process does the work.
    on_done:
        Called in this process after each item.
    """
    global _work  # noqa: PLW0603  a fork inherits it, and it need not be picklable
    found: list[Result] = []
    if min(processes, len(items)) < 2:
        for item in items:
            found.append(work(item))
            on_done()
        return found
    _work = work
    try:
        with warnings.catch_warnings():
            # Newer interpreters warn of locks that other threads hold at the fork; the work takes none of theirs.
            warnings.simplefilter("ignore", DeprecationWarning)
            context = multiprocessing.get_context("fork")
            with ProcessPoolExecutor(min(processes, len(items)), mp_context=context) as pool:
                for result in pool.map(_call, items):
                    found.append(result)
                    on_done()
    finally:
        _work = None
    return found


def _call(item: Any) -> Any:
    assert _work is not None
    return _work(item)
