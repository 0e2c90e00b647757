"""Hours without solution, shown before anything else: a lane of its own on top, and hatching over what they hide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.plots import style
from gridsim.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gridsim.dtypes import FloatArray

FAILED_WORDS = "Hours without solution"
#: The lowest bar is still four pixels high: one hour must not vanish.
LEAST_HEIGHT_IN = 0.027


def bar_height_in(share: FloatArray, full_in: float) -> FloatArray:
    """Return the height of the bar for a share of hours: its root, so that a few hours are seen beside hundreds."""
    return np.maximum(np.sqrt(np.clip(share, 0.0, 1.0)) * full_in, LEAST_HEIGHT_IN)


def draw_failed_lane(ax: Axes, edges_day: FloatArray, hours: FloatArray, top_in: float, height_in: float) -> None:
    """Draw a bar per cell of time with hours without solution, in a hatched box; y of ``ax`` runs downwards.

    Parameters
    ----------
    edges_day, hours:
        (n + 1,) edges of the cells in local days, (n,) hours without solution in each.
    top_in, height_in:
        Where the lane lies.
    """
    hit = np.flatnonzero(hours)
    left, right = edges_day[hit], edges_day[hit + 1]
    bottom = np.full(len(hit), top_in + height_in)
    share = hours[hit] / (HOURS_PER_DAY * (right - left))
    style.hatch(ax, style.rectangles(left, right, bottom - height_in, bottom))
    style.fill(
        ax, style.rectangles(left, right, bottom - bar_height_in(share, height_in), bottom), style.ALERT, zorder=4
    )
