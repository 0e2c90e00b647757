"""Many random scenarios one after the other in one process: ``python -m tests.soak.long_run --runs 1000``.

Every run must end with its files whole and its hours told apart, and the memory of the process must not grow.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import gridsim
from gridsim.enums import StepStatus
from gridsim.results.store import ResultStore
from tests.soak.variations import drawn

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from gridsim.studies.time_series import StudyResult

#: Runs after which memory counts as warm: kernels compiled, buffers of the largest block taken once.
WARM_RUNS = 20
#: Growth from then on that is noise of the allocator, MB: the resident set moves by some MB from run to run.
NOISE_MB = 40.0
SOLVED = {StepStatus.ok.name, StepStatus.ok_fallback.name}


@dataclass
class Soak:
    """What happened: a message per run that went wrong, memory after each, steps by status."""

    failures: list[str] = field(default_factory=list)
    resident_mb: list[float] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)

    @property
    def growth_mb(self) -> float:
        """Median of the last tenth of the runs less that of the first tenth after warming up."""
        warm = self.resident_mb[min(WARM_RUNS, len(self.resident_mb) // 2) :]
        tenth = max(1, len(warm) // 10)
        return float(np.median(warm[-tenth:]) - np.median(warm[:tenth]))


def soak(n_run: int, seed: int, folder: Path, told: Callable[[str], None] = lambda _: None) -> Soak:
    """Run ``n_run`` scenarios; number k depends on ``seed`` and k alone, so that one can be repeated by itself."""
    found = Soak()
    for number in range(n_run):
        variation = drawn(np.random.default_rng([seed, number]))
        try:
            scenario = variation.write(folder / "study")
            out, years = folder / "out", {"to_year": variation.to_year}
            result = gridsim.run_scenario(scenario, out=out, overwrite=True, threads=1 + number % 2, **years)
            _check(result, found.steps)
        except Exception as error:  # noqa: BLE001  whatever it is, the soak goes on and tells it
            found.failures.append(f"seed {seed}, run {number}: {type(error).__name__}: {error}\n{variation}")
        found.resident_mb.append(_resident_mb())
        told(f"{number + 1} of {n_run}, {found.resident_mb[-1]:.0f} MB, {len(found.failures)} failures")
    return found


def _check(result: StudyResult, counts: dict[str, int]) -> None:
    """Reopen the results and hold them against each other; AssertionError when they disagree."""
    store = ResultStore.open(result.store.directory)
    steps = store.read_steps()
    is_failed = ~steps["status"].isin(SOLVED).to_numpy()
    for status, count in steps["status"].value_counts().items():
        counts[str(status)] = counts.get(str(status), 0) + int(count)
    assert set(steps["status"]) <= {status.name for status in StepStatus}
    assert result.n_failed == int(is_failed.sum())
    assert steps.loc[is_failed, ["load_mw", "loss_mw"]].isna().all(axis=None)
    assert np.isfinite(steps.loc[~is_failed, ["load_mw", "loss_mw"]].to_numpy()).all()
    start = 0
    for year in store.years:
        loading = store.loading(year).drop(columns="time_utc").to_numpy()
        failed = is_failed[start : start + len(loading)]
        assert np.isnan(loading[failed]).all()
        assert np.isfinite(loading[~failed]).any(axis=1).all()
        assert not (loading < 0.0).any()
        start += len(loading)
    assert start == len(steps)
    overloads = store.read_overloads()
    assert (overloads["peak_percent"] > 0.0).all()
    assert set(overloads["limit"]) <= set(store.read_table("verdicts")["limit"]) | {"line_continuous"}


def _resident_mb() -> float:
    """Return the memory of this process that is in use now, MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _say(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()


def main() -> int:
    """Run from the command line; 1 when a run failed or memory grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = soak(asked.runs, asked.seed, Path(folder), lambda text: _say(sys.stderr, f"{text}\r"))
    lines = [
        f"{asked.runs} runs in {time.perf_counter() - begin:.0f} s; steps {found.steps}",
        f"memory {found.resident_mb[0]:.0f} MB after the first, {found.resident_mb[-1]:.0f} MB after the last run",
        f"growth once warm {found.growth_mb:+.1f} MB; {len(found.failures)} failures",
        *found.failures,
    ]
    _say(sys.stdout, "\n".join(["", *lines, ""]))
    return int(bool(found.failures) or found.growth_mb > NOISE_MB)


if __name__ == "__main__":
    sys.exit(main())
