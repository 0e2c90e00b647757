"""Every official figure the project starts from stands in a table of the network or in a scenario.

The names on the left are the facts as the Prime Minister's office published them on 17 January 2026.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class World:
    """What gridsim ships: the tables of the Almaty network, and the scenario files as written."""

    tables: dict[str, pd.DataFrame]
    scenarios: dict[str, dict[str, Any]]

    def figure(self, figure_id: str) -> float:
        figures = self.tables["published_figures"].set_index("figure_id")["value"]
        return float(figures[figure_id])

    def mean_mw(self, area: str) -> float:
        loads = self.tables["loads"].merge(self.tables["buses"][["bus_id", "substation_id"]], on="bus_id")
        areas = self.tables["substations"].set_index("substation_id")["area"]
        return float(loads.loc[loads["substation_id"].map(areas) == area, "p_mw"].sum())

    def projects(self, **wanted: str) -> pd.DataFrame:
        frame = self.tables["projects"]
        for column, value in wanted.items():
            frame = frame[frame[column].astype(str).str.startswith(value)]
        return frame

    def investors(self, **wanted: str) -> pd.DataFrame:
        frame = self.tables["investors"]
        for column, value in wanted.items():
            frame = frame[frame[column] == value]
        return frame


@pytest.fixture(scope="module")
def world(repository: Path) -> World:
    folder = repository / "networks" / "almaty"
    tables = {path.stem: pd.read_csv(path) for path in sorted(folder.glob("*.csv"))}
    scenarios = {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted((repository / "scenarios").glob("*.toml"))
    }
    return World(tables, scenarios)


def official_region(world: World, year: int) -> float:
    return float(world.scenarios["official_forecast"]["demand"]["almaty_region"]["knots_mw"][str(year)])


#: Fact, its published value, where gridsim carries it.
FACTS: list[tuple[str, float, Callable[[World], float]]] = [
    ("mean consumption of Almaty Region today, lower end", 750, lambda w: w.figure("region_mean_now_low")),
    ("mean consumption of Almaty Region today, upper end", 800, lambda w: w.figure("region_mean_now_high")),
    ("mean load of the region in the tables, the middle of both", 775, lambda w: w.mean_mw("almaty_region")),
    ("official scenario starts there", 775, lambda w: official_region(w, 2025)),
    ("forecast by 2030", 2064, lambda w: official_region(w, 2030)),
    ("forecast by 2050", 4164, lambda w: official_region(w, 2050)),
    ("substations decided by the Government", 15, lambda w: len(w.projects(programme="government_15"))),
    ("substations of the Alatau Roadmap", 11, lambda w: len(w.projects(programme="alatau_11"))),
    (
        "their cost in billion tenge",
        162,
        lambda w: w.projects(programme="alatau_11")["cost_bn_kzt"].sum(),
    ),
    ("of them in phase 2, 2028-2030", 2, lambda w: len(w.projects(programme="alatau_11", phase="phase 2"))),
    ("of them in phase 1, 2026-2027", 9, lambda w: len(w.projects(programme="alatau_11", phase="phase 1"))),
    ("projects of phase 1", 21, lambda w: w.figure("roadmap_phase1_projects")),
    ("cost of phase 1 in billion tenge", 365.1, lambda w: w.figure("roadmap_phase1_cost")),
    ("projects of phase 2", 9, lambda w: w.figure("roadmap_phase2_projects")),
    ("cost of phase 2 in billion tenge", 312.5, lambda w: w.figure("roadmap_phase2_cost")),
    ("km of roads in phase 2", 49, lambda w: w.figure("roadmap_phase2_roads")),
    ("whole pool to 2050 in trillion tenge", 10.4, lambda w: w.figure("pool_to_2050")),
    ("of it by 2030", 3.1, lambda w: w.figure("pool_to_2030")),
    ("projects formed", 32, lambda w: (w.tables["investors"]["pool"].notna()).sum()),
    ("their worth in trillion tenge", 1.5, lambda w: w.figure("projects_formed_cost")),
    ("jobs they bring", 22000, lambda w: w.figure("projects_formed_jobs")),
    ("active projects", 20, lambda w: len(w.investors(pool="active_20"))),
    ("worth of the active in trillion tenge", 1.2, lambda w: w.figure("projects_active_cost")),
    ("active in logistics", 8, lambda w: len(w.investors(pool="active_20", pool_sector="logistics"))),
    (
        "active in construction and industry",
        6,
        lambda w: len(w.investors(pool="active_20", pool_sector="construction_and_industry")),
    ),
    ("active in tourism", 3, lambda w: len(w.investors(pool="active_20", pool_sector="tourism"))),
    ("active in food", 3, lambda w: len(w.investors(pool="active_20", pool_sector="food"))),
    ("PepsiCo in million dollars", 360, lambda w: w.figure("pepsico_investment")),
    ("stages of PepsiCo", 2, lambda w: w.tables["investors"]["investor_id"].str.startswith("pepsico").sum()),
    ("tonnes a year of PepsiCo", 21000, lambda w: w.figure("pepsico_output")),
    ("jobs at PepsiCo", 900, lambda w: w.figure("pepsico_jobs")),
    ("Mars Petcare", 1, lambda w: w.tables["investors"]["investor_id"].str.startswith("mars").sum()),
    ("start of its construction", 2026.5, lambda w: w.figure("mars_construction_start")),
    ("Iconic Towers", 1, lambda w: w.tables["investors"]["investor_id"].str.startswith("iconic").sum()),
    ("Iconic Towers in million dollars", 800, lambda w: w.figure("iconic_investment")),
    ("their floor area in thousand m2", 276.8, lambda w: w.figure("iconic_area")),
    ("their towers", 2, lambda w: w.figure("iconic_towers")),
    ("their documentation", 2027.25, lambda w: w.figure("iconic_documentation")),
    ("start of their construction", 2026.33, lambda w: w.figure("iconic_construction_start")),
    ("end of their construction", 2029, lambda w: w.figure("iconic_construction_end")),
]


@pytest.mark.parametrize(("published", "carried"), [fact[1:] for fact in FACTS], ids=[fact[0] for fact in FACTS])
def test_fact_stands_in_network_or_scenario(world: World, published: float, carried: Callable[[World], float]) -> None:
    assert carried(world) == pytest.approx(published, rel=1e-9)


def test_the_official_scenario_says_how_it_reads_the_forecast(world: World) -> None:
    assert world.scenarios["official_forecast"]["demand"]["almaty_region"]["reading"] == "mean"
