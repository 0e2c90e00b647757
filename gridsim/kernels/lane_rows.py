"""Between the rows of steps in memory and the lanes of a group: injections summed at buses, results written back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.kernels.jit import lane_kernel, lane_part
from gridsim.kernels.lane_emitter import LANES
from gridsim.kernels.lane_tiles import TILE, TILE_32, gather_tile, scatter_tile, scatter_tile_32
from gridsim.kernels.lane_updates import copy_to_lanes, sum_active

if TYPE_CHECKING:
    from gridsim.dtypes import AnyArray, FloatArray, IndexArray
    from gridsim.kernels.lane_structures import Constant, StepSource


@lane_kernel
def add_source(source: StepSource, step: IndexArray, s: FloatArray) -> None:
    """Add the values of all elements at the W steps to their buses.

    Shapes: ``step`` (n_lane,), ``s`` (n_bus + 1, 2, W).
    """
    n_element = source.place.shape[0]
    row_length = source.values.shape[1]
    for element in range(0, n_element - TILE + 1, TILE):
        gather_tile(source.values, step, row_length, element, source.place, source.factor, source.part, s)
    for element in range(n_element - n_element % TILE, n_element):
        row = source.place[element]
        for lane in range(LANES):
            s[row, source.part, lane] += source.factor[element] * source.values[step[lane], element]


@lane_kernel
def store_rows(lanes: FloatArray, step: IndexArray, rows: AnyArray) -> None:
    """Write lanes to the rows of their steps. Shapes: (n, W), (W,), (n_step, n) of float64."""
    n = rows.shape[1]
    for first in range(0, n - TILE + 1, TILE):
        scatter_tile(lanes, first, step, n, rows)
    for entry in range(n - n % TILE, n):
        for lane in range(LANES):
            rows[step[lane], entry] = lanes[entry, lane]


@lane_kernel
def store_rows_32(lanes: FloatArray, step: IndexArray, rows: AnyArray) -> None:
    """Write lanes to the rows of their steps. Shapes: (n, W), (W,), (n_step, n) of float32."""
    n = rows.shape[1]
    for first in range(0, n - TILE_32 + 1, TILE_32):
        scatter_tile_32(lanes, first, step, n, rows)
    for entry in range(n - n % TILE_32, n):
        for lane in range(LANES):
            rows[step[lane], entry] = lanes[entry, lane]


@lane_part
def load_group(
    sources: tuple[StepSource, ...],
    constant: Constant,
    step: IndexArray,
    s: FloatArray,
    total: FloatArray,
    load_pu: FloatArray,
) -> None:
    """Sum the injections of W steps at the buses, all but the last source.

    Parameters
    ----------
    sources:
        What changes; the first one is the active power of the loads, the last one that of the generators, which is for
        the caller to add once it has split the load that depends on voltage.
    constant:
        What does not.
    step:
        The steps. Shape (n_lane,).
    s:
        Injections in pu, overwritten. Shape (n_bus + 1, 2, W); the last row collects what does not count.
    total:
        Scratch. Shape (n_lane,).
    load_pu:
        Active load of each step, written at the rows of the steps. Shape (n_step,).
    """
    n_bus = constant.s.shape[0]
    copy_to_lanes(constant.s, 0, n_bus, s)
    add_source(sources[0], step, s)
    sum_active(s, 0, n_bus, total)
    for lane in range(LANES):
        load_pu[step[lane]] = constant.load_pu - (total[lane] - constant.p_sum)
    for k in range(1, len(sources) - 1):
        add_source(sources[k], step, s)
