"""Where is the grid overloaded in a given year? Substations and lines at their places, coloured by worst loading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.enums import ElementStatus
from gridsim.plots import style
from gridsim.plots.legend_line import LegendLine
from gridsim.plots.map_furniture import (
    ATTRIBUTION,
    Window,
    central_window,
    draw_graticule,
    draw_scale_bar,
    window_around,
)
from gridsim.plots.map_names import MapData, write_names
from gridsim.plots.study_data import StudyData, day_of
from gridsim.studies.legend import VOLTAGE_CLASSES
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from gridsim.dtypes import FloatArray
    from gridsim.results import ResultStore

_TITLE = "Where is the grid overloaded in {year}?"
_MAIN_IN = (5.45, 4.0)
_ZOOM_IN = (3.55, 5.55)
_LEFT_IN = 0.85
_BOTTOM_IN = 0.85


@dataclass(frozen=True)
class Look:
    """How a class of voltage is drawn: from which kV on, words, width of lines, diameter of substations."""

    from_kv: float
    words: str
    width_pt: float
    size_pt: float


_SIZES_PT = ((2.6, 10.5), (1.8, 8.0), (1.0, 5.8), (0.6, 4.2))
_LOOKS = tuple(
    Look(from_kv, words, *sizes_pt) for (from_kv, words), sizes_pt in zip(VOLTAGE_CLASSES, _SIZES_PT, strict=True)
)
_CASING = "#7D8B97"
_GHOST = "#B9B9B9"
#: Area of substations that belong to neighbours.
OUTSIDE = "outside"


def map_data(data: StudyData, year: int) -> MapData:
    """Return what the map of ``year`` shows."""
    monthly = data.monthly[data.monthly["year"] == year]
    worst = monthly.assign(element=monthly["element"].astype(str)).groupby("element")["worst_percent"].max()
    elements = data.elements.assign(worst_percent=data.elements["element"].map(worst).astype(np.float64))
    is_line = elements["element_type"] == "line"
    of_station = elements[~is_line].groupby("substation_id")["worst_percent"].max()
    of_line = elements[is_line].set_index("name")["worst_percent"]
    is_open = data.days(elements["open_utc"], missing=data.first_day) < day_of(year + 1)
    is_open &= data.days(elements["close_utc"], missing=data.last_day) > day_of(year)
    with_transformer = set(elements.loc[is_open & ~is_line, "substation_id"])
    substations, lines = data.substations, data.lines
    first, last = day_of(year), day_of(year + 1)
    substations = substations.assign(
        worst_percent=substations["substation_id"].map(of_station).astype(np.float64),
        is_there=substations["open_day"] < last,
        has_transformer=substations["substation_id"].isin(with_transformer),
        is_new=substations["status"] != ElementStatus.existing.value,
        size_pt=[_look(voltage).size_pt for voltage in substations["voltage_kv"]],
    )
    lines = lines.assign(
        worst_percent=lines["line_id"].map(of_line).astype(np.float64),
        is_there=lines["open_day"] < last,
        width_pt=[_look(voltage).width_pt for voltage in lines["vn_kv"]],
    )
    failed = data.failed_hours_within(np.array([first, last]))
    return MapData(year, substations, lines[lines["close_day"] > first], float(failed[0]))


def _look(voltage_kv: float) -> Look:
    return next(look for look in _LOOKS if voltage_kv >= look.from_kv)


def draw_map(store: ResultStore | StudyData, *, ax: Axes | None = None, year: int | None = None) -> Axes:
    """Draw substations and lines at their places, coloured by their worst loading in percent in one local year.

    Parameters
    ----------
    store:
        Results of a run.
    ax:
        Axes to draw the whole region on, without the enlarged part; a figure with both by default.
    year:
        Local year; the last of the run by default.

    Returns
    -------
    The axes of the whole region; x are degrees east, y degrees north.

    Raises
    ------
    ValueError
        The run does not hold ``year``.
    """
    data = StudyData.of(store)
    first, last = data.manifest.from_year, data.manifest.to_year
    year = last if year is None else year
    if not first <= year <= last:
        raise ValueError(f"year {year}: the run holds {data.years_text}")
    shown = map_data(data, year)
    # Neighbours of the modelled area would shrink it; their lines leave the picture.
    own = shown.substations[shown.substations["area"] != OUTSIDE]
    own = own if len(own) else shown.substations
    lat, lon = own["lat"].to_numpy(np.float64), own["lon"].to_numpy(np.float64)
    zoom = central_window(lat, lon, _ZOOM_IN[0] / _ZOOM_IN[1]) if ax is None else None
    if ax is None:
        top = style.HEADER_IN + 0.05
        height = top + _ZOOM_IN[1] + _BOTTOM_IN
        figure = style.new_figure(height)
        main_width = _MAIN_IN[0] if zoom else style.WIDTH_IN - _LEFT_IN - style.MARGIN_IN
        right = style.WIDTH_IN - _LEFT_IN - main_width
        ax = style.add_axes(figure, _LEFT_IN, height - top - _MAIN_IN[1], right, top)
        if zoom:
            left = style.WIDTH_IN - style.MARGIN_IN - _ZOOM_IN[0]
            detail = style.add_axes(figure, left, _BOTTOM_IN, style.MARGIN_IN, top)
            _draw_panel(detail, shown, zoom, ())
            # Between the two parts is little room.
            detail.yaxis.labelpad = 1.0
            for spine in detail.spines.values():
                spine.set(color=style.INK, linewidth=1.2)
    width, height = style.size_in(ax)
    window = window_around(lat, lon).filling(width / height)
    _draw_panel(ax, shown, window, [zoom] if zoom else [])
    style.header(ax, _TITLE.format(year=year), _subtitle(data, shown), left_in=_LEFT_IN - style.MARGIN_IN)
    _draw_legend(ax, shown)
    return ax


def _draw_panel(ax: Axes, shown: MapData, window: Window, enlarged: Sequence[Window]) -> None:
    draw_graticule(ax, window)
    _draw_lines(ax, shown.lines)
    _draw_substations(ax, shown.substations)
    for inner in enlarged:
        x = [inner.west, inner.east, inner.east, inner.west, inner.west]
        y = [inner.south, inner.south, inner.north, inner.north, inner.south]
        ax.plot(x, y, color=style.INK, linewidth=1.2, zorder=7)
    draw_scale_bar(ax, window)
    write_names(ax, shown, window, enlarged)


def _band_colours(worst: FloatArray) -> list[str]:
    """Return the colour of each loading; white where there is none."""
    return [style.LOADING_COLOURS[band] if band >= 0 else style.PAPER for band in style.loading_band(worst)]


def _draw_lines(ax: Axes, lines: pd.DataFrame) -> None:
    ends = lines[["lon_from", "lat_from", "lon_to", "lat_to"]].to_numpy(np.float64).reshape(-1, 2, 2)
    width = lines["width_pt"].to_numpy(np.float64)
    worst = lines["worst_percent"].to_numpy(np.float64)
    is_there = lines["is_there"].to_numpy(bool)
    style.stroke(ax, ends[~is_there], _GHOST, 0.7, linestyles=(0, (3, 2)), zorder=1)
    # Pale colours need a dark edge; the most loaded lines lie on top.
    order = np.flatnonzero(is_there)[np.argsort(np.nan_to_num(worst[is_there], nan=-1.0), kind="stable")]
    style.stroke(ax, ends[order], _CASING, width[order] + 1.0, zorder=2)
    style.stroke(ax, ends[order], _band_colours(worst[order]), width[order], zorder=2.5)


def _draw_substations(ax: Axes, substations: pd.DataFrame) -> None:
    worst = substations["worst_percent"].to_numpy(np.float64)
    ordered = substations.iloc[np.argsort(np.nan_to_num(worst, nan=-1.0), kind="stable")]
    is_there = ordered["is_there"].to_numpy(bool)
    is_new = ordered["is_new"].to_numpy(bool)
    for mask, marker, is_ghost in (
        (~is_there, "s", True),
        (is_there & ~is_new, "o", False),
        (is_there & is_new, "s", False),
    ):
        own = ordered[mask]
        edge = np.where(own["is_representative"], style.SOFT_INK, style.INK)
        ax.scatter(
            own["lon"],
            own["lat"],
            s=(own["size_pt"] * (0.85 if marker == "s" else 1.0)) ** 2,
            marker=marker,
            c=[style.PAPER] * len(own) if is_ghost else _band_colours(own["worst_percent"].to_numpy(np.float64)),
            edgecolors=_GHOST if is_ghost else list(edge),
            linewidths=np.where(own["is_representative"], 0.5, 1.1).tolist(),
            zorder=3 if is_ghost else 4,
        )
    is_unknown = is_there & ordered["has_transformer"].to_numpy(bool) & ordered["worst_percent"].isna().to_numpy(bool)
    unknown = ordered[is_unknown]
    ax.plot(unknown["lon"], unknown["lat"], "x", color=style.ALERT, markersize=5.0, markeredgewidth=1.2, zorder=4.5)


def _subtitle(data: StudyData, shown: MapData) -> list[str]:
    hours = (day_of(shown.year + 1) - day_of(shown.year)) * HOURS_PER_DAY
    there = shown.substations[shown.substations["is_there"]]
    n_over = int((there["worst_percent"] > 100.0).sum())
    n_lines = int((shown.lines["worst_percent"] > 100.0).sum())
    state = (
        f"{shown.failed_hours:,.0f} of {hours:,.0f} hours of the year have NO solution"
        if shown.failed_hours
        else f"All {hours:,.0f} hours of the year have a solution"
    )
    lines = "1 line is" if n_lines == 1 else f"{n_lines or 'no'} lines are"
    found = f"{n_over} of {len(there)} substations hold a transformer above 100 %, {lines} above 100 %"
    found += f"; colour: worst hour of {shown.year}"
    if shown.failed_hours >= hours:
        found = "Nothing is known about the loading in this year"
    elif shown.failed_hours:
        found = f"In the solved hours {found}"
    return [f"{data.manifest.title}. {state}.", f"{found}."]


def _draw_legend(ax: Axes, shown: MapData) -> None:
    left = style.MARGIN_IN - _LEFT_IN
    LegendLine(ax, left, -0.72).words("Worst loading [%]:").loading_scale()
    pale = style.NORMAL_COLOURS[3]
    small: dict[str, Any] = {"size_pt": style.SMALL_PT}
    line = LegendLine(ax, left, -1.14)
    line.mark("o", pale, style.INK, 1.1).words("existing", **small)
    line.mark("s", pale, style.INK, 1.1).words("new", **small)
    if not shown.substations["is_there"].all():
        line.mark("s", style.PAPER, _GHOST, 1.1).words("not yet there", **small)
    line.mark("o", style.PAPER, style.INK, 1.1).words("no transformer", **small)
    line.mark("o", pale, style.SOFT_INK, 0.5).words("thin edge: representative (†), place assumed", **small)
    line = LegendLine(ax, left, -1.38)
    for look in _LOOKS:
        line.line(style.NORMAL_COLOURS[2], look.width_pt, _CASING).words(look.words, **small).skip(0.1)
    if shown.failed_hours:
        line.mark("x", style.ALERT, style.ALERT, 1.2).words("no solution in the whole year", **small)
    style.write(ax, left, -1.68, ATTRIBUTION, transform=line.place, fontsize=6.0, color=style.SOFT_INK)
