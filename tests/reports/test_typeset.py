from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from reports.fonts import BOLD, LETTERS, MONO, REGULAR, coded, sheet
from reports.paper_flow import BOTTOM, TOP, Blocks, flow
from reports.typeset import broken, encoded, measured

WORDS = st.lists(st.text("ABCDEFGHILMabcdef.,", min_size=1, max_size=12), min_size=1, max_size=30).map(" ".join)


def _first_fit(text: str, width: float) -> str:
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measured(pl.Series([longer]), REGULAR, 8)[0] <= width + 1e-6:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


@given(st.lists(WORDS, min_size=1, max_size=5), st.floats(60, 300))
def test_lines_are_broken_at_the_last_blank_that_fits(texts: list[str], width: float) -> None:
    assert broken(pl.Series(texts), REGULAR, 8, width).to_list() == [_first_fit(text, width) for text in texts]


def test_paragraphs_and_empty_texts_stay() -> None:
    texts = pl.Series(["", "SATU\nDUA TIGA", "X" * 50])
    assert broken(texts, REGULAR, 8, 200).to_list()[:2] == ["", "SATU\nDUA TIGA"]
    cut = broken(texts, REGULAR, 8, 100)[2]
    assert "\n" in cut
    assert cut.replace("\n", "") == "X" * 50


def test_every_letter_of_the_fonts_has_a_width_and_others_lose_their_accents() -> None:
    for face in (REGULAR, BOLD, MONO):
        widths = sheet(full=True).widths[face]
        assert all(widths[code] > 0 for code, letter in enumerate(LETTERS) if letter)
    assert encoded(pl.Series(["É → –", "Ńś", "漢", None])).to_list() == ["É \x81 \x96", "Ns", "?", ""]
    assert coded("\u3000") == " "


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.lists(st.floats(17, 300), min_size=1, max_size=6)), min_size=1, max_size=20
    )
)
def test_nothing_runs_over_the_foot_of_a_page_and_small_families_stay_whole(
    families: list[tuple[int, list[float]]],
) -> None:
    families.sort(key=lambda one: one[0])
    blocks = Blocks([owner for owner, _u in families], [12.0] * len(families), [len(u) for _o, u in families])
    heights = [h for _o, units in families for h in units]
    placed = flow(blocks, heights, [TOP + 60.0] * 3, 4.5)
    assert all(y >= TOP and y + h <= BOTTOM for y, h in zip(placed.y, heights, strict=True))
    at = 0
    for owner, units in families:
        pages = placed.page[at : at + len(units)]
        assert pages == sorted(pages)
        if len(units) <= 2 and sum(units) + 12 <= BOTTOM - TOP:
            assert len(set(pages)) == 1
        at += len(units)
        assert placed.end[owner][0] >= pages[-1]
