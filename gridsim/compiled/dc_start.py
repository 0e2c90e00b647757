"""Angles of a DC load flow, from which Newton's method starts as ``pandapower.runpp`` does.

    B' theta = P - P_shift,   b = 1 / (x tap),   P_shift = A' (b (-shift))

B': Laplacian of the branch susceptances b (pu) without the slack rows; P (pu): injection less the conductances to
earth; shift (rad): phase shift of the branch; A: incidence of branches and buses, +1 at the from end. Zimmerman et al.,
MATPOWER manual, section 3.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from gridsim.dtypes import INDEX

if TYPE_CHECKING:
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray


def dc_angles(
    ends: tuple[IndexArray, IndexArray],
    b_pu: FloatArray,
    shift_rad: FloatArray,
    powers_pu: tuple[FloatArray, ...],
    slack_rad: FloatArray,
    is_slack: BoolArray,
) -> tuple[FloatArray, ...]:
    """Solve DC load flows that differ in power only, with one factorisation.

    Parameters
    ----------
    ends:
        Rows of the from and the to bus of every branch, each of shape (n_branch,).
    b_pu, shift_rad:
        Susceptance and phase shift of every branch. Shape (n_branch,).
    powers_pu:
        Injections of each load flow, each of shape (n_bus,).
    slack_rad:
        Angle of the slack buses, and what is returned where there is no solution. Shape (n_bus,).
    is_slack:
        Shape (n_bus,).

    Returns
    -------
    Angles (rad) for each of ``powers_pu``, each of shape (n_bus,).
    """
    n_bus = len(slack_rad)
    start, end = ends
    free = np.flatnonzero(~is_slack)
    if not free.size:
        return tuple(slack_rad.copy() for _ in powers_pu)
    number = np.full(n_bus, -1, dtype=INDEX)
    number[free] = np.arange(len(free))
    rows = number[np.concatenate([start, end, start, end])]
    columns = number[np.concatenate([start, end, end, start])]
    values = np.concatenate([b_pu, b_pu, -b_pu, -b_pu])
    inner = (rows >= 0) & (columns >= 0)
    laplacian = coo_array((values[inner], (rows[inner], columns[inner])), shape=(len(free), len(free)))
    fixed = np.where(is_slack, slack_rad, 0.0)
    given = b_pu * (fixed[start] - fixed[end] - shift_rad)  # flow by the slack angles and the shifts
    outflow = np.bincount(start, given, n_bus) - np.bincount(end, given, n_bus)
    try:
        factors = splu(laplacian.tocsc())
        found = factors.solve(np.stack([(power - outflow)[free] for power in powers_pu], axis=1))
    except (RuntimeError, ValueError):  # singular: reactances that cancel
        found = np.full((len(free), len(powers_pu)), np.nan)
    return tuple(_whole(found[:, column], free, slack_rad) for column in range(len(powers_pu)))


def _whole(found: FloatArray, free: IndexArray, slack_rad: FloatArray) -> FloatArray:
    angles = slack_rad.copy()
    if np.isfinite(found).all():
        angles[free] = found
    return angles
