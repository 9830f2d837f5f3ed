"""The lists of many villages as PDF: A4 to print, tick, sign.

The pages of all villages are set together, by the column: rows of text cells, cut into lines, laid on pages one below
the other, and drawn (docs/adr/0042). A family of a few lines stays whole; in a longer one no line is cut in two, and
its band stands again on the next page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from typing import Final

import polars as pl

from reports import pdf
from reports.fonts import BOLD, ITALIC, MONO, REGULAR, coded, sheet
from reports.paper_flow import BOTTOM, LEFT, PAD, PAGE, TOP, WIDTH, Blocks, Cell, Part, Placed, Rows, flow, rows_of
from reports.typeset import LEADING, MM, RARE_LETTER, box, broken, capital, drawn, encoded, measured

_SIZE: Final = 8.6  # of the letters, in points
_INK, _PALE, _LINE = "0.122 0.227 0.373", "0.933 0.949 0.969", "0.604 0.647 0.694"
_MARKS: Final = ("0.643 0.149 0.173 rg", "0.851 0.482 0.169 rg", "0.722 0.573 0.102 rg", "0.498 0.576 0.651 rg")
_FAMILY: Final = tuple(w * MM for w in (26, 46, 131, 11.5, 11.5, 11.5, 11.5, 30))
_PAIR: Final = tuple(w * MM for w in (26, 60, 60, 37.5, 37.5, 14, 14, 30))
_TICK: Final = 4.2 * MM
_LEAST: Final = 6.2 * MM  # a row holds at least its boxes
_BAND, _BAND_PAD = 9.0, 1.1 * MM
_GAP: Final = 1.6 * MM
_HEAD_BOTTOM: Final = TOP - 2 * MM
_SIGNATURES: Final = 82.0  # points from the line of the date to the dotted lines, with the space above


@dataclass(frozen=True, slots=True)
class PageTexts:
    """Everything a list shows beside its lines, as strings in the run's language."""

    bahasa: str
    judul: str
    judul_pasangan: str
    kode: str
    ringkas: str
    acuan: str
    sisa: str
    ringkas_pasangan: str
    kolom_keluarga: Sequence[str]
    kolom_pasangan: Sequence[str]
    kode_daftar: str
    data: str
    kaki: str
    halaman: str  # with {n} and {semua}
    kosong: str
    cara: Sequence[str]
    tanggal: str
    tanda_tangan: Sequence[str]


@dataclass(frozen=True, slots=True)
class List:
    """The list of one village: its `lines` (of `reports.lines.family_lines`) and doubtful `pairs`."""

    texts: PageTexts
    lines: pl.DataFrame
    pairs: pl.DataFrame


def render(lists: Sequence[List]) -> list[bytes]:
    """The PDF of each list."""
    if not lists:
        return []
    families = _families(lists)
    pairs = _pairs(lists)
    pieces = (
        pl.concat([families.drawn, pairs.drawn])
        .group_by("daftar", "bagian", "halaman", "lapis")
        .agg(pl.col("perintah").str.join(""))
    )
    layers: dict[tuple[int, int, int], dict[int, str]] = {}
    for owner, section, page, layer, commands in pieces.iter_rows():
        layers.setdefault((owner, section, page), {})[layer] = commands
    return [_document(k, one, layers, (families, pairs)) for k, one in enumerate(lists)]


@dataclass(frozen=True, slots=True)
class _Section:
    """The families or the pairs of all lists: what is drawn (daftar, bagian, halaman, lapis, perintah), and its end."""

    drawn: pl.DataFrame
    end: list[tuple[int, float]]


_COMMANDS: Final = {
    "daftar": pl.UInt32, "bagian": pl.UInt8, "halaman": pl.UInt32, "lapis": pl.UInt8, "perintah": pl.String,
}  # fmt: skip
_FILL, _GRID, _BOXES, _TEXT = range(4)  # layers of a page, in the order they are drawn


def _edges(widths: Sequence[float]) -> list[float]:
    return list(accumulate(widths, initial=LEFT))


