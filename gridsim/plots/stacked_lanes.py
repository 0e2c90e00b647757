"""What figures of lanes one above the other share: titles, levels named beside the lane, the highest value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridsim.assess.thermal_parameters import CYCLIC_C, NORMAL_AGEING_C
from gridsim.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gridsim.dtypes import FloatArray

#: Levels nearer to one another than this cannot both be named.
LEVEL_WORDS_IN = 0.12
NORMAL_AGEING_WORDS, CYCLIC_WORDS = f"{NORMAL_AGEING_C:g} °C: normal ageing", f"{CYCLIC_C:g} °C: normal cyclic limit"


def lane_title(ax: Axes, text: str) -> None:
    """Write the title of a lane above it."""
    style.write(ax, 0.0, 0.06, text, transform=style.inches_from(ax, 0.0, 1.0), color=style.SOFT_INK)


def name_level(ax: Axes, value: float, words: str, *, colour: str = style.ALERT) -> None:
    """Write what a level means to the right of the lane, whose limits must stand."""
    low, high = ax.get_ylim()
    place = style.inches_from(ax, 1.0, (value - low) / (high - low))
    style.write(ax, 0.06, 0.0, words, transform=place, va="center", fontsize=style.SMALL_PT, color=colour)


def highest(values: FloatArray) -> float:
    """Return the highest known value, 0 when there is none."""
    return float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
