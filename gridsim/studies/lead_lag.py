"""Lead and lag: whether planned substations come before the grid needs them, and the grid is ready for each plant.

**Projects.** For every project that builds a planned substation, and every project of a published programme that adds
transformers (in the Almaty tables all but the assumed reinforcements of existing stations), two grids are compared:
the scenario *without* it, which is the scenario with the project in ``commissioning.cancelled_projects`` (lines that it
would cut stay whole, its load transfers do not happen, investors stay at their fallback busbars), and the scenario
*with* it from the first day of the horizon. All other projects keep their dates.

A project is *needed by* the first hour at which, without it, a transformer winding is above the limit (the loading at
which the first rule of the scenario that holds for the unit begins) and, with it, that winding is not, being lower by
at least :data:`gridsim.studies.lead_lag_projects.RELIEF_POINTS` percentage points or out of service. Overloads that the
project does not cure are not blamed on its absence. Two projects that would cure the same overload are both needed for
it: the earlier may make the later superfluous until the load has grown again. An hour that has no solution without the
project and one with it is a need, too. Lines are not looked at. The verdict is the sign of the difference to the
planned date: a need before the date is a project *behind*, by so many months. A need in the first year of the horizon
says "at least so many months behind": the same season of the year before is not known. How the hour is found, and what
is guaranteed, is written in :mod:`gridsim.studies.lead_lag_projects`.

Criteria: N-0, all branches in service, columns ``n0_``; and where asked for N-1, after the outage of any one
transformer, line or unit of given output, columns ``n1_`` (:mod:`gridsim.studies.lead_lag_n1`). ``verdict`` is that of
N-0.

**Plants.** For every investor project of the scenario: whether its wanted busbar is in service on its first day, and
whether a transformer is overloaded because of it (:mod:`gridsim.studies.lead_lag_plants`).

The load flows are those of :func:`gridsim.run_scenario`: same blocks, same tap control, same tolerance; always by the
own solver. Nothing is written to disk.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.enums import Programme
from gridsim.errors import ScenarioError
from gridsim.studies.attribution import attribute_steps
from gridsim.studies.lead_lag_pairs import PlannedOutages
from gridsim.studies.lead_lag_plants import overloads_of_plants, wait_of
from gridsim.studies.lead_lag_rows import DAYS_PER_MONTH, DAYS_PER_YEAR, project_row, project_table
from gridsim.studies.lead_lag_run import LeadingLimit, Solving, solve_planned
from gridsim.studies.progress import PhaseClock, Silence
from gridsim.studies.side_by_side import results_side_by_side, usable_processes
from gridsim.studies.time_series import asked_scenario, solve_options
from gridsim.tables.load import load_tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gridsim.grid.investor_load import InvestorProject
    from gridsim.grid.staged import StagedGrid
    from gridsim.scenario.limit_model import LimitRule
    from gridsim.scenario.model import Scenario
    from gridsim.solve.options import SolveOptions
    from gridsim.studies.attribution import Attribution
    from gridsim.studies.lead_lag_plants import PlantOverload
    from gridsim.studies.lead_lag_run import PlannedRun
    from gridsim.studies.progress import Progress

PLANT_COLUMNS = (
    "investor_id",
    "name",
    "p_max_mw",
    "commissioning_date",
    "full_output_utc",
    "wanted_substation",
    "served_from",
    "ready_date",
    "wait_months",
    "overload_element",
    "overload_substation",
    "overload_utc",
    "overload_percent",
    "without_percent",
    "share_percent",
    "tipped_by",
    "is_ready",
    "verdict",
)


@dataclass(frozen=True)
class LeadLag:
    """Planned dates against needed dates.

    Attributes
    ----------
    projects:
        One row per project, columns ``PROJECT_COLUMNS`` and, with N-1, ``N1_COLUMNS``
        (:mod:`gridsim.studies.lead_lag_rows`): those without which hours have no solution first, then by
        lead, the furthest behind on top. ``planned_date`` is local and that of the scenario (NaT when it is not built
        there); ``n0_lead_months`` is needed minus planned date, negative when behind; ``n0_is_bound`` marks a need
        within the first year of the horizon: it may be older than the horizon shows; ``causes_*`` is the first overload
        in the first year of service that is not there without the project; ``solved_h`` counts the hours solved.
        ``n1_outage`` is what has to fail, ``none`` where N-0 alone tells the date; ``n1_every_hour_from_utc`` from when
        every hour was asked, before it sampled ones; ``n1_cut_off_*`` the worst of the outages that cut load off
        without the project and not with it, and their number; ``n1_cases`` counts outages times hours solved.
    plants:
        One row per investor project that comes, columns ``PLANT_COLUMNS``, the longest wait first.
    scenario:
        As asked for.
    rules:
        The rules that say what an overload is: each winding is judged by the first of them that holds for it. Those of
        the scenario that judge no winding are left out.
    n1_rules:
        The same after an outage; None where N-1 was not asked for.
    total_h, failed_h:
        Hours of the planned run, and those without solution.
    elapsed_s:
        Seconds by phase.
    """

    projects: pd.DataFrame
    plants: pd.DataFrame
    scenario: Scenario
    rules: tuple[LimitRule, ...]
    n1_rules: tuple[LimitRule, ...] | None
    total_h: int
    failed_h: int
    elapsed_s: Mapping[str, float]


def lead_lag(
    scenario: str | Path | Scenario,
    *,
    from_year: int | None = None,
    to_year: int | None = None,
    n1: bool = False,
    n1_rule: str | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> LeadLag:
    """Say by which date each planned substation is needed, and whether the grid is ready for each investor plant.

    Parameters
    ----------
    scenario:
        Scenario file (TOML), or what :func:`gridsim.load_scenario` made of one.
    from_year, to_year:
        First and last local calendar year, in place of those of the scenario.
    n1:
        Whether single outages are looked at, too, which takes several times as long.
    n1_rule:
        Name of one of the scenario's rules that judges N-1, such as one of emergency loading, in place of those that
        judge N-0; to name it is to ask for N-1.
    threads:
        Threads that work inside a batch of load flows, or processes that take projects side by side; 0 for one on each
        processor. The results do not depend on it.
    progress:
        Hears of phases and steps.

    Raises
    ------
    ScenarioError, NetworkDataError, CompileError
        The inputs cannot be used, or the scenario has no rule ``n1_rule``.
    """
    clock, told = PhaseClock(), progress or Silence()
    asked = asked_scenario(scenario, from_year, to_year)
    options = solve_options(asked.solver, None, threads)
    n1_rules = _n1_rules(asked, n1_rule) if n1 or n1_rule is not None else None
    tables = load_tables(asked.network_folder)
    with clock.phase("stage"):
        told.begin("Laying out stages, demand and generation", 0)
        from gridsim.grid.staged import stage_grid  # noqa: PLC0415  loads pandapower, after cheap checks

        grid = stage_grid(tables, asked)
    solving = Solving(grid, options)
    n1_limit = None if n1_rules is None else LeadingLimit(grid, solving.columns.elements, n1_rules)
    with clock.phase("planned run"):
        run = solve_planned(grid, solving, told)
    with clock.phase("projects"):
        projects = _project_table(run, n1_limit, threads, told)
    with clock.phase("plants"):
        plants = _plant_table(run, options, told)
    step_h = asked.horizon.resolution_h
    return LeadLag(
        projects=projects,
        plants=plants,
        scenario=asked,
        rules=solving.limit.rules,
        n1_rules=None if n1_limit is None else n1_limit.rules,
        total_h=len(grid.time_utc) * step_h,
        failed_h=int(run.is_failed.sum()) * step_h,
        elapsed_s=clock.elapsed_s(),
    )


def _n1_rules(scenario: Scenario, name: str | None) -> tuple[LimitRule, ...]:
    """Return the rules that judge N-1: all of the scenario, or the one named."""
    rules = tuple(rule for rule in scenario.limit_rules if name in {None, rule.name})
    if not rules:
        known = ", ".join(rule.name for rule in scenario.limit_rules)
        raise ScenarioError(f"n1_rule is {name!r}, which is no rule of scenario {scenario.name!r}; it has {known}")
    return rules


def judged_projects(grid: StagedGrid) -> list[str]:
    """Return the projects that build a planned substation, or add transformers in a published programme."""
    events, projects, substations = (grid.tables[name] for name in ("commissioning", "projects", "substations"))
    opens = events[(events["action"] == "open") & events["element_table"].isin(["trafos", "trafos3w"])]
    status = projects["substation_id"].map(substations.set_index("substation_id")["status"])
    is_new = status.notna() & (status != "existing")
    is_published = ~projects["programme"].isin([Programme.reinforcement, Programme.generation])
    is_judged = projects["project_id"].isin(opens["project_id"]) & (is_new | is_published)
    return [str(project) for project in projects.loc[is_judged, "project_id"]]


def _project_table(run: PlannedRun, n1_limit: LeadingLimit | None, threads: int, progress: Progress) -> pd.DataFrame:
    """Judge the projects; N-1 by ``n1_limit``, and not where there is none."""
    ids = judged_projects(run.grid)
    progress.begin("Projects, with and without", len(ids))
    processes = usable_processes(threads)
    alone = run if processes == 1 else dataclasses.replace(run, solving=run.solving.with_threads(1))
    outages = None if n1_limit is None else PlannedOutages(alone, n1_limit)
    rows = results_side_by_side(
        lambda project_id: project_row(alone, project_id, outages), ids, processes, lambda: progress.advance(1)
    )
    return project_table(rows, has_n1=outages is not None)


def _plant_table(run: PlannedRun, options: SolveOptions, progress: Progress) -> pd.DataFrame:
    plants = run.grid.injections.investors.projects
    year_steps = DAYS_PER_YEAR * run.grid.scenario.horizon.steps_per_day
    found = overloads_of_plants(run, plants, year_steps, progress)
    hit = {number: overload for number, overload in enumerate(found) if overload is not None}
    cases = [(run.solving.columns.names[overload.column], overload.step) for overload in hit.values()]
    shares = dict(zip(hit, attribute_steps(run.grid, options, cases, progress), strict=True))
    rows = [
        _plant_row(run, plant, overload, shares.get(number))
        for number, (plant, overload) in enumerate(zip(plants, found, strict=True))
    ]
    frame = pd.DataFrame(rows, columns=list(PLANT_COLUMNS))
    for name in ("full_output_utc", "overload_utc"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    for name in ("commissioning_date", "ready_date"):
        frame[name] = pd.to_datetime(frame[name])
    return frame.sort_values(
        ["is_ready", "wait_months", "commissioning_date"],
        ascending=[True, False, True],
        kind="stable",
        ignore_index=True,
    )


def _plant_row(
    run: PlannedRun, plant: InvestorProject, overload: PlantOverload | None, attribution: Attribution | None
) -> dict[str, Any]:
    grid = run.grid
    horizon, tables = grid.scenario.horizon, grid.tables
    table_row = tables["investors"].set_index("investor_id").loc[plant.investor_id]
    place = tables["buses"]["substation_id"].map(tables["substations"].set_index("substation_id")["name"])
    wait = wait_of(run, plant)
    months = np.inf
    if wait.ready_day is not None:
        months = (wait.ready_day - plant.commissioning_date).days / DAYS_PER_MONTH
    row = {
        "investor_id": plant.investor_id,
        "name": table_row["name"],
        "p_max_mw": plant.p_max_mw,
        "commissioning_date": plant.commissioning_date,
        "full_output_utc": horizon.time_utc()[0] + pd.Timedelta(hours=plant.full_step * horizon.resolution_h),
        "wanted_substation": place.iat[plant.bus_pos],
        "served_from": place.iat[wait.served_pos],
        "ready_date": wait.ready_day,
        "wait_months": months,
        "overload_element": "",
        "overload_substation": "",
        "tipped_by": "",
    }
    if overload is not None:
        element = run.solving.columns.elements.iloc[overload.column]
        row |= {
            "overload_element": element["element"],
            "overload_substation": element["substation_name"],
            "overload_utc": grid.time_utc[overload.step],
            "overload_percent": overload.percent,
            "without_percent": overload.without_percent,
        }
    if attribution is not None:
        own = attribution.parts[attribution.parts["contributor"] == plant.investor_id]
        row |= {"share_percent": float(own["share_percent"].sum()), "tipped_by": attribution.tipped_by}
    is_seen = plant.start_step + DAYS_PER_YEAR * horizon.steps_per_day > 0 and plant.start_step < len(grid.time_utc)
    row["is_ready"] = months <= 0.0 and overload is None
    row["verdict"] = _plant_verdict(row, horizon.utc_offset_h, is_seen=is_seen)
    return row


def _plant_verdict(row: Mapping[str, Any], utc_offset_h: int, *, is_seen: bool) -> str:
    """Return the verdict on a plant in words."""
    words = []
    if np.isinf(row["wait_months"]):
        words.append(f"waits for {row['wanted_substation']}, which never comes")
    elif row["wait_months"] > 0.0:
        words.append(f"waits for {row['wanted_substation']} for {row['wait_months']:.0f} months")
    if row["overload_element"]:
        local = row["overload_utc"] + pd.Timedelta(hours=utc_offset_h)
        words.append(f"overloads {row['overload_element'].partition(':')[2]} from {local:%Y-%m-%d}")
    if not is_seen:
        words.append("its first year is not in the horizon")
    return ", ".join(words) or "ready"
