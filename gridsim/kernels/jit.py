"""Compiler options of every kernel, in one place.

No other module names an option: kernels are decorated with one of the functions below and nothing else. No
kernel starts threads of its own: they release the interpreter lock, and the callers deal work to threads.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

from gridsim.kernels.cache_folder import cache_folder

Function = TypeVar("Function", bound=Callable[..., Any])

#: Liberties for the compiler that leave NaN and infinity alone. ``fastmath=True`` would add "nnan" and "ninf", after
#: which ``np.isnan`` answers False on NaN, and failed steps could no longer be told from healthy ones.
FASTMATH = frozenset({"nsz", "arcp", "contract", "afn", "reassoc"})

#: Whether kernels are compiled; NUMBA_DISABLE_JIT=1 runs them as plain Python, without the vector code.
IS_COMPILED = not numba.config.DISABLE_JIT

_CACHE = cache_folder(Path(__file__).parent)


def _compile(
    function: Function, liberties: frozenset[str], *, counts_references: bool = True, into_callers: bool = False
) -> Function:
    """Decorate ``function``; its machine code goes to our own folder, other users of numba keep theirs."""
    kept = numba.config.CACHE_DIR
    if _CACHE is not None:
        numba.config.CACHE_DIR = str(_CACHE)
    try:
        compiled = numba.njit(
            cache=_CACHE is not None,
            nogil=True,
            error_model="numpy",  # a division by zero gives inf, which a kernel reports as a code; it never raises
            fastmath=set(liberties),
            _nrt=counts_references,
            inline="always" if into_callers else "never",
        )(function)
    finally:
        numba.config.CACHE_DIR = kept
    return cast("Function", compiled)


def kernel(function: Function) -> Function:
    """Compile a function."""
    return _compile(function, FASTMATH)


def lane_kernel(function: Function) -> Function:
    """Compile a function that works on lanes: without liberties, and without counting references.

    With liberties, the lanes of one loop may be rounded differently, vectorised ones and left-over ones, and the result
    of a step would depend on its place in the group. Counting the references to the arrays of a NamedTuple took a tenth
    of the time of small grids; a lane kernel makes no arrays, its caller holds them all.
    """
    return _compile(function, frozenset(), counts_references=False)


def fused_kernel(function: Function) -> Function:
    """Compile a function that goes through arrays in plain loops: products and sums may be fused, no other liberty."""
    return _compile(function, frozenset({"contract"}), counts_references=False)


def lane_part(function: Function) -> Function:
    """Compile a part of a lane kernel into its callers, where it is optimised with what surrounds it."""
    return _compile(function, frozenset(), counts_references=False, into_callers=True)


def part(function: Function) -> Function:
    """Compile a part of a kernel into its callers, where the references to its arrays are counted once."""
    return _compile(function, FASTMATH, into_callers=True)
