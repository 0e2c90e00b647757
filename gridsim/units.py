"""Conversion factors by name; kernels and peers, which know of no other room, write the numbers."""

from __future__ import annotations

import math

KW_PER_MW = 1000.0
MWH_PER_GWH = 1000.0
HOURS_PER_DAY = 24
HOURS_PER_YEAR = 8766.0
MINUTES_PER_HOUR = 60.0
PERCENT = 100.0
SQRT_3 = math.sqrt(3.0)
