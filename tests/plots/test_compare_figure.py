"""The picture of a comparison says what its frames say: a row per change, dates and MVAh of either run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gridsim
from gridsim.cli.app import app
from gridsim.plots.compare_figure import draw_comparison
from gridsim.studies.compare_frames import units_alike
from tests.support.synthetic_store import write_synthetic_store

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from gridsim.studies.compare_runs import RunComparison


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared")
    span = {"n_transformers": 24, "from_year": 2026, "to_year": 2027, "resolution_h": 6}
    write_synthetic_store(folder / "a", **span)
    write_synthetic_store(folder / "b", **span, load_level=1.6, late_days=200, is_failing=True)
    return folder


@pytest.fixture(scope="module")
def comparison(folder: Path) -> RunComparison:
    return gridsim.compare_runs(folder / "a", folder / "b")


def texts_of(ax: Axes) -> list[str]:
    return [text.get_text() for each in ax.figure.axes for text in each.texts]


def test_dates_and_mvah_of_every_row_are_those_of_the_frame(comparison: RunComparison) -> None:
    ax = draw_comparison(comparison, max_rows=1000)
    changed = comparison.consequences
    groups = units_alike(changed[changed["change"] != "none"])
    assert len(groups) > 5
    assert len(ax.get_yticklabels()) == len(groups)
    drawn = {(round(float(line.get_ydata()[0]), 3), float(line.get_xdata()[0])) for line in ax.lines}
    texts = texts_of(ax)
    for place, row in enumerate(groups):
        for side in ("a", "b"):
            first = row[f"first_violation_utc_{side}"]
            if not pd.isna(first):
                local = (first + pd.Timedelta(hours=5)).tz_localize(None)
                day = (local - pd.Timestamp(1970, 1, 1)) / pd.Timedelta(days=1)
                assert any(at == place + 0.5 and np.isclose(x, day) for at, x in drawn)
            if row[f"is_there_{side}"]:
                mvah = row[f"overload_mvah_{side}"]
                assert any(text.endswith("< 1" if 0.0 < mvah < 0.5 else f"{mvah:,.0f}") for text in texts)
            else:
                assert "not there" in texts


def test_hours_without_solution_are_said_first(comparison: RunComparison) -> None:
    texts = texts_of(draw_comparison(comparison))
    told = next(text for text in texts if "NO solution" in text)
    assert f"B {comparison.hours['failed_h_b'].sum():,.0f} hours" in told
    assert any(text.startswith("≥ ") for text in texts)


def test_the_ring_of_a_leaves_the_mark_of_b_within_it_to_be_seen(tmp_path: Path) -> None:
    for name, load_level in (("heavy", 2.2), ("light", 1.6)):
        write_synthetic_store(
            tmp_path / name, n_transformers=24, from_year=2026, to_year=2027, resolution_h=6, load_level=load_level
        )
    ax = draw_comparison(gridsim.compare_runs(tmp_path / "heavy", tmp_path / "light"))
    marks = [line for line in ax.lines if line.get_transform() == ax.transData]
    rings = [
        mark.get_markersize() - mark.get_markeredgewidth() for mark in marks if mark.get_markerfacecolor() == "none"
    ]
    diamonds = [mark.get_markersize() * np.sqrt(2.0) for mark in marks if mark.get_marker() == "D"]
    assert diamonds
    assert min(rings) > max(diamonds)


def test_nothing_changed_is_said(folder: Path) -> None:
    same = gridsim.compare_runs(folder / "a", folder / "a")
    assert "No overload differs between the runs." in texts_of(draw_comparison(same))


def test_the_command_draws_it(folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "compared.png"
    arguments = ["compare", str(folder / "a"), str(folder / "b"), "--picture", str(picture)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert picture.stat().st_size > 10_000
