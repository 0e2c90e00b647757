"""One contingency as a net of its own, lowered and solved like any other: slow, and right for every element there is.

The net is that of ``runpp`` with the elements out of service. What no source reaches any more goes out of service with
them, so that the rest of the grid has a solution; the load there is counted as lost.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.compiled.lower import lower
from gridsim.compiled.support import in_service_rows
from gridsim.solve.newton_solver import NewtonSolver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.enums import LoadingBasis
    from gridsim.solve.options import SolveOptions
    from gridsim.solve.solution import BatchSolution


class OutageNet:
    """The grid after one contingency.

    Parameters
    ----------
    net:
        The net before it; not changed.
    rows_of:
        Rows of the elements that are out, by table.
    options, basis:
        As for :class:`gridsim.solve.newton_solver.NewtonSolver`.

    Attributes
    ----------
    compiled:
        What is left with a source; None when nothing is.
    """

    def __init__(self, net: Any, rows_of: Mapping[str, IndexArray], options: SolveOptions, basis: LoadingBasis) -> None:
        after = _without(net, rows_of)
        self._solver: NewtonSolver | None = None
        self.compiled: CompiledGrid | None = None
        if not _has_source(after):
            return
        dead = lower(
            after,
            enforce_q_lims=options.enforce_q_lims,
            distributed_slack=options.distributed_slack,
            run_control=options.run_control,
        ).is_dead
        if dead.any():
            after = _without(after, {"bus": np.flatnonzero(dead)})
        self._solver = NewtonSolver(after, options, basis)
        self.compiled = self._solver.compiled

    def solve(
        self, profiles: Mapping[tuple[str, str], FloatArray], steps: IndexArray, tap_pos: IndexArray | None
    ) -> BatchSolution | None:
        """Solve some steps; None when nothing has a source.

        Parameters
        ----------
        profiles:
            Profiles of the net before, of all steps.
        steps:
            Which of them.
        tap_pos:
            Where the tap changers stand in each of those steps; None lets them act from the net's own positions. Shape
            (n_todo, n_tap).
        """
        if self._solver is None:
            return None
        some = {key: values[steps] for key, values in profiles.items()}
        return self._solver.solve(some, len(steps), held_tap_pos=tap_pos)


def served_loads(compiled: CompiledGrid | None, n_load: int) -> BoolArray:
    """Whether each load has a source. Shape (n_load,)."""
    if compiled is None:
        return np.zeros(n_load, dtype=bool)
    return np.asarray(compiled.channels["load", "p_mw"].pos >= 0)


def _without(net: Any, rows_of: Mapping[str, IndexArray]) -> Any:
    """Return the net with some elements out of service; its tables are shared but for those that change."""
    after = copy.copy(net)
    for table, rows in rows_of.items():
        in_service = net[table]["in_service"].to_numpy(dtype=bool).copy()
        in_service[rows] = False
        after[table] = net[table].assign(in_service=in_service)
    return after


def _has_source(net: Any) -> bool:
    gens = net["gen"]
    slack = gens["in_service"].to_numpy(dtype=bool) & gens["slack"].to_numpy(dtype=bool)
    buses = set(in_service_rows(net, "bus"))
    fed = [*net["ext_grid"].loc[in_service_rows(net, "ext_grid"), "bus"], *gens.loc[slack, "bus"]]
    return any(bus in buses for bus in fed)
