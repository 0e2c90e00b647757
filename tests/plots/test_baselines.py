"""Every figure looks as its baseline does, and a change of the data shows."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from gridsim.plots import style
from gridsim.plots.attribution_figure import draw_attribution
from gridsim.plots.fixes_figure import draw_fixes
from gridsim.plots.hosting_figure import draw_hosting
from gridsim.plots.lead_lag_figure import draw_lead_lag
from gridsim.plots.n1_figure import draw_n1
from gridsim.plots.thermal_week_figure import draw_thermal_week
from tests.support.picture_baselines import N_TRANSFORMER, Difference, baseline_file, difference, picture_of, pixels_of
from tests.support.synthetic_studies import (
    FIGURES,
    attribution_table,
    fixes_result,
    hosting_result,
    lead_lag_result,
    n1_tables,
    thermal_week_result,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.axes import Axes

KINDS = pytest.mark.parametrize("kind", list(FIGURES))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stores of the figures are, once drawn."""
    return tmp_path_factory.mktemp("baselines")


@pytest.fixture(scope="module")
def pictures(folder: Path) -> dict[str, Axes]:
    """Main axes of every figure with the transformers of the baselines."""
    return {kind: drawer(folder, N_TRANSFORMER) for kind, drawer in FIGURES.items()}


def from_baseline(kind: str, axes: Axes) -> Difference:
    return difference(picture_of(axes), pixels_of(baseline_file(kind)))


@KINDS
def test_figures_look_as_their_baselines(pictures: dict[str, Axes], kind: str) -> None:
    found = from_baseline(kind, pictures[kind])
    assert found.is_small, f"{found}; python -m tests.plots.draw_baselines {kind} draws it again, look at it then"


def test_baselines_are_small_files_and_none_is_forgotten() -> None:
    files = sorted(baseline_file("map").parent.glob("*.png"))
    assert [file.stem for file in files] == sorted(FIGURES)
    assert sum(file.stat().st_size for file in files) < 400_000


@pytest.mark.parametrize("kind", ["overload_timeline", "n1", "thermal_week"])
def test_letters_drawn_a_little_differently_do_not_matter(pictures: dict[str, Axes], kind: str) -> None:
    with mpl.rc_context({"text.hinting": "none"}):
        found = from_baseline(kind, pictures[kind])
    assert found.mean > 0.1
    assert found.is_small


def without_a_row() -> Axes:
    table = attribution_table(N_TRANSFORMER)
    figure = draw_attribution(table).figure
    gone = table["element"] != table["element"].unique()[5]
    # On axes of the same size, so that only what is drawn tells.
    height = figure.get_size_inches()[1]
    axes = style.add_axes(style.new_figure(height), *_margins(figure.axes[0]))
    return draw_attribution(table[gone], ax=axes)


def _margins(axes: Axes) -> tuple[float, float, float, float]:
    width, height = style.figure_of(axes).get_size_inches()
    box = axes.get_position()
    return box.x0 * width, box.y0 * height, (1.0 - box.x1) * width, (1.0 - box.y1) * height


def without_a_bar() -> Axes:
    found = hosting_result(N_TRANSFORMER)
    table = found.table.copy()
    table.loc[table.index[3], ["n0_firm_mw", "n1_firm_mw", "flexible_mw"]] = [1.0, 0.5, 2.0]
    return draw_hosting(dataclasses.replace(found, table=table))


def another_colour() -> Axes:
    failed, worst, summary = n1_tables(N_TRANSFORMER)
    one = (worst["name"] == worst["name"].iloc[0]) & (worst["year"] == 2030)
    return draw_n1(failed, worst.assign(worst_percent=worst["worst_percent"].mask(one, 105.0)), summary)


def another_date() -> Axes:
    found = lead_lag_result(N_TRANSFORMER)
    later = found.projects["planned_date"] + pd.Timedelta(days=900)
    first = found.projects.index == found.projects.index[found.projects["verdict"] == "behind"][0]
    planned = found.projects["planned_date"].mask(pd.Series(first, found.projects.index), later)
    return draw_lead_lag(dataclasses.replace(found, projects=found.projects.assign(planned_date=planned)))


def another_fix() -> Axes:
    found = fixes_result(N_TRANSFORMER)
    gone = (found.candidates["transformers"] == found.candidates["transformers"].iloc[0]) & (
        found.candidates["rank"] == 6.0
    )
    return draw_fixes(dataclasses.replace(found, candidates=found.candidates[~gone]))


def unknown_hours() -> Axes:
    week = thermal_week_result()
    hours = week.hours.copy()
    hours.iloc[60:66, [0, 1, 3, 4, 5]] = np.nan
    return draw_thermal_week(dataclasses.replace(week, hours=hours))


CHANGES: dict[str, Callable[[], Axes]] = {
    "attribution": without_a_row,
    "hosting": without_a_bar,
    "n1": another_colour,
    "lead_lag": another_date,
    "fixes": another_fix,
    "thermal_week": unknown_hours,
}


@pytest.mark.parametrize("kind", list(CHANGES))
def test_a_change_of_the_data_shows(kind: str) -> None:
    found = from_baseline(kind, CHANGES[kind]())
    assert not found.is_small
    # Seen in the pixels, not in the size of the picture alone.
    assert np.isfinite(found.largest)


@pytest.mark.parametrize("kind", ["overload_timeline", "loading_heatmap", "map"])
def test_another_colour_of_a_run_shows(
    pictures: dict[str, Axes], folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    colours = list(style.LOADING_COLOURS)
    colours[len(style.NORMAL_COLOURS)] = style.OVERLOAD_COLOURS[1]
    monkeypatch.setattr(style, "LOADING_COLOURS", tuple(colours))
    monkeypatch.setattr(style, "OVERLOAD_COLOURS", tuple(colours[len(style.NORMAL_COLOURS) :]))
    assert from_baseline(kind, pictures[kind]).is_small
    assert not from_baseline(kind, FIGURES[kind](folder, N_TRANSFORMER)).is_small
