"""Whether the installed transformer capacity keeps up with demand.

Above, one panel per area: yearly mean demand by use, stacked. Below: installed capacity of the transformers by their
upper voltage, and the yearly mean and largest load of the whole grid, which they must carry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from gridsim.plots import style
from gridsim.plots.demand_data import (
    CLASS_LINES,
    USES,
    capacity_by_class,
    means_by_area,
    official_figures,
    yearly_load,
)
from gridsim.plots.label_placement import Box, spread_out
from gridsim.plots.label_writing import Label, mark_boxes, write_labels
from gridsim.plots.legend_line import LegendLine
from gridsim.plots.study_data import AREA_WORDS, StudyData, day_of
from gridsim.plots.time_axis import draw_time_axis

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gridsim.dtypes import FloatArray
    from gridsim.results import ResultStore

_TITLE = "Does transformer capacity keep up with demand?"
_LOAD_IN = 2.6
_CAPACITY_IN = 2.6
_GAP_IN = 1.0
_BETWEEN_IN = 0.5
_NAMES_IN = 1.75
_LEFT_IN = 0.95
_HEADER_LIFT_IN = 0.42
_KEY_STEP_IN = 0.2
_END_LABEL_IN = 0.15
#: Marks of official figures by how the scenario reads them.
_READING_MARKS = {"mean": "o", "maximum": "^"}


def draw_demand_and_capacity(
    store: ResultStore | StudyData, *, ax: Axes | None = None, figure: Figure | None = None
) -> Axes:
    """Draw demand by use and area above, installed transformer capacity and total load below.

    Parameters
    ----------
    store:
        Results of a run.
    ax:
        Draw only the lower panel (capacity against load), on these axes.
    figure:
        An empty figure to use instead of a new one; its size is kept.

    Returns
    -------
    The axes of the lower panel; those of the areas are the others of its figure. x are local days since 1970.
    """
    data = StudyData.of(store)
    means = means_by_area(data)
    if ax is not None:
        return _draw_capacity(ax, data, means)
    top = style.HEADER_IN + _HEADER_LIFT_IN
    below = top + _LOAD_IN + _GAP_IN
    if figure is None:
        figure = style.new_figure(below + _CAPACITY_IN + 0.75)
    full_width, full_height = figure.get_size_inches()
    right = style.MARGIN_IN + _NAMES_IN
    lower = style.add_axes(figure, _LEFT_IN, full_height - below - _CAPACITY_IN, right, below)
    room = full_width - _LEFT_IN - right + _BETWEEN_IN
    pitch = room / max(len(means), 1)
    uppers = []
    for i, (area, mean) in enumerate(means.items()):
        start = _LEFT_IN + i * pitch
        end = full_width - start - pitch + _BETWEEN_IN
        panel = style.add_axes(figure, start, full_height - top - _LOAD_IN, end, top)
        _draw_area(panel, data, area, mean, is_first=i == 0)
        uppers.append(panel)
    highest = max((panel.get_ylim()[1] for panel in uppers), default=1.0)
    for panel, (area, mean) in zip(uppers, means.items(), strict=True):
        panel.set_ylim(0.0, highest)
        _name_official(panel, data, area, mean)
    if uppers:
        _draw_key(uppers[-1], means)
    style.header(
        uppers[0] if uppers else lower,
        _TITLE,
        _subtitle(data),
        left_in=_LEFT_IN - style.MARGIN_IN,
        lift_in=_HEADER_LIFT_IN,
    )
    return _draw_capacity(lower, data, means)


def _year_edges(data: StudyData) -> FloatArray:
    return np.array([day_of(year) for year in range(data.manifest.from_year, data.manifest.to_year + 2)])


def _draw_area(panel: Axes, data: StudyData, area: str, mean: pd.DataFrame, *, is_first: bool) -> None:
    mean = mean.reindex(range(data.manifest.from_year, data.manifest.to_year + 1))
    edges = _year_edges(data)
    style.plain_axes(panel, spines=("bottom", "left"))
    draw_time_axis(panel, data)
    floor = np.zeros(len(edges))
    for use in USES:
        if use.words not in mean.columns:
            continue
        layer = floor + np.append(mean[use.words].to_numpy(), mean[use.words].to_numpy()[-1:])
        panel.fill_between(edges, floor, layer, step="post", facecolor=use.colour, edgecolor=style.PAPER, linewidth=0.4)
        floor = layer
    highest = _draw_official(panel, data, area)
    panel.set_ylim(0.0, max(1.08 * float(np.nanmax(floor, initial=1.0)), 1.25 * highest))
    _plain_values(panel)
    if is_first:
        style.axis_label(panel, "y", "Mean demand of the year [MW]")
    else:
        panel.tick_params(axis="y", labelleft=False)
    options = {"fontweight": "bold", "transform": style.inches_from(panel, 0.0, 1.0)}
    style.write(panel, 0.0, 0.12, AREA_WORDS.get(area, area), **options)


def _plain_values(ax: Axes) -> None:
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.grid(visible=True, axis="y", color=style.FAINT_RULE, linewidth=0.6)


def _draw_official(panel: Axes, data: StudyData, area: str) -> float:
    """Mark the official figures of the area; return the highest."""
    own = [figure for figure in official_figures(data) if figure["area"] == area]
    for figure in own:
        mark = _READING_MARKS.get(figure["reading"], "D")
        x, y = _place_of(figure)
        panel.plot([x], [y], mark, markersize=7, markerfacecolor=style.PAPER, markeredgecolor=style.ALERT, zorder=5)
    return max((figure["value_mw"] for figure in own), default=0.0)


def _place_of(figure: dict[str, Any]) -> tuple[float, float]:
    return day_of(figure["year"], 7), float(figure["value_mw"])


def _name_official(panel: Axes, data: StudyData, area: str, mean: pd.DataFrame) -> None:
    """Write value and reading beside the official figures, clear of the stack and of each other."""
    total = mean.sum(axis=1)
    own = [figure for figure in official_figures(data) if figure["area"] == area]
    taken = mark_boxes(panel, [_place_of(figure) for figure in own], 7.0)
    for year, height in zip(total.index.tolist(), total.tolist(), strict=True):
        (x0, y0), (x1, y1) = panel.transData.transform([(day_of(year), 0.0), (day_of(year + 1), height)])
        taken.append(Box(x0, y0, x1, y1))
    labels = []
    for figure in own:
        reading = f"read as {figure['reading']}" if figure["reading"] else "mean or maximum: not said"
        text = f"official {figure['year']}: {figure['value_mw']:,.0f} MW\n({reading})"
        labels.append(Label(text, *_place_of(figure), 6.0, {"color": style.ALERT}))
    write_labels(panel, labels, taken, reach=8)


def _draw_key(panel: Axes, means: Mapping[str, pd.DataFrame]) -> None:
    """Name the layers to the right of the last panel, in the order in which they lie."""
    found = {words for mean in means.values() for words in mean.columns}
    height_in = style.size_in(panel)[1]
    width_in = style.size_in(panel)[0]
    for i, use in enumerate(use for use in reversed(USES) if use.words in found):
        LegendLine(panel, width_in + 0.12, height_in - 0.1 - i * _KEY_STEP_IN).swatch(use.colour).words(use.words)


def _draw_capacity(ax: Axes, data: StudyData, means: Mapping[str, pd.DataFrame]) -> Axes:
    style.plain_axes(ax, spines=("bottom", "left"))
    draw_time_axis(ax, data)
    ends: list[tuple[float, str, str]] = []
    by_class = capacity_by_class(data)
    for words, (days, mva) in by_class.items():
        ax.step(days, mva, where="post", color=style.INK, linewidth=1.6, linestyle=CLASS_LINES[words])
        ends.append((float(mva[-1]), f"{words}: {mva[-1]:,.0f} MVA", style.INK))
    ends += _draw_load(ax, data, means)
    top = max([*(float(np.max(mva)) for _, mva in by_class.values()), *(end[0] for end in ends), 1.0])
    ax.set_ylim(0.0, 1.08 * top)
    _plain_values(ax)
    style.axis_label(ax, "y", "Capacity [MVA], load [MW]")
    options = {"fontweight": "bold", "transform": style.inches_from(ax, 0.0, 1.0)}
    words = "Installed transformer capacity by upper voltage (black), and the load of the whole grid (red)"
    style.write(ax, 0.0, 0.12, words, **options)
    height_in = style.size_in(ax)[1]
    scale = height_in / ax.get_ylim()[1]
    at = spread_out(np.array([end[0] for end in ends]) * scale, _END_LABEL_IN, 0.0, height_in)
    place = style.inches_from(ax, 1.0, 0.0)
    for y, (_, text, colour) in zip(at, ends, strict=True):
        style.write(ax, 0.08, y, text, transform=place, va="center", color=colour)
    return ax


def _draw_load(ax: Axes, data: StudyData, means: Mapping[str, pd.DataFrame]) -> list[tuple[float, str, str]]:
    """Draw yearly mean and largest load; return their last values, words and colour."""
    load = yearly_load(data, means)
    edges = _year_edges(data)
    middles = (edges[:-1] + edges[1:]) / 2
    colour = style.OVERLOAD_COLOURS[2]
    is_sure = load["is_sure"].to_numpy(bool)
    look: dict[str, Any] = {"markersize": 4, "markeredgecolor": colour, "linestyle": "none", "zorder": 4}
    mean, peak = load["mean"].to_numpy(np.float64), load["peak"].to_numpy(np.float64)
    ax.plot(middles, mean, color=colour, linewidth=0.9)
    ax.plot(middles, mean, marker="o", markerfacecolor=colour, **look)
    ax.plot(middles, np.where(is_sure, peak, np.nan), color=colour, linewidth=1.4)
    ax.plot(middles[is_sure], peak[is_sure], marker="^", markerfacecolor=colour, **look)
    ax.plot(middles[~is_sure], peak[~is_sure], marker="^", markerfacecolor=style.PAPER, **look)
    sign = "" if is_sure[-1] else "≥ "
    return [
        (float(peak[-1]), f"largest load: {sign}{peak[-1]:,.0f} MW", colour),
        (float(mean[-1]), f"mean load: {mean[-1]:,.0f} MW", colour),
    ]


def _subtitle(data: StudyData) -> list[str]:
    second = "Demand without grid losses; capacity is the sum of ratings (largest winding), by day of commissioning"
    if data.failed_h:
        second += "; hollow: at least, for want of solutions"
    return [f"{data.manifest.title}, {data.years_text}. {data.solved_text}.", f"{second}."]
