"""Programs of the chord kernel for one topology: which row when, in which shape, and where its numbers come from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.dtypes import INDEX
from gridsim.kernels.lane_emitter import BUS_BYTES, LANE_BYTES_32
from gridsim.kernels.lane_programs import UNROLLED_ADMITTANCE, UNROLLED_FACTOR, shape_code
from gridsim.kernels.lane_structures import ChordNetwork

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.kernels.structures import LoadingColumns

Shape = tuple[int, int]


@dataclass(frozen=True)
class LaneLayout:
    """Everything about the chord kernel that depends on the topology alone.

    Attributes
    ----------
    network:
        Programs.
    first_unknown:
        Place of the first unknown of each free bus, and their number at the end. Shape (n_free + 1,).
    forward_place, back_place:
        Where, in the flattened factors (n_entry, 4), the numbers lie that the substitutions read, in the order in which
        they read them. Shapes (n_forward,), (n_back,).
    """

    network: ChordNetwork
    first_unknown: IndexArray
    forward_place: IndexArray
    back_place: IndexArray

    @property
    def n_unknown(self) -> int:
        """Unknowns of all free buses."""
        return int(self.first_unknown[-1])


def lay_out(compiled: CompiledGrid, columns: LoadingColumns, is_single: BoolArray) -> LaneLayout:
    """Lay out the programs of one topology.

    Parameters
    ----------
    compiled:
        The topology.
    columns:
        Loading columns, those whose loading goes by power first.
    is_single:
        Rows with one unknown, because their magnitude is given in every step. Shape (n_bus,).
    """
    n_free = compiled.n_free
    height = np.where(is_single[:n_free], 1, 2).astype(INDEX)
    unknown = np.zeros(n_free + 1, dtype=INDEX)
    np.cumsum(height, out=unknown[1:])
    forward = _substitution(compiled, height, unknown, is_forward=True)
    back = _substitution(compiled, height, unknown, is_forward=False)
    y_runs, y_index, y_value, y_value_near = _mismatch(compiled, height, unknown)
    rows = np.concatenate([np.flatnonzero(height == 1), np.flatnonzero(height == 2)])
    bus_index = np.stack([rows, rows * BUS_BYTES, unknown[rows] * LANE_BYTES_32], axis=1).astype(np.int32)
    set_point = np.ones(compiled.n_bus)
    set_point[compiled.controlled_pos] = compiled.vm_set_pu
    column_index, column_y = _columns(columns)
    network = ChordNetwork(
        forward_runs=forward[0],
        forward_index=forward[1],
        back_runs=back[0],
        back_index=back[1],
        y_runs=y_runs,
        y_index=y_index,
        y_value=y_value,
        y_value_near=y_value_near,
        bus_index=np.ascontiguousarray(bus_index),
        n_single=int((height == 1).sum()),
        pull=0.5 / set_point**2,
        column_index=column_index,
        column_y=column_y,
        n_by_power=int(columns.is_power.sum()),
    )
    return LaneLayout(network, unknown, forward[2], back[2])


def schedule(needs: list[list[int]], shape_of: list[Shape]) -> list[list[int]]:
    """Deal rows to runs of equal shape so that each row comes after all rows it needs.

    Greedy: of all shapes, take the one with most rows ready, and with them all of that shape that become ready.

    Parameters
    ----------
    needs:
        Rows that each row needs.
    shape_of:
        Height and number of columns of each row.
    """
    n_row = len(needs)
    waiting = [len(row) for row in needs]
    users: list[list[int]] = [[] for _ in range(n_row)]
    for i, row in enumerate(needs):
        for j in row:
            users[j].append(i)
    ready: dict[Shape, list[int]] = defaultdict(list)
    for i in range(n_row):
        if not waiting[i]:
            ready[shape_of[i]].append(i)
    runs = []
    left = n_row
    while left:
        shape = max(ready, key=lambda key: (len(ready[key]), key))
        run: list[int] = []
        batch = ready[shape]
        while batch:
            ready[shape] = []
            for i in batch:
                run.append(i)
                for j in users[i]:
                    waiting[j] -= 1
                    if not waiting[j]:
                        ready[shape_of[j]].append(j)
            batch = ready[shape]
        runs.append(run)
        left -= len(run)
    return runs


def _run_table(runs: list[list[int]], shape_of: list[Shape], unrolled: int) -> IndexArray:
    table = [(shape_code(*shape_of[run[0]], unrolled), len(run), shape_of[run[0]][1]) for run in runs]
    return np.array(table, dtype=INDEX).reshape(-1, 3)


def _substitution(
    compiled: CompiledGrid, height: IndexArray, unknown: IndexArray, *, is_forward: bool
) -> tuple[IndexArray, np.ndarray, IndexArray]:
    """Return runs, index records and places of one substitution."""
    lu = compiled.lu
    indptr, indices, diagonal = lu.indptr.tolist(), lu.indices.tolist(), lu.diagonal.tolist()
    heights, first_unknown = height.tolist(), unknown.tolist()
    entries = [
        range(indptr[i], diagonal[i]) if is_forward else range(diagonal[i] + 1, indptr[i + 1])
        for i in range(len(diagonal))
    ]
    needs = [[indices[entry] for entry in row] for row in entries]
    shape_of = [(h, sum(heights[j] for j in row)) for h, row in zip(heights, needs, strict=True)]
    runs = schedule(needs, shape_of)
    if is_forward:  # rows without columns stay as they are
        runs = [run for run in runs if shape_of[run[0]][1]]
    index: list[int] = []
    place: list[int] = []
    for run in runs:
        for i in run:
            h = heights[i]
            index.append(first_unknown[i] * LANE_BYTES_32)
            for entry in entries[i]:
                j = indices[entry]
                for c in range(heights[j]):
                    index.append((first_unknown[j] + c) * LANE_BYTES_32)
                    place += [4 * entry + 2 * r + c for r in range(h)]
            if not is_forward:
                place += [4 * diagonal[i] + 2 * r + c for r in range(h) for c in range(h)]
    table = _run_table(runs, shape_of, UNROLLED_FACTOR)
    return table, np.array(index, dtype=np.int32), np.array(place, dtype=INDEX)


def _mismatch(
    compiled: CompiledGrid, height: IndexArray, unknown: IndexArray
) -> tuple[IndexArray, np.ndarray, np.ndarray, np.ndarray]:
    """Return runs, index records and both value records of the mismatch."""
    network = compiled.network
    indptr, indices = network.y_indptr.tolist(), network.y_indices.tolist()
    heights, first_unknown = height.tolist(), unknown.tolist()
    n_free = len(heights)
    shape_of = [(heights[i], indptr[i + 1] - indptr[i] - 1) for i in range(n_free)]
    runs = schedule([[] for _ in range(n_free)], shape_of)
    index: list[int] = []
    order: list[int] = []
    own_at: list[int] = []
    rows: list[int] = []
    for run in runs:
        for i in sorted(run):
            every = range(indptr[i], indptr[i + 1])
            own = next(k for k in every if indices[k] == i)
            others = [k for k in every if k != own]
            index += [i * BUS_BYTES, first_unknown[i] * LANE_BYTES_32, *(indices[k] * BUS_BYTES for k in others)]
            own_at.append(len(order))
            order += [own, *others]
            rows.append(i)
    value = np.stack([network.y_g[order], network.y_b[order]], axis=1)
    near = value.copy()
    for part, numbers in enumerate((network.y_g, network.y_b)):
        near[own_at, part] = np.add.reduceat(numbers, network.y_indptr[:-1])[rows]
    table = _run_table(runs, shape_of, UNROLLED_ADMITTANCE)
    return table, np.array(index, dtype=np.int32), value.ravel(), near.ravel().astype(np.float32)


def _columns(columns: LoadingColumns) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets and scaled admittances of the loading columns; NaN for elements out of service."""
    ends = np.stack([columns.from_pos, columns.to_pos], axis=1)
    at_from = _turned(columns.y_self_from, columns.y_mutual_from, columns.percent_from)
    at_to = _turned(columns.y_self_to, columns.y_mutual_to, columns.percent_to)
    scaled = np.concatenate([at_from, at_to], axis=1)
    scaled[columns.from_pos < 0] = np.nan
    index = np.where(ends < 0, 0, ends) * BUS_BYTES
    return np.ascontiguousarray(index, dtype=np.int32), np.ascontiguousarray(scaled)


def _turned(y_self: FloatArray, y_mutual: FloatArray, percent: FloatArray) -> FloatArray:
    """Turn both admittances of one end until its own is real. Shape (n_column, 3)."""
    own, mutual = (pair[:, 0] + 1j * pair[:, 1] for pair in (y_self, y_mutual))
    size = np.abs(own)
    # An element without rating has an infinite factor, which times zero would be NaN; it is put in afterwards.
    percent = np.where(np.isinf(percent), 1.0, percent)
    turned = np.where(size > 0.0, mutual * own.conj() / np.where(size > 0.0, size, 1.0), mutual)
    return np.stack([size, turned.real, turned.imag], axis=1) * percent[:, np.newaxis]
