"""Conversion factors, so that no bare 1000 or 8760 stands in a formula."""

from __future__ import annotations

import math

KW_PER_MW = 1000.0
HOURS_PER_DAY = 24
HOURS_PER_YEAR = 8766.0
MINUTES_PER_HOUR = 60.0
PERCENT = 100.0
SQRT_3 = math.sqrt(3.0)
