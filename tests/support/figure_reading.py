"""What a reader sees of a figure: its words with the place they take, and the units of its axes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from gridsim.plots import style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.transforms import Bbox

#: What is written along an axis of time: years, months, or days with their month.
_TIME = re.compile(r"(19|20|21)\d\d|[A-Z][a-z]{2}(\n(19|20|21)\d\d)?|[A-Z][a-z]{2} \d\d [A-Z][a-z]{2}( \d{4})?")
_NUMBER = re.compile(r"[−-]?[\d,]+(\.\d+)?(e[+-]?\d+)?")
_UNIT = re.compile(r"\[[^\]]+\]")


def words(axes: Axes) -> Iterator[tuple[str, Bbox]]:
    """Every visible text of the figure with the pixels it covers, a little shrunk: descenders may touch."""
    for panel in style.figure_of(axes).axes:
        texts = [*panel.texts, panel.xaxis.label, panel.yaxis.label]
        for axis in (panel.xaxis, panel.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if low <= tick.get_loc() <= high:
                    texts += [label for label in (tick.label1, tick.label2) if label.get_visible()]
        for text in texts:
            if text.get_visible() and text.get_text().strip():
                box = text.get_window_extent()
                yield text.get_text(), box.shrunk(0.98, 0.8)


def covered(axes: Axes) -> list[tuple[str, str]]:
    """Return pairs of texts that lie over one another."""
    found = list(words(axes))
    x0, y0, x1, y1 = np.array([box.extents for _, box in found]).T
    meets = (x0[:, None] <= x1) & (x0 <= x1[:, None]) & (y0[:, None] <= y1) & (y0 <= y1[:, None])
    return [(found[a][0], found[b][0]) for a, b in np.argwhere(np.triu(meets, k=1))]


def outside(axes: Axes) -> list[str]:
    """Return texts that leave the picture."""
    picture = style.figure_of(axes).bbox
    return [
        text
        for text, box in words(axes)
        if box.x0 < picture.x0 or box.x1 > picture.x1 or box.y0 < picture.y0 or box.y1 > picture.y1
    ]


def tick_words(axis: Axis) -> list[str]:
    """Return what is written at the visible major ticks of an axis."""
    low, high = sorted(axis.get_view_interval())
    ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    shown = [label.get_text() for tick in ticks for label in (tick.label1, tick.label2) if label.get_visible()]
    return [text for text in shown if text.strip()]


def axes_without_unit(axes: Axes) -> list[str]:
    """Return the axes of the figure that carry numbers but no unit, in their label or in a title of their panel.

    Time needs none, names of rows are no numbers.
    """
    missing = []
    for number, panel in enumerate(style.figure_of(axes).axes):
        for name, axis in (("x", panel.xaxis), ("y", panel.yaxis)):
            texts = tick_words(axis)
            is_time = all(_TIME.fullmatch(text) for text in texts)
            has_numbers = any(_NUMBER.fullmatch(text) for text in texts)
            said = [axis.get_label_text()] if name == "x" else [axis.get_label_text(), *titles_of(panel)]
            if has_numbers and not is_time and not any(_UNIT.search(text) for text in said):
                missing.append(f"{name} of panel {number}: {texts}")
    return missing


def titles_of(panel: Axes) -> list[str]:
    """Return what is written just above a panel, where the titles of lanes stand."""
    top = panel.get_window_extent().y1
    reach = 0.3 * style.figure_of(panel).dpi
    return [text.get_text() for text in panel.texts if top <= text.get_window_extent().y0 <= top + reach]
