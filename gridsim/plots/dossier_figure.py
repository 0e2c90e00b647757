"""How does one transformer fare through the years? Peak loading, hours above its limit, hot spot and life used.

Four lanes share one axis of years; years with hours without solution are hatched over all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.assess.thermal_parameters import CYCLIC_C, NORMAL_AGEING_C
from gridsim.plots import style
from gridsim.plots.short_names import short_name
from gridsim.plots.stacked_lanes import (
    CYCLIC_WORDS,
    LEVEL_WORDS_IN,
    NORMAL_AGEING_WORDS,
    highest,
    lane_title,
    name_level,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from gridsim.dtypes import AnyArray, FloatArray
    from gridsim.studies.dossier import Dossier

_LANE_IN = 1.05
_GAP_IN = 0.42
_LEFT_IN = 0.95
_BOTTOM_IN = 0.45
_RIGHT_IN = 1.7
#: The heading stands above the title of the first lane.
_LIFT_IN = 0.32
#: Most years that can stand side by side.
_MOST_YEARS = 18


def draw_dossier(found: Dossier) -> Axes:
    """Draw the years of one transformer.

    Parameters
    ----------
    found:
        What :func:`gridsim.studies.dossier.dossier` returned.

    Returns
    -------
    The upper axes (peak loading); x are local years.
    """
    lanes: list[Callable[[Axes, Dossier], None]] = [_loading_lane, _hours_lane, _hot_spot_lane, _life_lane]
    header = style.HEADER_IN + _LIFT_IN / 2
    height = header + len(lanes) * _LANE_IN + (len(lanes) - 1) * _GAP_IN + _BOTTOM_IN
    figure = style.new_figure(height)
    years = found.years.index.to_numpy(dtype=np.int64)
    axes = []
    for number, draw in enumerate(lanes):
        top = header + number * (_LANE_IN + _GAP_IN)
        ax = style.add_axes(figure, _LEFT_IN, height - top - _LANE_IN, _RIGHT_IN, top)
        style.plain_axes(ax)
        ax.set_xlim(years[0] - 0.6, years[-1] + 0.6)
        draw(ax, found)
        style.plain_numbers(ax, "y")
        shown = _marked_years(years)
        ax.set_xticks(shown, [str(year) for year in shown])
        if number < len(lanes) - 1:
            ax.tick_params(axis="x", labelbottom=False)
        _hatch_failed(ax, found)
        axes.append(ax)
    title = f"{short_name(found.substation_name)}, {found.name}"
    units = zip(found.windings["winding"], found.windings["sn_mva"], strict=True)
    ratings = ", ".join(f"{winding} {sn_mva:g} MVA".lstrip() for winding, sn_mva in units)
    failed = float(found.years["failed_h"].sum())
    lines = [f"Rated {ratings}; shown is {found.worst_element}, judged by the rule {found.limit}."]
    if failed:
        lines.insert(
            0, f"{failed:,.0f} hours in service have NO solution (hatched years); nothing is known about them."
        )
    style.header(axes[0], title, lines, left_in=_LEFT_IN - style.MARGIN_IN, lift_in=_LIFT_IN)
    return axes[0]


def _marked_years(years: AnyArray) -> list[int]:
    """Return the years that are named: all, or every fifth where names of all would touch."""
    every = 1 if len(years) <= _MOST_YEARS else 5
    return [int(year) for year in years if year % every == 0]


def _bars(ax: Axes, found: Dossier, values: FloatArray, colours: list[str]) -> None:
    years = found.years.index.to_numpy(dtype=np.float64)
    known = np.flatnonzero(np.isfinite(values))
    corners = style.rectangles(years[known] - 0.38, years[known] + 0.38, values[known], np.zeros(len(known)))
    style.fill(ax, corners, [colours[place] for place in known], edgecolors=style.SOFT_INK, linewidths=0.3)


def _column(found: Dossier, name: str) -> FloatArray:
    return found.years[name].to_numpy(dtype=np.float64)


def _top(ax: Axes, values: FloatArray, at_least: float) -> None:
    ax.set_ylim(0.0, max(highest(values) * 1.1, at_least))


def _level(ax: Axes, value: float, words: str) -> None:
    ax.axhline(value, color=style.ALERT, linewidth=0.8, zorder=3)
    name_level(ax, value, words)


def _loading_lane(ax: Axes, found: Dossier) -> None:
    peak = _column(found, "peak_percent")
    bands = style.loading_band(peak)
    _bars(ax, found, peak, [style.LOADING_COLOURS[band] for band in bands])
    _top(ax, peak, 115.0)
    _level(ax, 100.0, "100 %: rating")
    lane_title(ax, "Highest loading of the year [% of the rating]")


def _hours_lane(ax: Axes, found: Dossier) -> None:
    hours = _column(found, "hours")
    _bars(ax, found, hours, [style.OVERLOAD_COLOURS[1]] * len(hours))
    _top(ax, hours, 10.0)
    lane_title(ax, f"Hours above the limit [h], rule {found.limit}")


def _hot_spot_lane(ax: Axes, found: Dossier) -> None:
    hot = _column(found, "max_hot_spot_temp_c")
    colours = [style.OVERLOAD_COLOURS[1] if value > CYCLIC_C else style.NORMAL_COLOURS[-1] for value in hot]
    _bars(ax, found, hot, colours)
    _top(ax, hot, 150.0)
    apart_in = (CYCLIC_C - NORMAL_AGEING_C) * style.size_in(ax)[1] / ax.get_ylim()[1]
    _level(ax, NORMAL_AGEING_C, NORMAL_AGEING_WORDS if apart_in > LEVEL_WORDS_IN else "")
    _level(ax, CYCLIC_C, CYCLIC_WORDS)
    lane_title(ax, "Highest hot spot of the year [°C], model of IEC 60076-7")


def _life_lane(ax: Axes, found: Dossier) -> None:
    used = _column(found, "life_used_percent")
    _bars(ax, found, used, [style.NORMAL_COLOURS[-1]] * len(used))
    _top(ax, used, 0.1)
    lane_title(ax, "Life of the insulation used since the beginning of the run [%]")


def _hatch_failed(ax: Axes, found: Dossier) -> None:
    failed = found.years.index[found.years["failed_h"] > 0.0].to_numpy(dtype=np.float64)
    if len(failed):
        low, high = ax.get_ylim()
        ends = np.full(len(failed), high), np.full(len(failed), low)
        style.hatch(ax, style.rectangles(failed - 0.5, failed + 0.5, *ends))
