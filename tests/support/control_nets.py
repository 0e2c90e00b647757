"""Small nets, each built around one control: what moves when the voltage, or the reactive power, leaves its band."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pandapower as pp
import pandas as pd
from pandapower.control import DiscreteTapControl

from gridsim.solve import SolveOptions
from tests.support.element_nets import feeder, shipped_net, three_winding

if TYPE_CHECKING:
    from collections.abc import Callable

#: Wider than a step of 1.5 %, so that a position inside exists.
BAND = (0.99, 1.01)


def control_tap(net: Any, index: Any, band: tuple[float, float] = BAND, **more: Any) -> DiscreteTapControl:
    """Add a tap controller; pandapower warns of its own deprecated column assignments."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return DiscreteTapControl(net, index, *band, **more)


def one_unit() -> Any:
    net = feeder()
    net.trafo.loc[6, "tap_pos"] = 3
    control_tap(net, 6)
    return net


def parallel_units() -> Any:
    """Two equal units that start in step and stay in step."""
    net = feeder()
    pp.create_transformer(net, 7, 3, "40 MVA 110/20 kV", index=20)
    net.trafo["tap_pos"] = 4
    control_tap(net, 6)
    control_tap(net, 20)
    return net


def two_units_of_one_controller() -> Any:
    """The same in the hands of one controller, one of them out of service, with a band each."""
    net = feeder()
    pp.create_transformer(net, 7, 3, "40 MVA 110/20 kV", index=20)
    pp.create_transformer(net, 7, 12, "25 MVA 110/20 kV", index=21, in_service=False)
    net.trafo["tap_pos"] = 4
    control_tap(net, [20, 6, 21], band=(0.988, 1.009))
    return net


def tap_at_low_side() -> Any:
    net = one_unit()
    net.trafo.loc[6, ["tap_side", "tap_pos"]] = ["lv", -5]
    return net


def negative_step() -> Any:
    net = one_unit()
    net.trafo.loc[6, ["tap_step_percent", "tap_pos"]] = [-1.5, -4]
    return net


def turned_step() -> Any:
    """A step at 150 degrees lowers the voltage ratio; the direction turns round."""
    net = one_unit()
    net.trafo.loc[6, ["tap_step_degree", "tap_pos"]] = [150.0, -2]
    net.trafo.loc[6, "tap_changer_type"] = "Ratio"
    return net


def controls_high_side() -> Any:
    """Fed from below: the unit watches its 110 kV bus."""
    net = feeder()
    pp.create_ext_grid(net, 12, vm_pu=1.0, index=1)
    net.ext_grid.loc[4, "in_service"] = False
    pp.create_load(net, 10, 12.0, 6.0)
    control_tap(net, 6, side="hv")
    return net


def parallel_derated_unit() -> Any:
    net = one_unit()
    net.trafo.loc[6, ["parallel", "df"]] = [2, 0.9]
    return net


def three_winding_controls_middle() -> Any:
    net = three_winding()
    control_tap(net, 13, band=(0.985, 1.015), side="mv", element="trafo3w")
    net.trafo.loc[6, "in_service"] = False
    return net


def three_winding_tap_at_middle() -> Any:
    net = three_winding_controls_middle()
    net.trafo3w.loc[13, ["tap_side", "tap_pos"]] = ["mv", -4]
    return net


def three_winding_controls_low() -> Any:
    net = three_winding()
    net.trafo3w.loc[13, ["tap_side", "tap_pos"]] = ["lv", 6]
    control_tap(net, 13, band=(0.985, 1.015), side="lv", element="trafo3w")
    return net


def three_winding_star_point() -> Any:
    net = three_winding_controls_middle()
    net.trafo3w.loc[13, ["tap_at_star_point", "tap_step_degree", "tap_pos"]] = [True, 0.0, 4]
    return net


def end_stop() -> Any:
    """The band is out of reach: the unit rests at its last position."""
    net = one_unit()
    net.controller.object.iat[0].vm_lower_pu, net.controller.object.iat[0].vm_upper_pu = 1.20, 1.22
    return net


def hunting() -> Any:
    """The band is narrower than a step, so there is no rest, whatever the hunting limit says."""
    net = feeder()
    control_tap(net, 6, band=(0.9999, 1.0001), hunting_limit=3)
    return net


def set_point() -> Any:
    net = feeder()
    net.trafo.loc[6, "tap_pos"] = 5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        DiscreteTapControl.from_tap_step_percent(net, 6, 1.005, tol=0.002)
    return net


