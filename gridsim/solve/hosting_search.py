"""How much constant load fits at candidates over all steps, with nothing out and after every outage.

The capacity of a step is the largest MW at which nothing is overloaded anew in it and it has a solution. Firm is the
smallest capacity of all steps, flexible with N curtailed steps the one of rank N + 1: a load that steps back in the N
worst steps fits then.

Every answer is a load flow of the exact engine.

1. Loadings at a few steps with a small addition give slopes, and these an estimate of the capacity of every step.
2. The steps with the smallest estimates are solved at additions that close in on the smallest capacity.
3. At the firm MW every step is solved, so that this result rests on no estimate. A step in which it does not fit after
   all is searched as the others were, until there is none; at the smaller firm MW that this leads to, steps that fit a
   little more with room to spare are not solved once more. What these solutions say of the capacity of every step tells
   which ones can bind the flexible MW, which is closed in on likewise; all steps within reach of it are solved again.
4. With outages, the steps of the sample (see :mod:`gridsim.solve.hosting_outages`) are ranked by slopes likewise. The
   firm MW after any outage is closed in on in the steps that carry least, and solved at all outages in as many of
   them as were asked for. It is at most the firm MW without outages.

All candidates are searched side by side (see :mod:`gridsim.solve.hosting_rounds`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gridsim.solve.contingency import NO_OUTAGE
from gridsim.solve.hosting_bracket import Capacities, largest_but_for, largest_fit
from gridsim.solve.hosting_room import Answers, no_answers
from gridsim.solve.hosting_rounds import search_together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridsim.dtypes import AnyArray, BoolArray, FloatArray, IndexArray
    from gridsim.solve.hosting_bracket import Largest, LargestButFor
    from gridsim.solve.hosting_grid import HostingGrid
    from gridsim.solve.hosting_outages import HostingOutages
    from gridsim.solve.hosting_room import Room
    from gridsim.solve.hosting_rounds import Listener, Search

#: Steps of each topology at which slopes are taken without and with outages, and the addition for it.
SLOPE_STEPS, OUTAGE_SLOPE_STEPS, SLOPE_MW = 6, 2, 5.0
#: Steps watched while the firm MW is closed in on, without and with outages.
WATCHED, OUTAGE_WATCHED = 16, 3


class Answering(Protocol):
    """A topology that answers questions, with outages or without."""

    steps: IndexArray
    is_fed: BoolArray
    room: Room

    def ask(self, candidates: IndexArray, steps: IndexArray, mw: FloatArray) -> Answers:
        """Answer questions, all of shape (n,)."""
        ...

    def rises(self, candidates: IndexArray, steps: IndexArray, mw: FloatArray) -> AnyArray:
        """Return the rise of the loadings kept in percent per MW, shape (n, n_kept)."""
        ...


@dataclass(frozen=True)
class HostingArrays:
    """Capacity of every candidate with nothing out; all of shape (n_candidate,). Steps count through all grids.

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


