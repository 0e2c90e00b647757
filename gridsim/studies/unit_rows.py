"""One row per transformer from the table of loading columns, in which a three-winding unit has three."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

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
