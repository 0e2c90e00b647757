"""Loading of all branches for W steps at once, in float64.

Currents into a branch at both ends, I_f = y_ff V_f + y_ft V_t and I_t = y_tf V_f + y_tt V_t, with admittances that are
already multiplied by the percent per pu of their end, give loading = max(|I_f|, |I_t|) in percent; on the power basis
|V| |I| takes the place of |I|. Only magnitudes count, so both currents are turned until y_ff and y_tt are real, which
saves a fifth of the work. The root is taken in float32 and corrected once,

    y = s + (z - s^2) / (2 s),   s = sqrt(z) in float32,

which leaves a relative error of 1e-14 at a tenth of the price of a root in float64.

Records: index (n_column, 2) int32 offsets of both ends in v; y (n_column, 6): |y_ff|, y_ft turned (real and imaginary
part), |y_tt|, y_tf turned.
Admittances of NaN give NaN.

Source: pandapower 3.5, results_branch.py (definition of loading).
"""

from __future__ import annotations

from typing import Any

from gridsim.kernels.lane_emitter import F32, F64, I32, LANE_BYTES_64, Emitter, joined, lane_intrinsic, narrowed

#: Added to the float32 root so that the loading of a branch without current is 0 and not 0/0.
TINY = 1e-18


def _make(*, by_power: bool) -> Any:
    def emit(context: Any, builder: Any, kinds: Any, values: Any) -> None:
        e, single = Emitter(context, builder, 64), Emitter(context, builder, 32)
        ratio = single.chunk // e.chunk
        index, y = e.data(kinds[0], values[0], I32), e.data(kinds[1], values[1], F64)
        v, out = e.data(kinds[4], values[4], F64), e.data(kinds[5], values[5], F64)

        def square_of_end(row: Any, end: int, own: tuple[Any, Any], other: tuple[Any, Any]) -> Any:
            # The factors are read again for every register: kept, they would push the voltages out of the registers.
            y_own, g, b = (e.splat_at(row, 3 * end + m) for m in range(3))
            re = e.fnma(b, other[1], e.fma(g, other[0], builder.fmul(y_own, own[0])))
            im = e.fma(b, other[0], e.fma(g, other[1], builder.fmul(y_own, own[1])))
            square = e.fma(im, im, builder.fmul(re, re))
            if by_power:
                square = builder.fmul(square, e.fma(own[1], own[1], builder.fmul(own[0], own[0])))
            return square

        def body(i: Any, carried: list[Any]) -> list[Any]:
            record = builder.gep(index, [e.mul(i, 2)])
            f, t = e.offset(record, 0), e.offset(record, 1)
            row = builder.gep(y, [e.mul(i, 6)])
            for k in range(single.n):
                squares = []
                for part in range(ratio):
                    e.fence()
                    chunk = k * ratio + part
                    at_f = e.load(v, f, chunk, F64), e.load(v, e.add(f, LANE_BYTES_64), chunk, F64)
                    at_t = e.load(v, t, chunk, F64), e.load(v, e.add(t, LANE_BYTES_64), chunk, F64)
                    from_end, to_end = square_of_end(row, 0, at_f, at_t), square_of_end(row, 1, at_t, at_f)
                    squares.append(builder.select(builder.fcmp_ordered(">", from_end, to_end), from_end, to_end))
                rough = joined(single, [narrowed(e, square) for square in squares], 0)
                root = builder.fadd(single.call("sqrt", rough), single.const(TINY, F32))
                half_inverse = builder.fdiv(single.const(0.5, F32), root)
                for part, square in enumerate(squares):
                    start = e.widen(root, part)
                    loading = e.fma(e.fnma(start, start, square), e.widen(half_inverse, part), start)
                    e.store(loading, out, e.mul(i, LANE_BYTES_64), k * ratio + part, F64)
            return carried

        e.loop(values[2], values[3], [], body)

    return lane_intrinsic(6, emit)


#: ``loading_by_current(index, y, first, last, v, out)``: columns first:last of out (n_column, W) float64.
loading_by_current = _make(by_power=False)
#: ``loading_by_power``: the same arguments.
loading_by_power = _make(by_power=True)
