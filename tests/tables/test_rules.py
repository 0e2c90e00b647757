"""Each rule with a folder that breaks it: file, spreadsheet row, column and rule must be named."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from gridsim.tables import check_tables
from tests.support.tiny_network import Rows, tiny_rows, write_rows, write_tiny_network

if TYPE_CHECKING:
    from pathlib import Path

Place = tuple[str, int, str, str]
Change = Callable[[Rows], None]


def cell(table: str, pos: int, column: str, value: str) -> Change:
    """Change one cell."""

    def change(rows: Rows) -> None:
        rows[table][pos][column] = value

    return change


def cells(table: str, pos: int, **values: str) -> Change:
    """Change several cells of one record."""

    def change(rows: Rows) -> None:
        rows[table][pos].update(values)

    return change


def added(table: str, pos: int, **values: str) -> Change:
    """Add a copy of a record with changes."""

    def change(rows: Rows) -> None:
        rows[table].append(rows[table][pos] | values)

    return change


def removed(table: str, pos: int) -> Change:
    """Take a record out."""

    def change(rows: Rows) -> None:
        del rows[table][pos]

    return change


def both(*changes: Change) -> Change:
    """Make several changes."""

    def change(rows: Rows) -> None:
        for one in changes:
            one(rows)

    return change


def swapped_type(**values: str) -> Change:
    """Change the three-winding type."""
    return cells("trafo3w_types", 0, **values)


CELL_CASES: dict[str, tuple[Change, Place]] = {
    "empty required": (cell("buses", 0, "vn_kv", ""), ("buses.csv", 2, "vn_kv", "empty_cell")),
    "empty source": (cell("lines", 1, "source_id", ""), ("lines.csv", 3, "source_id", "missing_source")),
    "unknown source": (cell("lines", 1, "source_id", "rumour"), ("lines.csv", 3, "source_id", "missing_source")),
    "comma": (cell("loads", 0, "p_mw", "1,6"), ("loads.csv", 2, "p_mw", "decimal_comma")),
    "grouped": (cell("lines", 0, "length_km", "1 060"), ("lines.csv", 2, "length_km", "grouped_digits")),
    "number as date": (cell("loads", 1, "p_mw", "08.май"), ("loads.csv", 3, "p_mw", "spreadsheet_date")),
    "number as iso date": (cell("loads", 1, "p_mw", "2026-05-08"), ("loads.csv", 3, "p_mw", "spreadsheet_date")),
    "word": (cell("loads", 0, "p_mw", "many"), ("loads.csv", 2, "p_mw", "wrong_type")),
    "nan": (cell("loads", 0, "p_mw", "nan"), ("loads.csv", 2, "p_mw", "wrong_type")),
    "infinite": (cell("published_figures", 0, "value", "1e999"), ("published_figures.csv", 2, "value", "out_of_range")),
    "fraction": (cell("trafos", 0, "tap_pos", "1.5"), ("trafos.csv", 2, "tap_pos", "wrong_type")),
    "below": (cell("loads", 0, "p_mw", "-1"), ("loads.csv", 2, "p_mw", "out_of_range")),
    "open minimum": (cell("lines", 0, "length_km", "0"), ("lines.csv", 2, "length_km", "out_of_range")),
    "above": (cell("substations", 0, "lat", "430"), ("substations.csv", 2, "lat", "out_of_range")),
    "flag": (cell("investors", 0, "is_representative", "да"), ("investors.csv", 2, "is_representative", "wrong_type")),
    "choice": (cell("loads", 0, "sector", "Industry"), ("loads.csv", 2, "sector", "not_a_choice")),
    "day of nowhere": (
        cell("projects", 0, "commissioning_date", "2026-02-30"),
        ("projects.csv", 2, "commissioning_date", "wrong_type"),
    ),
    "year of nowhere": (
        cell("projects", 0, "commissioning_date", "2926-09-01"),
        ("projects.csv", 2, "commissioning_date", "out_of_range"),
    ),
    "date rewritten": (
        cell("projects", 0, "commissioning_date", "01.09.2026"),
        ("projects.csv", 2, "commissioning_date", "spreadsheet_date"),
    ),
    "date as serial": (
        cell("projects", 0, "commissioning_date", "46266"),
        ("projects.csv", 2, "commissioning_date", "spreadsheet_date"),
    ),
}
REFERENCE_CASES: dict[str, tuple[Change, Place]] = {
    "key twice": (added("trafos", 0, unit="3"), ("trafos.csv", 5, "trafo_id", "duplicate_key")),
    "name twice": (cell("substations", 3, "name", "tiny  TOWN 110"), ("substations.csv", 5, "name", "duplicate_name")),
    "plant and grid": (
        cell("external_grids", 1, "external_grid_id", "chp"),
        ("external_grids.csv", 3, "external_grid_id", "duplicate_key"),
    ),
    "no such busbar": (cell("loads", 0, "bus_id", "town_01"), ("loads.csv", 2, "bus_id", "dangling_reference")),
    "no such element": (
        cell("commissioning", 2, "element_id", "west_new_9"),
        ("commissioning.csv", 4, "element_id", "dangling_reference"),
    ),
    "element of another table": (
        cell("commissioning", 2, "element_table", "trafos"),
        ("commissioning.csv", 4, "element_id", "dangling_reference"),
    ),
}
ELECTRICAL_CASES: dict[str, tuple[Change, Place]] = {
    "winding voltage": (cell("trafo_types", 0, "vn_lv_kv", "38.5"), ("trafos.csv", 2, "lv_bus_id", "winding_voltage")),
    "winding order": (
        swapped_type(vn_mv_kv="11", vn_lv_kv="121"),
        ("trafo3w_types.csv", 2, "vn_lv_kv", "winding_order"),
    ),
    "line voltages": (cell("lines", 2, "from_bus_id", "west_220"), ("lines.csv", 4, "to_bus_id", "line_voltage")),
    "line to itself": (cell("lines", 2, "from_bus_id", "town_110"), ("lines.csv", 4, "to_bus_id", "branch_to_itself")),
    "busbar elsewhere": (
        cell("trafos", 1, "substation_id", "west"),
        ("trafos.csv", 3, "hv_bus_id", "other_substation"),
    ),
    "vkr above vk": (
        cell("trafo_types", 0, "vkr_percent", "11"),
        ("trafo_types.csv", 2, "vkr_percent", "vkr_above_vk"),
    ),
    "three-winding vkr": (
        swapped_type(vkr_hm_percent="12"),
        ("trafo3w_types.csv", 2, "vkr_hm_percent", "vkr_above_vk"),
    ),
    "negative losses": (swapped_type(vkr_hl_percent="4"), ("trafo3w_types.csv", 2, "vkr_hl_percent", "absurd_star")),
    "negative field": (swapped_type(vk_hl_percent="95"), ("trafo3w_types.csv", 2, "vk_hl_percent", "absurd_star")),
    "zero star": (
        swapped_type(
            vk_hm_percent="10",
            vk_ml_percent="7",
            vk_hl_percent="17",
            vkr_hm_percent="0",
            vkr_ml_percent="0",
            vkr_hl_percent="0",
        ),
        ("trafo3w_types.csv", 2, "vk_hl_percent", "zero_star"),
    ),
    "tap position": (cell("trafos", 0, "tap_pos", "10"), ("trafos.csv", 2, "tap_pos", "tap_range")),
    "tap neutral": (cell("trafo_types", 0, "tap_neutral", "-10"), ("trafo_types.csv", 2, "tap_neutral", "tap_range")),
    "tap side": (cell("trafo_types", 0, "tap_side", "mv"), ("trafo_types.csv", 2, "tap_side", "tap_side")),
    "shunt sign": (cell("shunts", 0, "kind", "capacitor"), ("shunts.csv", 2, "q_mvar", "shunt_sign")),
    "pv without voltage": (cell("power_plants", 0, "vm_pu", ""), ("power_plants.csv", 2, "vm_pu", "pv_without_vm_pu")),
    "two set points": (
        added("power_plants", 0, plant_id="chp2", vm_pu="1.01"),
        ("power_plants.csv", 4, "vm_pu", "conflicting_vm_pu"),
    ),
}
CALENDAR_CASES: dict[str, tuple[Change, Place]] = {
    "planned, never opened": (removed("commissioning", 5), ("trafos3w.csv", 3, "trafo3w_id", "planned_without_event")),
    "existing, opened": (
        cell("trafos3w", 1, "status", "existing"),
        ("commissioning.csv", 7, "element_id", "opens_existing"),
    ),
    "opened twice": (
        added("commissioning", 5, event_id="e7", project_id="p_new"),
        ("commissioning.csv", 8, "element_id", "several_opens"),
    ),
    "closed twice": (
        added("commissioning", 4, event_id="e7", project_id="p_at2"),
        ("commissioning.csv", 8, "element_id", "several_closes"),
    ),
    "closed before opened": (
        added("commissioning", 5, event_id="e7", project_id="p_new", action="close"),
        ("commissioning.csv", 8, "element_id", "close_before_open"),
    ),
    "existing in planned": (
        cell("trafos", 2, "status", "existing"),
        ("trafos.csv", 4, "hv_bus_id", "existing_in_planned"),
    ),
    "too much moved": (
        added("load_transfers", 0, transfer_id="m2", share="0.7"),
        ("load_transfers.csv", 3, "share", "transfer_sum"),
    ),
    "nothing to move": (
        cell("load_transfers", 0, "from_bus_id", "town_110"),
        ("load_transfers.csv", 2, "from_bus_id", "transfer_of_nothing"),
    ),
    "moved to itself": (
        cell("load_transfers", 0, "to_bus_id", "town_10"),
        ("load_transfers.csv", 2, "to_bus_id", "transfer_to_itself"),
    ),
}
SUPPLY_CASES: dict[str, tuple[Change, Place]] = {
    "no slack": (cell("external_grids", 0, "role", "exchange"), ("external_grids.csv", 0, "", "no_slack")),
    "two slacks": (cell("external_grids", 1, "role", "slack"), ("external_grids.csv", 3, "role", "several_slacks")),
    "slack closed": (
        added("commissioning", 4, event_id="e7", element_table="external_grids", element_id="national"),
        ("external_grids.csv", 2, "status", "no_slack"),
    ),
    "exchange sum": (
        added("external_grids", 1, external_grid_id="second", share_of_deficit="0.8"),
        ("external_grids.csv", 4, "share_of_deficit", "exchange_sum"),
    ),
    "isolated on the first day": (
        both(cell("trafos3w", 0, "status", "planned"), added("commissioning", 5, event_id="e7", element_id="west_at1")),
        ("loads.csv", 2, "bus_id", "isolated"),
    ),
    "isolated later": (
        both(
            added("commissioning", 4, event_id="e7", element_table="trafos", element_id="town_t1", project_id="p_at2"),
            added("commissioning", 4, event_id="e8", element_table="trafos", element_id="town_t2", project_id="p_at2"),
        ),
        ("loads.csv", 2, "bus_id", "isolated"),
    ),
    "never supplied": (
        both(removed("commissioning", 3), removed("commissioning", 2), removed("lines", 5), removed("lines", 4)),
        ("trafos.csv", 4, "trafo_id", "isolated"),
    ),
    "moved into the dark": (
        cell("load_transfers", 0, "project_id", "p_solar"),
        ("load_transfers.csv", 2, "to_bus_id", "transfer_into_the_dark"),
    ),
    "investor never served": (
        both(
            added("buses", 7, bus_id="new_6", vn_kv="6"),
            cell("investors", 0, "bus_id", "new_6"),
        ),
        ("investors.csv", 2, "bus_id", "investor_never_served"),
    ),
    "fallback too late": (
        cell("investors", 0, "fallback_bus_id", "new_10"),
        ("investors.csv", 2, "fallback_bus_id", "fallback_in_the_dark"),
    ),
    "fallback goes before the wanted one comes": (
        both(
            cell("investors", 0, "bus_id", "new_10"),
            cell("investors", 0, "fallback_bus_id", "west_10"),
            added(
                "commissioning", 4, event_id="e7", project_id="p_solar", element_table="trafos3w", element_id="west_at1"
            ),
        ),
        ("investors.csv", 2, "fallback_bus_id", "fallback_in_the_dark"),
    ),
}
BAND_CASES: dict[str, tuple[Change, Place]] = {
    "upside down": (
        cell("voltage_bands", 1, "vm_upper_pu", "1.02"),
        ("voltage_bands.csv", 3, "vm_upper_pu", "empty_band"),
    ),
    "a step is wider": (
        cell("voltage_bands", 0, "vm_upper_pu", "1.04"),  # 1.78 % at neutral, 2.12 % at position -9
        ("voltage_bands.csv", 2, "vm_upper_pu", "narrow_band"),
    ),
    "moved without load only": (
        cell("trafo_types", 0, "is_oltc", "false"),
        ("voltage_bands.csv", 2, "bus_id", "no_tap_changer"),
    ),
    "moved by the other winding": (
        cell("voltage_bands", 1, "bus_id", "west_10"),
        ("voltage_bands.csv", 3, "bus_id", "no_tap_changer"),
    ),
    "one changer, two busbars": (
        both(
            cell("trafo3w_types", 0, "tap_side", "hv"),
            added("voltage_bands", 0, bus_id="west_110"),
            added("voltage_bands", 0, bus_id="west_10"),
        ),
        ("voltage_bands.csv", 5, "bus_id", "two_bands"),
    ),
    "held by a plant": (
        added("voltage_bands", 0, bus_id="west_110"),
        ("voltage_bands.csv", 4, "bus_id", "held_by_source"),
    ),
    "held by a grid": (
        added("voltage_bands", 0, bus_id="grid_220"),
        ("voltage_bands.csv", 4, "bus_id", "held_by_source"),
    ),
    "no busbar of that name": (
        cell("voltage_bands", 0, "bus_id", "town_01"),
        ("voltage_bands.csv", 2, "bus_id", "dangling_reference"),
    ),
}
CASES = BAND_CASES | CELL_CASES | REFERENCE_CASES | ELECTRICAL_CASES | CALENDAR_CASES | SUPPLY_CASES


def test_tiny_network_has_no_findings(tmp_path: Path) -> None:
    tables, findings = check_tables(write_tiny_network(tmp_path))
    assert findings == ()
    assert tables is not None


@pytest.mark.parametrize("name", CASES)
def test_bad_folder_is_named(tmp_path: Path, name: str) -> None:
    change, expected = CASES[name]
    rows = tiny_rows()
    change(rows)
    _, findings = check_tables(write_rows(tmp_path, rows))
    places = [(finding.file, finding.row, finding.column, finding.rule) for finding in findings]
    assert expected in places, "\n".join(map(str, findings))
    finding = findings[places.index(expected)]
    assert finding.message
    assert finding.remedy.endswith((".", "?"))


@pytest.mark.parametrize("name", CELL_CASES)
def test_one_bad_cell_makes_one_finding(tmp_path: Path, name: str) -> None:
    """A cell that cannot be read must not set off rules about numbers it does not hold."""
    change, expected = CELL_CASES[name]
    rows = tiny_rows()
    change(rows)
    _, findings = check_tables(write_rows(tmp_path, rows))
    assert {finding.rule for finding in findings if finding.file == expected[0]} == {expected[3]}


def test_slightly_negative_star_is_allowed(tmp_path: Path) -> None:
    """The nameplate of the tiny network has a star reactance of -3 % at MV, as real autotransformers do."""
    rows = tiny_rows()
    rows["trafo3w_types"][0].update(vkr_hm_percent="0.24", vkr_hl_percent="0.7", vkr_ml_percent="0.3")
    _, findings = check_tables(write_rows(tmp_path, rows))
    assert findings == ()


def test_isolated_part_is_one_finding(tmp_path: Path) -> None:
    rows = tiny_rows()
    del rows["lines"][2:4]
    del rows["commissioning"][4]
    rows["lines"][2]["from_bus_id"] = "new_110"
    rows["lines"][2]["to_bus_id"] = "town_110"
    _, findings = check_tables(write_rows(tmp_path, rows))
    isolated = [finding for finding in findings if finding.rule == "isolated" and finding.file == "loads.csv"]
    assert len(isolated) == 1
    assert "town_10" in isolated[0].message


def test_load_that_has_moved_away_may_lose_its_home(tmp_path: Path) -> None:
    rows = tiny_rows()
    rows["load_transfers"][0]["share"] = "1.0"
    for number, unit in enumerate(("town_t1", "town_t2")):
        event = rows["commissioning"][4] | {"event_id": f"x{number}", "project_id": "p_at2"}
        rows["commissioning"].append(event | {"element_table": "trafos", "element_id": unit})
    _, findings = check_tables(write_rows(tmp_path, rows))
    assert findings == ()