def _stacked(lists: Sequence[List], part: str) -> pl.DataFrame:
    frames: list[pl.DataFrame] = [
        getattr(one, part).with_columns(daftar=pl.lit(k, dtype=pl.UInt32)) for k, one in enumerate(lists)
    ]
    return pl.concat([frame for frame in frames if frame.height] or frames[:1])


def _families(lists: Sequence[List]) -> _Section:
    lines = _stacked(lists, "lines").select(
        "daftar", "keluarga", "urut",
        *(encoded_expr(c) for c in ("nomor", "tingkat", "kode", "kode_baris", "siapa", "masalah", "bukti_teks",
                                    "tindakan", "kepala", "alamat_teks", "data_teks")),
    )  # fmt: skip
    texts = lists[0].texts
    starts = [TOP + _intro_height(texts) + 2 * MM] * len(lists)
    if lines.is_empty():
        return _Section(pl.DataFrame(schema=_COMMANDS), [(0, y) for y in starts])
    edges = _edges(_FAMILY)
    said = lines.select(
        proof=pl.when(pl.col("bukti_teks") != "").then(
            pl.lit("\x96 ") + pl.col("bukti_teks").str.replace_all("\n", "\n\x96 ", literal=True)
        ).otherwise(pl.lit("")),
        action=pl.lit("\x81 ") + pl.col("tindakan"),
        blank=pl.lit(" "),
    )  # fmt: skip
    cells = [
        Cell(edges[0], _FAMILY[0] - 2 * PAD, [Part(said["blank"], BOLD, _SIZE), Part(lines["kode"], REGULAR, 6.6),
                                              Part(lines["kode_baris"], MONO, 6.6)]),
        Cell(edges[1], _FAMILY[1] - 2 * PAD, [Part(lines["siapa"], REGULAR, 8.0)]),
        Cell(edges[2], _FAMILY[2] - 2 * PAD, [Part(lines["masalah"], REGULAR, _SIZE), Part(said["proof"], REGULAR, 7.7),
                                              Part(said["action"], ITALIC, 7.7)]),
    ]  # fmt: skip
    rows = rows_of(cells, lines.height, _LEAST)
    units = rows.units.join(lines.select("daftar", "keluarga").with_row_index("row"), on="row", maintain_order="left")
    blocks = units.group_by("daftar", "keluarga", maintain_order=True).agg(n=pl.len(), row=pl.col("row").first())
    bands = _band_texts(lines[blocks["row"].to_list()], texts.data)
    placed = flow(
        Blocks(blocks["daftar"].to_list(), bands["tinggi"].to_list(), blocks["n"].to_list()),
        rows.units["height"].to_list(), starts, _GAP,
    )  # fmt: skip
    where = units.select("row", "piece", "daftar", "height").with_columns(
        halaman=pl.Series(placed.page, dtype=pl.UInt32), y=pl.Series(placed.y, dtype=pl.Float64)
    )
    first = where.filter(pl.col("piece") == 0)
    number = lines.select("nomor", "tingkat", "urut").with_columns(
        x=pl.Series(edges[0] + PAD + 0.25 * _SIZE + measured(lines["nomor"], BOLD, _SIZE)),
        row=pl.int_range(pl.len(), dtype=pl.UInt32),
    )
    base = PAGE[1] - pl.col("y") - PAD - capital(BOLD, _SIZE)
    numbered = first.join(number, on="row", maintain_order="left")
    colour = pl.col("urut").cast(pl.UInt32).replace_strict(dict(enumerate(_MARKS)), return_dtype=pl.String)
    frames = [
        _draw(numbered, _TEXT, drawn(pl.lit(edges[0] + PAD), base, pl.col("nomor"), BOLD, _SIZE)),
        _draw(numbered, _TEXT, drawn(pl.col("x"), base, pl.col("tingkat"), BOLD, 7.4, colour)),
        *_texts(rows, where),
        _cells(where, [edges[0], edges[1], edges[2], edges[3], edges[7], edges[8]]),
        *(_ticks(first, (edges[i] + edges[i + 1]) / 2) for i in (3, 4, 5, 6)),
        *_bands(bands, placed, blocks["daftar"]),
    ]
    return _Section(pl.concat(frames).with_columns(bagian=pl.lit(0, dtype=pl.UInt8)).select(*_COMMANDS), placed.end)


