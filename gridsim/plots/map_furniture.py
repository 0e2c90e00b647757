"""What makes a picture of points a map: window, graticule, scale bar, north arrow, attribution.

The projection is equirectangular, stretched by the cosine of the middle latitude; over the 4 degrees of the region
distances are right within 4 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter

from gridsim.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gridsim.dtypes import AnyArray, FloatArray

KM_PER_DEGREE = 111.2
ATTRIBUTION = "© OpenStreetMap contributors (positions, ODbL 1.0). Towns: GeoNames (CC BY 4.0). Lines drawn straight."
_DEGREE_STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)
_BAR_LENGTHS_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_EDGE_IN = 0.14


@dataclass(frozen=True)
class Window:
    """A rectangle of the Earth in degrees."""

    west: float
    south: float
    east: float
    north: float

    @property
    def stretch(self) -> float:
        """Length of a degree of longitude over that of latitude, in the middle."""
        return math.cos(math.radians((self.south + self.north) / 2))

    def holds(self, lat: FloatArray, lon: FloatArray) -> AnyArray:
        """Whether points lie inside."""
        return (lat > self.south) & (lat < self.north) & (lon > self.west) & (lon < self.east)

    def filling(self, width_over_height: float) -> Window:
        """Return the smallest window around this one that fills a panel of that shape without distortion."""
        width = (self.east - self.west) * self.stretch
        height = self.north - self.south
        if width < height * width_over_height:
            grow = (height * width_over_height - width) / self.stretch / 2
            return Window(self.west - grow, self.south, self.east + grow, self.north)
        grow = (width / width_over_height - height) / 2
        return Window(self.west, self.south - grow, self.east, self.north + grow)


def window_around(lat: FloatArray, lon: FloatArray, air: float = 0.06, least_degree: float = 0.1) -> Window:
    """Return the window that holds all points, with ``air`` of its size on each side."""
    if len(lat) == 0:
        return Window(74.0, 42.5, 80.0, 46.0)
    south, north, west, east = lat.min(), lat.max(), lon.min(), lon.max()
    margin = max(air * max(north - south, east - west), least_degree)
    return Window(float(west - margin), float(south - margin), float(east + margin), float(north + margin))


def central_window(lat: FloatArray, lon: FloatArray, width_over_height: float, share: float = 0.55) -> Window | None:
    """Return the window of that shape around the ``share`` of points nearest to the median latitude and longitude.

    None when there are few points, or when it would enlarge them little.
    """
    if len(lat) < 8:
        return None
    whole = window_around(lat, lon)
    stretch = whole.stretch
    # Distance in a measure whose "circles" have the shape of the window.
    middle_lat, middle_lon = float(np.median(lat)), float(np.median(lon))
    distance = np.maximum(np.abs(lat - middle_lat) * width_over_height, np.abs(lon - middle_lon) * stretch)
    near = distance <= np.quantile(distance, share)
    inner = window_around(lat[near], lon[near], least_degree=0.03).filling(width_over_height)
    is_worth_it = inner.north - inner.south < 0.5 * (whole.north - whole.south)
    return inner if is_worth_it else None


def exit_point(window: Window, inside: tuple[float, float], outside: tuple[float, float]) -> tuple[float, float]:
    """Return where the straight line from ``inside`` to ``outside`` (latitude, longitude) leaves the window."""
    (lat, lon), (to_lat, to_lon) = inside, outside
    reach = 1.0
    for start, end, low, high in ((lat, to_lat, window.south, window.north), (lon, to_lon, window.west, window.east)):
        if end > high:
            reach = min(reach, (high - start) / (end - start))
        elif end < low:
            reach = min(reach, (low - start) / (end - start))
    return lat + reach * (to_lat - lat), lon + reach * (to_lon - lon)


def draw_graticule(ax: Axes, window: Window) -> None:
    """Set the window of ``ax`` and draw meridians and parallels at round degrees."""
    ax.set_xlim(window.west, window.east)
    ax.set_ylim(window.south, window.north)
    ax.set_aspect(1.0 / window.stretch, adjustable="box", anchor="NW")
    style.plain_axes(ax, spines=("bottom", "left", "top", "right"))
    span = max(window.east - window.west, window.north - window.south)
    step = next((step for step in _DEGREE_STEPS if span / step <= 7), _DEGREE_STEPS[-1])
    for axis, low, high in ((ax.xaxis, window.west, window.east), (ax.yaxis, window.south, window.north)):
        marks = [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
        axis.set_major_locator(FixedLocator(marks))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.2f}".rstrip("0").rstrip(".")))
    ax.grid(visible=True, color=style.FAINT_RULE, linewidth=0.6)
    style.axis_label(ax, "x", "Longitude [° east]")
    style.axis_label(ax, "y", "Latitude [° north]")


def draw_scale_bar(ax: Axes, window: Window) -> None:
    """Draw a bar of round length in the lower left corner and a north arrow in the upper right one."""
    km_wide = (window.east - window.west) * window.stretch * KM_PER_DEGREE
    length = max((km for km in _BAR_LENGTHS_KM if km <= 0.25 * km_wide), default=_BAR_LENGTHS_KM[0])
    degrees = length / KM_PER_DEGREE / window.stretch
    width_in, height_in = style.size_in(ax)
    unit_x, unit_y = (window.east - window.west) / width_in, (window.north - window.south) / height_in
    x, y = window.west + _EDGE_IN * unit_x, window.south + _EDGE_IN * unit_y
    ax.plot([x, x + degrees], [y, y], color=style.INK, linewidth=2.0, solid_capstyle="butt", zorder=8)
    style.write(ax, x + degrees / 2, y + 0.05 * unit_y, f"{length} km", ha="center", va="bottom", zorder=8)
    x, y = window.east - 0.2 * unit_x, window.north - 0.5 * unit_y
    ax.annotate(
        "",
        xy=(x, window.north - 0.1 * unit_y),
        xytext=(x, y),
        arrowprops={"arrowstyle": "-|>", "color": style.INK, "linewidth": 1.0},
        zorder=8,
    )
    style.write(ax, x, y, "N", ha="center", va="top", fontweight="bold", zorder=8)
