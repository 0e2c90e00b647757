"""What branches at other tap positions draw, for W steps at once.

A branch whose admittances differ by dy from those of the common matrix draws the additional currents

    dI_f = dy_ff V_f + dy_ft V_t,      dI_t = dy_tf V_f + dy_tt V_t

and so the powers V_f conj(dI_f) and V_t conj(dI_t), which are taken from the injections of its ends.

Source: Grainger & Stevenson, Power System Analysis, ch. 9.
"""

from __future__ import annotations

from typing import Any

from gridsim.kernels.lane_emitter import F64, I32, I64, LANE_BYTES_64, Emitter, lane_intrinsic


def _emit_draw(context: Any, builder: Any, kinds: Any, values: Any) -> None:
    e = Emitter(context, builder, 64)
    active, index = e.data(kinds[0], values[0], I64), e.data(kinds[2], values[2], I32)
    dy, v, s = (e.data(kinds[m], values[m], F64) for m in (3, 4, 5))

    def draw(k: int, branch: Any, first: int, f: tuple[Any, Any], t: tuple[Any, Any], own: Any, at: Any) -> None:
        factors = [e.load(dy, e.add(branch, (first + m) * LANE_BYTES_64), k, F64) for m in range(4)]
        g_f, b_f, g_t, b_t = factors
        re = e.fnma(b_t, t[1], e.fma(g_t, t[0], e.fnma(b_f, f[1], builder.fmul(g_f, f[0]))))
        im = e.fma(b_t, t[0], e.fma(g_t, t[1], e.fma(b_f, f[0], builder.fmul(g_f, f[1]))))
        p = e.fnma(own[1], im, e.fnma(own[0], re, e.load(s, at, k, F64)))
        e.store(p, s, at, k, F64)
        at_im = e.add(at, LANE_BYTES_64)
        e.store(e.fma(own[0], im, e.fnma(own[1], re, e.load(s, at_im, k, F64))), s, at_im, k, F64)

    def body(i: Any, carried: list[Any]) -> list[Any]:
        moved = e.scalar(active, i)
        record = builder.gep(index, [e.mul(moved, 2)])
        at_f, at_t = e.offset(record, 0), e.offset(record, 1)
        branch = e.mul(moved, 8 * LANE_BYTES_64)
        for k in range(e.n):
            e.fence()
            f = e.load(v, at_f, k, F64), e.load(v, e.add(at_f, LANE_BYTES_64), k, F64)
            t = e.load(v, at_t, k, F64), e.load(v, e.add(at_t, LANE_BYTES_64), k, F64)
            draw(k, branch, 0, f, t, f, at_f)
            draw(k, branch, 4, f, t, t, at_t)
        return carried

    e.loop(0, values[1], [], body)


#: ``draw_at_taps(active, n_active, index, dy, v, s)``: for the first n_active branches listed in ``active`` (n_moved,)
#: int64, s of both ends is reduced by what they draw; index (n_moved, 2) int32 offsets of the ends in v and s,
#: dy (n_moved, 8, W), v (n_bus, 2, W), s (n_bus + 1, 2, W) float64.
draw_at_taps = lane_intrinsic(6, _emit_draw)
