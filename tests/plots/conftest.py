"""Synthetic studies, few and many transformers, and every figure of each, drawn once for all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gridsim.plots import KINDS, draw
from tests.support.synthetic_store import write_synthetic_store

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gridsim.results import ResultStore

STUDIES = ("three", "three_hundred", "none_overloaded")


@pytest.fixture(scope="session")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ResultStore]:
    """Three transformers over two years, 300 over six with failed hours, and a study without any overload."""
    folder = tmp_path_factory.mktemp("studies")
    return {
        "three": write_synthetic_store(folder / "three", n_transformers=3, to_year=2027, load_level=1.6),
        "three_hundred": write_synthetic_store(
            folder / "three_hundred",
            n_transformers=300,
            from_year=2028,
            to_year=2034,
            resolution_h=6,
            is_failing=True,
            load_level=1.25,
        ),
        "none_overloaded": write_synthetic_store(
            folder / "none_overloaded", n_transformers=12, to_year=2030, resolution_h=6, load_level=0.3
        ),
    }


@pytest.fixture(scope="session")
def drawn(studies: dict[str, ResultStore]) -> dict[tuple[str, str], Axes]:
    """Main axes of every figure of every study, by study and kind, with everything laid out."""
    figures = {(study, kind): draw(store, kind) for study, store in studies.items() for kind in KINDS}
    for axes in figures.values():
        figure = axes.get_figure(root=True)
        assert figure is not None
        figure.draw_without_rendering()
    return figures
