"""One topology and its steps, and what a constant load added at one of its buses does to every loading.

Each candidate bus gets a load of its own, of 0 MW. A question is a row of profiles in which one of them is not 0, so
any number of questions, of whatever candidates, is one batch of the solver.

Tap changers of a question start from where they rest in that step without the addition, and act. From any other start,
changers in meshed parts may come to rest elsewhere whatever is added, and that would be taken for its effect.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from gridsim.enums import LoadingBasis
from gridsim.solve.hosting_room import Answers, Room, no_answers
from gridsim.solve.newton_solver import NewtonSolver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridsim.dtypes import AnyArray, BoolArray, FloatArray, IndexArray
    from gridsim.solve.options import SolveOptions

#: Questions solved in one call of the solver. Bounds the memory of their profiles; no result depends on it.
QUESTIONS_AT_ONCE = 8192


class Follower(Protocol):
    """What else changes with the load that is added, such as exchanges that cover their share of it."""

    def __call__(self, steps: IndexArray, added_mw: FloatArray) -> Mapping[tuple[str, str], FloatArray]:
        """Return full profiles by ``(table, column)``, each (n, n_element), at ``steps`` (n,) with MW added (n,)."""
        ...


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
    net, solver:
        The net with a load of 0 MW at each candidate, and what solves it.
    steps:
        All steps. Shape (n_step,).
    is_solved:
        Whether each step has a solution without any addition. Shape (n_step,).
    is_fed:
        Whether each candidate is in service and has a source. Shape (n_candidate,).
    load_row:
        Row of ``net.load`` of each candidate. Shape (n_candidate,).
    room:
        By how much loadings may rise.
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
        self._tan_phi, self._follow = tan_phi, follow
        self.net, self.load_row = with_loads_at(net, buses), len(net["load"]) + np.arange(len(buses))
        self.solver = NewtonSolver(self.net, options, basis)
        self.is_fed: BoolArray = self.solver.compiled.channels["load", "p_mw"].pos[self.load_row] >= 0
        self.steps = np.arange(n_step)
        self._profiles = self._widened(profiles)
        before = self.solver.solve(self._profiles, n_step, loading_only=True, from_settled_taps=True)
        self.is_solved: BoolArray = before.is_solved
        self.room = Room(before.loading.columns, limit_percent, added_percent, options.threads)
        self._start_tap_pos = before.tap_pos
        if before.tap_pos is not None:
            settled = self.solver.settled_tap_pos
            self._start_tap_pos = np.where(self.is_solved[:, np.newaxis], before.tap_pos, settled)

    def ask(self, candidates: IndexArray, steps: IndexArray, mw: FloatArray) -> Answers:
        """Solve steps with MW at candidates, all of shape (n,)."""
        answers = no_answers(len(steps))
        for first in range(0, len(steps), QUESTIONS_AT_ONCE):
            some = slice(first, first + QUESTIONS_AT_ONCE)
            solution = self._solve(candidates[some], steps[some], mw[some])
            found = self.room.judge(solution.loading.columns, steps[some], mw[some], solution.is_solved)
            for whole, part in zip(answers, found, strict=True):
                whole[some] = part
        return answers

    def rises(self, candidates: IndexArray, steps: IndexArray, mw: FloatArray) -> AnyArray:
        """Return the rise of the loadings kept in percent per MW at such questions, shape (n, n_kept), NaN unsolved."""
        return self.room.rises(self._solve(candidates, steps, mw).loading.columns, steps, mw)

    def added(self, candidates: IndexArray, steps: IndexArray, mw: FloatArray) -> dict[tuple[str, str], FloatArray]:
        """Return the profiles of steps with MW at candidates, all of shape (n,)."""
        profiles = {key: values[steps] for key, values in self._profiles.items()}
        rows, column = np.arange(len(steps)), self.load_row[candidates]
        profiles["load", "p_mw"][rows, column] = mw
        profiles["load", "q_mvar"][rows, column] = mw * self._tan_phi
        return profiles if self._follow is None else {**profiles, **self._follow(steps, mw)}

    def start_taps(self, steps: IndexArray) -> IndexArray | None:
        """Return where tap changers rest in steps without addition, shape (n, n_tap); None without any."""
        return None if self._start_tap_pos is None else self._start_tap_pos[steps]

    def _solve(self, candidates: IndexArray, steps: IndexArray, mw: FloatArray) -> Any:
        profiles = self.added(candidates, steps, mw)
        return self.solver.solve(profiles, len(steps), loading_only=True, start_tap_pos=self.start_taps(steps))

    def _widened(self, profiles: Mapping[tuple[str, str], FloatArray]) -> dict[tuple[str, str], FloatArray]:
        """Return the profiles with columns of 0 MW and 0 Mvar for the added loads."""
        channels, n_load = self.solver.compiled.channels, int(len(self.net["load"]) - len(self.load_row))
        widened = {key: np.ascontiguousarray(values, dtype=np.float64) for key, values in profiles.items()}
        for key in (("load", "p_mw"), ("load", "q_mvar")):
            own = widened.get(key, channels[key].own[np.newaxis, :n_load])
            wide = np.zeros((len(self.steps), len(channels[key].own)))
            wide[:, :n_load] = own
            widened[key] = wide
        return widened


def with_loads_at(net: Any, buses: Sequence[int] | IndexArray) -> Any:
    """Return the net with a load of 0 MW and constant power at each of some buses, after its own loads.

    pandapower gives all loads of a bus one mean dependence on voltage. Where loads of a candidate bus depend on
    voltage, the load at 0 MW therefore changes it, as it would in pandapower.
    """
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
