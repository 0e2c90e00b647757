"""French transmission, 6,470 buses. Without its static generators it has no solution, so it keeps them."""

from __future__ import annotations

from benchmarks.case import CaseEntry
from benchmarks.registry import register_case
from benchmarks.shipped_net import shipped_net

register_case(
    CaseEntry("case6470rte", 6470, lambda: shipped_net("case6470rte", keep_static_generators=True), default_steps=2190)
)
