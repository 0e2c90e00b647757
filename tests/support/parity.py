"""How close two solutions of one batch must be, and random batches to compare them on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from gridsim.solve import SolveOptions
    from gridsim.solve.solution import BatchSolution

VM_TOLERANCE_PU = 1e-8
VA_TOLERANCE_DEGREE = 1e-6
LOADING_TOLERANCE_PERCENT = 1e-5
#: The judge is asked for this many times the rounding of one bus's power, and never for less than the floor.
ROUNDINGS = 100.0
STRICTEST_PU = 1e-11

DRIVEN = (("load", "p_mw"), ("load", "q_mvar"), ("sgen", "p_mw"), ("sgen", "q_mvar"), ("gen", "p_mw"))


def random_profiles(net: Any, n_step: int, seed: int, lowest: float = 0.5, noise: float = 0.05) -> Any:
    """Return profiles at random levels between ``lowest`` and 1 of the net's own values, plus noise per element."""
    rng = np.random.default_rng(seed)
    level = rng.uniform(lowest, 1.0, (n_step, 1))
    profiles = {}
    for table, column in DRIVEN:
        own = net[table][column].to_numpy(dtype=float)
        if own.size:
            profiles[table, column] = own * level * (1.0 + noise * rng.standard_normal((n_step, own.size)))
    return profiles


def judge_options(compiled: Any, options: SolveOptions) -> SolveOptions:
    """Ask the judge for as much as rounding allows: what the usual tolerance leaves is more than is compared.

    On weak low-voltage nets a mismatch of 1e-8 pu moves voltages by more than 1e-8 pu, on small nets 9e-9 pu moves the
    loading of a line by more than 1e-5 %. The power of a bus is a sum of products with its admittances, so the largest
    of them tells how far down a mismatch can be brought: busbar couplers on a base of 1 MVA round at 1e-10 already.
    """
    largest = max(float(np.abs(y).max(initial=0.0)) for y in (compiled.y_ff, compiled.y_ft, compiled.y_tt))
    reachable = ROUNDINGS * float(np.finfo(float).eps) * largest
    return replace(options, tolerance_pu=min(max(reachable, STRICTEST_PU), options.tolerance_pu))


def largest_difference(first: Any, second: Any) -> float:
    """Largest difference of two arrays that must have NaN in the same places."""
    first, second = np.asarray(first), np.asarray(second)
    assert (np.isnan(first) == np.isnan(second)).all()
    difference = np.abs(first - second)
    return float(np.nanmax(difference)) if np.isfinite(difference).any() else 0.0


def assert_same_solution(ours: BatchSolution, theirs: BatchSolution) -> None:
    """Same steps solved, and voltages and loadings as close as the project asks for."""
    assert ours.is_solved.tolist() == theirs.is_solved.tolist()
    assert largest_difference(ours.vm_pu, theirs.vm_pu) <= VM_TOLERANCE_PU
    assert largest_difference(ours.va_degree, theirs.va_degree) <= VA_TOLERANCE_DEGREE
    assert largest_difference(ours.loading.trafo, theirs.loading.trafo) <= LOADING_TOLERANCE_PERCENT
    assert largest_difference(ours.loading.trafo3w, theirs.loading.trafo3w) <= LOADING_TOLERANCE_PERCENT
    assert largest_difference(ours.loading.line, theirs.loading.line) <= LOADING_TOLERANCE_PERCENT
    scale = np.nanmax(np.abs(theirs.load_mw), initial=1.0)
    assert largest_difference(ours.load_mw, theirs.load_mw) <= 1e-9 * scale
    assert largest_difference(ours.loss_mw, theirs.loss_mw) <= 1e-6 * scale
    assert largest_difference(ours.unserved_mw, theirs.unserved_mw) <= 1e-9 * scale
