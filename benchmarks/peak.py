"""The machine's limits: multiply-adds per second and bytes per second, by small numba loops.

The multiply-add loop keeps ten independent chains in registers, four or eight numbers wide as the processor has it; the
memory loops run over arrays far larger than the caches. One thread per core, each on its own part.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

#: Multiply-adds per number and pass; written out, so that the compiler keeps the chain in a register.
CHAIN = 32
CHAINS = 10
#: Numbers per chain: all of them together stay in the first-level cache.
CHUNK = 256
ROUNDS = 1000
#: Numbers in each memory array: 256 MB.
MEMORY_NUMBERS = 32_000_000
#: Short tries and many of them: on a machine that also does other things some run undisturbed.
TRIES = 60


@dataclass(frozen=True)
class Peak:
    """Limits of a number of threads.

    Attributes
    ----------
    threads:
        How many.
    multiply_adds_per_s:
        In double precision; two floating-point operations each.
    read_bytes_per_s:
        Of a sum over a large array.
    copy_bytes_per_s:
        Of a scaled copy, counting what is read and what is written.
    """

    threads: int
    multiply_adds_per_s: float
    read_bytes_per_s: float
    copy_bytes_per_s: float


@numba.njit(inline="always")
def _four(x: float, a: float, b: float) -> float:
    return (((x * a + b) * a + b) * a + b) * a + b


@numba.njit(inline="always")
def _chain(x: float, a: float, b: float) -> float:
    y = _four(_four(_four(_four(x, a, b), a, b), a, b), a, b)
    return _four(_four(_four(_four(y, a, b), a, b), a, b), a, b)


@numba.njit(inline="always")
def _all_chains(x: np.ndarray, i: int, a: float, b: float) -> None:
    """Advance the ten chains of one column; they do not wait for each other."""
    y0, y1, y2, y3, y4 = x[0, i], x[1, i], x[2, i], x[3, i], x[4, i]
    y5, y6, y7, y8, y9 = x[5, i], x[6, i], x[7, i], x[8, i], x[9, i]
    y0, y1, y2, y3, y4 = _chain(y0, a, b), _chain(y1, a, b), _chain(y2, a, b), _chain(y3, a, b), _chain(y4, a, b)
    y5, y6, y7, y8, y9 = _chain(y5, a, b), _chain(y6, a, b), _chain(y7, a, b), _chain(y8, a, b), _chain(y9, a, b)
    x[0, i], x[1, i], x[2, i], x[3, i], x[4, i] = y0, y1, y2, y3, y4
    x[5, i], x[6, i], x[7, i], x[8, i], x[9, i] = y5, y6, y7, y8, y9


@numba.njit(parallel=True, fastmath={"contract"})
def _multiply_add(x: np.ndarray, rounds: int, a: float, b: float) -> None:
    for part in numba.prange(x.shape[0]):
        for _ in range(rounds):
            for i in range(x.shape[2]):
                _all_chains(x[part], i, a, b)


@numba.njit(parallel=True, fastmath={"reassoc", "contract"})
def _read(x: np.ndarray, sums: np.ndarray) -> None:
    for part in numba.prange(x.shape[0]):
        total = 0.0
        for i in range(x.shape[1]):
            total += x[part, i]
        sums[part] = total


@numba.njit(parallel=True, fastmath={"contract"})
def _copy(x: np.ndarray, y: np.ndarray, a: float) -> None:
    for part in numba.prange(x.shape[0]):
        for i in range(x.shape[1]):
            y[part, i] = a * x[part, i]


def _shortest(call: Callable[..., object], tries: int, *arguments: object) -> float:
    call(*arguments)  # compiles
    seconds = []
    for _ in range(tries):
        start = time.perf_counter()
        call(*arguments)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def measure(threads: int, *, memory_numbers: int = MEMORY_NUMBERS, rounds: int = ROUNDS, tries: int = TRIES) -> Peak:
    """Measure the limits of a number of threads; the best of a few tries."""
    before = numba.get_num_threads()
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    try:
        x = np.full((threads, CHAINS, CHUNK), 0.5)
        arithmetic = _shortest(_multiply_add, tries, x, rounds, 0.999, 1e-3)
        large, other = np.ones((threads, memory_numbers // threads)), np.zeros((threads, memory_numbers // threads))
        read = _shortest(_read, tries // 3, large, np.zeros(threads))
        copy = _shortest(_copy, tries // 3, large, other, 0.5)
    finally:
        numba.set_num_threads(before)
    return Peak(
        threads, CHAINS * CHAIN * CHUNK * threads * rounds / arithmetic, large.nbytes / read, 2 * large.nbytes / copy
    )
