"""N-1 need of a project by brute force: every step and outage, without and with it, by plain ``pandapower.runpp``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandapower as pp
import pandas as pd

if TYPE_CHECKING:
    from gridsim.grid.staged import StagedGrid

WINDINGS = ("hv", "mv", "lv")
#: Single outages: what stands in these tables.
TABLES = ("trafo", "trafo3w", "line", "sgen")


@dataclass(frozen=True)
class _Group:
    name: str
    elements: dict[str, list[int]]


@dataclass(frozen=True)
class NaiveNeed:
    """First step at which the project is needed, the winding, what has to fail, and the worst loading of both grids."""

    step: int
    element: str
    outage: str
    without_percent: float
    with_percent: float


def first_need(
    without: StagedGrid, with_project: StagedGrid, steps: range, limit_percent: float, relief_points: float
) -> NaiveNeed | None:
    """Return the first need among some steps: above the limit without the project, not with it, and relieved."""
    for step in steps:
        groups = _groups(without, with_project, step)
        there, here = (_loading(grid, step, groups) for grid in (without, with_project))
        worst, worst_with = (_highest(loading.to_numpy()) for loading in (there, here))
        is_needed = (worst > limit_percent) & ~(worst_with > limit_percent) & ~(worst - worst_with < relief_points)
        if is_needed.any():
            at = int(np.where(is_needed, worst, -np.inf).argmax())
            cause = there.index[int(np.nanargmax(there.to_numpy()[:, at]))]
            return NaiveNeed(step, there.columns[at], cause, float(worst[at]), float(worst_with[at]))
    return None


def _highest(loading: Any) -> Any:
    known = np.where(np.isnan(loading), -np.inf, loading).max(axis=0)
    return np.where(np.isinf(known), np.nan, known)


def _stage(grid: StagedGrid, step: int) -> Any:
    return next(stage for stage in grid.stages if stage.start_step <= step < stage.stop_step)


def _groups(without: StagedGrid, with_project: StagedGrid, step: int) -> list[_Group]:
    """Nothing, and each element that is in service in both grids."""
    both = [_stage(grid, step).in_service for grid in (without, with_project)]
    groups = [_Group("none", {})]
    for table in TABLES:
        for row in np.flatnonzero(both[0][table] & both[1][table]).tolist():
            index = int(without.net[table].index[row])
            groups.append(_Group(f"{table}:{without.net[table]['name'].iat[row]}", {table: [index]}))
    return groups


def _loading(grid: StagedGrid, step: int, groups: list[_Group]) -> pd.DataFrame:
    """Loading of every transformer winding, outages x windings, percent; NaN out of service."""
    stage = _stage(grid, step)
    net = grid.net_at(stage)
    for (table, column), values in grid.injections.element_profiles(step, step + 1, stage.in_service["bus"]).items():
        net[table][column] = values[0]
    names = [f"trafo:{name}" for name in net["trafo"]["name"]]
    names += [f"trafo3w:{name}:{winding}" for name in net["trafo3w"]["name"] for winding in WINDINGS]
    rows = [_after(net, group) for group in groups]
    return pd.DataFrame(rows, index=[group.name for group in groups], columns=names)


def _after(net: Any, group: _Group) -> Any:
    for table, index in group.elements.items():
        net[table].loc[index, "in_service"] = False
    pp.runpp(net, tolerance_mva=1e-9, numba=False, lightsim2grid=False, run_control=False)
    two = np.where(net["trafo"]["in_service"], net["res_trafo"]["loading_percent"], np.nan)
    units = net["trafo3w"]
    three = np.full((len(units), len(WINDINGS)), np.nan)
    for place, side in enumerate(WINDINGS):
        rated_ka = units[f"sn_{side}_mva"] / (np.sqrt(3.0) * units[f"vn_{side}_kv"])
        loading = net["res_trafo3w"][f"i_{side}_ka"] / rated_ka * 100.0
        three[:, place] = np.where(units["in_service"], loading, np.nan)
    for table, index in group.elements.items():
        net[table].loc[index, "in_service"] = True
    return np.concatenate([two, three.ravel()])
