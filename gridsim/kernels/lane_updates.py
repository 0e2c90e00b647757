"""Moves of the chord iteration for W steps at once.

A correction x holds dtheta_i (rad) of every free bus and, where Q is given, dlnv_i = dv_i / v_i. The move is polar,

    V_i <- (1 + dlnv_i) (cos dtheta_i + j sin dtheta_i) V_i

with the first terms of both series: no trigonometry, and what the series leaves out the next mismatch sees. At a bus
whose magnitude is given, one Newton step of 1/sqrt pulls it back to its set point,

    V_i <- V_i + V_i (1/2 - |V_i|^2 / (2 v_set^2))          pull_i = 1 / (2 v_set^2)

The near variants keep D = V - V_A in float32 (see :mod:`gridsim.kernels.lane_mismatch`).

Records: (n_row, 3) int32 of bus, offset of the bus in v, offset of its unknowns in x; rows first:last are of one kind,
one unknown (magnitude given) or two.

Source: rectangular against polar moves were compared in numpy first: rectangular ones diverged on steps of case300.
"""

from __future__ import annotations

from typing import Any

from gridsim.kernels.lane_emitter import (
    F32,
    F64,
    I32,
    I64,
    LANE_BYTES_32,
    LANE_BYTES_64,
    Emitter,
    joined,
    lane_intrinsic,
    larger_bits,
    magnitude_bits,
    narrowed,
)


def _series(e: Emitter, theta: Any, *, is_long: bool) -> tuple[Any, Any]:
    """Return cos theta - 1 and sin theta; one term more where theta may be large."""
    b = e.b
    square = b.fmul(theta, theta)
    cosine = e.const(-0.5, F32)
    if is_long:
        cosine = e.fma(square, e.const(1 / 24, F32), cosine)
    return b.fmul(square, cosine), e.fma(b.fmul(square, e.const(-1 / 6, F32)), theta, theta)


def _scaled(e: Emitter, dlnv: Any, cosine: Any, sine: Any) -> tuple[Any, Any]:
    """Return real and imaginary part of (1 + dlnv) (cos + j sin) - 1."""
    return e.fma(dlnv, cosine, e.b.fadd(cosine, dlnv)), e.fma(dlnv, sine, sine)


def _make_start(height: int) -> Any:
    def emit(context: Any, builder: Any, kinds: Any, values: Any) -> None:
        e, single = Emitter(context, builder, 64), Emitter(context, builder, 32)
        index = e.data(kinds[0], values[0], I32)
        s, at_anchor = e.data(kinds[3], values[3], F64), e.data(kinds[4], values[4], F64)
        x, ds = e.data(kinds[5], values[5], F32), e.data(kinds[6], values[6], F32)

        def body(i: Any, carried: list[Any]) -> list[Any]:
            record = builder.gep(index, [e.mul(i, 3)])
            bus, own, target = (e.offset(record, m) for m in range(3))
            for part in range(height):
                base = e.splat_at(at_anchor, e.add(e.mul(bus, 2), part))
                lanes = [e.load(s, e.add(own, part * LANE_BYTES_64), k, F64) for k in range(e.n)]
                rows = [narrowed(e, builder.fsub(lane, base)) for lane in lanes]
                for k in range(single.n):
                    for place in (x, ds):
                        single.store(joined(single, rows, k), place, e.add(target, part * LANE_BYTES_32), k, F32)
            return carried

        e.loop(values[1], values[2], [], body)

    return lane_intrinsic(7, emit)


def _make_near(height: int, *, is_first: bool) -> Any:
    def emit(context: Any, builder: Any, kinds: Any, values: Any) -> None:
        e = Emitter(context, builder, 32)
        index, x = e.data(kinds[0], values[0], I32), e.data(kinds[3], values[3], F32)
        anchor, pull = e.data(kinds[4], values[4], F32), e.data(kinds[5], values[5], F64)
        d = e.data(kinds[6], values[6], F32)

        def body(i: Any, carried: list[Any]) -> list[Any]:
            record = builder.gep(index, [e.mul(i, 3)])
            bus, own, target = (e.offset(record, m) for m in range(3))
            own = builder.lshr(own, I64(1))
            own_im = e.add(own, LANE_BYTES_32)
            a_re, a_im = (e.splat_at(anchor, e.add(e.mul(bus, 4), part)) for part in (0, 1))
            pulled = e.splat(builder.fptrunc(e.scalar(pull, bus), F32)) if height == 1 else None
            for k in range(e.n):
                e.fence()
                cosine, sine = _series(e, e.load(x, target, k, F32), is_long=is_first)
                if height == 2:
                    cosine, sine = _scaled(e, e.load(x, e.add(target, LANE_BYTES_32), k, F32), cosine, sine)
                if is_first:
                    re = e.fnma(sine, a_im, builder.fmul(cosine, a_re))
                    im = e.fma(sine, a_re, builder.fmul(cosine, a_im))
                else:
                    re, im = e.load(d, own, k, F32), e.load(d, own_im, k, F32)
                    v_re, v_im = builder.fadd(a_re, re), builder.fadd(a_im, im)
                    re = e.fnma(sine, v_im, e.fma(cosine, v_re, re))
                    im = e.fma(sine, v_re, e.fma(cosine, v_im, im))
                if height == 1:
                    # |V|^2 - |V_A|^2 = (2 V_A + D) . D, without the loss of subtracting two squares.
                    v_re, v_im = builder.fadd(a_re, re), builder.fadd(a_im, im)
                    excess = e.fma(builder.fadd(a_im, v_im), im, builder.fmul(builder.fadd(a_re, v_re), re))
                    share = builder.fneg(builder.fmul(excess, pulled))
                    re, im = e.fma(share, v_re, re), e.fma(share, v_im, im)
                e.store(re, d, own, k, F32)
                e.store(im, d, own_im, k, F32)
            return carried

        e.loop(values[1], values[2], [], body)

    return lane_intrinsic(7, emit)


