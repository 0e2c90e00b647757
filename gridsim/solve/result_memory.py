"""Memory of large results, taken again once nobody holds the results any more.

The operating system clears every fresh page before a program sees it. On a grid of 600 buses that takes a quarter of
the time of a batch (measured), and on a virtual machine at times many times that. So memory of results that were let go
of is kept, up to a limit, for the next results of the same size.
"""

from __future__ import annotations

import threading
import weakref
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from gridsim.dtypes import AnyArray

#: Smaller results come from the ordinary allocator, which keeps memory of its own.
SMALLEST_KEPT_BYTES = 2**20
#: Memory kept without use, all sizes together.
MOST_KEPT_BYTES = 2**29


class _Lease:
    """Lends a buffer to arrays: as long as any of them lives, so does the lease."""

    def __init__(self, buffer: AnyArray) -> None:
        self.__array_interface__: dict[str, Any] = buffer.__array_interface__


class ResultMemory:
    """Buffers that nobody uses, by size."""

    def __init__(self, most_kept_bytes: int = MOST_KEPT_BYTES) -> None:
        self.most_kept_bytes = most_kept_bytes
        self.kept_bytes = 0
        self._idle: defaultdict[int, list[AnyArray]] = defaultdict(list)
        # A finaliser may run in the middle of any other call of the same thread.
        self._lock = threading.RLock()

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> AnyArray:
        """Return an array of no particular contents, C-contiguous, that gives its memory back when it is let go of."""
        n_byte = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if n_byte < SMALLEST_KEPT_BYTES:
            return np.empty(shape, dtype)
        buffer = self._take(n_byte)
        lease = _Lease(buffer)
        weakref.finalize(lease, self._give_back, buffer).atexit = False
        lent: AnyArray = np.asarray(lease)
        return lent.view(dtype).reshape(shape)

    def _take(self, n_byte: int) -> AnyArray:
        with self._lock:
            idle = self._idle[n_byte]
            if idle:
                self.kept_bytes -= n_byte
                return idle.pop()
        return np.empty(n_byte, dtype=np.uint8)

    def _give_back(self, buffer: AnyArray) -> None:
        with self._lock:
            if buffer.nbytes > self.most_kept_bytes:
                return
            for size in list(self._idle):
                while self._idle[size] and self.kept_bytes + buffer.nbytes > self.most_kept_bytes:
                    self._idle[size].pop()
                    self.kept_bytes -= size
                if not self._idle[size]:
                    del self._idle[size]
            self._idle[buffer.nbytes].append(buffer)
            self.kept_bytes += buffer.nbytes


#: The memory of all solvers of the process.
RESULT_MEMORY = ResultMemory()
