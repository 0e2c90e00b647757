"""How often tap changers move, how far, and how long they stand at an end stop, by unit and local year, block by block.

An operation is a change of position by one between two consecutive steps that both have a solution. A step without a
solution has no position: what changes across it is not counted, and its hours are. A new stage begins a new count too,
because what is in service has changed; within a stage the count goes on from year to year, and what changes on the way
into the new year belongs to the new year.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.dtypes import FLOAT, INDEX, BoolArray, FloatArray, IndexArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Beyond every position that a table may name.
_FAR = 1 << 14


class TapTracker:
    """Gathers yearly values from the blocks of a run, in time order; a year may come in several blocks.

    Parameters
    ----------
    n_unit:
        Number of units of the run.
    years:
        Local years of the run, without gaps.
    step_h:
        Length of a step in hours.

    Attributes
    ----------
    operations:
        Sum of the changes of position. Shape (n_unit, n_year).
    lowest, highest:
        Outermost positions; NaN when never in service or never solved. Shape (n_unit, n_year).
    end_stop_h, failed_h, service_h:
        Hours at the lowest or highest possible position, hours in service without a solution, and hours in service.
        Shape (n_unit, n_year).
    """

    def __init__(self, n_unit: int, years: Sequence[int], *, step_h: float) -> None:
        self.years = tuple(years)
        self.step_h = step_h
        shape = (n_unit, len(years))
        self.operations: IndexArray = np.zeros(shape, dtype=INDEX)
        self.lowest: FloatArray = np.full(shape, np.nan, dtype=FLOAT)
        self.highest: FloatArray = np.full(shape, np.nan, dtype=FLOAT)
        self.end_stop_h: FloatArray = np.zeros(shape, dtype=FLOAT)
        self.failed_h: FloatArray = np.zeros(shape, dtype=FLOAT)
        self.service_h: FloatArray = np.zeros(shape, dtype=FLOAT)
        self._stage = -1
        self._last: NDArray[np.int16] | None = None

    def follow(
        self,
        tap_pos: NDArray[np.int16],
        is_failed: BoolArray,
        units: IndexArray,
        ends: tuple[IndexArray, IndexArray],
        *,
        year: int,
        stage: int,
    ) -> None:
        """Take in one block.

        Parameters
        ----------
        tap_pos:
            Positions; anything in failed steps. Shape (n_step, n_tap).
        is_failed:
            Whether the step has no solution. Shape (n_step,).
        units:
            Which unit each column is; the same for all blocks of a stage. Shape (n_tap,).
        ends:
            Lowest and highest possible position of each column. Shape (n_tap,) each.
        year, stage:
            Local year and stage of the block.
        """
        at = units, self.years.index(year)
        is_solved = ~is_failed
        before = self._last if stage == self._stage else None
        self._stage, self._last = stage, tap_pos[-1].copy() if is_solved[-1] else None
        both = is_solved[1:] & is_solved[:-1]
        changes = np.abs(np.diff(tap_pos, axis=0)).sum(axis=0, where=both[:, np.newaxis], dtype=INDEX)
        if before is not None and is_solved[0]:
            changes += np.abs(tap_pos[0] - before)
        self.operations[at] += changes
        seen = is_solved[:, np.newaxis]
        if is_solved.any():
            lowest = tap_pos.min(axis=0, where=seen, initial=_FAR)
            highest = tap_pos.max(axis=0, where=seen, initial=-_FAR)
            self.lowest[at] = np.fmin(self.lowest[at], lowest)
            self.highest[at] = np.fmax(self.highest[at], highest)
        at_end = ((tap_pos <= ends[0]) | (tap_pos >= ends[1])) & seen
        self.end_stop_h[at] += np.count_nonzero(at_end, axis=0) * self.step_h
        self.failed_h[at] += np.count_nonzero(is_failed) * self.step_h
        self.service_h[at] += len(is_failed) * self.step_h
