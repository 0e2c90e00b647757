"""N-1 for every hour of a scenario: each transformer, line and generator unit out, hour by hour.

Blocks are solved one after the other, a few hundred hours at a time, so that memory does not grow with the horizon.
Tap changers stand where they have settled before the outage: what counts is the minute after the fault.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim._version import __version__
from gridsim.enums import Solver
from gridsim.results.frames import TIME_FORMAT
from gridsim.results.n1_store import N1Store
from gridsim.scenario import load_scenario
from gridsim.solve.contingency import SINGLE_OUTAGE_TABLES, Contingency
from gridsim.studies.n1_tables import N1Tally
from gridsim.studies.progress import PhaseClock, Progress, Silence
from gridsim.studies.time_series import OUT_FOLDER, solve_options
from gridsim.tables.load import load_tables
from gridsim.units import PERCENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gridsim.dtypes import FloatArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.grid.stages import Block, Stage
    from gridsim.solve.options import SolveOptions
    from gridsim.studies.result_tables import LoadingColumns

#: Steps in memory at a time; results do not depend on it.
STEPS_AT_ONCE = 744


@dataclass(frozen=True)
class N1Study:
    """A finished N-1 study.

    Attributes
    ----------
    directory:
        Where its tables stand.
    failed, worst, causes:
        Tables ``n1_failed``, ``n1_worst`` and ``n1_causes``; read the first one first.
    summary:
        What was solved: years, hours, cases by what became of them, seconds by phase.
    """

    directory: Path
    failed: pd.DataFrame
    worst: pd.DataFrame
    causes: pd.DataFrame
    summary: Mapping[str, Any]


def run_n1(
    scenario: str | Path,
    *,
    from_year: int | None = None,
    to_year: int | None = None,
    out: str | Path | None = None,
    threads: int = 0,
    limit_percent: float = PERCENT,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> N1Study:
    """Solve every hour of a scenario after every single outage and write what is worst.

    Parameters
    ----------
    scenario:
        Scenario file (TOML).
    from_year, to_year:
        First and last local calendar year, in place of those of the scenario.
    out:
        Result directory; ``out/<scenario name>-n1`` in the working directory when not given.
    threads:
        Threads; 0 for all. The results do not depend on it.
    limit_percent:
        Loading that no outage may pass.
    overwrite:
        Replace the results of an earlier N-1 study in the directory.
    progress:
        Hears of phases and steps.

    Raises
    ------
    ScenarioError, NetworkDataError, CompileError
        The inputs cannot be used.
    ResultStoreError
        The directory is refused, or cannot be written.
    """
    clock, told = PhaseClock(), progress or Silence()
    with clock.phase("read"):
        told.begin("Reading scenario and network", 0)
        asked = load_scenario(scenario, from_year=from_year, to_year=to_year)
        store = N1Store(Path(out) if out is not None else Path(OUT_FOLDER) / f"{asked.name}-n1", overwrite=overwrite)
        tables = load_tables(asked.network_folder)
    with clock.phase("stage"):
        told.begin("Laying out stages, demand and generation", 0)
        from gridsim.grid.staged import stage_grid  # noqa: PLC0415  loads pandapower
        from gridsim.studies.result_tables import loading_columns  # noqa: PLC0415

        grid = stage_grid(tables, asked)
        columns = loading_columns(grid)
    options = solve_options(asked.solver, Solver.newton, threads)
    horizon = asked.horizon
    tally = N1Tally(columns.elements, horizon.years, grid.time_utc, float(horizon.resolution_h), limit_percent)
    told.begin("Solving every outage", len(grid.time_utc))
    for block in grid.blocks:
        _follow_block(grid, block, options, columns, tally, clock, told)
    told.begin("Writing tables", 0)
    summary = {
        "scenario": asked.name,
        "title": asked.title,
        "from_year": horizon.from_year,
        "to_year": horizon.to_year,
        "resolution_h": horizon.resolution_h,
        "utc_offset_h": horizon.utc_offset_h,
        "inputs": {"network": dict(grid.tables.digests), "scenario": dict(asked.digests)},
        "limit_percent": limit_percent,
        "steps": len(grid.time_utc),
        "cases": tally.counts,
        "gridsim": __version__,
        "created_utc": dt.datetime.now(dt.UTC).strftime(TIME_FORMAT),
        "elapsed_s": clock.elapsed_s(),
    }
    study = N1Study(store.directory, tally.failed_table(), tally.worst_table(), tally.causes_table(), summary)
    store.write({"n1_failed": study.failed, "n1_worst": study.worst, "n1_causes": study.causes}, json.dumps(summary))
    return study


def open_n1(directory: str | Path) -> N1Study:
    """Open a finished N-1 study; ResultStoreError when there is none in ``directory``."""
    store = N1Store.open(Path(directory))
    failed, worst, causes = (store.read(name) for name in ("n1_failed", "n1_worst", "n1_causes"))
    return N1Study(store.directory, failed, worst, causes, store.read_summary())


def _follow_block(
    grid: StagedGrid,
    block: Block,
    options: SolveOptions,
    columns: LoadingColumns,
    tally: N1Tally,
    clock: PhaseClock,
    progress: Progress,
) -> None:
    from gridsim.solve.contingency_solver import ContingencySolver  # noqa: PLC0415  loads numba

    with clock.phase("profiles"):
        profiles = grid.profiles_for(block)
    with clock.phase("compile"):
        stage = grid.stages[block.stage_index]
        net = grid.net_at(stage, profiles, moves_taps=options.run_control)
        outages = single_outages(grid, stage, net)
        solver = ContingencySolver(net, outages, options, grid.scenario.limits.basis)
    names = [outage.name for outage in outages]
    n_step = block.stop_step - block.start_step
    for start in range(0, n_step, STEPS_AT_ONCE):
        stop = min(start + STEPS_AT_ONCE, n_step)
        part: dict[tuple[str, str], FloatArray] = {key: values[start:stop] for key, values in profiles.items()}
        with clock.phase("solve"):
            found = solver.solve(part, stop - start, limit_percent=tally.limit_percent, from_settled_taps=True)
        with clock.phase("assess"):
            in_service = columns.in_service[block.stage_index]
            tally.follow(block, block.start_step + start, names, columns.kept, in_service, found)
        progress.advance(stop - start)


def single_outages(grid: StagedGrid, stage: Stage, net: Any) -> list[Contingency]:
    """Return each transformer, line and generator unit in service on its own, named as in the network tables."""
    from gridsim.grid.stages import element_names  # noqa: PLC0415  loads pandapower

    names = element_names(grid.tables)
    return [
        Contingency(f"{table}:{names[table][row]}", {table: (int(net[table].index[row]),)})
        for table in SINGLE_OUTAGE_TABLES
        for row in np.flatnonzero(stage.in_service[table]).tolist()
    ]
