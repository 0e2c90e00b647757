"""Colours that survive greyscale and colour blindness, and the bands they stand for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from gridsim.plots import style
from gridsim.plots.attribution_figure import KINDS
from gridsim.plots.compare_figure import A_COLOUR, B_COLOUR, BETTER_COLOUR, BETTER_MARK, WORSE_COLOUR, WORSE_MARK
from gridsim.plots.demand_data import USES
from gridsim.plots.fixes_figure import LOOKS
from gridsim.plots.hosting_figure import draw_hosting
from gridsim.plots.thermal_week_figure import AIR_COLOUR, HOT_COLOUR, OIL_COLOUR, draw_thermal_week
from tests.support.colour_sight import BLINDNESS, lab, least_difference, lightness, seen
from tests.support.synthetic_studies import hosting_result, thermal_week_result


def test_luminance_of_white_black_and_red() -> None:
    assert [style.luminance(c) for c in ("#FFFFFF", "#000000")] == [1.0, 0.0]
    assert abs(style.luminance("#FF0000") - 0.2126) < 1e-12


def test_colours_of_loading_fall_in_luminance() -> None:
    steps = [lightness(colour) for colour in style.LOADING_COLOURS]
    falls = [before - after for before, after in pairwise(steps)]
    assert min(falls) >= 3.0
    assert min(falls[len(style.NORMAL_COLOURS) :]) >= 8.0


def test_the_step_at_100_percent_is_the_clearest_below_130() -> None:
    steps = [lightness(colour) for colour in style.LOADING_COLOURS]
    at_limit = steps[len(style.NORMAL_COLOURS) - 1] - steps[len(style.NORMAL_COLOURS)]
    below = [a - b for a, b in pairwise(steps[: len(style.NORMAL_COLOURS)])]
    assert at_limit > 1.25 * max(below)


@pytest.mark.parametrize("blindness", list(BLINDNESS))
def test_the_order_survives_every_colour_blindness(blindness: str) -> None:
    steps = [lightness(colour, blindness) for colour in style.LOADING_COLOURS]
    assert min(before - after for before, after in pairwise(steps)) >= 3.0
    assert min(before - after for before, after in pairwise(steps[len(style.NORMAL_COLOURS) :])) >= 10.0
    # Blue against orange: the step at 100 % stays clear to all of them.
    at_limit = style.LOADING_COLOURS[len(style.NORMAL_COLOURS) - 1 : len(style.NORMAL_COLOURS) + 1]
    assert least_difference(at_limit, blindness) >= 30.0


@pytest.mark.parametrize("blindness", [None, *BLINDNESS])
def test_bands_can_be_told_apart(blindness: str | None) -> None:
    # 2.3 is the difference that is just noticed when colours lie side by side.
    assert least_difference(style.LOADING_COLOURS, blindness) >= 2 * 2.3
    assert least_difference(style.OVERLOAD_COLOURS, blindness) >= 14.0


def test_simulated_sight_keeps_grey_and_loses_red_against_green() -> None:
    for blindness in BLINDNESS:
        np.testing.assert_allclose(seen("#808080", blindness), seen("#808080"), atol=1e-5)
    red, green = "#C23B22", "#5E7F22"
    assert least_difference([red, green], "deuteranopia") < least_difference([red, green]) / 3.0
    # White of sRGB is L* 100; pure blue of sRGB is L* 32.3, a* 79.2, b* -107.9.
    np.testing.assert_allclose(lab(seen("#FFFFFF")), [100.0, 0.0, 0.0], atol=0.02)
    np.testing.assert_allclose(lab(seen("#0000FF")), [32.3, 79.2, -107.9], atol=0.1)


def test_parts_of_bars_differ_in_greyscale() -> None:
    of_bars = [colour for _, _, colour in KINDS]
    grey = sorted(lightness(colour) for colour in of_bars)
    assert min(high - low for low, high in pairwise(grey)) >= 9.0
    # Layers of demand stand in the order of their legend, so that neighbours alone must differ.
    assert min(abs(lightness(low.colour) - lightness(high.colour)) for low, high in pairwise(USES)) >= 9.0
    assert abs(lightness(A_COLOUR) - lightness(B_COLOUR)) >= 30.0


def test_marks_differ_where_colours_do() -> None:
    assert len({marker for marker, _ in LOOKS.values()}) == len(LOOKS)
    assert WORSE_MARK != BETTER_MARK
    assert abs(lightness(WORSE_COLOUR) - lightness(BETTER_COLOUR)) >= 15.0


def test_lines_of_temperatures_differ_without_colours() -> None:
    lane = style.figure_of(draw_thermal_week(thermal_week_result())).axes[1]
    looks = {line.get_color(): line.get_linestyle() for line in lane.lines}
    assert looks[OIL_COLOUR] != looks[HOT_COLOUR] == "-"
    # Air is drawn in steps, not as a line from hour to hour.
    assert [patch.get_edgecolor()[:3] for patch in lane.patches] == [pytest.approx(style.to_rgb(AIR_COLOUR))]


def test_numbers_held_by_an_overload_carry_a_star() -> None:
    found = hosting_result(12)
    texts = [text for text in draw_hosting(found).texts if text.get_text().startswith("*")]
    known = found.table[~found.table["is_failed"]]
    is_starred = known["n1_is_above_before"] & (known["n1_firm_mw"] > 0.0)
    expected = int(known["n0_is_above_before"].sum() + is_starred.sum())
    # One more explains it in the legend.
    assert len(texts) == expected + 1
    assert {text.get_color() for text in texts} == {"#B5532A"}


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
