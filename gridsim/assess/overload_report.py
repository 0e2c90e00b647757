"""What overloads, when and for how long, as tables: episodes, hours per year, ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.dtypes import FLOAT, FloatArray, IndexArray
from gridsim.results.layout import OVERLOADS, RANKING, YEARLY

if TYPE_CHECKING:
    from gridsim.assess.limits import WatchList
    from gridsim.scenario.horizon import Horizon

ELEMENT_KEY = ["element_type", "name", "winding"]


@dataclass(frozen=True)
class OverloadReport:
    """Verdict over a run.

    Attributes
    ----------
    episodes:
        Table ``overloads`` of the results, by start.
    yearly:
        Table ``yearly``: episodes and hours per element, limit and local year, years with overloads only.
    ranking:
        Table ``ranking``: every transformer once, worst first.
    verdicts:
        Table ``verdicts``: what each rule says of each transformer winding and line.
    """

    episodes: pd.DataFrame
    yearly: pd.DataFrame
    ranking: pd.DataFrame
    verdicts: pd.DataFrame


def episode_table(raw: pd.DataFrame, watch_list: WatchList, horizon: Horizon) -> pd.DataFrame:
    """Return table ``overloads`` from the episodes as :meth:`OverloadTracker.finish` returns them."""
    elements = watch_list.elements.iloc[watch_list.column_pos[raw["watch"]]].reset_index(drop=True)
    limits = np.array([rule.name for rule in watch_list.rules], dtype=object)
    start_utc, end_utc = step_times(raw["start_step"], horizon), step_times(raw["stop_step"], horizon)
    table = pd.DataFrame(
        {
            "element_type": elements["element_type"],
            "name": elements["name"],
            "winding": elements["winding"],
            "limit": limits[watch_list.rule_pos[raw["watch"]]],
            "start_utc": start_utc,
            "end_utc": end_utc,
            "duration_h": (raw["stop_step"] - raw["start_step"]).to_numpy(FLOAT) * horizon.resolution_h,
            "peak_percent": raw["peak_percent"],
            "overload_mvah": raw["overload_mvah"],
            "confidence": elements["confidence"],
        }
    )
    return table[list(OVERLOADS.column_names)]


def step_times(steps: pd.Series[int], horizon: Horizon) -> pd.DatetimeIndex:
    """Return the start of each step of the run; a step past the last gives the end of the run."""
    origin = horizon.time_utc()[0]
    return pd.DatetimeIndex(origin + pd.to_timedelta(steps.to_numpy() * horizon.resolution_h, unit="h")).as_unit("ns")


def yearly_table(episodes: pd.DataFrame, cuts: pd.DataFrame, horizon: Horizon) -> pd.DataFrame:
    """Return table ``yearly``: an episode across New Year counts once, its hours and MVA h go to the year they fall in.

    Parameters
    ----------
    episodes:
        Table ``overloads``.
    cuts:
        Where New Year cuts them, as :meth:`OverloadTracker.cuts` returns it; rows of ``episodes`` by position.
    horizon:
        Years of the run.
    """
    offset = pd.Timedelta(hours=horizon.utc_offset_h)
    start = episodes["start_utc"].dt.tz_localize(None) + offset
    end = episodes["end_utc"].dt.tz_localize(None) + offset
    key = [*ELEMENT_KEY, "limit"]
    first_year, last_year = start.dt.year.to_numpy(np.int64), (end - pd.Timedelta(1, "ns")).dt.year.to_numpy(np.int64)
    n_year = last_year - first_year + 1
    row = np.repeat(np.arange(len(episodes)), n_year)
    passed = np.arange(len(row)) - np.repeat(np.cumsum(n_year) - n_year, n_year)
    year = first_year[row] + passed
    begin, stop = (years.astype("datetime64[Y]").astype("datetime64[ns]") for years in (year - 1970, year - 1969))
    inside = np.minimum(end.to_numpy()[row], stop) - np.maximum(start.to_numpy()[row], begin)
    mvah_by_end = _mvah_by_year_end(episodes, cuts, row, year, horizon)
    pieces = (
        episodes[key]
        .iloc[row]
        .assign(
            year=year,
            episodes=(passed == 0).astype(np.int64),
            hours=inside / np.timedelta64(1, "h"),
            overload_mvah=np.where(passed == 0, mvah_by_end, np.diff(mvah_by_end, prepend=0.0)),
        )
    )
    table = pieces[np.isin(year, list(horizon.years))].groupby([*key, "year"], sort=True, as_index=False).sum()
    return table[list(YEARLY.column_names)]


def _mvah_by_year_end(
    episodes: pd.DataFrame, cuts: pd.DataFrame, row: IndexArray, year: IndexArray, horizon: Horizon
) -> FloatArray:
    """Return the MVA h of an episode from its start to the end of a year, or to its own end, shape of ``row``."""
    known = cuts.set_index(["episode", "cut_step"])["mvah_before"]
    year_end = [horizon.first_step(int(each) + 1) for each in year]
    before = known.reindex(pd.MultiIndex.from_arrays([row, year_end])).to_numpy(FLOAT)
    is_last = np.append(row[1:] != row[:-1], [True] * (len(row) > 0))
    return np.where(is_last, episodes["overload_mvah"].to_numpy(FLOAT)[row], before)


def ranking_table(
    episodes: pd.DataFrame, watch_list: WatchList, worst_percent: FloatArray, failed_h: FloatArray
) -> pd.DataFrame:
    """Return table ``ranking``: every transformer by the first rule that holds for it, worst first.

    Order: overload in MVA h, then peak loading, then name. A three-winding transformer stands with its worst winding
    by the same order, so that its windings are not added up.

    Parameters
    ----------
    episodes:
        Table ``overloads``.
    watch_list:
        What was watched.
    worst_percent, failed_h:
        ``(n_column,)`` largest loading of the run (NaN: none), and hours in service without solution.
    """
    leading = watch_list.leading
    limits = np.array([*(rule.name for rule in watch_list.rules), ""], dtype=object)
    limit_of = limits[np.where(leading < 0, -1, watch_list.rule_pos[leading])]
    table = watch_list.elements.assign(limit=limit_of, peak_percent=worst_percent, failed_h=failed_h)
    sums = episodes.groupby([*ELEMENT_KEY, "limit"], as_index=False).agg(
        first_overload_utc=("start_utc", "min"),
        episodes=("start_utc", "size"),
        hours=("duration_h", "sum"),
        overload_mvah=("overload_mvah", "sum"),
    )
    table = table[table["element_type"] != "line"].merge(sums, how="left", on=[*ELEMENT_KEY, "limit"])
    for column in ("episodes", "hours", "overload_mvah"):
        table[column] = table[column].astype(FLOAT).fillna(0.0)
    table = table.astype({"episodes": np.int64})
    table = table.sort_values(
        ["overload_mvah", "peak_percent", "element_type", "name", "winding"],
        ascending=[False, False, True, True, True],
        na_position="last",
    ).drop_duplicates(["element_type", "name"])
    table = table.assign(rank=np.arange(1, len(table) + 1)).reset_index(drop=True)
    return table[list(RANKING.column_names)]
