"""The lists of villages as PDF: A4 to print, tick and sign.

Every page repeats the heads of the columns. A family of one or two lines stays on one page; of a longer one no line is
cut in two, and its heading is repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from reports.leaves import HIGH, MM, WIDE, Leaves
from reports.letters import BOLD, PLAIN, Block, Style, by_line, height, width

_INK: Final = (0.12, 0.23, 0.37)
_PALE: Final = (0.93, 0.95, 0.97)
_EDGE: Final = (0.60, 0.65, 0.69)
_BLACK: Final = (0.0, 0.0, 0.0)
_SEVERITY: Final = ((0.64, 0.15, 0.17), (0.85, 0.48, 0.17), (0.72, 0.57, 0.10), (0.50, 0.58, 0.65))

_TITLE: Final = Style(BOLD, 11.4, 13, _INK)
_HEAD: Final = Style(BOLD, 7.3, 8.2, (1.0, 1.0, 1.0))
_TICKED: Final = Style(BOLD, 6.7, 8.2, (1.0, 1.0, 1.0))  # narrow columns
_TEXT: Final = Style(PLAIN, 8.0, 9.0)
_SMALL: Final = Style(PLAIN, 7.4, 8.5)
_ACTION: Final = Style(PLAIN, 7.4, 8.5, _INK)
_BOLD: Final = Style(BOLD, 8.0, 9.0)
_FAMILY: Final = Style(BOLD, 8.4, 9.6)
_PLACE: Final = Style(PLAIN, 8.0, 9.6)
_DATA: Final = Style(PLAIN, 6.9, 9.6)
_GRADE: Final = tuple(Style(BOLD, 7.1, 9.0, colour) for colour in _SEVERITY)
_CODE: Final = Style(PLAIN, 6.9, 8.2)
_FOOT: Final = Style(PLAIN, 6.9, 8.0)
_SIGN: Final = Style(PLAIN, 8.6, 10)

_LEFT: Final = 9 * MM
_RIGHT: Final = WIDE - 9 * MM
_TOP: Final = HIGH - 10 * MM
_BOTTOM: Final = 13 * MM
_PAD: Final = 1.2 * MM
_TICK: Final = 4.2 * MM
_FAMILY_WIDTHS: Final = (26.0, 46.0, 0.0, 11.5, 11.5, 11.5, 11.5, 30.0)  # mm; 0: what is left
_PAIR_WIDTHS: Final = (26.0, 60.0, 60.0, 0.0, 0.0, 14.0, 14.0, 30.0)

Cell = list[Block]


def render(lists: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The PDF of each village list (as `reports.village_page.page_data` gives it), in order."""
    for data in lists:
        yield _set(data)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a list: left edges (one more than columns), titles, and which columns hold a box to tick."""

    edges: tuple[float, ...]
    titles: Sequence[str]
    ticks: tuple[int, ...]
    _grid: bytes  # with places for what differs from row to row
    _squares: bytes

    def grid(self, top: float, bottom: float) -> bytes:
        """The lines around a row and between its columns."""
        ends = (b"%.2f" % top, b"%.2f" % bottom)
        return self._grid % (ends[1], b"%.2f" % (top - bottom), *ends * ((self._grid.count(b"%s") - 2) // 2))

    def squares(self, bottom: float) -> bytes:
        """The boxes to tick of a row."""
        return self._squares % ((b"%.2f" % bottom,) * len(self.ticks))

    def room(self, index: int) -> float:
        """Points of width for the text of a cell."""
        return self.edges[index + 1] - self.edges[index] - 2 * _PAD

    def head(self, index: int) -> list[Block]:
        """The title of a column, line by line."""
        if index in self.ticks:
            return by_line([_TICKED.block(self.titles[index], self.room(index) + _PAD)])
        return by_line([_HEAD.block(self.titles[index], self.room(index))])


def _columns(widths: Sequence[float], titles: Sequence[str], ticks: tuple[int, ...]) -> _Columns:
    rest = (_RIGHT - _LEFT - sum(widths) * MM) / widths.count(0.0)
    edges = [_LEFT]
    for wide in widths:
        edges.append(edges[-1] + (wide * MM or rest))
    between = [x for i, x in enumerate(edges[1:-1]) if i not in ticks[:-1]]
    around = b"%.2f %%s %.2f %%s re " % (_LEFT, _RIGHT - _LEFT)
    grid = around + b" ".join([b"%.2f %%s m %.2f %%s l" % (x, x) for x in between])
    places = [(edges[i] + edges[i + 1] - _TICK) / 2 for i in ticks]
    squares = b" ".join([b"%.2f %%s %.2f %.2f re" % (x, _TICK, _TICK) for x in places])
    return _Columns(tuple(edges), titles, ticks, grid, squares)


class _List:
    """One list on its pages; `y` is where the next thing goes, `full` where it is at the begin of a page."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.words: Mapping[str, Any] = data["teks"]
        self.leaves = Leaves(data["judul"], "padan")
        self.y = self.full = 0.0
        self.title = data["judul"]
        self.columns = _columns(_FAMILY_WIDTHS, self.words["kolom_keluarga"], (3, 4, 5, 6))
        self._heads: dict[str, float] = {}  # title -> where the list begins below it

    def turn(self) -> None:
        """Begin a page: title, code of the list, heads of the columns."""
        known = self._heads.get(self.title)
        if known is None:
            self.leaves.turn()
            known = self._heads[self.title] = self._head()
            self.leaves.keep(self.title)
        else:
            self.leaves.turn(self.title)
        self.y = self.full = known

    def _head(self) -> float:
        """Draw what stands above the list on every page; where the list begins."""
        leaves = self.leaves
        code: Block = ((_CODE, self.words["kode_daftar"]), (_BOLD, self.data["kode"]))
        code_wide = sum(width(text, style) for style, text in code)
        title = [_TITLE.block(self.title, _RIGHT - _LEFT - code_wide - 10)]
        leaves.text(_LEFT, _TOP, title)
        leaves.text(_RIGHT - code_wide, _TOP - 3, [code])
        top = _TOP - height(title) - _PAD
        heads = [self.columns.head(i) for i in range(len(self.columns.titles))]
        high = max(map(height, heads)) + 2 * _PAD
        leaves.area(_LEFT, top - high, _RIGHT - _LEFT, high, _INK)
        for index, lines in enumerate(heads):
            down = (high - height(lines)) / 2
            for number, line in enumerate(lines):
                ((style, text),) = line
                x = self.columns.edges[index] + _PAD
                if index in self.columns.ticks:
                    x += (self.columns.room(index) - width(text, style)) / 2
                leaves.text(x, top - down - number * style.leading, [line])
        return float(top - high - 1.6 * MM)

    def need(self, high: float) -> bool:
        """Turn the page when less than `high` points are left on it; whether it was turned."""
        short = self.y - high < _BOTTOM
        if short:
            self.turn()
        return short

    def row(self, cells: Sequence[Cell], high: float, *, boxes: bool = True) -> None:
        """A line of the list, `high` as `_high` says, with boxes to tick."""
        edges, bottom = self.columns.edges, self.y - high
        self.leaves.path(self.columns.grid(self.y, bottom), _EDGE, 0.4)
        if boxes:
            self.leaves.path(self.columns.squares(bottom + (high - _TICK) / 2), _BLACK, 0.7)
        for index, cell in enumerate(cells):
            if cell:
                self.leaves.text(edges[index] + _PAD, self.y - _PAD, cell)
        self.y = bottom

    def paragraph(self, text: str, style: Style) -> None:
        """Text over the whole width."""
        blocks = [style.block(text, _RIGHT - _LEFT)]
        self.need(height(blocks))
        self.leaves.text(_LEFT, self.y, blocks)
        self.y -= height(blocks) + 1.6 * MM

    def feet(self) -> bytes:
        """Number the pages; the finished document."""
        for page in range(self.leaves.count):
            number = self.words["halaman"].format(n=page + 1, semua=self.leaves.count)
            y = _BOTTOM - 2 * MM
            self.leaves.text(_LEFT, y, [((_FOOT, self.words["kaki"]),)], page=page)
            self.leaves.text(_RIGHT - width(number, _FOOT), y, [((_FOOT, number),)], page=page)
        return self.leaves.bound()


