"""What everybody sees at once: nothing covers anything, every axis has a unit, failures come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridsim.plots import KINDS, draw_demand_and_capacity, draw_loading_heatmap, draw_map, draw_overload_timeline, style
from gridsim.plots.failed_hours import FAILED_WORDS
from tests.plots.conftest import STUDIES
from tests.support.figure_reading import axes_without_unit, covered, outside, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gridsim.results import ResultStore

EVERY = pytest.mark.parametrize(("study", "kind"), [(study, kind) for study in STUDIES for kind in KINDS])
Drawn = dict[tuple[str, str], "Axes"]


def figure_of(axes: Axes) -> Figure:
    return style.figure_of(axes)


@EVERY
def test_no_text_covers_another(drawn: Drawn, study: str, kind: str) -> None:
    assert len(list(words(drawn[study, kind]))) > 10
    assert covered(drawn[study, kind]) == []


@EVERY
def test_no_text_leaves_the_picture(drawn: Drawn, study: str, kind: str) -> None:
    assert outside(drawn[study, kind]) == []


@EVERY
def test_every_axis_with_numbers_has_a_unit(drawn: Drawn, study: str, kind: str) -> None:
    assert axes_without_unit(drawn[study, kind]) == []
    # Axes of time say what their numbers are, too.
    assert all("[" in panel.get_xlabel() for panel in figure_of(drawn[study, kind]).axes)


@EVERY
def test_letters_can_be_read_at_1600_pixels(drawn: Drawn, study: str, kind: str) -> None:
    figure = figure_of(drawn[study, kind])
    assert figure.get_size_inches()[0] * figure.dpi == pytest.approx(1600, abs=1)
    smallest = min(
        text.get_fontsize() for panel in figure.axes for text in panel.texts if not text.get_text().startswith("©")
    )
    assert smallest * figure.dpi / 72.0 >= 13.0


@EVERY
def test_the_first_words_after_the_title_tell_of_failed_hours(drawn: Drawn, study: str, kind: str) -> None:
    texts = [text for panel in figure_of(drawn[study, kind]).axes for text in panel.texts]
    told = [text for text in texts if "have a solution" in text.get_text() or "NO solution" in text.get_text()]
    assert len(told) == 1
    subtitle_pt = told[0].get_fontsize()
    below_title = [
        text for text in texts if text.get_fontsize() == subtitle_pt and text.get_text() != told[0].get_text()
    ]
    height = told[0].get_window_extent().y0
    assert all(text.get_window_extent().y0 < height for text in below_title)
    is_failing = study == "three_hundred"
    assert ("NO solution" in told[0].get_text()) == is_failing
    assert (told[0].get_color() == style.ALERT) == is_failing


@pytest.mark.parametrize("kind", ["overload_timeline", "loading_heatmap"])
def test_failed_hours_are_the_first_row(drawn: Drawn, kind: str) -> None:
    axes = drawn["three_hundred", kind]
    ticks = sorted(zip(axes.get_yticks(), [label.get_text() for label in axes.get_yticklabels()], strict=True))
    assert ticks[0][1] == FAILED_WORDS
    assert axes.yaxis_inverted()
    healthy = drawn["three", kind]
    assert FAILED_WORDS not in [label.get_text() for label in healthy.get_yticklabels()]


def test_rows_are_limited_and_the_rest_is_told(drawn: Drawn) -> None:
    axes = drawn["three_hundred", "overload_timeline"]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    rows = [label for label in labels if ", T" in label]
    assert len(rows) == 40
    assert any("in overloads.csv only" in text.get_text() for text in axes.texts)
    assert any(label.count(", T") == 2 for label in rows)
    three = [label.get_text() for label in drawn["three", "overload_timeline"].get_yticklabels()]
    assert [label for label in three if ", T" in label] == ["repr. 110 kV Almaty 01, T1 †", "Alma 500, T1, T2 (MV/LV)"]


def test_a_long_title_is_fitted_into_the_picture() -> None:
    figure = style.new_figure(3.0)
    axes = style.add_axes(figure, 2.0, 0.5, 0.5, 1.2)
    style.header(axes, "Title", ["A scenario with a name " * 12, "short"], left_in=1.7)
    boxes = {text.get_text()[:5]: text.get_window_extent() for text in axes.texts}
    assert boxes["A sce"].x1 <= figure.bbox.x1
    assert boxes["short"].x0 == pytest.approx(boxes["A sce"].x0, abs=2.0)


def test_a_study_without_overload_says_so(drawn: Drawn) -> None:
    texts = [text.get_text() for text in drawn["none_overloaded", "overload_timeline"].texts]
    assert "No transformer exceeds its limit in 2026–2030." in texts


@pytest.mark.parametrize(
    "draw", [draw_overload_timeline, draw_loading_heatmap, draw_demand_and_capacity, draw_map], ids=lambda f: f.__name__
)
def test_figures_take_axes_and_return_them(studies: dict[str, ResultStore], draw: object) -> None:
    figure = style.new_figure(8.0)
    axes = style.add_axes(figure, 3.0, 2.0, 2.0, 2.0)
    assert draw(studies["three"], ax=axes) is axes  # type: ignore[operator]
    assert figure.axes == [axes]
    assert axes.texts


def test_the_map_refuses_a_year_outside_the_run(studies: dict[str, ResultStore]) -> None:
    with pytest.raises(ValueError, match="year 2030: the run holds 2026–2027"):
        draw_map(studies["three"], year=2030)


def test_the_map_of_another_year_shows_that_year(studies: dict[str, ResultStore]) -> None:
    axes = draw_map(studies["three_hundred"], year=2029)
    titles = [text.get_text() for text in axes.texts if text.get_fontsize() == style.TITLE_PT]
    assert titles == ["Where is the grid overloaded in 2029?"]
