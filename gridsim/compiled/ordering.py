"""Symbolic analysis, once per topology: in which order buses are eliminated, and where the factors have entries.

The order is minimum degree (Tinney & Walker 1967, scheme 2): eliminate the bus with the fewest neighbours left, which
then become neighbours of each other; ties go to the lower row, so the order depends on nothing but the pattern.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from gridsim.dtypes import INDEX, IndexArray
from gridsim.kernels.structures import LuPattern


@dataclass(frozen=True)
class Elimination:
    """Order of elimination of a symmetric pattern and the fill it causes.

    Attributes
    ----------
    order:
        Old row at each new place. Shape (n,).
    upper:
        For each new place the new places, ascending, that are above it in the factor U (its diagonal left out).
    """

    order: IndexArray
    upper: tuple[tuple[int, ...], ...]


def minimum_degree(indptr: IndexArray, indices: IndexArray) -> Elimination:
    """Order the rows of a symmetric pattern by minimum degree.

    Parameters
    ----------
    indptr, indices:
        Compressed rows of a symmetric pattern; diagonal entries are ignored. Shapes (n + 1,), (n_entry,).
    """
    n_row = len(indptr) - 1
    neighbours: list[set[int]] = [set(indices[indptr[row] : indptr[row + 1]].tolist()) - {row} for row in range(n_row)]
    heap = [(len(neighbours[row]), row) for row in range(n_row)]
    heapq.heapify(heap)
    place = np.full(n_row, -1, dtype=INDEX)
    order: list[int] = []
    fronts: list[set[int]] = []
    while heap:
        degree, row = heapq.heappop(heap)
        if place[row] >= 0 or degree != len(neighbours[row]):
            continue
        place[row] = len(order)
        order.append(row)
        front = neighbours[row]
        fronts.append(front)
        for neighbour in front:
            joined = neighbours[neighbour]
            joined |= front
            joined -= {neighbour, row}
            heapq.heappush(heap, (len(joined), neighbour))
    upper = tuple(tuple(sorted(int(place[row]) for row in front)) for front in fronts)
    return Elimination(np.array(order, dtype=INDEX), upper)


def lu_pattern(elimination: Elimination, y_indptr: IndexArray, y_indices: IndexArray) -> LuPattern:
    """Lay out L and U of a matrix whose rows already stand in the order of elimination.

    Parameters
    ----------
    elimination:
        Result of :func:`minimum_degree` for the rows that have unknowns.
    y_indptr, y_indices:
        Pattern of the whole admittance matrix in the new order; rows and columns from ``n_free`` on belong to slack
        buses and have no entry. Shapes (n_bus + 1,), (n_y,).
    """
    n_free = len(elimination.order)
    lower: list[list[int]] = [[] for _ in range(n_free)]
    for column, rows in enumerate(elimination.upper):
        for row in rows:
            lower[row].append(column)
    entry_of: list[dict[int, int]] = []
    indptr = np.zeros(n_free + 1, dtype=INDEX)
    indices: list[int] = []
    diagonal = np.zeros(n_free, dtype=INDEX)
    for row in range(n_free):
        columns = [*lower[row], row, *elimination.upper[row]]
        first = len(indices)
        entry_of.append({column: first + offset for offset, column in enumerate(columns)})
        diagonal[row] = first + len(lower[row])
        indices.extend(columns)
        indptr[row + 1] = len(indices)
    targets: list[int] = []
    for row in range(n_free):
        own = entry_of[row]
        for pivot in lower[row]:
            targets.extend(own[column] for column in elimination.upper[pivot])
    y_entry = np.full(len(y_indices), -1, dtype=INDEX)
    for row in range(n_free):
        for position in range(int(y_indptr[row]), int(y_indptr[row + 1])):
            column = int(y_indices[position])
            if column < n_free:
                y_entry[position] = entry_of[row][column]
    return LuPattern(
        indptr=indptr,
        indices=np.array(indices, dtype=INDEX),
        diagonal=diagonal,
        y_entry=y_entry,
        update_target=np.array(targets, dtype=INDEX),
    )
