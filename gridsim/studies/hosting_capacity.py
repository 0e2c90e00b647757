"""Firm and flexible MW that can still be connected at the substations of a scenario, year by year, N-0 and N-1.

The addition is a constant load through all hours of a year in which its busbar is in service, each with the grid, the
demand and the plants of that hour. Exchanges with the national grid follow it as they follow any load.

N-0: nothing is out. Every hour of the year is solved with the firm MW, or with up to 5 % more where it fits with 5 % to
spare. N-1: each transformer, line and generator unit is out in turn. All of these outages are solved with the firm MW
in the hours that carry least by slopes, of those in which some element has one of its three highest loadings of a
stage; the other hours are not solved after outages.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from gridsim.enums import Solver
from gridsim.errors import InputError
from gridsim.solve.hosting import ADDED_PERCENT, CHECKED_STEPS, MAX_MW, HostingRules
from gridsim.studies.hosting_year import HostingYears, OutageCheck
from gridsim.studies.progress import Progress, Silence
from gridsim.studies.time_series import asked_scenario, solve_options
from gridsim.tables.load import load_tables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gridsim.scenario.limit_model import LimitRule
    from gridsim.scenario.model import Scenario

#: Hours a year in which a flexible load steps back, unless asked otherwise. An assumption.
CURTAILED_HOURS = 200
#: Hours of a year in which every firm MW after outages is solved again at all of them, unless asked otherwise.
CHECKED_HOURS = CHECKED_STEPS


@dataclass(frozen=True)
class HostingCapacity:
    """Result of :func:`hosting_capacity`.

    Attributes
    ----------
    table:
        One row per busbar and year, failed first, then the smallest N-0 firm MW; columns ``HOSTING_COLUMNS``:

        ``is_failed``
            Whether hours of the year have no solution even without an addition; the MW are then NaN.
        ``hours``, ``unsolved_hours``
            Hours of the year in which the busbar is in service, and those among them without solution.
        ``n0_firm_mw``, ``n0_held_by``, ``n0_time_utc``
            Largest constant load that makes no new overload in any hour; what a little more overloads, and the hour.
            Both are missing where nothing binds up to the most that was tried; the element alone where a little more
            has no solution.
        ``n0_is_above_before``
            Whether that element is above its limit in that hour without any addition.
        ``n1_firm_mw``, ``n1_held_by``, ``n1_outage``, ``n1_time_utc``, ``n1_is_above_before``
            The same after any single outage, in the hours checked; never more than ``n0_firm_mw``. New is an overload
            of what no outage overloads without the addition. Where an outage cuts the busbar off, nothing is firm:
            0 MW, held by ``single supply``, and the outage. Where the same holds without any outage, that is ``none``.
            All missing where N-1 was not asked for.
        ``n1_checked_hours``
            Hours of the year in which all outages were solved with ``n1_firm_mw``.
        ``flexible_mw``, ``flexible_held_by``
            As ``n0_firm_mw``, for a load that steps back in the worst hours, at most ``curtailed_hours`` asked for; of
            fewer, in proportion, where the busbar is in service in part of the year.
        ``curtailed_hours``, ``curtailed_mwh``
            Hours in which ``flexible_mw`` does not fit, and the energy it then goes without in the year.
    title, limit, edition:
        Title of the scenario, name and edition of the rule of loading.
    asked_hours:
        Hours a year in which a flexible load may step back.
    rules:
        Power factor of the addition, and the other assumptions.
    utc_offset_h:
        Local time minus UTC.
    outage_checks:
        What was solved after outages, one entry per year; empty where N-1 was not asked for.
    """

    table: pd.DataFrame
    title: str
    limit: str
    edition: str
    asked_hours: float
    rules: HostingRules
    utc_offset_h: float
    outage_checks: tuple[OutageCheck, ...] = ()

    def of_year(self, year: int) -> pd.DataFrame:
        """Return the rows of one year.

        Raises
        ------
        InputError
            The year was not asked for.
        """
        rows = self.table[self.table["year"] == year]
        if rows.empty:
            known = ", ".join(str(known) for known in sorted(set(self.table["year"])))
            raise InputError(f"year {year} is not among those of the study: {known}")
        return rows


def hosting_capacity(
    scenario: str | Path | Scenario,
    *,
    years: Iterable[int] | None = None,
    substations: Iterable[str] | None = None,
    curtailed_hours: float = CURTAILED_HOURS,
    n1: bool = True,
    checked_hours: int = CHECKED_HOURS,
    limit: str | None = None,
    cos_phi: float = 0.95,
    added_percent: float = ADDED_PERCENT,
    max_mw: float = MAX_MW,
    threads: int = 0,
    progress: Progress | None = None,
) -> HostingCapacity:
    """Find how much constant load can still be connected at every busbar that serves load.

    Parameters
    ----------
    scenario:
        Scenario file (TOML), or what :func:`gridsim.load_scenario` made of one.
    years:
        Local calendar years; all of the scenario, which takes minutes each, when not given.
    substations:
        Substations by ``substation_id``; all that serve load when not given.
    curtailed_hours:
        Hours a year in which a flexible load may step back.
    n1:
        Whether single outages are solved as well; they take as long again.
    checked_hours:
        Hours of each year in which all of them are solved with the result.
    limit:
        Rule of loading of the transformers, by name; where it begins is the limit, whatever duration it permits. Each
        unit's first rule of the scenario when not given. Lines have their continuous limit.
    cos_phi:
        Power factor of the addition. An assumption.
    added_percent:
        Percentage points by which an element that is above its limit anyway may be raised; without them everything
        overloaded far away would forbid any load anywhere.
    max_mw:
        Most that is tried; a result of so many MW says "at least".
    threads:
        Threads of the solver; 0 for all. The results do not depend on it.
    progress:
        Hears of busbars done.

    Raises
    ------
    ScenarioError, NetworkDataError, CompileError
        The inputs cannot be used.
    InputError
        Years, rule or numbers that cannot be.
    """
    told = progress or Silence()
    told.begin("Reading scenario and network", 0)
    asked = asked_scenario(scenario, None, None)
    rules = HostingRules(cos_phi=cos_phi, added_percent=added_percent, max_mw=max_mw)
    chosen_years = _years(asked, years)
    chosen_rules = _rules(asked, limit)
    if not 0.0 <= curtailed_hours < float("inf"):
        raise InputError(f"curtailed_hours is {curtailed_hours}, expected 0 or more")
    if checked_hours < 1:
        raise InputError(f"checked_hours is {checked_hours}, expected 1 or more")
    options = dataclasses.replace(solve_options(asked.solver, None, threads), solver=Solver.newton)
    asked = asked_scenario(asked, chosen_years[0], chosen_years[-1])
    tables = load_tables(asked.network_folder)
    from gridsim.grid.staged import stage_grid  # noqa: PLC0415  loads pandapower, after cheap checks

    told.begin("Laying out stages, demand and generation", 0)
    grid = stage_grid(tables, asked)
    study = HostingYears(grid, substations, chosen_rules, options, rules)
    asked_of_n1 = checked_hours if n1 else None
    found = [study.of_year(year, curtailed_hours, asked_of_n1, told) for year in chosen_years]
    table = pd.concat([rows for rows, _ in found], ignore_index=True)
    table = table.sort_values(["is_failed", "n0_firm_mw", "busbar", "year"], ascending=[False, True, True, True])
    return HostingCapacity(
        table=table.reset_index(drop=True),
        title=asked.title,
        limit=chosen_rules[0].name,
        edition=chosen_rules[0].edition,
        asked_hours=float(curtailed_hours),
        rules=rules,
        utc_offset_h=float(asked.horizon.utc_offset_h),
        outage_checks=tuple(check for _, check in found if check is not None),
    )


def _years(scenario: Scenario, years: Iterable[int] | None) -> list[int]:
    known = scenario.horizon.years
    chosen = sorted(set(known if years is None else years))
    for year in chosen:
        if year not in known:
            raise InputError(f"year {year}: the scenario has {known[0]} to {known[-1]}")
    if not chosen:
        raise InputError("years is empty, expected at least one year of the scenario")
    return chosen


def _rules(scenario: Scenario, limit: str | None) -> tuple[LimitRule, ...]:
    rules = tuple(scenario.limit_rules)
    if limit is None:
        return rules
    chosen = tuple(rule for rule in rules if rule.name == limit)
    if not chosen:
        raise InputError(f"limit {limit!r}: the scenario has {', '.join(rule.name for rule in rules)}")
    return chosen
