"""Compiler options of every kernel, in one place.

No other module names an option: kernels are decorated with :func:`kernel` or :func:`parallel_kernel` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

from gridsim.kernels.cache_folder import cache_folder

Function = TypeVar("Function", bound=Callable[..., Any])

#: Liberties for the compiler that leave NaN and infinity alone. ``fastmath=True`` would add "nnan" and "ninf", after
#: which ``np.isnan`` answers False on NaN, and failed steps could no longer be told from healthy ones.
FASTMATH = frozenset({"nsz", "arcp", "contract", "afn", "reassoc"})

_CACHE = cache_folder(Path(__file__).parent)


def _compile(function: Function, *, parallel: bool) -> Function:
    """Decorate ``function``; its machine code goes to our own folder, other users of numba keep theirs."""
    kept = numba.config.CACHE_DIR
    if _CACHE is not None:
        numba.config.CACHE_DIR = str(_CACHE)
    try:
        compiled = numba.njit(
            cache=_CACHE is not None,
            nogil=True,
            error_model="numpy",  # a division by zero gives inf, which a kernel reports as a code; it never raises
            fastmath=set(FASTMATH),
            parallel=parallel,
        )(function)
    finally:
        numba.config.CACHE_DIR = kept
    return cast("Function", compiled)


def kernel(function: Function) -> Function:
    """Compile a function that runs in one thread."""
    return _compile(function, parallel=False)


def parallel_kernel(function: Function) -> Function:
    """Compile a function whose ``prange`` loops are spread over threads."""
    return _compile(function, parallel=True)


#: Loop over independent rounds that may run in several threads; a plain ``range`` outside a parallel kernel.
prange = numba.prange


@contextmanager
def threads(count: int) -> Iterator[int]:
    """Use ``count`` threads for the parallel kernels called inside the ``with`` block; 0 stands for all.

    Yields the number really used, which is at most the number numba started with.
    """
    available = int(numba.config.NUMBA_NUM_THREADS)
    used = available if count <= 0 else min(count, available)
    before = int(numba.get_num_threads())
    numba.set_num_threads(used)
    try:
        yield used
    finally:
        numba.set_num_threads(before)
