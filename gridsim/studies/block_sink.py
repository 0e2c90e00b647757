"""Where the blocks of a run go, one after the other: to their files, and into everything that is told at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gridsim.assess.limits import ambient_series
from gridsim.assess.monthly_worst import MonthlyTracker
from gridsim.assess.overloads import OverloadTracker
from gridsim.results.block_tables import BlockContent
from gridsim.results.layout import block_steps_file, column_of, loading_file
from gridsim.results.manifest import SOLVED, BlockRecord
from gridsim.studies.tap_table import TapCounter
from gridsim.studies.thermal_table import ThermalLife

if TYPE_CHECKING:
    from gridsim.assess.limits import WatchList
    from gridsim.grid.staged import StagedGrid
    from gridsim.results.store import ResultStore
    from gridsim.studies.block_stream import SolvedBlock
    from gridsim.studies.result_tables import LoadingColumns
    from gridsim.studies.stored_blocks import FoundBlock


class BlockSink:
    """Takes solved blocks in time order: stores them, follows episodes, months, taps and heat, keeps the steps.

    Whatever is told at the end follows from the numbers as they are stored, in the order of the blocks. So it does not
    matter to any of it whether a block was solved a moment ago or read from a file.

    Attributes
    ----------
    records:
        What the manifest tells of the blocks taken so far.
    n_kept:
        How many of them were in the directory already.
    """

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
        self.n_kept = 0
        self._steps: list[pd.DataFrame] = []

    def store_block(self, solved: SolvedBlock, fingerprint: str, found: FoundBlock | None = None) -> None:
        """Bring the next block to its files, which are there already if it was ``found`` in this very directory."""
        self.records.append(self._stored(solved, fingerprint, found))

    def follow(self, solved: SolvedBlock) -> None:
        """Follow the next block that is stored in all that is told at the end."""
        block = solved.block
        self.overloads.follow(solved.loading, solved.is_failed)
        time_local = (self._time_of(solved) + self.utc_offset).tz_localize(None)
        in_service = self.columns.in_service[block.stage_index]
        self.months.follow(solved.loading, time_local, solved.is_failed, in_service)
        self.taps.follow(solved)
        self.thermal.follow(solved)
        self._steps.append(solved.steps)

    def _stored(self, solved: SolvedBlock, fingerprint: str, found: FoundBlock | None) -> BlockRecord:
        """Bring the files of a block to the directory and return what the manifest tells of it."""
        if found is not None and found.has_same_files and found.run.directory == self.store.directory:
            self.n_kept += 1
            return found.record
        block = solved.block
        record = BlockRecord(
            file=loading_file(block.year, block.stage_index),
            year=block.year,
            stage=block.stage_index,
            start_step=block.start_step,
            stop_step=block.stop_step,
            steps_file=block_steps_file(block.year, block.stage_index),
            fingerprint=fingerprint,
            origin=SOLVED if found is None else f"reused from {found.run.name}",
        )
        if found is not None and found.has_same_files:
            self.store.take_over(record, found.run.directory, found.record)
        else:
            self.store.write_block(record, self._content(solved))
        return record

    def _content(self, solved: SolvedBlock) -> BlockContent:
        units = [column_of(table, name) for table, name in solved.taps.name]
        names = self.columns.names
        return BlockContent(self._time_of(solved), names, solved.loading, solved.steps, units, solved.tap_pos)

    def _time_of(self, solved: SolvedBlock) -> pd.DatetimeIndex:
        return self.time_utc[solved.block.start_step : solved.block.stop_step]

    def steps(self) -> pd.DataFrame:
        """Return the table of all steps taken so far."""
        return pd.concat(self._steps, ignore_index=True)
