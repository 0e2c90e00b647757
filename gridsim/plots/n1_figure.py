"""Which transformer fails the N-1 test, in which year, and by which outage? Outages without solution come first.

Rows are transformers, columns years, colours the bands of the worst loading after any single outage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.plots import style
from gridsim.plots.legend_line import LegendLine
from gridsim.plots.short_names import transformer_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

    from gridsim.dtypes import BoolArray, FloatArray

_TITLE = "Which transformer would one outage overload?"
_ROW_IN = 0.19
_FAILED_ROW_IN = 0.17
_HEADING_IN = 0.27
_COLUMN_IN = 0.8
_NOTE_IN = 3.1
_LABEL_LIMIT = 40
_MAX_FAILED = 12


@dataclass(frozen=True)
class _Rows:
    """Transformers of the picture, worst first.

    ``worst`` (n_row, n_year) in percent, NaN where there is none; ``is_unknown``, likewise, where that is so although
    the transformer is in service.
    """

    names: list[str]
    worst: FloatArray
    is_unknown: BoolArray
    causes: list[str]
    peaks: list[float]
    n_total: int
    n_above: int
    n_unknown: int


def draw_n1(
    failed: pd.DataFrame, worst: pd.DataFrame, summary: Mapping[str, Any], *, ax: Axes | None = None, max_rows: int = 40
) -> Axes:
    """Draw the worst N-1 loading of transformers by year, under the outages that have no solution or cut load off.

    Parameters
    ----------
    failed, worst, summary:
        Tables ``n1_failed`` and ``n1_worst`` and the summary of an N-1 study.
    ax:
        Axes to draw on; a figure of its own, high enough for the rows, by default.
    max_rows:
        Transformers shown; those of worst loading are taken.

    Returns
    -------
    The axes; x counts years from 0, y inches downwards.
    """
    years = list(range(int(summary["from_year"]), int(summary["to_year"]) + 1))
    shown = _rows(worst, years, max_rows)
    lines = _failed_lines(failed)
    top = _HEADING_IN + _FAILED_ROW_IN * len(lines) + 0.28
    height = top + _HEADING_IN + _ROW_IN * max(len(shown.names), 1)
    figure = style.new_figure(1.0)
    left = style.MARGIN_IN + style.text_width_in(figure, [*shown.names, "M" * 16], style.LABEL_PT) + 0.12
    if ax is None:
        figure = style.new_figure(style.HEADER_IN + height + 1.15)
        room = style.WIDTH_IN - left - style.MARGIN_IN - _NOTE_IN
        right = style.WIDTH_IN - left - min(room, _COLUMN_IN * len(years))
        ax = style.add_axes(figure, left, 1.0, right, style.HEADER_IN + 0.15)
    ax.set_xlim(0.0, len(years))
    ax.set_ylim(height, 0.0)
    style.plain_axes(ax, spines=())
    _draw_failed(ax, lines, left - style.MARGIN_IN)
    _draw_cells(ax, shown, years, top + _HEADING_IN)
    style.header(ax, _TITLE, _subtitle(shown, summary), left_in=left - style.MARGIN_IN, lift_in=0.2)
    legend = LegendLine(ax, -(left - style.MARGIN_IN), -0.72).words("Worst N-1 loading [%]:").loading_scale()
    legend.swatch(style.ABSENT, width_in=0.35, height_in=0.03).words("not in service")
    if shown.is_unknown.any():
        legend.skip(0.1).hatched().words("loading unknown")
    return ax


def _rows(worst: pd.DataFrame, years: list[int], max_rows: int) -> _Rows:
    """Take the transformers of worst loading; units that carry the same load together share a row."""
    trafos = worst[worst["element_type"] != "line"].copy()
    trafos["key"] = trafos["element_type"] + ":" + trafos["name"]
    by_unit = trafos.sort_values("worst_percent", ascending=False, kind="stable")
    by_year = trafos.groupby(["key", "year"])["worst_percent"]
    table = by_year.max().unstack("year").reindex(columns=years)
    is_unknown = by_year.size().unstack("year").reindex(columns=years).notna() & table.isna()
    first = by_unit.drop_duplicates("key").set_index("key")
    peaks = table.max(axis=1).sort_values(ascending=False, kind="stable")
    names: list[str] = []
    kept: list[str] = []
    causes: list[str] = []
    seen: dict[tuple[object, ...], int] = {}
    for key in peaks.index:
        loadings = table.loc[key].fillna(-1.0).mask(is_unknown.loc[key], -2.0)
        course = (first.at[key, "substation_name"], *np.round(loadings, 1).tolist())
        unit = str(first.at[key, "name"]).rsplit(".", 1)[-1]
        if course in seen:
            names[seen[course]] += f", {unit}"
            continue
        if len(names) == max_rows:
            break
        seen[course] = len(names)
        names.append(transformer_label(str(first.at[key, "substation_name"]), unit, _LABEL_LIMIT))
        kept.append(key)
        is_known = bool(peaks[key] >= 0.0)
        cause = f"{_short(str(first.at[key, 'cause']))} out, {first.at[key, 'worst_utc']:%d %b %Y}" if is_known else ""
        causes.append(cause)
    return _Rows(
        names,
        table.loc[kept].to_numpy(np.float64),
        is_unknown.loc[kept].to_numpy(np.bool_),
        causes,
        peaks[kept].to_list(),
        n_total=len(table),
        n_above=int((peaks > 100.0).sum()),
        n_unknown=int(is_unknown.any(axis=1).sum()),
    )


def _short(cause: str) -> str:
    return style.shorten(str(cause).split(":", 1)[-1], 28)


def _failed_lines(failed: pd.DataFrame) -> list[tuple[str, str, bool]]:
    """Words on the outages that fail: name, what happens, whether there is no solution."""
    lines = []
    row: Any
    for row in failed.head(_MAX_FAILED).itertuples():
        is_collapse = bool(row.unsolved_h > 0.0)
        what = f"cuts off up to {row.lost_max_mw:,.1f} MW, in {row.hours:,.0f} h"
        if is_collapse:
            what = f"NO solution in {row.unsolved_h:,.0f} h, up to {row.lost_max_mw:,.1f} MW without supply"
        lines.append((_short(row.outage), what, is_collapse))
    if len(failed) > _MAX_FAILED:
        lines.append(("…", f"and {len(failed) - _MAX_FAILED} more outages, in tables/n1_failed.csv", False))
    return lines or [("none", "every outage has a solution and leaves everybody with a source", False)]


def _draw_failed(ax: Axes, lines: list[tuple[str, str, bool]], left_in: float) -> None:
    place = style.inches_from(ax, 0.0, 1.0)
    words = "First: outages without solution, or that leave somebody without supply"
    style.write(ax, -left_in, -0.12, words, transform=place, fontstyle="italic", color=style.SOFT_INK)
    for number, (name, what, is_collapse) in enumerate(lines):
        y = -_HEADING_IN - _FAILED_ROW_IN * (number + 0.5)
        colour = style.ALERT if is_collapse else style.INK
        style.write(ax, -0.08, y, name, transform=place, ha="right", va="center", color=colour)
        style.write(ax, 0.05, y, what, transform=place, va="center", color=colour)


def _draw_cells(ax: Axes, shown: _Rows, years: list[int], top: float) -> None:
    bands = style.loading_band(shown.worst)
    row, column = np.nonzero(bands >= 0)
    y = top + _ROW_IN * row
    corners = style.rectangles(column + 0.02, column + 0.98, y + 0.012, y + _ROW_IN - 0.012)
    colours = np.array(style.LOADING_COLOURS, dtype=object)[bands[row, column]]
    style.fill(ax, corners, list(colours))
    row, column = np.nonzero((bands < 0) & ~shown.is_unknown)
    y = top + _ROW_IN * row
    style.fill(ax, style.rectangles(column + 0.02, column + 0.98, y + _ROW_IN * 0.45, y + _ROW_IN * 0.55), style.ABSENT)
    row, column = np.nonzero(shown.is_unknown)
    y = top + _ROW_IN * row
    style.hatch(ax, style.rectangles(column + 0.02, column + 0.98, y + 0.012, y + _ROW_IN - 0.012))
    ax.set_yticks([top + _ROW_IN * (k + 0.5) for k in range(len(shown.names))], shown.names)
    ax.tick_params(axis="y", length=0.0, pad=5.0)
    every = 1 if len(years) <= 12 else 5
    marked = [k for k, year in enumerate(years) if year % every == 0 or k == 0]
    ax.set_xticks([k + 0.5 for k in marked], [str(years[k]) for k in marked])
    ax.tick_params(axis="x", length=0.0, pad=4.0)
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    right = style.inches_from(ax, 1.0, 1.0)
    height = top - 0.05
    style.write(ax, 0.55, -height, "Worst", transform=right, ha="right", fontsize=style.SMALL_PT, color=style.SOFT_INK)
    style.write(
        ax, 0.7, -height, "By which outage, when", transform=right, fontsize=style.SMALL_PT, color=style.SOFT_INK
    )
    at_least = np.where(shown.is_unknown.any(axis=1), "≥ ", "")
    for k, (peak, sign, cause) in enumerate(zip(shown.peaks, at_least, shown.causes, strict=True)):
        y_in = -(top + _ROW_IN * (k + 0.5))
        text = f"{sign}{peak:.0f} %" if peak >= 0.0 else "unknown"
        style.write(ax, 0.55, y_in, text, transform=right, ha="right", va="center", fontsize=style.SMALL_PT)
        style.write(ax, 0.7, y_in, cause, transform=right, va="center", fontsize=style.SMALL_PT)


def _subtitle(shown: _Rows, summary: Mapping[str, Any]) -> list[str]:
    cases = summary["cases"]
    first, last = summary["from_year"], summary["to_year"]
    span = str(first) if first == last else f"{first}–{last}"
    lost = f"{cases['without_solution']:,} have NO solution" if cases["without_solution"] else "all have a solution"
    counted = f"{cases['total']:,} cases (outage × hour): {lost}, {cases['skipped']:,} skipped."
    which = f"{shown.n_above} of {shown.n_total} transformers above rating after some outage"
    which += f", {shown.n_unknown} unknown in some year (hatched)" if shown.n_unknown else ""
    return [
        f"{summary['title']}, {span}. {counted}",
        f"{which}; the worst are shown. Each transformer, line and generator out in turn; taps as before it.",
    ]
