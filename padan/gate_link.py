"""A payment list that is no part of a run: its payees are tied to the persons of the run, nothing else is linked again.

Most payees carry a good NIK that stands in the run under the same name or birth date; plain joins find them. Only the
rest goes through the linkage, together with the rows of the run it could be and a sample of families for the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from matching.engine import link
from matching.settings import LinkSettings
from rules import tables
from rules.findings.similar import name_similarity
from rules.gate.frames import Frames, narrow
from rules.gate.parameters import GateParameters

if TYPE_CHECKING:
    from padan.gate_run import Run
    from sources.model import Loaded

Progress = Callable[[str, float], None]
SAMPLE: Final = 30_000  # rows of the run that tell the model how rows of one person, card and kecamatan look
_LINKS: Final = ("kiri", "kanan", "lintasan", "bobot", "peluang", "putusan", "alasan")
# What the linkage looks at: the other columns of millions of rows need not be read for the few that are compared.
_LINKED: Final = (
    "baris_id", "sidik", "sumber", "tanggal_data", "tanggal_perbarui", "nik", "nik_mutu", "no_kk", "kk_mutu",
    "id_keluarga", "id_rumah_tangga", "sufiks_art", "nama", "nama_ibu", "jenis_kelamin", "tanggal_lahir", "lahir_mutu",
    "hub_kk", "hub_krt", "keberadaan", "kode_wilayah",
)  # fmt: skip
_YEAR: Final = pl.col("lahir").dt.year()
# Rows that share both halves of one of these with a payee are compared with him: a number that finds few rows, then
# something read on those only. Sought in the raw columns: the engine's own keys would need every name of the run in
# its canonical form. One field alone would bring whole kecamatan along.
_KEYS: Final[tuple[tuple[str, tuple[pl.Expr, ...]], ...]] = (
    ("kk", (pl.col("nama").str.head(1), _YEAR)),
    ("ekor_nik", (pl.col("nama").str.head(1), pl.col("awal_nik") // 10**8)),
    ("awal_nik", (pl.col("nama").str.head(2),)),
    ("lahir", (pl.col("nama").str.head(2), pl.col("desa"))),
    ("nama", (pl.col("desa"),)),
    ("kecamatan_tahun", (pl.col("nama"),)),
    ("desa_tahun", (pl.col("nama").str.head(4),)),
)


@dataclass(frozen=True, slots=True)
class Attached:
    """The run with the new payees in it, and how they were found: counts by `nik`, `taut` and `baru`."""

    frames: Frames
    cara: dict[str, int]


def put_together(
    run: Run, loaded: Loaded | None, parameters: GateParameters
) -> tuple[Frames, pl.DataFrame, pl.DataFrame, dict[str, int]]:
    """The run with the lists in it, rejected rows and control totals of the lists, and how their payees were found."""
    if loaded is None:
        return run.frames, run.rejected, run.files, {"run": run.paid}
    attached = attach(run.frames, loaded.records, loaded.payments, parameters)
    return (
        attached.frames,
        pl.concat([run.rejected, loaded.rejected.select(run.rejected.columns)]),
        pl.concat([run.files, loaded.files.select(run.files.columns)]),
        {"run": run.paid, **attached.cara},
    )


def attach(
    run: Frames,
    payees: pl.DataFrame,
    payments: pl.DataFrame,
    parameters: GateParameters,
    settings: LinkSettings | None = None,
    progress: Progress | None = None,
) -> Attached:
    """Put `payees` (records) and `payments` of a list into the frames of a finished run.

    New rows are numbered after those of the run, and every payee becomes an entity: of the person he is, or alone. What
    he may be besides stands in `links` as review pairs. Ids of the payments get the mark `g:`, since an earlier version
    of the list in the run holds rows of the same content.
    """
    first = run.entities.height
    payees = payees.sort("baris_id").with_columns((pl.col("baris_id") + first).cast(pl.UInt32))
    rows = narrow(payees.lazy())
    by_nik = _by_nik(run.rows, rows, parameters)
    near, alone, links = _by_engine(run, payees, rows, by_nik, settings or LinkSettings(), progress)
    found = pl.concat([by_nik, near])
    entities, people = _placed(run, payees.select("baris_id", "sidik"), found, alone)
    new = payments.with_columns(
        (pl.col("baris_id") + first).cast(pl.UInt32),
        bayar_id=pl.lit("g:") + pl.col("bayar_id"),
        dinilai=pl.lit(value=True),
    )
    frames = Frames(
        pl.concat([run.records, payees.lazy().select(tables.Records.column_names())]),
        pl.concat([run.rows, rows]),
        pl.concat([run.people, people]),
        pl.concat([run.entities, tables.check("entities", entities)]),
        pl.concat([run.links.select(_LINKS), links]),
        pl.concat([run.payments, new.select(run.payments.columns)]),
    )
    counts = {"nik": by_nik.height, "taut": near.height, "baru": payees.height - by_nik.height - near.height}
    return Attached(frames, counts)


def _placed(
    run: Frames, payees: pl.DataFrame, found: pl.DataFrame, alone: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`payees` (baris_id, sidik) as rows of entities, and as rows of `Frames.people`.

    `found` names a row of the run that is the payee (bukti), `alone` the entity of those who have none there.
    """
    chosen = pl.col("bukti").is_in(found["bukti"].implode())
    ids = run.entities.select("person_id", "family_id", bukti="baris_id", rumah="household_id").filter(chosen)
    numbers = run.people.select("orang", "keluarga", bukti="baris_id").filter(chosen)
    known = payees.join(found, on="baris_id", how="left").join(alone, on="baris_id", how="left")
    known = known.join(ids, on="bukti", how="left").join(numbers, on="bukti", how="left").sort("baris_id")
    known = known.with_columns(
        person_id=pl.coalesce("person_id", "sendiri", "G" + pl.col("sidik").str.head(16)),
        keyakinan=pl.coalesce("peluang", "yakin_sendiri", pl.lit(1.0)),
    )
    people = known.select(
        "baris_id", pl.coalesce("orang", pl.col("baris_id").min().over("person_id")), "keluarga", "keyakinan"
    )
    return known.select("baris_id", "person_id", "family_id", household_id="rumah", keyakinan="keyakinan"), people


