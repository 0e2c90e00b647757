"""Which pictures a command draws, and under which names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.errors import ResultStoreError
from gridsim.plots import KINDS, draw_all, draw_map, save_figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gridsim.cli.drawing_process import DrawingProcess
    from gridsim.results.store import ResultStore

MAP = "map"


def draw_pictures(
    store: ResultStore,
    asked: Sequence[str] = (),
    *,
    year: int | None = None,
    suffix: str = "png",
    folder: Path | None = None,
) -> list[Path]:
    """Draw the kinds ``asked`` for (all when none is named) and return the files.

    A kind may be shortened to any part that only one kind has: ``timeline`` for ``overload_timeline``. A map of a
    chosen ``year`` is written beside the others as ``map_<year>``.

    Raises
    ------
    GridsimError
        No such kind, no such year, or a folder that cannot be written.
    """
    kinds = [_whole_name(kind) for kind in asked] or list(KINDS)
    if year is None:
        return draw_all(store, kinds, folder, suffix)
    if year not in store.years:
        raise ResultStoreError(f"{store.directory}: no results of {year}; there are {store.years[0]}-{store.years[-1]}")
    place = store.plots_directory if folder is None else folder
    others = [kind for kind in kinds if kind != MAP]
    drawn = draw_all(store, others, folder, suffix)
    if MAP in kinds:
        drawn.append(save_figure(draw_map(store, year=year), place / f"{MAP}_{year}.{suffix}"))
    return drawn


def draw_run(store: ResultStore, second: DrawingProcess) -> list[Path]:
    """Draw every picture of a run, half of them in a second process, and return the files in the order of the kinds.

    Raises
    ------
    GridsimError
        A folder that cannot be written.
    """
    others = second.share(list(KINDS))
    second.begin(store, others)
    drawn = draw_all(store, [kind for kind in KINDS if kind not in others])
    drawn += second.drawn()
    # What the second process could not draw is drawn here, or fails here with an error that says why.
    drawn += draw_all(store, [kind for kind in KINDS if kind not in {path.stem for path in drawn}])
    return sorted((store.plots_directory / path.name for path in drawn), key=lambda path: list(KINDS).index(path.stem))


def _whole_name(kind: str) -> str:
    fitting = [whole for whole in KINDS if kind in whole]
    return fitting[0] if kind not in KINDS and len(fitting) == 1 else kind