def in_series() -> Any:
    """110/20 kV and 20/10 kV, both at once, in an order that is not that of the table."""
    net = feeder()
    pp.create_bus(net, 10.0, index=30)
    pp.create_transformer_from_parameters(
        net,
        12,
        30,
        sn_mva=10.0,
        vn_hv_kv=20.0,
        vn_lv_kv=10.0,
        vkr_percent=0.5,
        vk_percent=8.0,
        pfe_kw=10.0,
        i0_percent=0.2,
        tap_side="hv",
        tap_neutral=0,
        tap_min=-8,
        tap_max=8,
        tap_step_percent=1.25,
        tap_pos=-1,
        tap_changer_type="Ratio",
        index=2,
    )
    pp.create_load(net, 30, 5.0, 2.0, index=31)
    net.trafo.loc[6, "tap_pos"] = 9
    control_tap(net, 2, band=(0.985, 1.015), order=1)
    control_tap(net, 6, band=(0.985, 1.015), order=0)
    return net


def in_levels() -> Any:
    """The same, but the lower one waits until the upper one has settled."""
    net = in_series()
    net.controller["level"] = [2, 1]
    return net


def watched_bus_is_fixed() -> Any:
    """A generator holds the watched bus above the band: the taps run to the end stop in vain."""
    net = one_unit()
    pp.create_gen(net, 3, 2.0, vm_pu=1.03)
    return net


def at_external_grid() -> Any:
    """Controllers of a unit out of service, of one without source, and of one whose bus is an external grid."""
    net = feeder()
    pp.create_buses(net, 2, 20.0)
    pp.create_transformer(net, 7, 12, "25 MVA 110/20 kV", index=20, in_service=False)
    pp.create_transformer(net, 10, 3, "25 MVA 110/20 kV", index=21)
    pp.create_transformer(net, 13, 14, "0.25 MVA 20/0.4 kV", index=22)
    control_tap(net, 20)
    control_tap(net, 21, side="hv", band=(0.9, 0.95))
    control_tap(net, 22)
    control_tap(net, 6)
    return net


def table_of_taps(shared: bool = False) -> Any:
    """Ratio, angle and impedance by a table; ``shared``: two units with one table at different positions."""
    net = feeder()
    steps = list(range(-9, 10))
    frame = {
        "id_characteristic": 0,
        "step": steps,
        "voltage_ratio": [1.0 + 0.015 * step for step in steps],
        "angle_deg": [0.1 * step for step in steps],
        "vk_percent": [16.2 + 0.2 * step for step in steps],
        "vkr_percent": [0.34 + 0.01 * step for step in steps],
    }
    for side in ("hv", "mv", "lv"):
        frame |= {f"vk_{side}_percent": float("nan"), f"vkr_{side}_percent": float("nan")}
    net["trafo_characteristic_table"] = pd.DataFrame(frame)
    if shared:
        pp.create_transformer(net, 7, 12, "40 MVA 110/20 kV", index=20)
    net.trafo["id_characteristic_table"] = pd.array([0] * len(net.trafo), dtype="Int64")
    net.trafo["tap_dependency_table"] = True
    net.trafo["tap_changer_type"] = "Tabular"
    net.trafo["tap_pos"] = [6, -2][: len(net.trafo)]
    control_tap(net, 6)
    return net


def table_shared_by_two() -> Any:
    return table_of_taps(shared=True)


def table_of_three_windings() -> Any:
    net = three_winding_controls_middle()
    steps = list(range(-9, 10))
    frame = {
        "id_characteristic": 4,
        "step": steps,
        "voltage_ratio": [1.0 + 0.0178 * step for step in steps],
        "angle_deg": 0.0,
        "vk_percent": float("nan"),
        "vkr_percent": float("nan"),
    }
    for side, vk in (("hv", 10.5), ("mv", 6.5), ("lv", 17.0)):
        frame |= {f"vk_{side}_percent": [vk + 0.05 * step for step in steps], f"vkr_{side}_percent": 0.5}
    net["trafo_characteristic_table"] = pd.DataFrame(frame)
    net.trafo3w["id_characteristic_table"] = pd.array([4], dtype="Int64")
    net.trafo3w["tap_dependency_table"] = True
    net.trafo3w["tap_changer_type"] = "Tabular"
    return net


