"""Three-winding short-circuit values: by hand, and against an equivalent star that pandapower solves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandapower as pp
import pandas as pd
import pytest

from gridsim.grid.build import build_net
from gridsim.grid.catalogue import pair_values, trafo3w_parameters
from tests.support.tiny_network import load_tiny_network

if TYPE_CHECKING:
    from pathlib import Path

NAMEPLATE = {
    "sn_hv_mva": 125.0,
    "sn_mv_mva": 125.0,
    "sn_lv_mva": 63.0,
    "vk_base": "hv",
    "vk_hm_percent": 11.0,
    "vk_hl_percent": 45.0,
    "vk_ml_percent": 28.0,
    "vkr_hm_percent": 0.24,
    "vkr_hl_percent": 0.6,
    "vkr_ml_percent": 0.5,
}


def test_nameplate_on_hv_rating_by_hand() -> None:
    values = pair_values(pd.DataFrame([NAMEPLATE]))
    # min(125, 125) / 125 = 1 for HV-MV; 63 / 125 = 0.504 for the two pairs with the LV winding
    expected = {
        "vk_hv_percent": 11.0,
        "vk_mv_percent": 28.0 * 0.504,
        "vk_lv_percent": 45.0 * 0.504,
        "vkr_hv_percent": 0.24,
        "vkr_mv_percent": 0.5 * 0.504,
        "vkr_lv_percent": 0.6 * 0.504,
    }
    assert {name: value[0] for name, value in values.items()} == pytest.approx(expected, rel=1e-14)


def test_nameplate_on_pair_rating_is_taken_as_it_is() -> None:
    values = pair_values(pd.DataFrame([NAMEPLATE | {"vk_base": "pair"}]))
    assert [values[f"vk_{side}_percent"][0] for side in ("hv", "mv", "lv")] == [11.0, 28.0, 45.0]
    assert [values[f"vkr_{side}_percent"][0] for side in ("hv", "mv", "lv")] == [0.24, 0.5, 0.6]


def test_types_are_matched_row_by_row(tmp_path: Path) -> None:
    tables = load_tiny_network(tmp_path)
    parameters = trafo3w_parameters(tables)
    assert parameters["sn_lv_mva"].tolist() == [63.0, 63.0]
    assert parameters["tap_side"].tolist() == ["mv", "mv"]


@pytest.mark.parametrize("base", ["hv", "pair"])
def test_load_flow_equals_hand_made_star(base: str) -> None:
    """Three impedances in star, from the nameplate on the HV base, must carry the same flows as the unit."""
    v_kv = {"hv": 230.0, "mv": 121.0, "lv": 11.0}
    nameplate = NAMEPLATE | {"vk_base": base}
    p_mw = {"mv": 90.0, "lv": 40.0}

    unit = pp.create_empty_network(sn_mva=100.0)
    buses = {side: pp.create_bus(unit, v_kv[side]) for side in v_kv}
    pp.create_ext_grid(unit, buses["hv"], vm_pu=1.02)
    pp.create_transformers3w_from_parameters(
        unit,
        [buses["hv"]],
        [buses["mv"]],
        [buses["lv"]],
        **{f"vn_{side}_kv": v_kv[side] for side in v_kv},
        **{f"sn_{side}_mva": nameplate[f"sn_{side}_mva"] for side in v_kv},
        **pair_values(pd.DataFrame([nameplate])),
        pfe_kw=0.0,
        i0_percent=0.0,
        tap_step_degree=0.0,
        tap_changer_type="Ratio",
    )
    star = pp.create_empty_network(sn_mva=100.0)
    ends = {side: pp.create_bus(star, 230.0) for side in v_kv}
    middle = pp.create_bus(star, 230.0)
    pp.create_ext_grid(star, ends["hv"], vm_pu=1.02)
    for side, z_pu in star_on_100_mva(nameplate).items():
        pp.create_impedance(star, ends[side], middle, rft_pu=z_pu.real, xft_pu=z_pu.imag, sn_mva=100.0)
    for net, places in ((unit, buses), (star, ends)):
        for side, power in p_mw.items():
            pp.create_load(net, places[side], p_mw=power, q_mvar=0.4 * power)
        pp.runpp(net, tolerance_mva=1e-9, calculate_voltage_angles=True, numba=False)
    for side in v_kv:
        place = unit.res_bus.loc[buses[side]]
        twin = star.res_bus.loc[ends[side]]
        assert place.vm_pu == pytest.approx(twin.vm_pu, abs=1e-9)
        assert place.va_degree == pytest.approx(twin.va_degree, abs=1e-7)
    assert unit.res_trafo3w.pl_mw[0] == pytest.approx(star.res_impedance.pl_mw.sum(), abs=1e-7)


def star_on_100_mva(nameplate: dict[str, float | str]) -> dict[str, complex]:
    """Star impedances in pu on 100 MVA, written out by hand: z_hv = (z_hm + z_hl - z_ml) / 2 and so on."""
    ratings = {side: float(nameplate[f"sn_{side}_mva"]) for side in ("hv", "mv", "lv")}
    z: dict[str, complex] = {}
    for pair, first, second in (("hm", "hv", "mv"), ("hl", "hv", "lv"), ("ml", "mv", "lv")):
        base = ratings["hv"] if nameplate["vk_base"] == "hv" else min(ratings[first], ratings[second])
        vk, vkr = float(nameplate[f"vk_{pair}_percent"]), float(nameplate[f"vkr_{pair}_percent"])
        z[pair] = complex(vkr, np.sqrt(vk**2 - vkr**2)) / 100.0 * 100.0 / base
    return {
        "hv": (z["hm"] + z["hl"] - z["ml"]) / 2,
        "mv": (z["hm"] + z["ml"] - z["hl"]) / 2,
        "lv": (z["hl"] + z["ml"] - z["hm"]) / 2,
    }


def test_both_bases_describe_the_same_unit(tmp_path: Path) -> None:
    """Quoting the same unit on the other base must not change the net."""
    tables = load_tiny_network(tmp_path)
    types = tables["trafo3w_types"]
    quoted = types.assign(vk_base="pair")
    for pair, factor in (("hl", 63 / 125), ("ml", 63 / 125)):
        for quantity in ("vk", "vkr"):
            column = f"{quantity}_{pair}_percent"
            quoted[column] = types[column] * factor
    net = build_net(tables)
    other = build_net(type(tables)(tables.folder, {**tables.frames, "trafo3w_types": quoted}, tables.digests))
    pd.testing.assert_frame_equal(net.trafo3w, other.trafo3w, rtol=1e-13)
