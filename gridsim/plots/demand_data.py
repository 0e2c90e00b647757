"""Numbers behind the demand figure: demand by use and area, load of the grid, installed capacity, published figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.plots.study_data import AREA_WORDS
from gridsim.studies.legend import VOLTAGE_CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.dtypes import FloatArray
    from gridsim.plots.study_data import StudyData


@dataclass(frozen=True)
class Use:
    """A layer of the stack: its words, the sectors in it and its colour."""

    words: str
    sectors: tuple[str, ...]
    colour: str


#: Light and dark alternate, so that neighbouring layers differ in greyscale too; investors stand out on top.
USES = (
    Use("Households", ("residential",), "#2F5D7C"),
    Use("Commerce, public", ("commerce", "public", "tourism"), "#A9C4D6"),
    Use("Industry", ("industry", "construction"), "#5B7F56"),
    Use("Agriculture, food", ("agriculture", "food"), "#C5D6A8"),
    Use("Transport, logistics", ("transport", "logistics"), "#8A8A8A"),
    Use("Other", (), "#D9D9D9"),
    Use("Investor projects", ("investors",), "#F0B45A"),
)
_DASHES = ((0, (1, 1)), (0, (6, 1.5)), (0, ()), (0, (3, 1, 1, 1)))
#: Line of each class of voltage, by its words.
CLASS_LINES = {words: dashes for (_, words), dashes in zip(VOLTAGE_CLASSES, _DASHES, strict=True)}


def areas_with_demand(data: StudyData) -> list[str]:
    """Return the areas that consume anything, in the order of ``AREA_WORDS``."""
    total = data.demand.groupby("area")["mean_mw"].sum()
    consuming = [str(area) for area in total.index[total > 0.0]]
    known = [area for area in AREA_WORDS if area in consuming]
    return known + [area for area in consuming if area not in known]


def yearly_mean_by_use(data: StudyData, area: str) -> pd.DataFrame:
    """Return mean MW by use (columns in order of ``USES``, empty ones left out) and year, months by their length."""
    demand = data.demand[data.demand["area"] == area]
    days = pd.to_datetime({"year": demand["year"], "month": demand["month"], "day": 1}).dt.days_in_month
    use_of = {sector: use.words for use in USES for sector in use.sectors}
    sector = demand["sector"].str.split(":").str[0]
    frame = pd.DataFrame(
        {
            "year": demand["year"],
            "month": demand["month"],
            "use": sector.map(use_of).fillna("Other"),
            "days": days,
            "mwd": demand["mean_mw"] * days,
        }
    )
    energy = frame.pivot_table(index="year", columns="use", values="mwd", aggfunc="sum", fill_value=0.0)
    length = frame.drop_duplicates(["year", "month"]).groupby("year")["days"].sum()
    mean = energy.div(length, axis=0)
    return mean[[use.words for use in USES if use.words in mean.columns and (mean[use.words] > 0.0).any()]]


def means_by_area(data: StudyData) -> dict[str, pd.DataFrame]:
    """Return :func:`yearly_mean_by_use` of every area that consumes anything."""
    return {area: yearly_mean_by_use(data, area) for area in areas_with_demand(data)}


def official_figures(data: StudyData) -> list[dict[str, Any]]:
    """Return the official figures of the summary within the horizon: ``year``, ``value_mw``, ``reading``, ``area``."""
    figures = data.summary.get("published_figures") or []
    first, last = data.manifest.from_year, data.manifest.to_year
    return [figure for figure in figures if first <= figure["year"] <= last]


def capacity_by_class(data: StudyData) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return days and installed MVA from each day on, by class of upper voltage; the last entry is the end.

    Transformers of the areas that consume; three-winding units count with their largest winding.
    """
    transformers = data.transformers
    transformers = transformers[transformers["area"].isin(areas_with_demand(data))]
    courses = {}
    higher = np.inf
    for lower, words in VOLTAGE_CLASSES:
        own = transformers[(transformers["voltage_kv"] >= lower) & (transformers["voltage_kv"] < higher)]
        higher = lower
        if own.empty:
            continue
        day = np.concatenate([own["open_day"], own["close_day"]])
        change = np.concatenate([own["sn_mva"], -own["sn_mva"]])
        is_change = day < data.last_day
        days, position = np.unique(np.append(day[is_change], data.first_day), return_inverse=True)
        steps = np.bincount(position, np.append(change[is_change], 0.0))
        mva = np.cumsum(steps)
        courses[words] = (np.append(days, data.last_day), np.append(mva, mva[-1]))
    return courses


def yearly_load(data: StudyData, means: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return mean and largest load of the whole grid in MW by year, and ``is_sure``: all hours of the year are solved.

    The mean is that of the demand. The largest is that of the solved hours; where hours are missing, it is a lower
    bound, and so is the largest monthly mean: the higher of the two is returned. ``means`` is :func:`means_by_area`.
    """
    years = range(data.manifest.from_year, data.manifest.to_year + 1)
    months = data.demand.groupby(["year", "month"])["mean_mw"].sum()
    by_area = [mean.sum(axis=1) for mean in means.values()]
    mean = sum((area.reindex(years, fill_value=0.0) for area in by_area), pd.Series(0.0, index=years))
    by_year = data.steps.groupby("year").agg(peak=("load_mw", "max"), has_failed=("is_failed", "any")).reindex(years)
    is_sure = ~by_year["has_failed"].eq(True)
    bound = months.groupby("year").max().reindex(years)
    peak = by_year["peak"].where(is_sure, pd.concat([by_year["peak"], bound], axis=1).max(axis=1))
    return pd.DataFrame({"mean": mean, "peak": peak, "is_sure": is_sure})
