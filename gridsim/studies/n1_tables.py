"""What an N-1 study keeps of its blocks: failed cases by outage, worst loading by transformer and year, causes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.enums import StepStatus
from gridsim.results.layout import N1_CAUSES, N1_FAILED, N1_WORST
from gridsim.solve.contingency import NO_OUTAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridsim.dtypes import AnyArray, BoolArray, FloatArray, IndexArray
    from gridsim.grid.stages import Block
    from gridsim.solve.contingency_solver import ContingencyBatch


@dataclass
class _Failures:
    """Failed steps of one outage."""

    n_step: int = 0
    n_unsolved: int = 0
    first: int = -1
    last: int = -1
    lost_max_mw: float = 0.0
    lost_mwh: float = 0.0


@dataclass
class _Effect:
    """What one outage does to others; ``n_step`` are the steps in which it loads the most frequent above the limit."""

    n_step: int = 0
    elements: set[int] = field(default_factory=set)
    peak_percent: float = float("nan")
    peak_element: int = -1
    peak_step: int = -1


class N1Tally:
    """Follows the blocks of a study in time order.

    Parameters
    ----------
    elements:
        Table ``elements`` of the study, one row per loading column.
    years:
        Local years.
    time_utc:
        Start of every step of the horizon.
    step_h:
        Length of a step.
    limit_percent:
        Loading that no outage may pass.
    """

    def __init__(
        self,
        elements: pd.DataFrame,
        years: Sequence[int],
        time_utc: pd.DatetimeIndex,
        step_h: float,
        limit_percent: float,
    ) -> None:
        self.elements, self.years, self.time_utc = elements, list(years), time_utc
        self._step_h, self.limit_percent = step_h, limit_percent
        shape = (len(elements), len(self.years))
        self._worst = np.full(shape, np.nan)
        self._cause = np.full(shape, "", dtype=object)
        self._when = np.full(shape, -1, dtype=np.int64)
        self._hours = np.zeros(shape)
        self._first = np.full(shape, -1, dtype=np.int64)
        self._in_service = np.zeros(shape, dtype=np.bool_)
        self._failures: dict[str, _Failures] = {}
        self._effects: dict[str, _Effect] = {}
        self.counts = {"total": 0, "solved": 0, "without_solution": 0, "cutting_load": 0, "skipped": 0, "slow": 0}

    def follow(
        self,
        block: Block,
        first_step: int,
        names: Sequence[str],
        kept: IndexArray,
        in_service: BoolArray,
        found: ContingencyBatch,
    ) -> None:
        """Take the next steps of a block.

        Parameters
        ----------
        block:
            Where they belong.
        first_step:
            First of them in the horizon.
        names:
            Contingencies.
        kept:
            Place of each loading column of the study among those of the net. Shape (n_column,).
        in_service:
            Whether the element of each column is in service in the stage of the block. Shape (n_column,).
        found:
            What became of them.
        """
        self._count(found)
        self._take_failed(first_step, names, found)
        year = self.years.index(block.year)
        self._in_service[:, year] |= in_service
        self._take_worst(year, first_step, names, found.worst_percent[:, kept], found.cause[:, kept])
        self._take_effects(first_step, names, kept, found)

    def _count(self, found: ContingencyBatch) -> None:
        failed = found.failed
        cut = (failed.contingency >= 0) & (failed.status == int(StepStatus.de_energised))
        self.counts["total"] += found.n_case
        self.counts["solved"] += found.n_case - found.n_unsolved - found.n_skipped
        self.counts["without_solution"] += found.n_unsolved
        self.counts["cutting_load"] += int(cut.sum())
        self.counts["skipped"] += found.n_skipped
        self.counts["slow"] += found.n_slow

    def _take_failed(self, first_step: int, names: Sequence[str], found: ContingencyBatch) -> None:
        failed = found.failed
        for k in np.unique(failed.contingency).tolist():
            mine = failed.contingency == k
            steps, lost = failed.step[mine] + first_step, failed.lost_mw[mine]
            entry = self._failures.setdefault(names[k] if k >= 0 else NO_OUTAGE, _Failures())
            entry.first = int(steps.min()) if entry.first < 0 else min(entry.first, int(steps.min()))
            entry.last = max(entry.last, int(steps.max()))
            entry.n_step += len(steps)
            is_unsolved = (failed.status[mine] != int(StepStatus.de_energised)) | (k < 0)
            entry.n_unsolved += int(is_unsolved.sum())
            entry.lost_max_mw = max(entry.lost_max_mw, float(lost.max()))
            entry.lost_mwh += float(lost.sum()) * self._step_h

    def _take_worst(
        self, year: int, first_step: int, names: Sequence[str], worst: FloatArray, cause: IndexArray
    ) -> None:
        known = np.where(np.isnan(worst), -np.inf, worst)
        at = np.argmax(known, axis=0)
        peak = known[at, np.arange(worst.shape[1])]
        is_worse = peak > np.where(np.isnan(self._worst[:, year]), -np.inf, self._worst[:, year])
        for column in np.flatnonzero(is_worse).tolist():
            self._worst[column, year] = peak[column]
            self._cause[column, year] = names[cause[at[column], column]]
            self._when[column, year] = first_step + at[column]
        above: BoolArray = known > self.limit_percent
        self._hours[:, year] += above.sum(axis=0) * self._step_h
        begins = above.any(axis=0) & (self._first[:, year] < 0)
        self._first[begins, year] = first_step + np.argmax(above[:, begins], axis=0)

    def _take_effects(self, first_step: int, names: Sequence[str], kept: IndexArray, found: ContingencyBatch) -> None:
        above = found.violations[:, kept]
        for k in np.flatnonzero(above.any(axis=1)).tolist():
            entry = self._effects.setdefault(names[k], _Effect())
            columns = np.flatnonzero(above[k])
            entry.elements.update(columns.tolist())
            entry.n_step += int(above[k].max())
            peaks = found.peak_percent[k, kept[columns]]
            best = int(np.argmax(peaks))
            if not peaks[best] <= entry.peak_percent:
                entry.peak_percent = float(peaks[best])
                entry.peak_element = int(columns[best])
                entry.peak_step = first_step + int(found.peak_step[k, kept[columns[best]]])

    def failed_table(self) -> pd.DataFrame:
        """Return table ``n1_failed``: outages that have no solution or cut load off, those without solution first."""
        rows = []
        for name, entry in self._failures.items():
            hours, unsolved_h = entry.n_step * self._step_h, entry.n_unsolved * self._step_h
            span = self._at(entry.first), self._at(entry.last)
            rows.append((name, hours, unsolved_h, *span, entry.lost_max_mw, entry.lost_mwh))
        frame = pd.DataFrame(rows, columns=list(N1_FAILED.column_names))
        order = ["unsolved_h", "lost_max_mw", "lost_mwh", "outage"]
        return frame.sort_values(order, ascending=[False, False, False, True], kind="stable").reset_index(drop=True)

    def worst_table(self) -> pd.DataFrame:
        """Return table ``n1_worst``: one row per loading column and local year in which it is in service.

        Where no loading is known, since no case had a solution, numbers are NaN.
        """
        column, year = np.nonzero(self._in_service)
        chosen = self.elements.iloc[column].reset_index(drop=True)
        names = ["element_type", "name", "winding", "substation_name", "confidence", "is_representative"]
        frame = chosen[names].assign(
            year=np.array(self.years)[year],
            worst_percent=self._worst[column, year],
            cause=self._cause[column, year],
            worst_utc=self._times(self._when[column, year]),
            hours_above=np.where(np.isnan(self._worst), np.nan, self._hours)[column, year],
            first_above_utc=self._times(self._first[column, year]),
        )
        return frame[list(N1_WORST.column_names)]

    def causes_table(self) -> pd.DataFrame:
        """Return table ``n1_causes``: outages that load something above the limit, by the worst of it."""
        rows = []
        for name, entry in self._effects.items():
            element = self.elements["element"].iloc[entry.peak_element]
            hours = entry.n_step * self._step_h
            rows.append((name, len(entry.elements), hours, entry.peak_percent, element, self._at(entry.peak_step)))
        frame = pd.DataFrame(rows, columns=list(N1_CAUSES.column_names))
        return frame.sort_values(["worst_percent", "outage"], ascending=[False, True], kind="stable").reset_index(
            drop=True
        )

    def _at(self, step: int) -> Any:
        return self.time_utc[step] if step >= 0 else pd.NaT

    def _times(self, steps: AnyArray) -> Any:
        known = self.time_utc[np.maximum(steps, 0)]
        return known.where(steps >= 0)
