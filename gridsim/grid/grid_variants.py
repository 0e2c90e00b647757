"""The grid of a scenario with some projects on other days, or on changed tables, made cheaply.

A variant shares demand and output of plants with the grid it was made of. Only the calendar is read again, with all
that it means (:mod:`gridsim.tables.service_dates`): lines that a project cuts stay whole without it, its load transfers
do not happen, investors that want its busbars stay at their fallbacks. It is the grid that :func:`gridsim.stage_grid`
makes of the changed scenario, at a fraction of the time.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridsim.grid.build import build_net
from gridsim.grid.commissioning import calendar
from gridsim.grid.load_transfer import plan_transfers
from gridsim.grid.stages import make_blocks, make_stages
from gridsim.grid.supply import plan_supply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from gridsim.grid.staged import StagedGrid
    from gridsim.scenario.model import CommissioningOptions
    from gridsim.tables.network_tables import NetworkTables


@dataclass(frozen=True)
class MovedProjects:
    """Options about dates in which some projects have a day of their own; None when one is never built."""

    options: CommissioningOptions
    days: Mapping[str, pd.Timestamp | None]

    @property
    def cancelled_projects(self) -> Sequence[str]:
        """Projects that are not built, the moved ones left out."""
        return self.options.cancelled_projects

    @property
    def slip_months_by_project(self) -> Mapping[str, int]:
        """Months late, by project."""
        return self.options.slip_months_by_project

    def effective_date(self, project_id: str, programme: str, planned: pd.Timestamp) -> pd.Timestamp | None:
        """Return the first day in service, None when the project is never built."""
        if project_id in self.days:
            return self.days[project_id]
        return self.options.effective_date(project_id, programme, planned)


@dataclass(frozen=True)
class _HasMoved:
    commissioning: MovedProjects


def grid_with(
    grid: StagedGrid, days: Mapping[str, pd.Timestamp | None], *, tables: NetworkTables | None = None
) -> StagedGrid:
    """Return the grid of the same scenario with some projects on other days.

    Parameters
    ----------
    days:
        Project to its first day in service, a local midnight without zone; None when it is never built.
    tables:
        Tables in place of those of the grid. They may have further rows, and other voltage bands; busbars that serve
        load, plants and ties must be the same, because demand and supply are not planned again.
    """
    scenario, injections = grid.scenario, grid.injections
    net = grid.net if tables is None else build_net(tables)
    used = grid.tables if tables is None else tables
    horizon = scenario.horizon
    plan = calendar(used, _HasMoved(MovedProjects(scenario.commissioning, days)))
    stages = make_stages(used, plan.states, grid.time_utc, horizon.utc_offset_h)
    loads = dataclasses.replace(injections.loads, transfers=plan_transfers(used, horizon, plan))
    supply = plan_supply(used, horizon, plan, injections.supply.plants)
    return dataclasses.replace(
        grid,
        net=net,
        tables=used,
        calendar=plan,
        stages=stages,
        blocks=make_blocks(stages, grid.time_utc, horizon.utc_offset_h),
        injections=dataclasses.replace(injections, loads=loads, supply=supply),
    )