def ring_of_gens(buses: tuple[int, int, int, int] = (5, 2, 9, 4)) -> Any:
    """Four 110 kV buses in a ring: an external grid, three generators, loads."""
    net = pp.create_empty_network(sn_mva=100.0)
    west, north, east, south = buses
    for index in buses:
        pp.create_bus(net, 110.0, index=index)
    for start, end, km in ((west, north, 40.0), (north, east, 30.0), (east, south, 50.0), (south, west, 20.0)):
        pp.create_line(net, start, end, km, "149-AL1/24-ST1A 110.0")
    pp.create_ext_grid(net, west, vm_pu=1.01, index=1)
    pp.create_gen(net, north, 20.0, vm_pu=1.02, min_q_mvar=-10.0, max_q_mvar=12.0, index=3)
    pp.create_gen(net, east, 15.0, vm_pu=1.00, min_q_mvar=-5.0, max_q_mvar=6.0, index=8)
    pp.create_gen(net, south, 10.0, vm_pu=1.01, scaling=0.5, index=2)
    for bus, p_mw, q_mvar in ((north, 25.0, 9.0), (east, 30.0, 12.0), (south, 20.0, 7.0)):
        pp.create_load(net, bus, p_mw, q_mvar)
    return net


def upper_limit() -> Any:
    return ring_of_gens()


def lower_limit() -> Any:
    net = ring_of_gens()
    net.load["q_mvar"] *= -1.0
    net.gen["vm_pu"] = [0.99, 0.98, 1.0]
    return net


def limits_one_after_the_other() -> Any:
    """The second generator passes its limit only when the first one has stopped."""
    net = ring_of_gens()
    net.gen.loc[8, "max_q_mvar"] = 1.0
    net.gen.loc[3, "max_q_mvar"] = 8.5
    net.gen.loc[2, "max_q_mvar"] = 9.0
    return net


def two_gens_share_a_bus() -> Any:
    """Unequal ranges, one of them a point, and one generator without upper limit at the next bus."""
    net = ring_of_gens()
    pp.create_gen(net, 9, 5.0, vm_pu=1.00, min_q_mvar=-1.0, max_q_mvar=2.0)
    pp.create_gen(net, 9, 5.0, vm_pu=1.00, min_q_mvar=0.5, max_q_mvar=0.5)
    pp.create_gen(net, 9, 5.0, vm_pu=1.00, min_q_mvar=-9.0, max_q_mvar=9.0, in_service=False)
    net.gen.loc[2, "min_q_mvar"] = -1.0
    return net


def gen_at_slack_bus() -> Any:
    """Limits of generators at the bus of the external grid move no voltage."""
    net = upper_limit()
    pp.create_gen(net, 5, 5.0, vm_pu=1.01, min_q_mvar=-0.1, max_q_mvar=0.1)
    pp.create_gen(net, 4, 2.0, vm_pu=1.01, slack=True, min_q_mvar=-0.1, max_q_mvar=0.1)
    return net


def switched_back() -> Any:
    """A generator goes to its upper limit while its neighbour sucks; once that one stops, it has to come back."""
    net = ring_of_gens()
    net.load["q_mvar"] *= 0.1
    net.gen.loc[3, ["vm_pu", "min_q_mvar", "max_q_mvar"]] = [1.005, -20.0, 5.0]
    net.gen.loc[8, ["vm_pu", "min_q_mvar", "max_q_mvar"]] = [0.93, -1.0, 20.0]
    net.gen.loc[2, ["min_q_mvar", "max_q_mvar"]] = [-20.0, 20.0]
    return net


def three_shares(buses: tuple[int, int, int, int] = (5, 2, 9, 4)) -> Any:
    net = ring_of_gens(buses)
    net.gen["slack_weight"] = [2.0, 1.0, 0.0]
    net.ext_grid["slack_weight"] = 0.5
    return net


def two_grids_share() -> Any:
    """The second external grid keeps its magnitude, but no longer its angle."""
    net = three_shares()
    net.gen.loc[2, "in_service"] = False
    pp.create_ext_grid(net, 4, vm_pu=1.0, va_degree=3.0, slack_weight=1.5)
    return net


def extended_ward_shares() -> Any:
    """Bus indices without gaps: pandapower looks for the inner bus of the ward at the wrong place otherwise."""
    net = three_shares((0, 1, 2, 3))
    net.gen.loc[2, "in_service"] = False
    pp.create_xward(net, 3, 1.0, 0.4, 0.7, -0.3, r_ohm=1.5, x_ohm=4.0, vm_pu=1.01, slack_weight=0.8)
    return net


def grid_takes_nothing() -> Any:
    net = three_shares()
    net.ext_grid["slack_weight"] = 0.0
    return net


