"""Because of whom: every contributor's share in the current of a transformer at one step, and who tips it over.

Shares come from superposition at the solved operating point (:mod:`gridsim.solve.superposition`), which leaves no
remainder: investor projects, growth and base load of every sector, local plants and the national grid add up to 100 %.
A share is negative where a contributor relieves the transformer, as plants on its lower side do.

Shares do not say what would happen without a contributor, because the rest of the grid answers: exchanges follow the
load, voltages move, taps step. So every step is solved again without each contributor, exchanges as the scenario lets
them follow.

Who tips it over is found by building the load up again: base load, then growth, then the projects by commissioning
date, each load flow solved; the first that passes the limit tips it over.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from gridsim.assess.limits import ambient_series, watch_list
from gridsim.enums import Solver
from gridsim.studies.attribution_block import Attribution, BlockAttribution
from gridsim.studies.block_stream import BlockSolver
from gridsim.studies.progress import PhaseClock
from gridsim.studies.result_tables import loading_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from gridsim.grid.staged import StagedGrid
    from gridsim.solve.options import SolveOptions
    from gridsim.studies.progress import Progress

__all__ = ["Attribution", "StepAttributor", "attribute_steps"]

FLOW_COLUMNS = ("bus", "element", "is_own", "p_mw", "q_mvar")


def attribute_steps(
    grid: StagedGrid, options: SolveOptions, cases: Sequence[tuple[str, int]], progress: Progress
) -> list[Attribution]:
    """Attribute the loading of transformers at steps of a staged grid.

    Parameters
    ----------
    grid:
        The grid of a scenario.
    options:
        Solver options of the run; always solved by the own solver.
    cases:
        Loading column (table ``elements``) and step of the horizon.
    progress:
        Hears of cases done.

    Returns
    -------
    In the order of the cases.
    """
    attributor = StepAttributor(grid, options)
    found: dict[int, Attribution] = {}
    progress.begin("Attributing", len(cases))
    for number in sorted(range(len(cases)), key=lambda number: cases[number][1]):
        found[number] = attributor.attribute(*cases[number])
        progress.advance(1)
    return [found[number] for number in range(len(cases))]


class StepAttributor:
    """Attributes single steps of a staged grid; the block last asked for is kept, so ask in the order of steps.

    Parameters
    ----------
    grid, options:
        As for :func:`attribute_steps`.
    """

    def __init__(self, grid: StagedGrid, options: SolveOptions) -> None:
        self._grid = grid
        self._columns = loading_columns(grid)
        self._place = {name: position for position, name in enumerate(self._columns.names)}
        self._watches = watch_list(self._columns.elements, grid.scenario.limit_rules)
        self._ambient = ambient_series(grid)
        own = dataclasses.replace(options, solver=Solver.newton)
        self._solver = BlockSolver(grid, self._columns, own, grid.scenario.limits.basis, PhaseClock())
        self._block: BlockAttribution | None = None

    def attribute(self, element: str, step: int) -> Attribution:
        """Attribute the loading of a loading column (table ``elements``) at a step of the horizon."""
        place = self._place[element]
        column = int(self._columns.kept[place])
        return self._at(step).attribute(element, column, step, self._limit_percent(place, step))

    def flows(self, element: str, step: int) -> pd.DataFrame:
        """Return what flows at the busbars of a transformer at a step: columns ``FLOW_COLUMNS``."""
        place = self._place[element]
        elements = self._columns.elements
        same = (elements["element_type"] == elements["element_type"].iat[place]) & (
            elements["name"] == elements["name"].iat[place]
        )
        own = self._columns.kept[np.flatnonzero(same)]
        flows = self._at(step).flows(own, step)
        name_of = dict(zip(self._columns.kept.tolist(), self._columns.names, strict=True))
        flows["element"] = flows["column"].map(name_of)
        flows["is_own"] = flows["column"].isin(own)
        return flows[list(FLOW_COLUMNS)]

    def _at(self, step: int) -> BlockAttribution:
        number = _block_of(self._grid, step)
        if self._block is None or self._block.block is not self._grid.blocks[number]:
            self._block = BlockAttribution(self._grid, self._grid.blocks[number], self._solver)
        return self._block

    def _limit_percent(self, place: int, step: int) -> float:
        """Return where the first rule that holds for a loading column begins at a step; NaN without rule."""
        _, percent = self._watches.leading_limit(place, self._ambient.between(step, step + 1))
        return float(percent[0])


def _block_of(grid: StagedGrid, step: int) -> int:
    starts = [block.start_step for block in grid.blocks]
    return int(np.searchsorted(starts, step, side="right")) - 1
