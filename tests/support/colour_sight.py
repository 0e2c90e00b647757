"""How colours look to those who see fewer of them, and in greyscale, as plain matrices and formulas."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Simulation of full colour blindness of each kind, on linear RGB: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes,
#: "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE Transactions on Visualization and
#: Computer Graphics 15 (6), 2009, severity 1.0.
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = np.array([0.9505, 1.0, 1.089])


def linear(colour: str) -> np.ndarray:
    """Return linear RGB of ``#rrggbb`` (IEC 61966-2-1)."""
    srgb = np.array([int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)])
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def seen(colour: str, blindness: str | None = None) -> np.ndarray:
    """Return linear RGB of a colour as somebody with a kind of ``BLINDNESS`` sees it."""
    rgb = linear(colour)
    return rgb if blindness is None else np.clip(np.array(BLINDNESS[blindness]) @ rgb, 0.0, 1.0)


def lab(rgb: np.ndarray) -> np.ndarray:
    """Return CIE L*a*b* (1976, white point D65) of linear RGB."""
    ratio = (_TO_XYZ @ rgb) / _WHITE
    f = np.where(ratio > 216.0 / 24389.0, np.cbrt(ratio), (24389.0 / 27.0 * ratio + 16.0) / 116.0)
    return np.array([116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])])


def lightness(colour: str, blindness: str | None = None) -> float:
    """Return L* (0 black, 100 white), what greyscale leaves of a colour."""
    return float(lab(seen(colour, blindness))[0])


def least_difference(colours: Sequence[str], blindness: str | None = None) -> float:
    """Return the smallest difference (CIE 1976, delta E) between any two of the colours."""
    places = [lab(seen(colour, blindness)) for colour in colours]
    return min(float(np.linalg.norm(a - b)) for a, b in combinations(places, 2))
