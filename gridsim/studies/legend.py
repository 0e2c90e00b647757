"""Colours of loadings and classes of voltage: what a reader learns on a printed picture holds on the page."""

from __future__ import annotations

INK, SOFT_INK = "#222222", "#5C5C5C"
RULE = "#CFCFCF"
ABSENT = "#D4D4D4"
PAPER = "#FFFFFF"
ALERT = "#8C1D2F"

#: Lower ends of the bands of loading in percent; the last band is open.
NORMAL_EDGES = (0.0, 50.0, 70.0, 80.0, 90.0)
OVERLOAD_EDGES = (100.0, 110.0, 120.0, 130.0, 150.0)
#: Colours of the bands, which fall in luminance with a jump at 100 %.
NORMAL_COLOURS = ("#F3F7FA", "#E2EDF5", "#D0E2EF", "#BCD6E9", "#A6C8E1")
OVERLOAD_COLOURS = ("#F49A32", "#DE5F2C", "#B52A36", "#761440", "#2A0A22")

#: Voltages in kV from which on a class begins, and its words, highest first.
VOLTAGE_CLASSES = ((400.0, "500 kV"), (180.0, "220 kV"), (80.0, "110 kV"), (0.0, "35 kV"))
