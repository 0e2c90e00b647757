"""Whether the grid is ready for each investor plant on its day, and when it reaches full output.

*The wanted busbar.* A plant whose busbar is not in service on its first day is served from its fallback until it is:
the months until then are its wait.

*Overloads because of it.* In the first year of operation and in the first year of full output, every hour of the
planned run in which a transformer is above its limit is solved again without the plant (exchanges follow the load, the
growth of everything else stays). A winding that is above its limit with the plant, and not without it, and lower by at
least ``RELEVANT_POINTS`` percentage points, is overloaded because of it. Windings that it moves by less than that in
their highest hour of a block are left out.

The last megawatt is not always the guilty one: of several plants on one transformer each alone may be the one too many,
and then all of them are listed. The share says how much of the current is theirs, and ``tipped_by`` who came last
(:mod:`gridsim.studies.attribution`).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridsim.dtypes import IndexArray
    from gridsim.grid.injections import InjectionPlan
    from gridsim.grid.investor_load import InvestorProject
    from gridsim.grid.stages import Block
    from gridsim.studies.lead_lag_run import OpenBlock, PlannedRun
    from gridsim.studies.progress import Progress

#: Part of the loading, in percentage points of the rating, that must go with a plant for it to be a cause: many a plant
#: moves a winding at 100.01 % by a hair, through voltages and exchanges, from far away.
RELEVANT_POINTS = 1.0


@dataclass(frozen=True)
class Wait:
    """Busbar on the first day, and the day on which the wanted one is in service (None: never in the plan).

    ``served_pos`` is the row of the busbar in table ``buses``.
    """

    served_pos: int
    ready_day: pd.Timestamp | None


@dataclass(frozen=True)
class PlantOverload:
    """The first hour at which a winding is above its limit with the plant and not without it."""

    step: int
    column: int
    percent: float
    without_percent: float


def wait_of(run: PlannedRun, plant: InvestorProject) -> Wait:
    """Return where a plant is served on its first day and when its wanted busbar is ready."""
    day = np.datetime64(plant.commissioning_date.date(), "D")
    states = run.grid.calendar.states
    at_start = max((number for number, state in enumerate(states) if state.day <= day), default=0)
    for number in range(at_start, len(states)):
        if states[number].in_service["buses"][plant.bus_pos]:
            ready = plant.commissioning_date if number == at_start else pd.Timestamp(states[number].day)
            break
    else:
        ready = None
    is_ready = ready is not None and ready <= plant.commissioning_date
    return Wait(plant.bus_pos if is_ready else plant.fallback_pos, ready)


def overloads_of_plants(
    run: PlannedRun, plants: tuple[InvestorProject, ...], year_steps: int, progress: Progress
) -> list[PlantOverload | None]:
    """Return the first overload because of each plant, in the order of ``plants``.

    Parameters
    ----------
    run:
        The planned run.
    plants:
        Projects of its grid.
    year_steps:
        Steps of a year.
    progress:
        Hears of the blocks.
    """
    found: list[PlantOverload | None] = [None] * len(plants)
    without = [_without(run.grid.injections, plant) for plant in plants]
    blocks = run.grid.blocks
    progress.begin("Plants on their day", len(blocks))
    for block in blocks:
        opened: OpenBlock | None = None
        for number, plant in enumerate(plants):
            if found[number] is not None:
                continue
            steps = _trouble(run, plant, block, year_steps)
            if len(steps):
                opened = opened or run.solving.take_up(run.grid, block)
                found[number] = _overload_in(run, opened, without[number], steps)
        progress.advance(1)
    return found


def _without(plan: InjectionPlan, plant: InvestorProject) -> InjectionPlan:
    investors = plan.loads.investors
    others = tuple(project for project in investors.projects if project is not plant)
    loads = dataclasses.replace(plan.loads, investors=dataclasses.replace(investors, projects=others))
    return dataclasses.replace(plan, loads=loads)


def _trouble(run: PlannedRun, plant: InvestorProject, block: Block, year_steps: int) -> IndexArray:
    """Return the steps of a block in the two years of a plant at which some winding is above its limit."""
    steps = np.unique(run.over_step[run.over_between(block.start_step, block.stop_step)])
    after_start, after_full = steps - plant.start_step, steps - plant.full_step
    is_asked = (after_start >= 0) & ((after_start < year_steps) | ((after_full >= 0) & (after_full < year_steps)))
    return np.asarray(steps[is_asked])


def _overload_in(run: PlannedRun, opened: OpenBlock, without: InjectionPlan, steps: IndexArray) -> PlantOverload | None:
    """Return the first overload of a block that is not there without the plant."""
    planned = run.over_at(steps)
    is_over = ~np.isnan(planned)
    columns = np.flatnonzero(is_over.any(axis=1))
    highest = np.unique(np.where(is_over[columns], planned[columns], -np.inf).argmax(axis=1))
    change = planned[:, highest] - _solve(run, opened, without, steps[highest])
    is_moved = np.asarray((is_over[:, highest] & (change >= RELEVANT_POINTS)).any(axis=1))
    rows = np.flatnonzero(is_over[is_moved].any(axis=0))
    if not len(rows):
        return None
    percent = _solve(run, opened, without, steps[rows])
    limit = run.solving.limit.at(steps[rows])
    is_relieved = planned[:, rows] - percent >= RELEVANT_POINTS
    cured = is_over[:, rows] & is_relieved & (percent <= limit)
    if not cured.any():
        return None
    place = int(cured.any(axis=0).argmax())
    column = int(np.where(cured[:, place], planned[:, rows[place]], -np.inf).argmax())
    step = int(steps[rows[place]])
    return PlantOverload(step, column, float(planned[column, rows[place]]), float(percent[column, place]))


def _solve(run: PlannedRun, opened: OpenBlock, without: InjectionPlan, steps: IndexArray) -> NDArray[np.float32]:
    """Return the loading of every winding without the plant at steps of a block, (n_column, n_step)."""
    serving = run.grid.stages[opened.block.stage_index].in_service["bus"]
    first = int(steps[0])
    whole = without.element_profiles(first, int(steps[-1]) + 1, serving)
    profiles = {key: np.ascontiguousarray(values[steps - first]) for key, values in whole.items()}
    run.solving.n_solved += len(steps)
    return opened.solve(steps, profiles).percent
