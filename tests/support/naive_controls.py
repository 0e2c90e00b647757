"""Limits of reactive power by plain loops around ``runpp``, with generators that return to voltage control.

In each round a load flow is solved without limits. Then

1. every bus whose generators together pass a limit gets static generators at the limits in their place, all such buses
   at once, as pandapower does;
2. only in a round without any such bus, every bus at its upper limit whose voltage is above the set point, and every
   one at its lower limit whose voltage is below it, gets its generators back, again all at once.

A round in which nothing changes is the end. More than 20 changing rounds count as not converged. Tap changers act
outside: each of their rounds starts with all generators in voltage control.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandapower as pp
from pandapower.auxiliary import LoadflowNotConverged

from gridsim.solve.reference import ReferenceSolver

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ROUNDS = 20
#: A voltage this near to the set point is no reason to switch back.
RELEASE_TOLERANCE_PU = 1e-8
#: Rounds in which the shares of generators at a limit follow the power that is shared.
SHARE_ROUNDS = 30


class NaiveControlSolver(ReferenceSolver):
    """The judge with its own loop over the limits, inside pandapower's loop over the tap changers."""

    def _without_taps(self, net: Any, start: str) -> None:
        if self._has_limits:
            run_with_limits(net, lambda net: self._plain(net, start), has_shares=self._has_shares)
        else:
            self._plain(net, start)


def run_with_limits(net: Any, plain: Callable[[Any], None], *, has_shares: bool = False) -> int:
    """Solve ``net`` in place, its generators inside their limits; return the number of changing rounds.

    Raises
    ------
    LoadflowNotConverged
        When a load flow on the way does not converge, or the rounds do not end.
    """
    gen, sgen = net["gen"].copy(), net["sgen"].copy()
    sources = set(net.ext_grid.bus[net.ext_grid.in_service]) | set(gen.bus[gen.slack & gen.in_service])
    groups = {bus: rows for bus, rows in gen[gen.in_service].groupby("bus") if bus not in sources}
    held: dict[Any, int] = {}
    try:
        for changes in range(MAX_ROUNDS + 1):
            _hold(net, gen, sgen, [(groups[bus], end) for bus, end in held.items()], plain, has_shares=has_shares)
            passed = {bus: end for bus, rows in groups.items() if bus not in held and (end := _end_passed(net, rows))}
            held |= passed
            if passed:
                continue
            back = [bus for bus, end in held.items() if _pulls_back(net, groups[bus], end)]
            if not back:
                return changes
            for bus in back:
                del held[bus]
        raise LoadflowNotConverged("the limits of reactive power do not settle")
    finally:
        net["gen"], net["sgen"] = gen, sgen


def _end_passed(net: Any, rows: Any) -> int:
    """1 or -1 for the limit that the generators at one bus pass together, else 0."""
    given = net.res_gen.q_mvar[rows.index].sum()
    if given > _limit(rows, 1):
        return 1
    return -1 if given < _limit(rows, -1) else 0


def _limit(rows: Any, end: int) -> float:
    """Sum of the limits at one bus; none where one of them is not given."""
    values = rows["max_q_mvar" if end > 0 else "min_q_mvar"].to_numpy(dtype=float)
    return float(np.nan_to_num(values, nan=end * np.inf).sum())


def _pulls_back(net: Any, rows: Any, end: int) -> bool:
    return bool(end * (net.res_bus.vm_pu[rows.bus.iat[0]] - rows.vm_pu.iat[0]) > RELEASE_TOLERANCE_PU)


def _hold(
    net: Any, gen: Any, sgen: Any, held: list[tuple[Any, int]], plain: Callable[[Any], None], *, has_shares: bool
) -> None:
    """Solve with the generators that are held replaced by static ones; these keep their share of the slack."""
    net["gen"], net["sgen"] = gen.copy(), sgen.copy()
    names, weights = [], []
    for rows, end in held:
        column = "max_q_mvar" if end > 0 else "min_q_mvar"
        net.gen.loc[rows.index, "in_service"] = False
        for row in rows.itertuples():
            names.append(pp.create_sgen(net, row.bus, row.p_mw * row.scaling, getattr(row, column)))
            weights.append(row.slack_weight)
    plain(net)
    if not has_shares or not sum(weights):
        return
    own = net.sgen.p_mw[names].to_numpy(dtype=float)
    in_service = net.gen[net.gen.in_service]
    total = sum(weights) + in_service.slack_weight.sum() + net.ext_grid.slack_weight[net.ext_grid.in_service].sum()
    shared, moved = 0.0, np.inf
    for _ in range(SHARE_ROUNDS):
        rest = net.res_gen.p_mw[in_service.index] - in_service.p_mw * in_service.scaling
        now = float(rest.sum() + net.res_ext_grid.p_mw.sum() + (net.sgen.p_mw[names] - own).sum())
        shared, moved = now, abs(now - shared)
        if moved < 1e-10:
            return
        net.sgen.loc[names, "p_mw"] = own + np.array(weights) / total * shared
        plain(net)
    raise LoadflowNotConverged("the shares of the slack do not settle")
