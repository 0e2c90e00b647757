"""One row per transformer from the table of loading columns, and one row for units that carry the same load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from gridsim.dtypes import FloatArray

TRANSFORMER_TYPES = ("trafo", "trafo3w")
#: What is the same in all windings of a unit.
_SHARED = (
    "substation_id",
    "substation_name",
    "area",
    "cooling",
    "confidence",
    "is_representative",
    "open_utc",
    "close_utc",
)


def unit_rows(elements: pd.DataFrame) -> pd.DataFrame:
    """Return one row per transformer of table ``elements``, in its order.

    Columns ``element_type``, ``name``, what its windings share, ``sn_mva`` (the largest rating of its windings) and
    ``voltage_kv`` (the highest voltage).
    """
    windings = elements[elements["element_type"].isin(TRANSFORMER_TYPES)]
    largest = {name: (name, "max") for name in ("sn_mva", "voltage_kv")}
    by_unit = windings.groupby(["element_type", "name"], sort=False)
    rows: pd.DataFrame = by_unit.agg(**{name: (name, "first") for name in _SHARED}, **largest).reset_index()
    return rows


def rows_of_twins(units: pd.DataFrame, alike: pd.DataFrame, name: str, *, total: Sequence[str] = ()) -> pd.DataFrame:
    """Return the first of all rows that are alike, in their order, with ``names`` of them all.

    Parameters
    ----------
    units:
        One row per unit.
    alike:
        What rows must have in common, on the index of ``units``; missing values are alike.
    name:
        Column of ``units`` gathered in ``names``, lists in the order of the rows.
    total:
        Columns of ``units`` that are added up over the rows that are alike.
    """
    groups = units.groupby([alike[column] for column in alike], sort=False, dropna=False)
    sums = {column: groups[column].transform("sum") for column in total}
    return units.assign(**sums)[groups.cumcount() == 0].assign(names=groups[name].agg(list).to_numpy())


def course_keys(worst_percent: FloatArray) -> list[bytes]:
    """Return a key for each row of loadings (n_unit, n_month), equal when both have the same months within 0.1 %."""
    return [row.tobytes() for row in np.nan_to_num(np.round(worst_percent, 1), nan=-1.0)]
