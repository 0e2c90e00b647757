"""Contingencies by brute force: ``pandapower.runpp`` once for every outage and step, with everything written down."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandapower as pp
from pandapower.auxiliary import LoadflowNotConverged, NetCalculationNotConverged

WINDINGS = ("hv", "mv", "lv")
LOADS = ("load", "motor", "asymmetric_load")


@dataclass
class BruteForce:
    """Loading (n_step, n_contingency, n_column) in percent, and MW lost of failed cases by (contingency, step)."""

    loading: Any
    lost_mw: dict[tuple[str, int], float] = field(default_factory=dict)
    collapsed: set[tuple[str, int]] = field(default_factory=set)

    @property
    def worst(self) -> Any:
        """Largest loading over all contingencies, NaN where there is none."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.nanmax(self.loading, axis=1)


def brute_force(net: Any, profiles: Any, groups: Any, taps: Any = None) -> BruteForce:
    """Solve every contingency at every step; ``taps`` are frames of tap positions by table, steps x index."""
    n_step = len(next(iter(profiles.values())))
    n_column = len(net.trafo) + 3 * len(net.trafo3w) + len(net.line)
    result = BruteForce(np.full((n_step, len(groups), n_column), np.nan))
    for step in range(n_step):
        at_step = copy.deepcopy(net)
        for (table, column), frame in profiles.items():
            at_step[table].loc[frame.columns, column] = frame.iloc[step].to_numpy(dtype=float)
        for table, frame in (taps or {}).items():
            at_step[table].loc[frame.columns, "tap_pos"] = frame.iloc[step].to_numpy(dtype=float)
        for number, group in enumerate(groups):
            after = copy.deepcopy(at_step)
            for table, index in group.elements.items():
                after[table].loc[list(index), "in_service"] = False
            result.loading[step, number] = _solved(after, at_step, (group.name, step), result)
    return result


def _solved(after: Any, before: Any, case: tuple[str, int], result: BruteForce) -> Any:
    no_loading = np.full(result.loading.shape[2], np.nan)
    wanted = {table: _wanted(before, table) for table in LOADS if table in before and len(before[table])}
    wanted_mw = sum(float(active[counts].sum()) for active, _, counts in wanted.values())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pp.runpp(after, tolerance_mva=1e-9, max_iteration=50, numba=False, lightsim2grid=False)
    except UserWarning:  # no reference bus is left
        result.lost_mw[case] = wanted_mw
        return no_loading
    except (LoadflowNotConverged, NetCalculationNotConverged):
        result.collapsed.add(case)
        result.lost_mw[case] = wanted_mw
        return no_loading
    lost_mw, has_lost = 0.0, False
    for table, (active, reactive, counts) in wanted.items():
        fed = np.isfinite(after.res_bus.vm_pu.reindex(after[table].bus).to_numpy())
        lost = counts & ~(fed & after[table].in_service.to_numpy(dtype=bool))
        lost_mw += float(active[lost].sum())
        has_lost |= bool((active[lost] != 0.0).any() or (reactive[lost] != 0.0).any())
    if has_lost:
        result.lost_mw[case] = lost_mw
    return _loading(after)


def _wanted(net: Any, table: str) -> tuple[Any, Any, Any]:
    """Active and reactive power of every load of a table, and whether it and its bus are in service."""
    frame = net[table]
    counts = frame.in_service.to_numpy(dtype=bool) & net.bus.in_service.reindex(frame.bus).to_numpy(dtype=bool)
    if table == "load":
        return (frame.p_mw * frame.scaling).to_numpy(), (frame.q_mvar * frame.scaling).to_numpy(), counts
    if table == "asymmetric_load":
        active = ((frame.p_a_mw + frame.p_b_mw + frame.p_c_mw) * frame.scaling).to_numpy()
    else:
        share = frame.loading_percent / frame.efficiency_percent
        active = (frame.pn_mech_mw * share * frame.scaling).to_numpy()
    return active, np.zeros(len(frame)), counts


def _loading(net: Any) -> Any:
    """Loading of every element in service on both ends; pandapower reports 0 for what has no voltage."""
    alive = set(net.bus.index[np.isfinite(net.res_bus.vm_pu.to_numpy())])

    def fed(table: str, sides: tuple[str, ...]) -> Any:
        frame = net[table]
        on = np.array([any(row[f"{side}_bus"] in alive for side in sides) for _, row in frame.iterrows()], dtype=bool)
        return frame.in_service.to_numpy(dtype=bool) & on

    parts = [np.where(fed("trafo", ("hv", "lv")), net.res_trafo.loading_percent.to_numpy(dtype=float), np.nan)]
    windings = np.full((len(net.trafo3w), 3), np.nan)
    for place, side in enumerate(WINDINGS):
        rated = net.trafo3w[f"sn_{side}_mva"] / (np.sqrt(3.0) * net.trafo3w[f"vn_{side}_kv"])
        windings[:, place] = (net.res_trafo3w[f"i_{side}_ka"] / rated * 100.0).to_numpy(dtype=float)
    windings[~fed("trafo3w", WINDINGS)] = np.nan
    parts += [windings.ravel()]
    parts += [np.where(fed("line", ("from", "to")), net.res_line.loading_percent.to_numpy(dtype=float), np.nan)]
    return np.concatenate(parts)