def _make_move(height: int, *, leaves_anchor: bool) -> Any:
    """Write the move in float64; arguments 4 and 7 are (v_anchor, d) when it leaves an anchor, else (v, keep)."""

    def emit(context: Any, builder: Any, kinds: Any, values: Any) -> None:
        e, single = Emitter(context, builder, 64), Emitter(context, builder, 32)
        ratio = single.chunk // e.chunk
        index, x = e.data(kinds[0], values[0], I32), e.data(kinds[3], values[3], F32)
        source, v = e.data(kinds[4], values[4], F64), e.data(kinds[5], values[5], F64)
        pull = e.data(kinds[6], values[6], F64)
        d = e.data(kinds[7], values[7], F32)
        keep = e.data(kinds[7], values[7], I32)
        moved = e.data(kinds[8], values[8], I32)
        ints = single.vector(I32)
        masks = [] if leaves_anchor else [single.load(keep, I64(0), k, I32) for k in range(single.n)]

        def kept(value: Any, k: int) -> Any:
            return builder.bitcast(builder.and_(builder.bitcast(value, ints), masks[k]), value.type)

        def old_voltage(own: Any, anchor: list[Any], chunk: int) -> tuple[Any, Any]:
            own_im = e.add(own, LANE_BYTES_64)
            if not leaves_anchor:
                return e.load(source, own, chunk, F64), e.load(source, own_im, chunk, F64)
            half = builder.lshr(own, I64(1))
            re = builder.fpext(e.load(d, half, chunk, F32), e.vector(F64))
            im = builder.fpext(e.load(d, e.add(half, LANE_BYTES_32), chunk, F32), e.vector(F64))
            return builder.fadd(anchor[0], re), builder.fadd(anchor[1], im)

        def body(i: Any, largest: list[Any]) -> list[Any]:
            record = builder.gep(index, [e.mul(i, 3)])
            bus, own, target = (e.offset(record, m) for m in range(3))
            anchor = [e.splat_at(source, e.add(e.mul(bus, 2), part)) for part in (0, 1)] if leaves_anchor else []
            pulled = e.splat_at(pull, bus) if height == 1 else None
            largest = list(largest)
            for k in range(single.n):
                e.fence()
                theta = single.load(x, target, k, F32)
                largest[k] = larger_bits(single, magnitude_bits(single, theta), largest[k])
                cosine, sine = _series(single, theta, is_long=False)
                if height == 2:
                    dlnv = single.load(x, e.add(target, LANE_BYTES_32), k, F32)
                    largest[k] = larger_bits(single, magnitude_bits(single, dlnv), largest[k])
                    cosine, sine = _scaled(single, dlnv, cosine, sine)
                if masks:
                    cosine, sine = kept(cosine, k), kept(sine, k)
                for part in range(ratio):
                    chunk = k * ratio + part
                    alpha, beta = e.widen(cosine, part), e.widen(sine, part)
                    v_re, v_im = old_voltage(own, anchor, chunk)
                    re = e.fnma(beta, v_im, e.fma(alpha, v_re, v_re))
                    im = e.fma(beta, v_re, e.fma(alpha, v_im, v_im))
                    if height == 1:
                        square = e.fma(im, im, builder.fmul(re, re))
                        share = e.fnma(square, pulled, e.const(0.5, F64))
                        if masks:
                            longs = e.vector(I64)
                            mask = builder.sext(e.load(keep, I64(0), chunk, I32), longs)
                            share = builder.bitcast(builder.and_(builder.bitcast(share, longs), mask), share.type)
                        re, im = e.fma(share, re, re), e.fma(share, im, im)
                    e.store(re, v, own, chunk, F64)
                    e.store(im, v, e.add(own, LANE_BYTES_64), chunk, F64)
            return largest

        start = [single.load(moved, I64(0), k, I32) for k in range(single.n)]
        for k, value in enumerate(e.loop(values[1], values[2], start, body)):
            single.store(value, moved, I64(0), k, I32)

    return lane_intrinsic(9, emit)


