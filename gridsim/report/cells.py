"""Signs in the cells of printed tables."""

from __future__ import annotations

UNKNOWN = "-"
#: Before numbers that the hours without solution can only raise.
AT_LEAST = "≥ "
