"""Names as a picture has room for them: what the footnote explains is abbreviated, what only a database needs goes."""

from __future__ import annotations

import re

from gridsim.plots.style import shorten
from gridsim.studies.plain_names import (
    REPRESENTATIVE_WORD,
    without_brackets,
    without_database_keys,
    without_substation,
)

REPRESENTATIVE_SHORT = "repr. "
_SHORT_WORD = 3
_VOLTAGE = re.compile(r"(?<![\d.,])(1150|500|220|110|35)(?= kV|/|\b)")


def short_name(name: str) -> str:
    """Return ``name`` without OpenStreetMap keys, with ``repr.`` for "Representative ... substation"."""
    shown = without_database_keys(name)
    if shown.startswith(REPRESENTATIVE_WORD):
        shown = REPRESENTATIVE_SHORT + without_substation(shown.removeprefix(REPRESENTATIVE_WORD))
    return shown


def fitting_name(name: str, limit: int) -> str:
    """Return the short name in at most ``limit`` characters: what stands in brackets goes before letters go."""
    shown = short_name(name)
    if len(shown) > limit:
        shown = without_brackets(shown)
    head, _, last = shown.rpartition(" ")
    if len(shown) > limit and head and len(last) <= _SHORT_WORD:
        # The number at the end tells one from the next.
        return f"{shorten(head, limit - len(last) - 1)} {last}"
    return shorten(shown, limit)


def transformer_label(substation_name: str, units: str, limit: int) -> str:
    """Return ``substation, units`` in at most ``limit`` characters; the units are never cut."""
    if not substation_name:
        return units
    tail = f", {units}" if units else ""
    return fitting_name(substation_name, limit - len(tail)) + tail


def highest_voltage_kv(name: str) -> float:
    """Return the highest of the usual voltages that ``name`` speaks of, 0 when it speaks of none."""
    return max((float(text) for text in _VOLTAGE.findall(name)), default=0.0)
