"""A scenario as frozen dataclasses. The fields are the keys of a scenario file: nothing else may stand in one."""

# ruff: noqa: RUF009 -- the functions of keys declare fields, as dataclasses.field does

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from gridsim.enums import Area, InvestorPool, Programme, Solver
from gridsim.scenario import keys
from gridsim.scenario.cooling_model import CoolingOptions
from gridsim.scenario.demand_model import AreaDemand, Demand
from gridsim.scenario.fix_model import FixOptions
from gridsim.scenario.horizon import Horizon
from gridsim.scenario.keys import KeyKind
from gridsim.scenario.limit_model import LimitOptions, LimitRule, chosen_rules
from gridsim.scenario.profile_model import ProfileOptions
from gridsim.scenario.rule_catalogue import CATALOGUE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from gridsim.scenario.ambient_record import AmbientRecord

__all__ = [
    "Area",
    "AreaDemand",
    "CommissioningOptions",
    "Demand",
    "FixOptions",
    "Horizon",
    "InvestorOptions",
    "InvestorOverride",
    "LimitOptions",
    "ProfileOptions",
    "Programme",
    "Scenario",
    "SolverOptions",
]


@dataclass(frozen=True)
class InvestorOverride:
    """What a scenario says about one investor project in place of table ``investors``."""

    investor_id: str
    commissioning_date: dt.date | None = keys.key(KeyKind.date, "First day of operation", default=None)
    p_max_mw: float | None = keys.number("Demand at full output, MW", 0.0, 2000.0, default=None)
    slip_months: int = keys.whole(
        "Months by which the project is late, on top of the slip of all", -120, 600, default=0
    )
    ramp_months: int | None = keys.whole("Months from first day to full output", 0, 600, default=None)
    initial_share: float | None = keys.number("Share of full output on the first day", 0.0, 1.0, default=None)


@dataclass(frozen=True)
class InvestorOptions:
    """Which investor projects come, when, and how much of their demand falls together."""

    pools: tuple[InvestorPool, ...] = keys.key(
        KeyKind.choices, "Published pools that come", words=InvestorPool, default=tuple(InvestorPool)
    )
    include_unpooled: bool = keys.flag("Whether projects outside the published pools come", default=True)
    exclude: tuple[str, ...] = keys.key(KeyKind.texts, "Projects that do not come, by investor_id", default=())
    slip_months: int = keys.whole("Months by which every project is late", -120, 600, default=0)
    coincidence: float = keys.number(
        "Demand of all projects together over the sum of their own profiles",
        0.0,
        1.0,
        is_open_minimum=True,
        default=1.0,
    )
    overrides: tuple[InvestorOverride, ...] = keys.key(
        KeyKind.named_tables, "Changes to single projects, by investor_id", model=InvestorOverride, default=()
    )

    def override_of(self, investor_id: str) -> InvestorOverride:
        """Return what is said about one project; an override that changes nothing when nothing is said."""
        found = [override for override in self.overrides if override.investor_id == investor_id]
        return found[0] if found else InvestorOverride(investor_id)


@dataclass(frozen=True)
class CommissioningOptions:
    """Which projects are built and how late; a slip in months keeps the day of the month."""

    cancelled_programmes: tuple[Programme, ...] = keys.key(
        KeyKind.choices, "Programmes of which nothing is built", words=Programme, default=()
    )
    cancelled_projects: tuple[str, ...] = keys.key(KeyKind.texts, "Projects not built, by project_id", default=())
    slip_months_by_programme: Mapping[str, int] = keys.key(
        KeyKind.named_wholes, "Months late, by programme", words=Programme, minimum=-120, maximum=600, default={}
    )
    slip_months_by_project: Mapping[str, int] = keys.key(
        KeyKind.named_wholes,
        "Months late, by project_id; replaces the slip of the programme",
        minimum=-120,
        maximum=600,
        default={},
    )

    def is_cancelled(self, project_id: str, programme: str) -> bool:
        """Whether a project is never built."""
        return project_id in self.cancelled_projects or programme in self.cancelled_programmes

    def effective_date(self, project_id: str, programme: str, planned: pd.Timestamp) -> pd.Timestamp | None:
        """Return the first day in service of a project in this scenario, ``None`` when it is never built."""
        if self.is_cancelled(project_id, programme):
            return None
        months = self.slip_months_by_project.get(project_id, self.slip_months_by_programme.get(programme, 0))
        return planned + pd.DateOffset(months=months)


@dataclass(frozen=True)
class SolverOptions:
    """How the load flows are solved."""

    solver: Solver = keys.choice("newton is gridsim's kernel, pandapower the slow judge", Solver, default=Solver.newton)
    tolerance_pu: float = keys.number(
        "Largest mismatch of a solved step, per unit of net.sn_mva", 0.0, 1e-3, is_open_minimum=True, default=1e-8
    )
    max_iterations: int = keys.whole(
        "Iterations of each method before a step goes to the next slower one; the first takes at least 24, "
        "the damped last one three times as many",
        1,
        200,
        default=20,
    )
    use_fallback: bool = keys.flag("Whether a failed step is tried again by slower methods", default=True)
    tap_control: bool = keys.flag(
        "Whether on-load tap changers hold the bands of table voltage_bands; if not, taps stand where tables have them",
        default=True,
    )


@dataclass(frozen=True)
class Scenario:
    """Everything that may differ between two studies of the same network.

    Attributes
    ----------
    digests:
        sha256 of the bytes of every file that was read, by path relative to the folder of the scenario file.
    source_files:
        The scenario file first, then what it extends.
    ambient:
        What stood in ``profiles.ambient.file``; None when no file is named.
    """

    digests: Mapping[str, str]
    source_files: tuple[Path, ...]
    ambient: AmbientRecord | None = field(default=None, kw_only=True, repr=False, compare=False)
    name: str = keys.text("Short name, used in result folders")
    title: str = keys.text("One line for plots and reports")
    description: str = keys.text("What the scenario assumes and why", default="")
    network_folder: Path = keys.key(KeyKind.path, "Folder with the network tables")
    seed: int = keys.whole("Seed of weather and wind; the same seed gives the same numbers", 0, 2**32 - 1, default=0)
    horizon: Horizon = keys.table(Horizon, "Years and steps")
    demand: Demand = keys.table(Demand, "Demand by area, without (or with) investors")
    profiles: ProfileOptions = keys.table(ProfileOptions, "Shapes of load and generation")
    investors: InvestorOptions = keys.table(InvestorOptions, "Investor projects")
    commissioning: CommissioningOptions = keys.table(CommissioningOptions, "Dates of projects")
    limits: LimitOptions = keys.table(LimitOptions, "Rules of loading")
    fixes: FixOptions = keys.table(FixOptions, "Fixes of overloads and their unit costs")
    cooling: CoolingOptions = keys.table(CoolingOptions, "Fans of transformers")
    solver: SolverOptions = keys.table(SolverOptions, "Load-flow solver")

    @property
    def limit_rules(self) -> tuple[LimitRule, ...]:
        """The rules that transformers are judged by, in the order of ``limits.rules``."""
        return chosen_rules(self.limits, CATALOGUE)