def encoded_expr(column: str) -> pl.Expr:
    """The encoded texts of a column."""
    return pl.col(column).cast(pl.String).map_batches(encoded, return_dtype=pl.String)


def _pairs(lists: Sequence[List]) -> _Section:
    pairs = _stacked(lists, "pairs")
    starts = [TOP + capital(REGULAR, 8.2) + 2 * MM] * len(lists)
    if pairs.is_empty():
        return _Section(pl.DataFrame(schema=_COMMANDS), [(0, y) for y in starts])
    pairs = pairs.select(
        "daftar", *(encoded_expr(c) for c in ("nomor", "kode_baris", "orang_1", "orang_2", "sama", "beda"))
    )
    edges = _edges(_PAIR)

    def cell(index: int, *parts: Part) -> Cell:
        return Cell(edges[index], _PAIR[index] - 2 * PAD, parts)

    cells = [
        cell(0, Part(pairs["nomor"], BOLD, _SIZE), Part(pairs["kode_baris"], MONO, 6.6)),
        cell(1, Part(pairs["orang_1"], REGULAR, _SIZE)),
        cell(2, Part(pairs["orang_2"], REGULAR, _SIZE)),
        cell(3, Part(pairs["sama"], REGULAR, 7.8)),
        cell(4, Part(pairs["beda"], REGULAR, 7.8)),
    ]
    rows = rows_of(cells, pairs.height, _LEAST)
    units = rows.units.join(pairs.select("daftar").with_row_index("row"), on="row", maintain_order="left")
    count = units.height
    placed = flow(Blocks(units["daftar"].to_list(), [0.0] * count, [1] * count), units["height"].to_list(), starts, 0.0)
    where = units.with_columns(halaman=pl.Series(placed.page, dtype=pl.UInt32), y=pl.Series(placed.y, dtype=pl.Float64))
    first = where.filter(pl.col("piece") == 0)
    frames = [
        *_texts(rows, where),
        _cells(where, edges),
        *(_ticks(first, (edges[i] + edges[i + 1]) / 2) for i in (5, 6)),
    ]
    return _Section(pl.concat(frames).with_columns(bagian=pl.lit(1, dtype=pl.UInt8)).select(*_COMMANDS), placed.end)


def _draw(frame: pl.DataFrame, layer: int, command: pl.Expr) -> pl.DataFrame:
    return frame.select("daftar", "halaman", lapis=pl.lit(layer, dtype=pl.UInt8), perintah=command)


def _texts(rows: Rows, where: pl.DataFrame) -> list[pl.DataFrame]:
    """The words of the cells, one frame per letter and size."""
    runs = rows.runs.join(where.select("row", "piece", "daftar", "halaman", "y"), on=["row", "piece"], how="left",
                          maintain_order="left")  # fmt: skip
    base = PAGE[1] - pl.col("y") - pl.col("down")
    return [
        _draw(part.filter(pl.col("text") != " "), _TEXT, drawn(pl.col("x"), base, pl.col("text"), int(face), size))
        for (face, size), part in sorted(runs.partition_by("face", "size", as_dict=True).items())
    ]


def _cells(where: pl.DataFrame, edges: Sequence[float]) -> pl.DataFrame:
    low = PAGE[1] - pl.col("y") - pl.col("height")
    pairs = pairwise(edges)
    return _draw(where, _GRID, pl.concat_str(*(box(pl.lit(a), low, pl.lit(b - a), pl.col("height")) for a, b in pairs)))


def _ticks(where: pl.DataFrame, centre: float) -> pl.DataFrame:
    low = PAGE[1] - pl.col("y") - (pl.col("height") + _TICK) / 2
    return _draw(where, _BOXES, box(pl.lit(centre - _TICK / 2), low, pl.lit(_TICK), pl.lit(_TICK)))


