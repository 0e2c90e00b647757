"""One hour of a finished run as a solved net: what other programs of planners begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.enums import LoadingBasis, StepStatus
from gridsim.errors import InputError
from gridsim.solve import make_solver
from gridsim.studies.reopen import reopen
from gridsim.studies.result_tables import loading_columns
from gridsim.studies.run_hours import hour_at, hour_of_regime

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from gridsim.studies.run_hours import ChosenHour, Regime

#: Largest difference of loading at which ``runpp`` is taken to have found the solution of the run, percent.
SAME_SOLUTION_PERCENT = 1e-3


@dataclass(frozen=True)
class ExportedHour:
    """An hour of a run as a net of its own.

    Attributes
    ----------
    net:
        ``pandapowerNet`` with the injections of the hour, its taps where they have settled, no controllers, and the
        results of ``pandapower.runpp``. What is not in service then is in it, out of service.
    hour:
        Which hour, and why.
    stage:
        Stage of the run that holds it.
    load_mw, loss_mw:
        Active load and losses, as the run has them.
    largest_difference_percent:
        Of the loading of all windings and lines between ``runpp`` and what the run has stored (float32), percentage
        points.
    """

    net: Any
    hour: ChosenHour
    stage: int
    load_mw: float
    loss_mw: float
    largest_difference_percent: float

    @property
    def time_utc(self) -> pd.Timestamp:
        """Where the hour begins."""
        return self.hour.time_utc


def export_hour(
    directory: str | Path,
    *,
    at: str | pd.Timestamp | None = None,
    regime: Regime | str | None = None,
    year: int | None = None,
) -> ExportedHour:
    """Return one hour of a finished run as a solved pandapower net.

    Parameters
    ----------
    directory:
        Result directory.
    at:
        A time within the hour, UTC unless it says otherwise.
    regime, year:
        In place of ``at``: ``winter-max``, ``winter-min``, ``summer-max`` or ``summer-min`` of a local year; see
        :func:`gridsim.studies.run_hours.hour_of_regime`.

    Raises
    ------
    ResultStoreError
        There are no results, or the inputs have changed since.
    InputError
        The run does not contain the hour, the hour has no solution, or ``runpp`` finds another one.
    """
    if (at is None) == (regime is None) or (regime is None) != (year is None):
        raise InputError("say which hour: at, or regime and year")
    run = reopen(directory)
    hour = hour_at(run.store, at) if at is not None else hour_of_regime(run.store, str(regime), int(year or 0))
    grid = run.grid
    block = next(block for block in grid.blocks if block.start_step <= hour.step < block.stop_step)
    stage = grid.stages[block.stage_index]
    profiles = grid.profiles_for(block)
    net = grid.net_at(stage, profiles, moves_taps=run.options.run_control)
    basis = LoadingBasis(run.store.manifest.loading_basis)
    solver = make_solver(net, run.options, basis)
    place = hour.step - block.start_step
    values = {key: rows[place : place + 1] for key, rows in profiles.items()}
    solution = solver.solve(values, 1, from_settled_taps=True)
    if not solution.is_solved[0]:
        status = StepStatus(int(solution.status[0])).name
        raise InputError(f"{hour.time_utc:%Y-%m-%d %H:%M} UTC has no solution ({status}); choose another hour")
    from gridsim.grid.solved_net import hold, net_loading, solve  # noqa: PLC0415  loads pandapower

    tap_pos = None if solution.tap_pos is None else solution.tap_pos[0]
    name = f"{run.store.manifest.scenario} {hour.time_utc:%Y-%m-%dT%H:%MZ}"
    hold(net, {key: rows[0] for key, rows in values.items()}, solver.tap_units, tap_pos, name)
    solve(net, basis)
    columns = loading_columns(grid)
    stored = run.store.loading(block.year, columns.names)
    row = stored.loc[stored["time_utc"] == hour.time_utc, columns.names].to_numpy(dtype=np.float64)[0]
    found = net_loading(net, basis)[columns.kept]
    apart = float(np.nanmax(np.abs(found - row), initial=0.0))
    if apart > SAME_SOLUTION_PERCENT or (np.isnan(found) != np.isnan(row)).any():
        raise InputError(
            f"{hour.time_utc:%Y-%m-%d %H:%M} UTC: pandapower.runpp finds another solution than the run (loading "
            f"differs by {apart:.3g} percentage points)"
        )
    load_mw, loss_mw = float(solution.load_mw[0]), float(solution.loss_mw[0])
    return ExportedHour(net, hour, block.stage_index, load_mw, loss_mw, apart)
