"""Tables on their way to being valid: what the rules look at.

A draft holds every table and every column of the schema, whatever the files looked like. A cell that could not be
read is NaN, NaT, "" or False in the typed frame and keeps its text beside it, so that each rule can go on with the rest
and a user learns everything that is wrong in one go.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gridsim.errors import Finding
from gridsim.tables.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from gridsim.dtypes import AnyArray, FloatArray

TABLE_BY_NAME = {table.name: table for table in TABLES}
SHOWN_CHARACTERS = 120


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a sentence that names the known word nearest to ``word``; empty when none is near."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean {str(found[0])!r}? " if found else ""


def shown(text: str) -> str:
    """Return ``text`` shortened for a message."""
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}... ({len(text)} characters)"


def rows_where(mask: AnyArray) -> list[int]:
    """Return the positions at which ``mask`` holds."""
    return [int(pos) for pos in np.flatnonzero(mask)]


@dataclass(frozen=True)
class Draft:
    """Typed frames beside the text they were read from.

    Attributes
    ----------
    frames:
        Table name to typed frame with all columns of the schema. Whole-number columns are ``float64`` while they hold
        a cell that could not be read.
    texts:
        Table name to frame of the same shape with the text of each cell, stripped.
    rows:
        Table name to the spreadsheet row of each record.
    unreadable:
        Tables of which nothing is known (no file, no key column): rules leave references to them alone, because one
        missing file would otherwise drown the report.
    """

    frames: Mapping[str, pd.DataFrame]
    texts: Mapping[str, pd.DataFrame]
    rows: Mapping[str, list[int]]
    unreadable: frozenset[str]

    def finding(self, table: str, pos: int, column: str, rule: str, *, message: str, remedy: str) -> Finding:
        """Make a finding about one cell, or about a whole record when ``column`` is empty."""
        value = str(self.texts[table][column].iloc[pos]) if column else ""
        return Finding(
            TABLE_BY_NAME[table].file, self.rows[table][pos], column, shown(value), rule, message, remedy.strip()
        )

    def file_finding(self, table: str, rule: str, *, message: str, remedy: str) -> Finding:
        """Make a finding about a file as a whole."""
        return Finding(TABLE_BY_NAME[table].file, 0, "", "", rule, message, remedy)

    def words(self, table: str, column: str) -> list[str]:
        """Return a text column as a list."""
        return [str(word) for word in self.frames[table][column]]

    def numbers(self, table: str, column: str) -> FloatArray:
        """Return a number or whole-number column; NaN where the cell could not be read."""
        return self.frames[table][column].to_numpy(dtype=np.float64)

    def keys(self, table: str) -> list[str]:
        """Return the key column of a table."""
        return self.words(table, TABLE_BY_NAME[table].key)

    @cached_property
    def position(self) -> Mapping[str, Mapping[str, int]]:
        """Table name to key to position of the first record with that key; empty keys are left out."""
        found: dict[str, dict[str, int]] = {}
        for name in self.frames:
            places = found.setdefault(name, {})
            for pos, key in enumerate(self.keys(name)):
                if key:
                    places.setdefault(key, pos)
        return found

    def looked_up(self, table: str, column: str, target: str) -> Iterator[tuple[int, int]]:
        """Yield ``(pos, target_pos)`` for each record of ``table`` whose reference to ``target`` can be resolved."""
        places = self.position[target]
        for pos, key in enumerate(self.words(table, column)):
            target_pos = places.get(key)
            if target_pos is not None:
                yield pos, target_pos
