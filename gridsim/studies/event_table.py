"""Table ``events`` of the results: what comes into service when, projects and investors, whatever the horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gridsim.enums import Programme
from gridsim.results.layout import EVENTS

if TYPE_CHECKING:
    from gridsim.grid.staged import StagedGrid

#: Kind of event by programme; every other programme builds substations.
KIND_OF_PROGRAMME = {Programme.generation.value: "generation", Programme.reinforcement.value: "reinforcement"}


def event_table(grid: StagedGrid) -> pd.DataFrame:
    """Return table ``events`` in time order; cancelled projects and investors are absent."""
    offset = pd.Timedelta(hours=grid.scenario.horizon.utc_offset_h)
    table = pd.concat([_projects(grid), _investors(grid)], ignore_index=True)
    for column in ("date_utc", "planned_date"):
        table[column] = (table[column] - offset).dt.tz_localize("UTC")
    return table.sort_values(["date_utc", "name"], kind="stable", ignore_index=True)[list(EVENTS.column_names)]


def _projects(grid: StagedGrid) -> pd.DataFrame:
    projects = grid.tables["projects"]
    projects = projects[projects["project_id"].isin(list(grid.calendar.dates))]
    representative = grid.tables["substations"].set_index("substation_id")["is_representative"]
    return pd.DataFrame(
        {
            "date_utc": pd.to_datetime(projects["project_id"].map(dict(grid.calendar.dates))),
            "kind": projects["programme"].map(KIND_OF_PROGRAMME).fillna("substation"),
            "programme": projects["programme"],
            "name": projects["name"],
            "mw": projects["project_id"].map(_opened_mw(grid)),
            "project_id": projects["project_id"],
            "investor_id": "",
            "planned_date": projects["commissioning_date"],
            "is_representative": projects["substation_id"].map(representative).eq(True),
        }
    )


def _opened_mw(grid: StagedGrid) -> pd.Series[float]:
    """Return the installed power of the plants that each project opens; projects without plants are absent."""
    events = grid.tables["commissioning"]
    opened = events[(events["action"] == "open") & (events["element_table"] == "power_plants")]
    p_max_mw = grid.tables["power_plants"].set_index("plant_id")["p_max_mw"]
    return opened["element_id"].map(p_max_mw).groupby(opened["project_id"]).sum()


def _investors(grid: StagedGrid) -> pd.DataFrame:
    coming = {project.investor_id: project for project in grid.injections.investors.projects}
    investors = grid.tables["investors"]
    investors = investors[investors["investor_id"].isin(list(coming))]
    projects = [coming[investor_id] for investor_id in investors["investor_id"]]
    return pd.DataFrame(
        {
            "date_utc": pd.Series([project.commissioning_date for project in projects], dtype="datetime64[ns]"),
            "kind": "investor",
            "programme": investors["pool"].to_numpy(),
            "name": investors["name"].to_numpy(),
            "mw": pd.Series([project.p_max_mw for project in projects], dtype="float64"),
            "project_id": "",
            "investor_id": investors["investor_id"].to_numpy(),
            "planned_date": investors["commissioning_date"].to_numpy(),
            "is_representative": investors["is_representative"].to_numpy(),
        }
    )
