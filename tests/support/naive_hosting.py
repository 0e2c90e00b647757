"""Whether a load fits, with nothing out and after outages, by ``pandapower.runpp``, one step and one bus at a time."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import pandapower as pp
from pandapower.auxiliary import LoadflowNotConverged


def loadings(net: Any) -> Any:
    """Return all loadings of a net after a load flow, percent; None without solution."""
    try:
        pp.runpp(net, tolerance_mva=1e-9, max_iteration=50, numba=False, lightsim2grid=False)
    except LoadflowNotConverged:
        return None
    return np.concatenate([net.res_trafo.loading_percent, net.res_line.loading_percent])


def net_of_step(net: Any, profiles: Any, step: int) -> Any:
    """Return a net with the values of one step."""
    own = copy.deepcopy(net)
    for (table, column), frame in profiles.items():
        own[table].loc[frame.columns, column] = frame.iloc[step].to_numpy(dtype=float)
    return own


def fits(
    net: Any, profiles: Any, step: int, bus: int, mw: float, *, cos_phi: float = 0.95, limit: float = 100.0
) -> bool:
    """Whether so many MW at a bus make no new overload in a step, and raise none by more than a percentage point."""
    before = net_of_step(net, profiles, step)
    after = copy.deepcopy(before)
    pp.create_load(after, bus, mw, mw * float(np.tan(np.arccos(cos_phi))))
    old, new = loadings(before), loadings(after)
    return new is not None and not np.any(new > np.fmax(limit, old + 1.0))


def fits_after_outages(
    net: Any, profiles: Any, step: int, bus: int, mw: float, *, cos_phi: float = 0.95, limit: float = 100.0
) -> bool:
    """Whether so many MW at a bus pass no limit that the worst single outage does not pass without them."""
    before = net_of_step(net, profiles, step)
    after = copy.deepcopy(before)
    pp.create_load(after, bus, mw, mw * float(np.tan(np.arccos(cos_phi))))
    highest = np.full((2, len(net.trafo) + len(net.line)), -np.inf)
    for place, variant in enumerate((before, after)):
        for table in ("trafo", "line", "gen", "sgen"):
            for index in net[table].index[net[table].in_service]:
                out = copy.deepcopy(variant)
                out[table].loc[index, "in_service"] = False
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = loadings(out)
                if found is None:
                    return False
                if np.isnan(out.res_bus.vm_pu[bus]):
                    return False
                highest[place] = np.fmax(highest[place], found)
    return not np.any(highest[1] > np.fmax(limit, highest[0] + 1.0))
