"""Every figure of a study, by name; drawing one or all of them into files that appear whole or not at all."""

from __future__ import annotations

import io
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from gridsim.errors import GridsimError
from gridsim.plots import style
from gridsim.plots.demand_figure import draw_demand_and_capacity
from gridsim.plots.figure_kinds import KINDS
from gridsim.plots.file_formats import SAVE_OPTIONS, format_of, settings_of
from gridsim.plots.heatmap_figure import draw_loading_heatmap
from gridsim.plots.map_figure import draw_map
from gridsim.plots.study_data import StudyData
from gridsim.plots.timeline_figure import draw_overload_timeline
from gridsim.results.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from matplotlib.axes import Axes

    from gridsim.results import ResultStore

DRAWERS: dict[str, Callable[[ResultStore | StudyData], Axes]] = {
    "overload_timeline": draw_overload_timeline,
    "loading_heatmap": draw_loading_heatmap,
    "demand_and_capacity": draw_demand_and_capacity,
    "map": draw_map,
}


def draw(store: ResultStore | StudyData, kind: str) -> Axes:
    """Draw the figure called ``kind`` and return its main axes; GridsimError when there is none of that name."""
    if kind not in DRAWERS:
        near = get_close_matches(kind, KINDS, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise GridsimError(f"no figure is called {kind!r}; {hint}there are {', '.join(KINDS)}")
    return DRAWERS[kind](store)


def save_figure(ax: Axes, path: str | Path) -> Path:
    """Save the figure that ``ax`` belongs to; the suffix of ``path`` (png, svg, pdf) decides the format.

    The same figure gives the same bytes (:mod:`gridsim.plots.file_formats`).

    Raises
    ------
    ResultStoreError
        The folder cannot be made or written, or the suffix is not one of these formats.
    """
    target = Path(path)
    figure = style.figure_of(ax)
    suffix = format_of(target)
    picture = io.BytesIO()
    with settings_of(suffix):
        figure.savefig(picture, format=suffix, **SAVE_OPTIONS[suffix])
    write_whole(target, picture.getvalue())
    return target


def draw_all(
    store: ResultStore | StudyData,
    kinds: Iterable[str] | None = None,
    folder: str | Path | None = None,
    suffix: str = "png",
) -> list[Path]:
    """Draw figures into files ``<kind>.<suffix>`` and return their paths.

    Parameters
    ----------
    store:
        Results of a finished run.
    kinds:
        Names out of ``KINDS``; all by default.
    folder:
        Where the files go; ``plots`` inside the results by default.
    suffix:
        ``png``, ``svg`` or ``pdf``.

    Raises
    ------
    GridsimError
        An unknown kind (before anything is drawn), or a folder that cannot be written.
    """
    data = StudyData.of(store)
    wanted = list(KINDS) if kinds is None else list(dict.fromkeys(kinds))
    for kind in wanted:
        if kind not in DRAWERS:
            draw(data, kind)
    place = data.store.plots_directory if folder is None else Path(folder)
    return [save_figure(draw(data, kind), place / f"{kind}.{suffix}") for kind in wanted]
