"""Whether the installed transformer capacity keeps up with demand.

Above, one panel per area: yearly mean demand by use, stacked. Below: installed capacity of the transformers by their
upper voltage, and the yearly mean and largest load of the whole grid, which they must carry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

from gridsim.plots import style
from gridsim.plots.heatmap_figure import AREA_WORDS
from gridsim.plots.label_placement import spread_out
from gridsim.plots.legend_line import LegendLine
from gridsim.plots.study_data import StudyData, day_of
from gridsim.plots.time_axis import draw_time_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

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
#: Upper voltage in kV from which a class begins, its words and its line.
VOLTAGE_CLASSES = (
    (400.0, "500 kV", (0, (1, 1))),
    (180.0, "220 kV", (0, (6, 1.5))),
    (80.0, "110 kV", (0, ())),
    (0.0, "35 kV", (0, (3, 1, 1, 1))),
)


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
    if ax is not None:
        return _draw_capacity(ax, data)
    areas = areas_with_demand(data)
    top = style.HEADER_IN + _HEADER_LIFT_IN
    below = top + _LOAD_IN + _GAP_IN
    if figure is None:
        figure = style.new_figure(below + _CAPACITY_IN + 0.75)
    full_width, full_height = figure.get_size_inches()
    right = style.MARGIN_IN + _NAMES_IN
    lower = style.add_axes(figure, _LEFT_IN, full_height - below - _CAPACITY_IN, right, below)
    room = full_width - _LEFT_IN - right + _BETWEEN_IN
    pitch = room / max(len(areas), 1)
    uppers = []
    for i, area in enumerate(areas):
        start = _LEFT_IN + i * pitch
        end = full_width - start - pitch + _BETWEEN_IN
        panel = style.add_axes(figure, start, full_height - top - _LOAD_IN, end, top)
        _draw_area(panel, data, area, is_first=i == 0)
        uppers.append(panel)
    highest = max((panel.get_ylim()[1] for panel in uppers), default=1.0)
    for panel in uppers:
        panel.set_ylim(0.0, highest)
    if uppers:
        _draw_key(uppers[-1], data, areas)
    style.header(
        uppers[0] if uppers else lower,
        _TITLE,
        _subtitle(data),
        left_in=_LEFT_IN - style.MARGIN_IN,
        lift_in=_HEADER_LIFT_IN,
    )
    return _draw_capacity(lower, data)


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


def _year_edges(data: StudyData) -> FloatArray:
    return np.array([day_of(year) for year in range(data.manifest.from_year, data.manifest.to_year + 2)])


def _draw_area(panel: Axes, data: StudyData, area: str, *, is_first: bool) -> None:
    mean = yearly_mean_by_use(data, area).reindex(range(data.manifest.from_year, data.manifest.to_year + 1))
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
    panel.set_ylim(0.0, max(1.08 * float(np.nanmax(floor, initial=1.0)), 1.22 * highest))
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


def official_figures(data: StudyData) -> list[dict[str, Any]]:
    """Return the official figures of the summary within the horizon: ``year``, ``value_mw``, ``reading``, ``area``."""
    figures = data.summary.get("published_figures") or []
    first, last = data.manifest.from_year, data.manifest.to_year
    return [figure for figure in figures if first <= figure["year"] <= last]


def _draw_official(panel: Axes, data: StudyData, area: str) -> float:
    """Mark the official figures of the area, with the reading that the scenario takes; return the highest."""
    highest = 0.0
    for figure in official_figures(data):
        if figure["area"] != area:
            continue
        x, y = day_of(figure["year"], 7), float(figure["value_mw"])
        highest = max(highest, y)
        mark = _READING_MARKS.get(figure["reading"], "D")
        panel.plot([x], [y], mark, markersize=7, markerfacecolor=style.PAPER, markeredgecolor=style.ALERT, zorder=5)
        # On the side of the middle, above the mark: the curve usually runs below it.
        is_late = x > (data.first_day + data.last_day) / 2
        reading = f"read as {figure['reading']}" if figure["reading"] else "mean or maximum: not said"
        words = f"official {figure['year']}: {y:,.0f} MW\n({reading})"
        style.write(
            panel,
            0.06 if is_late else -0.06,
            0.09,
            words,
            transform=style.inches_from_point(panel, x, y),
            fontsize=style.SMALL_PT,
            color=style.ALERT,
            ha="right" if is_late else "left",
            va="bottom",
            zorder=6,
            bbox={"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
        )
    return highest


def _draw_key(panel: Axes, data: StudyData, areas: Sequence[str]) -> None:
    """Name the layers to the right of the last panel, in the order in which they lie."""
    found = {words for area in areas for words in yearly_mean_by_use(data, area).columns}
    height_in = style.size_in(panel)[1]
    width_in = style.size_in(panel)[0]
    for i, use in enumerate(use for use in reversed(USES) if use.words in found):
        LegendLine(panel, width_in + 0.12, height_in - 0.1 - i * _KEY_STEP_IN).swatch(use.colour).words(use.words)


def capacity_by_class(data: StudyData) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return days and installed MVA from each day on, by class of upper voltage; the last entry is the end.

    Transformers of the areas that consume; three-winding units count with their largest winding.
    """
    transformers = data.transformers
    transformers = transformers[transformers["area"].isin(areas_with_demand(data))]
    courses = {}
    higher = np.inf
    for lower, words, _ in VOLTAGE_CLASSES:
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


