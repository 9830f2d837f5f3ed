"""Entities from links, against the same said in plain Python: link by link, the strongest first."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.generic import cluster as module
from matching.generic.cluster import CAP, cluster

Pair = tuple[int, int]


def plainly(
    content: list[int], links: dict[Pair, float], against: dict[Pair, float], side: list[int] | None, large: int
) -> tuple[list[int], set[Pair]]:
    """The label of each row, and the links that were cut."""
    n = len(content)

    def closed(followed: set[Pair]) -> list[int]:
        label = list(range(n))
        for _again in range(n):
            for x, y in followed:
                label[x] = label[y] = min(label[x], label[y])
        return label

    first, cut = closed(set(links)), set()
    for one in set(first):
        rows = [x for x in range(n) if first[x] == one]
        own = [pair for pair in links if first[pair[0]] == one]
        if len(rows) < 3 or (side is None and len(rows) > large):
            continue
        if side is None and len(own) == len(rows) * (len(rows) - 1) // 2 and min(links.values()) >= 0:
            continue
        said = {pair: min(max(against[pair], -CAP), CAP) for pair in combinations(rows, 2)}
        said |= {pair: min(links[pair], CAP) for pair in own}
        groups = [{x} for x in rows]
        for pair in sorted(own, key=lambda p: (-links[p], *sorted((content[x], x) for x in p))):
            left, right = (next(g for g in groups if x in g) for x in pair)
            if left is right:
                continue
            between = sum(said[min(x, y), max(x, y)] for x in left for y in right)
            shared = side is not None and any(side[x] == side[y] for x in left for y in right)
            if (len(rows) <= large and between < 0) or shared:
                cut.add(pair)
            else:
                left |= right
                groups.remove(right)
    return closed(set(links) - cut), cut


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], dict[Pair, float], dict[Pair, float], list[int] | None, int]:
    n = draw(st.integers(1, 12))
    pairs = list(combinations(range(n), 2))
    content = draw(st.lists(st.integers(0, 4), min_size=n, max_size=n))
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=18)) if pairs else []
    # Halves add up without a rest, in whatever order.
    links = {pair: draw(st.integers(-2, 20)) / 2 for pair in chosen}
    against = {pair: draw(st.integers(-16, 16)) / 2 for pair in pairs}
    side = draw(st.none() | st.lists(st.integers(0, 1), min_size=n, max_size=n))
    return content, links, against, side, draw(st.sampled_from([3, 300]))


@given(cases(), st.randoms())
@settings(max_examples=300)
def test_entities_are_those_of_plain_words(
    case: tuple[list[int], dict[Pair, float], dict[Pair, float], list[int] | None, int], random: object
) -> None:
    content, links, against, side, large = case
    order = list(links)
    random.shuffle(order)  # type: ignore[attr-defined] # a Random of hypothesis
    a, b = (np.array([pair[k] for pair in order], dtype=np.uint32) for k in (0, 1))

    def told(x: npt.NDArray[np.uint32], y: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
        return np.array([against[pair] for pair in zip(x.tolist(), y.tolist(), strict=True)], dtype=np.float64)

    before, module.LARGE = module.LARGE, large
    try:
        found = cluster(
            np.array(content, dtype=np.uint64),
            a,
            b,
            np.array([links[pair] for pair in order], dtype=np.float64),
            told,
            None if side is None else np.array(side, dtype=np.uint8),
        )
    finally:
        module.LARGE = before
    label, cut = plainly(content, links, against, side, large)
    assert found.label.tolist() == label
    assert {pair for pair, gone in zip(order, found.cut.tolist(), strict=True) if gone} == cut
