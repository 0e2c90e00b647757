"""Random small nets that have a solution: a 110 kV source, transformers, 20 kV lines with rings, all sorts on them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandapower as pp

KV = 20.0
LINE = "NA2XS2Y 1x240 RM/25 12/20 kV"


def random_net(seed: int) -> Any:
    """Return a net of 4 to 12 buses; the same for the same seed."""
    rng = np.random.default_rng(seed)
    net = pp.create_empty_network(sn_mva=float(rng.choice([1.0, 10.0, 100.0])))
    n_bus = int(rng.integers(3, 11))
    source = pp.create_bus(net, 110.0)
    buses = [int(pp.create_bus(net, KV)) for _ in range(n_bus)]
    pp.create_ext_grid(net, source, vm_pu=float(rng.uniform(0.98, 1.05)), va_degree=float(rng.uniform(-30.0, 30.0)))
    for _ in range(int(rng.integers(1, 3))):
        pp.create_transformer(net, source, buses[0], "40 MVA 110/20 kV", tap_pos=int(rng.integers(-3, 4)))
    for place in range(1, n_bus):
        _line(net, rng, buses[int(rng.integers(0, place))], buses[place])
    for _ in range(int(rng.integers(0, 3))):
        start, end = rng.choice(buses, 2, replace=False).tolist()
        _line(net, rng, start, end)
    for bus in rng.choice(buses, int(rng.integers(1, n_bus + 1)), replace=False).tolist():
        _load(net, rng, bus)
    pp.create_sgen(net, int(rng.choice(buses)), p_mw=float(rng.uniform(0.0, 3.0)), q_mvar=float(rng.uniform(-0.5, 0.5)))
    if rng.random() < 0.6:
        pp.create_gen(net, buses[-1], p_mw=float(rng.uniform(0.0, 3.0)), vm_pu=float(rng.uniform(0.99, 1.02)))
    if rng.random() < 0.5:
        pp.create_shunt(net, int(rng.choice(buses)), q_mvar=float(rng.uniform(-1.0, 1.0)), p_mw=0.01)
    if rng.random() < 0.5:
        start, end = rng.choice(buses, 2, replace=False).tolist()
        pp.create_switch(net, start, int(pp.create_bus(net, KV)), et="b")
        pp.create_ward(net, end, 0.2, 0.1, 0.1, -0.1)
    return net


def _line(net: Any, rng: Any, start: int, end: int) -> None:
    pp.create_line(net, start, end, float(rng.uniform(0.5, 6.0)), LINE, parallel=int(rng.integers(1, 3)))


def _load(net: Any, rng: Any, bus: int) -> None:
    share = {"const_z_p_percent": 30.0, "const_i_p_percent": 20.0} if rng.random() < 0.3 else {}
    p_mw, q_mvar = float(rng.uniform(0.1, 3.0)), float(rng.uniform(-0.3, 1.0))
    pp.create_load(net, bus, p_mw, q_mvar, scaling=float(rng.uniform(0.5, 1.2)), **share)


def renumbered(net: Any, seed: int) -> tuple[Any, dict[int, int]]:
    """Return the same grid with other bus indices, in another order of the bus table, and the map from old to new."""
    rng = np.random.default_rng(seed)
    other = copy.deepcopy(net)
    new = rng.choice(1000, len(net.bus), replace=False).tolist()
    names = dict(zip(net.bus.index.tolist(), new, strict=True))
    other.bus = net.bus.rename(index=names).iloc[rng.permutation(len(net.bus))]
    for table, columns in BUS_COLUMNS.items():
        for column in columns:
            other[table][column] = net[table][column].map(names).astype(net[table][column].dtype)
    return other, names


BUS_COLUMNS = {
    "line": ("from_bus", "to_bus"),
    "trafo": ("hv_bus", "lv_bus"),
    "switch": ("bus", "element"),
    **dict.fromkeys(("load", "sgen", "gen", "ext_grid", "shunt", "ward"), ("bus",)),
}

#: Adds one element of each kind between two buses, out of service.
IDLE_ELEMENTS = {
    "line": lambda net, a, b: pp.create_line(net, a, b, 1.0, LINE, in_service=False),
    "trafo": lambda net, a, b: pp.create_transformer(net, a, b, "40 MVA 110/20 kV", in_service=False),
    "load": lambda net, a, _: pp.create_load(net, a, 30.0, 9.0, in_service=False),
    "voltage-dependent load": lambda net, a, _: pp.create_load(
        net, a, 30.0, 9.0, const_z_p_percent=50.0, in_service=False
    ),
    "sgen": lambda net, a, _: pp.create_sgen(net, a, 30.0, 9.0, in_service=False),
    "gen": lambda net, a, _: pp.create_gen(net, a, 30.0, vm_pu=1.1, in_service=False),
    "ext_grid": lambda net, a, _: pp.create_ext_grid(net, a, vm_pu=0.9, in_service=False),
    "shunt": lambda net, a, _: pp.create_shunt(net, a, 5.0, 1.0, in_service=False),
    "ward": lambda net, a, _: pp.create_ward(net, a, 3.0, 1.0, 3.0, 1.0, in_service=False),
    "xward": lambda net, a, _: pp.create_xward(net, a, 3.0, 1.0, 3.0, 1.0, 1.0, 2.0, 1.0, in_service=False),
    "impedance": lambda net, a, b: pp.create_impedance(net, a, b, 0.1, 0.1, 10.0, in_service=False),
    "storage": lambda net, a, _: pp.create_storage(net, a, 3.0, 10.0, in_service=False),
    "motor": lambda net, a, _: pp.create_motor(net, a, 3.0, 0.9, in_service=False),
    "bus": lambda net, _a, _b: pp.create_bus(net, KV, in_service=False),
}
