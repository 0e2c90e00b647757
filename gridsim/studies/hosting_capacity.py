"""Firm and flexible MW that can still be connected at the substations of a scenario, year by year, with nothing out.

The addition is a constant load through all hours of a year in which its busbar is in service, each with the grid, the
demand and the plants of that hour. Exchanges with the national grid follow it as they follow any load.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.assess.limits import ambient_series, watch_list
from gridsim.enums import Solver
from gridsim.errors import InputError
from gridsim.solve.hosting import ADDED_PERCENT, MAX_MW, HostingRules
from gridsim.solve.hosting_grid import HostingGrid
from gridsim.solve.hosting_search import HostingSearch
from gridsim.studies.progress import Progress, Silence
from gridsim.studies.result_tables import loading_columns
from gridsim.studies.time_series import asked_scenario, solve_options
from gridsim.tables.load import load_tables
from gridsim.tables.topology import positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gridsim.dtypes import AnyArray, FloatArray, IndexArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.grid.stages import Block
    from gridsim.scenario.limit_model import LimitRule
    from gridsim.scenario.model import Scenario
    from gridsim.solve.hosting_search import HostingArrays
    from gridsim.solve.options import SolveOptions

#: Hours a year in which a flexible load steps back, unless asked otherwise. An assumption.
CURTAILED_HOURS = 200
HOSTING_COLUMNS = (
    "is_failed",
    "substation_id",
    "substation",
    "area",
    "busbar",
    "year",
    "hours",
    "unsolved_hours",
    "firm_mw",
    "firm_element",
    "firm_time_utc",
    "is_above_before",
    "flexible_mw",
    "flexible_element",
    "curtailed_hours",
    "curtailed_mwh",
)


@dataclass(frozen=True)
class HostingCapacity:
    """Result of :func:`hosting_capacity`.

    Attributes
    ----------
    table:
        One row per busbar and year, failed first, then the smallest firm MW; columns ``HOSTING_COLUMNS``:

        ``is_failed``
            Whether hours of the year have no solution even without an addition; the MW are then NaN.
        ``hours``, ``unsolved_hours``
            Hours of the year in which the busbar is in service, and those among them without solution.
        ``firm_mw``, ``firm_element``, ``firm_time_utc``
            Largest constant load that makes no new overload in any hour; what a little more overloads, and the hour.
            Both are missing where nothing binds up to the most that was tried; the element alone where a little more
            has no solution.
        ``is_above_before``
            Whether that element is above its limit in that hour without any addition.
        ``flexible_mw``, ``flexible_element``
            The same for a load that steps back in the worst hours, at most ``curtailed_hours`` asked for.
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
    """

    table: pd.DataFrame
    title: str
    limit: str
    edition: str
    asked_hours: float
    rules: HostingRules
    utc_offset_h: float

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
    options = dataclasses.replace(solve_options(asked.solver, None, threads), solver=Solver.newton)
    asked = asked_scenario(asked, chosen_years[0], chosen_years[-1])
    tables = load_tables(asked.network_folder)
    from gridsim.grid.staged import stage_grid  # noqa: PLC0415  loads pandapower, after cheap checks

    told.begin("Laying out stages, demand and generation", 0)
    grid = stage_grid(tables, asked)
    study = _HostingStudy(grid, substations, chosen_rules, options, rules)
    found = [study.of_year(year, curtailed_hours, told) for year in chosen_years]
    table = pd.concat(found, ignore_index=True)
    table = table.sort_values(["is_failed", "firm_mw", "busbar", "year"], ascending=[False, True, True, True])
    return HostingCapacity(
        table=table.reset_index(drop=True),
        title=asked.title,
        limit=chosen_rules[0].name,
        edition=chosen_rules[0].edition,
        asked_hours=float(curtailed_hours),
        rules=rules,
        utc_offset_h=float(asked.horizon.utc_offset_h),
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


class _HostingStudy:
    """Solves years of a staged grid."""

    def __init__(
        self,
        grid: StagedGrid,
        substations: Iterable[str] | None,
        limit_rules: tuple[LimitRule, ...],
        options: SolveOptions,
        rules: HostingRules,
    ) -> None:
        self._grid, self._options, self._rules = grid, options, rules
        self._columns = loading_columns(grid)
        self._watches = watch_list(self._columns.elements, limit_rules)
        self._ambient = ambient_series(grid)
        self._n_column = sum(
            count * len(grid.net[table]) for table, count in (("trafo", 1), ("trafo3w", 3), ("line", 1))
        )
        self._busbars = _chosen(self._describe_busbars(), substations)

    def of_year(self, year: int, curtailed_hours: float, told: Progress) -> pd.DataFrame:
        """Return the rows of one year."""
        blocks = [block for block in self._grid.blocks if block.year == year]
        told.begin(f"Solving {year} without additions", 0)
        search = HostingSearch(
            [self._hosting_grid(block) for block in blocks],
            max_mw=self._rules.max_mw,
            tolerance_mw=self._rules.tolerance_mw,
        )
        told.begin(f"Connecting load in {year}", len(self._busbars))
        step_h = self._grid.scenario.horizon.resolution_h
        found = search.find(int(curtailed_hours // step_h), told.advance)
        return self._table(year, blocks[0].start_step, found, step_h)

    def _hosting_grid(self, block: Block) -> HostingGrid:
        grid = self._grid
        stage, profiles = grid.stages[block.stage_index], grid.profiles_for(block)
        net = grid.net_at(stage, profiles)
        if not self._options.run_control:
            net["controller"]["in_service"] = False
        serving = stage.in_service["bus"][grid.injections.loads.bus_pos]
        return HostingGrid(
            net,
            grid.net["load"]["bus"].to_numpy()[self._busbars.index],
            profiles,
            block.n_step,
            limit_percent=self._limits(block),
            added_percent=self._rules.added_percent,
            tan_phi=self._rules.tan_phi,
            options=self._options,
            basis=grid.scenario.limits.basis,
            follow=_Exchanges(grid, block, profiles, profiles["load", "p_mw"][:, serving].sum(axis=1)),
        )

    def _limits(self, block: Block) -> AnyArray:
        """Return the limit of every loading column of the net, infinite without rule, shape (n_step, n_column)."""
        limits = np.full((block.n_step, self._n_column), np.inf, dtype=np.float32)
        leading = self._watches.leading
        has_rule = leading >= 0
        tiers = self._watches.limit_percent(self._ambient.between(block.start_step, block.stop_step))
        limits[:, self._columns.kept[has_rule]] = tiers[self._watches.first_tier[leading[has_rule]]].T
        return limits

    def _describe_busbars(self) -> pd.DataFrame:
        """Return substation and area of the busbar of every load of the net."""
        tables = self._grid.tables
        buses = tables["buses"].iloc[self._grid.injections.loads.bus_pos]
        places = tables["substations"].iloc[positions(buses["substation_id"], tables["substations"]["substation_id"])]
        return pd.DataFrame(
            {
                "substation_id": buses["substation_id"].to_numpy(),
                "substation": places["name"].to_numpy(),
                "area": places["area"].to_numpy(),
                "busbar": buses["bus_id"].to_numpy(),
            }
        )

    def _table(self, year: int, first_step: int, found: HostingArrays, step_h: int) -> pd.DataFrame:
        names = np.full(self._n_column + 1, None, dtype=object)
        names[self._columns.kept] = self._columns.names
        moments = pd.Series(self._grid.time_utc).reindex(
            np.where(found.firm_step < 0, -1, first_step + found.firm_step)
        )
        table = self._busbars.assign(
            is_failed=found.n_unsolved > 0,
            year=year,
            hours=found.n_step * step_h,
            unsolved_hours=found.n_unsolved * step_h,
            firm_mw=found.firm_mw,
            firm_element=names[found.firm_column],
            firm_time_utc=moments.array,
            is_above_before=found.is_above_before,
            flexible_mw=found.flexible_mw,
            flexible_element=names[found.flexible_column],
            curtailed_hours=found.n_curtailed * step_h,
            curtailed_mwh=found.curtailed_mwstep * step_h,
        )
        return table.loc[table["hours"] > 0, list(HOSTING_COLUMNS)]


def _chosen(busbars: pd.DataFrame, substations: Iterable[str] | None) -> pd.DataFrame:
    """Return the busbars of some substations, with their rows of ``net.load`` as index."""
    if substations is None:
        return busbars
    wanted = list(substations)
    for name in wanted:
        if name not in set(busbars["substation_id"]):
            raise InputError(f"substation {name!r} is none that serves load")
    return busbars[busbars["substation_id"].isin(wanted)]


class _Exchanges:
    """Exchanges with the national grid take their share of an added load, up to what they can carry.

    Parameters
    ----------
    grid, block:
        The steps.
    profiles:
        Their injections without additions.
    load_mw:
        Their load in service without additions, shape (n_step,).
    """

    def __init__(
        self, grid: StagedGrid, block: Block, profiles: Mapping[tuple[str, str], FloatArray], load_mw: FloatArray
    ) -> None:
        self._supply = grid.injections.supply
        self._gen_mw = profiles["gen", "p_mw"]
        self._deficit_mw = load_mw - self._supply.local_mw(block.start_step, block.stop_step)

    def __call__(self, steps: IndexArray, added_mw: FloatArray) -> Mapping[tuple[str, str], FloatArray]:
        """Return the MW of ``net.gen`` at steps with MW added, both of shape (n,)."""
        gen_mw = self._gen_mw[steps]
        gen_mw[:, : len(self._supply.exchange_share)] = self._supply.exchanges(self._deficit_mw[steps] + added_mw).T
        return {("gen", "p_mw"): gen_mw}