def _band_texts(families: pl.DataFrame, word: str) -> pl.DataFrame:
    """Per family the words of its band: `kiri` (number and head), `alamat` beside or below it, `kanan`; its height."""
    frame = families.select(
        kiri=pl.concat_str(pl.col("keluarga").cast(pl.String), pl.lit(". "), "kepala"),
        alamat=pl.col("alamat_teks").fill_null(""),
        kanan=pl.concat_str(pl.lit(_one(word) + " "), "data_teks"),
    )
    room = WIDTH - 2 * PAD
    left, right = measured(frame["kiri"], BOLD, _BAND), measured(frame["kanan"], REGULAR, 7.4)
    address = measured(frame["alamat"], REGULAR, _SIZE)
    beside = left + 2 * MM + 0.5 * _SIZE
    frame = frame.with_columns(
        x_alamat=pl.Series(LEFT + PAD + beside),
        x_kanan=pl.Series(LEFT + WIDTH - PAD - right),
        muat=pl.Series(beside + address + 2 * MM + right <= room),
        kepala=broken(frame["kiri"], BOLD, _BAND, room / 2),
        bawah=broken(frame["alamat"], REGULAR, _SIZE, room),
    )
    lines = pl.col("kepala").str.count_matches("\n") + pl.when("muat").then(0).otherwise(
        pl.when(pl.col("bawah") == "").then(0).otherwise(pl.col("bawah").str.count_matches("\n") + 1)
    )
    step = capital(REGULAR, _BAND) + LEADING * _SIZE
    return frame.with_columns(tinggi=2 * _BAND_PAD + capital(BOLD, _BAND) + lines * step)


def _bands(bands: pl.DataFrame, placed: Placed, owner: pl.Series) -> list[pl.DataFrame]:
    block, page, y = zip(*placed.bands, strict=True)
    at = pl.DataFrame({"blok": block, "halaman": page, "y": y}, schema={"blok": pl.UInt32, "halaman": pl.UInt32,
                                                                         "y": pl.Float64})  # fmt: skip
    whole = at.hstack(bands[at["blok"]]).with_columns(daftar=owner.gather(at["blok"]))
    base = PAGE[1] - pl.col("y") - _BAND_PAD - capital(BOLD, _BAND)
    fill = box(pl.lit(LEFT), PAGE[1] - pl.col("y") - pl.col("tinggi"), pl.lit(WIDTH), pl.col("tinggi"))
    step = capital(REGULAR, _BAND) + LEADING * _SIZE
    below = (
        whole.with_columns(
            baris=pl.concat_list(
                pl.col("kepala").str.split("\n"),
                pl.when("muat").then(pl.lit([], dtype=pl.List(pl.String))).otherwise(pl.col("bawah").str.split("\n")),
            ),
            n_kepala=pl.col("kepala").str.count_matches("\n") + 1,
        )
        .with_columns(ke=pl.int_ranges(0, pl.col("baris").list.len()))
        .explode("baris", "ke")
    )
    place = base - pl.col("ke") * step
    head = pl.col("ke") < pl.col("n_kepala")
    return [
        _draw(whole, _FILL, fill),
        _draw(whole, _GRID, fill),
        _draw(below.filter(head), _TEXT, drawn(pl.lit(LEFT + PAD), place, pl.col("baris"), BOLD, _BAND)),
        _draw(below.filter(~head), _TEXT, drawn(pl.lit(LEFT + PAD), place, pl.col("baris"), REGULAR, _SIZE)),
        _draw(whole.filter("muat"), _TEXT, drawn(pl.col("x_alamat"), base, pl.col("alamat"), REGULAR, _SIZE)),
        _draw(whole, _TEXT, drawn(pl.col("x_kanan"), base, pl.col("kanan"), REGULAR, 7.4)),
    ]


# ---- what stands once on a page or in a list -----------------------------------------------------------------------


@cache
def _one(text: str) -> str:
    return "".join(letter if " " <= letter <= "~" else coded(letter) for letter in text)


@cache
def _letter_widths(face: int) -> list[float]:
    return [float(width) for width in sheet(full=True).widths[face]]


