"""Fixes of the town of the tiny network written by hand into its tables: what the study of fixes is compared with."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from tests.support.tiny_network import tiny_rows

if TYPE_CHECKING:
    from tests.support.tiny_network import Rows

_OWN = {"source_id": "own", "confidence": "assumed"}
FAN_GAIN = 1.25


def town_rows() -> Rows:
    """Return the tiny network with bare units in the town, and a type of the next rating."""
    rows = tiny_rows()
    bare = rows["trafo_types"][0]
    bare["cooling"] = "onan"
    rows["trafo_types"].append(
        bare | {"std_type": "TDN-40/110", "sn_mva": "40", "vkr_percent": "0.43", "cooling": "onaf"}
    )
    return rows


def with_project(rows: Rows, day: str, *events: tuple[str, str, str]) -> Rows:
    """Return the rows with a project of a day that opens or closes elements: (action, table, element)."""
    changed = copy.deepcopy(rows)
    name = f"fix_{len(changed['projects'])}"
    changed["projects"].append(
        {
            "project_id": name,
            "name": "Fix by hand",
            "programme": "reinforcement",
            "commissioning_date": day,
            "date_basis": "invented",
            "connection": "as drawn",
            "substation_id": "town",
        }
        | _OWN
    )
    changed["commissioning"] += [
        {
            "event_id": f"{name}.{number}",
            "project_id": name,
            "action": action,
            "element_table": table,
            "element_id": element,
        }
        | _OWN
        for number, (action, table, element) in enumerate(events)
    ]
    return changed


def _unit(rows: Rows, old: str, new: str, std_type: str) -> None:
    unit = next(row for row in rows["trafos"] if row["trafo_id"] == old)
    number = str(1 + sum(row["substation_id"] == unit["substation_id"] for row in rows["trafos"]))
    rows["trafos"].append(unit | {"trafo_id": new, "unit": number, "std_type": std_type, "status": "planned"})


def with_parallel_unit(rows: Rows, day: str) -> Rows:
    """A third unit like the others."""
    changed = with_project(rows, day, ("open", "trafos", "town_t3"))
    _unit(changed, "town_t1", "town_t3", "TDN-25/110")
    return changed


def with_other_units(rows: Rows, day: str, std_type: str) -> Rows:
    """Both units replaced by units of a type."""
    events = [("open", "trafos", "town_n1"), ("open", "trafos", "town_n2")]
    events += [("close", "trafos", "town_t1"), ("close", "trafos", "town_t2")]
    changed = with_project(rows, day, *events)
    for number in ("1", "2"):
        _unit(changed, f"town_t{number}", f"town_n{number}", std_type)
    return changed


def with_fans(rows: Rows, day: str) -> Rows:
    """Both units rated higher by fans, with the same ohms and watts."""
    changed = with_other_units(rows, day, "TDN-25/110 F")
    bare = changed["trafo_types"][0]
    scaled = {name: repr(float(bare[name]) * FAN_GAIN) for name in ("sn_mva", "vk_percent", "vkr_percent")}
    i0 = {"i0_percent": repr(float(bare["i0_percent"]) / FAN_GAIN)}
    changed["trafo_types"].append(bare | scaled | i0 | {"std_type": "TDN-25/110 F", "cooling": "onaf"})
    return changed


def with_transfer(rows: Rows, day: str, share: float) -> Rows:
    """A share of the load of the town handed over to West."""
    changed = with_project(rows, day)
    transfer = {
        "transfer_id": "by_hand",
        "project_id": changed["projects"][-1]["project_id"],
        "from_bus_id": "town_10",
        "to_bus_id": "west_10",
        "share": repr(float(share)),
    }
    changed["load_transfers"].append(transfer | _OWN)
    return changed


def with_capacitor(rows: Rows, day: str, mvar: float) -> Rows:
    """A capacitor at the busbar of the town."""
    changed = with_project(rows, day, ("open", "shunts", "town_c"))
    shunt = {
        "shunt_id": "town_c",
        "bus_id": "town_10",
        "kind": "capacitor",
        "q_mvar": repr(-float(mvar)),
        "status": "planned",
    }
    changed["shunts"].append(shunt | _OWN)
    return changed


def with_higher_band(rows: Rows, shift_pu: float) -> Rows:
    """A higher voltage band at the busbar of the town."""
    changed = copy.deepcopy(rows)
    band = next(row for row in changed["voltage_bands"] if row["bus_id"] == "town_10")
    for end in ("vm_lower_pu", "vm_upper_pu"):
        band[end] = repr(float(band[end]) + shift_pu)
    return changed


def with_day(rows: Rows, project: str, day: str) -> Rows:
    """A project on another day."""
    changed = copy.deepcopy(rows)
    row = next(row for row in changed["projects"] if row["project_id"] == project)
    row["commissioning_date"] = day
    return changed
