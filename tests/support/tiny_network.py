"""A complete network folder of four substations, written by code, small enough to check by hand.

::

    national grid (slack) - grid_220 =2 circuits= west_220 -[west_at1, west_at2*]- west_110 =2 circuits= town_110
                                                               |                    |   (chp, pv)           |
                                                            west_10                                  [town_t1, town_t2]
                                                                                                           |
                                                                                                        town_10
    * planned. Project p_new cuts circuit 2 of west_110 - town_110 and puts new_110 -[new_t1]- new_10 into it.

Mean load 30 MW (town_10: 16 residential, 8 commerce; west_10: 6 industry). Dates: solar plant 2026-09-01, substation
p_new 2027-06-01, second autotransformer 2028-03-15. One investor at new_10 from 2026-10-01, served from town_10 before.
Tap changers hold town_10 and new_10 at 1.02 to 1.05; those of the autotransformers cannot move what the chp holds.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from gridsim.tables import NetworkTables, load_tables
from gridsim.tables.schema import TABLES

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, str]
Rows = dict[str, list[Row]]


def _taps(side: str, low: int, high: int, step: float) -> Row:
    return {
        "tap_side": side,
        "tap_neutral": "0",
        "tap_min": str(low),
        "tap_max": str(high),
        "tap_step_percent": str(step),
        "is_oltc": "true",
        "cooling": "onaf",
    }


def _substation(key: str, name: str, lat: float, lon: float, **extra: str) -> Row:
    return {
        "substation_id": key,
        "name": name,
        "area": "almaty_region",
        "place": "Tinytown",
        "lat": str(lat),
        "lon": str(lon),
        "coordinate_basis": "invented",
        "status": "existing",
        "is_representative": "true",
    } | extra


def _line(key: str, ends: tuple[str, str], circuit: int, km: float, std_type: str, *, status: str = "existing") -> Row:
    return {
        "line_id": key,
        "name": key.upper(),
        "from_bus_id": ends[0],
        "to_bus_id": ends[1],
        "circuit": str(circuit),
        "std_type": std_type,
        "length_km": str(km),
        "length_basis": "published",
        "status": status,
    }


def _unit(key: str, substation: str, unit: int, buses: tuple[str, ...], std_type: str, *, status: str) -> Row:
    sides = ("hv_bus_id", "lv_bus_id") if len(buses) == 2 else ("hv_bus_id", "mv_bus_id", "lv_bus_id")
    return {
        "trafo_id" if len(buses) == 2 else "trafo3w_id": key,
        "substation_id": substation,
        "unit": str(unit),
        **dict(zip(sides, buses, strict=True)),
        "std_type": std_type,
        "tap_pos": "0",
        "status": status,
    }


def _project(key: str, programme: str, date: str, substation: str) -> Row:
    return {
        "project_id": key,
        "name": f"Project {key}",
        "programme": programme,
        "commissioning_date": date,
        "date_basis": "invented",
        "connection": "as drawn",
        "substation_id": substation,
    }


def _event(key: str, project: str, action: str, table: str, element: str) -> Row:
    return {
        "event_id": key,
        "project_id": project,
        "action": action,
        "element_table": table,
        "element_id": element,
    }


def _equipment() -> Rows:
    at1, at2 = ("west_220", "west_110", "west_10"), ("west_220", "west_110", "west_10")
    return {
        "trafo_types": [
            {
                "std_type": "TDN-25/110",
                "sn_mva": "25",
                "vn_hv_kv": "115",
                "vn_lv_kv": "10.5",
                "vk_percent": "10.5",
                "vkr_percent": "0.48",
                "pfe_kw": "25",
                "i0_percent": "0.4",
                "shift_degree": "330",
                "vector_group": "YNd11",
            }
            | _taps("hv", -9, 9, 1.78)
        ],
        "trafo3w_types": [
            {
                "std_type": "ATDCTN-125/220/110",
                "sn_hv_mva": "125",
                "sn_mv_mva": "125",
                "sn_lv_mva": "63",
                "vn_hv_kv": "230",
                "vn_mv_kv": "121",
                "vn_lv_kv": "11",
                "vk_base": "hv",
                "vk_hm_percent": "11",
                "vk_hl_percent": "45",
                "vk_ml_percent": "28",
                "vkr_hm_percent": "0.24",
                "vkr_hl_percent": "0.6",
                "vkr_ml_percent": "0.6",
                "pfe_kw": "65",
                "i0_percent": "0.3",
                "shift_mv_degree": "0",
                "shift_lv_degree": "330",
            }
            | _taps("mv", -6, 6, 2.0)
        ],
        "line_types": [
            {
                "std_type": std_type,
                "r_ohm_per_km": r,
                "x_ohm_per_km": x,
                "c_nf_per_km": c,
                "max_i_ka": limit,
                "construction": "ol",
            }
            for std_type, r, x, c, limit in (
                ("AC-240/110", "0.118", "0.401", "9.05", "0.61"),
                ("AC-400/220", "0.073", "0.415", "8.73", "0.83"),
            )
        ],
        "trafos": [
            _unit("town_t1", "town", 1, ("town_110", "town_10"), "TDN-25/110", status="existing"),
            _unit("town_t2", "town", 2, ("town_110", "town_10"), "TDN-25/110", status="existing"),
            _unit("new_t1", "new", 1, ("new_110", "new_10"), "TDN-25/110", status="planned"),
        ],
        "trafos3w": [
            _unit("west_at1", "west", 1, at1, "ATDCTN-125/220/110", status="existing"),
            _unit("west_at2", "west", 2, at2, "ATDCTN-125/220/110", status="planned"),
        ],
        "voltage_bands": [
            {"bus_id": bus, "vm_lower_pu": "1.02", "vm_upper_pu": "1.05"} for bus in ("town_10", "new_10")
        ],
        "lines": [
            _line("grid_west_1", ("grid_220", "west_220"), 1, 60.0, "AC-400/220"),
            _line("grid_west_2", ("grid_220", "west_220"), 2, 60.0, "AC-400/220"),
            _line("west_town_1", ("west_110", "town_110"), 1, 20.0, "AC-240/110"),
            _line("west_town_2", ("west_110", "town_110"), 2, 20.0, "AC-240/110"),
            _line("west_new_1", ("west_110", "new_110"), 1, 12.0, "AC-240/110", status="planned"),
            _line("new_town_1", ("new_110", "town_110"), 1, 9.0, "AC-240/110", status="planned"),
        ],
        "shunts": [
            {"shunt_id": "grid_reactor", "bus_id": "grid_220", "kind": "reactor", "q_mvar": "10", "status": "existing"}
        ],
    }


def _supply() -> Rows:
    plant = {"lat": "43.2", "lon": "76.8", "owner": "nobody"}
    return {
        "power_plants": [
            plant
            | {
                "plant_id": "chp",
                "name": "Tiny CHP",
                "kind": "chp_gas",
                "bus_id": "west_110",
                "p_max_mw": "20",
                "capacity_factor": "0.5",
                "control": "pv",
                "vm_pu": "1.03",
                "status": "existing",
            },
            plant
            | {
                "plant_id": "solar",
                "name": "Tiny solar plant",
                "kind": "solar",
                "bus_id": "town_110",
                "p_max_mw": "10",
                "capacity_factor": "0.2",
                "control": "pq",
                "status": "planned",
            },
        ],
        "external_grids": [
            {
                "external_grid_id": "national",
                "bus_id": "grid_220",
                "role": "slack",
                "vm_pu": "1.04",
                "share_of_deficit": "0",
                "status": "existing",
            },
            {
                "external_grid_id": "neighbour",
                "bus_id": "west_220",
                "role": "exchange",
                "vm_pu": "1.03",
                "share_of_deficit": "0.25",
                "p_max_mw": "50",
                "status": "existing",
            },
        ],
        "loads": [
            {"load_id": f"load_{number}", "bus_id": bus, "sector": sector, "p_mw": p_mw, "cos_phi": "0.95"}
            for number, (bus, sector, p_mw) in enumerate(
                (("town_10", "residential", "16"), ("town_10", "commerce", "8"), ("west_10", "industry", "6")), start=1
            )
        ],
    }


def _plan() -> Rows:
    return {
        "projects": [
            _project("p_solar", "generation", "2026-09-01", ""),
            _project("p_new", "government_15", "2027-06-01", "new"),
            _project("p_at2", "reinforcement", "2028-03-15", "west"),
        ],
        "commissioning": [
            _event("e1", "p_solar", "open", "power_plants", "solar"),
            _event("e2", "p_new", "open", "trafos", "new_t1"),
            _event("e3", "p_new", "open", "lines", "west_new_1"),
            _event("e4", "p_new", "open", "lines", "new_town_1"),
            _event("e5", "p_new", "close", "lines", "west_town_2"),
            _event("e6", "p_at2", "open", "trafos3w", "west_at2"),
        ],
        "load_transfers": [
            {
                "transfer_id": "m1",
                "project_id": "p_new",
                "from_bus_id": "town_10",
                "to_bus_id": "new_10",
                "share": "0.4",
            }
        ],
        "investors": [
            {
                "investor_id": "i1",
                "name": "Tiny plant, representative",
                "owner": "nobody",
                "sector": "food",
                "pool": "active_20",
                "pool_sector": "food",
                "is_representative": "true",
                "bus_id": "new_10",
                "fallback_bus_id": "town_10",
                "p_max_mw": "5",
                "p_low_mw": "4",
                "p_high_mw": "6",
                "cos_phi": "0.92",
                "commissioning_date": "2026-10-01",
                "ramp_months": "12",
                "initial_share": "0.4",
                "profile": "food_plant",
                "basis": "invented",
            }
        ],
        "published_figures": [
            {
                "figure_id": "f1",
                "value": "30",
                "unit": "MW",
                "description": "Mean load of the tiny region",
                "used_in": "loads",
            }
        ],
    }


def tiny_rows() -> Rows:
    """Return the cells of every table as text, ready to be changed by a test."""
    rows: Rows = {
        "sources": [{"source_id": "own", "title": "Own reasoning"}],
        "substations": [
            _substation("grid", "Tiny gridhead 220", 43.0, 76.5, area="outside"),
            _substation("west", "Tiny West 220", 43.2, 76.8),
            _substation("town", "Tiny Town 110", 43.3, 77.0, area="almaty_city", counts_as="city_110"),
            _substation("new", "Tiny New 110", 43.25, 76.9, status="planned", programme="government_15"),
        ],
        "buses": [
            {"bus_id": f"{substation}_{vn_kv}", "substation_id": substation, "vn_kv": vn_kv}
            for substation, voltages in (
                ("grid", ("220",)),
                ("west", ("220", "110", "10")),
                ("town", ("110", "10")),
                ("new", ("110", "10")),
            )
            for vn_kv in voltages
        ],
        **_equipment(),
        **_supply(),
        **_plan(),
    }
    for name, records in rows.items():
        if name != "sources":
            for record in records:
                record.update(source_id="own", confidence="assumed")
    return rows


def write_rows(folder: Path, rows: Rows) -> Path:
    """Write one CSV file per table of the schema into ``folder`` (made if need be) and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in TABLES:
        columns = [column.name for column in table.columns]
        with (folder / table.file).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows.get(table.name, []))
    return folder


def write_tiny_network(folder: Path) -> Path:
    """Write the tiny network as a folder of CSV files and return the folder."""
    return write_rows(folder, tiny_rows())


def load_tiny_network(folder: Path) -> NetworkTables:
    """Write the tiny network into ``folder`` and load it."""
    return load_tables(write_tiny_network(folder))
