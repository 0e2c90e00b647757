"""Twins of the lane passes, row by row from the equations, each with a bound on what rounding may add.

A twin calculates in float64 (float32 passes) or in the widest float numpy has (float64 passes), and returns values and
bounds. The bound of a sum of n products is (n + 2) u sum |terms|, with u the unit roundoff of the pass: it holds for
every order of the terms, fused or not. Errors of what a row reads are carried along (running error analysis).

Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1 and 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gridsim.kernels.lane_emitter import LANES
from gridsim.kernels.lane_programs import shape_code

#: Unit roundoff.
U32, U64 = 2.0**-24, 2.0**-53
WIDE = np.longdouble
#: Bytes of a lane vector, and of one bus in v.
ROW_32 = LANES * 4
BUS_64 = 2 * LANES * 8


@dataclass(frozen=True)
class Row:
    """One row of a sparse pass: first unknown, height, columns (unknowns or buses), the bus it belongs to."""

    target: int
    height: int
    columns: tuple[int, ...]
    bus: int = -1


def run_table(runs: list[list[Row]], unrolled: int) -> Any:
    table = [
        (shape_code(run[0].height, len(run[0].columns), unrolled), len(run), len(run[0].columns))
        for run in runs
        if len({(row.height, len(row.columns)) for row in run}) == 1
    ]
    assert len(table) == len(runs)
    return np.array(table, dtype=np.int64).reshape(-1, 3)


def substitution_program(runs: list[list[Row]], factors: Any, inverse: Any | None, unrolled: int) -> Any:
    """Records as the docstring of the pass says: ``factors[r, c]`` and ``inverse[r, c]`` are dense in unknowns."""
    index, value = [], []
    for row in (row for run in runs for row in run):
        index += [row.target * ROW_32, *(column * ROW_32 for column in row.columns)]
        own = range(row.target, row.target + row.height)
        value += [factors[r, c] for c in row.columns for r in own]
        if inverse is not None:
            value += [inverse[r, c] for r in own for c in own]
    return run_table(runs, unrolled), np.array(index, dtype=np.int32), np.array(value, dtype=np.float32)


def substitute(runs: list[list[Row]], factors: Any, inverse: Any | None, right: Any) -> Any:
    """Rows in the order of the program; returns values and bounds, shape of ``right`` (n_unknown, W)."""
    x, bound = right.astype(float), np.zeros(right.shape)
    for row in (row for run in runs for row in run):
        own = slice(row.target, row.target + row.height)
        columns = list(row.columns)
        f = factors[own][:, columns].astype(float)
        terms = np.abs(x[own]) + np.abs(f) @ np.abs(x[columns])
        z = x[own] - f @ x[columns]
        error = np.abs(f) @ bound[columns] + (len(columns) + 2) * U32 * terms
        if inverse is not None:
            d = inverse[own, own].astype(float)
            error = np.abs(d) @ (error + 4 * U32 * np.abs(z))
            z = d @ z
        x[own], bound[own] = z, error
    return x, bound


def mismatch_program(runs: list[list[Row]], y: Any, dtype: type, unrolled: int, own: Any) -> Any:
    """Records of both mismatches: ``y`` (n_bus, n_bus) complex, ``own`` (n_bus,) what stands first in a record."""
    index, value = [], []
    for row in (row for run in runs for row in run):
        index += [row.bus * BUS_64, row.target * ROW_32, *(column * BUS_64 for column in row.columns)]
        for number in (own[row.bus], *(y[row.bus, column] for column in row.columns)):
            value += [number.real, number.imag]
    return run_table(runs, unrolled), np.array(index, dtype=np.int32), np.array(value, dtype=dtype)


def judge(rows: list[Row], y: Any, v: Any, s: Any, n_unknown: int) -> Any:
    """b = S - V conj(Y V) of each row; ``v``, ``s`` (n_bus, 2, W). The result is rounded to float32 in the end."""
    out, bound = np.zeros((n_unknown, LANES)), np.zeros((n_unknown, LANES))
    voltage = v[:, 0].astype(WIDE) + 1j * v[:, 1].astype(WIDE)
    for row in rows:
        every = [row.bus, *row.columns]
        current = (y[row.bus, every][:, np.newaxis] * voltage[every]).sum(axis=0)
        size = (np.abs(y[row.bus, every])[:, np.newaxis] * np.abs(voltage[every])).sum(axis=0)
        gap = s[row.bus, 0] + 1j * s[row.bus, 1].astype(WIDE) - voltage[row.bus] * current.conj()
        largest = np.abs(s[row.bus]).max(axis=0) + np.abs(voltage[row.bus]) * size
        for part, number in enumerate((gap.real, gap.imag)[: row.height]):
            out[row.target + part] = number
            bound[row.target + part] = U32 * np.abs(number) + 2 * (len(every) + 6) * U64 * largest
    return out, bound


def near(rows: list[Row], y: Any, y_sum: Any, d: Any, ds: Any, anchor: Any) -> Any:
    """b = dS - (V_A + D) conj(dI) - D conj(I_A) with dI = sum Y_ij (D_j - D_i) + (sum Y_ij) D_i."""
    out, bound = np.zeros(ds.shape), np.zeros(ds.shape)
    move = d[:, 0].astype(float) + 1j * d[:, 1].astype(float)
    for row in rows:
        i = row.bus
        others = list(row.columns)
        apart = move[others] - move[i]
        current = (y[i, others][:, np.newaxis] * apart).sum(axis=0) + y_sum[i] * move[i]
        size = (np.abs(y[i, others])[:, np.newaxis] * (np.abs(move[others]) + np.abs(move[i]))).sum(axis=0)
        size += np.abs(y_sum[i]) * np.abs(move[i])
        v, i_anchor = (complex(*anchor[i, k : k + 2].astype(float)) for k in (0, 2))
        gap = -(v + move[i]) * current.conj() - move[i] * np.conj(i_anchor)
        largest = (np.abs(v) + np.abs(move[i])) * size + np.abs(move[i]) * np.abs(i_anchor)
        for part, number in enumerate((gap.real, gap.imag)[: row.height]):
            at = row.target + part
            out[at] = ds[at] + number
            bound[at] = 2 * (len(others) + 8) * U32 * (largest + np.abs(ds[at]))
    return out, bound


def series(theta: Any, dlnv: Any, *, is_long: bool) -> Any:
    """(1 + dlnv) (cos theta + j sin theta) with the first terms of both series."""
    cosine = 1.0 - theta**2 / 2 + (theta**4 / 24 if is_long else 0.0)
    return (1.0 + dlnv) * (cosine + 1j * (theta - theta**3 / 6))


def bus_moves(records: Any, x: Any, *, has_magnitude: bool) -> Any:
    """theta and dlnv of every record in float64; dlnv is 0 where the magnitude is given. Shape (n_record, W)."""
    first = records[:, 2] // ROW_32
    theta = x[first].astype(float)
    return theta, (x[first + 1].astype(float) if has_magnitude else np.zeros(theta.shape))


def pulled_back(v: Any, pull: Any) -> Any:
    """One Newton step of 1 / sqrt towards the set point: V + V (1/2 - |V|^2 pull)."""
    return v * (1.5 - np.abs(v) ** 2 * pull)


def loading(ends: Any, y: Any, v: Any, *, by_power: bool) -> Any:
    """Larger end of each column; ``ends`` (n_column, 2) rows, ``y`` (n_column, 6), ``v`` (n_bus, 2, W)."""
    voltage = v[:, 0].astype(WIDE) + 1j * v[:, 1].astype(WIDE)
    v_from, v_to = voltage[ends[:, 0]], voltage[ends[:, 1]]
    at_from = np.abs(y[:, [0]] * v_from + (y[:, [1]] + 1j * y[:, [2]]) * v_to)
    at_to = np.abs(y[:, [3]] * v_to + (y[:, [4]] + 1j * y[:, [5]]) * v_from)
    if by_power:
        at_from, at_to = at_from * np.abs(v_from), at_to * np.abs(v_to)
    return np.maximum(at_from, at_to)
