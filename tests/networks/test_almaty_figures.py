"""Every official figure stands in the table of published figures; rows say where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridsim.tables import load_tables

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.tables.network_tables import NetworkTables

OFFICIAL = {
    "region_mean_now_low": 750,
    "region_mean_now_high": 800,
    "region_forecast_2030": 2064,
    "region_forecast_2050": 4164,
    "government_substations": 15,
    "alatau_substations": 11,
    "alatau_substations_cost": 162,
    "roadmap_phase1_projects": 21,
    "roadmap_phase1_cost": 365.1,
    "roadmap_phase2_projects": 9,
    "roadmap_phase2_cost": 312.5,
    "roadmap_phase2_substations": 2,
    "roadmap_phase2_roads": 49,
    "pool_to_2050": 10.4,
    "pool_to_2030": 3.1,
    "projects_formed": 32,
    "projects_formed_cost": 1.5,
    "projects_formed_jobs": 22000,
    "projects_active": 20,
    "projects_active_cost": 1.2,
    "active_logistics": 8,
    "active_construction_and_industry": 6,
    "active_tourism": 3,
    "active_food": 3,
    "pepsico_investment": 360,
    "pepsico_stages": 2,
    "pepsico_output": 21000,
    "pepsico_jobs": 900,
    "iconic_investment": 800,
    "iconic_area": 276.8,
    "iconic_towers": 2,
    "iconic_construction_end": 2029,
    "city_220_substations": 5,
    "city_220_capacity": 2250,
    "city_110_substations": 49,
    "city_110_capacity": 3582,
    "city_35_substations": 20,
    "city_35_capacity": 405.7,
    "city_maximum_now": 982,
    "city_maximum_2030": 1450,
    "city_maximum_2040": 1700,
}

# Points of the OpenStreetMap maps inside today's Almaty Region and city.
MAP_POINTS = (20, 21, 22, *range(24, 60), 61, 74, 77, 78, 81, 83, 87, 88)


@pytest.fixture(scope="module")
def almaty(repository: Path) -> NetworkTables:
    return load_tables(repository / "networks" / "almaty")


@pytest.mark.parametrize("figure_id", OFFICIAL)
def test_official_figure(almaty: NetworkTables, figure_id: str) -> None:
    figures = almaty["published_figures"].set_index("figure_id")
    assert figures.at[figure_id, "value"] == OFFICIAL[figure_id]
    assert figures.at[figure_id, "confidence"] == "published"
    assert figures.at[figure_id, "used_in"]


@pytest.mark.parametrize("point", MAP_POINTS)
def test_map_point_of_the_region_is_in_the_network(almaty: NetworkTables, point: int) -> None:
    notes = almaty["substations"]["note"]
    assert notes.str.contains(rf"map point M{point:03d}\b").sum() == 1


def test_representative_rows_say_so(almaty: NetworkTables) -> None:
    for table in ("substations", "investors"):
        frame = almaty[table]
        says_so = frame["name"].str.startswith("Representative ")
        assert (says_so == frame["is_representative"]).all(), table
        assert set(frame.loc[frame["is_representative"], "confidence"]) == {"assumed"}, table


def test_assumptions_are_not_dressed_as_facts(almaty: NetworkTables) -> None:
    for name, frame in almaty.frames.items():
        if "confidence" not in frame:
            continue
        own = frame[frame["source_id"] == "gridsim_assumption"]
        assert set(own["confidence"]) <= {"assumed", "inferred"}, name
        guessed = frame[frame["confidence"].isin(["assumed", "inferred"])]
        if name != "commissioning":
            assert (guessed["note"] != "").all(), name


def test_attribution_of_openstreetmap(almaty: NetworkTables, repository: Path) -> None:
    sources = almaty["sources"].set_index("source_id")
    for name, frame in almaty.frames.items():
        if "confidence" in frame:
            used = frame.loc[frame["confidence"] == "osm", "source_id"].unique()
            assert all("ODbL" in sources.at[key, "licence"] for key in used), name
    for path in ("networks/LICENSE", "networks/almaty/SOURCES.md"):
        assert "OpenStreetMap contributors" in (repository / path).read_text(encoding="utf-8")
