"""Writes labels beside their points, as many as find room, with a fine line to those that stand apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patheffects import withStroke

from gridsim.plots import style
from gridsim.plots.label_placement import Box, place_labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

_LINE_PT = 10.0
#: A label this many gaps away from its point gets a line to it.
_APART = 1.7


@dataclass(frozen=True)
class Label:
    """One or two lines of text for a point in data coordinates, ``gap_pt`` away from it, in a look of its own."""

    text: str
    x: float
    y: float
    gap_pt: float
    look: Mapping[str, Any] = field(default_factory=dict)


def write_labels(ax: Axes, labels: Sequence[Label], taken: Sequence[Box], *, reach: int) -> None:
    """Write ``labels``, the first ones where they stand best; none covers another, or ``taken``, or leaves ``ax``.

    Limits of the axes must be final. ``taken`` is in pixels, ``reach`` the number of gaps that are tried.
    """
    if not labels:
        return
    figure = style.figure_of(ax)
    scale = figure.dpi / 72.0
    lines = [label.text.split("\n") for label in labels]
    sizes = np.array(
        [
            (style.text_width_in(figure, each, style.SMALL_PT) * figure.dpi, len(each) * _LINE_PT * scale)
            for each in lines
        ]
    )
    points = np.array([(label.x, label.y) for label in labels], np.float64)
    pixels = ax.transData.transform(points)
    gaps = np.array([label.gap_pt for label in labels]) * scale
    frame = ax.get_window_extent()
    inside = Box(frame.x0 + 2, frame.y0 + 2, frame.x1 - 2, frame.y1 - 2)
    corners = place_labels(pixels, sizes, gaps, taken, inside, reach)
    halo = [withStroke(linewidth=2.0, foreground=style.PAPER)]
    to_data = ax.transData.inverted()
    leaders = []
    for i, corner in enumerate(corners):
        if corner is None:
            continue
        x, y = to_data.transform((corner[0], corner[1] + sizes[i][1] / 2))
        align = "center" if len(lines[i]) > 1 else "center_baseline"
        options: dict[str, Any] = {"fontsize": style.SMALL_PT, "va": align, "path_effects": halo, "zorder": 9}
        style.write(ax, x, y, labels[i].text, **(options | dict(labels[i].look)))
        near = np.clip(pixels[i], corner, np.asarray(corner) + sizes[i])
        if np.hypot(*(pixels[i] - near)) > _APART * gaps[i]:
            leaders.append([points[i], to_data.transform(near)])
    style.stroke(ax, leaders, style.SOFT_INK, 0.5, zorder=8)


def mark_boxes(ax: Axes, points: Any, size_pt: Any) -> list[Box]:
    """Return the pixels that round marks at ``points`` (n, 2) cover; ``size_pt`` is their diameter."""
    pixels = ax.transData.transform(np.asarray(points, np.float64).reshape(-1, 2))
    radius = np.broadcast_to(np.asarray(size_pt, np.float64) * style.figure_of(ax).dpi / 72.0 / 2, len(pixels))
    return [Box(x - r, y - r, x + r, y + r) for (x, y), r in zip(pixels, radius, strict=True)]
