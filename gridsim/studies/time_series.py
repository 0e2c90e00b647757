"""The main job: a scenario, step by step, from tables to overload episodes on disk."""

from __future__ import annotations

import dataclasses
import gc
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridsim.enums import Solver
from gridsim.errors import ResultStoreError, ScenarioError, SolveError
from gridsim.results.earlier_run import EarlierRun
from gridsim.results.store import ResultStore
from gridsim.scenario import load_scenario
from gridsim.scenario.model import Scenario, SolverOptions
from gridsim.solve.options import SolveOptions
from gridsim.studies.progress import PhaseClock, Progress, Silence
from gridsim.studies.run_start import refuse_other_run, run_start
from gridsim.studies.study_summary import is_failed
from gridsim.tables.load import load_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gridsim.tables.network_tables import NetworkTables

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
    n_kept:
        Blocks that were stored already when an interrupted run was resumed.
    """

    store: ResultStore
    summary: Mapping[str, Any]
    n_kept: int = 0

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
    scenario: str | Path | Scenario,
    *,
    from_year: int | None = None,
    to_year: int | None = None,
    out: str | Path | None = None,
    threads: int = 0,
    solver: Solver | str | None = None,
    strict: bool = False,
    overwrite: bool = False,
    reuse: str | Path | None = None,
    progress: Progress | None = None,
) -> StudyResult:
    """Run a scenario and write its results.

    Results are written block by block while the run goes on. What an interrupted run has written is whole, and
    :func:`resume_run` goes on with it.

    Parameters
    ----------
    scenario:
        Scenario file (TOML), or what :func:`gridsim.load_scenario` made of one, perhaps changed by
        :func:`dataclasses.replace`.
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
    reuse:
        Result directory of an earlier run, finished or not; it may be the one that is overwritten. Blocks whose inputs
        have not changed since are taken over from it, and the manifest says which.
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
        asked = asked_scenario(scenario, from_year, to_year)
        options = solve_options(asked.solver, solver, threads)
        directory = Path(out) if out is not None else Path(OUT_FOLDER) / asked.name
        ResultStore.check_free(directory, overwrite=overwrite)
        earlier = None if reuse is None else Path(reuse)
        is_own = earlier is not None and earlier.resolve() == directory.resolve()
        runs = [EarlierRun.open(earlier)] if earlier is not None else []
        tables = load_tables(asked.network_folder)
        start = run_start(asked, tables, options, earlier)

    def claim() -> tuple[ResultStore, list[EarlierRun]]:
        store = ResultStore.create(directory, overwrite=overwrite, start=start, sets_aside=is_own)
        return store, EarlierRun.set_aside_in(directory) if is_own else runs

    return _run(asked, tables, options, claim, clock, told, strict=strict)


def resume_run(
    directory: str | Path,
    *,
    threads: int | None = None,
    strict: bool = False,
    progress: Progress | None = None,
) -> StudyResult:
    """Go on with an interrupted run: its blocks are read, those that are missing are solved.

    Every file but the manifest is the same, byte for byte, as that of a run that was never interrupted; the manifest
    differs in the time of its making and the seconds that were counted. Of a finished run nothing is done again.

    Parameters
    ----------
    directory:
        Result directory of the run. Scenario and network are read from where they were.
    threads:
        Threads that work inside a block, in place of those the run began with.
    strict, progress:
        As for :func:`run_scenario`.

    Raises
    ------
    ResultStoreError
        There is no run in ``directory``; it is still going on; or scenario, network, options or versions are no longer
        those it began with.
    ScenarioError, NetworkDataError, CompileError, SolveError
        As for :func:`run_scenario`.
    """
    clock, told = PhaseClock(), progress or Silence()
    path = Path(directory)
    if ResultStore.is_finished(path):
        store = ResultStore.open(path)
        result = StudyResult(store, store.read_summary(), len(store.manifest.blocks))
        if strict:
            result.raise_if_failed()
        return result
    with clock.phase("read"):
        told.begin("Reading scenario and network", 0)
        then = ResultStore.started(path)
        asked = asked_scenario(then.origin["scenario_file"], then.from_year, then.to_year)
        begun = dict(then.options) if threads is None else dict(then.options, threads=threads)
        options = solve_options(asked.solver, begun["solver"], begun["threads"])
        tables = load_tables(asked.network_folder)
        refuse_other_run(path, then, run_start(asked, tables, options))

    def claim() -> tuple[ResultStore, list[EarlierRun]]:
        store = ResultStore.resume(path)
        return store, [EarlierRun(path, store.noted, ""), *EarlierRun.set_aside_in(path), *_still_there(then.reuse)]

    return _run(asked, tables, options, claim, clock, told, strict=strict)


