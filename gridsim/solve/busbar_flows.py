"""Powers at the busbars of one branch: what flows through it, and where it comes from and goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.dtypes import ComplexArray, IndexArray
    from gridsim.kernels.structures import LoadingColumns

FLOW_COLUMNS = ("row", "column", "p_mw", "q_mvar")


def busbar_flows(
    compiled: CompiledGrid, columns: LoadingColumns, voltage_pu: ComplexArray, rows: IndexArray
) -> pd.DataFrame:
    """Return the power that every branch takes from some busbars.

    Parameters
    ----------
    compiled, columns:
        The topology at the tap positions of the step, and its loading columns.
    voltage_pu:
        Solved voltage of each row. Shape (n_bus,).
    rows:
        Rows of the busbars. Shape (n_row,).

    Returns
    -------
    pandas.DataFrame
        Columns ``FLOW_COLUMNS``: row of the busbar, loading column of the branch, MW and Mvar that flow from the busbar
        into the branch (negative: into the busbar). Branches without loading column are not listed.
    """
    f, t = columns.from_pos, columns.to_pos
    v_f, v_t = voltage_pu[f], voltage_pu[t]  # columns out of service have row -1 at both ends and are left out below
    admittances = (columns.y_self_from, columns.y_mutual_from, columns.y_mutual_to, columns.y_self_to)
    self_from, mutual_from, mutual_to, self_to = (pair[:, 0] + 1j * pair[:, 1] for pair in admittances)
    into_from = compiled.base_mva * v_f * (self_from * v_f + mutual_from * v_t).conj()
    into_to = compiled.base_mva * v_t * (mutual_to * v_f + self_to * v_t).conj()
    frames = []
    for row in rows.tolist():
        for ends, power in ((f, into_from), (t, into_to)):
            found = np.flatnonzero(ends == row)
            frames.append(
                pd.DataFrame(
                    {"row": row, "column": found, "p_mw": power[found].real, "q_mvar": power[found].imag},
                    columns=list(FLOW_COLUMNS),
                )
            )
    return pd.concat(frames, ignore_index=True)
