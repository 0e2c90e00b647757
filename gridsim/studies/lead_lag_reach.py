"""Which windings a project moves at all, learned from the hours that were solved without and with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridsim.dtypes import BoolArray, FloatArray

#: Change of the loading at the highest hours of a block, in percentage points of the rating, below which a winding is
#: out of reach of a project: a quarter of the relief that makes a need.
REACH_POINTS = 0.5
#: What projects build that carries power.
_OWN_TABLES = ("trafo", "trafo3w", "line")


class Reach:
    """What is known of one project.

    Attributes
    ----------
    relief, burden:
        By how many percentage points the project lowers, and raises, each winding at most in the hours solved; NaN
        where nothing is known. Shape (n_column,).
    seen:
        Blocks whose highest hours were solved.
    """

    def __init__(self, n_column: int) -> None:
        self.relief: FloatArray = np.full(n_column, np.nan)
        self.burden = self.relief.copy()
        self.seen: set[int] = set()
        self._own = b""

    @property
    def is_relieved(self) -> BoolArray:
        """Whether each winding may be lowered: what is not known to be out of reach. Shape (n_column,)."""
        return ~(self.relief < REACH_POINTS)

    @property
    def is_burdened(self) -> BoolArray:
        """Whether each winding may be raised, likewise. Shape (n_column,)."""
        return ~(self.burden < REACH_POINTS)

    def begin(self, planned: Mapping[str, BoolArray], other: Mapping[str, BoolArray]) -> None:
        """Forget everything where the project consists of other elements than before.

        Parameters
        ----------
        planned, other:
            What is in service in the planned grid, and without the project (or with it, before its date), by table.
        """
        own = b"".join(np.packbits(planned[table] ^ other[table]).tobytes() for table in _OWN_TABLES)
        if own != self._own:
            self._own = own
            self.seen.clear()
            self.relief[:] = np.nan
            self.burden[:] = np.nan

    def learn(self, relief: NDArray[np.float32]) -> None:
        """Note by how much the project lowers each winding in some hours, (n_column, n_step), NaN where unknown."""
        known = np.flatnonzero(~np.isnan(relief).all(axis=1))
        if len(known):
            self.relief[known] = np.fmax(self.relief[known], np.nanmax(relief[known], axis=1))
            self.burden[known] = np.fmax(self.burden[known], -np.nanmin(relief[known], axis=1))
