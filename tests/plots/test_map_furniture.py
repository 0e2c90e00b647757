"""Windows, and where lines leave them."""

from __future__ import annotations

import numpy as np
import pytest

from gridsim.plots.map_furniture import Window, central_window, exit_point, window_around


def test_a_window_fills_a_panel_without_distortion_and_loses_nothing() -> None:
    window = Window(76.0, 43.0, 77.0, 44.0)
    for shape in (0.3, 1.0, 3.0):
        filled = window.filling(shape)
        width = (filled.east - filled.west) * window.stretch
        assert width / (filled.north - filled.south) == pytest.approx(shape, rel=1e-3)
        assert filled.west <= window.west < window.east <= filled.east
        assert filled.south <= window.south < window.north <= filled.north


def test_the_enlarged_part_shows_the_crowd_and_not_the_stragglers() -> None:
    generator = np.random.default_rng(7)
    lat = np.concatenate([generator.normal(43.25, 0.03, 60), [45.2, 43.5, 44.9, 43.0]])
    lon = np.concatenate([generator.normal(76.9, 0.04, 60), [73.9, 73.6, 77.9, 79.2]])
    window = central_window(lat, lon, 0.7)
    assert window is not None
    assert window.holds(lat[:60], lon[:60]).mean() > 0.5
    assert not window.holds(lat[60:], lon[60:]).any()


def test_nothing_is_enlarged_when_nothing_is_crowded() -> None:
    lat, lon = np.meshgrid(np.linspace(43.0, 45.0, 4), np.linspace(75.0, 78.0, 4))
    assert central_window(lat.ravel(), lon.ravel(), 0.7, share=0.95) is None
    assert central_window(lat.ravel()[:5], lon.ravel()[:5], 0.7) is None


def test_an_empty_map_has_a_window() -> None:
    window = window_around(np.array([]), np.array([]))
    assert window.west < window.east


@pytest.mark.parametrize(
    ("outside", "where"),
    [
        ((46.0, 77.0), (44.0, 77.0)),
        ((42.0, 77.0), (43.0, 77.0)),
        ((43.5, 80.0), (43.5, 78.0)),
        ((43.5, 74.0), (43.5, 76.0)),
        ((45.5, 81.0), (44.0, 78.0)),
    ],
)
def test_lines_leave_the_window_at_its_edge(outside: tuple[float, float], where: tuple[float, float]) -> None:
    assert exit_point(Window(76.0, 43.0, 78.0, 44.0), (43.5, 77.0), outside) == pytest.approx(where)
