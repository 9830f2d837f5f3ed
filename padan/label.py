"""`padan label`: ask a person about pairs of a run, without showing the score, and keep the answers by content of rows.

Works on the folder of a `padan run` and of a `padan link`. Answers are saved one by one, so stopping loses none.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from matching.labels import DIFFERENT, SAME, SCHEMA, UNSURE, draw, empty, settled
from padan.console import OutputError
from padan.link import rows_of
from rules.errors import InputError, Place
from rules.i18n import N_, _
from rules.masking import mask_id, mask_text
from sources.formats import open_book

FILE: Final = "label.parquet"
BACK, QUIT = "kembali", "keluar"
# Letters of both languages mean the same whatever the language of the screen.
ANSWERS: Final = {
    **dict.fromkeys(("y", "ya", "yes", SAME, "same", "1"), SAME),
    **dict.fromkeys(("t", "n", "tidak", "no", DIFFERENT, "different", "0"), DIFFERENT),
    **dict.fromkeys(("r", "u", "?", UNSURE, "unsure"), UNSURE),
    **dict.fromkeys(("k", "b", BACK, "back"), BACK),
    **dict.fromkeys(("q", "x", QUIT, "quit"), QUIT),
}
_IDS: Final = ("nik", "no_kk", "id_keluarga", "id_art", "id_individu", "id_rumah_tangga")
_RUN_FIELDS: Final = (
    ("sumber", N_("list")), ("nama", N_("name")), ("nik", N_("NIK")), ("no_kk", N_("family card")),
    ("jenis_kelamin", N_("sex")), ("tempat_lahir", N_("birthplace")), ("tanggal_lahir", N_("birth date")),
    ("nama_ibu", N_("mother's name")), ("nama_ayah", N_("father's name")), ("hub_kk", N_("relation to the head")),
    ("nama_kepala", N_("head of the family")), ("status_kawin", N_("marital status")),
    ("kode_wilayah", N_("residence")), ("alamat", N_("address")), ("dusun", N_("hamlet")), ("rt", N_("RT")),
    ("rw", N_("RW")), ("pekerjaan", N_("work")), ("tanggal_data", N_("date of the data")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A column that is shown. `kind`: id (masked), date (the year only when masked) or text."""

    name: str
    title: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Case:
    """What can be asked about: `pairs` (kiri, kanan, peluang), `rows` (kunci and the shown fields as text)."""

    folder: Path
    pairs: pl.DataFrame
    rows: pl.DataFrame
    fields: list[Field]


def open_case(folder: Path) -> Case:
    """The pairs of a finished `padan run` or `padan link`. Raises OutputError for any other folder."""
    try:
        info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        info = {}
    if info.get("kind") == "padan link":
        return _of_link(folder, info)
    return _of_run(folder)


def _of_link(folder: Path, info: dict[str, Any]) -> Case:
    rows = rows_of(folder, info)
    pairs = pl.read_parquet(folder / "pairs.parquet")
    key = rows.select("source", "row", "fingerprint")
    for side in ("l", "r"):
        pairs = pairs.join(
            key.rename({"source": f"source_{side}", "row": f"row_{side}", "fingerprint": f"key_{side}"}),
            on=[f"source_{side}", f"row_{side}"],
            how="left",
        )
    shown = [name for name in rows.columns if name not in ("source", "row", "fingerprint")]
    first = rows.unique("fingerprint", keep="first", maintain_order=True)
    where = pl.format("{} / {}", "source", "row").alias("_di")
    return Case(
        folder,
        _ordered(pairs, "key_l", "key_r", "probability"),
        first.select(pl.col("fingerprint").alias("kunci"), where, *shown),
        [Field("_di", _("list and row")), *(Field(name, name, "number") for name in shown)],
    )


def _of_run(folder: Path) -> Case:
    from padan.store import read_run

    tables = read_run(folder)
    key = tables.records.select("baris_id", "sidik")
    pairs = tables.links.select("kiri", "kanan", "peluang")
    for side in ("kiri", "kanan"):
        pairs = pairs.join(key.rename({"baris_id": side, "sidik": f"sidik_{side}"}), on=side, how="left")
    fields = [
        Field(name, _(title), "id" if name in _IDS else "date" if name == "tanggal_lahir" else "text")
        for name, title in _RUN_FIELDS
    ]
    return Case(
        folder,
        _ordered(pairs, "sidik_kiri", "sidik_kanan", "peluang"),
        tables.records.select(pl.col("sidik").alias("kunci"), *(pl.col(f.name).cast(pl.String) for f in fields)),
        fields,
    )


