"""How far gridsim is from what the machine can do: operations counted, limits measured.

Counted is what any method must do that iterates with a factorisation it has: per iteration one product with the
admittance matrix (4 multiply-adds per complex entry, and 4 per bus for the power), one solution with the triangular
factors (4 per 2 x 2 block, each block used once) and the update of the voltages (8 per bus); once per load flow the
currents at both ends of every branch (8 multiply-adds each, and 2 for the square of its magnitude). Not counted: the
factorisation, start values, planning, and everything that a method needs because it is not ideal. Memory: every profile
value is read once, every result (magnitude and angle of each bus, loading of each branch) written once, 8 bytes each.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.case import load_case
from benchmarks.peak import measure
from benchmarks.stand import clocked, quiet
from benchmarks.subjects.gridsim_batch import Gridsim

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.case import CaseEntry
    from benchmarks.peak import Peak
    from gridsim.peers.peer_model import Arrays

PER_ADMITTANCE = 4
PER_BUS = 12
PER_FACTOR_BLOCK = 4
PER_BRANCH = 2 * (8 + 2)
BYTES = 8
#: Multiply-adds of a microsecond, and bytes.
MICRO = 1e-6


@dataclass(frozen=True)
class Limit:
    """One case at one number of threads; times in microseconds per load flow.

    Attributes
    ----------
    iterations:
        Mean over the batch, over all rungs of the ladder.
    multiply_adds, bytes_moved:
        Counted, per load flow.
    arithmetic_us, memory_us:
        Time that these take at the measured limits.
    measured_us:
        What gridsim takes, the shortest of a few batches.
    """

    case: str
    n_bus: int
    threads: int
    iterations: float
    multiply_adds: float
    bytes_moved: float
    arithmetic_us: float
    memory_us: float
    measured_us: float

    @property
    def bound_us(self) -> float:
        """Return the larger of the two limits."""
        return max(self.arithmetic_us, self.memory_us)

    @property
    def times(self) -> float:
        """Return how many times longer gridsim takes."""
        return self.measured_us / self.bound_us

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for a file."""
        return {**asdict(self), "bound_us": self.bound_us, "times": self.times}


def operations(counts: dict[str, int], iterations: float) -> float:
    """Return multiply-adds per load flow from the sizes of a compiled net."""
    per_iteration = (
        PER_ADMITTANCE * counts["n_admittance"] + PER_BUS * counts["n_free"] + PER_FACTOR_BLOCK * counts["n_factor"]
    )
    return iterations * per_iteration + PER_BRANCH * counts["n_branch"]


def moved(profiles: Arrays, n_bus: int, n_loading: int) -> float:
    """Return bytes per load flow between memory and processor."""
    return float(BYTES * (sum(values.shape[1] for values in profiles.values()) + 2 * n_bus + n_loading))


def limits(
    entries: Sequence[CaseEntry],
    threads: Sequence[int],
    steps: int,
    repeats: int,
    say: Callable[[str], None],
    peaks: dict[int, Peak] | None = None,
) -> tuple[dict[int, Peak], list[Limit]]:
    """Measure the machine and gridsim on every case.

    Parameters
    ----------
    entries, threads:
        What to measure.
    steps:
        Steps of a batch; 0 for each case's own number.
    repeats:
        Batches, of which the shortest counts: a limit is compared with the best that was seen.
    say:
        Told about progress.
    peaks:
        Limits by number of threads when they are known.
    """
    if peaks is None:
        say("measuring the machine")
        peaks = {count: measure(count) for count in threads}
    gridsim = Gridsim()
    found = []
    for entry in entries:
        case = load_case(entry)
        n_step = steps or entry.default_steps
        for variant in gridsim.variants(threads):
            say(f"{entry.name}: {variant.threads} threads")
            with quiet():
                model = gridsim.build(case, variant)
                profiles = case.profiles(n_step)
                model.prepare(profiles, n_step, np.empty(0))
                model.solve()
                seconds = min(clocked(model.solve).wall_s for _ in range(repeats))
                loading = model.outcome().loading
            peak = peaks[variant.threads]
            work = operations(model.counts(), model.mean_iterations())
            n_loading = sum(int(np.prod(values.shape[1:])) for values in loading.values())
            traffic = moved(profiles, len(case.net.bus), n_loading)
            found.append(
                Limit(
                    case=entry.name,
                    n_bus=entry.n_bus,
                    threads=variant.threads,
                    iterations=model.mean_iterations(),
                    multiply_adds=work,
                    bytes_moved=traffic,
                    arithmetic_us=work / peak.multiply_adds_per_s / MICRO,
                    memory_us=traffic / peak.copy_bytes_per_s / MICRO,
                    measured_us=seconds / n_step / MICRO,
                )
            )
    return peaks, found
