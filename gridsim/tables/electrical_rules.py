"""Rules about voltages, impedances, taps and set points.

NaN-safe: every test asks whether a value is *known to be wrong* (``a > b``), which is False when either side is NaN,
and never whether it is not known to be right (``not a <= b``), which would be True.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gridsim.tables.draft import rows_where
from gridsim.tables.topology import BRANCH_ENDS

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.errors import Finding
    from gridsim.tables.draft import Draft

#: Rated winding voltages lie up to 15 % above nominal (115 for 110, 11 for 10, 6.6 for 6 kV), taps excluded.
VOLTAGE_TOLERANCE = 0.20
_WINDINGS = {"trafos": ("hv", "lv"), "trafos3w": ("hv", "mv", "lv")}
_TYPES = {"trafos": "trafo_types", "trafos3w": "trafo3w_types"}
_SN_PAIRS = {"hm": ("hv", "mv"), "hl": ("hv", "lv"), "ml": ("mv", "lv")}


def windings_fit_busbars(draft: Draft) -> list[Finding]:
    """Rated winding voltages more than 20 % off the nominal voltage of their busbar."""
    findings: list[Finding] = []
    nominal = draft.numbers("buses", "vn_kv")
    for table, sides in _WINDINGS.items():
        type_of = dict(draft.looked_up(table, "std_type", _TYPES[table]))
        for side in sides:
            rated = draft.numbers(_TYPES[table], f"vn_{side}_kv")
            column = f"{side}_bus_id"
            for pos, bus in draft.looked_up(table, column, "buses"):
                if pos not in type_of:
                    continue
                rated_kv, nominal_kv = rated[type_of[pos]], nominal[bus]
                if abs(rated_kv / nominal_kv - 1.0) > VOLTAGE_TOLERANCE:
                    message = f"the {side} winding is rated {rated_kv:g} kV, the busbar {nominal_kv:g} kV"
                    remedy = "Choose another busbar or another std_type; they may differ by 20 %."
                    findings.append(
                        draft.finding(table, pos, column, "winding_voltage", message=message, remedy=remedy)
                    )
    return findings


def winding_order(draft: Draft) -> list[Finding]:
    """Types whose windings are not listed from the highest voltage down."""
    findings: list[Finding] = []
    for table, sides in _WINDINGS.items():
        types = _TYPES[table]
        for upper, lower in pairwise(sides):
            wrong = draft.numbers(types, f"vn_{upper}_kv") < draft.numbers(types, f"vn_{lower}_kv")
            for pos in rows_where(wrong):
                column = f"vn_{lower}_kv"
                message = f"the {lower} winding has a higher rated voltage than the {upper} winding"
                remedy = f"Swap the {upper} and {lower} values."
                findings.append(draft.finding(types, pos, column, "winding_order", message=message, remedy=remedy))
    return findings


def lines_join_equal_voltages(draft: Draft) -> list[Finding]:
    """Lines between busbars of different nominal voltage."""
    findings: list[Finding] = []
    nominal = draft.numbers("buses", "vn_kv")
    end = dict(draft.looked_up("lines", "to_bus_id", "buses"))
    for pos, start in draft.looked_up("lines", "from_bus_id", "buses"):
        if pos in end and abs(nominal[start] - nominal[end[pos]]) > 0.0:
            message = f"the line joins {nominal[start]:g} kV and {nominal[end[pos]]:g} kV"
            remedy = "Choose busbars of one voltage; voltages are joined by transformers."
            findings.append(draft.finding("lines", pos, "to_bus_id", "line_voltage", message=message, remedy=remedy))
    return findings


def branches_have_two_ends(draft: Draft) -> list[Finding]:
    """Branches that lead back to the busbar they come from."""
    findings: list[Finding] = []
    for table, columns in BRANCH_ENDS.items():
        ends = [draft.words(table, column) for column in columns]
        for pos, keys in enumerate(zip(*ends, strict=True)):
            named = [key for key in keys if key]
            if len(set(named)) < len(named):
                message = "two ends lie at the same busbar"
                remedy = "Name a different busbar for each end."
                findings.append(
                    draft.finding(table, pos, columns[-1], "branch_to_itself", message=message, remedy=remedy)
                )
    return findings


def units_stand_in_their_substation(draft: Draft) -> list[Finding]:
    """Transformers at busbars of another substation than their own."""
    findings: list[Finding] = []
    home = draft.words("buses", "substation_id")
    for table, sides in _WINDINGS.items():
        stated = draft.words(table, "substation_id")
        for side in sides:
            column = f"{side}_bus_id"
            for pos, bus in draft.looked_up(table, column, "buses"):
                if stated[pos] and home[bus] and stated[pos] != home[bus]:
                    message = f"the busbar belongs to substation {home[bus]!r}, the unit stands in {stated[pos]!r}"
                    remedy = "Correct the busbar or substation_id."
                    findings.append(
                        draft.finding(table, pos, column, "other_substation", message=message, remedy=remedy)
                    )
    return findings


def short_circuit_values(draft: Draft) -> list[Finding]:
    """Real parts of a short-circuit voltage above the whole."""
    findings: list[Finding] = []
    for types, pairs in (("trafo_types", ("",)), ("trafo3w_types", ("hm_", "hl_", "ml_"))):
        for pair in pairs:
            column = f"vkr_{pair}percent"
            wrong = draft.numbers(types, column) > draft.numbers(types, f"vk_{pair}percent")
            for pos in rows_where(wrong):
                message = f"the real part is larger than vk_{pair}percent"
                remedy = "Swap them, or compute it as load loss in kW / (10 x rating in MVA)."
                findings.append(draft.finding(types, pos, column, "vkr_above_vk", message=message, remedy=remedy))
    return findings


def star_is_passive(draft: Draft) -> list[Finding]:
    """Three-winding types that no passive transformer can have.

    One branch of the equivalent star may be slightly negative. With currents i_h = i_m + i_l the losses are
    r_h |i_m + i_l|^2 + r_m |i_m|^2 + r_l |i_l|^2, which is negative for some load exactly when
    r_h r_m + r_h r_l + r_m r_l < 0 (pair sums being positive); the same sum of reactances says whether the leakage
    field would hold negative energy. Both are the sign of values quoted on different bases, or in swapped columns.
    """
    findings: list[Finding] = []
    resistance = {pair: _on_common_base(draft, "vkr", pair) for pair in _SN_PAIRS}
    impedance = {pair: _on_common_base(draft, "vk", pair) for pair in _SN_PAIRS}
    squares = {pair: impedance[pair] ** 2 - resistance[pair] ** 2 for pair in _SN_PAIRS}
    reactance = {pair: np.sqrt(np.where(square >= 0.0, square, np.nan)) for pair, square in squares.items()}
    for quantity, values, what in (("vk", reactance, "leakage field"), ("vkr", resistance, "load loss")):
        star = _star(values)
        product = star[0] * star[1] + star[0] * star[2] + star[1] * star[2]
        largest = np.max(np.abs(star), axis=0) ** 2
        for pos in rows_where(product < -1e-9 * largest):
            column = f"{quantity}_hl_percent"
            message = f"the three {quantity} values together give a negative {what} for some loads"
            remedy = "Check vk_base and that hm, hl and ml are not swapped: hl is the largest, hm + ml is near to it."
            findings.append(draft.finding("trafo3w_types", pos, column, "absurd_star", message=message, remedy=remedy))
    for pos in rows_where((_star(reactance) == 0.0).any(axis=0)):
        message = "one branch of the equivalent star has exactly no reactance, which a load flow cannot take"
        remedy = "Change one of the vk values in a digit that does not matter, for example 17 to 17.01."
        findings.append(
            draft.finding("trafo3w_types", pos, "vk_hl_percent", "zero_star", message=message, remedy=remedy)
        )
    return findings


def _on_common_base(draft: Draft, quantity: str, pair: str) -> FloatArray:
    """Return percent on the rating of the HV winding."""
    values = draft.numbers("trafo3w_types", f"{quantity}_{pair}_percent")
    first, second = (draft.numbers("trafo3w_types", f"sn_{side}_mva") for side in _SN_PAIRS[pair])
    is_on_hv = np.array([base == "hv" for base in draft.words("trafo3w_types", "vk_base")], dtype=np.bool_)
    factor = draft.numbers("trafo3w_types", "sn_hv_mva") / np.minimum(first, second)
    return np.asarray(np.where(is_on_hv, values, values * factor), dtype=np.float64)


def _star(pairs: dict[str, FloatArray]) -> FloatArray:
    """Return ``(3, n_row)`` star branches hv, mv, lv from the values of the pairs."""
    hm, hl, ml = pairs["hm"], pairs["hl"], pairs["ml"]
    return np.array([(hm + hl - ml) / 2.0, (hm + ml - hl) / 2.0, (hl + ml - hm) / 2.0])


def tap_ranges(draft: Draft) -> list[Finding]:
    """Tap changers whose positions contradict each other."""
    findings: list[Finding] = []
    for table, types in _TYPES.items():
        low, high = draft.numbers(types, "tap_min"), draft.numbers(types, "tap_max")
        neutral = draft.numbers(types, "tap_neutral")
        for pos in rows_where((neutral < low) | (neutral > high)):
            message = f"the neutral position lies outside tap_min {low[pos]:g} .. tap_max {high[pos]:g}"
            remedy = "Write tap_min <= tap_neutral <= tap_max."
            findings.append(draft.finding(types, pos, "tap_neutral", "tap_range", message=message, remedy=remedy))
        tap = draft.numbers(table, "tap_pos")
        for pos, kind in draft.looked_up(table, "std_type", types):
            if tap[pos] < low[kind] or tap[pos] > high[kind]:
                message = f"the type has positions {low[kind]:g} .. {high[kind]:g}"
                remedy = "Choose a position in this range."
                findings.append(draft.finding(table, pos, "tap_pos", "tap_range", message=message, remedy=remedy))
    for pos, side in enumerate(draft.words("trafo_types", "tap_side")):
        if side == "mv":
            message = "a two-winding transformer has no mv winding"
            remedy = "Write hv or lv."
            findings.append(draft.finding("trafo_types", pos, "tap_side", "tap_side", message=message, remedy=remedy))
    return findings


def shunt_signs(draft: Draft) -> list[Finding]:
    """Reactors that produce and capacitors that consume reactive power."""
    findings: list[Finding] = []
    q_mvar = draft.numbers("shunts", "q_mvar")
    for pos, kind in enumerate(draft.words("shunts", "kind")):
        if (kind == "reactor" and q_mvar[pos] < 0.0) or (kind == "capacitor" and q_mvar[pos] > 0.0):
            message = f"the sign does not fit a {kind}"
            remedy = "Reactors consume reactive power (positive), capacitors produce it (negative)."
            findings.append(draft.finding("shunts", pos, "q_mvar", "shunt_sign", message=message, remedy=remedy))
    return findings


def set_points(draft: Draft) -> list[Finding]:
    """Voltage-controlled plants without a set point, and busbars with several different ones."""
    findings: list[Finding] = []
    controls = draft.words("power_plants", "control")
    plant_vm = draft.numbers("power_plants", "vm_pu")
    for pos, control in enumerate(controls):
        if control == "pv" and np.isnan(plant_vm[pos]) and not draft.texts["power_plants"]["vm_pu"].iloc[pos]:
            message = "the plant controls voltage but has no set point"
            remedy = "Write its voltage set point in per unit, for example 1.02, or control pq."
            findings.append(
                draft.finding("power_plants", pos, "vm_pu", "pv_without_vm_pu", message=message, remedy=remedy)
            )
    first: dict[int, float] = {}
    for table, vm_pu in (("external_grids", draft.numbers("external_grids", "vm_pu")), ("power_plants", plant_vm)):
        for pos, bus in draft.looked_up(table, "bus_id", "buses"):
            if (table == "power_plants" and controls[pos] != "pv") or np.isnan(vm_pu[pos]):
                continue
            other = first.setdefault(bus, float(vm_pu[pos]))
            if other != vm_pu[pos]:
                message = f"another source at this busbar holds {other:g} pu"
                remedy = "A busbar has one voltage: give all its sources the same set point."
                findings.append(draft.finding(table, pos, "vm_pu", "conflicting_vm_pu", message=message, remedy=remedy))
    return findings


RULES = (
    windings_fit_busbars,
    winding_order,
    lines_join_equal_voltages,
    branches_have_two_ends,
    units_stand_in_their_substation,
    short_circuit_values,
    star_is_passive,
    tap_ranges,
    shunt_signs,
    set_points,
)