def _ordered(pairs: pl.DataFrame, left: str, right: str, probability: str) -> pl.DataFrame:
    return pairs.select(
        pl.min_horizontal(left, right).alias("kiri"),
        pl.max_horizontal(left, right).alias("kanan"),
        pl.col(probability).alias("peluang"),
    )


class Labels:
    """The answers of a case in their file; every answer is written at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.table = self._read(path)

    @staticmethod
    def _read(path: Path) -> pl.DataFrame:
        return read_labels(path) if path.exists() else empty()

    def add(self, rows: list[tuple[str, str, str, str, float, float]]) -> None:
        """Keep (kiri, kanan, jawaban, oleh, peluang, pangsa) and write the file whole or not at all."""
        now = datetime.now(UTC)
        fresh = pl.DataFrame(
            [(left, right, answer, who, now, p, chance) for left, right, answer, who, p, chance in rows],
            schema=SCHEMA,
            orient="row",
        )
        self.table = pl.concat([self.table, fresh])
        before = os.umask(0o077)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part = self.path.with_name(self.path.name + ".bagian")
            self.table.write_parquet(part)
            part.replace(self.path)
        finally:
            os.umask(before)

    def done(self, who: str) -> set[tuple[str, str]]:
        """Pairs that `who` has answered."""
        return set(self.table.filter(pl.col("oleh") == who).select("kiri", "kanan").iter_rows())


def read_labels(path: Path) -> pl.DataFrame:
    """The answers in the file that `padan label` wrote. Raises InputError when it is no such file."""
    try:
        return pl.read_parquet(path).select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            _("this is no file of answers"),
            place=Place(file=str(path)),
            hint=_("give the file that `padan label` wrote"),
        ) from error


def sample(case: Case, wanted: int, seed: int) -> pl.DataFrame:
    """The pairs to ask about, in their order; remembered in the folder so that answers on paper find them again."""
    drawn = draw(case.pairs, wanted, seed)
    if drawn.height == 0:
        raise OutputError(
            _("there is no pair to ask about in this folder"),
            place=Place(file=str(case.folder)),
            hint=_("lower the review threshold and run again"),
        )
    kept = case.folder / ".padan" / "label.parquet"
    before = os.umask(0o077)
    try:
        kept.parent.mkdir(exist_ok=True)
        known = [pl.read_parquet(kept)] if kept.exists() else []
        pl.concat([*known, drawn]).unique(["kiri", "kanan"], keep="last", maintain_order=True).write_parquet(kept)
    finally:
        os.umask(before)
    return drawn


def user() -> str:
    """The name of whoever sits at the computer."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "?"


def mark(left: str | None, right: str | None, kind: str) -> str:
    """How two values compare at a glance, so that masked ones can be judged too."""
    if not left or not right:
        return ""
    if left == right:
        return "="
    if kind != "text" and len(left) == len(right):
        apart = sum(a != b for a, b in zip(left, right, strict=True))
        return _("≠ ({n} characters)").format(n=apart)
    return "≠"


def shown(value: str | None, kind: str, *, unmasked: bool) -> str:
    """A value as the screen may show it."""
    if value is None or unmasked:
        return value or ""
    if kind == "id":
        return mask_id(value)
    if kind == "date":
        return value[:4]
    return mask_text(value)


def side_by_side(case: Case, left: str, right: str, *, unmasked: bool) -> list[tuple[str, str, str, str]]:
    """(title, left, right, mark) of every field that either row has."""
    pair = {row["kunci"]: row for row in case.rows.filter(pl.col("kunci").is_in([left, right])).to_dicts()}
    lines = []
    for one in case.fields:
        a, b = pair[left][one.name], pair[right][one.name]
        if a or b:
            texts = (shown(a, one.kind, unmasked=unmasked), shown(b, one.kind, unmasked=unmasked))
            sign = "" if one.name in ("_di", "sumber", "tanggal_data") else mark(a, b, one.kind)
            lines.append((one.title, *texts, sign))
    return lines


