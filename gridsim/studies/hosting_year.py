"""One year of hosting capacity: the grids of its blocks with limits and exchanges, and what is found as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.assess.limits import ambient_series, watch_list
from gridsim.errors import InputError
from gridsim.solve.hosting import SINGLE_SUPPLY
from gridsim.solve.hosting_grid import HostingGrid
from gridsim.solve.hosting_outages import HostingOutages
from gridsim.solve.hosting_search import HostingSearch
from gridsim.studies.n1_study import single_outages
from gridsim.studies.result_tables import loading_columns
from gridsim.tables.topology import positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridsim.dtypes import AnyArray, FloatArray, IndexArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.grid.stages import Block
    from gridsim.scenario.limit_model import LimitRule
    from gridsim.solve.hosting import HostingRules
    from gridsim.solve.hosting_search import HostingArrays, SecureArrays
    from gridsim.solve.options import SolveOptions
    from gridsim.studies.progress import Progress

HOSTING_COLUMNS = (
    "is_failed",
    "substation_id",
    "substation",
    "area",
    "busbar",
    "year",
    "hours",
    "unsolved_hours",
    "n0_firm_mw",
    "n0_held_by",
    "n0_time_utc",
    "n0_is_above_before",
    "n1_firm_mw",
    "n1_held_by",
    "n1_outage",
    "n1_time_utc",
    "n1_is_above_before",
    "n1_checked_hours",
    "flexible_mw",
    "flexible_held_by",
    "curtailed_hours",
    "curtailed_mwh",
)


@dataclass(frozen=True)
class OutageCheck:
    """What was solved of a year after outages.

    Attributes
    ----------
    year:
        Local year.
    n_outage:
        Outages: each transformer, line and generator unit on its own; the most of any stage of the year.
    sample_hours:
        Hours solved at all of them without addition, in which some element has one of its highest loadings.
    unsolved_cases:
        Outages and hours of those without solution even so; they hold nothing.
    """

    year: int
    n_outage: int
    sample_hours: float
    unsolved_cases: int


class HostingYears:
    """Solves years of a staged grid.

    Parameters
    ----------
    grid:
        The grid of a scenario.
    substations:
        Substations by ``substation_id``; all that serve load when None.
    limit_rules, options, rules:
        What is judged by, and how it is solved.

    Raises
    ------
    InputError
        A substation serves no load.
    """

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
        self._names = np.full(self._n_column + 1, None, dtype=object)
        self._names[self._columns.kept] = self._columns.names
        self._busbars = _chosen(self._describe_busbars(), substations)

    def of_year(
        self, year: int, curtailed_hours: float, checked_hours: int | None, told: Progress
    ) -> tuple[pd.DataFrame, OutageCheck | None]:
        """Return the rows of one year, and what was solved after outages if hours to check say that it is."""
        blocks = [block for block in self._grid.blocks if block.year == year]
        told.begin(f"Solving {year} without additions", 0)
        grids = [self._hosting_grid(block) for block in blocks]
        search = HostingSearch(grids, max_mw=self._rules.max_mw, tolerance_mw=self._rules.tolerance_mw)
        told.begin(f"Connecting load in {year}", len(self._busbars))
        step_h = self._grid.scenario.horizon.resolution_h
        found = search.find(int(curtailed_hours // step_h), told.advance)
        table = self._table(year, blocks[0].start_step, found, step_h)
        if checked_hours is None:
            return table.reindex(columns=list(HOSTING_COLUMNS)), None
        told.begin(f"Solving {year} after outages without additions", 0)
        outages = [self._outages(block, grid) for block, grid in zip(blocks, grids, strict=True)]
        told.begin(f"Connecting load in {year} after outages", len(self._busbars))
        n_checked = max(1, int(checked_hours // step_h))
        secure = search.find_secure(outages, found, n_checked, told.advance)
        table = table.join(self._secure_table(blocks[0].start_step, secure, step_h))
        check = OutageCheck(
            year,
            max(len(of_block.names) for of_block in outages),
            sum(len(of_block.steps) for of_block in outages) * float(step_h),
            sum(of_block.n_unsolved for of_block in outages),
        )
        return table[list(HOSTING_COLUMNS)], check

    def _hosting_grid(self, block: Block) -> HostingGrid:
        grid = self._grid
        stage, profiles = grid.stages[block.stage_index], grid.profiles_for(block)
        net = grid.net_at(stage, profiles, moves_taps=self._options.run_control)
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

    def _outages(self, block: Block, hosting: HostingGrid) -> HostingOutages:
        return HostingOutages(
            hosting,
            single_outages(self._grid, self._grid.stages[block.stage_index], hosting.net),
            limit_percent=self._limits(block),
            added_percent=self._rules.added_percent,
            options=self._options,
            basis=self._grid.scenario.limits.basis,
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
        table = self._busbars.assign(
            is_failed=found.n_unsolved > 0,
            year=year,
            hours=found.n_step * step_h,
            unsolved_hours=found.n_unsolved * step_h,
            n0_firm_mw=found.firm_mw,
            n0_held_by=self._names[found.firm_column],
            n0_time_utc=self._moments(first_step, found.firm_step),
            n0_is_above_before=found.is_above_before,
            flexible_mw=found.flexible_mw,
            flexible_held_by=self._names[found.flexible_column],
            curtailed_hours=found.n_curtailed * step_h,
            curtailed_mwh=found.curtailed_mwstep * step_h,
        )
        return table[table["hours"] > 0]

    def _secure_table(self, first_step: int, secure: SecureArrays, step_h: int) -> pd.DataFrame:
        is_single = secure.is_single_supply
        return pd.DataFrame(
            {
                "n1_firm_mw": secure.firm_mw,
                "n1_held_by": np.where(is_single, SINGLE_SUPPLY, self._names[secure.column]),
                "n1_outage": secure.outage,
                "n1_time_utc": self._moments(first_step, np.where(is_single, -1, secure.step)),
                "n1_is_above_before": secure.is_above_before,
                "n1_checked_hours": secure.n_checked * step_h,
            },
            index=self._busbars.index,
        )

    def _moments(self, first_step: int, step: IndexArray) -> Any:
        """Return the times of steps of a year; NaT for -1."""
        return pd.Series(self._grid.time_utc).reindex(np.where(step < 0, -1, first_step + step)).array


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
