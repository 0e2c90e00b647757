"""How much constant load fits at a bus: the capacity of every step that can bind, on the exact engine.

The capacity of a step is the largest MW at which nothing is overloaded anew in it. Firm is the smallest capacity of all
steps, flexible with N curtailed steps the one of rank N + 1: a load that steps back in the N worst steps fits then.

1. Loadings at a few steps with a small addition give slopes, and these an estimate of the capacity of every step.
2. A little above the estimated flexible MW the steps that are estimated to carry hardly more are solved. Those in which
   it does not fit can bind; where they are not more than N, more is tried. That a step which carries more also carries
   less is taken for granted here: a current is a convex function of the addition where the grid is linear.
3. The capacity of each of those is found between what fits and what does not, by secants and, failing that, halving.
4. At the firm MW every step is solved again, so that this result rests on nothing that is taken for granted. A step in
   which it does not fit after all is searched as the others were, until there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gridsim.dtypes import AnyArray, BoolArray, FloatArray, IndexArray
    from gridsim.solve.hosting_grid import HostingGrid

#: Steps of each topology at which slopes are taken, and the addition for it.
SLOPE_STEPS, SLOPE_MW = 6, 5.0
#: How far above the estimate steps are swept, so that the steps that bind are among those found.
ABOVE_ESTIMATE = 1.02
#: Steps estimated to carry so much more than what is tried, and twice the error of the estimate where it was checked,
#: count as sure to carry it.
SURE = 1.03
#: Steps around the rank looked for whose solution corrects the estimate.
RANK_STEPS = 7
#: How often what is tried is brought nearer to the rank looked for.
MAX_NARROWINGS = 16
#: Secants before the bracket of a step is halved instead.
MAX_SECANTS = 8


class Listener(Protocol):
    """Hears of candidates done."""

    def __call__(self, n_candidate: int, /) -> None:
        """Hear of so many further candidates."""
        ...


@dataclass(frozen=True)
class HostingArrays:
    """Capacity of every candidate; all of shape (n_candidate,). Steps count through all grids.

    Attributes
    ----------
    n_step, n_unsolved:
        Steps in which the candidate has a source, and those among them without solution before any addition.
    firm_mw:
        Largest MW that fits in every step, to ``tolerance_mw`` below; NaN when a step is unsolved or there is none.
    firm_step, firm_column:
        Where a little more does not fit; -1 when ``firm_mw`` is NaN or the most that was tried. The column is -1 as
        well where a little more has no solution.
    is_above_before:
        Whether that loading is above its limit without the addition.
    flexible_mw, flexible_step, flexible_column:
        The same with the curtailed steps.
    n_curtailed:
        Steps in which ``flexible_mw`` does not fit.
    curtailed_mwstep:
        What is curtailed in them when the load steps back to their capacity, MW times steps.
    """

    n_step: IndexArray
    n_unsolved: IndexArray
    firm_mw: FloatArray
    firm_step: IndexArray
    firm_column: IndexArray
    is_above_before: BoolArray
    flexible_mw: FloatArray
    flexible_step: IndexArray
    flexible_column: IndexArray
    n_curtailed: IndexArray
    curtailed_mwstep: FloatArray


@dataclass
class _Capacities:
    """Capacity of some steps of one candidate: what fits, and the loading that reaches what is allowed."""

    step: IndexArray
    mw: FloatArray
    column: IndexArray


class HostingSearch:
    """Finds the capacity of candidates over one or several grids, whose steps follow each other.

    Parameters
    ----------
    grids:
        All with the same candidates.
    max_mw:
        Most that is tried.
    tolerance_mw:
        Distance of what fits and what does not at which a search ends.
    """

    def __init__(self, grids: Sequence[HostingGrid], *, max_mw: float, tolerance_mw: float) -> None:
        self._grids, self._max_mw, self._tolerance_mw = grids, max_mw, tolerance_mw
        self._first = np.concatenate([[0], np.cumsum([grid.n_step for grid in grids])])
        self._is_fed = np.stack([grid.is_fed for grid in grids])

    def find(self, n_curtailed: int, listener: Listener | None = None) -> HostingArrays:
        """Find firm and flexible MW of every candidate.

        Parameters
        ----------
        n_curtailed:
            Steps in which a flexible load may step back.
        listener:
            Hears of candidates done.
        """
        n = self._is_fed.shape[1]
        n_step, n_unsolved = (np.array([self._count(c, of) for c in range(n)]) for of in (_all_of, _unsolved_of))
        found = HostingArrays(
            n_step=n_step,
            n_unsolved=n_unsolved,
            firm_mw=np.full(n, np.nan),
            firm_step=np.full(n, -1),
            firm_column=np.full(n, -1),
            is_above_before=np.zeros(n, dtype=np.bool_),
            flexible_mw=np.full(n, np.nan),
            flexible_step=np.full(n, -1),
            flexible_column=np.full(n, -1),
            n_curtailed=np.zeros(n, dtype=np.int64),
            curtailed_mwstep=np.full(n, np.nan),
        )
        for candidate in range(n):
            if n_step[candidate] > 0 and n_unsolved[candidate] == 0:
                self._find(candidate, n_curtailed, found)
            if listener is not None:
                listener(1)
        return found

    def _find(self, candidate: int, n_curtailed: int, found: HostingArrays) -> None:
        binding = self._binding(candidate, n_curtailed)
        order = np.argsort(binding.mw, kind="stable")
        if len(order) > n_curtailed:
            last = order[n_curtailed]
            flexible_mw = float(binding.mw[last])
            found.flexible_step[candidate], found.flexible_column[candidate] = binding.step[last], binding.column[last]
        else:
            flexible_mw = self._max_mw
        found.flexible_mw[candidate] = flexible_mw
        back = flexible_mw - binding.mw[order[:n_curtailed]]
        found.n_curtailed[candidate] = int((back > 0.0).sum())
        found.curtailed_mwstep[candidate] = float(back.sum())
        firm = self._verified(candidate, binding)
        found.firm_mw[candidate] = firm.mw[0]
        found.firm_step[candidate], found.firm_column[candidate] = firm.step[0], firm.column[0]
        if firm.column[0] >= 0:
            grid = int(np.searchsorted(self._first, firm.step[0], side="right")) - 1
            own = int(firm.step[0] - self._first[grid])
            found.is_above_before[candidate] = self._grids[grid].is_above_before(own, int(firm.column[0]))

    def _binding(self, candidate: int, n_curtailed: int) -> _Capacities:
        """Return the capacities of the steps that can bind: at least one more than may be curtailed, if there are."""
        estimates = np.concatenate([self._estimate(candidate, number) for number in range(len(self._grids))])
        mw, sure = self._first_guess(candidate, estimates, n_curtailed)
        fit_mw, high_mw = 0.0, np.inf
        steps = np.flatnonzero(~np.isnan(estimates))  # those that can bind below ``high_mw``
        for _ in range(MAX_NARROWINGS):
            near = steps if mw >= self._max_mw else steps[estimates[steps] < sure * mw]
            fits, crossing, _ = self._ask(candidate, near, np.full(len(near), mw))
            estimates[near] = np.where(np.isnan(crossing), np.minimum(estimates[near], mw), crossing)
            over = near[~fits]
            if len(over) > n_curtailed:
                steps, high_mw = over, mw
                if len(over) <= 2 * n_curtailed + RANK_STEPS:
                    break
            elif mw >= self._max_mw:
                return self._capacities(candidate, over, mw)
            else:
                fit_mw = mw
            if high_mw - fit_mw <= self._tolerance_mw:
                break
            mw = self._nearer(estimates[steps], n_curtailed, fit_mw, high_mw)
        return self._capacities(candidate, steps, high_mw)

    def _nearer(self, estimates: AnyArray, n_curtailed: int, fit_mw: float, high_mw: float) -> float:
        """Return what to try between what fits but for the curtailed steps and what does not (infinite: unknown)."""
        target = float(np.sort(estimates)[n_curtailed]) * ABOVE_ESTIMATE if len(estimates) > n_curtailed else np.inf
        if fit_mw < target < high_mw / ABOVE_ESTIMATE:
            return min(target, self._max_mw)
        return min(0.5 * (fit_mw + high_mw), 1.5 * fit_mw + SLOPE_MW, self._max_mw)

    def _first_guess(self, candidate: int, estimates: AnyArray, n_curtailed: int) -> tuple[float, float]:
        """Return a little more than what fits but for the curtailed steps, and how many times it is sure to fit."""
        known = np.flatnonzero(np.isfinite(estimates))
        if len(known) <= n_curtailed:
            return min(SLOPE_MW, self._max_mw), np.inf
        order = known[np.argsort(estimates[known], kind="stable")]
        around = order[max(0, n_curtailed - RANK_STEPS // 2) :][:RANK_STEPS]
        tried = np.clip(estimates[around], self._tolerance_mw, self._max_mw).astype(np.float64)
        crossing = self._ask(candidate, around, tried)[1]
        solved = np.isfinite(crossing)
        if not solved.any():
            return 0.5 * float(tried.min()), np.inf
        error = float(np.abs(crossing[solved] / tried[solved] - 1.0).max())
        guess = float(np.median(crossing[solved])) * ABOVE_ESTIMATE
        return float(np.clip(guess, self._tolerance_mw, self._max_mw)), SURE + 2.0 * error

    def _estimate(self, candidate: int, number: int) -> AnyArray:
        """Return the estimated capacity of every step of a grid, NaN where the candidate has no source there."""
        grid = self._grids[number]
        if not grid.is_fed[candidate]:
            return np.full(grid.n_step, np.nan, dtype=np.float32)
        steps = np.unique(np.linspace(0, grid.n_step - 1, SLOPE_STEPS).astype(np.int64))
        return grid.estimate(grid.slopes(candidate, steps, min(SLOPE_MW, self._max_mw)))

    def _capacities(self, candidate: int, steps: IndexArray, does_not_fit_mw: float) -> _Capacities:
        """Find the capacity of steps in which ``does_not_fit_mw`` does not fit."""
        low, high = np.zeros(len(steps)), np.full(len(steps), does_not_fit_mw)
        _, target, column = self._ask(candidate, steps, high)
        tolerance = self._tolerance_mw
        round_number = 0
        while (is_open := high - low > tolerance).any():
            some = np.flatnonzero(is_open)
            tried = self._next(target[some], low[some], high[some], is_secant=round_number < MAX_SECANTS)
            fits, crossing, of_column = self._ask(candidate, steps[some], tried)
            low[some[fits]] = tried[fits]
            high[some[~fits]] = tried[~fits]
            target[some] = crossing
            column[some] = of_column
            round_number += 1
        return _Capacities(steps, low, column)

    def _next(self, target: FloatArray, low: FloatArray, high: FloatArray, *, is_secant: bool) -> FloatArray:
        """Return what to try between what fits and what does not: a little beside the target, else the middle."""
        middle = 0.5 * (low + high)
        if not is_secant:
            return middle
        side = 0.4 * self._tolerance_mw
        # A target beside a known end: try its other side, so that the bracket closes around it.
        beside = np.where(high - target < 2.0 * side, high - 2.0 * side, target - side)
        beside = np.where(target - low < 2.0 * side, low + 2.0 * side, beside)
        return np.where((beside > low) & (beside < high), beside, middle)

    def _verified(self, candidate: int, binding: _Capacities) -> _Capacities:
        """Return the one firm capacity, after every step has been solved at it."""
        if not len(binding.step):
            return _Capacities(np.array([-1]), np.array([self._max_mw]), np.array([-1]))
        while True:
            least = int(np.argmin(binding.mw))
            firm = _Capacities(binding.step[[least]], binding.mw[[least]], binding.column[[least]])
            steps = self._sweep(candidate, float(firm.mw[0])) if firm.mw[0] > 0.0 else np.empty(0, dtype=np.int64)
            if not len(steps):
                return firm
            binding = self._capacities(candidate, steps, float(firm.mw[0]))

    def _sweep(self, candidate: int, mw: float) -> IndexArray:
        found = [
            self._first[number] + grid.sweep(candidate, mw)
            for number, grid in enumerate(self._grids)
            if grid.is_fed[candidate]
        ]
        return np.concatenate(found)

    def _ask(self, candidate: int, steps: IndexArray, mw: FloatArray) -> tuple[BoolArray, FloatArray, IndexArray]:
        fits, crossing = np.empty(len(steps), dtype=np.bool_), np.empty(len(steps))
        column = np.empty(len(steps), dtype=np.int64)
        number = np.searchsorted(self._first, steps, side="right") - 1
        for of_grid in np.unique(number):
            mine = np.flatnonzero(number == of_grid)
            own = steps[mine] - self._first[of_grid]
            answers = self._grids[of_grid].ask(np.full(len(mine), candidate), own, mw[mine])
            fits[mine], crossing[mine], column[mine] = answers
        return fits, crossing, column

    def _count(self, candidate: int, of_grid: Callable[[HostingGrid], int]) -> int:
        return sum(of_grid(grid) for grid in self._grids if grid.is_fed[candidate])


def _all_of(grid: HostingGrid) -> int:
    return grid.n_step


def _unsolved_of(grid: HostingGrid) -> int:
    return int((~grid.is_solved).sum())
