"""Elimination order and fill pattern against elimination by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array

from gridsim.compiled.ordering import lu_pattern, minimum_degree
from tests.support.naive_load_flow import fill_by_elimination


def pattern_of(edges, n):
    """Symmetric compressed rows with the diagonal."""
    rows = [i for i, j in edges] + [j for i, j in edges] + list(range(n))
    columns = [j for i, j in edges] + [i for i, j in edges] + list(range(n))
    matrix = coo_array((np.ones(len(rows)), (rows, columns)), shape=(n, n)).tocsr()
    matrix.sum_duplicates()
    matrix.sort_indices()
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)


graphs = st.integers(1, 9).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda ends: ends[0] < ends[1])),
    )
)


@given(graphs)
@settings(max_examples=80)
def test_pattern_is_what_elimination_fills(graph):
    n, edges = graph
    elimination = minimum_degree(*pattern_of(edges, n))
    assert sorted(elimination.order.tolist()) == list(range(n))
    place = {int(old): new for new, old in enumerate(elimination.order)}
    renumbered = {(min(place[i], place[j]), max(place[i], place[j])) for i, j in edges}
    expected = fill_by_elimination(renumbered, n)
    indptr, indices = pattern_of(renumbered, n)
    lu = lu_pattern(elimination, indptr, indices)
    stored = set()
    for row in range(n):
        columns = lu.indices[lu.indptr[row] : lu.indptr[row + 1]]
        assert (np.diff(columns) > 0).all()
        assert lu.indices[lu.diagonal[row]] == row
        stored |= {(row, int(column)) for column in columns}
    assert stored == expected
    rows = np.repeat(np.arange(n), np.diff(indptr))
    assert (lu.indices[lu.y_entry] == indices).all()
    assert (lu.y_entry >= lu.indptr[rows]).all()
    assert (lu.y_entry < lu.indptr[rows + 1]).all()
    assert len(lu.update_target) == sum(
        (row, pivot) in expected and (pivot, column) in expected
        for row in range(n)
        for pivot in range(row)
        for column in range(pivot + 1, n)
    )


def test_a_tree_has_no_fill():
    """Leaves first: a radial grid costs nothing beyond its own branches."""
    edges = {(0, 1), (1, 2), (1, 3), (3, 4), (3, 5), (5, 6)}
    elimination = minimum_degree(*pattern_of(edges, 7))
    assert sum(len(above) for above in elimination.upper) == len(edges)


def test_slack_rows_have_no_entry():
    indptr, indices = pattern_of({(0, 1), (1, 2)}, 3)
    lu = lu_pattern(minimum_degree(*pattern_of({(0, 1)}, 2)), indptr, indices)
    assert len(lu.diagonal) == 2
    of_slack = (indices == 2) | (np.repeat(np.arange(3), np.diff(indptr)) == 2)
    assert (lu.y_entry[of_slack] == -1).all()
    assert (lu.y_entry[~of_slack] >= 0).all()