def session(
    drawn: pl.DataFrame,
    labels: Labels,
    who: str,
    show: Callable[[int, int, str, str], None],
    ask: Callable[[], str | None],
) -> int:
    """Ask about every drawn pair that `who` has not answered; returns how many answers were given.

    `show(number, of, kiri, kanan)` puts a pair on the screen; `ask()` returns a value of ANSWERS, or None at the end of
    input. Back returns to the pair before, also over answers of an earlier session.
    """
    done = labels.done(who)
    rows = list(drawn.select("kiri", "kanan", "peluang", "pangsa").iter_rows())
    at = next((k for k, row in enumerate(rows) if row[:2] not in done), len(rows))
    given = 0
    while at < len(rows):
        left, right, probability, chance = rows[at]
        show(at + 1, len(rows), left, right)
        answer = ask()
        if answer is None or answer == QUIT:
            break
        if answer == BACK:
            at = max(at - 1, 0)
            continue
        labels.add([(left, right, answer, who, probability, chance)])
        done.add((left, right))
        given += 1
        at += 1
        while at < len(rows) and rows[at][:2] in done:
            at += 1
    return given


def export_csv(case: Case, drawn: pl.DataFrame, path: Path, *, unmasked: bool) -> None:
    """The drawn pairs as csv with an empty column `jawaban`, to be answered in a spreadsheet."""
    lines = []
    for number, (left, right) in enumerate(drawn.select("kiri", "kanan").iter_rows(), start=1):
        line = {"nomor": str(number), "jawaban": ""}
        for title, a, b, sign in side_by_side(case, left, right, unmasked=unmasked):
            line |= {f"{title} 1": a, f"{title} 2": b, f"{title} =": sign.replace("=", "sama")}
        lines.append(line | {"kiri": left, "kanan": right})
    names = ["nomor", "jawaban"]
    names += [f"{one.title} {side}" for one in case.fields for side in ("1", "2", "=")]
    frame = pl.DataFrame(lines, schema=dict.fromkeys([*names, "kiri", "kanan"], pl.String), strict=False)
    guarded = [
        # A text that a spreadsheet would take for a formula gets an apostrophe in front.
        pl.when(pl.col(c).str.contains(r"^[=+\-@\t]")).then(pl.concat_str(pl.lit("'"), pl.col(c))).otherwise(c).alias(c)
        for c in frame.columns
    ]
    before = os.umask(0o077)
    try:
        frame.select(guarded).write_csv(path, include_bom=True)
    finally:
        os.umask(before)


def import_csv(case: Case, labels: Labels, who: str, path: Path) -> int:
    """Take over the answers of a file that `export_csv` wrote, empty ones left out; returns how many.

    Raises InputError naming the row of an answer that is none, or of a pair that was never drawn.
    """
    grid = open_book(path).grids[0]
    cells = grid.cells.fill_null("").rows()
    place = Place(file=path.name)
    head = next((k for k, row in enumerate(cells) if {"kiri", "kanan", "jawaban"} <= set(row)), None)
    kept = case.folder / ".padan" / "label.parquet"
    if head is None or not kept.exists():
        raise InputError(
            _("this is no file that `padan label --ekspor` wrote for this folder"),
            place=place,
            hint=_("keep its columns kiri, kanan and jawaban"),
        )
    at = {name: cells[head].index(name) for name in ("kiri", "kanan", "jawaban")}
    known = {(left, right): (p, chance) for left, right, p, chance in pl.read_parquet(kept).iter_rows()}
    found = []
    for number, row in zip(grid.rows.to_list()[head + 1 :], cells[head + 1 :], strict=True):
        text = row[at["jawaban"]].strip().lower()
        if not text:
            continue
        answer, pair = ANSWERS.get(text), (row[at["kiri"]], row[at["kanan"]])
        if answer not in (SAME, DIFFERENT, UNSURE):
            raise InputError(
                _("'{text}' is no answer").format(text=mask_text(text)),
                place=Place(file=path.name, row=number, column="jawaban"),
                hint=_("write y (the same person), t (two persons) or r (unsure)"),
            )
        if pair not in known:
            raise InputError(
                _("this pair was never drawn in this folder"),
                place=Place(file=path.name, row=number),
                hint=_("give the folder for which the file was written"),
            )
        found.append((*pair, answer, who, *known[pair]))
    if found:
        labels.add(found)
    return len(found)


def summary(labels: Labels) -> dict[str, int]:
    """Answers so far: pairs settled as the same and as different, and all answers given."""
    told = settled(labels.table)
    same = int(told["sama"].sum())
    return {"answers": labels.table.height, "same": same, "different": told.height - same}