@dataclass(frozen=True)
class SecureArrays:
    """Capacity of every candidate after every outage; all of shape (n_candidate,). Steps count through all grids.

    Attributes
    ----------
    firm_mw:
        Largest MW that fits in the steps checked after every outage and in every step without any; 0 where an outage
        leaves the candidate without a source, NaN as without outages.
    is_single_supply:
        Whether some outage does.
    step, column, outage:
        Where, at what and after which outage, by name, a little more does not fit. What holds without outages, after
        outage ``none``, where nothing holds before that; -1 and None where nothing does. With a single supply the
        outage that cuts the candidate off, and the first step of its grid.
    is_above_before:
        Whether that loading is above its limit after some outage without the addition.
    n_checked:
        Steps in which all outages were solved at ``firm_mw``.
    """

    firm_mw: FloatArray
    is_single_supply: BoolArray
    step: IndexArray
    column: IndexArray
    outage: AnyArray
    is_above_before: BoolArray
    n_checked: IndexArray


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
        self._first = np.concatenate([[0], np.cumsum([len(grid.steps) for grid in grids])])
        is_fed = np.stack([grid.is_fed for grid in grids], axis=1).astype(np.int64)
        self._n_step = is_fed @ np.array([len(grid.steps) for grid in grids])
        self._n_unsolved = is_fed @ np.array([np.count_nonzero(~grid.is_solved) for grid in grids])
        self._known = np.flatnonzero((self._n_step > 0) & (self._n_unsolved == 0))

    def find(self, n_curtailed: int, listener: Listener | None = None) -> HostingArrays:
        """Find firm and flexible MW of every candidate with nothing out.

        Parameters
        ----------
        n_curtailed:
            Steps in which a flexible load may step back, of all; of fewer where the candidate has a source in part of
            the steps only, and one step at least stays.
        listener:
            Hears of candidates done.
        """
        slopes = self._slopes(self._grids, np.full(len(self._n_step), min(SLOPE_MW, self._max_mw)), SLOPE_STEPS)

        def searches() -> Iterator[tuple[int, Search[tuple[Largest, LargestButFor]]]]:
            for candidate in self._known.tolist():
                estimate = self._estimate(self._grids, slopes, candidate)
                share = self._n_step[candidate] / self._first[-1]
                n_out = min(int(n_curtailed * share), int(self._n_step[candidate]) - 1)
                yield candidate, self._find(estimate, n_out)

        found = search_together(searches(), _Asking(self._first, self._grids), listener)
        n = len(self._n_step)
        firm_mw, flexible_mw, back = (np.full(n, np.nan) for _ in range(3))
        firm_step, firm_column, flexible_step, flexible_column = (np.full(n, -1) for _ in range(4))
        n_out, is_above = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.bool_)
        for candidate, (firm, flexible) in found.items():
            firm_mw[candidate], firm_step[candidate], firm_column[candidate], _ = firm
            flexible_mw[candidate], flexible_step[candidate], flexible_column[candidate] = flexible[:3]
            n_out[candidate], back[candidate] = flexible.n_out, flexible.back_mwstep
            is_above[candidate] = self._is_above(self._grids, firm)
        return HostingArrays(
            n_step=self._n_step,
            n_unsolved=self._n_unsolved,
            firm_mw=firm_mw,
            firm_step=firm_step,
            firm_column=firm_column,
            is_above_before=is_above,
            flexible_mw=flexible_mw,
            flexible_step=flexible_step,
            flexible_column=flexible_column,
            n_curtailed=n_out,
            curtailed_mwstep=back,
        )

    def find_secure(
        self, outages: Sequence[HostingOutages], found: HostingArrays, n_checked: int, listener: Listener | None = None
    ) -> SecureArrays:
        """Find the MW of every candidate that are firm after every outage.

        Parameters
        ----------
        outages:
            Those of each grid.
        found:
            What :meth:`find` has found.
        n_checked:
            Most steps in which all outages are solved at the result; those that carry least by slopes.
        listener:
            Hears of candidates done.
        """
        n = len(found.firm_mw)
        secure = SecureArrays(
            firm_mw=found.firm_mw.copy(),
            is_single_supply=np.zeros(n, dtype=np.bool_),
            step=found.firm_step.copy(),
            column=found.firm_column.copy(),
            outage=np.array([NO_OUTAGE if step >= 0 else None for step in found.firm_step.tolist()], dtype=object),
            is_above_before=found.is_above_before.copy(),
            n_checked=np.zeros(n, dtype=np.int64),
        )
        left = self._take_single_supplies(outages, secure)
        trial_mw = np.clip(0.5 * np.nan_to_num(found.firm_mw), self._tolerance_mw, SLOPE_MW)
        slopes = self._slopes(outages, trial_mw, OUTAGE_SLOPE_STEPS, left)

        def searches() -> Iterator[tuple[int, Search[Largest]]]:
            for candidate in left.tolist():
                known = Capacities(self._estimate(outages, slopes, candidate))
                least = known.lowest(known.steps, n_checked)
                secure.n_checked[candidate] = len(least)
                estimate = np.full(len(known.mw), np.nan)
                estimate[least] = known.mw[least]
                most_mw = float(found.firm_mw[candidate])
                yield (
                    candidate,
                    largest_fit(
                        Capacities(estimate),
                        most_mw=most_mw,
                        tolerance_mw=self._tolerance_mw,
                        n_watched=OUTAGE_WATCHED,
                    ),
                )

        ended = search_together(searches(), _Asking(self._first, outages), listener)
        for candidate, firm in ended.items():
            if firm.step >= 0:
                secure.firm_mw[candidate], secure.step[candidate], secure.column[candidate], outage = firm
                secure.outage[candidate] = outages[self._grid_of(firm.step)].name_of(outage)
                secure.is_above_before[candidate] = self._is_above(outages, firm)
        if listener is not None:
            listener(n - len(left))
        return secure

    def _take_single_supplies(self, outages: Sequence[HostingOutages], secure: SecureArrays) -> IndexArray:
        """Write down the candidates that an outage cuts off, and return the others that are known."""
        for number in reversed(range(len(outages))):
            of_grid = outages[number]
            for candidate in self._known[of_grid.cut_off_by[self._known] >= 0].tolist():
                secure.is_single_supply[candidate], secure.firm_mw[candidate] = True, 0.0
                secure.outage[candidate] = of_grid.name_of(int(of_grid.cut_off_by[candidate]))
                secure.step[candidate] = self._first[number]
                secure.column[candidate], secure.is_above_before[candidate] = -1, False
        return self._known[~secure.is_single_supply[self._known]]

    def _find(self, estimate: FloatArray, n_out: int) -> Search[tuple[Largest, LargestButFor]]:
        known, most_mw, tolerance_mw = Capacities(estimate), self._max_mw, self._tolerance_mw
        firm = yield from largest_fit(known, most_mw=most_mw, tolerance_mw=tolerance_mw, n_watched=WATCHED)
        flexible = yield from largest_but_for(known, n_out, fits_mw=firm.mw, most_mw=most_mw, tolerance_mw=tolerance_mw)
        return firm, flexible

    def _slopes(
        self, grids: Sequence[Answering], mw: FloatArray, n_step: int, candidates: IndexArray | None = None
    ) -> list[AnyArray]:
        """Return percent per MW of the loadings kept of each grid, shape (n_candidate, n_kept) each.

        They are medians over some steps, so that a tap changer that moves in one of them does not count.
        """
        some = self._known if candidates is None else candidates
        slopes = []
        for grid in grids:
            of_grid = np.zeros((len(mw), len(grid.room.kept)), dtype=grid.room.before.dtype)
            fed = some[grid.is_fed[some]]
            if len(fed):
                steps = grid.steps[np.unique(np.linspace(0, len(grid.steps) - 1, n_step).astype(np.int64))]
                tried = np.repeat(fed, len(steps))
                rises = grid.rises(tried, np.tile(steps, len(fed)), mw[tried])
                of_grid[fed] = np.median(np.nan_to_num(rises).reshape(len(fed), len(steps), -1), axis=1)
            slopes.append(of_grid)
        return slopes

    def _estimate(self, grids: Sequence[Answering], slopes: Sequence[AnyArray], candidate: int) -> FloatArray:
        """Return the estimated capacity of every step, NaN where the candidate has no source or nothing is known."""
        estimate = np.full(self._first[-1], np.nan)
        for first, grid, of_grid in zip(self._first[:-1], grids, slopes, strict=True):
            if grid.is_fed[candidate]:
                estimate[first + grid.steps] = grid.room.estimate(of_grid[candidate])
        return estimate

    def _grid_of(self, step: int) -> int:
        return int(np.searchsorted(self._first, step, side="right")) - 1

    def _is_above(self, grids: Sequence[Answering], firm: Largest) -> bool:
        if firm.column < 0:
            return False
        number = self._grid_of(firm.step)
        row = int(np.searchsorted(grids[number].steps, firm.step - self._first[number]))
        return grids[number].room.is_above(row, firm.column)


class _Asking:
    """Asks each grid what belongs to it."""

    def __init__(self, first: IndexArray, grids: Sequence[Answering]) -> None:
        self._first, self._grids = first, grids

    def __call__(self, candidates: IndexArray, steps: IndexArray, mw: FloatArray) -> Answers:
        answers = no_answers(len(steps))
        numbers = np.searchsorted(self._first, steps, side="right") - 1
        for number, grid in enumerate(self._grids):
            mine = np.flatnonzero(numbers == number)
            if len(mine):
                of_grid = grid.ask(candidates[mine], steps[mine] - self._first[number], mw[mine])
                for whole, part in zip(answers, of_grid, strict=True):
                    whole[mine] = part
        return answers
