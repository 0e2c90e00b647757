"""How far loadings may still rise, and what an addition of so many MW takes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridsim.solve.workers import deal, usable_threads

if TYPE_CHECKING:
    from gridsim.dtypes import AnyArray, BoolArray, FloatArray, IndexArray

#: Questions judged at a time by a thread.
ROWS_PER_TASK = 512


class Answers(NamedTuple):
    """What is found at each question, a step with an addition; each of shape (n,).

    ``fits``: solved, and no new overload. ``crossing_mw``: where the first loading reaches what is allowed if all go on
    as from 0 MW to here, below the MW asked for where they do not fit; infinite where none rises, NaN without solution.
    ``column``: that loading, -1 without. ``outage``: after which outage, -1 without any.
    """

    fits: BoolArray
    crossing_mw: FloatArray
    column: IndexArray
    outage: IndexArray

    def part(self, first: int, last: int) -> Answers:
        """Return some of them."""
        some = slice(first, last)
        return Answers(self.fits[some], self.crossing_mw[some], self.column[some], self.outage[some])


def no_answers(n: int) -> Answers:
    """Return answers to be filled in."""
    return Answers(np.zeros(n, dtype=np.bool_), np.full(n, np.nan), np.full(n, -1), np.full(n, -1))


class Room:
    """By how much loadings may rise at some steps: to the limit, or by a little where they are above it.

    Parameters
    ----------
    before:
        Loading without any addition, percent, NaN in rows without solution. Shape (n_row, n_column).
    limit_percent:
        Limit of every loading, infinite where there is none; broadcast to the same shape.
    added_percent:
        By how much what is above its limit may be raised, and all others at least, percentage points.
    threads:
        Threads to use; 0 for all.
    """

    def __init__(self, before: AnyArray, limit_percent: AnyArray | float, added_percent: float, threads: int) -> None:
        self._threads = usable_threads(threads)
        limit = np.broadcast_to(np.asarray(limit_percent, dtype=before.dtype), before.shape)
        is_solved = ~np.isnan(before).all(axis=1)
        is_kept = np.isfinite(limit).any(axis=0) & np.isfinite(before[is_solved]).all(axis=0)
        #: Loadings that have a limit; the others never hold anything.
        self.kept = np.flatnonzero(is_kept)
        self.before = np.ascontiguousarray(before[:, self.kept])
        self._limit = limit[:, self.kept]
        with np.errstate(invalid="ignore"):
            self._per_room = 1 / (np.fmax(self._limit, self.before + before.dtype.type(added_percent)) - self.before)

    def judge(self, after: AnyArray, rows: IndexArray, mw: FloatArray, is_solved: BoolArray) -> Answers:
        """Judge loadings with additions.

        Parameters
        ----------
        after:
            Loading with the addition, shape (n, n_column).
        rows, mw:
            Step, as row of :attr:`before`, and addition. Shape (n,).
        is_solved:
            Whether there is a solution with it. Shape (n,).
        """
        answers = no_answers(len(rows))
        if not len(self.kept):
            answers.fits[:] = is_solved
            answers.crossing_mw[is_solved] = np.inf
            return answers

        def run(first: int, last: int) -> None:
            some = rows[first:last]
            taken = after[first:last].take(self.kept, axis=1)
            taken -= self.before[some]
            taken *= self._per_room[some]
            column = taken.argmax(axis=1)
            most = taken[np.arange(last - first), column].astype(np.float64)
            solved = is_solved[first:last]
            answers.fits[first:last] = solved & ~(most > 1.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                crossing = np.where(most > 0.0, mw[first:last] / most, np.inf)
            answers.crossing_mw[first:last] = np.where(solved, crossing, np.nan)
            answers.column[first:last] = np.where(solved & (most > 0.0), self.kept[column], -1)

        deal(len(rows), ROWS_PER_TASK, self._threads, run)
        return answers

    def rises(self, after: AnyArray, rows: IndexArray, mw: FloatArray) -> AnyArray:
        """Return the rise in percent per MW of the loadings kept, shape (n, n_kept); arguments as in :meth:`judge`."""
        return np.asarray((after[:, self.kept] - self.before[rows]) / mw[:, np.newaxis].astype(self.before.dtype))

    def estimate(self, slopes: AnyArray) -> FloatArray:
        """Return the MW at which the first loading reaches what is allowed in every row if it rises by ``slopes``.

        Shapes: ``slopes`` (n_kept,), result (n_row,).
        """
        rising = np.flatnonzero(slopes > 0.0)
        most = (self._per_room[:, rising] * slopes[rising]).max(axis=1, initial=0.0).astype(np.float64)
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / most)

    def is_above(self, row: int, column: int) -> bool:
        """Whether a loading, by its column of all, is above its limit without any addition."""
        place = int(np.searchsorted(self.kept, column))
        return bool(self.before[row, place] > self._limit[row, place])

    def highest_rows(self, count: int) -> IndexArray:
        """Return the rows in which some loading is among its ``count`` highest, relative to its limit, ascending."""
        relative = np.nan_to_num(self.before / self._limit, nan=-1.0)
        n_row = len(relative)
        if n_row <= count:
            return np.arange(n_row)
        return np.unique(np.argpartition(relative, n_row - count, axis=0)[n_row - count :])
