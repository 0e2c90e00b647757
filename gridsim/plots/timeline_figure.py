"""When do which transformers overload? One row per overloaded transformer, one small bar per month.

A bar's colour is the worst loading of its month, its height the share of the hours above the limit. Hours without
solution come first, then what is commissioned, then the transformers by their first overload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.plots import style
from gridsim.plots.event_lanes import (
    PlacedLane,
    draw_key,
    draw_lanes,
    key_height_in,
    numbered_events,
    place_lanes,
)
from gridsim.plots.failed_hours import FAILED_WORDS, bar_height_in, draw_failed_lane
from gridsim.plots.legend_line import LegendLine
from gridsim.plots.overload_rows import OverloadRows, overload_rows
from gridsim.plots.short_names import transformer_label
from gridsim.plots.study_data import MARKS_NOTE, StudyData, date_text
from gridsim.plots.time_axis import draw_time_axis
from gridsim.studies.finished_run import records

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from gridsim.dtypes import FloatArray
    from gridsim.results import ResultStore

_FAILED_LANE_IN = 0.32
_ROW_IN = 0.21
_AIRY_ROW_IN = 0.30
_MAX_AIRY_ROWS = 12
_TOP_GAP_IN = 0.06
_ROWS_GAP_IN = 0.16
_FULL_HEIGHT = 0.86
_LABEL_LIMIT = 48
_TABLE_HEAD = ("First overload", "Hours", "Peak")
_TABLE_GAP_IN = 0.11
_LEGEND_IN = 0.62
_TITLE = "When do which transformers overload?"
#: Room for the labels of the time axis on top, which take two lines when the horizon is short.
_HEADER_LIFT_IN = 0.45


def draw_overload_timeline(
    store: ResultStore | StudyData, *, ax: Axes | None = None, max_rows: int = 40, limit: str | None = None
) -> Axes:
    """Draw when which transformer is loaded above its limit, and what is commissioned when.

    Parameters
    ----------
    store:
        Results of a run.
    ax:
        Axes to draw on; a figure of its own, high enough for the rows, by default. Header, key and legend stand
        outside the axes.
    max_rows:
        Rows shown; the transformers with the most MVAh above the limit are taken.
    limit:
        Rule whose episodes are shown; the first of the scenario that is broken by default.

    Returns
    -------
    The axes; x are local days since 1970, y inches downwards (of the figure this function makes by itself).
    """
    data = StudyData.of(store)
    shown = overload_rows(data, limit=limit, max_rows=max_rows)
    names = _row_names(shown)
    events = numbered_events(data)
    pitch = _AIRY_ROW_IN if len(names) <= _MAX_AIRY_ROWS else _ROW_IN
    first_lane = _TOP_GAP_IN + (_FAILED_LANE_IN if data.failed_h else 0.0)
    left = _left_margin(names)
    body = _table_body(data, shown)
    right = _table_edges_in(body)[-1] + style.MARGIN_IN
    width = style.WIDTH_IN - left - right if ax is None else style.size_in(ax)[0]
    lanes = place_lanes(events, width / (data.last_day - data.first_day), first_lane)
    first_row = (lanes[-1].bottom_in if lanes else first_lane) + _ROWS_GAP_IN
    total = first_row + max(len(names), 2) * pitch + 0.04
    if ax is None:
        bottom = 0.62 + _LEGEND_IN + key_height_in(events) + 0.35
        top = style.HEADER_IN + _HEADER_LIFT_IN
        ax = style.add_axes(style.new_figure(top + total + bottom), left, bottom, right, top)
    tops = first_row + pitch * np.arange(len(names), dtype=np.float64)
    ax.set_ylim(total, 0.0)
    style.plain_axes(ax)
    ax.axhline(first_row - 0.03, color=style.RULE, linewidth=0.6)
    draw_time_axis(ax, data, is_labelled_on_top=True)
    _draw_failed(ax, data, first_row, total)
    draw_lanes(ax, lanes)
    _draw_rows(ax, data, shown, tops, pitch)
    _label_rows(ax, data, lanes, names, tops + pitch / 2)
    _draw_table(ax, body, tops + pitch / 2, first_row)
    if not names:
        message = f"No transformer exceeds its limit in {data.years_text}"
        message += ", as far as there is a solution." if data.failed_h else "."
        style.write(ax, 0.5, 1 - (first_row + pitch) / total, message, transform=ax.transAxes, ha="center", va="center")
    style.header(ax, _TITLE, _subtitle(data, shown), left_in=left - style.MARGIN_IN, lift_in=_HEADER_LIFT_IN)
    _draw_legend(ax, data, shown, events, left - style.MARGIN_IN)
    return ax


def _row_names(shown: OverloadRows) -> list[str]:
    names = []
    for row in records(shown.rows):
        winding = f" ({row.winding})" if row.winding else ""
        mark = f" {row.mark}" if row.mark else ""
        names.append(transformer_label(row.substation_name, f"{row.unit}{winding}", _LABEL_LIMIT) + mark)
    return names


def _left_margin(names: list[str]) -> float:
    figure = style.new_figure(1.0)
    widest = style.text_width_in(figure, [*names, FAILED_WORDS], style.LABEL_PT)
    return style.MARGIN_IN + max(widest, 1.45) + 0.12


def _draw_failed(ax: Axes, data: StudyData, first_row: float, total: float) -> None:
    """Draw the lane of hours without solution, and hatch those months down all rows: not all of them is known."""
    if not data.failed_h:
        return
    edges, hours = data.cells.edges_day, data.failed_hours_by_cell
    draw_failed_lane(ax, edges, hours, _TOP_GAP_IN, _FAILED_LANE_IN - 0.1)
    hit = np.flatnonzero(hours)
    style.hatch(ax, style.rectangles(edges[hit], edges[hit + 1], np.array(first_row), np.array(total)))


def _draw_rows(ax: Axes, data: StudyData, shown: OverloadRows, tops: FloatArray, pitch: float) -> None:
    rows, cells = shown.rows, shown.cells
    base = tops + pitch * (1 + _FULL_HEIGHT) / 2
    opening = np.maximum(rows["open_day"].to_numpy(np.float64), data.first_day)
    closing = np.minimum(rows["close_day"].to_numpy(np.float64), data.last_day)
    style.stroke(ax, _segments(opening, base, closing, base), style.RULE, 0.8, zorder=1)
    is_new = opening > data.first_day
    births = _segments(opening, base, opening, base - pitch * _FULL_HEIGHT)[is_new]
    style.stroke(ax, births, style.SOFT_INK, 1.2, zorder=1)
    if cells.empty:
        return
    cell, bottom = cells["cell"].to_numpy(np.int64), base[cells["row"].to_numpy(np.int64)]
    edges = data.cells.edges_day
    height = bar_height_in(cells["share"].to_numpy(np.float64), pitch * _FULL_HEIGHT)
    bars = style.rectangles(edges[cell], edges[cell + 1], bottom - height, bottom)
    # Limits below 100 % have episodes below it, too.
    band = np.maximum(style.loading_band(cells["peak_percent"].to_numpy()), 0)
    colours = np.array(style.LOADING_COLOURS)[band]
    # A hair of the own colour closes the seams that antialiasing leaves between neighbours.
    style.fill(ax, bars, colours, edgecolors=colours, linewidths=0.15, zorder=2)


def _segments(x: FloatArray, y: FloatArray, to_x: FloatArray, to_y: FloatArray) -> FloatArray:
    """Return (n, 2, 2) ends of straight lines."""
    return np.stack([np.stack([x, y], axis=1), np.stack([to_x, to_y], axis=1)], axis=1)


def _label_rows(ax: Axes, data: StudyData, lanes: list[PlacedLane], names: list[str], middles: FloatArray) -> None:
    failed = [(_TOP_GAP_IN + (_FAILED_LANE_IN - 0.1) / 2, FAILED_WORDS)] if data.failed_h else []
    above = [*failed, *((placed.middle_in, f"{placed.lane.words} ({len(placed.events)})") for placed in lanes)]
    labels = style.name_rows(ax, [*(y for y, _ in above), *middles], [*(words for _, words in above), *names])
    for i, label in enumerate(labels):
        if i < len(above):
            label.set_color(style.ALERT if i < len(failed) else style.SOFT_INK)
            label.set_fontstyle("normal" if i < len(failed) else "italic")


def _table_body(data: StudyData, shown: OverloadRows) -> list[tuple[str, ...]]:
    """Return first overload, hours and peak of each row; with a sign where some hours are not known."""
    return [
        (
            date_text(row.first_day),
            f"{data.at_least}{row.hours:,.0f} h",
            f"{data.at_least}{_percent_text(row.peak_percent)}",
        )
        for row in records(shown.rows)
    ]


def _table_edges_in(body: list[tuple[str, ...]]) -> list[float]:
    """Return how far the right edges of the columns stand from the axes, in inches."""
    figure = style.new_figure(1.0)
    columns = zip(_TABLE_HEAD, *body, strict=True)
    widths = [style.text_width_in(figure, column, style.SMALL_PT) + _TABLE_GAP_IN for column in columns]
    return [float(edge) for edge in np.cumsum(widths)]


def _draw_table(ax: Axes, body: list[tuple[str, ...]], middles: FloatArray, first_row: float) -> None:
    """Write the table to the right of the rows."""
    if not body:
        return
    place = style.inches_from(ax, 1.0, 1.0)
    scale = style.size_in(ax)[1] / ax.get_ylim()[0]
    edges = _table_edges_in(body)
    for i, (y, texts) in enumerate([(first_row - 0.09, _TABLE_HEAD), *zip(middles, body, strict=True)]):
        options: dict[str, Any] = {"transform": place, "va": "center", "color": style.INK if i else style.SOFT_INK}
        for j, text in enumerate(texts):
            x, align = (edges[j], "right") if j else (_TABLE_GAP_IN, "left")
            style.write(ax, x, -y * scale, text, fontsize=style.SMALL_PT, ha=align, **options)


def _percent_text(percent: float) -> str:
    """Return a loading without decimals, unless rounding would hide that it is above 100 %."""
    return f"{percent:.1f} %" if 100.0 < percent < 101.0 else f"{percent:.0f} %"


def _subtitle(data: StudyData, shown: OverloadRows) -> list[str]:
    hatched = " (hatched months)".replace("month", data.cells.word) if data.failed_h else ""
    limit = shown.limit
    above = f"{limit['percent']:.0f} % ({limit['name']})" if limit.get("percent") else limit.get("name", "their limit")
    found = f"{data.known_text}{shown.n_overloaded} of {len(data.transformers)} transformers exceed {above}"
    if shown.n_overloaded:
        found += f", the first on {date_text(shown.first_day)}"
    if shown.n_hidden:
        found += f"; {shown.n_hidden} with fewer MVAh above it are in overloads.csv only"
    return [f"{data.manifest.title}, {data.years_text}. {data.solved_text}{hatched}.", f"{found}."]


def _draw_legend(ax: Axes, data: StudyData, shown: OverloadRows, events: pd.DataFrame, left_in: float) -> None:
    word = data.cells.word
    line = LegendLine(ax, -left_in, -0.75).words(f"Worst loading of the {word}:")
    for colour, text in zip(style.OVERLOAD_COLOURS, style.band_labels(style.OVERLOAD_EDGES), strict=True):
        line.swatch(colour).words(text)
    line = LegendLine(ax, -left_in, -0.99).words(f"Hours above the limit in the {word}:")
    for share, text in ((0.0, "one"), (0.1, "10 %"), (0.5, "half"), (1.0, "all")):
        height = float(bar_height_in(np.array([share]), 0.16)[0])
        line.swatch(style.SOFT_INK, width_in=0.08, height_in=height, base_in=0.08).words(text)
    if len(shown.rows):
        note = "grey line: in service, upright stroke: its first day"
        line.skip(0.1).words(note, size_pt=style.SMALL_PT, colour=style.SOFT_INK)
    key_top = -1.19
    draw_key(ax, events, -left_in, key_top, style.WIDTH_IN - 2 * style.MARGIN_IN)
    if (shown.rows["mark"] != "").any():
        y = key_top - key_height_in(events) - 0.1
        LegendLine(ax, -left_in, y).words(MARKS_NOTE, size_pt=style.SMALL_PT, colour=style.SOFT_INK)
