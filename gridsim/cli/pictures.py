"""Which pictures a command draws, and under which names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridsim.errors import ResultStoreError
from gridsim.plots import KINDS, draw_all, draw_map, save_figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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


def _whole_name(kind: str) -> str:
    fitting = [whole for whole in KINDS if kind in whole]
    return fitting[0] if kind not in KINDS and len(fitting) == 1 else kind
