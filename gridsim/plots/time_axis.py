"""The horizontal axis of local time: years, or months when the horizon is short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FixedFormatter, FixedLocator

from gridsim.plots import style
from gridsim.plots.study_data import StudyData, day_of, month_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Width of a label and the air beside it.
_LABEL_IN = 0.385
_MAX_NAMED_MONTHS = 60
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240)


def draw_time_axis(ax: Axes, data: StudyData, *, is_labelled_on_top: bool = False) -> None:
    """Give ``ax``, whose x are local days, ticks at the turn of months or years, so far apart that labels fit."""
    first, last = data.manifest.from_year, data.manifest.to_year + 1
    ax.set_xlim(data.first_day, data.last_day)
    width_in = ax.get_window_extent().width / style.figure_of(ax).dpi
    room = max(int(width_in / _LABEL_IN), 2)
    n_month = 12 * (last - first)
    # Names of months help up to a few years; beyond, they only crowd.
    finest = 1 if n_month <= _MAX_NAMED_MONTHS else 12
    step = next((step for step in _MONTH_STEPS if step >= finest and n_month / step <= room), _MONTH_STEPS[-1])
    months = _marks(first, last, step)
    ticks = [day_of(first + month // 12, month % 12 + 1) for month in months]
    labels = [_label(first, month, step) for month in months]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FixedFormatter(labels))
    between = 12 if step > 12 else 1
    if n_month / between <= _MAX_NAMED_MONTHS:
        minor = [day_of(first + month // 12, month % 12 + 1) for month in range(0, n_month + 1, between)]
        ax.xaxis.set_minor_locator(FixedLocator(minor))
    ax.tick_params(axis="x", which="minor", length=2.0)
    ax.tick_params(axis="x", which="both", top=is_labelled_on_top)
    ax.tick_params(axis="x", which="major", labeltop=is_labelled_on_top)
    ax.grid(visible=True, axis="x", which="major", color=style.FAINT_RULE, linewidth=0.6)
    unit = "year" if step >= 12 else "month"
    style.axis_label(ax, "x", f"Time [{unit}; {data.clock_text}]")


def _marks(first: int, last: int, step: int) -> list[int]:
    """Return months after January of ``first`` at which a label stands; whole multiples of several years."""
    if step <= 12:
        return list(range(0, 12 * (last - first) + 1, step))
    years = step // 12
    start = -(-first // years) * years
    return [12 * (year - first) for year in np.arange(start, last + 1, years).tolist()]


def _label(first: int, month: int, step: int) -> str:
    if step >= 12:
        return str(first + month // 12)
    day = day_of(first + month // 12, month % 12 + 1)
    return month_text(day).replace(" ", "\n") if month % 12 == 0 else month_text(day).split(" ")[0]