def _by_nik(rows: pl.DataFrame, payees: pl.DataFrame, p: GateParameters) -> pl.DataFrame:
    """Payees (baris_id) with a row of the run (bukti) of the same NIK and of like name or the same birth date."""
    mine = payees.filter(pl.col("nik").is_not_null()).select("baris_id", "nik", "nama", "lahir")
    rows = rows.select("nik", bukti="baris_id", nama_lain="nama", lahir_lain="lahir")
    pairs = mine.join(rows.join(mine.select("nik").unique(), on="nik", how="semi"), on="nik")
    same = (pl.col("nama") == pl.col("nama_lain")).fill_null(value=False)
    born = (pl.col("lahir") == pl.col("lahir_lain")).fill_null(value=False)
    pairs = pairs.with_columns(nama_sama=same, lahir_sama=born).with_row_index("i")
    open_ = pairs.filter(~pl.col("nama_sama"))
    like = open_.select("i", mirip=name_similarity("nama", "nama_lain") >= p.nama_sama_min.nilai)
    agree = pl.col("nama_sama") | pl.col("mirip").fill_null(value=False)
    whole, part = p.peluang_nik_penuh.nilai, p.peluang_nik_sebagian.nilai
    judged = pairs.join(like, on="i", how="left").select(
        "baris_id",
        "bukti",
        peluang=pl.when(agree & pl.col("lahir_sama")).then(whole).when(agree | pl.col("lahir_sama")).then(part),
    )
    best = judged.drop_nulls("peluang").sort("baris_id", "peluang", "bukti", descending=[False, True, False])
    return best.unique("baris_id", keep="first", maintain_order=True)


def _look(rows: pl.DataFrame) -> pl.DataFrame:
    """What _KEYS are made of, for each of `rows` (see `narrow`)."""
    place, year = pl.col("kode_wilayah"), pl.col("tanggal_lahir").dt.year().cast(pl.Int64)
    return rows.select(
        "baris_id",
        "nama",
        kk="no_kk",
        ekor_nik=pl.col("nik") % 10**10,
        awal_nik=pl.col("nik") // 10**4,
        lahir="tanggal_lahir",
        desa=place.cast(pl.Int64),
        kecamatan_tahun=place.str.head(6).cast(pl.Int64) * 10_000 + year,
        desa_tahun=place.cast(pl.Int64) * 10_000 + year,
    )


def _near(look: pl.DataFrame, rest: pl.DataFrame) -> pl.Series:
    """baris_id of the rows of `look` that share one of the keys with a row of `rest` (both of `_look`), maybe twice."""
    chosen = [pl.Series("baris_id", [], dtype=pl.UInt32)]
    for first, seconds in _KEYS:
        fields = {"baris_id", first, *(name for second in seconds for name in second.meta.root_names())}
        mine = look.select(sorted(fields)).filter(pl.col(first).is_in(rest[first].drop_nulls().unique().implode()))
        for second in seconds:
            wanted = rest.select(first, lain=second).drop_nulls().unique()
            chosen.append(mine.with_columns(lain=second).join(wanted, on=[first, "lain"], how="semi")["baris_id"])
    return pl.concat(chosen)


