"""One block of a run, step by step: solved as it is, without each contributor, and built up from nothing.

From these load flows come the shares of the contributors in a current, by superposition
(:mod:`gridsim.solve.superposition`), and who tips a transformer over. :mod:`gridsim.studies.attribution` says what
they mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.grid.contributions import ContributorKind, load_shares
from gridsim.solve.busbar_flows import busbar_flows
from gridsim.solve.newton_solver import NewtonSolver
from gridsim.solve.superposition import Superposition
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from gridsim.compiled.compiled_grid import CompiledGrid
    from gridsim.dtypes import ComplexArray, FloatArray, IndexArray
    from gridsim.grid.contributions import LoadShares
    from gridsim.grid.staged import StagedGrid
    from gridsim.grid.stages import Block
    from gridsim.kernels.structures import LoadingColumns
    from gridsim.solve.solution import BatchSolution
    from gridsim.studies.block_stream import BlockSolver, PreparedBlock

#: Supply as contributors: plants within the region, and what the ties and the slack bring in.
LOCAL_PLANTS, NATIONAL_GRID = "local plants", "national grid"
#: What tips a transformer over when no project does, and when nothing does.
BASE, GROWTH, NOBODY = "base load", "growth of sectors", ""
PART_COLUMNS = (
    "kind",
    "contributor",
    "area",
    "sector",
    "commissioning_date",
    "p_mw",
    "q_mvar",
    "share_percent",
    "without_percent",
)


@dataclass(frozen=True)
class Attribution:
    """Who loads one transformer winding at one step.

    Attributes
    ----------
    element:
        Name of the loading column, such as ``trafo:gov_01.t1``.
    time_utc:
        Start of the step.
    is_solved:
        Whether the step has a solution; without one all numbers are NaN.
    loading_percent, limit_percent:
        Loading of the step, and where the first rule of the scenario that holds for the unit begins then.
    parts:
        Columns ``PART_COLUMNS``: MW and Mvar of the contributor in the whole grid (load and supply positive), its share
        in percent of the current (all together 100), and the loading in percent without it (NaN for supply, and where
        the step has no solution without it).
    build_up:
        Columns ``added``, ``loading_percent``: loading after each addition, in the order base load, growth, projects by
        date.
    tipped_by:
        First of ``build_up`` that passes the limit; empty when none does.
    """

    element: str
    time_utc: pd.Timestamp
    is_solved: bool
    loading_percent: float
    limit_percent: float
    parts: pd.DataFrame
    build_up: pd.DataFrame
    tipped_by: str


class BlockAttribution:
    """Attributes steps of one block, solved as the run solves them."""

    def __init__(self, grid: StagedGrid, block: Block, solver: BlockSolver) -> None:
        self.block = block
        self._grid = grid
        self._prepared: PreparedBlock = solver.prepare(block)
        own = self._prepared.solver
        if not isinstance(own, NewtonSolver):
            raise TypeError(f"attribution needs the own solver, got {type(own).__name__}")
        self._solver = own
        self._serving = grid.stages[block.stage_index].in_service["bus"]
        self._at_step: dict[int, _SolvedStep] = {}

    def attribute(self, element: str, column: int, step: int, limit_percent: float) -> Attribution:
        """Attribute the loading of a column of the net, named ``element``, at a step of the horizon."""
        solved = self._at(step)
        time_utc = self._grid.time_utc[step]
        loading = float(solved.actual.loading.columns[0, column])
        parts = solved.described.copy()
        n_load = len(solved.loads.contributors)
        parts["without_percent"] = np.append(
            solved.variants.loading.columns[:n_load, column], np.full(len(parts) - n_load, np.nan)
        )
        is_solved = bool(solved.actual.is_solved[0])
        parts["share_percent"] = PERCENT * self._shares(solved, column) if is_solved else np.nan
        steps = solved.variants.loading.columns[n_load:, column]
        build_up = pd.DataFrame({"added": solved.added, "loading_percent": steps})
        above = np.flatnonzero(steps > limit_percent)
        return Attribution(
            element=element,
            time_utc=time_utc,
            is_solved=is_solved,
            loading_percent=loading,
            limit_percent=limit_percent,
            parts=parts[list(PART_COLUMNS)],
            build_up=build_up,
            tipped_by=solved.added[int(above[0])] if above.size and loading > limit_percent else NOBODY,
        )

    def flows(self, own: IndexArray, step: int) -> pd.DataFrame:
        """Return the flows at all busbars (not star points) that some loading columns touch."""
        solved = self._at(step)
        compiled, columns = solved.topology(self._solver)
        voltage = solved.actual.voltage_pu[0]
        ends = np.unique(np.concatenate([columns.from_pos[own], columns.to_pos[own]]))
        buses = self._bus_names()
        frame = busbar_flows(
            compiled, columns, voltage, np.array([row for row in ends if row in buses], dtype=np.int64)
        )
        frame["bus"] = frame["row"].map(buses)
        return frame

    def _bus_names(self) -> dict[int, str]:
        """Return the name of the first bus of the net at each row; star points have none."""
        names = self._grid.net["bus"]["name"].to_list()
        found: dict[int, str] = {}
        for row, name in zip(self._solver.compiled.bus_pos.tolist(), names, strict=True):
            if row >= 0:
                found.setdefault(row, str(name))
        return found

    def _at(self, step: int) -> _SolvedStep:
        solved = self._at_step.get(step)
        if solved is None:
            solved = self._at_step[step] = self._solve(step)
        return solved

    def _solve(self, step: int) -> _SolvedStep:
        """Solve one step as it is, without each contributor, and built up contributor by contributor."""
        row = step - self.block.start_step
        profiles = {key: values[row : row + 1] for key, values in self._prepared.profiles.items()}
        actual = self._solver.solve(profiles, 1, from_settled_taps=True)
        loads = load_shares(self._grid.injections.loads, step, self._serving)
        added, build_up_p, build_up_q = _built_up(loads)
        load_p, load_q = profiles["load", "p_mw"], profiles["load", "q_mvar"]
        variants = self._grid.injections.variant_profiles(
            step,
            np.concatenate([load_p - loads.p_mw, build_up_p]),
            np.concatenate([load_q - loads.q_mvar, build_up_q]),
            self._serving,
        )
        solved = self._solver.solve(variants, len(loads.p_mw) + len(added), from_settled_taps=True)
        return _SolvedStep(loads, profiles, actual, solved, added, self._described(loads, profiles))

    def _described(self, loads: LoadShares, profiles: dict[tuple[str, str], FloatArray]) -> pd.DataFrame:
        """Return who contributes and how much in the whole grid: loads, then plants, then the national grid."""
        exchanges = len(self._grid.injections.supply.exchange_share)
        gen = profiles["gen", "p_mw"][0] * self._is_fed("gen")
        sgen = profiles["sgen", "p_mw"][0] * self._is_fed("sgen")
        rows = [
            (str(who.kind), who.name, who.area, who.sector, who.commissioning_date, p_mw, q_mvar)
            for who, p_mw, q_mvar in zip(
                loads.contributors, loads.p_mw.sum(axis=1), loads.q_mvar.sum(axis=1), strict=True
            )
        ]
        local_mw = float(gen[exchanges:].sum() + sgen.sum())
        rows.append(("supply", LOCAL_PLANTS, "", "", None, local_mw, float("nan")))
        rows.append(("supply", NATIONAL_GRID, "", "", None, float("nan"), float("nan")))
        return pd.DataFrame(rows, columns=list(PART_COLUMNS[:7]))

    def _is_fed(self, table: str) -> FloatArray:
        return np.asarray(self._solver.compiled.channels[table, "p_mw"].pos >= 0, dtype=np.float64)

    def _shares(self, solved: _SolvedStep, column: int) -> FloatArray:
        """Return the share of every contributor in the current of a loading column. Shape (n_contributor,)."""
        superposed = Superposition(*solved.topology(self._solver), solved.actual.voltage_pu[0])
        end = superposed.branch_end(column)
        loads = self._load_at_rows(solved.loads)
        supply = superposed.injected_pu - self._load_at_rows_of(solved.profiles)
        is_tie = np.zeros(len(supply), dtype=np.bool_)
        ties = self._solver.compiled.channels["gen", "p_mw"].pos[: len(self._grid.injections.supply.exchange_share)]
        is_tie[ties[ties >= 0]] = True
        of_loads = superposed.shares(end, loads)
        of_plants, of_ties = superposed.shares(
            end, np.stack([np.where(is_tie, 0.0, supply), np.where(is_tie, supply, 0)])
        )
        of_slack = superposed.projected(end, np.array([end.of_slack_pu]))[0]
        return np.concatenate([of_loads, [of_plants, of_ties + of_slack]])

    def _load_at_rows(self, loads: LoadShares) -> ComplexArray:
        """Return the power that each contributor feeds in (so: negative) at every row. Shape (n_contributor, n_bus)."""
        return self._at_rows(loads.p_mw, loads.q_mvar)

    def _load_at_rows_of(self, profiles: dict[tuple[str, str], FloatArray]) -> ComplexArray:
        fed: ComplexArray = self._at_rows(profiles["load", "p_mw"], profiles["load", "q_mvar"])[0]
        return fed

    def _at_rows(self, p_mw: FloatArray, q_mvar: FloatArray) -> ComplexArray:
        compiled = self._solver.compiled
        fed = np.zeros((compiled.n_bus, len(p_mw)), dtype=np.complex128)
        for name, values, unit in (("p_mw", p_mw, 1.0), ("q_mvar", q_mvar, 1j)):
            channel = compiled.channels["load", name]
            there: IndexArray = np.flatnonzero(channel.pos >= 0)
            np.add.at(fed, channel.pos[there], unit * (channel.factor[there] * values[:, there]).T)
        at_rows: ComplexArray = fed.T
        return at_rows


@dataclass(frozen=True)
class _SolvedStep:
    """Load flows of one step: as it is, and its variants (without each contributor, then built up)."""

    loads: LoadShares
    profiles: dict[tuple[str, str], FloatArray]
    actual: BatchSolution
    variants: BatchSolution
    added: list[str]
    described: pd.DataFrame

    def topology(self, solver: NewtonSolver) -> tuple[CompiledGrid, LoadingColumns]:
        """Return topology and loading columns at the tap positions of the step."""
        return solver.topology_at(None if self.actual.tap_pos is None else self.actual.tap_pos[0])


def _built_up(loads: LoadShares) -> tuple[list[str], FloatArray, FloatArray]:
    """Return what is added in which order, and the loads after each addition. Shapes (n_added, n_load)."""
    kinds = np.array([who.kind for who in loads.contributors])
    groups = [np.flatnonzero(kinds == ContributorKind.base), np.flatnonzero(kinds == ContributorKind.growth)]
    names = [BASE, GROWTH]
    for position in np.flatnonzero(kinds == ContributorKind.investor):
        groups.append(np.array([position]))
        names.append(loads.contributors[position].name)
    sums = [np.cumsum([values[group].sum(axis=0) for group in groups], axis=0) for values in (loads.p_mw, loads.q_mvar)]
    return names, sums[0], sums[1]
