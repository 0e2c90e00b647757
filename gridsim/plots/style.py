"""One look for every figure: sizes, fonts, colours and the few drawing habits that all of them share.

Figures are drawn without ``pyplot`` and without touching ``rcParams``, so that several threads may draw at once; only
while an SVG or PDF is written are settings of these formats changed, by one thread at a time
(:mod:`gridsim.plots.file_formats`). 10.67 inches at 150 dots per inch are 1600 pixels; the smallest letters, of 6
points, take then 12 pixels. Colours of loading fall in luminance from empty to overloaded, with a jump at 100 %, so
that the order survives greyscale printing and every kind of colour blindness; hue only helps.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import ScaledTranslation, Transform

from gridsim.studies import legend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from gridsim.dtypes import AnyArray

DPI = 150
WIDTH_IN = 10.67
MARGIN_IN = 0.3
HEADER_IN = 0.95

FONT = "DejaVu Sans"
TITLE_PT = 14.0
SUBTITLE_PT = 9.0
LABEL_PT = 8.0
SMALL_PT = 7.0
LINE_SPACING = 1.35

INK, SOFT_INK, PAPER, ALERT = legend.INK, legend.SOFT_INK, legend.PAPER, legend.ALERT
RULE, ABSENT = legend.RULE, legend.ABSENT
FAINT_RULE = "#E6E6E6"

NORMAL_EDGES, OVERLOAD_EDGES = legend.NORMAL_EDGES, legend.OVERLOAD_EDGES
NORMAL_COLOURS, OVERLOAD_COLOURS = legend.NORMAL_COLOURS, legend.OVERLOAD_COLOURS
LOADING_EDGES = (*NORMAL_EDGES, *OVERLOAD_EDGES)
LOADING_COLOURS = (*NORMAL_COLOURS, *OVERLOAD_COLOURS)

_HATCH = "/////"
#: Numbers from here on stand on an axis without decimals.
_WHOLE_FROM = 1000.0


def band_labels(edges: Sequence[float]) -> list[str]:
    """Return ``100–110 %`` ... for the lower ``edges`` of loading bands; the band after the last edge is open."""
    closed = [f"{low:.0f}–{high:.0f} %" for low, high in itertools.pairwise(edges)]
    return [*closed, f"over {edges[-1]:.0f} %"]


def loading_band(percent: Any) -> Any:
    """Return the position of the band (in ``LOADING_COLOURS``) of each loading in percent; -1 where it is NaN.

    A loading of exactly 100 % is not above 100 %: bands hold their upper end.
    """
    values = np.asarray(percent, np.float64)
    band = np.clip(np.searchsorted(LOADING_EDGES, values, side="left") - 1, 0, len(LOADING_EDGES) - 1)
    return np.where(np.isnan(values), -1, band)


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.1, 0 black to 1 white) of a colour."""
    srgb = np.asarray(to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


class _Canvas(FigureCanvasAgg):
    """An Agg canvas that draws the same whatever else is loaded.

    ``import pandapower`` replaces a method of matplotlib's renderers, after which every line has round ends.
    """

    def get_renderer(self) -> Any:
        """Return the renderer with a graphics context of its own."""
        renderer: Any = super().get_renderer()  # type: ignore[no-untyped-call]
        renderer.new_gc = GraphicsContextBase
        return renderer


def new_figure(height_in: float, width_in: float = WIDTH_IN) -> Figure:
    """Return an empty figure with an Agg canvas of its own."""
    figure = Figure(figsize=(width_in, height_in), dpi=DPI, facecolor=PAPER)
    _Canvas(figure)
    return figure


def add_axes(figure: Figure, left_in: float, bottom_in: float, right_in: float, top_in: float) -> Axes:
    """Return new axes whose margins to the four edges of the figure are given in inches."""
    width, height = figure.get_size_inches()
    rectangle = (
        left_in / width,
        bottom_in / height,
        max(width - left_in - right_in, 0.5) / width,
        max(height - bottom_in - top_in, 0.5) / height,
    )
    return figure.add_axes(rectangle)


def figure_of(ax: Axes) -> Figure:
    """Return the outermost figure of ``ax``."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("these axes belong to no figure")
    return figure


def inches_from(ax: Axes, x: float, y: float) -> Transform:
    """Return the transform from inches, counted from the point (x, y) of ``ax`` in axes fractions, to pixels."""
    origin: Any = ax.transAxes
    return figure_of(ax).dpi_scale_trans + ScaledTranslation(x, y, origin)


def write(ax: Axes, x: float, y: float, text: str, **options: Any) -> Text:
    """Write ``text`` in the house font; ``options`` are those of :class:`matplotlib.text.Text`."""
    settings: dict[str, Any] = {
        "fontfamily": FONT,
        "fontsize": LABEL_PT,
        "color": INK,
        "clip_on": False,
        # A name with a dollar sign or a caret is a name, not mathematics.
        "parse_math": False,
    }
    return ax.text(x, y, text, **(settings | options))


def rectangles(left: AnyArray, right: AnyArray, top: AnyArray, bottom: AnyArray) -> AnyArray:
    """Return the corners (n, 4, 2) of upright rectangles; scalars hold for all of them."""
    left, right, top, bottom = np.broadcast_arrays(*np.atleast_1d(left, right, top, bottom))
    x = np.stack([left, right, right, left], axis=1)
    y = np.stack([top, top, bottom, bottom], axis=1)
    return np.stack([x, y], axis=2)


def fill(ax: Axes, corners: AnyArray, colours: Any, **options: Any) -> PolyCollection:
    """Fill polygons (n, 4, 2) on ``ax`` in one collection; it is not cut off at the edge of the axes."""
    shapes: Any = corners
    settings: dict[str, Any] = {"facecolors": colours, "edgecolors": "none", "linewidths": 0.0, "clip_on": False}
    collection = PolyCollection(shapes, **(settings | options))
    ax.add_collection(collection, autolim=False)
    return collection


def stroke(ax: Axes, segments: Any, colours: Any, width_pt: Any, **options: Any) -> None:
    """Draw lines (n, 2, 2) on ``ax`` in one collection, cut off at the edge of the axes."""
    shapes: Any = list(segments)
    ax.add_collection(LineCollection(shapes, colors=colours, linewidths=width_pt, **options), autolim=False)


def hatch(ax: Axes, corners: AnyArray, **options: Any) -> None:
    """Hatch polygons (n, 4, 2) so that what is below shows through: the sign of hours without solution."""
    settings = {"edgecolors": to_rgba(ALERT, 0.75), "hatch": _HATCH, "zorder": 3} | options
    veil = fill(ax, corners, [to_rgba(ALERT, 0.22)], **settings)
    # Older matplotlib takes the width from rcParams only; its thicker lines do no harm.
    if hasattr(veil, "set_hatch_linewidth"):
        veil.set_hatch_linewidth(0.5)


def size_in(ax: Axes) -> tuple[float, float]:
    """Return width and height of ``ax`` in inches."""
    box, dpi = ax.get_window_extent(), figure_of(ax).dpi
    return float(box.width) / dpi, float(box.height) / dpi


def text_width_in(figure: Figure, texts: Sequence[str], size_pt: float) -> float:
    """Return the width in inches of the widest of ``texts``; 0 when there is none."""
    return max((_text_width_px(text, size_pt, figure.dpi) for text in set(texts)), default=0.0) / figure.dpi


@lru_cache(maxsize=4096)
def _text_width_px(text: str, size_pt: float, dpi: float) -> float:
    # A renderer of its own: measuring must not touch the one that will draw.
    renderer: Any = RendererAgg(1.0, 1.0, dpi)  # type: ignore[no-untyped-call]
    font = FontProperties(family=FONT, size=size_pt)
    return float(renderer.get_text_width_height_descent(text, font, False)[0])


def shorten(text: str, limit: int) -> str:
    """Return ``text`` cut to ``limit`` characters, with an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip(" ,(-–") + "…"


def header(ax: Axes, title: str, subtitle: Sequence[str], *, left_in: float = 0.0, lift_in: float = 0.1) -> None:
    """Write title and subtitle lines above ``ax``, starting ``left_in`` to the left of it and ``lift_in`` above it.

    A first line that speaks of hours with NO solution is written in the colour of alert.
    """
    place = inches_from(ax, 0.0, 1.0)
    step = SUBTITLE_PT * LINE_SPACING / 72.0
    figure = figure_of(ax)
    room_in = figure.get_size_inches()[0] - ax.get_window_extent().x0 / figure.dpi + left_in - MARGIN_IN / 2
    for i, line in enumerate(reversed(subtitle)):
        colour = ALERT if " NO " in line else SOFT_INK
        # A long title of a scenario must not run out of the picture.
        size = max(SUBTITLE_PT * min(1.0, room_in / text_width_in(figure, [line], SUBTITLE_PT)), SMALL_PT)
        text = shorten(line, int(len(line) * room_in / text_width_in(figure, [line], size)))
        write(ax, -left_in, lift_in + i * step, text, transform=place, fontsize=size, color=colour)
    lift = lift_in + len(subtitle) * step + 0.05
    write(ax, -left_in, lift, title, transform=place, fontsize=TITLE_PT, fontweight="bold")


def plain_axes(ax: Axes, *, spines: Sequence[str] = ("bottom",)) -> None:
    """Give ``ax`` the house look: thin rules, small labels, only the named ``spines``."""
    for name, spine in ax.spines.items():
        spine.set_visible(name in spines)
        spine.set_color(SOFT_INK)
        spine.set_linewidth(0.7)
    ax.tick_params(
        which="both", labelsize=LABEL_PT, labelfontfamily=FONT, labelcolor=INK, color=SOFT_INK, width=0.7, length=3.0
    )
    ax.set_axisbelow(True)


def plain_number(value: float) -> str:
    """Return a number as it stands on an axis: thousands apart, decimals only where they say something."""
    return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:.4g}"


def plain_numbers(ax: Axes, axis: str) -> None:
    """Write the numbers of the ``x`` or ``y`` axis of ``ax`` plainly: no offset, no power of ten."""
    of_axis = ax.xaxis if axis == "x" else ax.yaxis
    of_axis.set_major_formatter(FuncFormatter(lambda value, _: plain_number(value)))


def axis_label(ax: Axes, axis: str, text: str) -> None:
    """Label the ``x`` or ``y`` axis of ``ax``; the text carries the unit."""
    setter = ax.set_xlabel if axis == "x" else ax.set_ylabel
    setter(text, fontfamily=FONT, fontsize=LABEL_PT, color=INK)


def name_rows(ax: Axes, places: Any, names: Sequence[str], *, pad_pt: float = 5.0) -> list[Text]:
    """Write a name to the left of each row of ``ax`` and return the texts."""
    ax.set_yticks(places, names)
    ax.tick_params(axis="y", length=0.0, pad=pad_pt)
    labels = ax.get_yticklabels()
    for label in labels:
        # As in what ``write`` writes.
        label.set_parse_math(False)
    return labels