def _still_there(reuse: str) -> list[EarlierRun]:
    """Return the run whose blocks an interrupted run was to reuse; none when it has gone since."""
    try:
        return [EarlierRun.open(reuse)] if reuse else []
    except ResultStoreError:
        return []


def _run(
    scenario: Scenario,
    tables: NetworkTables,
    options: SolveOptions,
    claim: Callable[[], tuple[ResultStore, list[EarlierRun]]],
    clock: PhaseClock,
    told: Progress,
    *,
    strict: bool,
) -> StudyResult:
    """Run a scenario into the directory that ``claim`` claims, with the runs whose blocks may be taken over."""
    with clock.phase("import"), _uncollected():
        # What is heavy (pandapower, pvlib, numba) comes after the inputs, so that a mistake in them is told at once.
        from gridsim.grid.staged import stage_grid  # noqa: PLC0415
        from gridsim.studies.study_run import solve_and_write  # noqa: PLC0415
    with clock.phase("stage"):
        told.begin("Laying out stages, demand and generation", 0)
        grid = stage_grid(tables, scenario)
    store, runs = claim()
    with store, _remedy_told(store.directory):
        summary, n_kept = solve_and_write(grid, options, store, clock, told, runs)
    result = StudyResult(ResultStore.open(store.directory), summary, n_kept)
    if strict:
        result.raise_if_failed()
    return result


@contextmanager
def _remedy_told(directory: Path) -> Iterator[None]:
    """Say with whatever stops a run under way how to go on."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(f"go on with gridsim run --resume {directory}")
        raise
    except ResultStoreError as error:
        raise ResultStoreError(
            f"{error}. Blocks that were written before are whole; once this is mended, go on with gridsim run --resume "
            f"{directory}"
        ) from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector out of imports, which only make things that stay; it would look at them every time.

    Once only: what an earlier run has left behind is not to stay, and freezing it would keep it for good.
    """
    if "gridsim.studies.study_run" in sys.modules:
        yield
        return
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()


def open_results(directory: str | Path) -> StudyResult:
    """Open the results of a finished run; ResultStoreError when there are none in ``directory``."""
    store = ResultStore.open(directory)
    return StudyResult(store, store.read_summary())


def asked_scenario(scenario: str | Path | Scenario, from_year: int | None, to_year: int | None) -> Scenario:
    """Return the scenario with the years that were asked for."""
    if not isinstance(scenario, Scenario):
        return load_scenario(scenario, from_year=from_year, to_year=to_year)
    years = {"from_year": from_year, "to_year": to_year}
    horizon = dataclasses.replace(scenario.horizon, **{key: year for key, year in years.items() if year is not None})
    if horizon.to_year < horizon.from_year:
        raise ScenarioError(f"to_year {horizon.to_year} lies before from_year {horizon.from_year}")
    return dataclasses.replace(scenario, horizon=horizon)


def solve_options(of_scenario: SolverOptions, solver: Solver | str | None, threads: int) -> SolveOptions:
    """Return the options of a study: those of the scenario, with solver and threads as asked for."""
    try:
        chosen = of_scenario.solver if solver is None else Solver(solver)
        return SolveOptions(
            tolerance_pu=of_scenario.tolerance_pu,
            max_iterations=of_scenario.max_iterations,
            use_fallback=of_scenario.use_fallback,
            run_control=of_scenario.tap_control,
            threads=threads,
            solver=chosen,
        )
    except ValueError as error:
        raise ScenarioError(f"{error}; known solvers are {', '.join(Solver)}; threads are 0 (all) or more") from error
