"""What a person reads at the end of a run. Times are shown in local time."""

from __future__ import annotations
