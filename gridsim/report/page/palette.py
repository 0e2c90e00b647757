"""Colours of the report: those of the printed pictures, so that a loading looks the same on paper and on the page."""

from __future__ import annotations

from typing import Any

#: Lower ends of the bands of loading in percent, and their colours, which fall in luminance with a jump at 100 %.
EDGES = (0.0, 50.0, 70.0, 80.0, 90.0, 100.0, 110.0, 120.0, 130.0, 150.0)
COLOURS = (
    "#F3F7FA",
    "#E2EDF5",
    "#D0E2EF",
    "#BCD6E9",
    "#A6C8E1",
    "#F49A32",
    "#DE5F2C",
    "#B52A36",
    "#761440",
    "#2A0A22",
)
#: Upper end of the scale of heat maps, in percent; higher loadings have the colour of the last band.
TOP = 170.0

PALETTE: dict[str, Any] = {
    "edges": EDGES,
    "colours": COLOURS,
    "top": TOP,
    "ink": "#222222",
    "soft": "#5C5C5C",
    "rule": "#CFCFCF",
    "absent": "#D4D4D4",
    "paper": "#FFFFFF",
    "alert": "#8C1D2F",
    "lanes": ["#2F6B9A", "#3A7D44", "#8A6D1F"],
}
