"""One topology and its steps, and what a constant load added at one of its buses does to every loading.

Each candidate bus gets a load of its own, of 0 MW. A question is a row of profiles in which one of them is not 0, so
any number of questions is one batch of the solver.

Tap changers of a question start from where they rest in that step without the addition, and act. From any other start,
changers in meshed parts may come to rest elsewhere whatever is added, and that would be taken for its effect.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from gridsim.enums import LoadingBasis
from gridsim.solve.newton_solver import NewtonSolver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridsim.dtypes import AnyArray, BoolArray, FloatArray, IndexArray
    from gridsim.solve.options import SolveOptions

#: Questions solved in one call of the solver. Bounds the memory of their profiles; no result depends on it.
QUESTIONS_AT_ONCE = 4096
#: A loading that rises by less than this, in percent per MW, is not led to its limit by any addition worth the name.
LEAST_SLOPE = 1e-5


class Follower(Protocol):
    """What else changes with the load that is added, such as exchanges that cover their share of it."""

    def __call__(self, steps: IndexArray, added_mw: FloatArray) -> Mapping[tuple[str, str], FloatArray]:
        """Return full profiles by ``(table, column)``, each (n, n_element), at ``steps`` (n,) with MW added (n,)."""
        ...


class Answers(NamedTuple):
    """What is found at each question, each of shape (n,).

    ``fits``: solved, and no new overload. ``crossing_mw``: where the first loading reaches what is allowed if all go on
    as from 0 MW to here; infinite where none rises, NaN without solution. ``column``: that loading, -1 without.
    """

    fits: BoolArray
    crossing_mw: FloatArray
    column: IndexArray


class HostingGrid:
    """Solves steps of one topology with a load added at a candidate bus.

    Parameters
    ----------
    net:
        One topology; not changed.
    buses:
        Candidates, index of ``net.bus``. Shape (n_candidate,).
    profiles:
        As for :meth:`gridsim.solve.newton_solver.NewtonSolver.solve`, shape (n_step, n_element) each.
    n_step:
        Number of steps.
    limit_percent:
        Limit of every loading column, infinite where there is none; broadcast to (n_step, n_column).
    added_percent:
        By how much an addition may raise what is above its limit without it, percentage points.
    tan_phi:
        Mvar that come with each MW.
    options, basis:
        As for :class:`gridsim.solve.newton_solver.NewtonSolver`.
    follow:
        What else changes with the load; nothing, so that the slack feeds it, when None.

    Attributes
    ----------
    is_solved:
        Whether each step has a solution without any addition. Shape (n_step,).
    is_fed:
        Whether each candidate is in service and has a source. Shape (n_candidate,).
    """

    def __init__(
        self,
        net: Any,
        buses: Sequence[int] | IndexArray,
        profiles: Mapping[tuple[str, str], FloatArray],
        n_step: int,
        *,
        limit_percent: AnyArray | float,
        added_percent: float,
        tan_phi: float,
        options: SolveOptions,
        basis: LoadingBasis = LoadingBasis.current,
        follow: Follower | None = None,
    ) -> None:
        self._n_load, self._tan_phi, self._follow = len(net["load"]), tan_phi, follow
        self._solver = NewtonSolver(with_loads_at(net, buses), options, basis)
        self.is_fed: BoolArray = self._solver.compiled.channels["load", "p_mw"].pos[self._n_load :] >= 0
        self.n_step = n_step
        self._profiles = self._widened(profiles)
        self._work = {key: values.copy() for key, values in self._profiles.items() if key[0] == "load"}
        before = self._solver.solve(self._profiles, n_step, loading_only=True, from_settled_taps=True)
        self.is_solved: BoolArray = before.is_solved
        self._before = before.loading.columns
        self._allowed = np.broadcast_to(np.asarray(limit_percent, dtype=np.float32), self._before.shape).copy()
        np.fmax(
            self._allowed, self._before + np.float32(added_percent), out=self._allowed, where=self._allowed < np.inf
        )
        self._is_above = self._before > limit_percent
        self._start_tap_pos = before.tap_pos
        if before.tap_pos is not None:
            settled = self._solver.settled_tap_pos
            self._start_tap_pos = np.where(self.is_solved[:, np.newaxis], before.tap_pos, settled)

    def sweep(self, candidate: int, mw: float) -> IndexArray:
        """Return the steps in which so many MW at a candidate do not fit, of those solved without them."""
        every = np.arange(self.n_step)
        column = self._n_load + candidate
        self._work["load", "p_mw"][:, column] = mw
        self._work["load", "q_mvar"][:, column] = mw * self._tan_phi
        solution = self._solve({**self._profiles, **self._work}, every, np.full(self.n_step, mw))
        self._work["load", "p_mw"][:, column] = 0.0
        self._work["load", "q_mvar"][:, column] = 0.0
        is_over = (solution.loading.columns > self._allowed).any(axis=1)
        return np.flatnonzero((is_over | ~solution.is_solved) & self.is_solved)

    def ask(self, candidates: IndexArray, steps: IndexArray, mw: FloatArray) -> Answers:
        """Solve steps with MW at candidates, all of shape (n,)."""
        parts = [
            self._ask(candidates[first:last], steps[first:last], mw[first:last])
            for first in range(0, len(steps), QUESTIONS_AT_ONCE)
            for last in (first + QUESTIONS_AT_ONCE,)
        ]
        empty = Answers(np.empty(0, np.bool_), np.empty(0), np.empty(0, np.int64))
        return Answers(*(np.concatenate(part) for part in zip(*parts, strict=True))) if parts else empty

    def slopes(self, candidate: int, steps: IndexArray, mw: float) -> AnyArray:
        """Return by how many percent per MW every loading rises at most at some steps, shape (n_column,)."""
        solution = self._added(np.full(len(steps), candidate), steps, np.full(len(steps), mw))
        return np.asarray(np.fmax.reduce(solution.loading.columns - self._before[steps], axis=0) / np.float32(mw))

    def estimate(self, slopes: AnyArray) -> AnyArray:
        """Return where the first loading reaches what is allowed in every step, by ``slopes``, MW, shape (n_step,)."""
        rising = np.flatnonzero(slopes > LEAST_SLOPE)
        room = (self._allowed[:, rising] - self._before[:, rising]) / slopes[rising]
        return np.asarray(np.fmin.reduce(room, axis=1, initial=np.inf))

    def is_above_before(self, step: int, column: int) -> bool:
        """Whether a loading is above its limit without any addition."""
        return bool(self._is_above[step, column])

    def _ask(self, candidates: IndexArray, steps: IndexArray, mw: FloatArray) -> Answers:
        solution = self._added(candidates, steps, mw)
        after, before, allowed = solution.loading.columns, self._before[steps], self._allowed[steps]
        fits = solution.is_solved & ~(after > allowed).any(axis=1)
        slope = (after - before) / mw[:, np.newaxis].astype(np.float32)
        crossing = np.full(slope.shape, np.inf, dtype=np.float32)
        np.divide(allowed - before, slope, out=crossing, where=slope > LEAST_SLOPE)
        column = crossing.argmin(axis=1)
        nearest = crossing[np.arange(len(mw)), column].astype(np.float64)
        nearest[~solution.is_solved] = np.nan
        return Answers(fits, nearest, np.where(np.isfinite(nearest), column, -1))

    def _added(self, candidates: IndexArray, steps: IndexArray, mw: FloatArray) -> Any:
        profiles = {key: values[steps] for key, values in self._profiles.items()}
        rows = np.arange(len(steps))
        profiles["load", "p_mw"][rows, self._n_load + candidates] = mw
        profiles["load", "q_mvar"][rows, self._n_load + candidates] = mw * self._tan_phi
        return self._solve(profiles, steps, mw)

    def _solve(self, profiles: dict[tuple[str, str], FloatArray], steps: IndexArray, mw: FloatArray) -> Any:
        if self._follow is not None:
            profiles = {**profiles, **self._follow(steps, mw)}
        start = None if self._start_tap_pos is None else self._start_tap_pos[steps]
        return self._solver.solve(profiles, len(steps), loading_only=True, start_tap_pos=start)

    def _widened(self, profiles: Mapping[tuple[str, str], FloatArray]) -> dict[tuple[str, str], FloatArray]:
        """Return the profiles with columns of 0 MW and 0 Mvar for the added loads."""
        channels = self._solver.compiled.channels
        widened = {key: np.ascontiguousarray(values, dtype=np.float64) for key, values in profiles.items()}
        for key in (("load", "p_mw"), ("load", "q_mvar")):
            own = widened.get(key, channels[key].own[np.newaxis, : self._n_load])
            wide = np.zeros((self.n_step, len(channels[key].own)))
            wide[:, : self._n_load] = own
            widened[key] = wide
        return widened


def with_loads_at(net: Any, buses: Sequence[int] | IndexArray) -> Any:
    """Return the net with a load of 0 MW and constant power at each of some buses, after its own loads."""
    loads = net["load"]
    first = int(loads.index.max()) + 1 if len(loads) else 0
    rows = pd.DataFrame(
        {name: np.zeros(len(buses), dtype=dtype) for name, dtype in loads.dtypes.items() if dtype.kind != "O"},
        index=pd.RangeIndex(first, first + len(buses)),
    ).assign(bus=np.asarray(buses), scaling=1.0, in_service=True)
    wider = copy.copy(net)
    together = pd.concat([loads, rows]) if len(loads) else rows.reindex(columns=loads.columns)
    wider["load"] = together.astype(loads.dtypes.to_dict())
    return wider
