"""From slack weights to :class:`SlackShares`, as ``distributed_slack`` of ``runpp`` treats them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pandapower.pypower.idx_bus import BUS_TYPE, PV, REF, SL_FAC

from gridsim.compiled.controls import SlackShares
from gridsim.dtypes import INDEX
from gridsim.errors import CompileError

if TYPE_CHECKING:
    from gridsim.dtypes import IndexArray

#: Largest difference between the weights of the tables and those that pandapower's conversion put at the buses.
WEIGHT_TOLERANCE = 1e-12


def keep_one_reference(ppci: dict[str, Any]) -> None:
    """Turn every slack bus but the first into a bus with a given magnitude and an unknown angle, in place.

    Parameters
    ----------
    ppci:
        pandapower's arrays of what is in service.
    """
    slack = np.flatnonzero(ppci["bus"][:, BUS_TYPE] == REF)
    ppci["bus"][slack[1:], BUS_TYPE] = PV


def slack_shares(work: Any, ppci: dict[str, Any], place: IndexArray) -> SlackShares:
    """Lower the weights at the buses; pandapower has made their sum 1 and refuses more than one island.

    Parameters
    ----------
    work:
        The copy after pandapower's conversion.
    ppci:
        Its arrays of what is in service, after :func:`keep_one_reference`.
    place:
        New row of each of its buses. Shape (n_bus,).

    Raises
    ------
    CompileError
        Where pandapower has given the weight of an extended ward to another one.
    """
    weight = np.asarray(ppci["bus"][:, SL_FAC], dtype=float)
    _check_weights(work, weight)
    by_row = np.empty(len(place))
    by_row[place] = weight
    pos = np.flatnonzero(by_row != 0.0).astype(INDEX)
    reference = place[np.flatnonzero(ppci["bus"][:, BUS_TYPE] == REF)]
    return SlackShares(pos, by_row[pos], np.zeros(len(pos), dtype=INDEX), np.asarray(reference, dtype=INDEX))


def no_slack_shares() -> SlackShares:
    """Return the shares of a load flow whose slack buses cover the difference, each in its island."""
    none = np.empty(0, dtype=INDEX)
    return SlackShares(none, np.empty(0), none, none)


def _check_weights(work: Any, weight: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    """Sum the weights of the tables again: pandapower 3.5.6 sorts the buses of extended wards, not their weights."""
    expected = np.zeros(len(weight))
    lookup = work["_pd2ppc_lookups"]["bus"]
    for table in ("ext_grid", "gen", "xward"):
        frame = work[table]
        in_service = np.asarray(work["_is_elements"][table], dtype=bool)
        if in_service.any():
            bus = lookup[frame["bus"].to_numpy(dtype=INDEX)[in_service]]
            np.add.at(expected, bus, frame["slack_weight"].to_numpy(dtype=float)[in_service])
    expected /= expected.sum()
    if np.abs(expected - weight).max() > WEIGHT_TOLERANCE:
        raise CompileError("xward: pandapower gives the slack weights of several extended wards to the wrong buses")
