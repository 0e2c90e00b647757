"""Where fixes are tried: the grid with everything that may be built in its tables, and overloads by bank.

A *bank* is all units between the same busbars. They share their load, so one fix serves them all; a unit that a fix
adds or puts in the place of another belongs to the same bank. The overload of a bank in a step is the sum over the
windings of its units of  (loading - limit) / 100 x rating,  in MVA, where the loading is above the limit: summed over
the hours it is what ``overloads.csv`` of a run has under a rule that permits no hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from gridsim.assess.limits import ratings_mva
from gridsim.grid.fix_change import GridChange, changed_grid
from gridsim.grid.fix_tables import UNITS, extended
from gridsim.grid.grid_variants import grid_with
from gridsim.grid.stages import by_block
from gridsim.studies.lead_lag_run import Loading, Solving, solve_planned
from gridsim.tables.topology import BRANCH_ENDS
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from gridsim.dtypes import AnyArray, BoolArray, FloatArray, IndexArray
    from gridsim.grid.fix_tables import Rows
    from gridsim.grid.staged import StagedGrid
    from gridsim.solve.options import SolveOptions
    from gridsim.studies.lead_lag_run import PlannedRun
    from gridsim.studies.progress import Progress
    from gridsim.tables.network_tables import NetworkTables

#: A winding that comes this close to its limit, in percentage points, is watched for overloads that a fix causes.
CLOSE_POINTS = 10.0
#: Steps without solution that are tried again in a year, spread evenly over those there are.
TRIED_FAILURES = 24
#: Table of the network to the word of the loading columns.
_ELEMENT_TYPES = {"trafos": "trafo", "trafos3w": "trafo3w"}


@dataclass(frozen=True)
class Bank:
    """All units between the same busbars: ``units`` are their names, ``buses`` run from hv to lv."""

    index: int
    table: str
    buses: tuple[str, ...]
    units: tuple[str, ...]
    substation_id: str
    substation_name: str

    @property
    def lower_buses(self) -> tuple[str, ...]:
        """The busbars below the highest."""
        return self.buses[1:]

    @property
    def net_table(self) -> str:
        """Table of the net that holds the units."""
        return _ELEMENT_TYPES[self.table]


def find_banks(tables: NetworkTables) -> tuple[Bank, ...]:
    """Return the banks, in the order of their first units: two-winding ones first."""
    found: dict[tuple[str, ...], list[str]] = {}
    places: dict[tuple[str, ...], str] = {}
    for table, (_, key, _) in UNITS.items():
        ends = tables[table][list(BRANCH_ENDS[table])].itertuples(index=False, name=None)
        for unit, place, buses in zip(tables[table][key], tables[table]["substation_id"], ends, strict=True):
            found.setdefault((table, *buses), []).append(str(unit))
            places.setdefault((table, *buses), str(place))
    names = dict(zip(tables["substations"]["substation_id"], tables["substations"]["name"], strict=True))
    return tuple(
        Bank(index, table, tuple(buses), tuple(units), places[table, *buses], names[places[table, *buses]])
        for index, ((table, *buses), units) in enumerate(found.items())
    )


class FixBench:
    """A staged grid whose tables hold what fixes would build, and the solving of its steps with some of them.

    Banks keep their index when the bench is extended.
    """

    def __init__(self, grid: StagedGrid, options: SolveOptions, never: tuple[str, ...] = (), n_solved: int = 0) -> None:
        self.grid = grid
        self.options = options
        self.banks = find_banks(grid.tables)
        self.solving = Solving(grid, options)
        self.solving.n_solved = n_solved
        self._never = dict.fromkeys(never)
        elements = self.solving.columns.elements
        self._rating = ratings_mva(elements)
        bank_of = {(bank.net_table, unit): bank.index for bank in self.banks for unit in bank.units}
        self.bank_of_column: IndexArray = np.array(
            [bank_of[key] for key in zip(elements["element_type"], elements["name"], strict=True)], dtype=np.int64
        )
        n_column = len(elements)
        self._sums = csr_array(
            (np.ones(n_column), (self.bank_of_column, np.arange(n_column))), shape=(len(self.banks), n_column)
        )

    def extended(self, rows: Rows) -> FixBench:
        """Return the bench with further rows of fixes, none of them built."""
        never = (*self._never, *(row["project_id"] for row in rows.get("projects", ())))
        tables = extended(self.grid.tables, rows)
        grid = grid_with(self.grid, dict.fromkeys(never), tables=tables)
        return FixBench(grid, self.options, never, self.solving.n_solved)

    def changed(self, change: GridChange) -> StagedGrid:
        """Return the grid with a change."""
        return changed_grid(self.grid, change, self._never)

    def overload_mva(self, loading: Loading, steps: IndexArray) -> FloatArray:
        """Return the overload of every winding, (n_column, n_step), MVA; 0 where there is none or none is known."""
        above = loading.percent - self.solving.limit.at(steps)
        return np.asarray(np.where(above > 0.0, above, 0.0) / PERCENT * self._rating[:, np.newaxis])

    def by_bank(self, overload_mva: FloatArray) -> FloatArray:
        """Return the sum over the windings of each bank, (n_bank, n_step)."""
        return np.asarray(self._sums @ overload_mva)

    def margin_mva(self, loading: Loading, steps: IndexArray, bank: int) -> FloatArray:
        """Return how far the worst winding of a bank is above its limit, MVA, negative below; infinite where failed."""
        own = self.bank_of_column == bank
        above = (loading.percent[own] - self.solving.limit.at(steps)[own]) / PERCENT * self._rating[own, np.newaxis]
        worst = np.where(np.isnan(above), -np.inf, above).max(axis=0)
        return np.where(loading.is_failed, np.inf, worst)

    def loadings(self, grid: StagedGrid, steps: IndexArray) -> Iterator[tuple[IndexArray, Loading]]:
        """Yield ascending steps, block by block, and their loading in a variant of the grid."""
        for block, own in by_block(grid.blocks, steps):
            self.solving.n_solved += len(own)
            yield own, self.solving.take_up(grid, block).solve(own)

    def every_hour(self, change: GridChange, progress: Progress) -> RunState:
        """Solve every hour with a change."""
        return RunState(self, solve_planned(self.changed(change), self.solving, progress))


class RunState:
    """What a run of every hour says: overloads by bank and step, steps without solution, and where it is close.

    Attributes
    ----------
    run:
        The run.
    """

    def __init__(self, bench: FixBench, run: PlannedRun) -> None:
        self.run = run
        n_bank = len(bench.banks)
        steps, place = np.unique(run.over_step, return_inverse=True)
        limit = np.empty(len(run.over_step))
        for first in range(0, len(steps), 4096):  # limits of all windings at all overloaded steps would not fit
            at = bench.solving.limit.at(steps[first : first + 4096])
            inside = (place >= first) & (place < first + 4096)
            limit[inside] = at[run.over_column[inside], place[inside] - first]
        rating = ratings_mva(bench.solving.columns.elements)[run.over_column]
        mva = (run.over_percent - limit) / PERCENT * rating
        bank = bench.bank_of_column[run.over_column]
        self._entry, where = np.unique(run.over_step * n_bank + bank, return_inverse=True)
        self._mva = np.bincount(where, weights=mva, minlength=len(self._entry))
        order = np.lexsort((run.over_percent / limit, where))
        last = np.searchsorted(where[order], np.arange(len(self._entry)), side="right") - 1
        self._worst = order[last] if len(order) else order
        self._n_bank = n_bank
        self._units: dict[int, tuple[str, ...]] = {}
        for column in np.unique(run.over_column):
            own = int(bench.bank_of_column[column])
            unit = str(bench.solving.columns.elements["name"].iat[column])
            self._units[own] = tuple(dict.fromkeys((*self._units.get(own, ()), unit)))
        self._close = _close_steps(run)
        self._spare = _spare_share(bench, run)

    @cached_property
    def _bank(self) -> IndexArray:
        return np.asarray(self._entry % self._n_bank)

    @cached_property
    def _step(self) -> IndexArray:
        return np.asarray(self._entry // self._n_bank)

    @property
    def is_failed(self) -> BoolArray:
        """Whether each step has no solution. (n_step,)."""
        return self.run.is_failed

    @property
    def total_mva(self) -> float:
        """Overload of all banks, summed over the steps, MVA."""
        return float(self._mva.sum())

    def overloaded_banks(self) -> list[int]:
        """Return the banks above their limit at some step, the first to be so first."""
        banks, first = np.unique(self._bank, return_index=True)
        return [int(bank) for bank in banks[np.argsort(first, kind="stable")]]

    def units(self, bank: int) -> tuple[str, ...]:
        """Return the units of a bank that are above their limit at some step, in the order of the tables."""
        return self._units.get(bank, ())

    def overload(self, bank: int) -> tuple[IndexArray, FloatArray]:
        """Return the steps at which a bank is above its limit, ascending, and by how many MVA."""
        own = self._bank == bank
        return self._step[own], self._mva[own]

    def worst(self, bank: int) -> tuple[int, str, float]:
        """Return the step at which a bank is furthest above its limit, by MVA; its worst winding then, and the MVA."""
        own = np.flatnonzero(self._bank == bank)
        entry = own[int(self._mva[own].argmax())]
        column = self.run.over_column[self._worst[entry]]
        return int(self._step[entry]), self.run.solving.columns.names[column], float(self._mva[entry])

    def at(self, steps: IndexArray) -> FloatArray:
        """Return the overload of every bank at ascending steps, (n_bank, n_step), MVA."""
        found = np.zeros((self._n_bank, len(steps)))
        place = np.minimum(np.searchsorted(steps, self._step), max(len(steps) - 1, 0))
        if len(steps):
            is_there = steps[place] == self._step
            found[self._bank[is_there], place[is_there]] = self._mva[is_there]
        return found

    def spare_share(self, bank: int) -> float:
        """Return how far a bank stays below its limits in its highest hours, as a share of its rating."""
        return float(self._spare[bank])

    def steps_of_interest(self, bank: int) -> IndexArray:
        """Return the steps that a fix of a bank is judged by: see :mod:`gridsim.studies.fixes`."""
        own, _ = self.overload(bank)
        horizon = self.run.grid.scenario.horizon
        parts = [own]
        for number, year in enumerate(horizon.years):
            start, stop = horizon.first_step(year), horizon.first_step(year + 1)
            if not ((own >= start) & (own < stop)).any():
                continue
            failed = start + np.flatnonzero(self.is_failed[start:stop])
            parts += [self._close[number], failed[:: max(len(failed) // TRIED_FAILURES, 1)]]
        return np.unique(np.concatenate(parts))


def _peaks(run: PlannedRun) -> tuple[IndexArray, FloatArray, FloatArray]:
    """Return the step of the highest loading of each year and winding (-1: none), the loading and the limit then."""
    steps = run.peak_step
    place = np.searchsorted(run.sample_step, np.maximum(steps, 0))
    place = np.minimum(place, len(run.sample_step) - 1)
    columns = np.arange(steps.shape[1])[np.newaxis, :]
    percent = np.where(steps >= 0, run.sample_percent[columns, place], np.nan).astype(np.float64)
    limit = np.stack([run.solving.limit.at(np.maximum(of_year, 0)).diagonal() for of_year in steps])
    return steps, percent, limit


def _close_steps(run: PlannedRun) -> list[IndexArray]:
    """Return for each year the highest hours of the windings that come close to their limits or pass them."""
    steps, percent, limit = _peaks(run)
    is_close = percent > limit - CLOSE_POINTS
    return [np.unique(of_year[close]) for of_year, close in zip(steps, is_close, strict=True)]


def _spare_share(bench: FixBench, run: PlannedRun) -> FloatArray:
    _, percent, limit = _peaks(run)
    room = np.where(np.isnan(percent), np.inf, (limit - percent) / PERCENT).min(axis=0)
    spare = np.full(len(bench.banks), np.inf)
    np.minimum.at(spare, bench.bank_of_column, room)
    return spare


def units_in_service(bench: FixBench, grid: StagedGrid, bank: Bank, step: int) -> pd.DataFrame:
    """Return the rows of the tables of a bank's units in service at a step, each with the columns of its type."""
    types, key, _ = UNITS[bank.table]
    stage = next(stage for stage in grid.stages if stage.start_step <= step < stage.stop_step)
    up: AnyArray = stage.in_service[bank.net_table]
    frame = bench.grid.tables[bank.table]
    own = frame[up & frame[key].isin(bank.units).to_numpy()]
    named = bench.grid.tables[types].drop(columns=["source_id", "confidence", "note"])
    return own.merge(named, on="std_type", how="left").rename(columns={key: "unit_id"})
