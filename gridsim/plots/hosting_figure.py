"""How much load can still be connected at each substation? A row of numbers and a bar per busbar, the most room first.

Bars have a scale of their own in each column, so that small ones show. The dark part of a bar is firm after every
single outage, the next one comes on top with nothing out, the pale one for a load that steps back in the worst hours.
Numbers have a star and another colour where an element that is overloaded already holds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.plots import style
from gridsim.plots.legend_line import LegendLine
from gridsim.plots.short_names import fitting_name
from gridsim.solve.hosting import SINGLE_SUPPLY

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from gridsim.studies.hosting_capacity import HostingCapacity

_TITLE = "How much load can still be connected at each substation in {year}?"
_ROW_IN = 0.158
_BAR_IN = 0.105
_NAME_IN = 1.4
_NUMBER_IN = 0.41
_GAP_IN = 0.24
_BOTTOM_IN = 0.85
_HEADING_IN = 0.2
#: Rows of one panel before another panel begins, and the most panels side by side.
_FEW_ROWS, _PANELS = 20, 3
#: Colours of the parts of a bar, and of a number held by something that is overloaded already.
_COLOURS = {"n1_firm_mw": "#1D4F7C", "n0_firm_mw": "#6FA6CF", "flexible_mw": "#C8DDEC"}
_HEADINGS = {"n1_firm_mw": "N-1", "n0_firm_mw": "N-0", "flexible_mw": "flexible"}
_OVERLOADED_INK = "#B5532A"
_OVERLOADED_MARK = "*"
#: A load worth counting busbars that carry it.
_TELLING_MW = 10.0


def hosting_rows(found: HostingCapacity, year: int) -> pd.DataFrame:
    """Return the rows of a year in the order in which they are drawn: failed first, then the most MW with nothing out.

    Adds ``label``: the substation, with the busbar where it has several.
    """
    rows = found.of_year(year)
    rows = rows.sort_values(["is_failed", "n0_firm_mw", "busbar"], ascending=[False, False, True], kind="stable")
    several = rows["substation"].duplicated(keep=False)
    label = rows["substation"].where(~several, rows["substation"] + ", " + rows["busbar"])
    return rows.assign(label=label).reset_index(drop=True)


def draw_hosting(found: HostingCapacity, *, year: int | None = None, ax: Axes | None = None) -> Axes:
    """Draw firm MW, N-1 and N-0, and flexible MW of every busbar in one year.

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
    parts = [name for name in _COLOURS if name != "n1_firm_mw" or found.outage_checks]
    if ax is not None:
        panels, n_row = [ax], len(rows)
    else:
        n_panel = int(np.clip(-(-len(rows) // _FEW_ROWS), 1, _PANELS))
        n_row = -(-len(rows) // n_panel)
        panels = _panels(n_panel, n_row, len(parts))
    for number, panel in enumerate(panels):
        _draw_panel(panel, rows.iloc[number * n_row : (number + 1) * n_row], parts, n_row)
    first = panels[0]
    left_in = _NAME_IN + len(parts) * _NUMBER_IN
    subtitle = _subtitle(found, rows)
    style.header(first, _TITLE.format(year=year), subtitle, left_in=left_in, lift_in=0.12 + _HEADING_IN)
    _draw_legend(first, found, parts, left_in)
    return first


def _panels(n_panel: int, n_row: int, n_number: int) -> list[Axes]:
    top = style.HEADER_IN + 0.27 + _HEADING_IN
    figure = style.new_figure(top + n_row * _ROW_IN + _BOTTOM_IN)
    width = (style.WIDTH_IN - 2.0 * style.MARGIN_IN - (n_panel - 1) * _GAP_IN) / n_panel
    panels = []
    for number in range(n_panel):
        left = style.MARGIN_IN + number * (width + _GAP_IN)
        right = style.WIDTH_IN - left - width
        panels.append(style.add_axes(figure, left + _NAME_IN + n_number * _NUMBER_IN, _BOTTOM_IN, right, top))
    return panels


def _draw_panel(ax: Axes, rows: pd.DataFrame, parts: list[str], n_row: int) -> None:
    style.plain_axes(ax, spines=())
    highest = rows["flexible_mw"].max()
    ax.set_xlim(0.0, highest if highest > 0.0 else 1.0)
    ax.set_ylim(n_row, 0.0)
    ax.set_xticks([])
    ax.set_yticks([])
    half = 0.5 * _BAR_IN / _ROW_IN
    middle = np.arange(len(rows)) + 0.5
    left = np.zeros(len(rows))
    for part in parts:
        right = np.fmax(left, rows[part].fillna(0.0).to_numpy(np.float64))
        style.fill(ax, style.rectangles(left, right, middle - half, middle + half), [_COLOURS[part]] * len(rows))
        left = right
    ax.axvline(0.0, color=style.SOFT_INK, linewidth=0.7)
    origin = style.inches_from(ax, 0.0, 1.0)
    options: dict[str, Any] = {"transform": origin, "va": "center", "ha": "right", "fontsize": style.SMALL_PT}
    place_of = {part: -0.07 - (len(parts) - 1 - number) * _NUMBER_IN for number, part in enumerate(parts)}
    for part, x in place_of.items():
        style.write(ax, x, 0.5 * _HEADING_IN, _HEADINGS[part], color=style.SOFT_INK, **options)
    style.write(ax, 0.0, 0.5 * _HEADING_IN, "load [MW]", color=style.SOFT_INK, **(options | {"ha": "left"}))
    figure = style.figure_of(ax)
    names_end = -len(parts) * _NUMBER_IN - 0.07
    row_in = style.size_in(ax)[1] / n_row
    for number, (_, row) in enumerate(rows.iterrows()):
        y = -(number + 0.5) * row_in
        style.write(ax, names_end, y, _fitted(figure, str(row["label"])), **options)
        if row["is_failed"]:
            style.write(ax, -0.07, y, "hours with NO solution", color=style.ALERT, **options)
            continue
        for part, x in place_of.items():
            text, colour = _number(row, part)
            style.write(ax, x, y, text, color=colour, **options)


def _number(row: pd.Series[Any], part: str) -> tuple[str, str]:
    """Return how the MW of a part of a bar are written, and in which colour."""
    if part == "n1_firm_mw" and row["n1_held_by"] == SINGLE_SUPPLY:
        return "single", style.SOFT_INK
    is_above = part != "flexible_mw" and row[part.replace("firm_mw", "is_above_before")]
    return (f"{_OVERLOADED_MARK}{row[part]:,.1f}", _OVERLOADED_INK) if is_above else (f"{row[part]:,.1f}", style.INK)


def _fitted(figure: Any, label: str) -> str:
    """Return the name of a row in as many characters as there is room for."""
    limit = len(label)
    while limit > 1 and style.text_width_in(figure, [fitting_name(label, limit)], style.SMALL_PT) > _NAME_IN - 0.08:
        limit -= 1
    return fitting_name(label, limit)


def _subtitle(found: HostingCapacity, rows: pd.DataFrame) -> list[str]:
    failed = int(rows["is_failed"].sum())
    known = rows[~rows["is_failed"]]
    state = (
        f"{failed} of {len(rows)} busbars have hours with NO solution"
        if failed
        else f"All hours of the year are solved at all {len(rows)} busbars"
    )
    lines = [f"{found.title}. {state}."]
    if found.outage_checks:
        single = known["n1_held_by"] == SINGLE_SUPPLY
        lines.append(
            f"{int(single.sum())} busbars hang on a single supply: nothing is firm there after its outage. "
            f"{int((known['n1_firm_mw'] >= _TELLING_MW).sum())} of {len(known)} carry {_TELLING_MW:g} MW firm N-1, "
            f"{int((known['n0_firm_mw'] >= _TELLING_MW).sum())} firm N-0."
        )
    lines.append(
        f"MW of a constant load at this place alone, cos phi {found.rules.cos_phi:g} (assumed). Each column of bars "
        "has a scale of its own."
    )
    return lines


def _draw_legend(ax: Axes, found: HostingCapacity, parts: list[str], left_in: float) -> None:
    words = {
        "n1_firm_mw": "N-1: no new overload after any single outage in the hours checked",
        "n0_firm_mw": "N-0: none with all in service, any hour",
        "flexible_mw": f"flexible: stepping back in up to {found.asked_hours:g} h a year, N-0",
    }
    line = LegendLine(ax, -left_in, -0.3)
    for part in parts:
        line.swatch(_COLOURS[part]).words(words[part])
    line = LegendLine(ax, -left_in, -0.55)
    line.words(f"{_OVERLOADED_MARK}1.0", colour=_OVERLOADED_INK).words(
        f"held by an element that is overloaded without the addition, which may rise by {found.rules.added_percent:g} "
        "percentage point"
    )
