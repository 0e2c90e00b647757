"""Figures of studies of 3 and of 300 transformers: nothing is covered or cut off, units are there, sizes bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridsim.plots import style
from gridsim.plots.lead_lag_figure import draw_lead_lag
from tests.support.figure_reading import axes_without_unit, covered, outside, words
from tests.support.synthetic_studies import STUDY_FIGURES, fixes_result, lead_lag_result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZES = (3, 300)
EVERY = pytest.mark.parametrize("size", SIZES)
KINDS = pytest.mark.parametrize("kind", list(STUDY_FIGURES))
#: Two pages of a report at most, in inches at the width of a figure.
TALLEST_IN = 20.0


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Axes]:
    """Main axes of every figure by kind and number of transformers, laid out."""
    figures = {}
    for kind, drawer in STUDY_FIGURES.items():
        for size in SIZES:
            axes = drawer(tmp_path_factory.mktemp(kind), size)
            style.figure_of(axes).draw_without_rendering()
            figures[kind, size] = axes
    return figures


@KINDS
@EVERY
def test_no_text_covers_another(pictures: dict[tuple[str, int], Axes], kind: str, size: int) -> None:
    assert len(list(words(pictures[kind, size]))) > 10
    assert covered(pictures[kind, size]) == []


@KINDS
@EVERY
def test_no_text_leaves_the_picture(pictures: dict[tuple[str, int], Axes], kind: str, size: int) -> None:
    assert outside(pictures[kind, size]) == []


@KINDS
@EVERY
def test_every_axis_with_numbers_has_a_unit(pictures: dict[tuple[str, int], Axes], kind: str, size: int) -> None:
    assert axes_without_unit(pictures[kind, size]) == []


@KINDS
@EVERY
def test_sizes_are_bounded_and_letters_can_be_read(pictures: dict[tuple[str, int], Axes], kind: str, size: int) -> None:
    figure = style.figure_of(pictures[kind, size])
    width, height = figure.get_size_inches()
    assert width * figure.dpi == pytest.approx(1600, abs=1)
    assert 2.0 < height < TALLEST_IN
    smallest = min(text.get_fontsize() for panel in figure.axes for text in panel.texts)
    assert smallest * figure.dpi / 72.0 >= 13.0


def test_a_missing_unit_and_a_covered_word_are_found() -> None:
    figure = style.new_figure(3.0)
    axes = style.add_axes(figure, 1.0, 0.8, 0.5, 0.5)
    axes.set_xlim(0.0, 8.0)
    style.axis_label(axes, "y", "load [MW]")
    figure.draw_without_rendering()
    assert [found[:12] for found in axes_without_unit(axes)] == ["x of panel 0"]
    style.axis_label(axes, "x", "length [km]")
    assert axes_without_unit(axes) == []
    style.write(axes, 4.0, 0.5, "first")
    assert covered(axes) == outside(axes) == []
    style.write(axes, 4.1, 0.5, "second")
    style.write(axes, 40.0, 0.5, "third")
    assert covered(axes) == [("first", "second")]
    assert outside(axes) == ["third"]


def test_marks_of_dates_are_whole_at_the_edge_of_the_years_and_none_hides_another() -> None:
    ax = draw_lead_lag(lead_lag_result(12))
    marks = [line for line in ax.lines if line.get_transform() == ax.transData]
    assert {line.get_marker() for line in marks} == {"o", "|", "D"}
    assert not any(line.get_clip_on() for line in marks)
    needs, outages = ([line for line in marks if line.get_marker() == sign] for sign in "oD")
    assert max(line.get_zorder() for line in outages) < min(line.get_zorder() for line in needs)
    corners = min(line.get_markersize() for line in outages) * 2.0**0.5
    assert corners > max(line.get_markersize() + line.get_markeredgewidth() for line in needs)


def test_what_is_left_out_is_told(pictures: dict[tuple[str, int], Axes]) -> None:
    lead_lag = [text.get_text() for text in pictures["lead_lag", 300].texts]
    n_behind = int((lead_lag_result(300).projects["verdict"] == "behind").sum())
    assert f"Behind: the grid needs it before it comes (60 of {n_behind})" in lead_lag
    assert any("The first 60 are shown." in text for text in lead_lag)
    fixes = pictures["fixes", 300]
    assert any("40 of 300 groups are shown." in text.get_text() for text in fixes.texts)
    # The only group that stays overloaded has the latest overload, and is kept.
    left = fixes_result(300).left["transformers"].iloc[0]
    assert left.startswith("gov_299")
    assert fixes.get_yticklabels()[-1].get_text().startswith("repr. 110 kV Almaty 299")
    assert any(text.get_text() == "overload is LEFT" for text in fixes.texts)
