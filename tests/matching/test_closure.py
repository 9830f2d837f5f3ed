"""The closure of links is the components of their graph, named by the smallest row."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from matching.closure import closure


@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40))
def test_closure_is_that_of_the_graph(links: list[tuple[int, int]]) -> None:
    a = np.array([x for x, _ in links], dtype=np.uint32)
    b = np.array([y for _, y in links], dtype=np.uint32)
    _, part = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(30, 30)), directed=False)
    smallest = [int(np.flatnonzero(part == part[row])[0]) for row in range(30)]
    assert closure(30, a, b).tolist() == smallest
