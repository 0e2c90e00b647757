"""Result arrays of a batch, before any step is solved."""

from __future__ import annotations

import numpy as np

from gridsim.dtypes import INDEX, STATUS, STORED_LOADING
from gridsim.enums import StepStatus
from gridsim.kernels.lane_structures import ChordResults
from gridsim.solve.result_memory import RESULT_MEMORY


def no_results(n_step: int, n_bus: int, n_column: int, *, is_single: bool, keeps_voltage: bool) -> ChordResults:
    """Return results in which no step is solved yet.

    Parameters
    ----------
    n_step, n_bus, n_column:
        Numbers of steps, rows and loading columns.
    is_single:
        Whether loading is kept as float32.
    keeps_voltage:
        Whether voltages are kept.
    """
    # Who wants loading alone streams blocks, and must not hold memory between them.
    empty = np.empty if is_single else RESULT_MEMORY.empty
    return ChordResults(
        voltage=empty((n_step, 2 * n_bus) if keeps_voltage else (0, 0), np.float64),
        loading=empty((n_step, n_column), STORED_LOADING if is_single else np.float64),
        code=np.full(n_step, int(StepStatus.diverged), dtype=STATUS),
        iterations=np.zeros(n_step, dtype=INDEX),
        mismatch=np.full(n_step, np.nan),
        load_pu=np.full(n_step, np.nan),
        loss_pu=np.full(n_step, np.nan),
    )
