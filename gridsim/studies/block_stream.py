"""Blocks of a run, solved one after the other and handed on: to files, episodes, months and tap operations.

While one block is being solved, a second thread prepares the next one (profiles, topology) and a third judges the one
before, whose files are on disk by then: a run that is killed loses the block in hand and no other. At most three blocks
are in memory at any time, whatever the horizon.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.enums import LoadingBasis, Solver, StepStatus
from gridsim.grid.tap_controls import tap_units
from gridsim.results.layout import STEP_COLUMNS, TIME_COLUMN
from gridsim.solve import BatchSolver, make_solver
from gridsim.studies.study_summary import is_failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridsim.dtypes import FloatArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.grid.stages import Block
    from gridsim.grid.tap_controls import TapUnits
    from gridsim.solve.options import SolveOptions
    from gridsim.solve.solution import BatchSolution
    from gridsim.studies.block_sink import BlockSink
    from gridsim.studies.progress import PhaseClock, Progress
    from gridsim.studies.result_tables import LoadingColumns
    from gridsim.studies.stored_blocks import FoundBlock, StoredBlocks

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
class LaidOutBlock:
    """A block as it is known before anything is compiled.

    Attributes
    ----------
    profiles:
        Injections by ``(table, column)``, each ``(n_step, n_row)``.
    net:
        The net of its stage, with own values that are typical of the profiles.
    taps:
        Units whose taps move.
    """

    block: Block
    profiles: dict[tuple[str, str], FloatArray]
    net: Any
    taps: TapUnits


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

    def lay_out(self, block: Block) -> LaidOutBlock:
        """Lay out everything that the result of a block depends on; depends on no other block."""
        with self.clock.phase("profiles"):
            profiles = self.grid.profiles_for(block)
        with self.clock.phase("compile"):
            stage = self.grid.stages[block.stage_index]
            net = self.grid.net_at(stage, profiles, moves_taps=self.options.run_control)
        return LaidOutBlock(block, profiles, net, tap_units(net))

    def compile(self, laid_out: LaidOutBlock) -> PreparedBlock:
        """Make the solver of a block."""
        with self.clock.phase("compile"):
            solver = make_solver(laid_out.net, self.options, self.basis)
        return PreparedBlock(laid_out.block, laid_out.profiles, solver, laid_out.taps)

    def prepare(self, block: Block) -> PreparedBlock:
        """Lay a block out and make its solver; depends on no other block."""
        return self.compile(self.lay_out(block))

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
        has_failed = ~np.concatenate([solution.is_solved for solution in solutions])
        tap_pos = [np.zeros((len(part.status), 0)) if part.tap_pos is None else part.tap_pos for part in solutions]
        stored = np.concatenate(tap_pos).astype(np.int16)
        return SolvedBlock(block, whole, self._steps(block, solutions), has_failed, prepared.taps, stored)

    def solved_before(self, found: FoundBlock) -> SolvedBlock:
        """Return a block that was solved before as :meth:`solve` would return it."""
        content, block = found.content, found.laid_out.block
        steps = self._step_rows(block, content.steps)
        return SolvedBlock(
            block, content.loading, steps, is_failed(steps).to_numpy(), found.laid_out.taps, content.tap_pos
        )

    def _steps(self, block: Block, solutions: list[BatchSolution]) -> pd.DataFrame:
        frame = pd.DataFrame(
            {
                name: np.concatenate([getattr(solution, name) for solution in solutions])
                for name in ("status", "iterations", "mismatch_pu", "load_mw", "loss_mw", "unserved_mw")
            }
        )
        frame["status"] = STATUS_NAMES[frame["status"].to_numpy()]
        frame["iterations"] = frame["iterations"].astype(np.int32)
        return self._step_rows(block, frame)

    def _step_rows(self, block: Block, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows of the table of steps: those of a block, with their time and stage."""
        whole = frame.copy(deep=False)
        whole["stage"] = np.int32(block.stage_index)
        whole[TIME_COLUMN] = self.grid.time_utc[block.start_step : block.stop_step]
        return whole[list(STEP_COLUMNS)]


def stream_blocks(
    solver: BlockSolver, stored: StoredBlocks, sink: BlockSink, progress: Progress, write_plan: Callable[[], None]
) -> None:
    """Hand every block of the solver's grid to the sink: as it is where it is stored already, and solved elsewhere.

    ``write_plan`` writes what is known before anything is solved, in the thread of the sink and ahead of it. An
    interrupt lets the block in hand be written to its end before it goes on to the caller.
    """
    blocks, clock = solver.grid.blocks, solver.clock

    def make_ready(block: Block) -> tuple[str, FoundBlock | PreparedBlock]:
        laid_out = solver.lay_out(block)
        fingerprint = stored.fingerprint(laid_out)
        found = stored.find(laid_out, fingerprint)
        return fingerprint, solver.compile(laid_out) if found is None else found

    with (
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="gridsim-sink") as behind,
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="gridsim-prepare") as preparing,
    ):
        coming = preparing.submit(make_ready, blocks[0])
        pending = behind.submit(write_plan)
        for following in (*blocks[1:], None):
            with clock.phase("wait for blocks"):
                fingerprint, ready = coming.result()
            if following is not None:
                coming = preparing.submit(make_ready, following)
            if isinstance(ready, PreparedBlock):
                solved, found = solver.solve(ready, progress), None
            else:
                solved, found = solver.solved_before(ready), ready
                progress.advance(solved.block.n_step)
            with clock.phase("wait for assessment"):
                pending.result()
            with clock.phase("write"):
                behind.submit(sink.store_block, solved, fingerprint, found).result()
            pending = behind.submit(sink.follow, solved)
        with clock.phase("wait for assessment"):
            pending.result()
