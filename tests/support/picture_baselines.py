"""Baseline pictures of every figure, and how far a picture may be from its baseline.

Pictures are drawn at full size and kept at a quarter of it. They are compared by the means of squares of 8 by 8 pixels
(0.21 inches, about the height of a row), colour by colour. Two numbers must stay small: the mean difference of all
squares, for what changes everywhere a little, and the largest of any square, for what changes in one place. Within a
square, letters that another version of the font library draws a fraction of a pixel wider or paler hardly change the
mean (letters without hinting: 0.2 to 0.8 on the mean, up to 15 in one square), while a bar, a row or a band of another
colour changes several squares by 30 and more.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from gridsim.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "plots"
#: Transformers of the baselines, enough for every kind of row, few enough for small files.
N_TRANSFORMER = 12
#: Pixels of the full picture along the side of one that is kept, and pixels kept along the side of a square.
SHRINK, SQUARE = 4, 8
#: Differences of the squares allowed, of 255 steps.
LARGEST_MEAN, LARGEST_SQUARE = 1.2, 18.0


@dataclass(frozen=True)
class Difference:
    """Mean and largest difference between the squares of two pictures, of 255; infinite when their sizes differ."""

    mean: float
    largest: float

    @property
    def is_small(self) -> bool:
        """Whether one picture may stand for the other."""
        return self.mean <= LARGEST_MEAN and self.largest <= LARGEST_SQUARE


def baseline_file(kind: str) -> Path:
    """Return where the baseline of a figure stands."""
    return FOLDER / f"{kind}.png"


def picture_of(axes: Axes) -> np.ndarray:
    """Return the figure of ``axes`` as pixels ``(height, width, 3)``, a quarter of its size."""
    content = io.BytesIO()
    style.figure_of(axes).savefig(content, format="png", dpi=style.DPI)
    return np.round(_squares(pixels_of(content), SHRINK)).astype(np.uint8)


def pixels_of(file: Path | io.BytesIO) -> np.ndarray:
    """Return the pixels of a picture file."""
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


def write_baseline(kind: str, axes: Axes) -> Path:
    """Write the baseline of a figure and return its file."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture_of(axes)).save(baseline_file(kind), optimize=True)
    return baseline_file(kind)


def difference(one: np.ndarray, other: np.ndarray) -> Difference:
    """Compare two pictures square by square."""
    if one.shape != other.shape:
        return Difference(np.inf, np.inf)
    apart = np.abs(_squares(one, SQUARE) - _squares(other, SQUARE))
    return Difference(float(apart.mean()), float(apart.max()))


def _squares(picture: np.ndarray, side: int) -> np.ndarray:
    """Return the mean colour of each square of ``side`` pixels; what is left over at two edges is cut off."""
    height, width = (size // side * side for size in picture.shape[:2])
    cut = picture[:height, :width].astype(np.float64)
    return cut.reshape(height // side, side, width // side, side, 3).mean(axis=(1, 3))
