"""Which limit holds for which loading column, as the flat list of watches that the episode kernel follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridsim.dtypes import FLOAT, INDEX, FloatArray, IndexArray
from gridsim.scenario.model import LimitClass
from gridsim.units import SQRT_3

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

#: Lines are judged by their continuous current limit alone: no loading guide for transformers applies to them.
LINE_LIMIT = LimitClass(
    name="line_continuous",
    percent=100.0,
    min_duration_h=0.0,
    source="max_i_ka of the line type",
    is_verified=True,
)


@dataclass(frozen=True)
class WatchList:
    """Pairs of one loading column and one limit, column by column.

    Attributes
    ----------
    elements:
        Table ``elements`` of the results, one row per loading column, in column order.
    limits:
        The limit classes, those of transformers in the order of the scenario, then the one of lines.
    column_pos:
        ``(n_watch,)`` row of ``elements``.
    limit_pos:
        ``(n_watch,)`` position in ``limits``.
    """

    elements: pd.DataFrame
    limits: tuple[LimitClass, ...]
    column_pos: IndexArray
    limit_pos: IndexArray

    @property
    def limit_percent(self) -> FloatArray:
        """Limit of each watch."""
        return np.array([limit.percent for limit in self.limits], dtype=FLOAT)[self.limit_pos]

    @property
    def min_duration_h(self) -> FloatArray:
        """Shortest episode of each watch that counts."""
        return np.array([limit.min_duration_h for limit in self.limits], dtype=FLOAT)[self.limit_pos]

    @property
    def rating_mva(self) -> FloatArray:
        """Rating of each watch, for the overload in MVA h."""
        return ratings_mva(self.elements)[self.column_pos]

    @property
    def strictest(self) -> IndexArray:
        """Position of the strictest watch of each column, ``(n_column,)``, -1 where no limit holds.

        Strictest is the lowest ``percent``, then the shortest ``min_duration_h``.
        """
        order = np.lexsort((self.min_duration_h, self.limit_percent, self.column_pos))
        strictest = np.full(len(self.elements), -1, dtype=INDEX)
        columns, first = np.unique(self.column_pos[order], return_index=True)
        strictest[columns] = order[first]
        return strictest


def ratings_mva(elements: pd.DataFrame) -> FloatArray:
    """Return the rating in MVA of every row of table ``elements``.

    A winding has its rated power; a line sqrt(3) * nominal voltage * continuous current limit.
    """
    is_line = (elements["element_type"] == "line").to_numpy()
    of_line = SQRT_3 * elements["voltage_kv"].to_numpy(FLOAT) * elements["max_i_ka"].to_numpy(FLOAT)
    return np.where(is_line, of_line, elements["sn_mva"].to_numpy(FLOAT))


def watch_list(elements: pd.DataFrame, classes: Sequence[LimitClass]) -> WatchList:
    """Pair every row of table ``elements`` with the limits that hold for it.

    A class holds for the windings rated above its ``sn_above_mva`` and up to its ``sn_up_to_mva``; a three-winding
    transformer is judged winding by winding. Lines get :data:`LINE_LIMIT`.
    """
    limits = (*classes, LINE_LIMIT)
    is_line = (elements["element_type"] == "line").to_numpy()
    sn_mva = elements["sn_mva"].to_numpy(FLOAT)
    holds = [~is_line & (sn_mva > limit.sn_above_mva) & (sn_mva <= limit.sn_up_to_mva) for limit in classes]
    column_pos, limit_pos = np.nonzero(np.column_stack([*holds, is_line]))
    return WatchList(elements, limits, column_pos.astype(INDEX), limit_pos.astype(INDEX))
