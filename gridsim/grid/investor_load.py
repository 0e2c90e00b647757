"""Load of investor projects: full output times ramp times profile times coincidence.

A project begins on its commissioning date with its initial share and reaches full output after its ramp, on a straight
line. Its profile is 1 at the highest hour, so a project never takes more than its MW at full output. The weather of the
year does not enter: the MW are design values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.grid.home_loads import tan_phi
from gridsim.grid.local_time import to_steps
from gridsim.grid.standard_load import highest_value, mixed_profile

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.grid.local_time import LocalDays
    from gridsim.scenario.model import InvestorOptions, Scenario
    from gridsim.scenario.profile_model import InvestorProfile
    from gridsim.tables.network_tables import NetworkTables


@dataclass(frozen=True)
class InvestorProject:
    """One project as the scenario has it.

    Attributes
    ----------
    area:
        Area of the wanted busbar.
    bus_pos, fallback_pos:
        Rows of the wanted and of the fallback busbar in table ``buses``.
    commissioning_date:
        First local day of operation.
    start_step, full_step:
        Steps at which operation begins and the ramp ends; may lie outside the horizon.
    """

    investor_id: str
    area: str
    sector: str
    profile: str
    bus_pos: int
    fallback_pos: int
    p_max_mw: float
    tan_phi: float
    commissioning_date: pd.Timestamp
    start_step: int
    full_step: int
    initial_share: float

    def ramp(self, start_step: int, stop_step: int) -> FloatArray:
        """Return the share of full output of steps, shape (stop_step - start_step,)."""
        steps = np.arange(start_step, stop_step)
        passed = (steps + 0.5 - self.start_step) / max(self.full_step - self.start_step, 1)
        share = self.initial_share + (1.0 - self.initial_share) * np.clip(passed, 0.0, 1.0)
        if self.full_step <= self.start_step:
            share = np.ones(len(steps))
        return np.where(steps >= self.start_step, share, 0.0)


@dataclass(frozen=True)
class InvestorPlan:
    """All projects that come, and the profiles they follow.

    Attributes
    ----------
    projects:
        In table order.
    profiles:
        Name to shape (n_step,), at most 1.
    coincidence:
        Factor on every project.
    """

    projects: tuple[InvestorProject, ...]
    profiles: dict[str, FloatArray]
    coincidence: float

    def power_mw(self, project: InvestorProject, start_step: int, stop_step: int) -> FloatArray:
        """Return the load of one project, shape (stop_step - start_step,)."""
        level = self.coincidence * project.p_max_mw
        return level * project.ramp(start_step, stop_step) * self.profiles[project.profile][start_step:stop_step]

    def begun_by(self, stop_step: int) -> IndexArray:
        """Return the positions of the projects that begin before a step."""
        return np.flatnonzero(self._course[0] < stop_step)

    def powers_mw(self, positions: IndexArray, start_step: int, stop_step: int) -> FloatArray:
        """Return what :meth:`power_mw` does for several projects, shape (n_position, stop_step - start_step)."""
        start, full, initial, level = (row[positions, np.newaxis] for row in self._course)
        steps = np.arange(start_step, stop_step)
        passed = (steps + 0.5 - start) / np.maximum(full - start, 1.0)
        share = initial + (1.0 - initial) * np.clip(passed, 0.0, 1.0)
        share = np.where(full <= start, 1.0, share)
        names = [self.projects[position].profile for position in positions]
        shapes = np.stack([self.profiles[name][start_step:stop_step] for name in names]) if names else share
        return np.asarray(level * np.where(steps >= start, share, 0.0) * shapes)

    @cached_property
    def _course(self) -> FloatArray:
        """Start step, step of full output, initial share and MW at full output of every project, (4, n_project)."""
        rows = [
            (project.start_step, project.full_step, project.initial_share, self.coincidence * project.p_max_mw)
            for project in self.projects
        ]
        return np.array(rows, dtype=np.float64).reshape(len(rows), 4).T

    def area_mw(self, area: str, n_step: int) -> FloatArray:
        """Return the load of all projects of an area, shape (n_step,)."""
        total = np.zeros(n_step)
        for project in self.projects:
            if project.area == area:
                total += self.power_mw(project, 0, n_step)
        return total


def _months_later(date: pd.Timestamp, months: int) -> pd.Timestamp:
    return date + pd.DateOffset(months=months)


def is_coming(options: InvestorOptions, investor_id: str, pool: str) -> bool:
    """Whether a project of table ``investors`` comes in the scenario."""
    if investor_id in options.exclude:
        return False
    return pool in options.pools if pool else options.include_unpooled


def investor_shape(profile: InvestorProfile, days: LocalDays) -> FloatArray:
    """Return the hourly shape of a profile, 1 at its highest, shape (n_day, 24)."""
    shape = mixed_profile(profile.mix, profile.month_factors, days)
    return np.minimum(shape / highest_value(profile.mix, profile.month_factors), 1.0)


def plan_investors(tables: NetworkTables, scenario: Scenario, days: LocalDays) -> InvestorPlan:
    """Return the projects that come, with the dates and sizes of the scenario.

    A date that the scenario states is final; a date of the table is moved by the slips of all and of the project.
    """
    options = scenario.investors
    horizon = scenario.horizon
    bus_row = {bus: row for row, bus in enumerate(tables["buses"]["bus_id"])}
    substation_of = dict(zip(tables["buses"]["bus_id"], tables["buses"]["substation_id"], strict=True))
    area_of = dict(zip(tables["substations"]["substation_id"], tables["substations"]["area"], strict=True))
    projects: list[InvestorProject] = []
    for row in tables["investors"].to_dict("records"):
        if not is_coming(options, str(row["investor_id"]), str(row["pool"])):
            continue
        override = options.override_of(str(row["investor_id"]))
        if override.commissioning_date is not None:
            start = pd.Timestamp(override.commissioning_date)
        else:
            start = _months_later(pd.Timestamp(row["commissioning_date"]), options.slip_months + override.slip_months)
        ramp_months = int(row["ramp_months"]) if override.ramp_months is None else override.ramp_months
        initial_share = float(row["initial_share"]) if override.initial_share is None else override.initial_share
        projects.append(
            InvestorProject(
                investor_id=str(row["investor_id"]),
                area=str(area_of[substation_of[row["bus_id"]]]),
                sector=str(row["sector"]),
                profile=str(row["profile"]),
                bus_pos=bus_row[row["bus_id"]],
                fallback_pos=bus_row[row["fallback_bus_id"]],
                p_max_mw=float(row["p_max_mw"]) if override.p_max_mw is None else override.p_max_mw,
                tan_phi=float(tan_phi(np.array([row["cos_phi"]], dtype=np.float64))[0]),
                commissioning_date=start,
                start_step=horizon.step_at(start),
                full_step=horizon.step_at(_months_later(start, ramp_months)),
                initial_share=initial_share,
            )
        )
    wanted = sorted({project.profile for project in projects})
    profiles = {
        profile.profile: to_steps(investor_shape(profile, days), horizon.resolution_h)
        for profile in scenario.profiles.investors
        if profile.profile in wanted
    }
    return InvestorPlan(tuple(projects), {str(name): shape for name, shape in profiles.items()}, options.coincidence)
