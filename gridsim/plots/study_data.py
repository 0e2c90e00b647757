"""What the figures read of a result directory, with times turned into local days."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.enums import Area, Confidence
from gridsim.studies.finished_run import FinishedRun, records
from gridsim.studies.plain_names import REPRESENTATIVE_MARK, unit_name
from gridsim.studies.unit_rows import unit_rows
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from gridsim.dtypes import FloatArray
    from gridsim.results import ResultStore

NS_PER_DAY = 86_400_000_000_000
#: Areas of the network tables in words, in the order in which figures show them.
AREA_WORDS: dict[str, str] = {
    Area.almaty_city: "Almaty city",
    Area.almaty_region: "Almaty Region",
    Area.outside: "Neighbouring grid",
}
#: Signs behind a name, explained in the footnote of every figure that uses them.
ASSUMED_MARK = "‡"
MARKS_NOTE = (
    f"{REPRESENTATIVE_MARK} representative: stands for a real but unpublished one; "
    f"{ASSUMED_MARK} real, its data assumed"
)
#: Horizons up to this many years are drawn week by week, longer ones month by month.
MAX_YEARS_BY_WEEK = 3


@dataclass(frozen=True)
class TimeCells:
    """The horizon cut into months or weeks; ``edges_day`` has one entry more than there are cells."""

    edges_day: FloatArray
    word: str

    @property
    def hours(self) -> FloatArray:
        """Length of each cell in hours."""
        return np.diff(self.edges_day) * HOURS_PER_DAY


class StudyData(FinishedRun):
    """The tables of one result directory with days on the axes of the figures.

    Days are local days since 1970-01-01 as floats, which is also matplotlib's count of dates.
    """

    @classmethod
    def of(cls, source: ResultStore | StudyData) -> StudyData:
        """Return ``source`` itself if it holds tables already, else wrap it."""
        return source if isinstance(source, cls) else cls(source)  # type: ignore[arg-type]

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The ending summary."""
        return self.store.read_summary()

    @cached_property
    def steps(self) -> pd.DataFrame:
        """One row per step, with ``day`` (local, start of the step), ``year`` (local) and ``is_failed``."""
        frame = super().steps
        return frame.assign(day=days_of(frame["local"]), year=frame["local"].dt.year)

    @cached_property
    def transformers(self) -> pd.DataFrame:
        """One row per transformer: type, name, substation, unit, mark, area, voltage, opening and closing day.

        ``sn_mva`` is the largest rating of its windings, ``voltage_kv`` the highest voltage.
        """
        frame = unit_rows(self.elements)
        frame["open_day"] = self.days(frame["open_utc"], missing=self.first_day)
        frame["close_day"] = self.days(frame["close_utc"], missing=self.last_day)
        frame["unit"] = [unit_name(row.name, row.substation_id) for row in records(frame)]
        frame["mark"] = _marks(frame)
        return frame

    @cached_property
    def substations(self) -> pd.DataFrame:
        """Substations with ``open_day`` and ``mark``."""
        frame = super().substations
        return frame.assign(open_day=days_of(frame["opens"], missing=self.first_day), mark=_marks(frame))

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Lines with ``open_day`` and ``close_day``."""
        frame = super().lines
        return frame.assign(
            open_day=days_of(frame["opens"], missing=self.first_day),
            close_day=days_of(frame["closes"], missing=self.last_day),
        )

    @cached_property
    def events(self) -> pd.DataFrame:
        """Commissioning events within the horizon in time order, with ``day`` and ``planned_day``."""
        frame = super().events
        return frame.assign(day=days_of(frame["opens"]), planned_day=days_of(frame["planned"]))

    @cached_property
    def demand(self) -> pd.DataFrame:
        """Mean and peak demand by month, area and sector."""
        return self.store.read_table("demand")

    @cached_property
    def first_day(self) -> float:
        """First local day of the horizon."""
        return day_of(self.manifest.from_year)

    @cached_property
    def last_day(self) -> float:
        """Local day on which the horizon is over."""
        return day_of(self.manifest.to_year + 1)

    @property
    def years_text(self) -> str:
        """The horizon in words."""
        first, last = self.manifest.from_year, self.manifest.to_year
        return f"{first}" if first == last else f"{first}–{last}"

    @property
    def clock_text(self) -> str:
        """Which local time axes show."""
        return f"local time, UTC{self.manifest.utc_offset_h:+.3g}"

    @property
    def known_text(self) -> str:
        """What the second line of a subtitle begins with when not all hours are known; empty when they are."""
        return "In the solved hours " if self.failed_h else ""

    @property
    def at_least(self) -> str:
        """Sign before hours and peaks when some hours are not known."""
        return "≥ " if self.failed_h else ""

    @property
    def solved_text(self) -> str:
        """Whether all hours have a solution; opens the subtitle of every figure."""
        if self.failed_h:
            return f"{self.failed_h:,.0f} of {self.total_h:,.0f} hours have NO solution"
        return f"All {self.total_h:,.0f} hours have a solution"

    def days(self, times_utc: pd.Series[Any], missing: float = np.nan) -> FloatArray:
        """Return local days of UTC moments; ``missing`` where there is none."""
        return days_of(self.local(times_utc), missing)

    @cached_property
    def cells(self) -> TimeCells:
        """Months, or weeks when the horizon is short."""
        first, last = self.manifest.from_year, self.manifest.to_year
        if last - first + 1 <= MAX_YEARS_BY_WEEK:
            weeks = np.arange(self.first_day, self.last_day, 7.0)
            # The odd day or two at the end joins the last week.
            edges = weeks if self.last_day - weeks[-1] >= 7.0 else weeks[:-1]
            return TimeCells(np.append(edges, self.last_day), "week")
        return TimeCells(self.month_edges, "month")

    @cached_property
    def month_edges(self) -> FloatArray:
        """First local days of all months of the horizon, and the day after the last."""
        first = np.datetime64(f"{self.manifest.from_year}-01", "M")
        last = np.datetime64(f"{self.manifest.to_year + 1}-01", "M")
        months = np.arange(first, last + np.timedelta64(1, "M"))
        return months.astype("datetime64[D]").astype(np.float64)

    @cached_property
    def failed_hours_by_cell(self) -> FloatArray:
        """Hours without solution in each of ``cells``; read from the steps only when some failed."""
        return self.failed_hours_within(self.cells.edges_day)

    def failed_hours_within(self, edges_day: FloatArray) -> FloatArray:
        """Return hours without solution between successive ``edges_day``."""
        if not self.failed_h:
            return np.zeros(len(edges_day) - 1)
        # Not numpy's histogram: its last bin would take a step that begins on the last edge.
        failed = self.steps.loc[self.steps["is_failed"], "day"].to_numpy(np.float64)
        return np.diff(np.searchsorted(failed, edges_day, side="left")) * self.manifest.resolution_h


def days_of(moments: pd.Series[Any], missing: float = np.nan) -> FloatArray:
    """Return moments as days since 1970-01-01; ``missing`` where there is none."""
    exact = moments.to_numpy(dtype="datetime64[ns]")
    return np.where(np.isnat(exact), missing, exact.astype(np.int64) / NS_PER_DAY)


def day_of(year: int, month: int = 1) -> float:
    """Return the first day of a month as days since 1970-01-01."""
    return float(np.datetime64(f"{year:04d}-{month:02d}-01", "D").astype(np.int64))


def date_text(day: float) -> str:
    """Return a day as ``14 Jan 2031``."""
    return f"{pd.Timestamp(day, unit='D'):%d %b %Y}".lstrip("0")


def month_text(day: float) -> str:
    """Return a day as ``Jan 2031``."""
    return f"{pd.Timestamp(day, unit='D'):%b %Y}"


def _marks(frame: pd.DataFrame) -> Any:
    assumed = np.where(frame["confidence"] == Confidence.assumed.value, ASSUMED_MARK, "")
    return np.where(frame["is_representative"], REPRESENTATIVE_MARK, assumed)
