"""Colours that survive greyscale and colour blindness, and the bands they stand for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from gridsim.plots import style

#: Linear-RGB simulation of full colour blindness of each kind (Machado, Oliveira and Fernandes 2009, severity 1.0).
BLINDNESS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> np.ndarray:
    srgb = np.array([int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)])
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lightness(luminance: float) -> float:
    return 116.0 * luminance ** (1 / 3) - 16.0 if luminance > 0.008856 else 903.3 * luminance


def test_luminance_of_white_black_and_red() -> None:
    assert [style.luminance(c) for c in ("#FFFFFF", "#000000")] == [1.0, 0.0]
    assert abs(style.luminance("#FF0000") - 0.2126) < 1e-12


def test_colours_of_loading_fall_in_luminance() -> None:
    steps = [lightness(style.luminance(colour)) for colour in style.LOADING_COLOURS]
    falls = [before - after for before, after in pairwise(steps)]
    assert min(falls) >= 3.0
    assert min(falls[len(style.NORMAL_COLOURS) :]) >= 8.0


def test_the_step_at_100_percent_is_the_clearest_below_130() -> None:
    steps = [lightness(style.luminance(colour)) for colour in style.LOADING_COLOURS]
    at_limit = steps[len(style.NORMAL_COLOURS) - 1] - steps[len(style.NORMAL_COLOURS)]
    below = [a - b for a, b in pairwise(steps[: len(style.NORMAL_COLOURS)])]
    assert at_limit > 1.25 * max(below)


def test_the_order_survives_every_colour_blindness() -> None:
    for matrix in BLINDNESS.values():
        seen = [np.clip(np.array(matrix) @ linear(colour), 0, 1) for colour in style.LOADING_COLOURS]
        steps = [lightness(float(rgb @ [0.2126, 0.7152, 0.0722])) for rgb in seen]
        assert all(before > after for before, after in pairwise(steps))


def test_bands_hold_their_upper_end() -> None:
    n_normal = len(style.NORMAL_COLOURS)
    assert list(style.loading_band([0.0, 50.0, 50.1, 99.9, 100.0, 100.01, 110.0, 151.0, 900.0, np.nan])) == [
        0, 0, 1, n_normal - 1, n_normal - 1, n_normal, n_normal, 9, 9, -1,
    ]  # fmt: skip


def test_labels_of_bands() -> None:
    assert style.band_labels(style.OVERLOAD_EDGES) == [
        "100–110 %", "110–120 %", "120–130 %", "130–150 %", "over 150 %",
    ]  # fmt: skip


def test_shortened_names_end_in_an_ellipsis_and_keep_their_length() -> None:
    assert style.shorten("Kaskelen", 8) == "Kaskelen"
    assert style.shorten("Kaskelen 220 (Batan)", 14) == "Kaskelen 220…"
