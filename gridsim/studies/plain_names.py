"""Names of substations and units without what only a database needs; what to show of the rest is up to the reader."""

from __future__ import annotations

import re

#: Begins the names of substations that stand for real but unpublished ones, and the sign shown instead of it.
REPRESENTATIVE_WORD, REPRESENTATIVE_MARK = "Representative ", "†"
_DATABASE_KEY = re.compile(r"OSM (?:way |node )?\w+(?:, )?")
_EMPTY_BRACKETS = re.compile(r"\s*\(\s*\)")
_SUBSTATION = re.compile(r"\s*\bsubstation\b")
_BRACKETS = re.compile(r"\s*\([^()]*\)$")


def without_database_keys(name: str) -> str:
    """Return ``name`` without OpenStreetMap keys."""
    return _EMPTY_BRACKETS.sub("", _DATABASE_KEY.sub("", name))


def without_substation(name: str) -> str:
    """Return ``name`` without the word substation."""
    return _SUBSTATION.sub("", name, count=1)


def without_brackets(name: str) -> str:
    """Return ``name`` without the brackets at its end."""
    return _BRACKETS.sub("", name)


def unit_name(name: str, substation_id: str) -> str:
    """Return what the identifier of a unit adds to that of its substation, ``T1``; all of it when that is nothing."""
    return name.removeprefix(substation_id).strip("-_:./ ").upper() or name
