"""Loading, overloads, temperatures and taps of every transformer of a run, year by year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.results.layout import UNIT_KEY, column_of

if TYPE_CHECKING:
    from gridsim.results.store import ResultStore

#: What is told of a year, the N-1 part left out.
YEAR_COLUMNS = (
    "failed_h",
    "peak_percent",
    "episodes",
    "hours",
    "overload_mvah",
    "longest_h",
    "max_hot_spot_temp_c",
    "loss_of_life_days",
    "life_used_percent",
    "tap_operations",
)
_OVERLOAD_COLUMNS = ["episodes", "hours", "overload_mvah", "longest_h"]
_MONTHS = 12


def ranked_units(store: ResultStore) -> pd.DataFrame:
    """Return table ``ranking`` with ``element``, the loading column of the winding that ranks the unit."""
    ranking = store.read_table("ranking")
    parts = zip(ranking["element_type"], ranking["name"], ranking["winding"], strict=True)
    return ranking.assign(element=[column_of(*part) for part in parts])


def transformer_years(store: ResultStore, ranked: pd.DataFrame) -> pd.DataFrame:
    """Return one row per transformer and local year in which it is in service.

    Parameters
    ----------
    store:
        A finished run.
    ranked:
        What :func:`ranked_units` returned.

    Returns
    -------
    pandas.DataFrame
        ``element_type``, ``name``, ``year``, ``YEAR_COLUMNS`` and ``is_whole``, in the order of ``ranked``. Loading and
        overloads are those of the winding that ranks the unit, by the rule that ranks it: hours without solution, peak
        in percent, episodes that begin in the year, hours and MVA h above the limit, the longest of those episodes.
        Temperatures are those of its hottest winding: degree Celsius, days of life lost, percent of life used by the
        end of the year. ``tap_operations`` is NaN without a tap changer. ``is_whole``: in service in all months of the
        year, with a solution for every hour of that.
    """
    frame = _loading(store, ranked)
    frame = frame.merge(_overloads(store, ranked), how="left", on=["element", "year"])
    frame[_OVERLOAD_COLUMNS] = frame[_OVERLOAD_COLUMNS].fillna(0.0)
    frame = frame.astype({"episodes": np.int64})
    frame = frame.merge(_temperatures(store), how="left", on=[*UNIT_KEY, "year"])
    frame = frame.merge(_taps(store), how="left", on=[*UNIT_KEY, "year"])
    return frame[[*UNIT_KEY, "year", *YEAR_COLUMNS, "is_whole"]]


def end_of_life_years(store: ResultStore) -> pd.DataFrame:
    """Return by transformer when its first winding has used up its life, at the pace of the last known year.

    Columns ``UNIT_KEY``, ``end_of_life_year`` (NaN after a century) and ``unknown_h`` (hours whose temperature is not
    known, of the winding with most of them).
    """
    thermal = _by_unit(store.read_table("thermal_life"))
    known = thermal[thermal["known_h"] > 0.0]
    last = known[known["year"] == known.groupby("element")["year"].transform("max")]
    ends = last.groupby(UNIT_KEY)["end_of_life_year"].min()
    unknown = thermal.groupby([*UNIT_KEY, "element"])["unknown_h"].sum().groupby(UNIT_KEY).max()
    return pd.concat([ends, unknown], axis=1).reset_index()


def _loading(store: ResultStore, ranked: pd.DataFrame) -> pd.DataFrame:
    monthly = store.read_monthly()
    monthly = monthly[monthly["element"].isin(ranked["element"])].astype({"element": object})
    by_year = monthly.groupby(["element", "year"], sort=False)
    frame = pd.DataFrame(
        {
            "failed_h": by_year["failed_hours"].sum().astype(np.float64),
            "peak_percent": by_year["worst_percent"].max().astype(np.float64),
            "is_whole": by_year["worst_percent"].count() == _MONTHS,
        }
    )
    frame["is_whole"] &= frame["failed_h"] == 0.0
    frame = frame[frame["peak_percent"].notna() | (frame["failed_h"] > 0.0)].reset_index()
    found = ranked[[*UNIT_KEY, "element"]].merge(frame, on="element", how="inner")
    return found.astype({"year": np.int64})


def _overloads(store: ResultStore, ranked: pd.DataFrame) -> pd.DataFrame:
    key = [*UNIT_KEY, "winding", "limit"]
    yearly = ranked[[*key, "element"]].merge(store.read_table("yearly"), on=key)
    episodes = ranked[[*key, "element"]].merge(store.read_overloads(), on=key)
    local = episodes["start_utc"] + pd.Timedelta(hours=store.manifest.utc_offset_h)
    longest = episodes.groupby(["element", local.dt.year.rename("year")])["duration_h"].max().rename("longest_h")
    columns = ["element", "year", "episodes", "hours", "overload_mvah"]
    return yearly[columns].merge(longest.reset_index(), how="left", on=["element", "year"])


def _temperatures(store: ResultStore) -> pd.DataFrame:
    columns = ["max_hot_spot_temp_c", "loss_of_life_days", "life_used_percent"]
    return _by_unit(store.read_table("thermal_life")).groupby([*UNIT_KEY, "year"])[columns].max().reset_index()


def _taps(store: ResultStore) -> pd.DataFrame:
    taps = _by_unit(store.read_table("tap_operations")).rename(columns={"operations": "tap_operations"})
    return taps[[*UNIT_KEY, "year", "tap_operations"]]


def _by_unit(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table by loading column or unit with the unit in columns of its own."""
    parts = table["element"].astype(str).str.split(":", expand=True).reindex(columns=[0, 1])
    return table.assign(element_type=parts[0], name=parts[1])
