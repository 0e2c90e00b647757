"""Networks that come with pandapower."""

from __future__ import annotations

from typing import Any


def shipped_net(name: str, *, keep_static_generators: bool = False) -> Any:
    """Return a net of ``pandapower.networks`` without static generators, generators in the order of their index."""
    import pandapower.networks  # noqa: PLC0415  heavy

    net = getattr(pandapower.networks, name)()
    if not keep_static_generators:
        net.sgen.drop(net.sgen.index, inplace=True)
    net.gen = net.gen.sort_index()
    return net
