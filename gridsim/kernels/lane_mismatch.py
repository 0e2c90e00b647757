"""Mismatch of W steps at once: the judge in float64, and a near one in float32 that only steers.

With the bus currents I_i = sum_j Y_ij V_j,

    b_i = S_i - V_i conj(I_i)       (real part at every free bus, imaginary part where Q is given)

``judge_mismatch`` calculates this in float64, rounds b to float32 for the correction, and keeps the largest |b|.

Near an anchor A, with D = V - V_A, dS = S - S_A, I_A = Y V_A,

    dI_i = sum_j Y_ij (D_j - D_i) + (sum_j Y_ij) D_i
    b_i  = dS_i - (V_A + D)_i conj(dI_i) - D_i conj(I_A,i)

has small terms only, so that float32 loses little: ``near_mismatch`` takes the first corrections to within about 1e-6,
at half the price.

Records of the programs: index = offset of bus i in v, offset of its unknowns in x, offsets in v of its n neighbours;
value = Y_ii then Y_ij of each neighbour (float64 for the judge; for the near one float32, with sum_j Y_ij in place of
Y_ii).

Source: Grainger & Stevenson, Power System Analysis, ch. 9.
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
from gridsim.kernels.lane_programs import UNROLLED_ADMITTANCE, emit_program


def _emit_judge(context: Any, builder: Any, kinds: Any, values: Any) -> None:
    e, single = Emitter(context, builder, 64), Emitter(context, builder, 32)
    runs = e.data(kinds[0], values[0], I64), e.rows_of(kinds[0], values[0])
    index, value = e.data(kinds[1], values[1], I32), e.data(kinds[2], values[2], F64)
    v, s = e.data(kinds[3], values[3], F64), e.data(kinds[4], values[4], F64)
    x, worst = e.data(kinds[5], values[5], F32), e.data(kinds[6], values[6], I32)

    def add_neighbour(at: Any, factors: Any, c: Any, sums: list[Any]) -> list[Any]:
        source = e.offset(at, e.add(c, 2))
        first = e.add(e.mul(c, 2), 2)
        g, b = e.splat_at(factors, first), e.splat_at(factors, e.add(first, 1))
        out = []
        for k in range(e.n):
            re, im = e.load(v, source, k, F64), e.load(v, e.add(source, LANE_BYTES_64), k, F64)
            out.append(e.fnma(b, im, e.fma(g, re, sums[2 * k])))
            out.append(e.fma(b, re, e.fma(g, im, sums[2 * k + 1])))
        return out

    def body(height: int, n: Any, at: Any, factors: Any) -> None:
        own, target = e.offset(at, 0), e.offset(at, 1)
        own_im = e.add(own, LANE_BYTES_64)
        g, b = e.splat_at(factors, 0), e.splat_at(factors, 1)
        sums = []
        for k in range(e.n):
            re, im = e.load(v, own, k, F64), e.load(v, own_im, k, F64)
            sums.append(e.fnma(b, im, builder.fmul(g, re)))
            sums.append(e.fma(b, re, builder.fmul(g, im)))
        if isinstance(n, int):
            for c in range(n):
                sums = add_neighbour(at, factors, I64(c), sums)
        else:
            sums = e.loop(0, n, sums, lambda c, carried: add_neighbour(at, factors, c, carried))
        rows: list[list[Any]] = [[] for _ in range(height)]
        for k in range(e.n):
            e.fence()
            i_re, i_im = sums[2 * k], sums[2 * k + 1]
            re, im = e.load(v, own, k, F64), e.load(v, own_im, k, F64)
            p = e.fnma(im, i_im, e.fnma(re, i_re, e.load(s, own, k, F64)))
            rows[0].append(narrowed(e, p))
            if height == 2:
                q = e.fma(re, i_im, e.fnma(im, i_re, e.load(s, own_im, k, F64)))
                rows[1].append(narrowed(e, q))
        for k in range(single.n):
            top = single.load(worst, I64(0), k, I32)
            for part in range(height):
                row = joined(single, rows[part], k)
                single.store(row, x, e.add(target, part * LANE_BYTES_32), k, F32)
                top = larger_bits(single, magnitude_bits(single, row), top)
            single.store(top, worst, I64(0), k, I32)

    emit_program(e, runs, index, value, 2, _value_count(builder), UNROLLED_ADMITTANCE, body)


def _emit_near(context: Any, builder: Any, kinds: Any, values: Any) -> None:
    e = Emitter(context, builder, 32)
    runs = e.data(kinds[0], values[0], I64), e.rows_of(kinds[0], values[0])
    index, value = e.data(kinds[1], values[1], I32), e.data(kinds[2], values[2], F32)
    d, ds, anchor, x = (e.data(kinds[m], values[m], F32) for m in range(3, 7))

    def halved(at: Any, entry: Any) -> Any:
        """Offsets count lanes of float64; d holds float32."""
        return builder.lshr(e.offset(at, entry), I64(1))

    def body(height: int, n: Any, at: Any, factors: Any) -> None:
        own, target = halved(at, 0), e.offset(at, 1)
        own_im, target_im = e.add(own, LANE_BYTES_32), e.add(target, LANE_BYTES_32)
        g, b = e.splat_at(factors, 0), e.splat_at(factors, 1)
        mine = [(e.load(d, own, k, F32), e.load(d, own_im, k, F32)) for k in range(e.n)]
        sums = []
        for re, im in mine:
            sums += [e.fnma(b, im, builder.fmul(g, re)), e.fma(b, re, builder.fmul(g, im))]

        def add_neighbour(c: Any, carried: list[Any]) -> list[Any]:
            source = halved(at, e.add(c, 2))
            first = e.add(e.mul(c, 2), 2)
            g, b = e.splat_at(factors, first), e.splat_at(factors, e.add(first, 1))
            out = []
            for k in range(e.n):
                re = builder.fsub(e.load(d, source, k, F32), mine[k][0])
                im = builder.fsub(e.load(d, e.add(source, LANE_BYTES_32), k, F32), mine[k][1])
                out.append(e.fnma(b, im, e.fma(g, re, carried[2 * k])))
                out.append(e.fma(b, re, e.fma(g, im, carried[2 * k + 1])))
            return out

        if isinstance(n, int):
            for c in range(n):
                sums = add_neighbour(I64(c), sums)
        else:
            sums = e.loop(0, n, sums, add_neighbour)
        # One row of the anchor is 4 float32; one bus of d is 2 lane vectors.
        base = builder.gep(anchor, [builder.udiv(own, I64(LANE_BYTES_32 // 2))])
        v_re, v_im, i_re, i_im = (e.splat_at(base, m) for m in range(4))
        for k in range(e.n):
            re, im = mine[k]
            w_re, w_im = builder.fadd(v_re, re), builder.fadd(v_im, im)
            p = e.fnma(im, i_im, e.fnma(re, i_re, e.load(ds, target, k, F32)))
            e.store(e.fnma(w_im, sums[2 * k + 1], e.fnma(w_re, sums[2 * k], p)), x, target, k, F32)
            if height == 2:
                q = e.fma(re, i_im, e.fnma(im, i_re, e.load(ds, target_im, k, F32)))
                e.store(e.fma(w_re, sums[2 * k + 1], e.fnma(w_im, sums[2 * k], q)), x, target_im, k, F32)

    emit_program(e, runs, index, value, 2, _value_count(builder), UNROLLED_ADMITTANCE, body)


def _value_count(builder: Any) -> Any:
    return lambda _height, n: builder.add(builder.mul(n, I64(2)), I64(2))


#: ``judge_mismatch(runs, index, y, v, s, x, worst)``: v, s (n_bus, 2, W) float64; x (n_unknown, W) float32,
#: overwritten; worst (W,) int32, the bits of max |b| as float32 with NaN above all, raised.
judge_mismatch = lane_intrinsic(7, _emit_judge)
#: ``near_mismatch(runs, index, y, d, ds, anchor, x)``: d (n_bus, 2, W), ds (n_unknown, W), anchor (n_bus, 4) V_A and
#: I_A, x (n_unknown, W), all float32.
near_mismatch = lane_intrinsic(7, _emit_near)
