"""The tables of a finished run as the report needs them: one row per transformer, like units joined."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from gridsim.report.page.place_names import place_name
from gridsim.studies.finished_run import FinishedRun
from gridsim.studies.unit_rows import TRANSFORMER_TYPES, course_keys, rows_of_twins, unit_rows

if TYPE_CHECKING:
    from gridsim.dtypes import AnyArray, BoolArray, FloatArray

RANKED = (
    "rank",
    "winding",
    "limit",
    "first_overload_utc",
    "episodes",
    "hours",
    "peak_percent",
    "overload_mvah",
    "failed_h",
)
#: Units of one substation with the same values here (and the same worst loading month by month) share a section.
ALIKE = ("element_type", "substation_id", "sn_mva", "open_utc", "close_utc", "hours", "failed_h", "course")


class RunTables(FinishedRun):
    """The tables of one result directory with one row per transformer, or per group of like ones."""

    @cached_property
    def failed_steps(self) -> BoolArray:
        """Whether each step of the run has no solution."""
        return np.asarray(self.steps["is_failed"], dtype=np.bool_)

    @cached_property
    def investors(self) -> dict[str, str]:
        """Name of every investor project by its identifier."""
        frame = self.store.read_table("events")
        own = frame[frame["investor_id"] != ""]
        return {str(key): place_name(name) for key, name in zip(own["investor_id"], own["name"], strict=True)}

    @cached_property
    def transformers(self) -> pd.DataFrame:
        """One row per transformer, worst first.

        What it is (rating of its largest winding, highest voltage), the columns of table ``ranking`` for the winding
        that ranks it, ``element`` (loading column of that winding), ``max_hot_spot_temp_c`` with its moment, life used
        by the end of the run, ``unknown_h``, and ``group``: its place among the groups of like units.
        """
        keys = ["element_type", "name"]
        windings = self.elements[self.elements["element_type"].isin(TRANSFORMER_TYPES)]
        ranking = self.store.read_table("ranking")
        ranking = ranking[ranking["element_type"].isin(TRANSFORMER_TYPES)].drop_duplicates(keys)
        frame = ranking[[*keys, *RANKED]].merge(unit_rows(self.elements), on=keys, how="inner", validate="one_to_one")
        columns = windings.set_index([*keys, "winding"])["element"]
        frame["element"] = columns.reindex(pd.MultiIndex.from_frame(frame[[*keys, "winding"]])).to_numpy()
        frame["first_overload"] = self.local(frame["first_overload_utc"])
        frame = frame.merge(self._heat(), on=keys, how="left").sort_values("rank", kind="stable", ignore_index=True)
        frame["course"] = course_keys(self.by_month(frame, "worst_percent"))
        frame["group"] = frame.groupby(list(ALIKE), sort=False, dropna=False).ngroup()
        return frame.drop(columns="course")

    @cached_property
    def groups(self) -> pd.DataFrame:
        """The first unit of each group of like units, in the order of ``group``, with ``names`` of all its units."""
        units = self.transformers
        return rows_of_twins(units, units[["group"]], "name").reset_index(drop=True)

    @cached_property
    def thermal(self) -> pd.DataFrame:
        """Table ``thermal_life`` with ``element_type``, ``name``, and ``hottest``: when the hot spot peaks, local."""
        frame = self.store.read_table("thermal_life")
        parts = frame["element"].str.split(":", expand=True).reindex(columns=range(2))
        return frame.assign(element_type=parts[0], name=parts[1], hottest=self.local(frame["max_hot_spot_utc"]))

    def _heat(self) -> pd.DataFrame:
        """Return the hottest moment of each transformer and the state of its insulation at the end."""
        keys = ["element_type", "name"]
        heat = self.thermal
        by_unit = heat.groupby(keys, sort=False)
        last = heat[heat["year"] == by_unit["year"].transform("max")].groupby(keys, sort=False)
        hottest = heat.sort_values("max_hot_spot_temp_c", ascending=False, kind="stable").drop_duplicates(keys)
        frame = hottest[[*keys, "max_hot_spot_temp_c", "hottest"]]
        ends = last.agg(life_used_percent=("life_used_percent", "max"), end_of_life_year=("end_of_life_year", "min"))
        sums = by_unit.agg(unknown_h=("unknown_h", "max"), is_heat_verified=("is_verified", "all"))
        return frame.merge(ends, on=keys, how="left").merge(sums, on=keys, how="left")

    @cached_property
    def months(self) -> tuple[FloatArray, FloatArray]:
        """Worst loading in percent (NaN: none) and hours without solution of each group in each month.

        Shape (n_group, n_month) each; of a three-winding unit the worst winding.
        """
        failed = np.nan_to_num(self.by_month(self.groups, "failed_hours"))
        return self.by_month(self.groups, "worst_percent"), failed

    def by_year(self, column: str, how: Literal["max", "sum"]) -> pd.DataFrame:
        """Return a column of the monthly table by year: a row per loading column, a column per year."""
        frame = self.monthly.assign(element=self.monthly["element"].astype(str))
        table = frame.pivot_table(index="element", columns="year", values=column, aggfunc=how, sort=False)
        return table.reindex(columns=list(self.years))

    @cached_property
    def episodes(self) -> pd.DataFrame:
        """Episodes of the winding and the rule that rank each group: ``group``, ``start`` and ``end`` local."""
        groups = self.groups[["element_type", "name", "winding", "limit", "group"]]
        frame = self.overloads.merge(groups, on=["element_type", "name", "winding", "limit"], how="inner")
        frame = frame.assign(start=self.local(frame["start_utc"]), end=self.local(frame["end_utc"]))
        return frame.sort_values(["group", "start"], kind="stable", ignore_index=True)

    def step_of(self, moments: Any) -> AnyArray:
        """Return local moments as steps of the run."""
        hours = (pd.DatetimeIndex(moments) - self.first) / pd.Timedelta(hours=1)
        return np.rint(np.asarray(hours) / self.manifest.resolution_h).astype(np.int64)
