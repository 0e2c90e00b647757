"""Because of whom is each transformer overloaded? A bar per unit at its highest hour, in percent of its rating.

The segments are the shares of the contributors in the current, so a bar ends at the loading. What relieves the unit
stands to the left of zero, and the bar to the right is longer by as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridsim.errors import InputError
from gridsim.plots import style
from gridsim.plots.legend_line import LegendLine
from gridsim.studies.unit_rows import rows_of_twins
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLE = "Because of whom is each transformer overloaded?"
_ROW_IN = 0.27
_BAR_IN = 0.17
_NOTES_IN = 2.45
#: A segment at least this wide is named by its contributor.
_NAMED_IN = 0.75
#: Kinds of contributors in the order in which bars are stacked, their words and colours, dark where people decide.
#: Each has a luminance of its own, so that a bar can be read in greyscale.
KINDS = (
    ("base", "base year", "#DCE6EE"),
    ("growth", "growth of sectors", "#8CABC4"),
    ("investor", "investor projects", "#B5532A"),
    ("supply", "plants and national grid", "#8E8E8E"),
    ("rest", "others below 0.05 %", "#C9C9C9"),
)


def attribution_bars(table: pd.DataFrame, max_rows: int) -> pd.DataFrame:
    """Return the highest episode of every element, worst first, one row per contributor.

    Parameters
    ----------
    table:
        What :func:`gridsim.studies.explanation.attribute_overloads` returned.
    max_rows:
        Elements kept.

    Returns
    -------
    The rows of ``table`` of those episodes with ``label`` (units of a substation that are loaded alike share a bar),
    ``place`` (0 is the worst) and ``points`` (share in percent of the rating), sorted by place, kind and size.
    """
    solved = table[table["loading_percent"].notna()]
    heads = solved.sort_values(["loading_percent", "start_utc"], ascending=[False, True], kind="stable")
    heads = heads.drop_duplicates("element")[["element", "start_utc", "peak_utc", "loading_percent", "tipped_by"]]
    substation, unit, winding = _name_parts(heads["element"])
    heads = heads.assign(substation=substation, unit=unit, winding=winding)
    alike = heads[["substation", "winding", "peak_utc", "tipped_by"]].assign(loading=heads["loading_percent"].round(1))
    heads = rows_of_twins(heads, alike, "unit")
    units = heads["names"].map(sorted).str.join(", ")
    heads = heads.assign(label=heads["substation"] + "." + units + heads["winding"], place=np.arange(len(heads)))
    kept = solved.merge(heads[["element", "start_utc", "label", "place"]], on=["element", "start_utc"])
    order = {kind: number for number, (kind, _, _) in enumerate(KINDS)}
    kept = kept.assign(
        points=kept["share_percent"] * kept["loading_percent"] / PERCENT,
        kind_order=kept["kind"].map(order),
    )
    kept = kept[kept["place"] < max_rows]
    return kept.sort_values(["place", "kind_order", "points"], ascending=[True, True, False], kind="stable")


def draw_attribution(
    table: pd.DataFrame, *, utc_offset_h: float = 0.0, ax: Axes | None = None, max_rows: int = 40
) -> Axes:
    """Draw who loads each overloaded transformer at its highest hour.

    Parameters
    ----------
    table:
        What :func:`gridsim.studies.explanation.attribute_overloads` returned.
    utc_offset_h:
        Local time minus UTC.
    ax:
        Axes to draw on; a figure of its own, high enough for the rows, by default.
    max_rows:
        Transformers shown; the worst are taken.

    Returns
    -------
    The axes; x is percent of the rating, y rows downwards.

    Raises
    ------
    InputError
        The table holds no overload.
    """
    if table["loading_percent"].isna().all():
        raise InputError("the table of attributions holds no overload, so there is nothing to draw")
    bars = attribution_bars(table, max_rows)
    heads = bars.drop_duplicates("place")
    names = heads["label"].to_list()
    figure = style.new_figure(1.0)
    left = style.MARGIN_IN + max(style.text_width_in(figure, names, style.LABEL_PT), 1.0) + 0.12
    if ax is None:
        bottom = 0.62 + 0.5
        figure = style.new_figure(style.HEADER_IN + _ROW_IN * len(names) + bottom)
        ax = style.add_axes(figure, left, bottom, style.MARGIN_IN + _NOTES_IN, style.HEADER_IN)
    style.plain_axes(ax)
    ends = [_draw_bar(ax, rows) for _, rows in bars.groupby("place", sort=True)]
    ax.set_ylim(len(names), 0.0)
    ax.set_xlim(min(0.0, *(low for low, _ in ends)) * 1.03, max(110.0, *(high for _, high in ends)) * 1.03)
    style.name_rows(ax, np.arange(len(names)) + 0.5, names)
    for x, colour in ((0.0, style.SOFT_INK), (100.0, style.ALERT)):
        ax.axvline(x, color=colour, linewidth=0.9, zorder=3)
    style.axis_label(ax, "x", "share of the contributors in the loading [% of the rating]")
    _name_segments(ax, bars)
    _write_notes(ax, heads, utc_offset_h)
    style.header(ax, _TITLE, _subtitle(bars), left_in=left - style.MARGIN_IN, lift_in=0.3)
    line = LegendLine(ax, -(left - style.MARGIN_IN), -0.75)
    for kind, words, colour in KINDS:
        if (bars["kind"] == kind).any():
            line.swatch(colour).words(words)
    return ax


def _draw_bar(ax: Axes, rows: pd.DataFrame) -> tuple[float, float]:
    """Draw one bar and return where it begins and ends."""
    colours = {kind: colour for kind, _, colour in KINDS}
    middle = float(rows["place"].iloc[0]) + 0.5
    half = _BAR_IN / _ROW_IN / 2
    low = high = 0.0
    for kind, points in zip(rows["kind"], rows["points"], strict=True):
        start = high if points > 0.0 else low + points
        box = style.rectangles(*np.atleast_1d(start, start + abs(points), middle - half, middle + half))
        style.fill(ax, box, colours[kind], edgecolors=style.PAPER, linewidths=0.4)
        if points > 0.0:
            high += points
        else:
            low += points
    return low, high


def _name_segments(ax: Axes, bars: pd.DataFrame) -> None:
    """Write the names of investor projects into segments that have room for them."""
    per_percent = style.size_in(ax)[0] / (ax.get_xlim()[1] - ax.get_xlim()[0])
    figure = style.figure_of(ax)
    for _, rows in bars.groupby("place", sort=True):
        high = 0.0
        positive = rows[rows["points"] > 0.0]
        for kind, contributor, points in zip(
            positive["kind"], positive["contributor"], positive["points"].tolist(), strict=True
        ):
            width_in = points * per_percent
            name = style.shorten(str(contributor), int(width_in / 0.062))
            fits = style.text_width_in(figure, [name], style.SMALL_PT) < width_in - 0.05
            if kind == "investor" and width_in >= _NAMED_IN and fits:
                style.write(
                    ax,
                    high + points / 2,
                    float(rows["place"].iloc[0]) + 0.5,
                    name,
                    ha="center",
                    va="center",
                    fontsize=style.SMALL_PT,
                    color=style.PAPER,
                )
            high += points


def _name_parts(elements: pd.Series[str]) -> tuple[pd.Series[str], pd.Series[str], pd.Series[str]]:
    """Split ``trafo3w:chp3.at1:hv`` into substation, unit and ``" (hv)"``."""
    parts = elements.str.split(":", expand=True).reindex(columns=[1, 2]).fillna("")
    split = parts[1].str.rpartition(".")
    return split[0], split[2], parts[2].where(parts[2] == "", " (" + parts[2] + ")")


def _write_notes(ax: Axes, heads: pd.DataFrame, utc_offset_h: float) -> None:
    """Write beside each bar what it ends at and when, and who tips the unit over."""
    right = style.inches_from(ax, 1.0, 1.0)
    for x, ha, text in ((0.42, "right", "Loading"), (0.54, "left", "Highest on"), (1.28, "left", "Tipped over by")):
        style.write(ax, x, 0.05, text, transform=right, ha=ha, fontsize=style.SMALL_PT, color=style.SOFT_INK)
    height = style.size_in(ax)[1] / len(heads)
    for place, (_, row) in enumerate(heads.iterrows()):
        y = -(place + 0.5) * height
        options = {"transform": right, "va": "center", "fontsize": style.SMALL_PT}
        local = row["peak_utc"] + pd.Timedelta(hours=utc_offset_h)
        style.write(ax, 0.42, y, f"{row['loading_percent']:.0f} %", ha="right", **options)
        style.write(ax, 0.54, y, f"{local:%Y-%m-%d}", **options)
        style.write(ax, 1.28, y, style.shorten(str(row["tipped_by"]) or "nobody", 25), **options)


def _subtitle(bars: pd.DataFrame) -> list[str]:
    n_investor = int(bars.loc[bars["kind"] == "investor", "contributor"].nunique())
    return [
        f"The worst overloaded transformers, each at its highest hour; {n_investor} investor projects take part.",
        "Shares by superposition of currents at the solved load flow; left of zero: what relieves the unit.",
    ]
