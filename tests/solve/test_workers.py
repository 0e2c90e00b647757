"""How items are dealt to threads: every item once, in runs that shrink towards the end."""

from __future__ import annotations

import threading

import pytest

from gridsim.solve.workers import deal


def dealt(n_item: int, least: int, threads: int, most: int | None = None) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    deal(n_item, least, threads, lambda first, last: runs.append((first, last)), most)
    return sorted(runs)


@pytest.mark.parametrize("n_item", [0, 1, 7, 100])
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("most", [None, 1, 40])
def test_every_item_is_dealt_once(n_item: int, threads: int, most: int | None) -> None:
    runs = dealt(n_item, 3, threads, most)
    assert [item for first, last in runs for item in range(first, last)] == list(range(n_item))


def test_runs_are_as_long_as_told() -> None:
    assert dealt(10, 4, 2) == [(0, 4), (4, 8), (8, 10)]
    assert dealt(100, 10, 1, 1000) == [(0, 100)]
    assert dealt(100, 10, 1, 60) == [(0, 60), (60, 100)]
    assert dealt(100, 10, 2, 1000) == [(0, 25), (25, 43), (43, 57), (57, 67), (67, 77), (77, 87), (87, 97), (97, 100)]


def test_both_threads_take_part() -> None:
    both = threading.Barrier(2, timeout=60)
    deal(2, 1, 2, lambda *_: both.wait() and None)


def test_an_exception_of_any_thread_is_raised() -> None:
    def run(first: int, last: int) -> None:
        if first == 3:
            raise ValueError(f"{first}:{last}")

    with pytest.raises(ValueError, match="3:4"):
        deal(4, 1, 2, run)