def _set(data: Mapping[str, Any]) -> bytes:
    one = _List(data)
    one.turn()
    _introduction(one)
    for family in data["keluarga"]:
        _family(one, family)
    if not data["keluarga"]:
        one.paragraph(one.words["kosong"], _TEXT)
    if data["pasangan"]:
        one.title = data["judul_pasangan"]
        one.columns = _columns(_PAIR_WIDTHS, one.words["kolom_pasangan"], (5, 6))
        one.turn()
        one.paragraph(data["ringkas_pasangan"], _TEXT)
        for pair in data["pasangan"]:
            _pair(one, pair)
    if data["sisa"]:
        one.need(56 * MM)  # on one page with the signatures
        one.paragraph(data["sisa"], _BOLD)
    _signatures(one)
    return one.feet()


def _introduction(one: _List) -> None:
    """What the list is and how it is filled in."""
    room = _RIGHT - _LEFT - 4 * MM
    lines: Cell = [((_BOLD, one.data["ringkas"]), (_TEXT, f"   {one.data['acuan']}"))]
    for number, step in enumerate(one.words["cara"], start=1):
        first, *more = by_line([_TEXT.block(step, room - 5 * MM)])
        lines += [((_TEXT, f"{number}.  "), *first), *(((_TEXT, "     "), *line) for line in more)]
    if one.data["sisa"]:
        lines.append(_BOLD.block(one.data["sisa"], room))
    high = _high([lines]) + 2
    one.leaves.box(_LEFT, one.y - high, _RIGHT - _LEFT, high, _EDGE, 0.5)
    one.leaves.text(_LEFT + 2 * MM, one.y - _PAD - 1, lines)
    one.y -= high + 2 * MM


