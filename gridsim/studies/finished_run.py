"""A finished run as the report and the pictures read it: each table once, moments turned into local ones."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.studies.study_summary import is_failed

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.results.manifest import Manifest
    from gridsim.results.store import ResultStore


class FinishedRun:
    """The tables of one result directory, read when first asked for and kept.

    Moments are local (naive) except in columns that end in ``_utc``. Months count from 0, the first of the horizon.
    """

    def __init__(self, store: ResultStore) -> None:
        self.store = store
        self.manifest: Manifest = store.manifest
        self.first = pd.Timestamp(year=self.manifest.from_year, month=1, day=1)
        self.end = pd.Timestamp(year=self.manifest.to_year + 1, month=1, day=1)

    @property
    def years(self) -> range:
        """Local years of the run."""
        return range(self.manifest.from_year, self.manifest.to_year + 1)

    @property
    def total_h(self) -> float:
        """Hours of the run."""
        return float(self.manifest.steps["total"]) * self.manifest.resolution_h

    @property
    def failed_h(self) -> float:
        """Hours without solution."""
        return float(self.manifest.steps["failed"]) * self.manifest.resolution_h

    def local(self, times_utc: Any) -> Any:
        """Return UTC moments (one or a column) as local ones without time zone."""
        offset = pd.Timedelta(hours=self.manifest.utc_offset_h)
        if isinstance(times_utc, pd.Series):
            return times_utc.dt.tz_convert(None) + offset
        return pd.NaT if pd.isna(times_utc) else pd.Timestamp(times_utc).tz_convert(None) + offset

    @cached_property
    def steps(self) -> pd.DataFrame:
        """One row per step, with ``local`` (its start) and ``is_failed``."""
        frame = self.store.read_steps()
        return frame.assign(local=self.local(frame["time_utc"]), is_failed=is_failed(frame))

    @cached_property
    def elements(self) -> pd.DataFrame:
        """What each loading column is."""
        return self.store.read_table("elements")

    @cached_property
    def substations(self) -> pd.DataFrame:
        """Substations, ``opens`` as local moments (NaT: there from the start)."""
        frame = self.store.read_table("substations")
        return frame.assign(opens=self.local(frame["open_utc"]))

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Lines, ``opens`` and ``closes`` as local moments."""
        frame = self.store.read_table("lines")
        return frame.assign(opens=self.local(frame["open_utc"]), closes=self.local(frame["close_utc"]))

    @cached_property
    def events(self) -> pd.DataFrame:
        """What is commissioned within the run, ``opens`` and ``planned`` local, in time order."""
        frame = self.store.read_table("events")
        frame = frame.assign(opens=self.local(frame["date_utc"]), planned=self.local(frame["planned_date"]))
        is_inside = (frame["opens"] >= self.first) & (frame["opens"] < self.end)
        return frame[is_inside].sort_values("opens", kind="stable").reset_index(drop=True)

    @cached_property
    def overloads(self) -> pd.DataFrame:
        """One row per overload episode."""
        return self.store.read_overloads()

    @cached_property
    def monthly(self) -> pd.DataFrame:
        """Worst loading, hours above 100 % and hours without solution per loading column and local month."""
        return self.store.read_monthly()

    def by_month(self, units: pd.DataFrame, column: str) -> FloatArray:
        """Return the largest value of a column of the monthly table over the windings of each unit.

        Parameters
        ----------
        units:
            Rows with ``element_type`` and ``name``.
        column:
            ``worst_percent``, ``hours_over_100`` or ``failed_hours``.

        Returns
        -------
        Shape (n_unit, n_month); NaN where there is none.
        """
        key = ["element_type", "name"]
        # There are as many elements as rows of a picture, and a month for each: look the elements up, not the months.
        element = pd.Categorical(self.monthly["element"])
        of_element = self.elements.set_index("element").reindex(element.categories.astype(str))[key]
        rows = pd.MultiIndex.from_frame(units[key]).get_indexer(pd.MultiIndex.from_frame(of_element))[element.codes]
        months = 12 * (self.monthly["year"].to_numpy(np.int64) - self.manifest.from_year)
        months += self.monthly["month"].to_numpy(np.int64) - 1
        table = np.full((len(units), 12 * len(self.years)), np.nan)
        is_wanted = rows >= 0
        values = self.monthly[column].to_numpy(np.float64)
        np.fmax.at(table, (rows[is_wanted], months[is_wanted]), values[is_wanted])
        return table


def records(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of ``frame`` as named tuples; what their fields hold is known from the column names only."""
    return list(frame.itertuples(index=False))
