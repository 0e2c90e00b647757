"""The same hours by other engines: how far gridsim is from each of them, and what had to be aligned to compare.

Hours are drawn with a fixed seed, at least one from every stage of the scenario as long as there are enough, the others
anywhere. gridsim solves them as it does in a run: same blocks, same start of the taps. Each hour then becomes a
pandapower net of its own, its taps held where they have settled (:func:`gridsim.grid.solved_net.hold`), which the
other engines get; of a few hours pandapower moves the taps itself. The largest differences are what the certificate
says; an engine agrees when they stay within what its own accuracy allows
(:mod:`gridsim.studies.certified_engines`).

The other engines are optional: one that is not installed, or cannot model the net, is told as such.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridsim.enums import Solver, StepStatus
from gridsim.errors import InputError
from gridsim.grid.stages import by_block
from gridsim.peers.peer_model import NotApplicableError
from gridsim.solve import make_solver
from gridsim.studies.certified_engines import ENGINES, WITH_TAPS, Engine, Found, Hour, found_in, loading_names
from gridsim.studies.progress import PhaseClock, Silence
from gridsim.studies.study_summary import is_failed
from gridsim.studies.time_series import asked_scenario, solve_options
from gridsim.tables.load import load_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gridsim.dtypes import IndexArray
    from gridsim.grid.staged import StagedGrid
    from gridsim.grid.stages import Block
    from gridsim.scenario.model import Scenario
    from gridsim.solve.options import SolveOptions
    from gridsim.studies.progress import Progress

SEED = 2026
HOURS, TAP_HOURS = 200, 4
ENGINE_COLUMNS = (
    "engine",
    "version",
    "verdict",
    "hours",
    "failed_hours",
    "vm_pu",
    "va_degree",
    "loading_percent",
    "taps_elsewhere",
    "worst_element",
    "worst_utc",
    "seconds",
    "alignment",
)
HOUR_COLUMNS = ("time_utc", "stage", "status", "load_mw")
#: What becomes of an engine.
AGREES, DIFFERS, NOT_INSTALLED, NOT_APPLICABLE = "agrees", "DIFFERS", "not installed", "not applicable"


@dataclass(frozen=True)
class Certificate:
    """gridsim against other engines.

    Attributes
    ----------
    scenario:
        As asked for.
    engines:
        One row per engine, columns ``ENGINE_COLUMNS``: ``hours`` compared; ``failed_hours`` that gridsim solved and the
        engine did not; the largest differences of magnitude (pu), angle (degree) and loading (percentage points of any
        line or winding); tap positions that differ; where and when the loading differs most; ``seconds`` it took,
        reading the net included; what was aligned, or why it took no part.
    hours:
        One row per hour drawn, columns ``HOUR_COLUMNS``; those without solution are not compared.
    elapsed_s:
        Seconds by phase.
    """

    scenario: Scenario
    engines: pd.DataFrame
    hours: pd.DataFrame
    elapsed_s: Mapping[str, float]

    @property
    def is_met(self) -> bool:
        """Whether at least one engine agrees and none differs."""
        verdicts = set(self.engines["verdict"])
        return AGREES in verdicts and DIFFERS not in verdicts

    @property
    def n_failed(self) -> int:
        """Hours that gridsim did not solve."""
        return int(is_failed(self.hours).sum())


def certify(
    scenario: str | Path | Scenario,
    *,
    hours: int = HOURS,
    tap_hours: int = TAP_HOURS,
    from_year: int | None = None,
    to_year: int | None = None,
    seed: int = SEED,
    threads: int = 0,
    progress: Progress | None = None,
) -> Certificate:
    """Solve drawn hours of a scenario by gridsim and by every other engine at hand, and compare.

    Parameters
    ----------
    scenario:
        Scenario file (TOML), or what :func:`gridsim.load_scenario` made of one.
    hours:
        Hours to draw; all of the horizon when it has fewer.
    tap_hours:
        Of these, hours in which pandapower moves the taps itself, some seconds each; spread over the horizon.
    from_year, to_year:
        First and last local calendar year, in place of those of the scenario.
    seed:
        Of the drawing.
    threads:
        Threads of gridsim; 0 for all.
    progress:
        Hears of hours done.

    Raises
    ------
    ScenarioError, NetworkDataError, CompileError
        The inputs cannot be used.
    InputError
        Less than one hour is asked for.
    """
    if hours < 1 or tap_hours < 0:
        raise InputError(f"hours is {hours} and tap_hours {tap_hours}; at least one hour, and no negative number")
    clock, told = PhaseClock(), progress or Silence()
    with clock.phase("stage"):
        told.begin("Laying out stages, demand and generation", 0)
        asked = asked_scenario(scenario, from_year, to_year)
        from gridsim.grid.staged import stage_grid  # noqa: PLC0415  loads pandapower

        grid = stage_grid(load_tables(asked.network_folder), asked)
    options = solve_options(asked.solver, Solver.newton, threads)
    steps = drawn_steps(grid, hours, seed)
    with_taps = set(steps[np.linspace(0, len(steps) - 1, min(tap_hours, len(steps))).astype(int)].tolist())
    if not options.run_control:
        with_taps = set()
    tallies = [_Tally(engine) for engine in ENGINES]
    taps = _Tally(WITH_TAPS)
    rows: list[dict[str, Any]] = []
    told.begin("Solving the same hours by every engine", len(steps))
    for block, some in by_block(grid.blocks, steps):
        with clock.phase("gridsim"):
            solved = _solved_hours(grid, block, some, options, rows)
        for step, hour in solved:
            if hour is not None:
                names = loading_names(hour.net)
                for tally in [*tallies, taps] if step in with_taps else tallies:
                    with clock.phase(tally.engine.name):
                        tally.ask(hour, grid.time_utc[step], names)
            told.advance(1)
    table = pd.DataFrame([tally.row() for tally in (*tallies, taps)], columns=list(ENGINE_COLUMNS))
    table["worst_utc"] = pd.to_datetime(table["worst_utc"], utc=True)
    return Certificate(asked, table, pd.DataFrame(rows, columns=list(HOUR_COLUMNS)), clock.elapsed_s())


def drawn_steps(grid: StagedGrid, hours: int, seed: int) -> IndexArray:
    """Return steps drawn from a horizon, ascending: one from each stage as long as there are enough, then anywhere."""
    rng = np.random.default_rng(seed)
    each = [int(rng.integers(stage.start_step, stage.stop_step)) for stage in grid.stages]
    first = rng.permutation(np.unique(each))[:hours]
    others = np.setdiff1d(np.arange(len(grid.time_utc)), first)
    rest = rng.choice(others, min(hours - len(first), len(others)), replace=False)
    return np.sort(np.concatenate([first, rest])).astype(np.int64)


def _solved_hours(
    grid: StagedGrid, block: Block, steps: IndexArray, options: SolveOptions, rows: list[dict[str, Any]]
) -> list[tuple[int, Hour | None]]:
    """Solve hours of a block as a run does; write down a row for each, and return what other engines get of it."""
    from gridsim.grid.solved_net import hold  # noqa: PLC0415  loads pandapower

    whole = grid.profiles_for(block)
    stage = grid.stages[block.stage_index]
    net = grid.net_at(stage, whole, moves_taps=options.run_control)
    solver = make_solver(net, options, grid.scenario.limits.basis)
    profiles = {key: values[steps - block.start_step] for key, values in whole.items()}
    solution = solver.solve(profiles, len(steps), from_settled_taps=True)
    names = list(StepStatus)
    found: list[tuple[int, Hour | None]] = []
    for row, step in enumerate(steps.tolist()):
        status = names[solution.status[row]].name
        rows.append(
            {
                "time_utc": grid.time_utc[step],
                "stage": block.stage_index,
                "status": status,
                "load_mw": solution.load_mw[row],
            }
        )
        own = found_in(solution, row)
        if own is None:
            found.append((step, None))
            continue
        given = {key: values[row : row + 1] for key, values in profiles.items()}
        name = f"{grid.scenario.name}, stage {block.stage_index}"
        alone = grid.net_at(stage)
        hold(alone, {key: values[0] for key, values in given.items()}, solver.tap_units, own.tap_pos, name)
        found.append((step, Hour(name, alone, net, given, own, options)))
    return found


class _Tally:
    """What became of one engine so far."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.hours = self.failed_hours = self.taps_elsewhere = 0
        self.largest = {"vm_pu": 0.0, "va_degree": 0.0, "loading_percent": 0.0}
        self.worst: tuple[str, pd.Timestamp | None] = ("", None)
        self.seconds = 0.0
        self.told = engine.alignment
        self.absence = "" if engine.is_installed else NOT_INSTALLED

    def ask(self, hour: Hour, time_utc: pd.Timestamp, elements: Sequence[str]) -> None:
        """Let the engine solve an hour and compare; one that cannot model a net is not asked again."""
        if self.absence:
            return
        begin = time.perf_counter()
        try:
            found = self.engine.solve(hour)
        except NotApplicableError as reason:
            self.absence, self.told = NOT_APPLICABLE, str(reason)
            return
        finally:
            self.seconds += time.perf_counter() - begin
        if found is None:
            self.failed_hours += 1
            return
        self.hours += 1
        self._compare(found, hour.own, time_utc, elements)

    def _compare(self, found: Found, own: Found, time_utc: pd.Timestamp, elements: Sequence[str]) -> None:
        if found.note and found.note not in self.told:
            self.told = f"{self.told}; {found.note}"
        loading = _distance(found.loading, own.loading)
        place = int(np.argmax(loading))
        if not loading[place] <= self.largest["loading_percent"]:
            self.worst = (elements[place], time_utc)
        distances = {
            "vm_pu": _distance(np.abs(found.voltage), np.abs(own.voltage)),
            "va_degree": np.abs(np.rad2deg(np.angle(_known(found.voltage) * _known(own.voltage).conj()))),
            "loading_percent": loading,
        }
        for name, values in distances.items():
            self.largest[name] = max(self.largest[name], float(values.max(initial=0.0)))
        if found.tap_pos is not None and own.tap_pos is not None:
            self.taps_elsewhere += int((found.tap_pos != own.tap_pos).sum())

    def row(self) -> dict[str, Any]:
        """Return the row of the table of engines."""
        verdict = self.absence or (AGREES if self._agrees() else DIFFERS)
        if not (self.absence or self.hours or self.failed_hours):
            verdict, self.told = NOT_APPLICABLE, "no hour to compare"
        known = self.largest if self.hours else dict.fromkeys(self.largest, np.nan)
        return {
            "engine": self.engine.name,
            "version": self.engine.version,
            "verdict": verdict,
            "hours": self.hours,
            "failed_hours": self.failed_hours,
            **known,
            "taps_elsewhere": self.taps_elsewhere,
            "worst_element": self.worst[0],
            "worst_utc": self.worst[1],
            "seconds": round(self.seconds, 1),
            "alignment": self.told,
        }

    def _agrees(self) -> bool:
        return not self.failed_hours and not self.taps_elsewhere and self.engine.bounds.hold(self.largest)


def _distance(found: Any, own: Any) -> Any:
    """Return absolute differences: none where both have no number, infinite where only one has."""
    apart = np.abs(found - own)
    both = np.isnan(found) & np.isnan(own)
    return np.where(both, 0.0, np.where(np.isnan(apart), np.inf, apart))


def _known(voltage: Any) -> Any:
    """Return voltages with 1 for those that are not there; that one of two is not is seen by their magnitudes."""
    return np.where(np.isnan(voltage), 1.0, voltage)
