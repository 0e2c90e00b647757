"""Loading of all branches for W steps at once, in float64.

Currents into a branch at both ends, I_f = y_ff V_f + y_ft V_t and I_t = y_tf V_f + y_tt V_t, with admittances that are
already multiplied by the percent per pu of their end, give loading = max(|I_f|, |I_t|) in percent; on the power basis
|V| |I| takes the place of |I|. The root is taken in float32 and corrected once,

    y = s + (z - s^2) / (2 s),   s = sqrt(z) in float32,

which leaves a relative error of 1e-14 at a tenth of the price of a root in float64.

Records: index (n_column, 2) int32 offsets of both ends in v; y (n_column, 8) ff, ft, tf, tt as real and imaginary part.
Admittances of NaN give NaN.

Source: pandapower 3.5, results_branch.py (definition of loading).
"""

from __future__ import annotations

from typing import Any

from gridsim.kernels.lane_emitter import F32, F64, I32, LANE_BYTES_64, Emitter, lane_intrinsic, narrowed

#: Added to the float32 root so that the loading of a branch without current is 0 and not 0/0.
TINY = 1e-18


def _make(*, by_power: bool) -> Any:
    def emit(context: Any, builder: Any, kinds: Any, values: Any) -> None:
        e = Emitter(context, builder, 64)
        index, y = e.data(kinds[0], values[0], I32), e.data(kinds[1], values[1], F64)
        v, out = e.data(kinds[4], values[4], F64), e.data(kinds[5], values[5], F64)

        def square_of_end(factors: list[Any], ends: tuple[Any, Any, Any, Any], own: tuple[Any, Any]) -> Any:
            g_f, b_f, g_t, b_t = factors
            f_re, f_im, t_re, t_im = ends
            re = e.fnma(b_t, t_im, e.fma(g_t, t_re, e.fnma(b_f, f_im, builder.fmul(g_f, f_re))))
            im = e.fma(b_t, t_re, e.fma(g_t, t_im, e.fma(b_f, f_re, builder.fmul(g_f, f_im))))
            square = e.fma(im, im, builder.fmul(re, re))
            if by_power:
                square = builder.fmul(square, e.fma(own[1], own[1], builder.fmul(own[0], own[0])))
            return square

        def body(i: Any, carried: list[Any]) -> list[Any]:
            record = builder.gep(index, [e.mul(i, 2)])
            f, t = e.offset(record, 0), e.offset(record, 1)
            row = builder.gep(y, [e.mul(i, 8)])
            factors = [e.splat_at(row, m) for m in range(8)]
            for k in range(e.n):
                e.fence()
                f_re, f_im = e.load(v, f, k, F64), e.load(v, e.add(f, LANE_BYTES_64), k, F64)
                t_re, t_im = e.load(v, t, k, F64), e.load(v, e.add(t, LANE_BYTES_64), k, F64)
                ends = (f_re, f_im, t_re, t_im)
                at_from = square_of_end(factors[:4], ends, (f_re, f_im))
                at_to = square_of_end(factors[4:], ends, (t_re, t_im))
                larger = builder.select(builder.fcmp_ordered(">", at_from, at_to), at_from, at_to)
                root = builder.fadd(e.call("sqrt", narrowed(e, larger)), e.const(TINY, F32))
                half_inverse = builder.fpext(builder.fdiv(e.const(0.5, F32), root), e.vector(F64))
                root = builder.fpext(root, e.vector(F64))
                loading = e.fma(e.fnma(root, root, larger), half_inverse, root)
                e.store(loading, out, e.mul(i, LANE_BYTES_64), k, F64)
            return carried

        e.loop(values[2], values[3], [], body)

    return lane_intrinsic(6, emit)


#: ``loading_by_current(index, y, first, last, v, out)``: columns first:last of out (n_column, W) float64.
loading_by_current = _make(by_power=False)
#: ``loading_by_power``: the same arguments.
loading_by_power = _make(by_power=True)
