"""Hosting capacity of any pandapower net: how much load fits at its buses, in every step or in most, N-0 and N-1."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.enums import LoadingBasis, Solver
from gridsim.errors import InputError
from gridsim.solve.contingency import contingencies_of
from gridsim.solve.hosting_grid import HostingGrid
from gridsim.solve.hosting_outages import HostingOutages
from gridsim.solve.hosting_search import HostingSearch
from gridsim.solve.options import SolveOptions
from gridsim.solve.timeseries import LOADING_TABLES, WINDINGS, full_width_profiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridsim.solve.contingency import Contingency

#: Percentage points by which an addition may raise what is above its limit without it, as in the outage study.
ADDED_PERCENT = 1.0
MAX_MW = 1000.0
TOLERANCE_MW = 0.01
#: Steps in which every firm MW after outages is solved again at all of them.
CHECKED_STEPS = 12
#: What holds the firm MW after outages where one of them cuts the bus off.
SINGLE_SUPPLY = "single supply"


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
    contingencies: str | Iterable[Contingency | tuple[str, Mapping[str, Any]]] | None = None,
    checked_steps: int = CHECKED_STEPS,
    rules: HostingRules | None = None,
    options: SolveOptions | None = None,
    basis: LoadingBasis = LoadingBasis.current,
) -> pd.DataFrame:
    """Find how much constant load fits at buses of a net.

    A load fits in a step that has a solution with it and in which no transformer winding and no line is above its limit
    that was not before, or is raised by more than ``rules.added_percent`` if it was. The slack feeds the addition.

    After outages the same holds for the highest loading of every winding and line over all of them, and no outage may
    be left without a solution that has one without the addition. An outage that leaves the bus without a source is a
    property of the place: nothing is firm there.

    Without outages every step is solved with the firm MW, or with up to 5 % more where it fits with 5 % to spare. After
    outages it is solved, at all of them, in the ``checked_steps`` that carry least, of those in which some element has
    one of its three highest loadings.

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
        Steps in which a flexible load may step back; one step at least stays.
    contingencies:
        Outages as for :func:`gridsim.solve_contingencies`, ``"n-1"`` for each element on its own; none when None.
    checked_steps:
        Steps in which all outages are solved at the firm MW.
    rules:
        Power factor and the like; the defaults when None.
    options, basis:
        Solver and basis of loading.

    Returns
    -------
    pandas.DataFrame
        One row per bus: ``steps``, ``unsolved_steps`` (without the addition; the MW are NaN if there are any),
        ``n0_firm_mw`` with ``n0_step`` and ``n0_held_by`` where a little more does not fit (an element as table, index
        and winding, None where a little more has no solution), ``n0_is_above_before``, ``flexible_mw``,
        ``flexible_held_by``, ``curtailed_steps`` and ``curtailed_mwstep``, which is MW times steps.

        With contingencies also ``n1_firm_mw`` (never more than ``n0_firm_mw``) with ``n1_held_by`` (``single supply``
        where an outage cuts the bus off), ``n1_outage`` (``none`` where it is held without any), ``n1_step``,
        ``n1_is_above_before`` and ``n1_checked_steps``.

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
    >>> float(solve_hosting(net, {("load", "p_mw"): p_mw}, [4])["n0_firm_mw"].round(0).iat[0])
    150.0
    """
    asked = rules or HostingRules()
    chosen = options or SolveOptions()
    if chosen.solver is not Solver.newton:
        raise InputError(f"options: solver is {chosen.solver.value!r}, hosting capacity is solved by 'newton'")
    if not profiles:
        raise InputError("profiles: at least one frame is needed, its index says which steps there are")
    if checked_steps < 1:
        raise InputError(f"checked_steps is {checked_steps}, expected 1 or more")
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
    search = HostingSearch([grid], max_mw=asked.max_mw, tolerance_mw=asked.tolerance_mw)
    found = search.find(curtailed_steps)
    elements = np.array([*_elements(net), None], dtype=object)
    moments = np.array([*steps, None], dtype=object)
    table = pd.DataFrame(
        {
            "steps": found.n_step,
            "unsolved_steps": found.n_unsolved,
            "n0_firm_mw": found.firm_mw,
            "n0_held_by": elements[found.firm_column],
            "n0_step": moments[found.firm_step],
            "n0_is_above_before": found.is_above_before,
            "flexible_mw": found.flexible_mw,
            "flexible_held_by": elements[found.flexible_column],
            "curtailed_steps": found.n_curtailed,
            "curtailed_mwstep": found.curtailed_mwstep,
        },
        index=index,
    )
    if contingencies is None:
        return table
    groups = contingencies_of(net, contingencies)
    outages = HostingOutages(
        grid,
        groups,
        limit_percent=limit_percent,
        added_percent=asked.added_percent,
        options=chosen,
        basis=basis,
    )
    secure = search.find_secure([outages], found, checked_steps)
    return table.assign(
        n1_firm_mw=secure.firm_mw,
        n1_held_by=np.where(secure.is_single_supply, SINGLE_SUPPLY, elements[secure.column]),
        n1_outage=secure.outage,
        n1_step=moments[np.where(secure.is_single_supply, -1, secure.step)],
        n1_is_above_before=secure.is_above_before,
        n1_checked_steps=secure.n_checked,
    )


def _elements(net: Any) -> list[str]:
    """Return table, index and winding of every loading column."""
    names = []
    for table in LOADING_TABLES:
        windings = [f":{side}" for side in WINDINGS] if table == "trafo3w" else [""]
        names += [f"{table}:{index}{side}" for index in net[table].index for side in windings]
    return names
