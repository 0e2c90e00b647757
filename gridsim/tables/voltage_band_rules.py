"""Rules about the busbars whose voltage on-load tap changers hold.

NaN-safe: a bound or a step that could not be read is NaN, and every comparison with it is False.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.tables.draft import rows_where
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from gridsim.errors import Finding
    from gridsim.tables.draft import Draft

#: Sides a tap changer may hold, and the table of types, by table of units.
HELD_SIDES = {"trafos": ("lv",), "trafos3w": ("mv", "lv")}
_TYPES = {"trafos": "trafo_types", "trafos3w": "trafo3w_types"}


def bands_are_bands(draft: Draft) -> list[Finding]:
    """Bands whose lower end is not below the upper one."""
    low, high = (draft.numbers("voltage_bands", f"vm_{end}_pu") for end in ("lower", "upper"))
    return [
        draft.finding(
            "voltage_bands",
            pos,
            "vm_upper_pu",
            "empty_band",
            message=f"the band begins at {low[pos]:g} pu and ends at {high[pos]:g} pu",
            remedy="Write vm_lower_pu < vm_upper_pu.",
        )
        for pos in rows_where(low >= high)
    ]


def bands_hold_a_step(draft: Draft) -> list[Finding]:
    """Bands in which no position may lie, busbars that no on-load tap changer moves, units that hold two busbars.

    A changer at the hv winding moves both others, one at the mv or lv winding the busbar there.
    A step of s changes the voltage most at the lowest position n below neutral: by the factor 1 + s / (1 + s n).
    """
    findings: list[Finding] = []
    low, high = (draft.numbers("voltage_bands", f"vm_{end}_pu") for end in ("lower", "upper"))
    largest = np.full(len(low), np.nan)
    is_known = not draft.unreadable.intersection(("buses", *_TYPES, *_TYPES.values()))
    for table, sides in HELD_SIDES.items():
        types = _TYPES[table]
        step = draft.numbers(types, "tap_step_percent") / PERCENT
        lowest = draft.numbers(types, "tap_min") - draft.numbers(types, "tap_neutral")
        largest_of_type = step / (1.0 + step * lowest)
        is_oltc = draft.frames[types]["is_oltc"].to_numpy(dtype=bool)
        tap_side = draft.words(types, "tap_side")
        type_of = dict(draft.looked_up(table, "std_type", types))
        held: dict[int, int] = {}
        for side in sides:
            for pos, band in draft.looked_up(table, f"{side}_bus_id", "voltage_bands"):
                kind = type_of.get(pos)
                if kind is None or not is_oltc[kind] or tap_side[kind] not in {"hv", side}:
                    continue
                largest[band] = np.fmax(largest[band], largest_of_type[kind])
                if held.setdefault(pos, band) != band:
                    message = f"unit {draft.keys(table)[pos]!r} has a band at its other side too"
                    remedy = "A unit has one tap changer and holds one busbar; delete one of the rows."
                    findings.append(
                        draft.finding("voltage_bands", band, "bus_id", "two_bands", message=message, remedy=remedy)
                    )
    for pos in rows_where(np.isnan(largest)) if is_known else []:
        message = "no unit has its mv or lv winding here and an on-load tap changer (is_oltc) at that winding or at hv"
        remedy = "Delete the row, or correct the busbar or the type of the unit."
        findings.append(draft.finding("voltage_bands", pos, "bus_id", "no_tap_changer", message=message, remedy=remedy))
    for pos in rows_where(high < low * (1.0 + largest)):
        message = f"one step may change the voltage by {largest[pos] * PERCENT:.3g} %, which passes over the whole band"
        remedy = "Widen the band, or no position may lie in it."
        findings.append(
            draft.finding("voltage_bands", pos, "vm_upper_pu", "narrow_band", message=message, remedy=remedy)
        )
    return findings


def bands_are_free(draft: Draft) -> list[Finding]:
    """Bands at busbars whose voltage a plant or an external grid holds."""
    findings: list[Finding] = []
    is_plant_held = [control == "pv" for control in draft.words("power_plants", "control")]
    for table, holds in (("power_plants", is_plant_held), ("external_grids", None)):
        for pos, band in draft.looked_up(table, "bus_id", "voltage_bands"):
            if holds is None or holds[pos]:
                message = f"{draft.keys(table)[pos]!r} holds the voltage of this busbar"
                remedy = "Delete the row: a tap changer cannot move a voltage that a source holds, only its end stop."
                findings.append(
                    draft.finding("voltage_bands", band, "bus_id", "held_by_source", message=message, remedy=remedy)
                )
    return findings


RULES = (bands_are_bands, bands_hold_a_step, bands_are_free)
