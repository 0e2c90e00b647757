"""One hour of a staged grid as a net of its own, solved by plain ``pandapower.runpp``."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandapower as pp
from pandapower.auxiliary import LoadflowNotConverged

from gridsim.enums import LoadingBasis
from gridsim.errors import InputError
from gridsim.units import PERCENT, SQRT_3

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridsim.dtypes import FloatArray, IndexArray

#: Mismatch at which ``runpp`` calls a net solved, MVA.
TOLERANCE_MVA = 1e-8
_POWER = (("p", "mw"), ("q", "mvar"))


def hold(
    net: pp.pandapowerNet,
    values: Mapping[tuple[str, str], FloatArray],
    taps: Sequence[tuple[str, int]],
    tap_pos: IndexArray | None,
    name: str,
) -> None:
    """Give a net the values of one hour, its taps where they have settled, and no controllers that would move them.

    Parameters
    ----------
    net:
        The net of the hour's stage; changed.
    values:
        By ``(table, column)``, in row order of the table. Shape (n_row,) each.
    taps, tap_pos:
        Table and row of each controlled unit, and its position. Shape (n_tap,).
    name:
        What the net is called from now on.
    """
    for (table, column), row in values.items():
        net[table][column] = np.asarray(row, dtype=np.float64)
    if tap_pos is not None:
        for (table, row_of_unit), position in zip(taps, tap_pos.tolist(), strict=True):
            net[table].loc[net[table].index[row_of_unit], "tap_pos"] = position
    net["controller"] = net["controller"].iloc[:0]
    net["name"] = name


def solve(net: pp.pandapowerNet, basis: LoadingBasis) -> None:
    """Solve a net by ``runpp``, which writes the tables of results.

    Raises
    ------
    InputError
        The load flow does not converge.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pp.runpp(
                net,
                tolerance_mva=TOLERANCE_MVA,
                init="dc",
                max_iteration=50,
                trafo_loading=basis.value,
                numba=False,
                lightsim2grid=False,
            )
    except LoadflowNotConverged as error:
        raise InputError(f"net {net['name']!r}: pandapower.runpp finds no solution") from error


def net_loading(net: pp.pandapowerNet, basis: LoadingBasis) -> FloatArray:
    """Return the loading of a solved net as solutions hold it: trafos, windings hv mv lv of each trafo3w, lines.

    Percent on the basis it was solved with, NaN out of service. Shape (n_trafo + 3 n_trafo3w + n_line,).
    """
    units, result = net["trafo3w"], net["res_trafo3w"]
    windings = []
    for side in ("hv", "mv", "lv"):
        rated_mva = units[f"sn_{side}_mva"].to_numpy(dtype=np.float64)
        if basis is LoadingBasis.current:
            rated_kv = units[f"vn_{side}_kv"].to_numpy(dtype=np.float64)
            mva = result[f"i_{side}_ka"].to_numpy(dtype=np.float64) * rated_kv * SQRT_3
        else:
            parts = (result[f"{part}_{side}_{unit}"].to_numpy(dtype=np.float64) for part, unit in _POWER)
            mva = np.hypot(*parts)
        windings.append(mva / rated_mva * PERCENT)
    others = {table: net[f"res_{table}"]["loading_percent"].to_numpy(dtype=np.float64) for table in ("trafo", "line")}
    is_up = {table: net[table]["in_service"].to_numpy(dtype=bool) for table in ("trafo", "trafo3w", "line")}
    found = np.concatenate([others["trafo"], np.stack(windings, axis=1).ravel(), others["line"]])
    in_service = np.concatenate([is_up["trafo"], np.repeat(is_up["trafo3w"], 3), is_up["line"]])
    return np.where(in_service, found, np.nan)
