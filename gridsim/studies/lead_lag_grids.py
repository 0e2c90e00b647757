"""The grid of a scenario with one project on another day, or never: what lead and lag are measured on.

A variant shares net, demand and output of plants with the grid it was made of. Only the calendar is read again, with
all that it means (:mod:`gridsim.tables.service_dates`): lines that the project cuts stay whole, its load transfers do
not happen, investors that want its busbars stay at their fallbacks. It is the grid that :func:`gridsim.stage_grid`
makes of the changed scenario, at a fraction of the time.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from gridsim.grid.commissioning import calendar
from gridsim.grid.load_transfer import plan_transfers
from gridsim.grid.stages import make_blocks, make_stages
from gridsim.grid.supply import plan_supply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridsim.grid.staged import StagedGrid
    from gridsim.scenario.model import CommissioningOptions


@dataclass(frozen=True)
class OneMoved:
    """Options about dates in which one project has a date of its own: ``day``, or None when it is never built."""

    options: CommissioningOptions
    project_id: str
    day: pd.Timestamp | None

    @property
    def cancelled_projects(self) -> Sequence[str]:
        """Projects that are not built, the moved one left out."""
        return self.options.cancelled_projects

    @property
    def slip_months_by_project(self) -> Mapping[str, int]:
        """Months late, by project."""
        return self.options.slip_months_by_project

    def effective_date(self, project_id: str, programme: str, planned: pd.Timestamp) -> pd.Timestamp | None:
        """Return the first day in service, None when the project is never built."""
        if project_id == self.project_id:
            return self.day
        return self.options.effective_date(project_id, programme, planned)


@dataclass(frozen=True)
class _HasMoved:
    commissioning: OneMoved


def grid_without(grid: StagedGrid, project_id: str) -> StagedGrid:
    """Return the grid of the same scenario in which a project is never built."""
    return _grid_with(grid, project_id, None)


def grid_with_from_first_day(grid: StagedGrid, project_id: str) -> StagedGrid:
    """Return the grid of the same scenario in which a project is in service from the first day of the horizon."""
    return _grid_with(grid, project_id, pd.Timestamp(grid.scenario.horizon.from_year, 1, 1))


def _grid_with(grid: StagedGrid, project_id: str, day: pd.Timestamp | None) -> StagedGrid:
    scenario, tables, injections = grid.scenario, grid.tables, grid.injections
    horizon = scenario.horizon
    plan = calendar(tables, _HasMoved(OneMoved(scenario.commissioning, project_id, day)))
    stages = make_stages(tables, plan.states, grid.time_utc, horizon.utc_offset_h)
    loads = dataclasses.replace(injections.loads, transfers=plan_transfers(tables, horizon, plan))
    supply = plan_supply(tables, horizon, plan, injections.supply.plants)
    return dataclasses.replace(
        grid,
        calendar=plan,
        stages=stages,
        blocks=make_blocks(stages, grid.time_utc, horizon.utc_offset_h),
        injections=dataclasses.replace(injections, loads=loads, supply=supply),
    )
