"""Standard types to pandapower parameters, above all the short-circuit values of three-winding transformers.

A nameplate quotes three short-circuit voltages, one per pair of windings, either all on the rating of the HV winding
(``hv``, usual for autotransformers) or each on the smaller rating of its pair (``pair``). pandapower
(``build_branch.py``, ``z_br_to_bus_vector``) wants

* ``vk_hv_percent`` = HV-MV on min(sn_hv, sn_mv),
* ``vk_mv_percent`` = MV-LV on min(sn_mv, sn_lv),
* ``vk_lv_percent`` = HV-LV on min(sn_hv, sn_lv).

An impedance in percent is proportional to the base power it is quoted on (z[%] = z[ohm] * sn / vn^2 * 100), so the
conversion is vk_pair = vk_nameplate * min(sn of the pair) / sn_hv for base ``hv``, and none for base ``pair``. The real
parts follow the same rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from gridsim.dtypes import FloatArray
    from gridsim.tables.network_tables import NetworkTables

_TRAFO_COLUMNS = ("sn_mva", "vn_hv_kv", "vn_lv_kv", "vk_percent", "vkr_percent", "pfe_kw", "i0_percent", "shift_degree")
_TRAFO3W_COLUMNS = (
    "sn_hv_mva",
    "sn_mv_mva",
    "sn_lv_mva",
    "vn_hv_kv",
    "vn_mv_kv",
    "vn_lv_kv",
    "pfe_kw",
    "i0_percent",
    "shift_mv_degree",
    "shift_lv_degree",
)
_TAP_COLUMNS = ("tap_side", "tap_neutral", "tap_min", "tap_max", "tap_step_percent")
_LINE_COLUMNS = ("r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "max_i_ka")
#: pandapower's name of each pair, the nameplate's, and the two windings.
_PAIRS = (("hv", "hm", "hv", "mv"), ("mv", "ml", "mv", "lv"), ("lv", "hl", "hv", "lv"))


def trafo_parameters(tables: NetworkTables) -> dict[str, Any]:
    """Return the electrical arguments of pandapower's two-winding transformers, one value per row of ``trafos``."""
    rows = _types_of(tables["trafos"], tables["trafo_types"])
    return {
        **{name: rows[name].to_numpy() for name in _TRAFO_COLUMNS},
        "vector_group": rows["vector_group"].to_numpy(),
        **_taps(rows, tables["trafos"]),
        "oltc": rows["is_oltc"].to_numpy(),
    }


def trafo3w_parameters(tables: NetworkTables) -> dict[str, Any]:
    """Return the electrical arguments of pandapower's three-winding transformers, one value per row of ``trafos3w``."""
    rows = _types_of(tables["trafos3w"], tables["trafo3w_types"])
    return {
        **{name: rows[name].to_numpy() for name in _TRAFO3W_COLUMNS},
        **pair_values(rows),
        **_taps(rows, tables["trafos3w"]),
    }


def line_parameters(tables: NetworkTables) -> dict[str, Any]:
    """Return the electrical arguments of pandapower's lines, one value per row of ``lines``."""
    rows = _types_of(tables["lines"], tables["line_types"])
    return {
        **{name: rows[name].to_numpy() for name in _LINE_COLUMNS},
        "length_km": tables["lines"]["length_km"].to_numpy(),
        "type": rows["construction"].to_numpy(),
    }


def pair_values(types: pd.DataFrame) -> dict[str, FloatArray]:
    """Convert nameplate short-circuit values of three-winding types to pandapower's convention.

    Parameters
    ----------
    types:
        Rows with the columns of table ``trafo3w_types``.

    Returns
    -------
    dict
        ``vk_hv_percent``, ``vk_mv_percent``, ``vk_lv_percent`` and the three ``vkr_*``, each ``(n_row,)``, percent on
        the smaller rating of the pair.
    """
    on_hv = (types["vk_base"] == "hv").to_numpy(dtype=np.bool_)
    sn_hv = types["sn_hv_mva"].to_numpy(dtype=np.float64)
    values: dict[str, FloatArray] = {}
    for side, pair, first, second in _PAIRS:
        smaller = types[[f"sn_{first}_mva", f"sn_{second}_mva"]].min(axis=1).to_numpy(dtype=np.float64)
        factor = np.where(on_hv, smaller / sn_hv, 1.0)
        for quantity in ("vk", "vkr"):
            values[f"{quantity}_{side}_percent"] = types[f"{quantity}_{pair}_percent"].to_numpy() * factor
    return values


def _types_of(elements: pd.DataFrame, types: pd.DataFrame) -> pd.DataFrame:
    """Return the type of each element, in the order of the elements."""
    return types.set_index("std_type").loc[elements["std_type"].to_list()]


def _taps(types: pd.DataFrame, elements: pd.DataFrame) -> dict[str, Any]:
    """Return ratio tap changers; a step turns no angle."""
    return {
        **{name: types[name].to_numpy() for name in _TAP_COLUMNS},
        "tap_pos": elements["tap_pos"].to_numpy(),
        "tap_step_degree": 0.0,
        "tap_changer_type": "Ratio",
    }
