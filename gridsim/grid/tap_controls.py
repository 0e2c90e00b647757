"""On-load tap changers that hold a voltage, as controllers of the net.

Every unit whose mv or lv busbar stands in table ``voltage_bands``, and whose type has an on-load tap changer that moves
the voltage there (at that winding or at hv), steps until the voltage lies in the band. Units in parallel watch the same
busbar with the same band and so step together.

Units nearer to the source act first, as the graded time delays of regulators make them: one level for each nominal
voltage of the upper winding, from the highest down. One controller holds all units of a level, table and side.
"""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandapower.control import DiscreteTapControl

from gridsim.tables.topology import positions

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandapower as pp

    from gridsim.dtypes import IndexArray
    from gridsim.tables.network_tables import NetworkTables

#: Table of the net to table of the units, of their types, and the sides that may be held.
_UNITS = {"trafo": ("trafos", "trafo_types", ("lv",)), "trafo3w": ("trafos3w", "trafo3w_types", ("mv", "lv"))}


@dataclass(frozen=True)
class TapUnits:
    """Transformers whose taps move.

    Attributes
    ----------
    name:
        Table of the net (``trafo`` or ``trafo3w``) and name of each unit.
    tap_min, tap_max:
        End stops. Shape (n_tap,).
    """

    name: tuple[tuple[str, str], ...]
    tap_min: IndexArray
    tap_max: IndexArray


def add_tap_controls(net: pp.pandapowerNet, tables: NetworkTables) -> None:
    """Add the controllers to a net whose transformers are there already."""
    bands = tables["voltage_bands"].set_index("bus_id")[["vm_lower_pu", "vm_upper_pu"]]
    units = pd.DataFrame(_held_units(tables), columns=["table", "side", "row", "bus_id", "vn_kv"])
    units = units.sort_values(["vn_kv", "table", "side", "row"], ascending=[False, True, True, True])
    levels = {vn_kv: level for level, vn_kv in enumerate(units["vn_kv"].unique())}
    for (vn_kv, table, side), group in units.groupby(["vn_kv", "table", "side"], sort=False):
        band = bands.loc[group["bus_id"]].to_numpy(dtype=np.float64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # pandapower appends rows in a way pandas will give up
            DiscreteTapControl(
                net,
                group["row"].to_numpy(dtype=np.int64),
                band[:, 0],
                band[:, 1],
                side=side,
                element=table,
                level=levels[vn_kv],
                matching_params={},
            )


def keep_in_service(net: pp.pandapowerNet) -> None:
    """Leave to each controller the units in service; one without any goes out of service.

    The controllers are replaced by copies, because those of another stage may be the same objects.
    """
    frame = net["controller"]
    if not len(frame):
        return
    kept, is_any = [], []
    for controller in frame["object"]:
        own = copy.copy(controller)
        rows = controller.element_index
        is_up = net[controller.element]["in_service"].to_numpy(dtype=bool)[rows]
        own.element_index = rows[is_up]
        own.vm_lower_pu, own.vm_upper_pu = controller.vm_lower_pu[is_up], controller.vm_upper_pu[is_up]
        kept.append(own)
        is_any.append(bool(is_up.any()))
    net["controller"] = frame.assign(object=kept, in_service=is_any)


def tap_units(net: pp.pandapowerNet) -> TapUnits:
    """List the units of the controllers in service, in the order in which pandapower lets them act."""
    frame = net["controller"]
    units: list[tuple[str, int]] = []
    for controller in frame["object"][frame["in_service"].to_numpy(dtype=bool)]:
        units += [(controller.element, int(row)) for row in controller.element_index]
    ends = [[net[table][f"tap_{end}"].iat[row] for table, row in units] for end in ("min", "max")]
    return TapUnits(
        name=tuple((table, str(net[table]["name"].iat[row])) for table, row in units),
        tap_min=np.array(ends[0], dtype=np.int64),
        tap_max=np.array(ends[1], dtype=np.int64),
    )


def _held_units(tables: NetworkTables) -> Iterator[tuple[str, str, int, str, float]]:
    """Yield table of the net, side, row, busbar held and nominal voltage of the upper winding of each unit."""
    held = set(tables["voltage_bands"]["bus_id"])
    vn_kv: Any = tables["buses"].set_index("bus_id")["vn_kv"]
    for table, (name, types, sides) in _UNITS.items():
        units = tables[name]
        of_unit = tables[types].iloc[positions(units["std_type"], tables[types]["std_type"])]
        for side in sides:
            moves = (of_unit["is_oltc"] & of_unit["tap_side"].isin(["hv", side])).to_numpy(dtype=bool)
            for row in np.flatnonzero(moves & units[f"{side}_bus_id"].isin(held).to_numpy()).tolist():
                unit = units.iloc[row]
                yield table, side, row, unit[f"{side}_bus_id"], float(vn_kv[unit["hv_bus_id"]])
