"""The small classics, 30 to 300 buses, as pandapower ships them."""

from __future__ import annotations

from benchmarks.case import CaseEntry
from benchmarks.registry import register_case
from benchmarks.shipped_net import shipped_net

for _name, _n_bus in (("case30", 30), ("case39", 39), ("case57", 57), ("case118", 118), ("case300", 300)):
    register_case(CaseEntry(_name, _n_bus, lambda name=_name: shipped_net(name)))
