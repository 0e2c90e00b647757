"""Relaxation of slow chord iterations: how much of its correction each lane makes, from its last two corrections.

Where the Jacobian has changed much since the anchor, the chord shrinks a mismatch by the same poor factor every time.
What the corrections x_k have in common then shows by how much to lengthen or shorten the next one,

    w_k = -w_(k-1) <x_(k-1), x_k - x_(k-1)> / |x_k - x_(k-1)|^2

for which a single slow direction would vanish at once. The factor is one positive number per lane. So an iteration that
converges still tells that the determinants of J and J_A have the same sign: along an eigenvector of J_A^-1 J whose
eigenvalue is negative, every positive factor leads away.

Source: Irons & Tuck (1969), A version of the Aitken accelerator for computer iteration, Int. J. Numer. Methods Eng. 1.
"""

from __future__ import annotations

from typing import Any

from gridsim.kernels.lane_emitter import F32, I64, LANE_BYTES_32, Emitter, lane_intrinsic


def _emit_products(context: Any, builder: Any, kinds: Any, values: Any) -> None:
    e = Emitter(context, builder, 32)
    x, last = e.data(kinds[0], values[0], F32), e.data(kinds[1], values[1], F32)
    outs = [e.data(kinds[m], values[m], F32) for m in (3, 4)]

    def body(i: Any, sums: list[Any]) -> list[Any]:
        at, out = e.mul(i, LANE_BYTES_32), []
        for k in range(e.n):
            before = e.load(last, at, k, F32)
            change = builder.fsub(e.load(x, at, k, F32), before)
            out += [e.fma(before, change, sums[2 * k]), e.fma(change, change, sums[2 * k + 1])]
        return out

    for number, value in enumerate(e.loop(I64(0), values[2], [e.const(0.0, F32)] * (2 * e.n), body)):
        e.store(value, outs[number % 2], I64(0), number // 2, F32)


def _emit_scale(context: Any, builder: Any, kinds: Any, values: Any) -> None:
    e = Emitter(context, builder, 32)
    x, last, factor = (e.data(kinds[m], values[m], F32) for m in (0, 1, 3))
    factors = [e.load(factor, I64(0), k, F32) for k in range(e.n)]

    def body(i: Any, carried: list[Any]) -> list[Any]:
        at = e.mul(i, LANE_BYTES_32)
        for k in range(e.n):
            value = e.load(x, at, k, F32)
            e.store(value, last, at, k, F32)
            e.store(builder.fmul(value, factors[k]), x, at, k, F32)
        return carried

    e.loop(I64(0), values[2], [], body)


#: ``relaxation_products(x, last, n_unknown, product, square)``: product (W,) = sum of last (x - last), square (W,) =
#: sum of (x - last)^2; x and last (n_unknown, W), all float32.
relaxation_products = lane_intrinsic(5, _emit_products)
#: ``relaxation_scale(x, last, n_unknown, factor)``: last = x, x = factor x; factor (W,) float32.
relaxation_scale = lane_intrinsic(4, _emit_scale)
