"""From overload episodes to the rows and cells of the timeline: arithmetic on frames, no drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.studies.unit_rows import TRANSFORMER_TYPES, rows_of_twins
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridsim.dtypes import FloatArray, IndexArray
    from gridsim.plots.study_data import StudyData

_KEY = ["element_type", "name"]


@dataclass(frozen=True)
class OverloadRows:
    """What the timeline shows.

    Attributes
    ----------
    limit:
        The rule whose episodes are shown, as in the manifest; empty when there is none.
    rows:
        One row per transformer, by first overload; units of one substation whose overloads are the same to the hour
        share a row (``unit`` names them, ``n_units`` counts them). ``substation_name``, ``mark``, ``winding``
        (overloaded ones, worst first, empty for two-winding units), ``first_day``, ``hours``, ``peak_percent``,
        ``overload_mvah``, ``open_day``, ``close_day``.
    cells:
        One row per row and month (or week) with an overload: ``row`` (position in ``rows``), ``cell`` (position
        among the time cells), ``hours``, ``share`` (of the hours of the cell) and ``peak_percent``.
    n_overloaded, first_day:
        Overloaded transformers of the study, shown or not, and the day of the first overload of all (NaN if none).
    """

    limit: Mapping[str, Any]
    rows: pd.DataFrame
    cells: pd.DataFrame
    n_overloaded: int
    first_day: float

    @property
    def n_hidden(self) -> int:
        """Overloaded transformers that did not find a place."""
        return self.n_overloaded - int(self.rows["n_units"].sum())


def leading_limit(data: StudyData) -> Mapping[str, Any]:
    """Return the first rule of the scenario that transformers break; empty if none is."""
    episodes = data.overloads
    exceeded = set(episodes.loc[episodes["element_type"].isin(TRANSFORMER_TYPES), "limit"])
    limits = [limit for limit in data.manifest.limits if limit["name"] in exceeded]
    return limits[0] if limits else {}


def overload_rows(data: StudyData, *, limit: str | None = None, max_rows: int = 40) -> OverloadRows:
    """Return the ``max_rows`` rows with the most MVAh above ``limit``, ordered by first overload.

    ``limit`` names a rule; the first of the scenario that is broken by default.
    """
    classes = {str(entry["name"]): entry for entry in data.manifest.limits}
    chosen = leading_limit(data) if limit is None else classes.get(limit, {"name": limit})
    episodes = data.overloads
    is_wanted = episodes["element_type"].isin(TRANSFORMER_TYPES) & (episodes["limit"] == chosen.get("name", ""))
    episodes = episodes[is_wanted]
    episodes = episodes.assign(start_day=data.days(episodes["start_utc"]), end_day=data.days(episodes["end_utc"]))
    transformers = _rows(data, episodes)
    rows = _joined_twins(transformers)
    shown = rows.nlargest(max_rows, "overload_mvah", keep="first").sort_values(["first_day", "name"], kind="stable")
    shown = shown.reset_index(drop=True)
    return OverloadRows(chosen, shown, _cells(data, episodes, shown), len(transformers), float(rows["first_day"].min()))


def _rows(data: StudyData, episodes: pd.DataFrame) -> pd.DataFrame:
    by_winding = (
        episodes.groupby([*_KEY, "winding"], sort=False)
        .agg(
            first_day=("start_day", "min"),
            hours=("duration_h", "sum"),
            peak_percent=("peak_percent", "max"),
            overload_mvah=("overload_mvah", "sum"),
        )
        .reset_index()
        .sort_values("overload_mvah", ascending=False, kind="stable")
    )
    rows = (
        by_winding.groupby(_KEY, sort=False)
        .agg(
            winding=("winding", lambda names: "/".join(name.upper() for name in names if name)),
            first_day=("first_day", "min"),
            # Windings overload together as a rule: adding their hours would count them twice.
            hours=("hours", "max"),
            peak_percent=("peak_percent", "max"),
            overload_mvah=("overload_mvah", "max"),
        )
        .reset_index()
    )
    about = data.transformers[[*_KEY, "substation_id", "substation_name", "unit", "mark", "open_day", "close_day"]]
    return rows.merge(about, on=_KEY, how="left", validate="one_to_one")


def _joined_twins(rows: pd.DataFrame) -> pd.DataFrame:
    """Join units of one substation that carry the same load: same hours, first day and peak (within 0.05 %)."""
    alike = rows[["substation_id", "winding", "hours", "open_day", "close_day"]]
    alike = alike.assign(peak=rows["peak_percent"].round(1), first=rows["first_day"].round(3))
    joined = rows_of_twins(rows, alike, "unit", total=["overload_mvah"])
    units = joined["names"].map(sorted).str.join(", ")
    return joined.assign(unit=units, n_units=joined["names"].str.len()).reset_index(drop=True)


def _cells(data: StudyData, episodes: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    position = rows[_KEY].assign(row=np.arange(len(rows)))
    shown = episodes.merge(position, on=_KEY, how="inner")
    edges = data.cells.edges_day
    episode, cell, hours = spread_over_cells(
        shown["start_day"].to_numpy(np.float64), shown["end_day"].to_numpy(np.float64), edges
    )
    pieces = pd.DataFrame(
        {
            "row": shown["row"].to_numpy()[episode],
            "winding": shown["winding"].to_numpy()[episode],
            "cell": cell,
            "hours": hours,
            "peak_percent": shown["peak_percent"].to_numpy()[episode],
        }
    )
    by_winding = pieces.groupby(["row", "winding", "cell"], sort=True).agg(
        hours=("hours", "sum"), peak_percent=("peak_percent", "max")
    )
    cells = by_winding.groupby(["row", "cell"]).max().reset_index()
    cells["share"] = cells["hours"] / data.cells.hours[cells["cell"].to_numpy(np.int64)]
    if data.cells.word == "month":
        # An episode of years has its peak in one of its months: the others show their own worst loading.
        worst = data.by_month(rows, "worst_percent")[cells["row"].to_numpy(np.int64), cells["cell"].to_numpy(np.int64)]
        cells["peak_percent"] = np.fmin(cells["peak_percent"], worst)
    return cells


def spread_over_cells(
    start: FloatArray, end: FloatArray, edges: FloatArray
) -> tuple[IndexArray, IndexArray, FloatArray]:
    """Cut intervals at the edges of cells.

    Parameters
    ----------
    start, end:
        Days, ``end > start``.
    edges:
        Ascending days; what lies outside is cut off.

    Returns
    -------
    Position of the interval, position of the cell, and hours of the piece, one entry per piece.
    """
    n_cell = len(edges) - 1
    first = np.clip(np.searchsorted(edges, start, side="right") - 1, 0, n_cell - 1)
    last = np.clip(np.searchsorted(edges, end, side="left") - 1, 0, n_cell - 1)
    n_piece = last - first + 1
    interval = np.repeat(np.arange(len(start)), n_piece)
    within = np.arange(len(interval)) - np.repeat(np.cumsum(n_piece) - n_piece, n_piece)
    cell = first[interval] + within
    hours = (np.minimum(end[interval], edges[cell + 1]) - np.maximum(start[interval], edges[cell])) * HOURS_PER_DAY
    is_inside = hours > 0.0
    return interval[is_inside], cell[is_inside], hours[is_inside]
