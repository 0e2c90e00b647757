"""Scratch memory of the lane kernels. Lanes begin at cache lines: a vector that lies across two is read twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.kernels.lane_emitter import LANES
from gridsim.kernels.lane_structures import Anchors, LaneWork

if TYPE_CHECKING:
    from gridsim.compiled.lane_layout import LaneLayout
    from gridsim.dtypes import AnyArray

CACHE_LINE = 64


def aligned(shape: tuple[int, ...], dtype: type) -> AnyArray:
    """Return zeros whose first element begins a cache line."""
    n_byte = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.zeros(n_byte + CACHE_LINE, dtype=np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + n_byte].view(dtype).reshape(shape)


def lane_work(n_bus: int, n_unknown: int, n_column: int) -> LaneWork:
    """Return the scratch arrays of one thread for a topology with so many rows, unknowns and loading columns."""
    return LaneWork(
        v=aligned((n_bus, 2, LANES), np.float64),
        s=aligned((n_bus + 1, 2, LANES), np.float64),
        lanes=aligned((n_column, LANES), np.float64),
        d=aligned((n_bus, 2, LANES), np.float32),
        x=aligned((n_unknown, LANES), np.float32),
        ds=aligned((n_unknown, LANES), np.float32),
        worst=aligned((LANES,), np.int32),
        moved=aligned((LANES,), np.int32),
        keep=aligned((LANES,), np.int32),
        before=aligned((LANES,), np.float32),
        total=aligned((LANES,), np.float64),
        last=aligned((n_unknown, LANES), np.float32),
        share=aligned((LANES,), np.float32),
        product=aligned((LANES,), np.float32),
        square=aligned((LANES,), np.float32),
    )


def no_anchors(n_anchor: int, n_bus: int, layout: LaneLayout) -> Anchors:
    """Return room for the anchors of a topology, with no meaning yet."""
    return Anchors(
        v=np.empty((n_anchor, n_bus, 2)),
        s=np.empty((n_anchor, n_bus, 2)),
        near=np.empty((n_anchor, n_bus, 4), dtype=np.float32),
        forward=np.empty((n_anchor, len(layout.forward_place)), dtype=np.float32),
        back=np.empty((n_anchor, len(layout.back_place)), dtype=np.float32),
    )
