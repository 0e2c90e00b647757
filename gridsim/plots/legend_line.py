"""A line of a legend, written from left to right below a figure: words, swatches, the scale of loading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SWATCH_HEIGHT_IN = 0.13
_BAND_IN = 0.40
_GAP_IN = 0.12


class LegendLine:
    """A cursor on a line ``y_in`` inches above the lower left corner of ``ax``; every method moves it to the right."""

    def __init__(self, ax: Axes, x_in: float, y_in: float) -> None:
        self.ax = ax
        self.x_in = x_in
        self.y_in = y_in
        self.place = style.inches_from(ax, 0.0, 0.0)

    def words(self, text: str, *, size_pt: float = style.LABEL_PT, colour: str = style.INK) -> LegendLine:
        """Write words."""
        style.write(
            self.ax, self.x_in, self.y_in, text, transform=self.place, va="center", fontsize=size_pt, color=colour
        )
        return self.skip(style.text_width_in(style.figure_of(self.ax), [text], size_pt) + _GAP_IN)

    def skip(self, width_in: float) -> LegendLine:
        """Leave room."""
        self.x_in += width_in
        return self

    def swatch(
        self, colour: str, *, width_in: float = 0.2, height_in: float = _SWATCH_HEIGHT_IN, base_in: float | None = None
    ) -> LegendLine:
        """Draw a filled box, centred on the line, or standing ``base_in`` below its middle."""
        bottom = self.y_in - (height_in / 2 if base_in is None else base_in)
        self._fill(colour, width_in, bottom, height_in)
        return self.skip(width_in + 0.06)

    def hatched(self, *, width_in: float = 0.35) -> LegendLine:
        """Draw a hatched box."""
        style.hatch(self.ax, self._box(width_in, self.y_in - _SWATCH_HEIGHT_IN / 2, _SWATCH_HEIGHT_IN), **self._look)
        return self.skip(width_in + 0.06)

    def mark(self, marker: str, face: str, edge: str, edge_pt: float) -> LegendLine:
        """Draw one mark of a map."""
        self.ax.plot(
            [self.x_in + 0.05],
            [self.y_in],
            marker,
            markersize=6.5,
            markerfacecolor=face,
            markeredgecolor=edge,
            markeredgewidth=edge_pt,
            transform=self.place,
            clip_on=False,
        )
        return self.skip(0.16)

    def line(self, colour: str, width_pt: float, casing: str | None = None, *, dashes: Any = "-") -> LegendLine:
        """Draw a piece of a line, with dark edges in the colour ``casing`` where there are any."""
        options: dict[str, Any] = {"transform": self.place, "clip_on": False, "linestyle": dashes}
        ends = [self.x_in, self.x_in + 0.3], [self.y_in] * 2
        if casing is not None:
            self.ax.plot(*ends, color=casing, linewidth=width_pt + 1.0, **options)
        self.ax.plot(*ends, color=colour, linewidth=width_pt, **options)
        return self.skip(0.36)

    def loading_scale(self) -> LegendLine:
        """Draw all bands of loading, with their lower ends below and a gap where 100 % stands."""
        top, below = self.y_in + _SWATCH_HEIGHT_IN / 2, self.y_in - _SWATCH_HEIGHT_IN / 2 - 0.03
        options: dict[str, Any] = {"transform": self.place, "va": "top", "ha": "center", "fontsize": style.SMALL_PT}
        for edge, colour in zip(style.LOADING_EDGES, style.LOADING_COLOURS, strict=True):
            is_limit = edge == style.OVERLOAD_EDGES[0]
            self.skip(_GAP_IN if is_limit else 0.0)
            box = style.rectangles(*np.atleast_1d(self.x_in, self.x_in + _BAND_IN, top, top - _SWATCH_HEIGHT_IN))
            style.fill(self.ax, box, colour, edgecolors=style.SOFT_INK, linewidths=0.4, transform=self.place)
            weight = {"fontweight": "bold"} if is_limit else {}
            at = self.x_in - (_GAP_IN / 2 if is_limit else 0.0)
            style.write(self.ax, at, below, f"{edge:.0f}", **options, **weight)
            self.skip(_BAND_IN)
        return self.skip(0.3)

    @property
    def _look(self) -> dict[str, Any]:
        return {"transform": self.place}

    def _box(self, width_in: float, bottom: float, height_in: float) -> Any:
        return style.rectangles(*np.atleast_1d(self.x_in, self.x_in + width_in, bottom + height_in, bottom))

    def _fill(self, colour: str, width_in: float, bottom: float, height_in: float) -> None:
        style.fill(self.ax, self._box(width_in, bottom, height_in), colour, **self._look)