def _width(text: str, face: int, size: float) -> float:
    widths = _letter_widths(face)
    return size * sum(widths[ord(letter)] for letter in _one(text))


@cache
def _lines(text: str, face: int, size: float, width: float) -> tuple[str, ...]:
    """`text` in encoded lines of at most `width` points."""
    found, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and _width(longer, face, size) > width:
            found.append(_one(line))
            longer = word
        line = longer
    return (*found, _one(line))


def _put(x: float, y: float, text: str, face: int, size: float) -> str:
    """The command that writes encoded `text`; y of its foot from the top of the page."""
    safe = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"/F{face} {round(size * 100)} Tf 1 0 0 1 {round(x * 100)} {round((PAGE[1] - y) * 100)} Tm({safe})Tj\n"


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    return f"{round(x * 100)} {round((PAGE[1] - y - height) * 100)} {round(width * 100)} {round(height * 100)} re\n"


def _intro_steps(texts: PageTexts) -> list[tuple[str, ...]]:
    room = WIDTH - 4 * MM - 9.72
    return [_lines(step, REGULAR, 8.2, room) for step in texts.cara]


def _intro_height(texts: PageTexts) -> float:
    line = capital(REGULAR, 8.2)
    steps = _intro_steps(texts)
    more = sum(len(step) - 1 for step in steps) * (line + LEADING * 8.2)
    return 4 * MM + 2 * line + 1 * MM + (len(steps) - 1) * (line + 0.55 * 8.2) + more


def _intro(texts: PageTexts) -> tuple[str, str]:
    """The box above the families: its frame, and its words."""
    line, left = capital(REGULAR, 8.2), LEFT + 2 * MM
    y = TOP + 2 * MM + line
    words = [_put(left, y, _one(texts.ringkas), BOLD, 8.2)]
    words.append(_put(left + _width(texts.ringkas, BOLD, 8.2) + 3 * MM + 4.1, y, _one(texts.acuan), REGULAR, 8.2))
    y += line + 1 * MM
    for number, step in enumerate(_intro_steps(texts), start=1):
        words.append(_put(left, y, f"{number}.", REGULAR, 8.2))
        for text in step:
            words.append(_put(left + 9.72, y, text, REGULAR, 8.2))
            y += line + LEADING * 8.2
        y += (0.55 - LEADING) * 8.2
    return _rectangle(LEFT, TOP, WIDTH, _intro_height(texts)), "".join(words)


def _head(texts: PageTexts, title: str, columns: Sequence[str], widths: Sequence[float], centred: set[int]) -> bytes:
    """Title, code of the list, headings of the columns and the words at the foot."""
    line = capital(BOLD, 7.6)
    cut = [_lines(t, BOLD, 7.6, w - 2 * PAD) for t, w in zip(columns, widths, strict=False)]
    most = max(len(lines) for lines in cut)
    step = line + LEADING * 7.6
    high = 2.6 * MM + line + (most - 1) * step
    top = _HEAD_BOTTOM - high
    parts = [f"{_INK} rg\n", _rectangle(LEFT, top, WIDTH, high), "f\nBT\n1 g\n"]
    for index, (x, lines) in enumerate(zip(_edges(widths), cut, strict=False)):
        y = top + (high - line - (len(lines) - 1) * step) / 2 + line
        for text in lines:
            own = 7.6 * sum(_letter_widths(BOLD)[ord(letter)] for letter in text)
            at = x + (widths[index] - own) / 2 if index in centred else x + PAD
            parts.append(_put(at, y, text, BOLD, 7.6))
            y += step
    foot = top - 1.37 * MM
    code = LEFT + WIDTH - _width(texts.kode, MONO, 7.4)
    parts += [
        f"{_INK} rg\n", _put(LEFT, foot, _one(title), BOLD, 11), "0 g\n",
        _put(code, foot, _one(texts.kode), MONO, 7.4),
        _put(code - 1.9 - _width(texts.kode_daftar, REGULAR, 7.6), foot, _one(texts.kode_daftar), REGULAR, 7.6),
        _put(LEFT, BOTTOM + 4 * MM + capital(REGULAR, 7), _one(texts.kaki), REGULAR, 7), "ET\n",
    ]  # fmt: skip
    return "".join(parts).encode("latin-1")


