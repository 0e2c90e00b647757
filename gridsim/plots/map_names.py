"""Names on a map: which substations, towns and neighbours are worth one, and where it finds room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.plots import style
from gridsim.plots.label_placement import Box
from gridsim.plots.label_writing import Label, mark_boxes, write_labels
from gridsim.plots.map_furniture import Window, exit_point
from gridsim.plots.short_names import fitting_name, short_name
from gridsim.studies.finished_run import records
from gridsim.studies.legend import VOLTAGE_CLASSES
from gridsim.studies.plain_names import REPRESENTATIVE_MARK
from gridsim.studies.towns import TOWNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes


#: Substations from this voltage on are named though they are not overloaded: those of 220 kV and above.
LARGE_KV = VOLTAGE_CLASSES[1][0]
_MAX_NAMES = 40
_NAME_LIMIT = 26
#: A town is named even if its label must stand this many steps away.
_REACH = 7


@dataclass(frozen=True)
class MapData:
    """Substations and lines of one year, with ``worst_percent``, ``is_there`` (some day of the year) and looks.

    ``failed_hours`` are those of the year.
    """

    year: int
    substations: pd.DataFrame
    lines: pd.DataFrame
    failed_hours: float


def _candidates(shown: MapData, window: Window, enlarged: Sequence[Window]) -> list[Label]:
    """Collect towns, overloaded substations (worst first), large and real ones, neighbours beyond the frame."""
    italic = {"fontstyle": "italic", "color": style.SOFT_INK}
    towns = [place for place in TOWNS if window.holds(np.array(place.lat), np.array(place.lon))]
    labels = [Label(place.name, place.lon, place.lat, 3.0, italic) for place in towns]
    stations = shown.substations[shown.substations["is_there"]]
    is_inside = window.holds(stations["lat"].to_numpy(), stations["lon"].to_numpy())
    is_shown_better = np.zeros(len(stations), bool)
    for inner in enlarged:
        is_shown_better |= inner.holds(stations["lat"].to_numpy(), stations["lon"].to_numpy())
    is_over = stations["worst_percent"] > 100.0
    is_large = (stations["voltage_kv"] >= LARGE_KV) & ~stations["is_representative"]
    # On the panel of the whole region only what matters there; in the enlarged part every real name.
    is_real = ~stations["is_representative"] & (not enlarged)
    chosen = stations[is_inside & ~is_shown_better & (is_over | is_large | is_real)]
    weight = chosen["worst_percent"].where(chosen["worst_percent"] > 100.0, 0.0) + chosen["voltage_kv"] / 1e4
    for row in records(chosen.assign(weight=weight).sort_values("weight", ascending=False, kind="stable")[:_MAX_NAMES]):
        mark = f" {row.mark}" if row.mark == REPRESENTATIVE_MARK else ""
        text = fitting_name(row.name, _NAME_LIMIT) + mark
        labels.append(Label(text, row.lon, row.lat, row.size_pt / 2 + 2.0))
    return [*labels, *(Label(text, lon, lat, 4.0, italic) for text, lon, lat in _exits(shown, stations, window))]


def _exits(shown: MapData, stations: pd.DataFrame, window: Window) -> list[tuple[str, float, float]]:
    """Return for each large substation beyond the frame where a line to it leaves the panel."""
    far = stations[
        (stations["voltage_kv"] >= 400.0) & ~window.holds(stations["lat"].to_numpy(), stations["lon"].to_numpy())
    ]
    lines = shown.lines[shown.lines["is_there"]]
    from_end, to_end = (lines[[f"lat_{side}", f"lon_{side}"]].to_numpy(np.float64) for side in ("from", "to"))
    here, there = np.vstack([from_end, to_end]), np.vstack([to_end, from_end])
    starts_inside = window.holds(here[:, 0], here[:, 1])
    exits = []
    for row in records(far):
        # Both tables take the position from the same substation.
        hits = np.flatnonzero(starts_inside & (there[:, 0] == row.lat) & (there[:, 1] == row.lon))
        if len(hits):
            lat, lon = exit_point(window, tuple(here[hits[0]]), (row.lat, row.lon))
            exits.append((f"to {short_name(row.name)}", lon, lat))
    return exits


def write_names(ax: Axes, shown: MapData, window: Window, enlarged: Sequence[Window]) -> None:
    """Write as many names as find room, with a fine line to those that stand apart."""
    dpi = style.figure_of(ax).dpi
    frame = ax.get_window_extent()
    stations = shown.substations
    taken = [
        *mark_boxes(ax, stations[["lon", "lat"]], stations["size_pt"]),
        # Scale bar and north arrow.
        Box(frame.x0, frame.y0, frame.x0 + 0.3 * frame.width, frame.y0 + 0.4 * dpi),
        Box(frame.x1 - 0.4 * dpi, frame.y1 - 0.75 * dpi, frame.x1, frame.y1),
    ]
    towns = [place for place in TOWNS if window.holds(np.array(place.lat), np.array(place.lon))]
    lon_lat = ([place.lon for place in towns], [place.lat for place in towns])
    ax.plot(*lon_lat, "+", color=style.SOFT_INK, markersize=5, zorder=3.5)
    write_labels(ax, _candidates(shown, window, enlarged), taken, reach=_REACH)
