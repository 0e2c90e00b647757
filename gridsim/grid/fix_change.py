"""What fixes change of a grid: days of projects, voltage bands, dates of plants, load cut in single hours.

Changes add up: the grid with several fixes is the grid with the sum of their changes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.grid.bus_loads import BusLoads
from gridsim.grid.grid_variants import grid_with
from gridsim.tables.network_tables import NetworkTables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.dtypes import BoolArray, FloatArray, IndexArray
    from gridsim.grid.investor_load import InvestorPlan
    from gridsim.grid.staged import StagedGrid
    from gridsim.scenario.horizon import Horizon


@dataclass(frozen=True)
class LoadCut:
    """Load that is not served: MW at one row of ``net.load`` in some steps, and the Mvar that go with each MW.

    ``steps`` and ``p_mw`` have shape (n_cut,), steps ascending.
    """

    load_row: int
    steps: IndexArray
    p_mw: FloatArray
    tan_phi: float


@dataclass(frozen=True)
class GridChange:
    """Changes of a grid.

    Attributes
    ----------
    days:
        Project to its first day in service, local.
    bands_pu:
        Busbar to by how much its voltage band is raised.
    delays:
        Investor project to the months by which it comes later.
    cuts:
        Load that is not served.
    """

    days: Mapping[str, pd.Timestamp] = field(default_factory=lambda: MappingProxyType({}))
    bands_pu: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    delays: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    cuts: tuple[LoadCut, ...] = ()

    def plus(self, other: GridChange) -> GridChange:
        """Return both changes together: the earlier day of a project; bands and delays add up."""
        bands, delays = dict(self.bands_pu), dict(self.delays)
        for bus, shift in other.bands_pu.items():
            bands[bus] = bands.get(bus, 0.0) + shift
        for plant, months in other.delays.items():
            delays[plant] = delays.get(plant, 0) + months
        days = {**self.days, **other.days}
        both = self.days.keys() & other.days.keys()
        days |= {project: min(self.days[project], other.days[project]) for project in both}
        return GridChange(days, bands, delays, (*self.cuts, *other.cuts))


@dataclass(frozen=True)
class CutLoads(BusLoads):
    """Demand at busbars less what is cut."""

    cuts: tuple[LoadCut, ...] = ()

    def served(
        self, start_step: int, stop_step: int, bus_in_service: BoolArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return MW, Mvar and total MW as :meth:`BusLoads.served` does, less what is cut."""
        p_mw, q_mvar, total_mw = super().served(start_step, stop_step, bus_in_service)
        for cut in self.cuts:
            inside = (cut.steps >= start_step) & (cut.steps < stop_step)
            rows, amount = cut.steps[inside] - start_step, cut.p_mw[inside]
            p_mw[rows, cut.load_row] -= amount
            q_mvar[rows, cut.load_row] -= cut.tan_phi * amount
            if bus_in_service[self.bus_pos[cut.load_row]]:
                total_mw[rows] -= amount
        return p_mw, q_mvar, total_mw


def changed_grid(grid: StagedGrid, change: GridChange, never: Mapping[str, None]) -> StagedGrid:
    """Return a grid with a change.

    Parameters
    ----------
    never:
        Projects that are not built unless the change gives them a day.
    """
    tables = _with_bands(grid.tables, change.bands_pu) if change.bands_pu else None
    changed = grid_with(grid, {**never, **change.days}, tables=tables)
    if not change.delays and not change.cuts:
        return changed
    loads = changed.injections.loads
    if change.delays:
        investors = delayed(loads.investors, change.delays, grid.scenario.horizon)
        loads = dataclasses.replace(loads, investors=investors)
    if change.cuts:
        parts = {entry.name: getattr(loads, entry.name) for entry in dataclasses.fields(BusLoads)}
        loads = CutLoads(**parts, cuts=change.cuts)
    return dataclasses.replace(changed, injections=dataclasses.replace(changed.injections, loads=loads))


def delayed(investors: InvestorPlan, months: Mapping[str, int], horizon: Horizon) -> InvestorPlan:
    """Return the plan with some projects later; the ramp moves with the first day."""
    projects = []
    for project in investors.projects:
        late = months.get(project.investor_id, 0)
        if late:
            start = project.commissioning_date + pd.DateOffset(months=late)
            start_step = horizon.step_at(start)
            project = dataclasses.replace(  # noqa: PLW2901  the project, later
                project,
                commissioning_date=start,
                start_step=start_step,
                full_step=start_step + project.full_step - project.start_step,
            )
        projects.append(project)
    return dataclasses.replace(investors, projects=tuple(projects))


def _with_bands(tables: NetworkTables, shifts_pu: Mapping[str, float]) -> NetworkTables:
    bands = tables["voltage_bands"]
    shift = bands["bus_id"].map(dict(shifts_pu)).fillna(0.0).to_numpy(dtype=np.float64)
    raised = bands.assign(vm_lower_pu=bands["vm_lower_pu"] + shift, vm_upper_pu=bands["vm_upper_pu"] + shift)
    return NetworkTables(tables.folder, {**tables.frames, "voltage_bands": raised}, tables.digests)
