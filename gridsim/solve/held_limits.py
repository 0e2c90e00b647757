"""Buses held at a limit of reactive power: what their generators inject, and which equations they then have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gridsim.compiled.controls import ReactiveLimits
    from gridsim.dtypes import FloatArray, StatusArray
    from gridsim.kernels.structures import Network


def held_q(limits: ReactiveLimits, held: StatusArray) -> FloatArray:
    """Return the reactive power of generators at limits, 0 where there are none.

    Parameters
    ----------
    limits:
        Limits of the buses.
    held:
        1 at the upper limit, -1 at the lower, else 0. Shape (..., n_limited).
    """
    return np.where(held > 0, limits.q_max_pu, np.where(held < 0, limits.q_min_pu, 0.0))


def network_with_held(network: Network, limits: ReactiveLimits, held: StatusArray) -> Network:
    """Return the network in which the buses that are held have a reactive equation. Shape of ``held``: (n_limited,)."""
    is_pq = network.is_pq.copy()
    is_pq[limits.pos[held != 0]] = True
    return network._replace(is_pq=is_pq)
