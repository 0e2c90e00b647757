"""Small nets, each built around one element or switch position that a load flow must model."""

from __future__ import annotations

import copy
import functools
import warnings
from typing import TYPE_CHECKING, Any

import pandapower as pp
import pandapower.networks
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable


def shipped_net(name: str) -> Any:
    """Return a net that pandapower ships: a copy, as building one takes a second or more."""
    return copy.deepcopy(_built(name))


@functools.cache
def _built(name: str) -> Any:
    """Build a net once; pandapower does so with deprecated calls of its own, and some functions return two things."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = getattr(pandapower.networks, name)()
    return net[0] if isinstance(net, tuple) else net


def feeder() -> Any:
    """External grid, 110 kV line, 110/20 kV transformer, 20 kV line, load: indices on purpose not 0, 1, 2."""
    net = pp.create_empty_network(sn_mva=10.0)
    for index, vn_kv in ((10, 110.0), (7, 110.0), (3, 20.0), (12, 20.0)):
        pp.create_bus(net, vn_kv, index=index)
    pp.create_ext_grid(net, 10, vm_pu=1.02, va_degree=5.0, index=4)
    pp.create_line(net, 10, 7, 20.0, "149-AL1/24-ST1A 110.0", index=9)
    pp.create_transformer(net, 7, 3, "40 MVA 110/20 kV", index=6)
    pp.create_line(net, 3, 12, 5.0, "NA2XS2Y 1x240 RM/25 12/20 kV", parallel=2, index=2)
    pp.create_load(net, 12, 8.0, 2.5, index=5)
    pp.create_load(net, 3, 3.0, 1.0, scaling=0.7, index=8)
    return net


def ring() -> Any:
    """The feeder with a second way from bus 3 to bus 12, for switches and outages."""
    net = feeder()
    pp.create_line(net, 3, 12, 7.0, "NA2XS2Y 1x240 RM/25 12/20 kV", index=11)
    return net


def three_winding() -> Any:
    """110/20/10 kV unit with tap changer and load on both lower windings."""
    net = feeder()
    pp.create_bus(net, 10.0, index=20)
    pp.create_transformer3w_from_parameters(
        net,
        hv_bus=7,
        mv_bus=3,
        lv_bus=20,
        vn_hv_kv=115.0,
        vn_mv_kv=21.0,
        vn_lv_kv=10.5,
        sn_hv_mva=40.0,
        sn_mv_mva=25.0,
        sn_lv_mva=16.0,
        vk_hv_percent=10.5,
        vk_mv_percent=6.5,
        vk_lv_percent=17.0,
        vkr_hv_percent=0.5,
        vkr_mv_percent=0.4,
        vkr_lv_percent=0.6,
        pfe_kw=43.0,
        i0_percent=0.6,
        shift_mv_degree=150.0,
        shift_lv_degree=30.0,
        tap_side="hv",
        tap_neutral=0,
        tap_min=-9,
        tap_max=9,
        tap_step_percent=1.78,
        tap_pos=3,
        tap_changer_type="Ratio",
        index=13,
    )
    pp.create_load(net, 20, 6.0, 2.0, index=21)
    return net


def tap_changer() -> Any:
    net = feeder()
    net.trafo.loc[6, "tap_pos"] = -4
    return net


def tap_changer_low_side() -> Any:
    net = tap_changer()
    net.trafo.loc[6, "tap_side"] = "lv"
    return net


def phase_shifter() -> Any:
    net = ring()
    net.trafo.loc[6, ["tap_changer_type", "tap_step_percent", "tap_step_degree", "tap_pos"]] = ["Ideal", 0.0, 1.5, 3]
    return net


def cross_regulator() -> Any:
    net = feeder()
    net.trafo.loc[6, ["tap_changer_type", "tap_step_percent", "tap_step_degree"]] = ["Ratio", 1.5, 60.0]
    net.trafo.loc[6, "tap_pos"] = 2
    return net


def tap_table() -> Any:
    net = feeder()
    steps = range(-9, 10)
    net["trafo_characteristic_table"] = pd.DataFrame(
        {
            "id_characteristic": 0,
            "step": list(steps),
            "voltage_ratio": [1.0 + 0.015 * step for step in steps],
            "angle_deg": [0.1 * step for step in steps],
            "vk_percent": [16.2 + 0.2 * step for step in steps],
            "vkr_percent": [0.34 + 0.01 * step for step in steps],
            "vk_hv_percent": float("nan"),
            "vkr_hv_percent": float("nan"),
            "vk_mv_percent": float("nan"),
            "vkr_mv_percent": float("nan"),
            "vk_lv_percent": float("nan"),
            "vkr_lv_percent": float("nan"),
        }
    )
    net.trafo["id_characteristic_table"] = pd.array([0], dtype="Int64")
    net.trafo["tap_dependency_table"] = True
    net.trafo["tap_changer_type"] = "Tabular"
    net.trafo.loc[6, "tap_pos"] = 5
    return net


def parallel_derated_trafo() -> Any:
    net = feeder()
    net.trafo.loc[6, ["parallel", "df"]] = [2, 0.9]
    return net


def leaky_line() -> Any:
    net = feeder()
    net.line.loc[9, "g_us_per_km"] = 3.0
    net.line.loc[9, "df"] = 0.8
    return net


def impedance() -> Any:
    net = feeder()
    pp.create_impedance(net, 3, 12, rft_pu=0.02, xft_pu=0.05, sn_mva=20.0, rtf_pu=0.03, xtf_pu=0.06, gf_pu=0.001)
    return net


def ward() -> Any:
    net = feeder()
    pp.create_ward(net, 3, ps_mw=1.0, qs_mvar=0.4, pz_mw=0.7, qz_mvar=-0.3)
    return net


def xward() -> Any:
    net = feeder()
    pp.create_xward(net, 3, 1.0, 0.4, 0.7, -0.3, r_ohm=1.5, x_ohm=4.0, vm_pu=1.01)
    return net


def shunt() -> Any:
    net = feeder()
    pp.create_shunt(net, 3, q_mvar=-1.2, p_mw=0.02, step=2, max_step=3)
    pp.create_shunt(net, 12, q_mvar=0.5, vn_kv=22.0)
    return net


def motor() -> Any:
    net = feeder()
    pp.create_motor(net, 12, pn_mech_mw=1.5, cos_phi=0.85, efficiency_percent=94.0, loading_percent=80.0, scaling=1.2)
    return net


def storage_and_sgen() -> Any:
    net = feeder()
    pp.create_storage(net, 12, p_mw=1.5, max_e_mwh=5.0, q_mvar=0.3, scaling=0.5)
    pp.create_sgen(net, 3, p_mw=2.5, q_mvar=-0.4, scaling=0.9)
    return net


def unbalanced() -> Any:
    net = feeder()
    pp.create_asymmetric_load(net, 12, p_a_mw=0.4, p_b_mw=0.3, p_c_mw=0.2, q_a_mvar=0.1, scaling=1.1)
    pp.create_asymmetric_sgen(net, 3, p_a_mw=0.2, p_b_mw=0.1, p_c_mw=0.3, q_c_mvar=0.05)
    return net


def voltage_dependent_load() -> Any:
    net = feeder()
    pp.create_load(
        net, 12, 2.0, 1.0, const_z_p_percent=40, const_i_p_percent=25, const_z_q_percent=30, const_i_q_percent=50
    )
    pp.create_sgen(net, 12, p_mw=0.5)
    return net


def two_gens_at_one_bus() -> Any:
    net = feeder()
    pp.create_gen(net, 3, p_mw=2.0, vm_pu=1.01, scaling=0.8, index=14)
    pp.create_gen(net, 3, p_mw=1.0, vm_pu=1.01, index=15)
    return net


def gen_beside_source() -> Any:
    net = feeder()
    pp.create_gen(net, 10, p_mw=2.0, vm_pu=1.02)
    return net


def slack_gen() -> Any:
    net = feeder()
    net.ext_grid.loc[4, "in_service"] = False
    pp.create_gen(net, 7, p_mw=0.0, vm_pu=1.03, slack=True)
    return net


def two_sources() -> Any:
    net = feeder()
    pp.create_ext_grid(net, 12, vm_pu=1.0, va_degree=-150.0)
    return net


def two_islands() -> Any:
    net = feeder()
    for index in (30, 31):
        pp.create_bus(net, 20.0, index=index)
    pp.create_ext_grid(net, 30, vm_pu=0.99, va_degree=-20.0)
    pp.create_line(net, 30, 31, 3.0, "NA2XS2Y 1x240 RM/25 12/20 kV")
    pp.create_load(net, 31, 4.0, 1.0)
    return net


def dc_line() -> Any:
    net = ring()
    pp.create_dcline(net, 7, 12, p_mw=2.0, loss_percent=1.2, loss_mw=0.02, vm_from_pu=1.01, vm_to_pu=0.995)
    return net


def closed_coupler() -> Any:
    net = feeder()
    pp.create_bus(net, 20.0, index=1)
    pp.create_switch(net, 12, 1, et="b")
    pp.create_load(net, 1, 1.0, 0.2)
    return net


def coupler_with_impedance() -> Any:
    net = closed_coupler()
    net.switch["z_ohm"] = 0.05
    return net


def open_line_end() -> Any:
    net = ring()
    pp.create_switch(net, 12, 11, et="l", closed=False)
    return net


def open_trafo_side() -> Any:
    net = ring()
    pp.create_transformer(net, 7, 3, "25 MVA 110/20 kV", index=16)
    pp.create_switch(net, 3, 16, et="t", closed=False)
    return net


def open_winding() -> Any:
    net = three_winding()
    pp.create_switch(net, 3, 13, et="t3", closed=False)
    return net


def out_of_service() -> Any:
    net = ring()
    net.line.loc[11, "in_service"] = False
    pp.create_transformer(net, 7, 3, "25 MVA 110/20 kV", in_service=False)
    pp.create_load(net, 12, 5.0, in_service=False)
    pp.create_bus(net, 20.0, index=1, in_service=False)
    pp.create_line(net, 3, 1, 2.0, "NA2XS2Y 1x240 RM/25 12/20 kV")
    pp.create_load(net, 1, 7.0)
    return net


def own_options() -> Any:
    net = phase_shifter()
    pp.set_user_pf_options(net, calculate_voltage_angles=False, trafo_model="pi", init="flat")
    return net


ELEMENT_NETS: dict[str, Callable[[], Any]] = {
    build.__name__: build
    for build in (
        feeder,
        ring,
        three_winding,
        tap_changer,
        tap_changer_low_side,
        phase_shifter,
        cross_regulator,
        tap_table,
        parallel_derated_trafo,
        leaky_line,
        impedance,
        ward,
        xward,
        shunt,
        motor,
        storage_and_sgen,
        unbalanced,
        voltage_dependent_load,
        two_gens_at_one_bus,
        gen_beside_source,
        slack_gen,
        two_sources,
        two_islands,
        dc_line,
        closed_coupler,
        coupler_with_impedance,
        open_line_end,
        open_trafo_side,
        open_winding,
        out_of_service,
        own_options,
    )
}


def four_hours() -> Any:
    """The net of the four hours that other engines get wrong: one 25 MVA transformer, index 7."""
    net = pp.create_empty_network()
    for vn_kv in (110.0, 10.0):
        pp.create_bus(net, vn_kv)
    pp.create_ext_grid(net, 0)
    pp.create_transformer(net, 0, 1, "25 MVA 110/10 kV", tap_pos=-2, index=7)
    pp.create_load(net, 1, 10.0, 3.0)
    return net
