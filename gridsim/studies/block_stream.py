"""Blocks of a run, solved one after the other and handed on: to files, episodes, months and tap operations.

While one block is being solved, a second thread prepares the next one (profiles, topology) and a third writes and
judges the one before. At most three blocks are in memory at any time, whatever the horizon.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.assess.limits import ambient_series
from gridsim.assess.monthly_worst import MonthlyTracker
from gridsim.assess.overloads import OverloadTracker
from gridsim.enums import LoadingBasis, Solver, StepStatus
from gridsim.grid.tap_controls import tap_units
from gridsim.results.layout import STEP_COLUMNS, TIME_COLUMN
from gridsim.results.manifest import BlockRecord
from gridsim.solve import BatchSolver, make_solver
from gridsim.studies.tap_table import TapCounter
from gridsim.studies.thermal_table import ThermalLife

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridsim.assess.limits import WatchList
    from gridsim.dtypes import FloatArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.grid.stages import Block
    from gridsim.grid.tap_controls import TapUnits
    from gridsim.results.store import ResultStore
    from gridsim.solve.options import SolveOptions
    from gridsim.solve.solution import BatchSolution
    from gridsim.studies.progress import PhaseClock, Progress
    from gridsim.studies.result_tables import LoadingColumns

#: Steps solved in one call: whole blocks by the batch solver, a week at a time by the slow judge, which can then be
#: watched and interrupted.
BATCH_STEPS = {Solver.newton: 8784, Solver.pandapower: 168}
STATUS_NAMES = np.array([status.name for status in StepStatus], dtype=object)


@dataclass(frozen=True)
class SolvedBlock:
    """What is kept of the solution of one block.

    Attributes
    ----------
    loading:
        ``(n_column, n_step)`` percent, as stored.
    steps:
        Rows of the table of steps.
    is_failed:
        ``(n_step,)`` whether the step has no solution.
    taps:
        Units whose taps move.
    tap_pos:
        ``(n_step, n_tap)`` where they rest.
    """

    block: Block
    loading: NDArray[np.float32]
    steps: pd.DataFrame
    is_failed: NDArray[np.bool_]
    taps: TapUnits
    tap_pos: NDArray[np.int16]


@dataclass(frozen=True)
class PreparedBlock:
    """A block ready to be solved: its injections by ``(table, column)``, each ``(n_step, n_row)``, and its solver.

    ``taps`` are the units whose taps move.
    """

    block: Block
    profiles: dict[tuple[str, str], FloatArray]
    solver: BatchSolver
    taps: TapUnits


class BlockSolver:
    """Solves blocks of a staged grid, each with a solver of its own.

    A solver takes its starting points from the own values of its net. Those of a block are the means of its own
    profiles: a block has the same bits in every run that contains it, whichever other years belong to the run.
    """

    def __init__(
        self, grid: StagedGrid, columns: LoadingColumns, options: SolveOptions, basis: LoadingBasis, clock: PhaseClock
    ) -> None:
        self.grid = grid
        self.columns = columns
        self.options = options
        self.basis = basis
        self.clock = clock

    def prepare(self, block: Block) -> PreparedBlock:
        """Lay out everything that is known of a block before it is solved; depends on no other block."""
        with self.clock.phase("profiles"):
            profiles = self.grid.profiles_for(block)
        with self.clock.phase("compile"):
            net = self.grid.net_at(self.grid.stages[block.stage_index], profiles)
            if not self.options.run_control:
                net["controller"]["in_service"] = False
            solver = make_solver(net, self.options, self.basis)
        return PreparedBlock(block, profiles, solver, tap_units(net))

    def solve(self, prepared: PreparedBlock, progress: Progress) -> SolvedBlock:
        """Solve every step of a block; its tap changers start from where they rest at the means of its profiles."""
        block = prepared.block
        n_step = block.stop_step - block.start_step
        loading: list[NDArray[np.float32]] = []
        solutions: list[BatchSolution] = []
        for start in range(0, n_step, BATCH_STEPS[self.options.solver]):
            stop = min(start + BATCH_STEPS[self.options.solver], n_step)
            with self.clock.phase("solve"):
                part = {key: values[start:stop] for key, values in prepared.profiles.items()}
                solution = prepared.solver.solve(part, stop - start, loading_only=True, from_settled_taps=True)
            with self.clock.phase("store"):
                loading.append(self.columns.stored(solution.loading))
            solutions.append(solution)
            progress.advance(stop - start)
        whole = loading[0] if len(loading) == 1 else np.concatenate(loading, axis=1)
        is_failed = ~np.concatenate([solution.is_solved for solution in solutions])
        tap_pos = [np.zeros((len(part.status), 0)) if part.tap_pos is None else part.tap_pos for part in solutions]
        stored = np.concatenate(tap_pos).astype(np.int16)
        return SolvedBlock(block, whole, self._steps(block, solutions), is_failed, prepared.taps, stored)

    def _steps(self, block: Block, solutions: list[BatchSolution]) -> pd.DataFrame:
        frame = pd.DataFrame(
            {
                name: np.concatenate([getattr(solution, name) for solution in solutions])
                for name in ("status", "iterations", "mismatch_pu", "load_mw", "loss_mw", "unserved_mw")
            }
        )
        frame["status"] = STATUS_NAMES[frame["status"].to_numpy()]
        frame["iterations"] = frame["iterations"].astype(np.int32)
        frame["stage"] = np.int32(block.stage_index)
        frame[TIME_COLUMN] = self.grid.time_utc[block.start_step : block.stop_step]
        return frame[list(STEP_COLUMNS)]


class BlockSink:
    """Takes solved blocks in time order: writes their loading, follows episodes and months, keeps the steps."""

    def __init__(self, grid: StagedGrid, columns: LoadingColumns, watches: WatchList, store: ResultStore) -> None:
        horizon = grid.scenario.horizon
        self.store = store
        self.columns = columns
        self.time_utc = grid.time_utc
        self.utc_offset = pd.Timedelta(hours=horizon.utc_offset_h)
        self.overloads = OverloadTracker(watches, ambient_series(grid), step_h=float(horizon.resolution_h))
        self.months = MonthlyTracker(len(columns.elements), horizon.years, step_h=float(horizon.resolution_h))
        self.taps = TapCounter(grid)
        self.thermal = ThermalLife(grid, columns)
        self.records: list[BlockRecord] = []
        self._steps: list[pd.DataFrame] = []

    def take(self, solved: SolvedBlock) -> None:
        """Take the next block."""
        block = solved.block
        time_utc = self.time_utc[block.start_step : block.stop_step]
        names = self.columns.names
        file = self.store.write_loading(block.year, block.stage_index, time_utc, names, solved.loading)
        self.overloads.follow(solved.loading, solved.is_failed)
        time_local = (time_utc + self.utc_offset).tz_localize(None)
        in_service = self.columns.in_service[block.stage_index]
        self.months.follow(solved.loading, time_local, solved.is_failed, in_service)
        self.taps.follow(solved)
        self.thermal.follow(solved)
        self._steps.append(solved.steps)
        self.records.append(BlockRecord(file, block.year, block.stage_index, block.start_step, block.stop_step))

    def steps(self) -> pd.DataFrame:
        """Return the table of all steps taken so far."""
        return pd.concat(self._steps, ignore_index=True)


def stream_blocks(solver: BlockSolver, sink: BlockSink, progress: Progress, write_plan: Callable[[], None]) -> None:
    """Solve every block of the solver's grid and hand each to the sink.

    ``write_plan`` writes what is known before anything is solved, in the thread of the sink and ahead of it. An
    interrupt lets the block in hand be written to its end before it goes on to the caller.
    """
    blocks, clock = solver.grid.blocks, solver.clock
    with (
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="gridsim-sink") as writing,
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="gridsim-prepare") as preparing,
    ):
        coming = preparing.submit(solver.prepare, blocks[0])
        pending = writing.submit(write_plan)
        for following in (*blocks[1:], None):
            with clock.phase("wait for blocks"):
                prepared = coming.result()
            if following is not None:
                coming = preparing.submit(solver.prepare, following)
            solved = solver.solve(prepared, progress)
            with clock.phase("wait for files"):
                pending.result()
            pending = writing.submit(sink.take, solved)
        with clock.phase("wait for files"):
            pending.result()
