"""Tables and columns of a net that a load flow reads, and what their cells must be."""

from __future__ import annotations

#: Columns of tables that must be numbers for elements in service. "+": above 0, "!": not 0, "%": between 0 and 1, "":
#: any finite number.
NUMBERS: dict[str, dict[str, str]] = {
    "bus": {"vn_kv": "+"},
    "line": {
        "length_km": "+",
        "r_ohm_per_km": "",
        "x_ohm_per_km": "",
        "c_nf_per_km": "",
        "g_us_per_km": "",
        "parallel": "+",
        "df": "+",
    },
    "trafo": {
        "sn_mva": "+",
        "vn_hv_kv": "+",
        "vn_lv_kv": "+",
        "vk_percent": "!",
        "vkr_percent": "",
        "pfe_kw": "",
        "i0_percent": "",
        "shift_degree": "",
        "leakage_resistance_ratio_hv": "%",
        "leakage_reactance_ratio_hv": "%",
        "parallel": "+",
        "df": "+",
    },
    "trafo3w": {
        **dict.fromkeys((f"sn_{side}_mva" for side in ("hv", "mv", "lv")), "+"),
        **dict.fromkeys((f"vn_{side}_kv" for side in ("hv", "mv", "lv")), "+"),
        **dict.fromkeys((f"{part}_{side}_percent" for part in ("vk", "vkr") for side in ("hv", "mv", "lv")), ""),
        "pfe_kw": "",
        "i0_percent": "",
        "shift_mv_degree": "",
        "shift_lv_degree": "",
    },
    "impedance": {"sn_mva": "+", "rft_pu": "", "xft_pu": "", "rtf_pu": "", "xtf_pu": ""},
    "ext_grid": {"vm_pu": "+", "va_degree": ""},
    "gen": {"vm_pu": "+", "p_mw": "", "scaling": ""},
    **{table: {"p_mw": "", "q_mvar": "", "scaling": ""} for table in ("load", "sgen", "storage")},
    "ward": dict.fromkeys(("ps_mw", "qs_mvar", "pz_mw", "qz_mvar"), ""),
    "xward": {**dict.fromkeys(("ps_mw", "qs_mvar", "pz_mw", "qz_mvar", "r_ohm", "x_ohm"), ""), "vm_pu": "+"},
    "motor": {"pn_mech_mw": "", "efficiency_percent": "+", "cos_phi": "+", "loading_percent": "", "scaling": ""},
    "dcline": {"p_mw": "", "loss_percent": "", "loss_mw": "", "vm_from_pu": "+", "vm_to_pu": "+"},
    **{
        table: {
            **{f"{part}_{phase}_{unit}": "" for part, unit in (("p", "mw"), ("q", "mvar")) for phase in "abc"},
            "scaling": "",
        }
        for table in ("asymmetric_load", "asymmetric_sgen")
    },
}
#: Tables every net of pandapower 3 has, and columns that are read of the elements in them.
NEEDED: dict[str, tuple[str, ...]] = {
    "bus": ("vn_kv", "in_service"),
    "load": ("bus", "p_mw", "q_mvar", "scaling", "in_service"),
    "sgen": ("bus", "p_mw", "q_mvar", "scaling", "in_service"),
    "storage": ("bus", "p_mw", "q_mvar", "scaling", "in_service"),
    "gen": ("bus", "p_mw", "vm_pu", "scaling", "slack", "in_service"),
    "ext_grid": ("bus", "vm_pu", "va_degree", "in_service"),
    "line": (
        *("from_bus", "to_bus", "length_km", "r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "g_us_per_km"),
        *("max_i_ka", "df", "parallel", "in_service"),
    ),
    "trafo": (
        *("hv_bus", "lv_bus", "sn_mva", "vn_hv_kv", "vn_lv_kv", "vk_percent", "vkr_percent", "pfe_kw", "i0_percent"),
        *("shift_degree", "df", "parallel", "in_service"),
    ),
    "trafo3w": ("hv_bus", "mv_bus", "lv_bus", "in_service"),
    "shunt": ("bus", "p_mw", "q_mvar", "vn_kv", "step", "in_service"),
    "dcline": (),
    "switch": ("bus", "element", "et", "closed"),
}
#: Columns that name a bus, by table.
BUSES = {
    "line": ("from_bus", "to_bus"),
    "impedance": ("from_bus", "to_bus"),
    "dcline": ("from_bus", "to_bus"),
    "trafo": ("hv_bus", "lv_bus"),
    "trafo3w": ("hv_bus", "mv_bus", "lv_bus"),
    "switch": ("bus",),
    **dict.fromkeys(("load", "sgen", "gen", "ext_grid", "storage", "shunt", "ward", "xward", "motor"), ("bus",)),
    "asymmetric_load": ("bus",),
    "asymmetric_sgen": ("bus",),
}
