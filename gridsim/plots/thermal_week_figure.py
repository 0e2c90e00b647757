"""How hot does one transformer become in its hottest week? Loading, air, top oil, hot spot and ageing, hour by hour.

Three lanes share one axis of local days; hours whose temperature is not known are hatched over all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from gridsim.assess.thermal_parameters import CYCLIC_C, EMERGENCY_C, NORMAL_AGEING_C, CoolingStages
from gridsim.plots import style
from gridsim.plots.legend_line import LegendLine
from gridsim.plots.short_names import short_name
from gridsim.plots.stacked_lanes import (
    CYCLIC_WORDS,
    LEVEL_WORDS_IN,
    NORMAL_AGEING_WORDS,
    highest,
    lane_title,
    name_level,
)
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gridsim.dtypes import FloatArray
    from gridsim.studies.thermal_week import ThermalWeek

_LANES_IN = (1.45, 2.3, 1.15)
_GAP_IN = 0.42
_LEFT_IN = 0.85
_RIGHT_IN = 1.7
_BOTTOM_IN = 0.85
_LIFT_IN = 0.32
#: Larger numbers are told by their size: far beyond every limit the model of ageing has no other meaning.
_LARGEST_WRITTEN_OUT = 1e5
AIR_COLOUR, OIL_COLOUR, HOT_COLOUR = "#4C86A8", "#E08E2B", style.ALERT
#: Top oil is dashed, so that the lines differ without colours too; air is told by its steps.
_OIL_DASHES: Any = (0, (5, 1.2))
_LEVELS_C = (
    (NORMAL_AGEING_C, NORMAL_AGEING_WORDS),
    (CYCLIC_C, CYCLIC_WORDS),
    (EMERGENCY_C, f"{EMERGENCY_C:g} °C: emergency limit"),
)


def draw_thermal_week(week: ThermalWeek) -> Axes:
    """Draw the hottest week of one transformer.

    Parameters
    ----------
    week:
        What :func:`gridsim.studies.thermal_week.thermal_week` returned.

    Returns
    -------
    The upper axes (loading); x counts days from the beginning of the week.
    """
    header = style.HEADER_IN + _LIFT_IN / 2 + (0.18 if week.unknown_h else 0.0)
    height = header + sum(_LANES_IN) + _GAP_IN * (len(_LANES_IN) - 1) + _BOTTOM_IN
    figure = style.new_figure(height)
    edges = _edges(week)
    axes = []
    top = header
    for lane_in, draw in zip(_LANES_IN, (_loading_lane, _temperature_lane, _ageing_lane), strict=True):
        ax = style.add_axes(figure, _LEFT_IN, height - top - lane_in, _RIGHT_IN, top)
        style.plain_axes(ax)
        ax.set_xlim(edges[0], edges[-1])
        draw(ax, week, edges)
        _day_axis(ax, week, edges, is_last=draw is _ageing_lane)
        _hatch_unknown(ax, week, edges)
        axes.append(ax)
        top += lane_in + _GAP_IN
    title = f"Hottest week of {short_name(week.substation_name)}, {week.name}"
    style.header(axes[0], title, _subtitle(week), left_in=_LEFT_IN - style.MARGIN_IN, lift_in=_LIFT_IN)
    line = LegendLine(axes[-1], 0.0, -0.6)
    line.line(AIR_COLOUR, 1.2).words("air (steps)")
    line.line(OIL_COLOUR, 1.8, dashes=_OIL_DASHES).words("top oil").line(HOT_COLOUR, 1.8).words("hot spot")
    line.words("temperatures at the end of the hour, ageing in its mean", colour=style.SOFT_INK)
    return axes[0]


def _edges(week: ThermalWeek) -> FloatArray:
    """Return the bounds of the steps in days from the beginning of the week, ``(n_step + 1,)``."""
    return np.linspace(0.0, len(week.hours) * week.resolution_h / HOURS_PER_DAY, len(week.hours) + 1)


def _column(week: ThermalWeek, name: str) -> FloatArray:
    return week.hours[name].to_numpy(dtype=np.float64)


def _loading_lane(ax: Axes, week: ThermalWeek, edges: FloatArray) -> None:
    loading, limit = np.abs(_column(week, "loading_percent")), _column(week, "limit_percent")
    known = np.flatnonzero(np.isfinite(loading))
    corners = style.rectangles(edges[known], edges[known + 1], loading[known], np.zeros(len(known)))
    colours = [style.LOADING_COLOURS[band] for band in style.loading_band(loading[known])]
    style.fill(ax, corners, colours, edgecolors=colours, linewidths=0.2)
    ax.stairs(loading, edges, color=style.INK, linewidth=0.9, baseline=None)
    ax.stairs(limit, edges, color=style.ALERT, linewidth=1.0, baseline=None)
    ax.set_ylim(0.0, max(highest(loading), highest(limit), 100.0) * 1.12)
    if np.isfinite(limit).any():
        name_level(ax, float(limit[np.isfinite(limit)][-1]), week.limit)
    lane_title(ax, "Loading [% of the rating]")


def _temperature_lane(ax: Axes, week: ThermalWeek, edges: FloatArray) -> None:
    ends = edges[1:]
    hottest = highest(_column(week, "hot_spot_temp_c"))
    coldest = np.nanmin(_column(week, "ambient_temp_c"))
    ax.stairs(_column(week, "ambient_temp_c"), edges, color=AIR_COLOUR, linewidth=1.2, baseline=None)
    ax.plot(ends, _column(week, "top_oil_temp_c"), color=OIL_COLOUR, linewidth=1.8, linestyle=_OIL_DASHES)
    ax.plot(ends, _column(week, "hot_spot_temp_c"), color=HOT_COLOUR, linewidth=1.8)
    ax.set_ylim(min(coldest - 5.0, 0.0), max(hottest * 1.06, 106.0))
    low, high = ax.get_ylim()
    per_k = style.size_in(ax)[1] / (high - low)
    for level_c, words in _LEVELS_C:
        if level_c < high:
            ax.axhline(level_c, color=style.SOFT_INK, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)
            # Words of levels that lie close together would lie over one another.
            if level_c == NORMAL_AGEING_C or (level_c - _LEVELS_C[0][0]) * per_k > LEVEL_WORDS_IN:
                name_level(ax, level_c, words, colour=style.SOFT_INK)
    lane_title(ax, "Temperature [°C], model of IEC 60076-7")


def _ageing_lane(ax: Axes, week: ThermalWeek, edges: FloatArray) -> None:
    rate = _column(week, "ageing_rate")
    known = np.flatnonzero(np.isfinite(rate))
    corners = style.rectangles(edges[known], edges[known + 1], rate[known], np.zeros(len(known)))
    style.fill(ax, corners, "#C98B94", edgecolors="#C98B94", linewidths=0.2)
    ax.set_ylim(0.0, max(highest(rate) * 1.1, 1.5))
    ax.axhline(1.0, color=style.ALERT, linewidth=0.8)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _large(value)))
    name_level(ax, 1.0, "1: normal")
    lane_title(ax, "Ageing of the paper [days of normal life a day]")


def _large(value: float) -> str:
    return f"{value:,.4g}" if value < _LARGEST_WRITTEN_OUT else f"{value:.1e}"


def _day_axis(ax: Axes, week: ThermalWeek, edges: FloatArray, *, is_last: bool) -> None:
    first = week.hours.index[0]
    midnights = np.arange(np.ceil(edges[-1]) + 1.0)
    days = [first.normalize() + pd.Timedelta(days=int(day)) for day in midnights]
    offset = (first - first.normalize()) / pd.Timedelta(days=1)
    ticks = [
        (day - offset, f"{date:%a %d %b %Y}" if day == 0.0 else f"{date:%a %d %b}")
        for day, date in zip(midnights, days, strict=True)
    ]
    inside = [(at, text) for at, text in ticks if 0.0 <= at < edges[-1]]
    ax.set_xticks([at for at, _ in inside], [text for _, text in inside] if is_last else [])
    for label in ax.get_xticklabels():
        label.set_horizontalalignment("left")
    ax.grid(visible=True, axis="x", color=style.FAINT_RULE, linewidth=0.6)


def _hatch_unknown(ax: Axes, week: ThermalWeek, edges: FloatArray) -> None:
    unknown = np.flatnonzero(np.isnan(_column(week, "hot_spot_temp_c")))
    if len(unknown):
        low, high = ax.get_ylim()
        ends = np.full(len(unknown), high), np.full(len(unknown), low)
        style.hatch(ax, style.rectangles(edges[unknown], edges[unknown + 1], *ends))


def _subtitle(week: ThermalWeek) -> list[str]:
    hot = week.hours["hot_spot_temp_c"]
    least = "at least " if week.unknown_h else ""
    lines = [
        f"{week.element}, {week.sn_mva:g} MVA, {_cooling_words(week)}. Hot spot {least}{hot.max():.0f} °C; "
        f"the week takes {least}{_large(week.loss_of_life_days)} days of normal life.",
        "Local time. Constants by class of cooling, loss ratio of the nameplate, air of the scenario.",
    ]
    if week.unknown_h:
        lines.insert(0, f"{week.unknown_h:,.0f} hours have NO known temperature (hatched).")
    return lines


def _cooling_words(week: ThermalWeek) -> str:
    name = week.cooling_class.upper()
    if isinstance(week.cooling, CoolingStages):
        standing = "" if week.cooling.is_verified else " (assumed)"
        return f"{name}, fans on at {week.cooling.on_top_oil_temp_c:g} °C of top oil{standing}"
    standing = "" if week.cooling.is_verified else ", constants not verified"
    return f"{name}{', fans taken as running' if week.cooling_class == 'onaf' else ''}{standing}"
