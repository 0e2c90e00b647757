"""Hosting capacity of any pandapower net: how much constant load fits at its buses, in every step or in most."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.enums import LoadingBasis, Solver
from gridsim.errors import InputError
from gridsim.solve.hosting_grid import HostingGrid
from gridsim.solve.hosting_search import HostingSearch
from gridsim.solve.options import SolveOptions
from gridsim.solve.timeseries import LOADING_TABLES, WINDINGS, full_width_profiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Percentage points by which an addition may raise what is above its limit without it, as in the outage study.
ADDED_PERCENT = 1.0
MAX_MW = 1000.0
TOLERANCE_MW = 0.01


@dataclasses.dataclass(frozen=True)
class HostingRules:
    """What is asked for. The numbers are assumptions of the one who asks, not of the grid.

    Attributes
    ----------
    cos_phi:
        Power factor of the load that is added, inductive.
    added_percent:
        What is above its limit without the addition may be raised by so many percentage points; else everything far
        away that is overloaded, and hardly takes part, would forbid any load anywhere.
    max_mw:
        Most that is tried; a result of so many MW says "at least".
    tolerance_mw:
        Results are at most so much too small, and never too large.
    """

    cos_phi: float = 0.95
    added_percent: float = ADDED_PERCENT
    max_mw: float = MAX_MW
    tolerance_mw: float = TOLERANCE_MW

    def __post_init__(self) -> None:
        if not 0.0 < self.cos_phi <= 1.0:
            raise InputError(f"cos_phi is {self.cos_phi}, expected a number above 0 and up to 1")
        for name in ("added_percent", "max_mw", "tolerance_mw"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} is {getattr(self, name)}, expected a finite number above 0")

    @property
    def tan_phi(self) -> float:
        """Mvar per MW."""
        return math.tan(math.acos(self.cos_phi))


def solve_hosting(
    net: Any,
    profiles: Mapping[tuple[str, str], pd.DataFrame],
    buses: Iterable[int],
    *,
    limit_percent: float = 100.0,
    curtailed_steps: int = 0,
    rules: HostingRules | None = None,
    options: SolveOptions | None = None,
    basis: LoadingBasis = LoadingBasis.current,
) -> pd.DataFrame:
    """Find how much constant load fits at buses of a net.

    A load fits in a step that has a solution with it and in which no transformer winding and no line is above its limit
    that was not before, or is raised by more than ``rules.added_percent`` if it was. The slack feeds the addition.

    Parameters
    ----------
    net:
        Any balanced ``pandapowerNet``; not changed.
    profiles:
        Frames by ``(table, column)``, as for :func:`gridsim.solve_timeseries`.
    buses:
        Index of ``net.bus``.
    limit_percent:
        Limit of transformers and lines.
    curtailed_steps:
        Steps in which a flexible load may step back.
    rules:
        Power factor and the like; the defaults when None.
    options, basis:
        Solver and basis of loading.

    Returns
    -------
    pandas.DataFrame
        One row per bus: ``steps``, ``unsolved_steps`` (without the addition; the MW are NaN if there are any),
        ``firm_mw`` with ``firm_step`` and ``firm_element`` where a little more does not fit (an element as table, index
        and winding), ``is_above_before``, ``flexible_mw``, ``flexible_element``, ``curtailed_steps`` and
        ``curtailed_mwstep``, which is MW times steps.

    Raises
    ------
    InputError, CompileError
        Something that was asked for cannot be.

    Examples
    --------
    >>> import pandapower.networks, pandas
    >>> from gridsim.solve.hosting import solve_hosting
    >>> net = pandapower.networks.case9()
    >>> p_mw = pandas.DataFrame({0: [80.0, 90.0]}, index=pandas.RangeIndex(2))
    >>> float(solve_hosting(net, {("load", "p_mw"): p_mw}, [4])["firm_mw"].round(0).iat[0])
    150.0
    """
    asked = rules or HostingRules()
    chosen = options or SolveOptions()
    if chosen.solver is not Solver.newton:
        raise InputError(f"options: solver is {chosen.solver.value!r}, hosting capacity is solved by 'newton'")
    if not profiles:
        raise InputError("profiles: at least one frame is needed, its index says which steps there are")
    if curtailed_steps < 0:
        raise InputError(f"curtailed_steps is {curtailed_steps}, expected 0 or more")
    index = pd.Index(list(buses))
    unknown = index.difference(net["bus"].index)
    if len(unknown):
        raise InputError(f"buses: the net has no bus {unknown[0]}")
    steps, arrays = full_width_profiles(net, profiles)
    grid = HostingGrid(
        net,
        index.to_numpy(dtype=np.int64),
        arrays,
        len(steps),
        limit_percent=limit_percent,
        added_percent=asked.added_percent,
        tan_phi=asked.tan_phi,
        options=chosen,
        basis=basis,
    )
    found = HostingSearch([grid], max_mw=asked.max_mw, tolerance_mw=asked.tolerance_mw).find(curtailed_steps)
    elements = np.array([*_elements(net), None], dtype=object)
    moments = np.array([*steps, None], dtype=object)
    return pd.DataFrame(
        {
            "steps": found.n_step,
            "unsolved_steps": found.n_unsolved,
            "firm_mw": found.firm_mw,
            "firm_step": moments[found.firm_step],
            "firm_element": elements[found.firm_column],
            "is_above_before": found.is_above_before,
            "flexible_mw": found.flexible_mw,
            "flexible_element": elements[found.flexible_column],
            "curtailed_steps": found.n_curtailed,
            "curtailed_mwstep": found.curtailed_mwstep,
        },
        index=index,
    )


def _elements(net: Any) -> list[str]:
    """Return table, index and winding of every loading column."""
    names = []
    for table in LOADING_TABLES:
        windings = [f":{side}" for side in WINDINGS] if table == "trafo3w" else [""]
        names += [f"{table}:{index}{side}" for index in net[table].index for side in windings]
    return names
