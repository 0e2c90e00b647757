"""The largest addition that fits in all of many steps, or in all but some of them, between what fits and what does not.

Both searches know an estimate of the capacity of every step, the largest MW that fits in it. They ask only the steps
that can decide, correct the estimates by what is answered, and go on by secants and, failing that, by halves until what
fits and what does not lie within the tolerance. What is found is then asked again in many steps: in all of them for
what must fit in all, so that it rests on no estimate; for what may fail in some, in those within reach of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridsim.solve.hosting_rounds import Question

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.solve.hosting_room import Answers
    from gridsim.solve.hosting_rounds import Search

#: First trial where no estimate says anything, MW.
FIRST_MW = 5.0
#: A step that carries so many times more than what is tried, by a solution at most as far away, does not decide.
SURE = 1.05
#: Relative error of the estimate of a step: so much, and so much of the way to it from where the step was solved last.
LEAST_ERROR, ERROR_OF_WAY = 0.005, 0.2
#: Trials by secants before the bracket is halved instead.
MAX_SECANTS = 8


class Largest(NamedTuple):
    """The largest addition that fits everywhere, and where, at what and after which outage a little more does not.

    ``step`` is -1 where nothing held up to the most that was tried; ``column`` and ``outage`` are -1 as well where a
    little more has no solution, or nothing is out.
    """

    mw: float
    step: int
    column: int
    outage: int


class LargestButFor(NamedTuple):
    """The largest addition that fits but for some steps; ``step`` and ``column`` as in :class:`Largest`.

    ``n_out`` is the number of those steps, ``back_mwstep`` what the addition goes without in them, MW times steps.
    """

    mw: float
    step: int
    column: int
    n_out: int
    back_mwstep: float


class Capacities:
    """What is known of the capacity of every step of one candidate.

    Parameters
    ----------
    estimate:
        Estimated capacity, MW; NaN for steps that do not count. Shape (n_step,).

    Attributes
    ----------
    steps:
        Steps that count.
    mw, column, outage:
        The latest estimate of each step, and what it is held by; -1 where that is not known. Shape (n_step,).
    """

    def __init__(self, estimate: FloatArray) -> None:
        self.mw = estimate
        self._solved_mw = np.full(len(estimate), np.nan)
        self.steps = np.flatnonzero(~np.isnan(estimate))
        self.column = np.full(len(estimate), -1)
        self.outage = np.full(len(estimate), -1)

    def ask(self, steps: IndexArray, mw: FloatArray | float) -> Search[BoolArray]:
        """Ask what an addition does in some steps, take note of it, and return where it fits."""
        tried = np.broadcast_to(np.asarray(mw, dtype=np.float64), steps.shape)
        answers: Answers = yield Question(steps, tried)
        # Without solution all that is known is that less may do; the half of what was tried is tried next.
        self.mw[steps] = np.where(np.isnan(answers.crossing_mw), 0.5 * tried, answers.crossing_mw)
        self._solved_mw[steps] = tried
        self.column[steps], self.outage[steps] = answers.column, answers.outage
        return answers.fits

    def fitting(self, mw: float) -> BoolArray:
        """Whether an addition fits in each of :attr:`steps` for all that is known. Shape (n_counting,)."""
        return self.mw[self.steps] >= mw

    def near(self, mw: float) -> IndexArray:
        """Return the steps whose estimates are too inexact to tell whether an addition fits in them."""
        estimate, solved_mw = self.mw[self.steps], self._solved_mw[self.steps]
        error = LEAST_ERROR + ERROR_OF_WAY * np.abs(estimate / solved_mw - 1.0)
        # An estimate that comes from slopes alone has no known error and is near to everything.
        return np.asarray(self.steps[~(np.abs(estimate - mw) > error * mw)])

    def least_of(self, steps: IndexArray) -> int:
        """Return the step with the smallest capacity."""
        return int(steps[np.argmin(self.mw[steps])])

    def lowest(self, steps: IndexArray, count: int) -> IndexArray:
        """Return the steps with the smallest capacities, ascending."""
        return np.asarray(steps[np.argsort(self.mw[steps], kind="stable")[:count]])

    def held_by(self, step: int) -> tuple[int, int, int]:
        """Return a step with what holds it."""
        return step, int(self.column[step]), int(self.outage[step])


def largest_fit(known: Capacities, *, most_mw: float, tolerance_mw: float, n_watched: int) -> Search[Largest]:
    """Find the largest addition that fits in every step.

    Parameters
    ----------
    known:
        Steps and estimates, which are corrected.
    most_mw:
        Most that is tried.
    tolerance_mw:
        The result is at most so much too small.
    n_watched:
        Steps that are asked to find it. When it is found all steps are asked. Those in which it does not fit after all
        are watched next; of all others, which fit a little more, those within ``SURE`` of their limit are asked again.
    """
    low, high, holder, all_asked_mw = 0.0, np.inf, (-1, -1, -1), np.inf
    watched = known.lowest(known.steps, n_watched)
    while True:
        n_trial = 0
        while high - low > tolerance_mw and low < most_mw:
            target = float(known.mw[watched].min())
            mw = next_trial(target, low, high, most_mw, tolerance_mw, is_secant=n_trial < MAX_SECANTS)
            fits = yield from known.ask(watched, mw)
            n_trial += 1
            if fits.all():
                low = mw
            else:
                high, holder = mw, known.held_by(known.least_of(watched[~fits]))
            watched = watched[known.mw[watched] <= SURE * known.mw[watched].min()]
        if low == 0.0:
            return Largest(0.0, *holder)
        if all_asked_mw <= SURE * low:
            due = known.steps[known.mw[known.steps] < SURE * low]
        else:
            due, all_asked_mw = known.steps, low
        fits = yield from known.ask(due, low)
        if fits.all():
            return Largest(low, *holder)
        over = due[~fits]
        high, low, holder = low, 0.0, known.held_by(known.least_of(over))
        watched = known.lowest(over, n_watched)


def largest_but_for(
    known: Capacities, n_out: int, *, fits_mw: float, most_mw: float, tolerance_mw: float
) -> Search[LargestButFor]:
    """Find the largest addition that fits in all steps but ``n_out``.

    That a step which carries more also carries less is taken for granted here, and that estimates are near enough to
    tell which steps are within reach: a current is a convex function of the addition where the grid is linear.

    Parameters
    ----------
    known:
        Steps and good estimates, such as :func:`largest_fit` leaves behind.
    n_out:
        Steps in which it need not fit; fewer than all.
    fits_mw:
        What is known to fit in every step.
    most_mw, tolerance_mw:
        As for :func:`largest_fit`.
    """
    steps = known.steps
    low, high = fits_mw, np.inf
    while True:
        n_trial = 0
        while high - low > tolerance_mw and low < most_mw:
            target = float(np.partition(known.mw[steps], n_out)[n_out])
            mw = next_trial(target, low, high, most_mw, tolerance_mw, is_secant=n_trial < MAX_SECANTS)
            yield from known.ask(known.near(mw), mw)
            n_trial += 1
            if (~known.fitting(mw)).sum() > n_out:
                high = mw
            else:
                low = mw
        holder = known.lowest(steps, n_out + 1)[-1] if low < most_mw else -1
        held_by = known.held_by(int(holder)) if low < most_mw else (-1, -1, -1)
        if low == fits_mw:
            return LargestButFor(low, held_by[0], held_by[1], 0, 0.0)
        reach = np.union1d(steps[~known.fitting(low)], known.near(low))
        fits = yield from known.ask(reach, low)
        out = reach[~fits]
        if len(out) <= n_out:
            break
        high, low = low, fits_mw
    yield from known.ask(out, known.mw[out].copy())
    back_mw = low - np.minimum(known.mw[out], low)
    return LargestButFor(low, held_by[0], held_by[1], len(out), float(back_mw.sum()))


def next_trial(
    target: float, low: float, high: float, most_mw: float, tolerance_mw: float, *, is_secant: bool
) -> float:
    """Return what to try between what fits and what does not (infinite: unknown): beside the target or the middle."""
    side = 0.4 * tolerance_mw
    if np.isinf(high):
        onward = target - side if low < target - side < np.inf else max(2.0 * low, FIRST_MW)
        return min(max(onward, low + tolerance_mw), most_mw)
    middle = 0.5 * (low + high)
    if not is_secant:
        return middle
    # A target beside a known end: try its other side, so that the bracket closes around it.
    beside = high - 2.0 * side if high - target < 2.0 * side else target - side
    beside = low + 2.0 * side if target - low < 2.0 * side else beside
    return beside if low < beside < high else middle
