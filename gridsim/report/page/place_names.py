"""Names of substations and units as the page shows them; it explains the sign of representative ones once."""

from __future__ import annotations

from typing import Any

from gridsim.studies.plain_names import (
    REPRESENTATIVE_MARK,
    REPRESENTATIVE_WORD,
    unit_name,
    without_brackets,
    without_database_keys,
    without_substation,
)


def place_name(name: str) -> str:
    """Return the name of a substation without what only a database needs; a representative one has a mark instead."""
    shown = without_database_keys(str(name)).strip()
    if not shown.startswith(REPRESENTATIVE_WORD):
        return shown
    return f"{shown.removeprefix(REPRESENTATIVE_WORD)} {REPRESENTATIVE_MARK}"


def chart_name(name: str) -> str:
    """Return the name as a picture has room for it: without brackets and without the word substation."""
    shown, mark, _ = place_name(name).partition(f" {REPRESENTATIVE_MARK}")
    return (without_brackets(without_substation(shown)) or shown) + mark


def unit_names(row: Any) -> str:
    """Return what the identifiers of like units add to that of their substation, ``T1, T2``."""
    return ", ".join(unit_name(name, row.substation_id) for name in row.names)
