"""Forward and back substitution for W right-hand sides with the same factors, in float32.

With the factors L (unit diagonal), U and the inverse diagonal blocks D^-1 of :mod:`gridsim.kernels.block_lu`,

    forward:  z_i = b_i - sum_k L_ik z_k        back:  x_i = D_i^-1 (z_i - sum_j U_ij x_j)

Float32 is enough because the result is a correction: the mismatch that judges it is calculated in float64, so an error
of 1e-7 of the correction is removed by the next one (iterative refinement).

Records of the programs (see :mod:`gridsim.kernels.lane_programs`): index = offset of row i in x, then the offsets
of the n columns; value = n x h factors column by column, then for the way back D_i^-1 (h x h) by rows.

Source: Golub & Van Loan, Matrix Computations, 4th ed., section 3.5.3 (refinement with a factorisation of lower
precision).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from gridsim.kernels.lane_emitter import F32, I32, I64, LANE_BYTES_32, Emitter, lane_intrinsic
from gridsim.kernels.lane_programs import UNROLLED_FACTOR, emit_program


def _make(with_diagonal: bool) -> Any:
    def emit(context: Any, builder: Any, kinds: Any, values: Any) -> None:
        e = Emitter(context, builder, 32)
        runs = e.data(kinds[0], values[0], I64), e.rows_of(kinds[0], values[0])
        index, value = e.data(kinds[1], values[1], I32), e.data(kinds[2], values[2], F32)
        x = e.data(kinds[3], values[3], F32)

        def value_count(height: int, n: Any) -> Any:
            return builder.add(builder.mul(n, I64(height)), I64(height * height if with_diagonal else 0))

        def column(at: Any, factors: Any, c: Any, height: int, sums: list[Any]) -> list[Any]:
            source = e.offset(at, e.add(c, 1))
            first = e.mul(c, height)
            factor = [e.splat_at(factors, e.add(first, r)) for r in range(height)]
            out = list(sums)
            for k in range(e.n):
                z = e.load(x, source, k, F32)
                for r in range(height):
                    out[r * e.n + k] = e.fnma(factor[r], z, out[r * e.n + k])
            return out

        def body(height: int, n: Any, at: Any, factors: Any) -> None:
            target = e.offset(at, 0)
            places = [(e.add(target, r * LANE_BYTES_32), k) for r in range(height) for k in range(e.n)]
            sums = [e.load(x, place, k, F32) for place, k in places]
            if isinstance(n, int):
                for c in range(n):
                    sums = column(at, factors, I64(c), height, sums)
            else:
                sums = e.loop(0, n, sums, lambda c, carried: column(at, factors, c, height, carried))
            if with_diagonal:
                first = builder.mul(n if isinstance(n, ir.Value) else I64(n), I64(height))
                d = [e.splat_at(factors, e.add(first, m)) for m in range(height * height)]
                if height == 1:
                    sums = [builder.fmul(d[0], value) for value in sums]
                else:
                    pairs = list(zip(sums[: e.n], sums[e.n :], strict=True))
                    sums = [e.fma(d[1], q, builder.fmul(d[0], p)) for p, q in pairs]
                    sums += [e.fma(d[3], q, builder.fmul(d[2], p)) for p, q in pairs]
            for value, (place, k) in zip(sums, places, strict=True):
                e.store(value, x, place, k, F32)

        emit_program(e, runs, index, value, 1, value_count, UNROLLED_FACTOR, body)

    return lane_intrinsic(4, emit)


#: ``substitute_forward(runs, index, factor, x)``: x (n_unknown, W) float32, b before, z after.
substitute_forward = _make(with_diagonal=False)
#: ``substitute_back(runs, index, factor, x)``: z before, x after.
substitute_back = _make(with_diagonal=True)
