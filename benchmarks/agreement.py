"""Whether a subject found what gridsim found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.record import Agreement, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.peers.peer_model import Outcome
    from gridsim.peers.reference_arrays import ReferenceArrays

#: Beyond these a result counts as wrong. A mismatch of 1e-8 pu moves voltages by about 1e-7 pu on the weakest nets.
WORST_VOLTAGE_PU = 1e-5
WORST_LOADING_PERCENT = 0.01
#: Peers judge convergence by other measures (change of voltage, mismatch before the last update): some leeway.
WORST_MISMATCH_PU = 1e-6
#: Branches whose peak is below this share of their table's largest peak are judged by that share.
SMALLEST_PEAK = 1e-3


def compare(
    found: Outcome,
    expected: Outcome,
    arrays: ReferenceArrays,
    profiles: Mapping[tuple[str, str], np.ndarray],
    *,
    is_rough: bool = False,
) -> tuple[Verdict, Agreement]:
    """Judge as many steps as both have.

    An outcome without voltages is judged by its loadings, one whose results are rough not by its mismatch.
    """
    n_found = len(found.voltage) if found.voltage.size else len(next(iter(found.loading.values())))
    n_step = min(n_found, len(expected.voltage))
    loading = max((_loading_distance(found, expected, table, n_step) for table in found.loading), default=0.0)
    voltage = mismatch = 0.0
    n_solved = found.n_solved
    if found.voltage.size:
        alive = arrays.bus_pos >= 0
        solved = np.isfinite(found.voltage[:, alive]).all(axis=1)
        n_solved = min(n_solved, int(solved.sum()))
        distance = np.abs(found.voltage[:n_step] - expected.voltage[:n_step])[:, alive]
        voltage = float(np.nanmax(distance)) if solved[:n_step].any() else float("nan")
        mismatch = arrays.mismatch_pu(found.voltage, profiles)
    agreement = Agreement(voltage, loading, mismatch)
    if n_solved < n_found:
        return Verdict.incomplete, agreement
    is_close = (
        voltage <= WORST_VOLTAGE_PU and (is_rough or mismatch <= WORST_MISMATCH_PU) and loading <= WORST_LOADING_PERCENT
    )
    return (Verdict.ok if is_close else Verdict.wrong), agreement


def _loading_distance(found: Outcome, expected: Outcome, table: str, n_step: int) -> float:
    mine, theirs = found.loading[table][:n_step], expected.loading[table][:n_step]
    if theirs.ndim > mine.ndim:
        theirs = theirs.max(axis=2)
    mine, theirs = mine.reshape(n_step, -1), theirs.reshape(n_step, -1)
    peak = np.max(np.nan_to_num(theirs), axis=0, initial=0.0)
    peak = np.maximum(peak, SMALLEST_PEAK * peak.max(initial=0.0))
    there = peak > 0.0
    if not there.any():
        return 0.0
    return float(np.nanmax(np.abs(mine - theirs)[:, there] / peak[there], initial=0.0) * 100.0)
