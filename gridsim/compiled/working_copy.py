"""A copy of a net that pandapower's conversion may write to, of what the conversion reads and nothing else.

``copy.deepcopy`` of a net takes longer than its conversion: results, standard types and every empty table go along.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd

#: Results and what pandapower remembers of its last run; the conversion makes its own.
LEFT_OUT = ("res_", "_")


def working_copy(net: Any) -> Any:
    """Return a net whose element tables may be written to without the given one changing.

    Tables with rows are copied; what pandapower only reads (standard types, tables without rows) is shared.

    Parameters
    ----------
    net:
        A ``pandapowerNet``; not changed.
    """
    work = copy.copy(net)
    for name in [name for name in work if name.startswith(LEFT_OUT)]:
        del work[name]
    for name, value in work.items():
        if isinstance(value, pd.DataFrame):
            work[name] = _own_table(value)
    work["user_pf_options"] = dict(net["user_pf_options"])
    return work


def _own_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Copy a table; one without rows has no values to write to and gets new ones by new rows only."""
    n_row = len(frame)
    copied = frame.copy(deep=n_row > 0)
    # The same labels in the form that pandas finds fastest: a label that is not found is then an error without text,
    # and pandapower runs into that error, and through the text of whole columns, once per column of tap changers.
    if n_row and frame.index.dtype.kind == "i" and np.array_equal(frame.index.to_numpy(), np.arange(n_row)):
        copied.index = pd.RangeIndex(n_row, name=frame.index.name)
    return copied
