"""The noun of this room: the tables of one network folder after validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@dataclass(frozen=True)
class NetworkTables:
    """Validated tables of one network folder; every row carries its source and confidence.

    Attributes
    ----------
    folder:
        The folder as the caller named it.
    frames:
        Table name to frame. Every table of :data:`gridsim.tables.schema.TABLES` is present with all its columns, in
        schema order, on a ``RangeIndex``: row ``i`` is row ``i + 2`` of the spreadsheet. Text is ``object`` ("" where
        an optional cell is empty), numbers ``float64`` (NaN), whole numbers ``int64``, flags ``bool``, dates
        ``datetime64[ns]`` without time zone (NaT). Treat them as read-only.
    digests:
        File name to the SHA-256 of its bytes, for the manifest of a run.
    """

    folder: str
    frames: Mapping[str, pd.DataFrame]
    digests: Mapping[str, str]

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return the frame of table ``name``; KeyError when the schema has no such table."""
        return self.frames[name]
