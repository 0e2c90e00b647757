"""One hour of a scenario as a pandapower net by itself: elements, loads, plants and taps as they are then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.grid.stages import Stage


def hour_net(
    grid: StagedGrid,
    stage: Stage,
    profiles: Mapping[tuple[str, str], FloatArray],
    tap_units: Sequence[tuple[str, int]],
    tap_pos: IndexArray | None,
) -> Any:
    """Return the net of an hour, whose taps stand still where they have settled.

    Parameters
    ----------
    stage:
        The stage of the hour.
    profiles:
        Injections of the hour by ``(table, column)``, each of shape (1, n_row), MW and Mvar.
    tap_units:
        Table and row of each unit whose taps move.
    tap_pos:
        Where they stand, (n_tap,); the positions of the tables when None.
    """
    net = grid.net_at(stage, profiles)
    net["controller"] = net["controller"].iloc[:0]
    if tap_pos is not None:
        for (table, row), position in zip(tap_units, tap_pos.tolist(), strict=True):
            net[table].loc[net[table].index[row], "tap_pos"] = position
    return net
