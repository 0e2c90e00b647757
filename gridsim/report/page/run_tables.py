"""The tables of a finished run as the report needs them: local times, one row per transformer, like units joined."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from gridsim.studies.study_summary import is_failed
from gridsim.studies.unit_rows import TRANSFORMER_TYPES, unit_rows

if TYPE_CHECKING:
    from gridsim.dtypes import AnyArray, BoolArray, FloatArray
    from gridsim.results.manifest import Manifest
    from gridsim.results.store import ResultStore

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


class RunTables:
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
    def n_month(self) -> int:
        """Months of the run."""
        return 12 * len(self.years)

    def local(self, times_utc: Any) -> Any:
        """Return UTC moments (one or a column) as local ones without time zone."""
        offset = pd.Timedelta(hours=self.manifest.utc_offset_h)
        if isinstance(times_utc, pd.Series):
            return times_utc.dt.tz_convert(None) + offset
        return pd.NaT if pd.isna(times_utc) else pd.Timestamp(times_utc).tz_convert(None) + offset

    # -- hours --------------------------------------------------------------------------------------------------------

    @cached_property
    def steps(self) -> pd.DataFrame:
        """One row per step, with ``local`` and ``is_failed``."""
        frame = self.store.read_steps()
        return frame.assign(local=self.local(frame["time_utc"]), is_failed=is_failed(frame))

    @property
    def total_h(self) -> float:
        """Hours of the run."""
        return float(self.manifest.steps["total"]) * self.manifest.resolution_h

    @property
    def failed_h(self) -> float:
        """Hours without solution."""
        return float(self.manifest.steps["failed"]) * self.manifest.resolution_h

    @cached_property
    def failed_steps(self) -> BoolArray:
        """Whether each step of the run has no solution."""
        return np.asarray(self.steps["is_failed"], dtype=np.bool_)

    # -- elements -----------------------------------------------------------------------------------------------------

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
        """What is commissioned within the run, ``day`` and ``planned_day`` local, in time order."""
        frame = self.store.read_table("events")
        frame = frame.assign(day=self.local(frame["date_utc"]), planned_day=self.local(frame["planned_date"]))
        is_inside = (frame["day"] >= self.first) & (frame["day"] < self.end)
        return frame[is_inside].sort_values("day", kind="stable").reset_index(drop=True)

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
        frame["course"] = [row.tobytes() for row in np.nan_to_num(np.round(self._by_month(frame)[0], 1), nan=-1.0)]
        frame["group"] = frame.groupby(list(ALIKE), sort=False, dropna=False).ngroup()
        return frame.drop(columns="course")

    @cached_property
    def groups(self) -> pd.DataFrame:
        """The first unit of each group of like units, in the order of ``group``, with ``names`` of all its units."""
        units = self.transformers
        first = units.drop_duplicates("group").sort_values("group", ignore_index=True)
        return first.assign(names=units.groupby("group")["name"].agg(list).to_numpy())

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

    # -- loading ------------------------------------------------------------------------------------------------------

    @cached_property
    def monthly(self) -> pd.DataFrame:
        """Worst loading and hours without solution per loading column and local month."""
        return self.store.read_monthly()

    @cached_property
    def months(self) -> tuple[FloatArray, FloatArray]:
        """Worst loading in percent (NaN: none) and hours without solution of each group in each month.

        Shape (n_group, n_month) each; of a three-winding unit the worst winding.
        """
        return self._by_month(self.groups)

    def _by_month(self, units: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
        place = pd.MultiIndex.from_frame(units[["element_type", "name"]])
        element = pd.Categorical(self.monthly["element"])
        about = self.elements.set_index("element").reindex(element.categories.astype(str))
        row = place.get_indexer(pd.MultiIndex.from_frame(about[["element_type", "name"]]))[element.codes]
        month = 12 * (self.monthly["year"].to_numpy(np.int64) - self.manifest.from_year)
        month += self.monthly["month"].to_numpy(np.int64) - 1
        wanted = np.flatnonzero(row >= 0)
        worst, failed = np.full((2, len(units), self.n_month), np.nan)
        cells = row[wanted], month[wanted]
        np.fmax.at(worst, cells, self.monthly["worst_percent"].to_numpy(np.float64)[wanted])
        np.fmax.at(failed, cells, self.monthly["failed_hours"].to_numpy(np.float64)[wanted])
        return worst, np.nan_to_num(failed)

    def by_year(self, column: str, how: Literal["max", "sum"]) -> pd.DataFrame:
        """Return a column of the monthly table by year: a row per loading column, a column per year."""
        frame = self.monthly.assign(element=self.monthly["element"].astype(str))
        table = frame.pivot_table(index="element", columns="year", values=column, aggfunc=how, sort=False)
        return table.reindex(columns=list(self.years))

    @cached_property
    def episodes(self) -> pd.DataFrame:
        """Episodes of the winding and the rule that rank each group: ``group``, ``start`` and ``end`` local."""
        groups = self.groups[["element_type", "name", "winding", "limit", "group"]]
        frame = self.store.read_overloads().merge(groups, on=["element_type", "name", "winding", "limit"], how="inner")
        frame = frame.assign(start=self.local(frame["start_utc"]), end=self.local(frame["end_utc"]))
        return frame.sort_values(["group", "start"], kind="stable", ignore_index=True)

    def step_of(self, moments: Any) -> AnyArray:
        """Return local moments as steps of the run."""
        hours = (pd.DatetimeIndex(moments) - self.first) / pd.Timedelta(hours=1)
        return np.rint(np.asarray(hours) / self.manifest.resolution_h).astype(np.int64)


#: Begins the names of substations that stand for real but unpublished ones; the page has a sign for it, explained once.
REPRESENTATIVE_WORD, REPRESENTATIVE_MARK = "Representative ", "†"
_DATABASE_KEY = re.compile(r"OSM (?:way |node )?\w+(?:, )?")
_SUBSTATION = re.compile(r"\s*\bsubstation\b")
_BRACKETS = re.compile(r"\s*\([^()]*\)$")
_EMPTY_BRACKETS = re.compile(r"\s*\(\s*\)")


def place_name(name: str) -> str:
    """Return the name of a substation without what only a database needs; a representative one has a mark instead."""
    shown = _EMPTY_BRACKETS.sub("", _DATABASE_KEY.sub("", str(name))).strip()
    if not shown.startswith(REPRESENTATIVE_WORD):
        return shown
    return f"{shown.removeprefix(REPRESENTATIVE_WORD)} {REPRESENTATIVE_MARK}"


def chart_name(name: str) -> str:
    """Return the name as a picture has room for it: without brackets and without the word substation."""
    shown, mark, _ = place_name(name).partition(f" {REPRESENTATIVE_MARK}")
    return (_BRACKETS.sub("", _SUBSTATION.sub("", shown)) or shown) + mark


def unit_names(row: Any) -> str:
    """Return what the identifiers of like units add to that of their substation, ``T1, T2``."""
    short = [str(name).removeprefix(row.substation_id).strip("-_:./ ").upper() or str(name) for name in row.names]
    return ", ".join(short)


def records(frame: pd.DataFrame) -> list[Any]:
    """Return the rows of ``frame`` as named tuples."""
    return list(frame.itertuples(index=False))
