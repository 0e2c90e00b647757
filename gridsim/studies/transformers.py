"""Every transformer of a run in one table: when it is first overloaded without and with outages, how long, how hot.

One row per transformer through the horizon, and one per transformer and year; nothing is solved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.results.layout import UNIT_KEY
from gridsim.studies.n1_join import NOT_GIVEN, NOT_IN_IT, N1Join, join_n1
from gridsim.studies.peak_trend import UNKNOWN_TREND, PeakTrend, peak_trend
from gridsim.studies.reopen import opened
from gridsim.studies.transformer_years import (
    YEAR_COLUMNS,
    end_of_life_years,
    ranked_units,
    transformer_years,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.results.store import ResultStore

N1_UNIT_COLUMNS = ("n1_verdict", "n1_first_utc", "n1_hours", "n1_peak_percent", "n1_cause")
N1_YEAR_COLUMNS = ("n1_hours", "n1_peak_percent", "n1_cause")
VERDICT_PREFIX = "verdict_"
_VERDICT_ORDER = ("ok", "unknown", "violated")
UNIT_COLUMNS = (
    *UNIT_KEY,
    "substation_name",
    "winding",
    "sn_mva",
    "cooling",
    "open_utc",
    "close_utc",
    "limit",
    "failed_h",
    "first_overload_utc",
    "episodes",
    "hours",
    "overload_mvah",
    "longest_h",
    "peak_percent",
    "trend_percent_per_year",
    "trend_limit_year",
    *N1_UNIT_COLUMNS,
    "max_hot_spot_temp_c",
    "loss_of_life_days",
    "life_used_percent",
    "end_of_life_year",
    "temperature_unknown_h",
)


@dataclass(frozen=True)
class TransformerReport:
    """The transformers of a run.

    Attributes
    ----------
    store:
        The run, open for reading.
    n1:
        The N-1 study that was laid beside it; None when none was given.
    units:
        One row per transformer, worst first: ``UNIT_COLUMNS``, a column ``verdict_<rule>`` for every rule (empty where
        the rule does not hold for the unit), ``confidence`` and ``is_representative``. Loading and overloads are those
        of ``winding`` by the rule ``limit``; verdicts those of the winding that fares worst; temperatures those of the
        hottest. ``trend_limit_year`` is told of units that are in service at the end and never passed the limit.
    years:
        One row per transformer and local year in service: ``element_type``, ``name``, ``year``, the columns of
        :func:`gridsim.studies.transformer_years.transformer_years`, and ``N1_YEAR_COLUMNS``.
    """

    store: ResultStore
    n1: N1Join | None
    units: pd.DataFrame
    years: pd.DataFrame


def transformers(directory: str | Path | ResultStore, *, n1: str | Path | None = None) -> TransformerReport:
    """Collect what a finished run, and an N-1 study of its scenario, say about every transformer.

    Parameters
    ----------
    directory:
        Result directory, or a store that is open for reading.
    n1:
        Result directory of an N-1 study of the same scenario. Without it nothing is said of outages.

    Raises
    ------
    ResultStoreError
        There are no results in a directory, or the N-1 study is one of another scenario.
    """
    store = opened(directory)
    join = None if n1 is None else join_n1(store, n1)
    ranked = ranked_units(store)
    years = transformer_years(store, ranked)
    units = _units(store, ranked, years)
    return TransformerReport(store, join, _with_n1_units(units, join), _with_n1_years(years, join))


def _units(store: ResultStore, ranked: pd.DataFrame, years: pd.DataFrame) -> pd.DataFrame:
    elements = store.read_table("elements").set_index("element")
    units = ranked.join(elements[["sn_mva", "cooling", "open_utc", "close_utc"]], on="element")
    thermal = years.groupby(UNIT_KEY, as_index=False).agg(
        max_hot_spot_temp_c=("max_hot_spot_temp_c", "max"),
        loss_of_life_days=("loss_of_life_days", "sum"),
        life_used_percent=("life_used_percent", "max"),
    )
    thermal.loc[thermal["max_hot_spot_temp_c"].isna(), "loss_of_life_days"] = np.nan
    ends = end_of_life_years(store).rename(columns={"unknown_h": "temperature_unknown_h"})
    units = units.merge(thermal, how="left", on=UNIT_KEY).merge(ends, how="left", on=UNIT_KEY)
    units = units.merge(_longest(store), how="left", on=[*UNIT_KEY, "winding", "limit"])
    trends = _trends(store, units, years)
    units["trend_percent_per_year"] = [trend.percent_per_year for trend in trends]
    units["trend_limit_year"] = [trend.limit_year for trend in trends]
    return units.merge(_verdicts(store), how="left", on=UNIT_KEY)


def _longest(store: ResultStore) -> pd.DataFrame:
    return store.read_table("verdicts")[[*UNIT_KEY, "winding", "limit", "longest_h"]]


def _trends(store: ResultStore, units: pd.DataFrame, years: pd.DataFrame) -> list[PeakTrend]:
    percents = {str(rule["name"]): rule["percent"] for rule in store.manifest.limits}
    whole = years[years["is_whole"]]
    by_unit = dict(iter(whole.groupby(UNIT_KEY)))
    trends = []
    for row in units.itertuples():
        rows = by_unit.get((row.element_type, row.name))
        if rows is None or not pd.isna(row.close_utc):
            trends.append(UNKNOWN_TREND)
            continue
        percent = percents.get(str(row.limit))
        is_open = percent is not None and pd.isna(row.first_overload_utc)
        limit = float(percent) if is_open and percent is not None else float("nan")
        trends.append(peak_trend(rows["year"].to_numpy(), rows["peak_percent"].to_numpy(), limit))
    return trends


def _verdicts(store: ResultStore) -> pd.DataFrame:
    """Return one row per transformer and one column per rule: the verdict on the winding that fares worst."""
    table = store.read_table("verdicts")
    own = table[table["element_type"] != "line"]
    badness = own["verdict"].map({word: number for number, word in enumerate(_VERDICT_ORDER)})
    worst = own.assign(badness=badness).groupby([*UNIT_KEY, "limit"])["badness"].max().unstack("limit")
    rules = [str(rule["name"]) for rule in store.manifest.limits]
    words = worst.reindex(columns=rules).map(lambda number: "" if pd.isna(number) else _VERDICT_ORDER[int(number)])
    return words.add_prefix(VERDICT_PREFIX).reset_index()


def _with_n1_units(units: pd.DataFrame, join: N1Join | None) -> pd.DataFrame:
    if join is None:
        never = pd.Series(pd.NaT, index=units.index, dtype="datetime64[ns, UTC]")
        units = units.assign(
            n1_verdict=NOT_GIVEN, n1_first_utc=never, n1_hours=np.nan, n1_peak_percent=np.nan, n1_cause=""
        )
    else:
        units = units.merge(join.units, how="left", on=UNIT_KEY)
        units = units.fillna({"n1_verdict": NOT_IN_IT, "n1_cause": ""})
    verdicts = [column for column in units.columns if column.startswith(VERDICT_PREFIX)]
    return units[[*UNIT_COLUMNS, *verdicts, "confidence", "is_representative"]]


def _with_n1_years(years: pd.DataFrame, join: N1Join | None) -> pd.DataFrame:
    if join is None:
        years = years.assign(n1_hours=np.nan, n1_peak_percent=np.nan, n1_cause="")
    else:
        years = years.merge(join.years, how="left", on=[*UNIT_KEY, "year"]).fillna({"n1_cause": ""})
    return years[[*UNIT_KEY, "year", *YEAR_COLUMNS, "is_whole", *N1_YEAR_COLUMNS]]
