"""Everything that reacts to the voltages of a step, laid out for the controlled chord kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridsim.compiled.ratings import column_of_branch
from gridsim.dtypes import INDEX
from gridsim.kernels.control_structures import Reactions, SharedSlack, TapMoves
from gridsim.kernels.lane_emitter import BUS_BYTES

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.compiled.lane_layout import LaneLayout
    from gridsim.dtypes import IndexArray
    from gridsim.kernels.structures import LoadingColumns


def reactions_of(compiled: CompiledGrid, layout: LaneLayout) -> Reactions:
    """Lay out loads that depend on voltage, given magnitudes and limits of reactive power."""
    limits, taps, shares = compiled.controls.limits, compiled.controls.taps, compiled.controls.shares
    special = np.unique(
        np.concatenate(
            [
                compiled.network.zip_pos,
                compiled.branch_from[taps.branch],
                compiled.branch_to[taps.branch],
                shares.pos,
                shares.reference_pos,
            ]
        )
    )
    limit_of = np.full(compiled.n_bus, -1, dtype=INDEX)
    limit_of[limits.pos] = np.arange(len(limits.pos))
    return Reactions(
        special_row=special.astype(INDEX),
        zip_row=compiled.network.zip_pos,
        zip_share=np.ascontiguousarray(compiled.zip_share),
        controlled_row=compiled.controlled_pos,
        limit_of=limit_of[compiled.controlled_pos],
        limited_row=limits.pos,
        limited_unknown=layout.first_unknown[limits.pos] + 1,
        q_limit=np.stack([limits.q_min_pu, limits.q_max_pu], axis=1),
    )


def tap_moves(compiled: CompiledGrid, columns: LoadingColumns, common: IndexArray, *, acts: bool) -> TapMoves:
    """Lay out the tap changers.

    Parameters
    ----------
    compiled:
        The topology.
    columns:
        Loading columns.
    common:
        Positions that its admittance matrix holds. Shape (n_tap,).
    acts:
        Whether the kernel lets them act.
    """
    taps = compiled.controls.taps
    order = np.argsort(taps.changer_of, kind="stable")
    branch, changer = taps.branch[order], taps.changer_of[order]
    column = column_of_branch(compiled)[branch]
    n_moved, n_position = taps.y_by_position.shape[:2]
    y = np.nan_to_num(np.ascontiguousarray(taps.y_by_position[order])).view(np.float64)
    ends = np.stack([compiled.branch_from[branch], compiled.branch_to[branch]], axis=1) * BUS_BYTES
    return TapMoves(
        acts=acts,
        watched=taps.controlled_pos,
        lower_square=taps.vm_lower_pu**2,
        upper_square=taps.vm_upper_pu**2,
        raise_step=taps.raise_step,
        tap_min=taps.tap_min,
        tap_max=taps.tap_max,
        level=taps.level,
        common=common,
        first_moved=np.searchsorted(changer, np.arange(len(common) + 1)).astype(INDEX),
        changer=changer,
        ends=np.ascontiguousarray(ends, dtype=np.int32),
        y=y.reshape(n_moved, n_position, 8),
        column=column,
        percent=np.stack([columns.percent_from[column], columns.percent_to[column]], axis=1),
        by_power=columns.is_power[column],
    )


def shared_slack(compiled: CompiledGrid, layout: LaneLayout) -> SharedSlack:
    """Lay out the distributed slack; the free buses of other islands stand at island -1."""
    shares = compiled.controls.shares
    component = _components(compiled)
    island_of_component = np.full(int(component.max(initial=-1)) + 1, -1, dtype=INDEX)
    island_of_component[component[shares.reference_pos]] = np.arange(len(shares.reference_pos))
    rows = layout.network.bus_index[:, 0]
    return SharedSlack(
        row=shares.pos,
        weight=shares.weight,
        island=shares.island,
        reference_row=shares.reference_pos,
        island_of=island_of_component[component[rows]],
    )


def _components(compiled: CompiledGrid) -> IndexArray:
    """Number of the connected part each row belongs to."""
    n_bus = compiled.n_bus
    ends = (compiled.branch_from, compiled.branch_to)
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(n_bus, n_bus))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=INDEX)
