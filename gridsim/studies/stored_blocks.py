"""Blocks that need not be solved because a run before has solved them: its own one, interrupted, or an earlier one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.dtypes import STORED_LOADING
from gridsim.results.layout import column_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from gridsim.grid.staged import StagedGrid
    from gridsim.results.block_tables import BlockContent
    from gridsim.results.earlier_run import EarlierRun
    from gridsim.results.manifest import BlockRecord
    from gridsim.studies.block_stream import LaidOutBlock
    from gridsim.studies.fingerprint import Fingerprints
    from gridsim.studies.progress import PhaseClock
    from gridsim.studies.result_tables import LoadingColumns


@dataclass(frozen=True)
class FoundBlock:
    """A block that was solved before.

    Attributes
    ----------
    laid_out:
        The block.
    content:
        Its numbers, with the loading columns of this run.
    record:
        What the earlier run tells of it.
    run:
        The earlier run.
    has_same_files:
        Whether its files there are those that this run would write.
    """

    laid_out: LaidOutBlock
    content: BlockContent
    record: BlockRecord
    run: EarlierRun
    has_same_files: bool


class StoredBlocks:
    """Finds the blocks of a staged grid among those of earlier runs, by what their numbers depend on.

    Parameters
    ----------
    grid, columns:
        What is run, and what is kept of it.
    fingerprints:
        Tells which blocks are the same.
    runs:
        Where to look, in that order.
    clock:
        Counts the time this takes.
    """

    def __init__(
        self,
        grid: StagedGrid,
        columns: LoadingColumns,
        fingerprints: Fingerprints,
        runs: Sequence[EarlierRun],
        clock: PhaseClock,
    ) -> None:
        self.time_utc = grid.time_utc
        self.columns = columns
        self.fingerprints = fingerprints
        self.runs = runs
        self.clock = clock

    def fingerprint(self, laid_out: LaidOutBlock) -> str:
        """Return the fingerprint of a block of the grid."""
        with self.clock.phase("fingerprints"):
            return self.fingerprints.of(laid_out, self._time_of(laid_out))

    def find(self, laid_out: LaidOutBlock, fingerprint: str) -> FoundBlock | None:
        """Return a block of the grid as an earlier run has stored it; None when it has to be solved."""
        with self.clock.phase("read blocks"):
            for run in self.runs:
                record = run.find(fingerprint)
                content = None if record is None else run.read(record)
                if record is not None and content is not None:
                    fitting = self._fitted(content, laid_out)
                    if fitting is not None:
                        return FoundBlock(laid_out, fitting, record, run, has_same_files=fitting is content)
        return None

    def _time_of(self, laid_out: LaidOutBlock) -> pd.DatetimeIndex:
        return self.time_utc[laid_out.block.start_step : laid_out.block.stop_step]

    def _fitted(self, content: BlockContent, laid_out: LaidOutBlock) -> BlockContent | None:
        """Return the content of a block with the loading columns of this run; None when it is not that of the block.

        Which columns a run has depends on all of its stages. What is missing here was not in service in the block.
        """
        units = [column_of(table, name) for table, name in laid_out.taps.name]
        if not content.time_utc.equals(self._time_of(laid_out)) or list(content.tap_units) != units:
            return None
        names = self.columns.names
        if list(content.columns) == names:
            return content
        place = {name: row for row, name in enumerate(content.columns)}
        is_stored = np.array([name in place for name in names])
        if (self.columns.in_service[laid_out.block.stage_index] & ~is_stored).any():
            return None
        loading = np.full((len(names), laid_out.block.n_step), np.nan, dtype=STORED_LOADING)
        loading[is_stored] = content.loading[[place[name] for name in names if name in place]]
        return dataclasses.replace(content, columns=names, loading=loading)