def _make_splat() -> Any:
    def emit(context: Any, builder: Any, kinds: Any, values: Any) -> None:
        e = Emitter(context, builder, 64)
        source, v = e.data(kinds[0], values[0], F64), e.data(kinds[3], values[3], F64)

        def body(i: Any, carried: list[Any]) -> list[Any]:
            for part in (0, 1):
                value = e.splat_at(source, e.add(e.mul(i, 2), part))
                for k in range(e.n):
                    e.store(value, v, e.mul(e.add(e.mul(i, 2), part), LANE_BYTES_64), k, F64)
            return carried

        e.loop(values[1], values[2], [], body)

    return lane_intrinsic(4, emit)


def _make_row_sum(n_part: int) -> Any:
    def emit(context: Any, builder: Any, kinds: Any, values: Any) -> None:
        e = Emitter(context, builder, 64)
        s, total = e.data(kinds[0], values[0], F64), e.data(kinds[3], values[3], F64)

        def body(i: Any, sums: list[Any]) -> list[Any]:
            for part in range(n_part):
                at = e.mul(e.add(e.mul(i, 2), part), LANE_BYTES_64)
                sums = [builder.fadd(sums[k], e.load(s, at, k, F64)) for k in range(e.n)]
            return sums

        for k, value in enumerate(e.loop(values[1], values[2], [e.const(0.0, F64)] * e.n, body)):
            e.store(value, total, I64(0), k, F64)

    return lane_intrinsic(4, emit)


def _emit_sum(context: Any, builder: Any, kinds: Any, values: Any) -> None:
    e = Emitter(context, builder, 64)
    single = Emitter(context, builder, 32)
    ratio = single.chunk // e.chunk
    index, s, x = e.data(kinds[0], values[0], I32), e.data(kinds[3], values[3], F64), e.data(kinds[4], values[4], F32)
    total = e.data(kinds[5], values[5], F64)

    def body(i: Any, sums: list[Any]) -> list[Any]:
        record = builder.gep(index, [e.mul(i, 3)])
        own, target = e.offset(record, 1), e.offset(record, 2)
        out = []
        for k in range(e.n):
            left = e.widen(single.load(x, target, k // ratio, F32), k % ratio)
            out.append(builder.fadd(sums[k], builder.fsub(e.load(s, own, k, F64), left)))
        return out

    for k, value in enumerate(e.loop(values[1], values[2], [e.const(0.0, F64)] * e.n, body)):
        e.store(value, total, I64(0), k, F64)


#: ``start_*(index, first, last, s, s_anchor, x, ds)``: x = ds = S - S_A; s (n_bus, 2, W), s_anchor (n_bus, 2) float64.
start_single, start_double = _make_start(1), _make_start(2)
#: ``near_first_*(index, first, last, x, anchor, pull, d)``: D from nothing; anchor (n_bus, 4) float32, d (n_bus, 2, W).
near_first_single, near_first_double = _make_near(1, is_first=True), _make_near(2, is_first=True)
#: ``near_next_*``: the same arguments, D moved.
near_next_single, near_next_double = _make_near(1, is_first=False), _make_near(2, is_first=False)
#: ``leave_near_*(index, first, last, x, v_anchor, v, pull, d, moved)``: v = move of V_A + D; moved (W,) int32 raised to
#: the bits of max |x|.
leave_near_single, leave_near_double = _make_move(1, leaves_anchor=True), _make_move(2, leaves_anchor=True)
#: ``move_*(index, first, last, x, v, v, pull, keep, moved)``: lanes whose keep (W,) int32 is 0 stay as they are, to the
#: bit; keep is -1 for the others.
move_single, move_double = _make_move(1, leaves_anchor=False), _make_move(2, leaves_anchor=False)
#: ``copy_to_lanes(v_bus, first, last, v)``: v[i, :, lane] = v_bus[i] for all lanes; v_bus (n_bus, 2).
copy_to_lanes = _make_splat()
#: ``sum_active(s, first, last, total)``: total (W,) = sum of s[first:last, 0]; s (n_bus, 2, W) float64.
#: ``sum_powers``: the same of both parts, which is no number where any power is none.
sum_active, sum_powers = _make_row_sum(1), _make_row_sum(2)
#: ``sum_injections(index, first, last, s, x, total)``: total (W,) float64 = sum of P given less P mismatch of the free
#: buses index[first:last]; s (n_bus, 2, W), x (n_unknown, W).
sum_injections = lane_intrinsic(6, _emit_sum)
