"""Ids of entities: from the least content of their rows, told apart where entities share it, spelled as text."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from blocking.mix import mix
from matching.generic.arrow import column_of_views
from matching.kernels.clusters import PIECE, entity_ids


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=20))
def test_ids_are_those_of_plain_words(drawn: list[tuple[int, int]]) -> None:
    content = np.array([c for c, _group in drawn], dtype=np.uint64)
    groups = [group for _content, group in drawn]
    label = np.array([groups.index(group) for group in groups], dtype=np.uint32)
    above = [sum(other == c for other, _group in drawn[:row]) for row, (c, _own) in enumerate(drawn)]
    again = np.flatnonzero(above)
    letters, views = entity_ids(label, content, again.astype(np.uint32), np.array(above, dtype=np.int64)[again])
    wanted = []
    for one in groups:
        rows = [row for row, group in enumerate(groups) if group == one]
        upper = min(rows, key=lambda row: (content[row], row))
        salt = above[upper] * 0x9E3779B97F4A7C15
        wanted.append(f"{int(mix(np.array([(int(content[upper]) + salt) % 2**64], dtype=np.uint64))[0]):016x}")
    assert column_of_views(views, letters, PIECE).to_list() == wanted


def test_views_may_tell_of_several_pieces() -> None:
    data = np.frombuffer(b"".join(b"%016d" % k for k in range(7)), dtype=np.uint8)
    views = np.empty((7, 2), dtype=np.uint64)
    for k in range(7):
        views[k, 0] = 16 | int.from_bytes(data[16 * k : 16 * k + 4].tobytes(), "little") << 32
        views[k, 1] = 16 * k % 48 << 32 | 16 * k // 48
    column = column_of_views(views.ravel(), data, 48)
    del views, data
    assert column.to_list() == [f"{k:016d}" for k in range(7)]
    assert column.sort(descending=True).head(2).to_list() == [f"{k:016d}" for k in (6, 5)]
    assert pl.DataFrame({"v": column}).filter(pl.col("v").str.ends_with("4")).height == 1
