"""Pictures of a study, drawn with matplotlib from a result directory; matplotlib is loaded with the first drawing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gridsim.plots.figure_kinds import KINDS

if TYPE_CHECKING:
    from gridsim.plots.demand_figure import draw_demand_and_capacity
    from gridsim.plots.gallery import draw, draw_all, save_figure
    from gridsim.plots.heatmap_figure import draw_loading_heatmap
    from gridsim.plots.map_figure import draw_map
    from gridsim.plots.timeline_figure import draw_overload_timeline

__all__ = [
    "KINDS",
    "draw",
    "draw_all",
    "draw_demand_and_capacity",
    "draw_loading_heatmap",
    "draw_map",
    "draw_overload_timeline",
    "save_figure",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("gridsim.plots.gallery"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
