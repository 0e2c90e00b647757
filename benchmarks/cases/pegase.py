"""European transmission, 1,354 to 9,241 buses, as pandapower ships it."""

from __future__ import annotations

from benchmarks.case import CaseEntry
from benchmarks.registry import register_case
from benchmarks.shipped_net import shipped_net

for _name, _n_bus, _steps in (
    ("case1354pegase", 1354, 8760),
    ("case2869pegase", 2869, 4380),
    ("case9241pegase", 9241, 1095),
):
    register_case(CaseEntry(_name, _n_bus, lambda name=_name: shipped_net(name), _steps))
