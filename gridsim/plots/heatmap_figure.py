"""How heavily is each transformer loaded, month by month? Rows are transformers, columns months, colours bands.

Below 100 % colours are pale and blue, above they are warm and dark: the step between the two is the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.plots import style
from gridsim.plots.failed_hours import FAILED_WORDS, draw_failed_lane
from gridsim.plots.legend_line import LegendLine
from gridsim.plots.short_names import transformer_label
from gridsim.plots.study_data import AREA_WORDS, MARKS_NOTE, StudyData
from gridsim.plots.time_axis import draw_time_axis
from gridsim.studies.finished_run import records
from gridsim.studies.unit_rows import course_keys, rows_of_twins

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from gridsim.dtypes import AnyArray, BoolArray, FloatArray
    from gridsim.results import ResultStore

_TITLE = "How heavily is each transformer loaded?"
_ROW_IN = 0.17
_AIRY_ROW_IN = 0.30
_MAX_AIRY_ROWS = 12
_LANE_IN = 0.26
_HEADING_IN = 0.22
_PEAK_IN = 0.62
_LABEL_LIMIT = 44


@dataclass(frozen=True)
class HeatRows:
    """Rows of the heat map: what they are, worst loading and state of each month, and their top in inches.

    ``worst`` is (n_row, n_month) in percent; ``is_absent`` and ``has_failed`` have its shape.
    """

    rows: pd.DataFrame
    worst: FloatArray
    is_absent: BoolArray
    has_failed: BoolArray
    top_in: FloatArray
    pitch_in: float
    n_transformers: int

    @property
    def height_in(self) -> float:
        """Lower edge of the last row."""
        return float(self.top_in[-1] + self.pitch_in) if len(self.top_in) else self.pitch_in


def heat_rows(data: StudyData, max_rows: int, first_in: float) -> HeatRows:
    """Return the ``max_rows`` transformers of worst loading, grouped by area, worst first, from ``first_in`` down."""
    transformers = data.transformers
    worst = data.by_month(transformers, "worst_percent")
    failed = data.by_month(transformers, "failed_hours")
    peak = np.fmax.reduce(worst, axis=1, initial=-1.0)
    alike = transformers[["substation_id", "substation_name", "open_day", "close_day"]]
    rows = rows_of_twins(transformers, alike.assign(course=course_keys(worst)), "unit")
    rows = rows.assign(unit=rows["names"].map(sorted).str.join(", "), n_units=rows["names"].str.len())
    first = rows.index.to_numpy()
    chosen = first[np.argsort(-peak[first], kind="stable")][:max_rows]
    areas = [area for area in AREA_WORDS if area in set(transformers["area"])]
    areas += sorted(set(transformers["area"]) - set(areas))
    group = transformers["area"].map({area: i for i, area in enumerate(areas)}).to_numpy(np.int64)
    chosen = chosen[np.argsort(group[chosen], kind="stable")]
    rows = rows.loc[chosen].reset_index(drop=True).assign(peak_percent=peak[chosen])
    edges = data.month_edges
    is_absent = (edges[None, 1:] <= rows["open_day"].to_numpy()[:, None]) | (
        edges[None, :-1] >= rows["close_day"].to_numpy()[:, None]
    )
    pitch = _AIRY_ROW_IN if len(rows) <= _MAX_AIRY_ROWS else _ROW_IN
    headings = np.cumsum(np.diff(group[chosen], prepend=-1) != 0)
    tops = first_in + pitch * np.arange(len(rows)) + _HEADING_IN * headings
    has_failed = (failed[chosen] > 0.0) & ~is_absent
    return HeatRows(rows, worst[chosen], is_absent, has_failed, tops, pitch, len(transformers))


def draw_loading_heatmap(store: ResultStore | StudyData, *, ax: Axes | None = None, max_rows: int = 60) -> Axes:
    """Draw the worst loading in percent of each transformer in each month.

    Parameters
    ----------
    store:
        Results of a run.
    ax:
        Axes to draw on; a figure of its own, high enough for the rows, by default.
    max_rows:
        Rows shown; the transformers of worst loading are taken.

    Returns
    -------
    The axes; x are local days since 1970, y inches downwards.
    """
    data = StudyData.of(store)
    lane = _LANE_IN if data.failed_h else 0.0
    shown = heat_rows(data, max_rows, lane + 0.02)
    names = [
        transformer_label(row.substation_name, row.unit, _LABEL_LIMIT) + (f" {row.mark}" if row.mark else "")
        for row in records(shown.rows)
    ]
    figure = style.new_figure(1.0)
    widest = max(style.text_width_in(figure, [*names, FAILED_WORDS], style.LABEL_PT), 1.0)
    left = style.MARGIN_IN + widest + 0.12
    if ax is None:
        bottom = 0.62 + 0.95
        figure = style.new_figure(style.HEADER_IN + shown.height_in + bottom)
        ax = style.add_axes(figure, left, bottom, style.MARGIN_IN + _PEAK_IN, style.HEADER_IN)
    ax.set_ylim(max(shown.height_in, lane + 0.1), 0.0)
    style.plain_axes(ax)
    draw_time_axis(ax, data)
    ax.grid(visible=False)
    _draw_cells(ax, data, shown)
    _draw_failed(ax, data, shown)
    _label(ax, data, shown, names)
    style.header(ax, _TITLE, _subtitle(data, shown), left_in=left - style.MARGIN_IN)
    _draw_legend(ax, shown, left - style.MARGIN_IN)
    return ax


def _cell_corners(data: StudyData, shown: HeatRows, wanted: BoolArray, *, inset_in: float) -> AnyArray:
    """Return (n, 4, 2) corners of the wanted cells; neighbours in a row are joined to one."""
    edges = np.diff(wanted.astype(np.int8), axis=1, prepend=0, append=0)
    row, start = np.nonzero(edges == 1)
    _, stop = np.nonzero(edges == -1)
    top, bottom = shown.top_in[row] + inset_in, shown.top_in[row] + shown.pitch_in - inset_in
    return style.rectangles(data.month_edges[start], data.month_edges[stop], top, bottom)


def _draw_cells(ax: Axes, data: StudyData, shown: HeatRows) -> None:
    bands = style.loading_band(shown.worst)
    for band, colour in enumerate(style.LOADING_COLOURS):
        corners = _cell_corners(data, shown, bands == band, inset_in=0.004)
        style.fill(ax, corners, colour, edgecolors=colour, linewidths=0.1)
    # A thin bar in mid-row, not a full cell: absence must not look like a shade of loading in greyscale.
    absent = _cell_corners(data, shown, shown.is_absent, inset_in=shown.pitch_in * 0.42)
    style.fill(ax, absent, style.ABSENT)


def _draw_failed(ax: Axes, data: StudyData, shown: HeatRows) -> None:
    if data.failed_h:
        edges = data.month_edges
        style.hatch(ax, _cell_corners(data, shown, shown.has_failed, inset_in=0.0))
        draw_failed_lane(ax, edges, data.failed_hours_within(edges), 0.04, _LANE_IN - 0.08)


def _label(ax: Axes, data: StudyData, shown: HeatRows, names: list[str]) -> None:
    middles = shown.top_in + shown.pitch_in / 2
    failed = [_LANE_IN / 2] if data.failed_h else []
    labels = style.name_rows(ax, [*failed, *middles], [*([FAILED_WORDS] if failed else []), *names])
    for i, label in enumerate(labels):
        label.set_color(style.ALERT if i < len(failed) else style.INK)
    scale = style.size_in(ax)[1] / ax.get_ylim()[0]
    right = style.inches_from(ax, 1.0, 1.0)
    style.write(ax, _PEAK_IN, 0.05, "Worst", transform=right, ha="right", fontsize=style.SMALL_PT, color=style.SOFT_INK)
    at_least = np.where(shown.has_failed.any(axis=1), "≥ ", "")
    for y, peak, sign in zip(middles, shown.rows["peak_percent"], at_least, strict=True):
        text = f"{sign}{peak:.0f} %" if peak >= 0.0 else "unknown"
        style.write(ax, _PEAK_IN, -y * scale, text, transform=right, ha="right", va="center", fontsize=style.SMALL_PT)
    for area, group in shown.rows.groupby("area", sort=False):
        y = shown.top_in[group.index[0]] - 0.05
        words = AREA_WORDS.get(str(area), str(area))
        style.write(ax, data.first_day, y, words, color=style.SOFT_INK, fontstyle="italic")


def _subtitle(data: StudyData, shown: HeatRows) -> list[str]:
    hatched = " (hatched months)" if data.failed_h else ""
    n, total = int(shown.rows["n_units"].sum()), shown.n_transformers
    which = f"The {n} of {total} transformers of worst loading" if n < total else f"All {total} transformers"
    return [
        f"{data.manifest.title}, {data.years_text}. {data.solved_text}{hatched}.",
        f"{which}, by area; worst hour of the month, in percent of the rating (worst winding).",
    ]


def _draw_legend(ax: Axes, shown: HeatRows, left_in: float) -> None:
    line = LegendLine(ax, -left_in, -0.82).words("Worst loading [%]:").loading_scale()
    line.swatch(style.ABSENT, width_in=0.35, height_in=0.03).words("not in service")
    if shown.has_failed.any():
        line.skip(0.1).hatched().words("holds hours without solution")
    if (shown.rows["mark"] != "").any():
        LegendLine(ax, -left_in, -1.27).words(MARKS_NOTE, size_pt=style.SMALL_PT, colour=style.SOFT_INK)
