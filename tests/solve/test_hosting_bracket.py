"""Searches for the largest addition, against capacities that are known: no load flow, an oracle answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gridsim.solve.hosting_bracket import Capacities, largest_but_for, largest_fit
from gridsim.solve.hosting_room import Answers
from gridsim.solve.hosting_rounds import search_together

TOLERANCE, MOST = 0.01, 1000.0


class Oracle:
    """Knows the capacity of every step; what it says of the crossing is off by a tenth of the way to it."""

    def __init__(self, capacity: Any, *, collapse_mw: float = np.inf) -> None:
        self.capacity, self.collapse_mw = capacity, collapse_mw
        self.asked = np.zeros(len(capacity), dtype=int)
        self.at_mw = np.full(len(capacity), np.nan)

    def __call__(self, _candidates: Any, steps: Any, mw: Any) -> Answers:
        self.asked[steps] += 1
        self.at_mw[steps] = mw
        crossing = self.capacity[steps] + 0.1 * (mw - self.capacity[steps])
        collapsed = mw > self.collapse_mw
        fits = (mw <= self.capacity[steps]) & ~collapsed
        return Answers(fits, np.where(collapsed, np.nan, crossing), np.where(collapsed, -1, 7), np.full(len(steps), 3))


def found_by(search: Any, oracle: Oracle) -> Any:
    return search_together([(0, search)], oracle)[0]


def capacities(seed: int, n: int = 500) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    capacity = rng.uniform(20.0, 60.0, n)
    return capacity, capacity * rng.uniform(0.8, 1.3, n)


@pytest.mark.parametrize("seed", range(5))
def test_the_smallest_capacity_is_found_whatever_the_estimates(seed: int) -> None:
    capacity, estimate = capacities(seed)
    oracle = Oracle(capacity)
    firm = found_by(largest_fit(Capacities(estimate), most_mw=MOST, tolerance_mw=TOLERANCE, n_watched=4), oracle)
    assert capacity.min() - TOLERANCE <= firm.mw <= capacity.min()
    assert (firm.step, firm.column, firm.outage) == (capacity.argmin(), 7, 3)


def test_every_step_is_asked_at_what_is_found_or_a_little_more() -> None:
    capacity, estimate = capacities(1)
    estimate[capacity.argmin()] = 500.0  # hidden until all are asked
    oracle = Oracle(capacity)
    firm = found_by(largest_fit(Capacities(estimate), most_mw=MOST, tolerance_mw=TOLERANCE, n_watched=4), oracle)
    assert firm.step == capacity.argmin()
    assert (oracle.asked > 0).all()
    assert (oracle.at_mw >= firm.mw).all()
    near = capacity < 1.05 * firm.mw
    np.testing.assert_array_equal(oracle.at_mw[near & (oracle.capacity != capacity.min())], firm.mw)


def test_steps_that_do_not_count_are_not_asked() -> None:
    capacity, estimate = capacities(2)
    estimate[capacity.argmin()] = np.nan
    oracle = Oracle(capacity)
    firm = found_by(largest_fit(Capacities(estimate), most_mw=MOST, tolerance_mw=TOLERANCE, n_watched=4), oracle)
    assert firm.mw == pytest.approx(np.sort(capacity)[1], abs=TOLERANCE)
    assert oracle.asked[capacity.argmin()] == 0


def test_what_holds_is_the_collapse() -> None:
    oracle = Oracle(np.full(9, 300.0), collapse_mw=33.0)
    estimate = Capacities(np.full(9, 300.0))
    firm = found_by(largest_fit(estimate, most_mw=MOST, tolerance_mw=TOLERANCE, n_watched=4), oracle)
    assert firm.mw == pytest.approx(33.0, abs=TOLERANCE)
    assert firm.mw <= 33.0
    assert firm.column == -1


def test_nothing_holds_up_to_the_most() -> None:
    oracle = Oracle(np.full(9, 5000.0))
    firm = found_by(
        largest_fit(Capacities(np.full(9, np.inf)), most_mw=60.0, tolerance_mw=TOLERANCE, n_watched=4), oracle
    )
    assert firm == (60.0, -1, -1, -1)


@pytest.mark.parametrize("n_out", [0, 1, 20, 499])
def test_the_capacity_of_the_next_rank_is_found(n_out: int) -> None:
    capacity, estimate = capacities(3)
    known, oracle = Capacities(estimate), Oracle(capacity)
    firm = found_by(largest_fit(known, most_mw=MOST, tolerance_mw=TOLERANCE, n_watched=4), oracle)
    search = largest_but_for(known, n_out, fits_mw=firm.mw, most_mw=MOST, tolerance_mw=TOLERANCE)
    flexible = found_by(search, oracle)
    ranked = np.sort(capacity)
    assert ranked[n_out] - TOLERANCE <= flexible.mw <= ranked[n_out]
    assert flexible.n_out == (capacity < flexible.mw).sum()
    back = (flexible.mw - capacity)[capacity < flexible.mw].sum()
    assert flexible.back_mwstep == pytest.approx(back, rel=0.02, abs=0.1)


def test_searches_side_by_side_find_what_each_finds_alone() -> None:
    heard: list[int] = []

    def search(seed: int) -> Any:
        estimate = Capacities(capacities(seed)[1])
        return largest_fit(estimate, most_mw=MOST, tolerance_mw=TOLERANCE, n_watched=4)

    by_candidate = np.stack([capacities(seed)[0] for seed in range(40)])

    def ask(candidates: Any, steps: Any, mw: Any) -> Answers:
        capacity = by_candidate[candidates, steps]
        same = np.full(len(steps), -1)
        return Answers(mw <= capacity, capacity + 0.1 * (mw - capacity), same, same)

    together = search_together([(seed, search(seed)) for seed in range(40)], ask, heard.append)
    assert sum(heard) == 40
    alone = {seed: search_together([(seed, search(seed))], ask)[seed] for seed in range(40)}
    assert together == alone


def test_estimates_that_were_never_checked_are_asked() -> None:
    capacity, _ = capacities(4)
    known, oracle = Capacities(np.full(len(capacity), 500.0)), Oracle(capacity)
    search = largest_but_for(known, 20, fits_mw=0.0, most_mw=MOST, tolerance_mw=TOLERANCE)
    assert found_by(search, oracle).mw == pytest.approx(np.sort(capacity)[20], abs=TOLERANCE)