def _family(one: _List, family: Mapping[str, Any]) -> None:
    columns = one.columns
    who, what = columns.room(1), columns.room(2)
    rows: list[list[Cell]] = []
    for line in family["baris"]:
        grade = _GRADE[line["urut"]]
        number: Cell = [((_BOLD, f"{line['nomor']} "), (grade, line["tingkat"]))]
        number += [((_CODE, line["kode"]),), ((_CODE, line["kode_baris"]),)]
        contradicts = [_TEXT.block(line["masalah"], what)]
        if line["bukti"]:
            contradicts.append(_SMALL.block("– " + "\n– ".join(line["bukti"]), what))
        contradicts.append(_action(line["tindakan"], what))
        rows.append([number, [_SMALL.block(line["siapa"], who)], contradicts])
    heights = [_high(cells) for cells in rows]
    band = _Band(one, family)
    together = sum(heights) if len(rows) <= 2 else heights[0]
    one.need(band.high + min(together, _room(one, band.high)))
    band.draw()
    for cells, high in zip(rows, heights, strict=True):
        for part, part_high in _parts(cells, high, _room(one, band.high)):
            if one.need(part_high):
                band.draw()
            one.row(part, part_high, boxes=bool(part[0]))
    one.y -= 1.6 * MM


@lru_cache(maxsize=1_000)
def _action(text: str, room: float) -> Block:
    """What to do: few texts, again and again."""
    return _ACTION.block(f"→ {text}", room)


class _Band:
    """The heading of a family: number, head, address; on the right what the record is."""

    def __init__(self, one: _List, family: Mapping[str, Any]) -> None:
        self.one = one
        self.data = f"{one.words['data']} {family['data']}"
        room = _RIGHT - _LEFT - 4 * _PAD - width(self.data, _DATA)
        name = f"{family['nomor']}. {family['kepala']}  "
        if width(name, _FAMILY) + width(family["alamat"], _PLACE) <= room:
            self.lines: Cell = [((_FAMILY, name), (_PLACE, family["alamat"]))]
        else:
            self.lines = [_FAMILY.block(name, room), _PLACE.block(family["alamat"], room)]
        self.high = _high([self.lines]) - _PAD

    def draw(self) -> None:
        """Put it where the list is."""
        one = self.one
        one.leaves.area(_LEFT, one.y - self.high, _RIGHT - _LEFT, self.high, _PALE)
        one.leaves.box(_LEFT, one.y - self.high, _RIGHT - _LEFT, self.high, _EDGE, 0.4)
        one.leaves.text(_LEFT + _PAD, one.y - _PAD / 2, self.lines)
        one.leaves.text(_RIGHT - _PAD - width(self.data, _DATA), one.y - _PAD / 2, [((_DATA, self.data),)])
        one.y -= self.high


def _pair(one: _List, pair: Mapping[str, Any]) -> None:
    texts = [[_SMALL.block(pair[name], one.columns.room(i))] for i, name in enumerate(_PAIR_TEXTS, start=1)]
    cells: list[Cell] = [[((_BOLD, pair["nomor"]),), ((_CODE, pair["kode_baris"]),)], *texts]
    for part, high in _parts(cells, _high(cells), _room(one, 0.0)):
        one.need(high)
        one.row(part, high, boxes=bool(part[0]))


_PAIR_TEXTS: Final = ("orang_1", "orang_2", "sama", "beda")


def _signatures(one: _List) -> None:
    """Place for date and three signatures, never cut in two."""
    one.need(45 * MM)
    one.y -= 6 * MM
    one.leaves.text(_LEFT, one.y, [((_SIGN, one.words["tanggal"]),)])
    wide = (_RIGHT - _LEFT) / 3
    for index, title in enumerate(one.words["tanda_tangan"]):
        for down, text in ((8 * MM, title), (28 * MM, f"( {'.' * 48} )")):
            x = _LEFT + wide * index + (wide - width(text, _SIGN)) / 2
            one.leaves.text(x, one.y - down, [((_SIGN, text),)])
    one.y -= 34 * MM


def _high(cells: Sequence[Cell]) -> float:
    return max([height(cell) for cell in cells]) + 2 * _PAD


def _room(one: _List, above: float) -> float:
    """Points of height for a row on a page of its own, below something `above` points high."""
    return one.full - _BOTTOM - above


def _parts(cells: Sequence[Cell], high: float, room: float) -> Iterator[tuple[Sequence[Cell], float]]:
    """A row as it is, or, when it is higher than a page, in parts that are not."""
    if high > room:
        cells = [by_line(cell) for cell in cells]
    while high > room:
        most = int((room - 2 * _PAD) / _TEXT.leading)
        part = [cell[:most] for cell in cells]
        yield part, _high(part)
        cells = [cell[most:] for cell in cells]
        high = _high(cells)
    yield cells, high