def everything() -> Any:
    """Taps, limits and shares in one net; each reacts to the others."""
    net = three_shares()
    net.gen.loc[3, "max_q_mvar"] = 7.0
    for bus, start in ((20, 9), (21, 4)):
        pp.create_bus(net, 20.0, index=bus)
        pp.create_transformer(net, start, bus, "40 MVA 110/20 kV", index=bus)
        pp.create_load(net, bus, 12.0, 5.0)
        control_tap(net, bus, band=(1.0, 1.02))
    net.trafo["tap_pos"] = [3, -6]
    return net


TAPS = SolveOptions()
LIMITS = SolveOptions(enforce_q_lims=True)
SHARES = SolveOptions(distributed_slack=True)
ALL = SolveOptions(enforce_q_lims=True, distributed_slack=True)

#: Name to builder and options.
CONTROL_NETS: dict[str, tuple[Callable[[], Any], SolveOptions]] = {
    **{
        builder.__name__: (builder, TAPS)
        for builder in (
            one_unit,
            parallel_units,
            two_units_of_one_controller,
            tap_at_low_side,
            negative_step,
            turned_step,
            controls_high_side,
            parallel_derated_unit,
            three_winding_controls_middle,
            three_winding_tap_at_middle,
            three_winding_controls_low,
            three_winding_star_point,
            end_stop,
            hunting,
            set_point,
            in_series,
            in_levels,
            watched_bus_is_fixed,
            at_external_grid,
            table_of_taps,
            table_shared_by_two,
            table_of_three_windings,
        )
    },
    **{
        builder.__name__: (builder, LIMITS)
        for builder in (
            upper_limit,
            lower_limit,
            limits_one_after_the_other,
            two_gens_share_a_bus,
            gen_at_slack_bus,
            switched_back,
        )
    },
    **{
        builder.__name__: (builder, SHARES)
        for builder in (three_shares, two_grids_share, extended_ward_shares, grid_takes_nothing)
    },
    "limits_and_shares": (three_shares, ALL),
    "everything": (everything, ALL),
}
TAP_NETS = tuple(name for name, (_, options) in CONTROL_NETS.items() if options is TAPS)


def oberrhein_with_taps() -> Any:
    """Two substations, each with its own external grid."""
    net = shipped_net("mv_oberrhein")
    for index in net.trafo.index:
        control_tap(net, index, band=(1.0, 1.02))
    net.trafo["tap_pos"] = [5, -7]
    return net


def cigre_with_taps() -> Any:
    net = shipped_net("create_cigre_network_mv")
    columns = ["tap_neutral", "tap_min", "tap_max", "tap_step_percent", "tap_step_degree", "tap_pos"]
    net.trafo[columns] = [0.0, -10.0, 10.0, 1.25, 0.0, 0.0]
    net.trafo["tap_side"] = ["hv", "lv"]
    net.trafo["tap_changer_type"] = "Ratio"
    for index in net.trafo.index:
        control_tap(net, index, band=(0.99, 1.01))
    return net


def multivoltage_with_taps() -> Any:
    """A tap at a three-winding unit with others below it."""
    net = shipped_net("example_multivoltage")
    for index in net.trafo.index[net.trafo.tap_max.notna()]:
        control_tap(net, index, band=(0.98, 1.02))
    control_tap(net, 0, band=(0.99, 1.015), side="mv", element="trafo3w")
    return net


def shares_by_output(name: str) -> Callable[[], Any]:
    def build() -> Any:
        net = shipped_net(name)
        net.gen["slack_weight"] = net.gen["p_mw"]
        net.ext_grid["slack_weight"] = net.gen["p_mw"].mean()
        return net

    return build


def shipped(name: str) -> Callable[[], Any]:
    return lambda: shipped_net(name)


#: Nets that pandapower ships, with controls that react to each other.
SHIPPED_CONTROL_NETS: dict[str, tuple[Callable[[], Any], SolveOptions]] = {
    "oberrhein taps": (oberrhein_with_taps, TAPS),
    "cigre taps": (cigre_with_taps, TAPS),
    "multivoltage taps": (multivoltage_with_taps, TAPS),
    "case30 limits": (shipped("case30"), LIMITS),
    "case57 limits": (shipped("case57"), LIMITS),
    "case118 limits": (shipped("case118"), LIMITS),
    "case39 shares": (shares_by_output("case39"), SHARES),
    "case118 limits and shares": (shares_by_output("case118"), ALL),
}
