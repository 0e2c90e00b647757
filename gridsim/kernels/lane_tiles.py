"""Between rows of steps (n_step, n) and lanes (n, W): small squares transposed in registers.

Source: the usual transposition by pairwise exchange, log2(size) rounds of shuffles of two registers.
"""

from __future__ import annotations

from typing import Any

from gridsim.kernels.lane_emitter import F32, F64, I64, LANE_BYTES_64, Emitter, int_vector, lane_intrinsic

#: Elements and steps of a square of doubles, and of float32.
TILE, TILE_32 = 4, 8


def _transposed(builder: Any, rows: list[Any], size: int) -> list[Any]:
    half = 1
    while half < size:
        out = list(rows)
        for i in range(size):
            if not i & half:
                low, high = rows[i], rows[i + half]
                evens = [m if not m & half else size + m - half for m in range(size)]
                odds = [m + half if not m & half else size + m for m in range(size)]
                out[i] = builder.shuffle_vector(low, high, int_vector(evens))
                out[i + half] = builder.shuffle_vector(low, high, int_vector(odds))
        rows = out
        half *= 2
    return rows


def _tile_emitter(context: Any, builder: Any, size: int) -> Emitter:
    """An emitter whose registers hold one side of a square, whatever the processor has."""
    e = Emitter(context, builder, 64)
    e.n, e.chunk = e.n * e.chunk // size, size
    return e


def _emit_gather(context: Any, builder: Any, kinds: Any, values: Any) -> None:
    e = _tile_emitter(context, builder, TILE)
    rows, step = e.data(kinds[0], values[0], F64), e.data(kinds[1], values[1], I64)
    place, factor = e.data(kinds[4], values[4], I64), e.data(kinds[5], values[5], F64)
    s = e.data(kinds[7], values[7], F64)
    row_length, element, part = values[2], values[3], values[6]
    shift = e.mul(part, LANE_BYTES_64)
    target = [builder.add(e.mul(e.scalar(place, e.add(element, m)), 2 * LANE_BYTES_64), shift) for m in range(TILE)]
    factors = [e.splat_at(factor, e.add(element, m)) for m in range(TILE)]
    for k in range(e.n):
        e.fence()
        tile = []
        for m in range(TILE):
            row = builder.mul(e.scalar(step, k * TILE + m), row_length)
            tile.append(e.load(rows, e.mul(builder.add(row, element), 8), 0, F64))
        # One element after the other: several may stand at one bus.
        for m, lanes in enumerate(_transposed(builder, tile, TILE)):
            e.store(e.fma(factors[m], lanes, e.load(s, target[m], k, F64)), s, target[m], k, F64)


def _make_scatter(element: Any, size: int) -> Any:
    def emit(context: Any, builder: Any, kinds: Any, values: Any) -> None:
        e = _tile_emitter(context, builder, size)
        lanes, step = e.data(kinds[0], values[0], F64), e.data(kinds[2], values[2], I64)
        rows = e.data(kinds[4], values[4], element)
        first, row_length = values[1], values[3]
        width = 8 if element == F64 else 4
        for k in range(e.n):
            e.fence()
            tile = [e.load(lanes, e.mul(e.add(first, m), LANE_BYTES_64), k, F64) for m in range(size)]
            if element == F32:
                tile = [builder.fptrunc(row, e.vector(F32)) for row in tile]
            for m, row in enumerate(_transposed(builder, tile, size)):
                at = builder.add(builder.mul(e.scalar(step, k * size + m), row_length), first)
                e.store(row, rows, e.mul(at, width), 0, element)

    return lane_intrinsic(5, emit)


#: ``gather_tile(rows, step, row_length, element, place, factor, part, s)``: for elements element..element+3 of rows
#: (n_step, row_length) at the W steps of ``step``, s[place[e], part] += factor[e] * value; s (n_bus + 1, 2, W).
gather_tile = lane_intrinsic(8, _emit_gather)
#: ``scatter_tile(lanes, first, step, row_length, rows)``: entries first..first+3 of lanes (n, W) float64 to columns of
#: rows (n_step, row_length) float64, each lane to the row of its step.
scatter_tile = _make_scatter(F64, TILE)
#: ``scatter_tile_32``: the same for entries first..first+7 and rows of float32.
scatter_tile_32 = _make_scatter(F32, TILE_32)
