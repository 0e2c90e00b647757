"""From generators to :class:`ReactiveLimits`, as ``enforce_q_lims`` of ``runpp`` treats them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pandapower.pypower.idx_gen import GEN_BUS, QMAX, QMIN

from gridsim.compiled.controls import ReactiveLimits
from gridsim.dtypes import INDEX
from gridsim.errors import CompileError

if TYPE_CHECKING:
    from gridsim.dtypes import IndexArray


def reactive_limits(net: Any, work: Any, ppci: dict[str, Any], place: IndexArray) -> ReactiveLimits:
    """Lower the limits of the generators in service.

    Generators at one bus share its reactive power in proportion to their ranges, so all of them reach their limits
    together and the sums say it all. Those at a slack bus have no influence on any voltage and do not count. DC lines
    are generators at both ends; a limit that is not given is infinite.

    Parameters
    ----------
    net:
        The net as given.
    work:
        The copy after pandapower's conversion.
    ppci:
        pandapower's arrays of what is in service.
    place:
        New row of each of its buses. Shape (n_bus,).

    Raises
    ------
    CompileError
        For a lower limit above the upper one, and for limits that depend on the active power.
    """
    check_no_capability_curves(net, "gen")
    gen = ppci["gen"]
    unlimited = float(work["_options"]["q_lim_default"])
    low = np.where(gen[:, QMIN] <= -unlimited, -np.inf, gen[:, QMIN])
    high = np.where(gen[:, QMAX] >= unlimited, np.inf, gen[:, QMAX])
    bus = gen[:, GEN_BUS].astype(INDEX)
    counts = ~np.isin(bus, bus[ppci["internal"]["ref_gens"]])
    pos = place[bus]
    for row in np.flatnonzero(counts & ~(low <= high)):
        raise CompileError(f"{_name_of(net, work, int(row))}: min_q_mvar {low[row]} is above max_q_mvar {high[row]}")
    q_min, q_max = np.zeros(len(place)), np.zeros(len(place))
    np.add.at(q_min, pos[counts], low[counts])
    np.add.at(q_max, pos[counts], high[counts])
    has_gen = np.zeros(len(place), dtype=bool)
    has_gen[pos[counts]] = True
    limited = np.flatnonzero(has_gen & (np.isfinite(q_min) | np.isfinite(q_max))).astype(INDEX)
    base_mva = float(ppci["baseMVA"])
    return ReactiveLimits(limited, q_min[limited] / base_mva, q_max[limited] / base_mva)


def no_reactive_limits() -> ReactiveLimits:
    """Return limits of a load flow that does not enforce them."""
    return ReactiveLimits(np.empty(0, dtype=INDEX), np.empty(0), np.empty(0))


def check_no_capability_curves(net: Any, table: str) -> None:
    """Raise CompileError for an element in service of ``gen`` or ``sgen`` that is limited by a capability curve."""
    frame = net[table]
    if "reactive_capability_curve" not in frame:
        return
    has_curve = frame["reactive_capability_curve"].fillna(value=False).to_numpy(dtype=bool)
    for row in np.flatnonzero(has_curve & frame["in_service"].to_numpy(dtype=bool)):
        raise CompileError(f"{table} {frame.index[row]}: limits by a reactive_capability_curve are not modelled")


def _name_of(net: Any, work: Any, row: int) -> str:
    """Name the element behind a row of pandapower's generators in service."""
    for table in ("ext_grid", "gen"):
        in_service = np.asarray(work["_is_elements"][table], dtype=bool)
        if row < in_service.sum():
            found = int(np.flatnonzero(in_service)[row])
            return f"{table} {net[table].index[found]}" if found < len(net[table]) else "dcline"
        row -= int(in_service.sum())
    return "xward"
