"""gridsim itself. The one file of the benchmarks that knows gridsim from inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.registry import register_subject
from benchmarks.stand import WARM_UP_STEPS
from benchmarks.subject import Subject, Variant
from gridsim.peers.peer_model import MAX_ITERATIONS, TOLERANCE_PU, Model, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from benchmarks.case import Case

TABLES = ("line", "trafo", "trafo3w")
REPOSITORY = Path(__file__).resolve().parents[2]
REFERENCE_SCENARIO = REPOSITORY / "scenarios" / "reference.toml"


def _options(threads: int) -> Any:
    import gridsim  # noqa: PLC0415  loaded when asked for

    return gridsim.SolveOptions(tolerance_pu=TOLERANCE_PU, max_iterations=MAX_ITERATIONS, threads=threads)


class GridsimModel(Model):
    """A solver of one net."""

    def __init__(self, net: Any, threads: int) -> None:
        from gridsim.solve import make_solver  # noqa: PLC0415  loads numba

        self.solver: Any = make_solver(net, _options(threads))
        self.solution: Any = None

    def solve(self) -> None:
        """Complex voltages and loading of every step; no peer splits voltages into magnitude and angle either."""
        self.solution = None  # whoever streams batches lets go of one before the next
        self.solution = self.solver.solve(self.batch, self.n_step)

    def outcome(self) -> Outcome:
        """Voltages from magnitude and angle; loading as it is."""
        vm, va = self.solution.vm_pu, self.solution.va_degree
        loading = self.solution.loading
        named = {"line": loading.line, "trafo": loading.trafo, "trafo3w": loading.trafo3w}
        return Outcome(
            voltage=vm * np.exp(1j * np.deg2rad(va)),
            loading={table: np.asarray(values, dtype=float) for table, values in named.items() if values.shape[1]},
            n_solved=self.n_solved(),
        )

    def n_solved(self) -> int:
        """By the status of each step."""
        return int(self.solution.is_solved.sum())

    def mean_iterations(self) -> float:
        """Return the iterations per step of the last batch, over all rungs."""
        return float(np.mean(self.solution.iterations))

    def counts(self) -> dict[str, int]:
        """Return sizes of the compiled net that say how much arithmetic one step takes."""
        compiled = self.solver.compiled
        return {
            "n_bus": int(compiled.n_bus),
            "n_free": int(compiled.n_free),
            "n_admittance": len(compiled.network.y_indices),
            "n_factor": len(compiled.lu.indices),
            "n_branch": len(compiled.branch_from),
        }


class Gridsim(Subject):
    """The batch engine, driven through its public functions."""

    name = "gridsim"
    packages = ("gridsim",)
    module = "gridsim"
    is_peer = False

    def versions(self) -> dict[str, str]:
        """Return the version of the source tree, which need not be installed."""
        import gridsim  # noqa: PLC0415  loaded when asked for

        return {"gridsim": gridsim.__version__}

    def variants(self, threads: Sequence[int]) -> list[Variant]:
        """One per number of threads."""
        return [Variant(self.name, "", count) for count in threads]

    def build(self, case: Case, variant: Variant) -> GridsimModel:
        """Lower the net and solve its own values."""
        return GridsimModel(case.net, variant.threads)

    def whole_call(
        self, case: Case, variant: Variant, given: Mapping[tuple[str, str], pd.DataFrame], voltage: np.ndarray
    ) -> Outcome:
        """Call the public function, and make the frame of every table."""
        del voltage
        import gridsim  # noqa: PLC0415  loaded when asked for

        solution = gridsim.solve_timeseries(case.net, given, options=_options(variant.threads))
        frames = {table: solution.loading_percent(table) for table in TABLES if len(case.net[table])}
        return Outcome(
            voltage=np.empty((0, 0), dtype=complex),
            loading={table: frame.to_numpy() for table, frame in frames.items()},
            n_solved=int(solution.batch.is_solved.sum()),
        )

    def compile(self, case: Case, *, cold: bool) -> Mapping[str, float]:
        """From an empty process to the first day of a case; cold: with an empty kernel cache."""
        with tempfile.TemporaryDirectory() as empty:
            environment = _environment(empty if cold else None)
            command = [sys.executable, "-m", "benchmarks.fresh_process", case.name]
            done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1])
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def study(self, *, cold: bool, folder: str) -> Mapping[str, float]:
        """Run ``gridsim run`` on the reference scenario, all files and pictures included."""
        with tempfile.TemporaryDirectory() as empty:
            command = [
                sys.executable,
                "-m",
                "gridsim",
                "run",
                str(REFERENCE_SCENARIO),
                "--out",
                str(Path(folder) / "out"),
            ]
            start = time.perf_counter()
            process = subprocess.Popen(  # noqa: S603
                command,
                cwd=REPOSITORY,
                env=_environment(empty if cold else None),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            errors = process.stderr.read() if process.stderr else ""
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(errors.strip().splitlines()[-1] if errors.strip() else f"exit code {process.returncode}")
        return {"total": seconds, "cpu": usage.ru_utime + usage.ru_stime, "peak_memory_mb": usage.ru_maxrss / 1024.0}


def stage_net() -> Any:
    """Return the net of the middle stage of the reference scenario."""
    import gridsim  # noqa: PLC0415  loaded when asked for

    scenario = gridsim.load_scenario(REFERENCE_SCENARIO)
    grid = gridsim.stage_grid(gridsim.load_tables(scenario.network_folder), scenario)
    return grid.net_at(grid.stages[len(grid.stages) // 2])


def timed_start(case: Case) -> dict[str, float]:
    """Import gridsim, make a solver and solve a day; return the seconds of each. Once per process."""
    profiles = case.profiles(WARM_UP_STEPS)
    start = time.perf_counter()
    options = _options(threads=0)
    imported = time.perf_counter()
    from gridsim.solve import make_solver  # noqa: PLC0415  what is timed

    solver = make_solver(case.net, options)
    lowered = time.perf_counter()
    solver.solve(profiles, WARM_UP_STEPS)
    end = time.perf_counter()
    return {"import": imported - start, "lower": lowered - imported, "first day": end - lowered, "total": end - start}


def _environment(empty_cache: str | None) -> dict[str, str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")])),
    }
    if empty_cache is not None:
        environment["NUMBA_CACHE_DIR"] = empty_cache
    return environment


register_subject(Gridsim())
