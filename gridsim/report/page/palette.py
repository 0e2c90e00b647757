"""Colours of the report: those of the printed pictures, so that a loading looks the same on paper and on the page."""

from __future__ import annotations

from typing import Any

from gridsim.studies import legend

EDGES = (*legend.NORMAL_EDGES, *legend.OVERLOAD_EDGES)
COLOURS = (*legend.NORMAL_COLOURS, *legend.OVERLOAD_COLOURS)
#: Upper end of the scale of heat maps, in percent; higher loadings have the colour of the last band.
TOP = 170.0

PALETTE: dict[str, Any] = {
    "edges": EDGES,
    "colours": COLOURS,
    "top": TOP,
    "ink": legend.INK,
    "soft": legend.SOFT_INK,
    "rule": legend.RULE,
    "absent": legend.ABSENT,
    "paper": legend.PAPER,
    "alert": legend.ALERT,
    "lanes": ["#2F6B9A", "#3A7D44", "#8A6D1F"],
}