def _signed(texts: PageTexts, y: float) -> str:
    """Date and three signatures, from y on."""
    line = capital(REGULAR, 9)
    parts = [_put(LEFT, y + 6 * MM + line, _one(texts.tanggal), REGULAR, 9)]
    dots = "( ................................................ )"
    for index, who in enumerate(texts.tanda_tangan):
        middle = LEFT + WIDTH * (index + 0.5) / len(texts.tanda_tangan)
        for down, text in ((3 * MM + 10 + line, who), (18 * MM + 10 + 2 * line, dots)):
            at = middle - _width(text, REGULAR, 9) / 2
            parts.append(_put(at, y + 6 * MM + line + down, _one(text), REGULAR, 9))
    return "".join(parts)


def _document(
    number: int, one: List, layers: dict[tuple[int, int, int], dict[int, str]], sections: tuple[_Section, _Section]
) -> bytes:
    texts = one.texts
    pages: list[tuple[int, dict[int, str]]] = []

    def section(part: int) -> tuple[int, float]:
        last, y = sections[part].end[number]
        pages.extend((part, dict(layers.get((number, part, page), {}))) for page in range(last + 1))
        return len(pages) - 1, y

    def add(page: int, layer: int, commands: str) -> None:
        pages[page][1][layer] = pages[page][1].get(layer, "") + commands

    at, y = section(0)
    frame, words = _intro(texts)
    add(0, _GRID, frame)
    add(0, _TEXT, words)
    for text in (texts.kosong if one.lines.is_empty() else "", texts.sisa):
        if text:
            if y + 20 > BOTTOM:
                pages.append((0, {}))
                at, y = len(pages) - 1, TOP
            add(at, _TEXT, _put(LEFT, y + 2 * MM + capital(ITALIC, _SIZE), _one(text), ITALIC, _SIZE))
            y += 20
    last = 0
    if one.pairs.height:
        begin = len(pages)
        at, y = section(1)
        add(begin, _TEXT, _put(LEFT, TOP + capital(REGULAR, 8.2), _one(texts.ringkas_pasangan), REGULAR, 8.2))
        last = 1
    if y + _SIGNATURES > BOTTOM:
        pages.append((last, {}))
        at, y = len(pages) - 1, TOP
    add(at, _TEXT, _signed(texts, y))
    heads = [_head(texts, texts.judul, texts.kolom_keluarga, _FAMILY, {3, 4, 5, 6})]
    if one.pairs.height:
        heads.append(_head(texts, texts.judul_pasangan, texts.kolom_pasangan, _PAIR, {5, 6}))
    made = []
    for index, (head, found) in enumerate(pages, start=1):
        foot = texts.halaman.format(n=index, semua=len(pages))
        x = LEFT + WIDTH - _width(foot, REGULAR, 7.6)
        found[_TEXT] = found.get(_TEXT, "") + _put(x, BOTTOM + 4 * MM + capital(REGULAR, 7.6), _one(foot), REGULAR, 7.6)
        made.append((head, _page(found)))
    # Names with rare letters are rare: most lists carry the smaller fonts.
    rare = any(RARE_LETTER.search(page.decode("latin-1")) for _head_number, page in made)
    return pdf.document(texts.judul, texts.bahasa, PAGE, heads, made, full=rare)


def _page(layers: dict[int, str]) -> bytes:
    parts = []
    if _FILL in layers:
        parts.append(f"{_PALE} rg\n{layers[_FILL]}f\n")
    if _GRID in layers:
        parts.append(f"{_LINE} RG 40 w\n{layers[_GRID]}S\n")
    if _BOXES in layers:
        parts.append(f"0 G 70 w\n{layers[_BOXES]}S\n")
    parts.append(f"BT\n0 g\n{layers.get(_TEXT, '')}ET\n")
    return "".join(parts).encode("latin-1")
