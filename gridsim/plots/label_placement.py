"""Where to put marks and words so that none covers another. Plain geometry in pixels, no drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridsim.dtypes import FloatArray, IndexArray


@dataclass(frozen=True)
class Box:
    """An upright rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )

    def is_inside(self, other: Box) -> bool:
        """Whether all of this lies within ``other``."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )


def stack_in_tiers(positions: FloatArray, width: float) -> IndexArray:
    """Return the tier (0, 1, ...) of each mark on a line so that marks of one tier are ``width`` apart.

    ``positions`` must be ascending; each mark takes the lowest tier that is free.
    """
    ends: list[float] = []
    tiers = np.zeros(len(positions), np.int64)
    for i, position in enumerate(positions):
        tier = next((k for k, end in enumerate(ends) if position - end >= width), len(ends))
        if tier == len(ends):
            ends.append(position)
        ends[tier] = position
        tiers[i] = tier
    return tiers


def spread_out(positions: FloatArray, gap: float, low: float, high: float) -> FloatArray:
    """Return ``positions`` moved as little as needed to be ``gap`` apart and, if they fit, within ``low`` and ``high``.

    Order is kept. Used for labels at the end of curves.
    """
    if len(positions) == 0:
        return positions.astype(np.float64)
    order = np.argsort(positions, kind="stable")
    # With the rank times the gap taken off, "gap apart" becomes "not descending": pool neighbours that violate it.
    offset = np.arange(len(positions)) * gap
    pools: list[tuple[float, int]] = []
    for value in positions[order] - offset:
        mean, n = float(value), 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, n = (before * count + mean * n) / (count + n), count + n
        pools.append((mean, n))
    spread = np.concatenate([np.full(n, mean) for mean, n in pools])
    highest = max(high - offset[-1], low)
    moved = np.empty(len(positions))
    moved[order] = np.clip(spread, low, highest) + offset
    return moved


#: Directions in which a label may stand from its point: right, upper right, ... ; first is liked best.
_DIRECTIONS = ((1, 0), (1, 1), (1, -1), (-1, 0), (-1, 1), (-1, -1), (0, 1), (0, -1))


def place_labels(
    points: FloatArray, sizes: FloatArray, gaps: FloatArray, taken: Sequence[Box], frame: Box, reach: int = 3
) -> list[tuple[float, float] | None]:
    """Return the lower left corner of each label, or ``None`` where it does not fit.

    Parameters
    ----------
    points, sizes:
        (n, 2) pixels: what the label names, and width and height of the label. Earlier labels have the first choice.
    gaps:
        (n,) pixels between point and label (radius of the symbol and a little air).
    taken:
        Rectangles that no label may touch.
    frame:
        Labels stay inside.
    reach:
        How many distances are tried: 1, 2, ... times the gap.
    """
    occupied = list(taken)
    corners: list[tuple[float, float] | None] = []
    for (x, y), (width, height), gap in zip(points, sizes, gaps, strict=True):
        corner = None
        for distance in range(1, reach + 1):
            for dx, dy in _DIRECTIONS:
                shift = gap * distance * (0.75 if dx and dy else 1.0)
                left = x + dx * shift + (dx - 1) * width / 2
                bottom = y + dy * shift + (dy - 1) * height / 2
                box = Box(left, bottom, left + width, bottom + height)
                if box.is_inside(frame) and not any(box.overlaps(other) for other in occupied):
                    corner = (left, bottom)
                    occupied.append(box)
                    break
            if corner is not None:
                break
        corners.append(corner)
    return corners
