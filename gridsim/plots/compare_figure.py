"""What follows for the transformers when run B takes the place of run A? First overloads and MVAh side by side.

A row per transformer, the largest change of MVAh first. On the left the day of the first overload in A (open mark) and
in B (full mark), on the right the MVAh above the limit in A (pale) and in B (dark).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from gridsim.plots import style
from gridsim.plots.legend_line import LegendLine
from gridsim.plots.short_names import transformer_label
from gridsim.plots.study_data import StudyData
from gridsim.plots.time_axis import draw_time_axis
from gridsim.studies.compare_frames import units_alike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gridsim.dtypes import FloatArray
    from gridsim.studies.compare_runs import RunComparison

_TITLE = "What changes for the transformers from A to B?"
_ROW_IN = 0.24
_DATES_IN = 3.9
_BETWEEN_IN = 0.45
_NOTES_IN = 1.55
_BOTTOM_IN = 1.0
_LABEL_LIMIT = 40
A_COLOUR, B_COLOUR = "#9DB9D0", "#34495E"
WORSE_COLOUR, BETTER_COLOUR = style.ALERT, "#2F7FA8"
WORSE_MARK, BETTER_MARK = "o", "D"
#: What becomes of the first overload of a transformer, in words, and whether that is for the worse.
CHANGES = {
    "new": ("new in B", True),
    "gone": ("gone in B", False),
    "earlier": ("earlier in B", True),
    "later": ("later in B", False),
    "same": ("at the same hour", False),
}


def draw_comparison(comparison: RunComparison, *, max_rows: int = 30) -> Axes:
    """Draw the consequences of a comparison.

    Parameters
    ----------
    comparison:
        What :func:`gridsim.compare_runs` returned.
    max_rows:
        Rows shown; those of largest change are taken.

    Returns
    -------
    The axes of the dates; x are local days, y rows downwards.
    """
    changed = comparison.consequences
    groups = units_alike(changed[changed["change"] != "none"])
    shown = groups[:max_rows]
    names = [transformer_label(row["substation_name"], _units(row["names"]), _LABEL_LIMIT) for row in shown]
    figure = style.new_figure(1.0)
    left = style.MARGIN_IN + max(style.text_width_in(figure, names, style.LABEL_PT), 1.0) + 0.12
    lines = _subtitle(comparison, len(shown), len(groups))
    header = style.HEADER_IN + 0.18 * max(len(lines) - 2, 0) + 0.3
    rows_in = _ROW_IN * max(len(shown), 2)
    figure = style.new_figure(header + rows_in + _BOTTOM_IN)
    dates = style.add_axes(figure, left, _BOTTOM_IN, style.WIDTH_IN - left - _DATES_IN, header)
    energy_left = left + _DATES_IN + _BETWEEN_IN
    energy = style.add_axes(figure, energy_left, _BOTTOM_IN, style.MARGIN_IN + _NOTES_IN, header)
    for ax in (dates, energy):
        style.plain_axes(ax)
        ax.set_ylim(max(len(shown), 2), 0.0)
        ax.set_yticks([])
    data = StudyData.of(comparison.a)
    draw_time_axis(dates, data)
    style.name_rows(dates, np.arange(len(names)) + 0.5, names)
    _draw_dates(dates, data, shown)
    _draw_energy(energy, shown)
    if not shown:
        style.write(dates, 0.02, 0.5, "No overload differs between the runs.", transform=dates.transAxes)
    for ax, words in ((dates, "First overload"), (energy, "MVAh of one unit above the limit")):
        style.write(ax, 0.0, 0.06, words, transform=style.inches_from(ax, 0.0, 1.0), color=style.SOFT_INK)
    style.header(dates, _TITLE, lines, left_in=left - style.MARGIN_IN, lift_in=0.3)
    _legend(dates, left - style.MARGIN_IN)
    return dates


def _units(names: list[str]) -> str:
    return ", ".join(name.rpartition(".")[2].upper() for name in names)


def _draw_dates(ax: Axes, data: StudyData, shown: list[dict[str, Any]]) -> None:
    days = [_days(data, [row[f"first_violation_utc_{side}"] for row in shown]) for side in ("a", "b")]
    low, high = ax.get_xlim()
    for place, (row, first_a, first_b) in enumerate(zip(shown, *days, strict=True)):
        y = place + 0.5
        style.stroke(ax, [[(low, y), (high, y)]], style.FAINT_RULE, 0.6, zorder=1)
        worse = CHANGES[row["change"]][1]
        colour, mark = (WORSE_COLOUR, WORSE_MARK) if worse else (BETTER_COLOUR, BETTER_MARK)
        if not np.isnan(first_a) and not np.isnan(first_b) and first_a != first_b:
            style.stroke(ax, [[(first_a, y), (first_b, y)]], colour, 2.0, zorder=2)
        if not np.isnan(first_b):
            ax.plot([first_b], [y], mark, markersize=5.0, color=colour, clip_on=False, zorder=4)
        if not np.isnan(first_a):
            ring: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": style.INK, "clip_on": False}
            ax.plot([first_a], [y], "o", markersize=9.0, zorder=5, **ring)  # clear of the corners of a diamond within


def _days(data: StudyData, moments: list[Any]) -> FloatArray:
    """Return local days; NaN where there is no overload."""
    found = data.days(pd.Series(pd.to_datetime(moments, utc=True)), missing=np.nan)
    return np.asarray(found, dtype=np.float64)


def _draw_energy(ax: Axes, shown: list[dict[str, Any]]) -> None:
    values = np.array([[row[f"overload_mvah_{side}"] for row in shown] for side in ("a", "b")], dtype=np.float64)
    values = values.reshape(2, len(shown))
    rows = np.arange(len(shown), dtype=np.float64)
    zero = np.zeros(len(shown))
    for of_run, colour, top in ((values[0], A_COLOUR, 0.18), (values[1], B_COLOUR, 0.5)):
        style.fill(ax, style.rectangles(zero, of_run, rows + top, rows + top + 0.32), colour)
    ax.set_xlim(0.0, max(values.max(initial=0.0) * 1.03, 1.0))
    ax.grid(visible=True, axis="x", color=style.FAINT_RULE, linewidth=0.6)
    ax.xaxis.set_major_locator(MaxNLocator(4))
    style.plain_numbers(ax, "x")
    style.axis_label(ax, "x", "overload [MVAh]")
    place = style.inches_from(ax, 1.0, 1.0)
    step = style.size_in(ax)[1] / ax.get_ylim()[0]
    for x, words in ((0.62, "MVAh A"), (1.2, "MVAh B")):
        style.write(ax, x, 0.06, words, transform=place, ha="right", fontsize=style.SMALL_PT, color=style.SOFT_INK)
    for number, row in enumerate(shown):
        y = -(number + 0.5) * step
        for x, side in ((0.62, "a"), (1.2, "b")):
            options = {"transform": place, "ha": "right", "va": "center", "fontsize": style.SMALL_PT}
            style.write(ax, x, y, _energy_text(row, side), **options)


def _energy_text(row: dict[str, Any], side: str) -> str:
    if not row[f"is_there_{side}"]:
        return "not there"
    least = "≥ " if row[f"failed_h_{side}"] else ""
    mvah = row[f"overload_mvah_{side}"]
    return f"{least}{mvah:,.0f}" if mvah == 0.0 or mvah >= 0.5 else f"{least}< 1"


def _subtitle(comparison: RunComparison, n_shown: int, n_all: int) -> list[str]:
    units = comparison.transformers
    failed = comparison.hours[["failed_h_a", "failed_h_b"]].sum()
    lines = []
    if failed.any():
        told = ", ".join(f"{side} {failed[f'failed_h_{side.lower()}']:,.0f} hours" for side in "AB")
        lines.append(f"{told} have NO solution: overloads of these hours are not known.")
    lines += [f"{side}: {store.manifest.title}" for side, store in (("A", comparison.a), ("B", comparison.b))]
    counts = units["change"].value_counts()
    words = [f"{counts[word]:,} {text}" for word, (text, _) in CHANGES.items() if word in counts.index]
    sums = "; ".join(f"{side.upper()} {units[f'overload_mvah_{side}'].sum():,.0f} MVAh" for side in ("a", "b"))
    rest = f" The {n_shown} rows of largest change of {n_all} are shown." if n_shown < n_all else ""
    first = ", ".join(words) or "none in either run"
    lines.append(f"Transformers above the limit (rule {comparison.limit}): {first}; {sums}.{rest}")
    return lines


def _legend(ax: Axes, left_in: float) -> None:
    line = LegendLine(ax, -left_in, -0.72)
    line.mark("o", "none", style.INK, 1.0).words("first overload in A")
    line.mark(WORSE_MARK, WORSE_COLOUR, WORSE_COLOUR, 1.0).words("in B, new or earlier")
    line.mark(BETTER_MARK, BETTER_COLOUR, BETTER_COLOUR, 1.0).words("in B, later or at the same hour")
    line.swatch(A_COLOUR).words("MVAh in A").swatch(B_COLOUR).words("MVAh in B")