def _sample(run: Frames, kk: pl.DataFrame) -> pl.Series:
    """About SAMPLE rows: all rows of the people on every k-th card. The same run gives the same sample."""
    step = max(kk.height // SAMPLE, 1)
    # Cards are numbered by area and day; a prime spreads the picked ones over both.
    on_card = kk.filter((pl.col("kk") * 7919 % 1_000_003 % step == 0).fill_null(value=step == 1)).select("baris_id")
    people = run.people.join(on_card, on="baris_id", how="semi").select("orang").unique()
    return run.people.join(people, on="orang", how="semi")["baris_id"]


def _by_engine(
    run: Frames,
    payees: pl.DataFrame,
    narrowed: pl.DataFrame,
    by_nik: pl.DataFrame,
    settings: LinkSettings,
    progress: Progress | None,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Link the payees whom `by_nik` does not know with rows of the run they could be, and with like payees it knows.

    Returns the payees found (baris_id, bukti, peluang), those who stand alone or with other payees (baris_id, sendiri,
    yakin_sendiri), and review pairs (links) of all of them.
    """
    found = by_nik.clear()
    alone = pl.DataFrame(schema={"baris_id": pl.UInt32, "sendiri": pl.String, "yakin_sendiri": pl.Float64})
    rest = payees.join(by_nik, on="baris_id", how="anti")
    if rest.is_empty():
        return found, alone, run.links.select(_LINKS).clear()
    wanted, look = _look(narrowed.join(by_nik, on="baris_id", how="anti")), _look(run.rows)
    near = pl.concat([_near(look, wanted), _sample(run, look)]).unique()
    # A second payment under another NIK repeats the writing of the first, whatever the registers say of the person.
    known = narrowed.join(by_nik, on="baris_id", how="semi")
    like_known = _near(_look(known), wanted).unique()
    parts = [
        run.records.select(_LINKED).filter(pl.col("baris_id").is_in(near.implode())).collect(),
        payees.filter(pl.col("baris_id").is_in(like_known.implode())).select(_LINKED),
        rest.select(_LINKED),
    ]
    both = pl.concat(parts).sort("sidik", "baris_id")
    numbers = both.select(asal="baris_id", baru=pl.col("baris_id").is_in(rest["baris_id"].implode())).with_row_index(
        "baris_id"
    )
    both = both.with_columns(baris_id=numbers["baris_id"])
    linked = link(both, tables.empty("families"), settings, progress)
    pairs = _pairs_of_new(linked.links, numbers)
    match = pl.col("putusan").cast(pl.String) == "padan"
    best = (
        pairs.filter(match, pl.col("lama").is_not_null())
        .sort("baru", "bobot", "lama", descending=[False, True, False])
        .unique("baru", keep="first", maintain_order=True)
    )
    of_known = by_nik.select(lama="baris_id", bukti="bukti", yakin="peluang")
    found = best.join(of_known, on="lama", how="left", maintain_order="left").select(
        baris_id="baru",
        bukti=pl.coalesce("bukti", "lama"),
        peluang=pl.min_horizontal("peluang", "yakin"),
    )
    members = linked.entities.select("baris_id", "person_id", "keyakinan").join(numbers, on="baris_id").filter("baru")
    alone = members.select(baris_id="asal", sendiri="G" + pl.col("person_id"), yakin_sendiri="keyakinan").join(
        found, on="baris_id", how="anti"
    )
    # A match with a second person of the run is a question, not an answer.
    others = pairs.join(best, on=["kiri", "kanan"], how="anti").filter(~match | pl.col("lama").is_not_null())
    return found, alone, others.select(_LINKS).with_columns(putusan=pl.lit("tinjau").cast(run.links.schema["putusan"]))


def _pairs_of_new(links: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """`links` that hold a new payee, under the numbers of run and list, with `baru` and `lama` (null: both are new)."""
    pairs = (
        links.select(_LINKS)
        .join(numbers.rename({"baris_id": "kiri", "asal": "a", "baru": "a_baru"}), on="kiri")
        .join(numbers.rename({"baris_id": "kanan", "asal": "b", "baru": "b_baru"}), on="kanan")
        .filter(pl.col("a_baru") | pl.col("b_baru"))
    )
    mixed = pl.col("a_baru") != pl.col("b_baru")
    return pairs.with_columns(
        kiri=pl.min_horizontal("a", "b"),
        kanan=pl.max_horizontal("a", "b"),
        baru=pl.when("b_baru").then("b").otherwise("a"),
        lama=pl.when(mixed).then(pl.when("b_baru").then("a").otherwise("b")),
    )
