"""Memory of results is used again only when nobody looks at it any more, and not without bound."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from gridsim.solve.result_memory import SMALLEST_KEPT_BYTES, ResultMemory

SHAPE = (SMALLEST_KEPT_BYTES // 64, 8)
N_BYTE = SHAPE[0] * SHAPE[1] * 8


def address(array: np.ndarray) -> int:
    return array.ctypes.data


def test_memory_comes_back_when_the_last_view_is_gone() -> None:
    memory = ResultMemory()
    first = memory.empty(SHAPE, np.float64)
    first[:] = 7.0
    place = address(first)
    view = first[3:5, ::2].view(np.int64)
    del first
    gc.collect()
    assert memory.kept_bytes == 0
    other = memory.empty(SHAPE, np.float64)
    other[:] = 8.0
    assert address(other) != place
    np.testing.assert_array_equal(view.view(np.float64), 7.0)
    del view
    gc.collect()
    assert memory.kept_bytes == N_BYTE
    again = memory.empty((SHAPE[0] * 2, SHAPE[1]), np.float32)
    assert address(again) == place
    assert again.shape == (SHAPE[0] * 2, SHAPE[1])
    assert again.flags.c_contiguous
    assert again.flags.writeable
    assert memory.kept_bytes == 0


def test_a_buffer_serves_results_that_fill_at_least_half_of_it() -> None:
    memory = ResultMemory()
    large = memory.empty((SHAPE[0] * 4, SHAPE[1]), np.float64)
    place = address(large)
    del large
    gc.collect()
    small = memory.empty((SHAPE[0] * 2 - 1, SHAPE[1]), np.float64)
    assert address(small) != place
    fitting = memory.empty((SHAPE[0] * 3, SHAPE[1]), np.float64)
    assert address(fitting) == place
    fitting[:] = 1.0
    del fitting, small
    gc.collect()
    assert memory.kept_bytes == 4 * N_BYTE + (SHAPE[0] * 2 - 1) * SHAPE[1] * 8


def test_memory_kept_is_bounded_and_what_was_idle_longest_goes_first() -> None:
    unit = 4 * N_BYTE
    memory = ResultMemory(most_kept_bytes=3 * unit)
    first, second = memory.empty((unit,), np.uint8), memory.empty((2 * unit,), np.uint8)
    place = address(second)
    del first
    gc.collect()
    del second
    gc.collect()
    assert memory.kept_bytes == 3 * unit
    third = memory.empty((unit // 2 - 1,), np.uint8)
    assert memory.kept_bytes == 3 * unit, "it fills less than half of either"
    del third
    gc.collect()
    assert memory.kept_bytes == 2 * unit + unit // 2 - 1
    again = memory.empty((2 * unit,), np.uint8)
    assert address(again) == place
    del again
    gc.collect()
    kept = memory.kept_bytes
    too_large = memory.empty((4 * unit,), np.uint8)
    del too_large
    gc.collect()
    assert memory.kept_bytes == kept > 2 * unit


@pytest.mark.parametrize("shape", [(0, 0), (3, 4)])
def test_small_arrays_are_ordinary(shape: tuple[int, int]) -> None:
    memory = ResultMemory()
    small = memory.empty(shape, np.float32)
    assert small.shape == shape
    assert small.base is None
