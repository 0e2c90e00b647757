"""The main job: a scenario, step by step, from tables to overload episodes on disk."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.assess.limits import WatchList, watch_list
from gridsim.assess.overload_report import OverloadReport, episode_table, ranking_table, yearly_table
from gridsim.enums import Solver
from gridsim.errors import ScenarioError, SolveError
from gridsim.grid.staged import StagedGrid, stage_grid
from gridsim.results.frames import TIME_FORMAT, monthly_frame
from gridsim.results.manifest import Manifest
from gridsim.results.store import ResultStore
from gridsim.scenario import load_scenario
from gridsim.solve.options import SolveOptions
from gridsim.studies.block_stream import BlockSink, BlockSolver, stream_blocks
from gridsim.studies.event_table import event_table
from gridsim.studies.progress import PhaseClock, Progress, Silence
from gridsim.studies.result_tables import line_table, loading_columns, substation_table
from gridsim.studies.study_summary import is_failed, summarise
from gridsim.studies.versions import versions
from gridsim.tables.load import load_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

OUT_FOLDER = "out"


@dataclass(frozen=True)
class StudyResult:
    """A finished time-series study.

    Attributes
    ----------
    store:
        Its result directory, open for reading.
    summary:
        The ending summary, as in ``summary.json``: failed steps first, then the worst transformers.
    """

    store: ResultStore
    summary: Mapping[str, Any]

    @property
    def n_failed(self) -> int:
        """Number of steps without solution."""
        return int(self.summary["steps"]["failed"])

    def raise_if_failed(self) -> None:
        """Raise SolveError when a step has no solution."""
        if self.n_failed:
            steps = self.store.read_steps()
            failed = np.flatnonzero(is_failed(steps))
            raise SolveError(failed.tolist(), steps["status"].iloc[failed].tolist())


def run_scenario(
    path: str | Path,
    *,
    from_year: int | None = None,
    to_year: int | None = None,
    out: str | Path | None = None,
    threads: int = 0,
    solver: Solver | str | None = None,
    strict: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """Run a scenario and write its results.

    Parameters
    ----------
    path:
        Scenario file (TOML).
    from_year, to_year:
        First and last local calendar year, in place of those of the scenario.
    out:
        Result directory; ``out/<scenario name>`` in the working directory when not given.
    threads:
        Threads that work inside a block; 0 for all. The results do not depend on it.
    solver:
        ``newton`` or ``pandapower``, in place of that of the scenario.
    strict:
        Raise when a step has no solution; everything is written first.
    overwrite:
        Replace the results of an earlier run in the directory.
    progress:
        Hears of phases and steps.

    Raises
    ------
    ScenarioError, NetworkDataError, CompileError
        The inputs cannot be used.
    ResultStoreError
        The directory is refused, or cannot be written.
    SolveError
        ``strict``, and steps failed.
    """
    clock, told = PhaseClock(), progress or Silence()
    with clock.phase("read"):
        told.begin("Reading scenario and network", 0)
        scenario = load_scenario(path, from_year=from_year, to_year=to_year)
        options = _options(scenario.solver, solver, threads)
        directory = Path(out) if out is not None else Path(OUT_FOLDER) / scenario.name
        ResultStore.check_free(directory, overwrite=overwrite)
        tables = load_tables(scenario.network_folder)
    with clock.phase("stage"):
        told.begin("Laying out stages, demand and generation", 0)
        grid = stage_grid(tables, scenario)
        columns = loading_columns(grid)
        watches = watch_list(columns.elements, scenario.limits.classes)
    with ResultStore.create(directory, overwrite=overwrite) as store:
        block_solver = BlockSolver(grid, columns, options, scenario.limits.basis, clock)
        sink = BlockSink(grid, columns, watches, store)
        told.begin("Solving", len(grid.time_utc))
        stream_blocks(block_solver, sink, told)
        told.begin("Writing tables", 0)
        with clock.phase("assess"):
            report = _report(grid, watches, sink)
        with clock.phase("tables"):
            summary = _write_tables(grid, sink, report, columns.elements)
        store.finish(_manifest(grid, watches, options, sink, summary, clock))
    result = StudyResult(ResultStore.open(directory), summary)
    if strict:
        result.raise_if_failed()
    return result


def open_results(directory: str | Path) -> StudyResult:
    """Open the results of a finished run; ResultStoreError when there are none in ``directory``."""
    store = ResultStore.open(directory)
    return StudyResult(store, store.read_summary())


def _options(of_scenario: Any, solver: Solver | str | None, threads: int) -> SolveOptions:
    try:
        chosen = of_scenario.solver if solver is None else Solver(solver)
        return SolveOptions(
            tolerance_pu=of_scenario.tolerance_pu,
            max_iterations=of_scenario.max_iterations,
            use_fallback=of_scenario.use_fallback,
            threads=threads,
            solver=chosen,
        )
    except ValueError as error:
        raise ScenarioError(f"{error}; known solvers are {', '.join(Solver)}; threads are 0 (all) or more") from error


def _report(grid: StagedGrid, watches: WatchList, sink: BlockSink) -> OverloadReport:
    horizon, months = grid.scenario.horizon, sink.months
    episodes = episode_table(sink.overloads.finish(), watches, horizon)
    worst = np.fmax.reduce(months.worst_percent, axis=1)
    ranking = ranking_table(episodes, watches, worst, months.failed_hours.sum(axis=1))
    return OverloadReport(episodes, yearly_table(episodes, horizon), ranking)


def _write_tables(grid: StagedGrid, sink: BlockSink, report: OverloadReport, elements: pd.DataFrame) -> dict[str, Any]:
    """Write everything but loading and manifest, and return the summary."""
    store, steps, months = sink.store, sink.steps(), sink.months
    store.write_steps(steps)
    store.write_overloads(report.episodes)
    store.write_table("yearly", report.yearly)
    store.write_table("ranking", report.ranking)
    store.write_table("elements", elements)
    store.write_table("substations", substation_table(grid))
    store.write_table("lines", line_table(grid))
    store.write_table("events", event_table(grid))
    store.write_table("demand", grid.injections.demand_summary())
    values = (months.worst_percent, months.hours_over_100, months.failed_hours)
    store.write_monthly(monthly_frame(elements["element"].to_list(), months.months, values))
    summary = summarise(grid, steps, report)
    store.write_summary(summary)
    return summary


def _manifest(
    grid: StagedGrid,
    watches: WatchList,
    options: SolveOptions,
    sink: BlockSink,
    summary: Mapping[str, Any],
    clock: PhaseClock,
) -> Manifest:
    scenario = grid.scenario
    return Manifest(
        scenario=scenario.name,
        title=scenario.title,
        from_year=scenario.horizon.from_year,
        to_year=scenario.horizon.to_year,
        resolution_h=scenario.horizon.resolution_h,
        utc_offset_h=scenario.horizon.utc_offset_h,
        loading_basis=scenario.limits.basis.value,
        limits=tuple(dataclasses.asdict(limit) for limit in watches.limits),
        options=dataclasses.asdict(options) | {"seed": scenario.seed},
        inputs={"network": dict(grid.tables.digests), "scenario": dict(scenario.digests)},
        versions=versions(),
        steps={key: summary["steps"][key] for key in ("total", "solved", "failed", "by_status")},
        blocks=tuple(sink.records),
        created_utc=dt.datetime.now(dt.UTC).strftime(TIME_FORMAT),
        elapsed_s=clock.elapsed_s(),
    )
