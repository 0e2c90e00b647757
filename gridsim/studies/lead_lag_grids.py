"""The grid of a scenario without one project, or with it from the first day: what lead and lag are measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gridsim.grid.grid_variants import grid_with

if TYPE_CHECKING:
    from gridsim.grid.staged import StagedGrid


def grid_without(grid: StagedGrid, project_id: str) -> StagedGrid:
    """Return the grid of the same scenario in which a project is never built."""
    return grid_with(grid, {project_id: None})


def grid_with_from_first_day(grid: StagedGrid, project_id: str) -> StagedGrid:
    """Return the grid of the same scenario in which a project is in service from the first day of the horizon."""
    return grid_with(grid, {project_id: pd.Timestamp(grid.scenario.horizon.from_year, 1, 1)})