def _draw_capacity(ax: Axes, data: StudyData) -> Axes:
    style.plain_axes(ax, spines=("bottom", "left"))
    draw_time_axis(ax, data)
    lines = {words: line for _, words, line in VOLTAGE_CLASSES}
    ends: list[tuple[float, str, str]] = []
    for words, (days, mva) in capacity_by_class(data).items():
        ax.step(days, mva, where="post", color=style.INK, linewidth=1.6, linestyle=lines[words])
        ends.append((float(mva[-1]), f"{words}: {mva[-1]:,.0f} MVA", style.INK))
    ends += _draw_load(ax, data)
    ax.set_ylim(0.0, 1.1 * max((end[0] for end in ends), default=1.0))
    top = max([*(float(np.max(mva)) for _, mva in capacity_by_class(data).values()), *(end[0] for end in ends), 1.0])
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


def yearly_load(data: StudyData) -> pd.DataFrame:
    """Return mean and largest load of the whole grid in MW by year, and ``is_sure``: all hours of the year are solved.

    The mean is that of the demand. The largest is that of the solved hours; where hours are missing, it is a lower
    bound, and so is the largest monthly mean: the higher of the two is returned.
    """
    years = range(data.manifest.from_year, data.manifest.to_year + 1)
    months = data.demand.groupby(["year", "month"])["mean_mw"].sum()
    by_area = [yearly_mean_by_use(data, area).sum(axis=1) for area in areas_with_demand(data)]
    mean = sum((area.reindex(years, fill_value=0.0) for area in by_area), pd.Series(0.0, index=years))
    by_year = data.steps.groupby("year").agg(peak=("load_mw", "max"), has_failed=("is_failed", "any")).reindex(years)
    is_sure = ~by_year["has_failed"].eq(True)
    bound = months.groupby("year").max().reindex(years)
    peak = by_year["peak"].where(is_sure, pd.concat([by_year["peak"], bound], axis=1).max(axis=1))
    return pd.DataFrame({"mean": mean, "peak": peak, "is_sure": is_sure})


def _draw_load(ax: Axes, data: StudyData) -> list[tuple[float, str, str]]:
    """Draw yearly mean and largest load; return their last values, words and colour."""
    load = yearly_load(data)
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
    if data.failed_hours:
        second += "; hollow: at least, for want of solutions"
    return [f"{data.manifest.title}, {data.years_text}. {data.solved_text}.", f"{second}."]
