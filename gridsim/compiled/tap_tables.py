"""Tap tables, one row for each unit.

pandapower 3.5.6 looks a tap table up by its id alone: transformers that share a table but stand at different positions
all get the values of one of them, and a position without a row silently counts as ratio 1, 1 degree and vk 1 %. Giving
every unit a table of its own, with the row of its position, makes the first right and the second an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.errors import CompileError

if TYPE_CHECKING:
    from gridsim.dtypes import AnyArray, BoolArray

TABLE = "trafo_characteristic_table"


def separate_tap_tables(work: Any) -> None:
    """Give every transformer with a tap table its own row of it, in the net itself.

    Parameters
    ----------
    work:
        A net whose tables may be changed.

    Raises
    ------
    CompileError
        For a unit in service whose position its table does not hold.
    """
    tables: list[pd.DataFrame] = []
    for table in ("trafo", "trafo3w"):
        if not uses_table(work[table]).any():
            continue
        index = work[table].index.to_numpy()
        first = sum(len(rows) for rows in tables)
        work[table], own = one_row_per_unit(work, table, work[table], index, first)
        tables += [] if own is None else [own]
    if tables:
        work[TABLE] = pd.concat(tables, ignore_index=True)


def uses_table(frame: pd.DataFrame) -> BoolArray:
    """Whether ratio and impedance of each unit come from a table."""
    if "tap_dependency_table" not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.array([value is True or value is np.True_ for value in frame["tap_dependency_table"]], dtype=bool)


def one_row_per_unit(
    net: Any, table: str, frame: pd.DataFrame, index: AnyArray, first: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Return a copy of ``frame`` whose units point to tables of one row each, and these tables.

    Parameters
    ----------
    net:
        Where the tap tables are.
    table:
        ``trafo`` or ``trafo3w``, for messages.
    frame:
        Units, each at its ``tap_pos``.
    index:
        Index of each of them in the net. Shape (n_unit,).
    first:
        Id of the first new table.

    Raises
    ------
    CompileError
        For a unit in service without table, or whose position its table does not hold.
    """
    tabled = np.flatnonzero(uses_table(frame))
    if tabled.size == 0:
        return frame, None
    if TABLE not in net or "id_characteristic_table" not in frame:
        raise CompileError(f"{table} {index[tabled[0]]}: tap_dependency_table is set, but there is no tap table")
    ids = pd.to_numeric(frame["id_characteristic_table"]).to_numpy(dtype=float, na_value=np.nan)[tabled]
    steps = pd.to_numeric(frame["tap_pos"]).to_numpy(dtype=float, na_value=np.nan)[tabled]
    lookup = net[TABLE].drop_duplicates(["id_characteristic", "step"], keep="last")
    known = pd.MultiIndex.from_arrays([lookup["id_characteristic"].astype(float), lookup["step"].astype(float)])
    found = known.get_indexer(pd.MultiIndex.from_arrays([ids, steps]))
    in_service = frame["in_service"].to_numpy(dtype=bool)[tabled]
    for place in np.flatnonzero((found < 0) & in_service):
        raise CompileError(
            f"{table} {index[tabled[place]]}: its tap table {ids[place]:g} holds no position {steps[place]:g}"
        )
    rows = lookup.iloc[found].copy()
    rows["id_characteristic"] = np.arange(first, first + len(rows))
    rows["step"] = steps  # units out of service keep some row or other
    own = frame.copy()
    new_id = np.full(len(frame), -1)
    new_id[tabled] = rows["id_characteristic"]
    own["id_characteristic_table"] = pd.array(new_id, dtype="Int64")
    own.loc[~uses_table(frame), "id_characteristic_table"] = pd.NA
    return own, rows
