"""How much load can still be connected at each substation? A bar per busbar and year, the most room first.

The dark part of a bar is firm; the pale one comes on top for a load that steps back in the worst hours. Bars are of
another colour where an element that is overloaded already holds the firm MW.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.plots import style
from gridsim.plots.legend_line import LegendLine
from gridsim.plots.short_names import fitting_name

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from gridsim.studies.hosting_capacity import HostingCapacity

_TITLE = "How much load can still be connected at each substation in {year}?"
_ROW_IN = 0.158
_BAR_IN = 0.105
_NAME_IN = 1.62
_NUMBER_IN = 0.62
_GAP_IN = 0.22
_BOTTOM_IN = 0.75
#: Rows of one panel before another panel begins, and the most panels side by side.
_FEW_ROWS, _PANELS = 20, 3
#: Colours of firm and flexible MW, where there is room and where something is overloaded already.
_ROOM = ("#2F6E9E", "#A9CBE3")
_FULL = ("#B5532A", "#EBC6B2")


def hosting_rows(found: HostingCapacity, year: int) -> pd.DataFrame:
    """Return the rows of a year in the order in which they are drawn: failed first, then the most firm MW.

    Adds ``label``: the substation, with the busbar where it has several.
    """
    rows = found.of_year(year)
    rows = rows.sort_values(["is_failed", "firm_mw", "busbar"], ascending=[False, False, True], kind="stable")
    several = rows["substation"].duplicated(keep=False)
    label = rows["substation"].where(~several, rows["substation"] + ", " + rows["busbar"])
    return rows.assign(label=label).reset_index(drop=True)


def draw_hosting(found: HostingCapacity, *, year: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw firm and flexible MW of every busbar in one year.

    Parameters
    ----------
    found:
        What :func:`gridsim.hosting_capacity` returned.
    year:
        Local year; the last of the study by default.
    ax:
        Axes to draw all rows on; a figure of its own, with several panels side by side, by default.

    Returns
    -------
    The axes (of the first panel); x is MW, y rows downwards.

    Raises
    ------
    InputError
        The study does not hold ``year``.
    """
    year = int(found.table["year"].max()) if year is None else year
    rows = hosting_rows(found, year)
    if ax is not None:
        panels, n_row = [ax], len(rows)
    else:
        n_panel = int(np.clip(-(-len(rows) // _FEW_ROWS), 1, _PANELS))
        n_row = -(-len(rows) // n_panel)
        panels = _panels(n_panel, n_row)
    known = rows.loc[~rows["is_failed"], "flexible_mw"]
    highest = max(1.0, float(known.max()) if len(known) else 1.0)
    for number, panel in enumerate(panels):
        _draw_panel(panel, rows.iloc[number * n_row : (number + 1) * n_row], n_row, highest)
    first = panels[0]
    style.header(first, _TITLE.format(year=year), _subtitle(found, rows), left_in=_NAME_IN, lift_in=0.2)
    _draw_legend(first, found, rows)
    return first


def _panels(n_panel: int, n_row: int) -> list[Axes]:
    top = style.HEADER_IN + 0.1
    figure = style.new_figure(top + n_row * _ROW_IN + _BOTTOM_IN)
    width = (style.WIDTH_IN - 2.0 * style.MARGIN_IN - (n_panel - 1) * _GAP_IN) / n_panel
    panels = []
    for number in range(n_panel):
        left = style.MARGIN_IN + number * (width + _GAP_IN)
        right = style.WIDTH_IN - left - width
        panels.append(style.add_axes(figure, left + _NAME_IN, _BOTTOM_IN, right + _NUMBER_IN, top))
    return panels


def _draw_panel(ax: Axes, rows: pd.DataFrame, n_row: int, highest: float) -> None:
    style.plain_axes(ax, spines=())
    ax.set_xlim(0.0, highest)
    ax.set_ylim(n_row, 0.0)
    ax.set_xticks([])
    ax.set_yticks([])
    half = 0.5 * _BAR_IN / _ROW_IN
    middle = np.arange(len(rows)) + 0.5
    firm, flexible = (rows[name].fillna(0.0).to_numpy(np.float64) for name in ("firm_mw", "flexible_mw"))
    is_full = rows["is_above_before"].to_numpy(np.bool_)
    for part, (left, right) in enumerate(((np.zeros_like(firm), firm), (firm, flexible))):
        colours = [(_FULL if full else _ROOM)[part] for full in is_full]
        style.fill(ax, style.rectangles(left, right, middle - half, middle + half), colours)
    ax.axvline(0.0, color=style.SOFT_INK, linewidth=0.7)
    per_mw = style.size_in(ax)[0] / highest
    origin = style.inches_from(ax, 0.0, 1.0)
    options: dict[str, Any] = {"transform": origin, "va": "center", "fontsize": style.SMALL_PT}
    figure = style.figure_of(ax)
    for place, (label, is_failed) in enumerate(zip(rows["label"], rows["is_failed"], strict=True)):
        y = -(place + 0.5) * _row_in(ax, n_row)
        style.write(ax, -0.06, y, _fitted(figure, str(label)), ha="right", **options)
        if is_failed:
            style.write(ax, 0.06, y, "hours with NO solution", color=style.ALERT, **options)
        else:
            text = _numbers(firm[place], flexible[place])
            style.write(ax, flexible[place] * per_mw + 0.05, y, text, color=style.SOFT_INK, **options)


def _row_in(ax: Axes, n_row: int) -> float:
    return style.size_in(ax)[1] / n_row


def _fitted(figure: Any, label: str) -> str:
    """Return the name of a row in as many characters as there is room for."""
    limit = len(label)
    while limit > 1 and style.text_width_in(figure, [fitting_name(label, limit)], style.SMALL_PT) > _NAME_IN - 0.1:
        limit -= 1
    return fitting_name(label, limit)


def _numbers(firm: float, flexible: float) -> str:
    """Return firm MW, and how much more is flexible where that shows."""
    more = flexible - firm
    return f"{firm:,.1f}" if more < 0.05 else f"{firm:,.1f} + {more:,.1f}"


def _subtitle(found: HostingCapacity, rows: pd.DataFrame) -> list[str]:
    failed = int(rows["is_failed"].sum())
    known = rows[~rows["is_failed"]]
    state = (
        f"{failed} of {len(rows)} busbars have hours with NO solution"
        if failed
        else f"All hours of the year are solved at all {len(rows)} busbars"
    )
    full = int((known["firm_mw"] < 1.0).sum())
    return [
        f"{found.title}. {state}.",
        f"MW of a constant load at this place alone, cos phi {found.rules.cos_phi:g} (assumed), all elements in "
        f"service; {full} of {len(known)} carry less than 1 MW.",
    ]


def _draw_legend(ax: Axes, found: HostingCapacity, rows: pd.DataFrame) -> None:
    line = LegendLine(ax, -_NAME_IN, -0.3)
    line.swatch(_ROOM[0]).words("firm: no new overload in any hour")
    line.swatch(_ROOM[1]).words(f"flexible: more, if it steps back in up to {found.asked_hours:g} h a year")
    if rows["is_above_before"].any():
        line = LegendLine(ax, -_NAME_IN, -0.53)
        line.swatch(_FULL[0]).swatch(_FULL[1])
        line.words(
            "the same, held by an element that is overloaded already, which may rise by "
            f"{found.rules.added_percent:g} percentage point"
        )
