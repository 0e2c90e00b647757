"""Programmes, projects and investors of the Almaty network against what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from gridsim.tables import load_tables

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.tables.network_tables import NetworkTables


@pytest.fixture(scope="module")
def almaty(repository: Path) -> NetworkTables:
    return load_tables(repository / "networks" / "almaty")


def programme(almaty: NetworkTables, name: str) -> pd.DataFrame:
    projects = almaty["projects"]
    return projects[projects["programme"] == name]


def test_fifteen_government_substations(almaty: NetworkTables) -> None:
    projects = programme(almaty, "government_15")
    substations = almaty["substations"].set_index("substation_id").loc[projects["substation_id"]]
    assert len(projects) == 15
    assert substations.index.is_unique
    assert substations["is_representative"].all()
    assert set(substations["confidence"]) == {"assumed"}


def test_eleven_alatau_substations_nine_and_two(almaty: NetworkTables) -> None:
    projects = programme(almaty, "alatau_11")
    year = projects["commissioning_date"].dt.year
    assert len(projects) == 11
    assert projects["substation_id"].is_unique
    assert projects["phase"].str.startswith("phase 1").sum() == 9
    assert year[projects["phase"].str.startswith("phase 1")].isin([2026, 2027]).all()
    assert projects["phase"].str.startswith("phase 2").sum() == 2
    assert year[projects["phase"].str.startswith("phase 2")].between(2028, 2030).all()
    assert projects["cost_bn_kzt"].sum() == pytest.approx(162.0, abs=1e-9)


def test_named_projects_have_their_published_size(almaty: NetworkTables) -> None:
    units = almaty["trafos"].merge(almaty["trafo_types"][["std_type", "sn_mva"]], on="std_type")
    size = units.groupby("substation_id")["sn_mva"].sum()
    assert size["kirpichnaya"] == 50.0
    assert size["tuzdybastau"] == 80.0
    dates = almaty["projects"].set_index("project_id")["commissioning_date"]
    assert dates["kirpichnaya"] == pd.Timestamp("2026-08-31")
    assert dates["tuzdybastau"].year == 2026


@pytest.mark.parametrize(
    ("project", "closed", "opened", "opened_mw", "closed_mw"),
    [("chp2_gas", "chp2_coal", "chp2_gas", 557.0, 510.0), ("chp3_gas", "chp3_coal", "chp3_gas", 544.0, 173.0)],
)
def test_gas_replaces_coal_on_one_day(
    almaty: NetworkTables, project: str, closed: str, opened: str, opened_mw: float, closed_mw: float
) -> None:
    events = almaty["commissioning"]
    events = events[events["project_id"] == project]
    assert set(zip(events["action"], events["element_id"], strict=True)) == {("open", opened), ("close", closed)}
    p_max_mw = almaty["power_plants"].set_index("plant_id")["p_max_mw"]
    assert p_max_mw[opened] == opened_mw
    assert p_max_mw[closed] == closed_mw


def test_nuclear_plant_has_two_units(almaty: NetworkTables) -> None:
    plants = almaty["power_plants"]
    assert plants.loc[plants["kind"] == "nuclear", "p_max_mw"].tolist() == [1200.0, 1200.0]


def test_a_cut_line_ends_and_its_two_parts_open_on_the_same_day(almaty: NetworkTables) -> None:
    lines = almaty["lines"].set_index("line_id")
    events = almaty["commissioning"]
    events = events[events["element_table"] == "lines"]
    closed = events[events["action"] == "close"]
    assert len(closed) >= 20
    assert closed["element_id"].is_unique
    for project, line_id in zip(closed["project_id"], closed["element_id"], strict=True):
        assert (closed["project_id"] == project).sum() == 1
        opens = events[(events["project_id"] == project) & (events["action"] == "open")]
        parts = lines.loc[opens["element_id"]]
        parts = parts[parts["length_basis"] == "share_of_cut_line"]
        assert len(parts) == 2, project
        assert parts["length_km"].sum() == pytest.approx(lines.at[line_id, "length_km"], abs=1e-6)
        ends = [*parts["from_bus_id"], *parts["to_bus_id"]]
        old = {lines.at[line_id, "from_bus_id"], lines.at[line_id, "to_bus_id"]}
        new = {end for end in ends if ends.count(end) == 2}
        assert set(ends) - new == old
        assert len(new) == 1


def test_each_part_of_a_cut_line_belongs_to_a_cut(almaty: NetworkTables) -> None:
    lines = almaty["lines"]
    events = almaty["commissioning"]
    n_cut = ((events["element_table"] == "lines") & (events["action"] == "close")).sum()
    assert (lines["length_basis"] == "share_of_cut_line").sum() == 2 * n_cut


def test_planned_elements_open_and_only_they(almaty: NetworkTables) -> None:
    events = almaty["commissioning"]
    opened = events[events["action"] == "open"]
    keys = {
        "trafos": "trafo_id",
        "trafos3w": "trafo3w_id",
        "lines": "line_id",
        "shunts": "shunt_id",
        "power_plants": "plant_id",
    }
    for table, key in keys.items():
        frame = almaty[table]
        planned = set(frame.loc[frame["status"] != "existing", key])
        assert planned == set(opened.loc[opened["element_table"] == table, "element_id"]), table


def test_pool_of_investors(almaty: NetworkTables) -> None:
    investors = almaty["investors"]
    active = investors[investors["pool"] == "active_20"]
    assert (investors["pool"] != "").sum() == 32
    assert len(active) == 20
    assert active["pool_sector"].value_counts().to_dict() == {
        "logistics": 8,
        "construction_and_industry": 6,
        "tourism": 3,
        "food": 3,
    }
    assert set(investors.loc[investors["pool"] == "", "pool_sector"]) == {""}


def test_named_investors(almaty: NetworkTables) -> None:
    investors = almaty["investors"].set_index("investor_id")
    stages = investors.loc[["pepsico_1", "pepsico_2"]]
    assert stages["pool"].tolist() == ["active_20", ""]
    assert 0.4 <= stages["p_max_mw"].sum() <= 2.1
    assert investors.at["mars_petcare", "commissioning_date"] == pd.Timestamp("2031-01-01")
    assert 11.6 <= investors.at["iconic_towers", "p_max_mw"] <= 23.3
    assert investors.at["iconic_towers", "commissioning_date"].year == 2029


def test_estimates_lie_inside_their_range(almaty: NetworkTables) -> None:
    investors = almaty["investors"]
    assert (investors["p_low_mw"] <= investors["p_max_mw"]).all()
    assert (investors["p_max_mw"] <= investors["p_high_mw"]).all()


def test_investors_can_be_served_before_their_substation_stands(almaty: NetworkTables) -> None:
    status = almaty["substations"].set_index("substation_id")["status"]
    home = almaty["buses"].set_index("bus_id")["substation_id"]
    fallback = almaty["investors"]["fallback_bus_id"].map(home).map(status)
    assert set(fallback) == {"existing"}


def test_transfers_leave_load_at_home(almaty: NetworkTables) -> None:
    transfers = almaty["load_transfers"]
    assert transfers["share"].between(0.1, 0.45).all()
    assert transfers.groupby("from_bus_id")["share"].sum().max() <= 0.8
    assert set(transfers["from_bus_id"]) <= set(almaty["loads"]["bus_id"])
