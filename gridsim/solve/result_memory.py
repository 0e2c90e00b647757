"""Memory of large results, taken again once nobody holds the results any more.

The operating system clears every fresh page before a program sees it. On a grid of 600 buses that takes a quarter of
the time of a batch (measured), and on a virtual machine at times many times that. So memory of results that were let go
of is kept, up to a limit, for the next results of about the same size.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from gridsim.dtypes import AnyArray

#: Smaller results come from the ordinary allocator, which keeps memory of its own.
SMALLEST_KEPT_BYTES = 2**20
#: Memory kept without use.
MOST_KEPT_BYTES = 2**29
#: A buffer serves results down to this part of its size.
SMALLEST_FILLING = 0.5


class _Lease:
    """Lends a buffer to arrays: as long as any of them lives, so does the lease."""

    def __init__(self, buffer: AnyArray) -> None:
        self.__array_interface__: dict[str, Any] = buffer.__array_interface__


class ResultMemory:
    """Buffers that nobody uses, the one given back last at the end."""

    def __init__(self, most_kept_bytes: int = MOST_KEPT_BYTES) -> None:
        self.most_kept_bytes = most_kept_bytes
        self._idle: list[AnyArray] = []
        # A finaliser may run in the middle of any other call of the same thread.
        self._lock = threading.RLock()

    @property
    def kept_bytes(self) -> int:
        """Memory kept without use."""
        return sum(buffer.nbytes for buffer in self._idle)

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> AnyArray:
        """Return an array of no particular contents, C-contiguous, that gives its memory back when it is let go of."""
        n_byte = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if n_byte < SMALLEST_KEPT_BYTES:
            return np.empty(shape, dtype)
        buffer = self._take(n_byte)
        lease = _Lease(buffer)
        weakref.finalize(lease, self._give_back, buffer).atexit = False
        lent: AnyArray = np.asarray(lease)
        return lent[:n_byte].view(dtype).reshape(shape)

    def _take(self, n_byte: int) -> AnyArray:
        """Return the smallest idle buffer that fits, or a new one."""
        with self._lock:
            fitting = [buffer for buffer in self._idle if n_byte <= buffer.nbytes <= n_byte / SMALLEST_FILLING]
            if fitting:
                best = min(fitting, key=lambda buffer: buffer.nbytes)
                self._idle = [buffer for buffer in self._idle if buffer is not best]
                return best
        return np.empty(n_byte, dtype=np.uint8)

    def _give_back(self, buffer: AnyArray) -> None:
        """Keep a buffer, and let go of those that have been idle longest when there are too many."""
        if buffer.nbytes > self.most_kept_bytes:
            return
        with self._lock:
            self._idle.append(buffer)
            while self.kept_bytes > self.most_kept_bytes:
                self._idle.pop(0)


#: The memory of all solvers of the process.
RESULT_MEMORY = ResultMemory()
