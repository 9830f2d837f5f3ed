"""What the rules of the gate look at: the payments to judge beside the rows of a run, persons and families as integers.

A million payments meet three million rows, so the whole run is held in few narrow columns; full rows are only fetched
for the few persons that a rule has to look at closely.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from rules import tables
from rules.findings.context import ROW_COLUMNS, Context, beside
from rules.findings.labels import source_label
from rules.findings.parameters import load_parameters
from rules.findings.programme import Dated, Programme
from rules.findings.similar import name_similarity
from rules.gate.frames import Frames
from rules.gate.parameters import GateParameters
from rules.gate.registry import gate_rules
from rules.i18n import _

_PAYEE = ("nik", "nik_mutu", "nik_kode", "no_kk", "kk_mutu", "nama", "lahir", "kode_wilayah", "nonaktif")
NO_PERIOD = date(1, 1, 1)


class View:
    """One gate run. `rows` and `bayar` are what most rules start from."""

    def __init__(
        self,
        frames: Frames,
        programme: Programme,
        programmes: Mapping[str, Programme],
        parameters: GateParameters,
        tanggal_acuan: date | None = None,
    ) -> None:
        self.frames = frames
        self.programme = programme
        self.programmes = programmes
        self.p = parameters
        self._once: dict[str, pl.DataFrame] = {}
        starts = frames.payments.filter("dinilai")["periode_awal"].min()
        self.tanggal_acuan = tanggal_acuan or (starts if isinstance(starts, date) else None)

    def once(self, key: str, make: Callable[[View], pl.DataFrame]) -> pl.DataFrame:
        """The frame `make` gives, computed once: for steps that several rules share."""
        if key not in self._once:
            self._once[key] = make(self)
        return self._once[key]

    def mark_of(self, kode: str) -> pl.DataFrame:
        """The marks of one rule, computed once: for rules that speak where another is silent."""
        rule = next(rule for rule in gate_rules() if rule.kode == kode)
        return self.once(f"tanda:{kode}", rule.fungsi)

    @cached_property
    def orang(self) -> pl.DataFrame:
        """baris_id, keyakinan, orang and keluarga (u32: the smallest baris_id of person and family, or null)."""
        return self.frames.people.rechunk()

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Every record in the narrow columns of `frames.narrow`, by baris_id, with person and family."""
        frame, who = self.frames.rows, self.orang
        if frame.height == who.height:  # both are sorted by the same dense number
            whole = frame.hstack(who.drop("baris_id"))
        else:
            whole = frame.join(who, on="baris_id", how="left", maintain_order="left")
        return whole.rechunk()  # a look-up by place takes five times as long in the pieces they were read in

    def beside(self, frame: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
        """`frame` with what `facts` (one row per record, in the order of `rows`) says of its `baris_id`."""
        return beside(self.orang["baris_id"], frame, facts)

    def _with_people(self, frame: pl.DataFrame) -> pl.DataFrame:
        return self.beside(frame, self.orang.drop("baris_id"))

    @cached_property
    def edisi(self) -> pl.DataFrame:
        """The newest edition of each register in each kabupaten: sumber, kab, terbaru."""
        kab = pl.col("kode_wilayah").str.head(4)
        return self.rows.filter("daftar").group_by("sumber", kab=kab).agg(terbaru=pl.col("tanggal_data").max())

    def newest(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Of `rows` those of the newest edition of their register: an older edition is history, no claim."""
        kab = pl.col("kode_wilayah").str.head(4)
        known = rows.with_columns(kab=kab).join(
            self.edisi, on=["sumber", "kab"], how="left", nulls_equal=True, maintain_order="left"
        )
        return known.filter(pl.col("tanggal_data").eq_missing(pl.col("terbaru"))).drop("kab", "terbaru")

    @property
    def daftar_lama(self) -> pl.Expr:
        """Is this payment of a list of the run that is an earlier version of the list to judge?

        Judged by the share of the payees and periods that both hold: held against its own draft, every payment would
        be a double.
        """
        return pl.col("berkas").is_in(self.versi_lama) & ~pl.col("dinilai")

    @cached_property
    def versi_lama(self) -> list[str]:
        """The files of the run that are earlier versions of the list to judge."""
        what = ["orang", "periode_awal", "periode_akhir", "tahap"]
        paid = self.frames.payments.filter(pl.col("program") == self.programme.kode)
        if paid["dinilai"].all():
            return []
        paid = self._with_people(paid.select("baris_id", "berkas", "dinilai", *what[1:]))
        mine = paid.filter("dinilai").select(what).unique()
        shared = paid.filter(~pl.col("dinilai")).select("berkas", *what).unique().join(mine, on=what, nulls_equal=True)
        found = shared.group_by("berkas").agg(n=pl.len())
        found = found.filter(pl.col("n") > self.p.bagian_daftar_lama.nilai * max(mine.height, 1))
        return sorted(found["berkas"].to_list())

    @cached_property
    def semua_bayar(self) -> pl.DataFrame:
        """Every payment of the run with person and family of its payee, and `awal` and `akhir` that are never null.

        A payment without a period has `awal` = `akhir` = 1 January of year 1, and `tanpa` (text) holds its stage.
        """
        start = pl.col("periode_awal").fill_null(NO_PERIOD)
        return self._with_people(self.frames.payments.rechunk()).with_columns(
            versi_lama=self.daftar_lama,
            awal=start,
            akhir=pl.max_horizontal(start, pl.coalesce("periode_akhir", start)),
            tanpa=pl.when(pl.col("periode_awal").is_null()).then(pl.col("tahap").fill_null("")),
            mulai=pl.coalesce("periode_awal", pl.lit(self.tanggal_acuan, dtype=pl.Date)),
            selesai=pl.coalesce("periode_akhir", "periode_awal", pl.lit(self.tanggal_acuan, dtype=pl.Date)),
        )

    @cached_property
    def bayar(self) -> pl.DataFrame:
        """The payments to judge. `mulai`, `selesai`: first and last day of the period, else the reference date."""
        return self.semua_bayar.filter("dinilai")

    @cached_property
    def kali(self) -> pl.DataFrame:
        """How often each payee is paid by any list: baris_id, kali."""
        return self.semua_bayar.group_by("baris_id").agg(kali=pl.len())

    @cached_property
    def penerima(self) -> pl.DataFrame:
        """The payees to judge, one row each: baris_id, orang, keluarga, keyakinan and their fields as the list says."""
        ids = self.bayar.select("baris_id").unique().sort("baris_id")
        return self.beside(ids, self.rows.select("orang", "keluarga", "keyakinan", *_PAYEE))

    @cached_property
    def baris_penerima(self) -> pl.DataFrame:
        """Register rows of the persons of the payees."""
        return self.rows.filter("daftar").join(self.penerima.select("orang"), on="orang", how="semi")

    @cached_property
    def tinjau(self) -> pl.DataFrame:
        """Persons of payees and persons they may be (review pairs): orang, orang_lain, peluang of the best pair.

        Two people who both stand in one edition of a register are two people there and left out.
        """
        pairs = self.frames.links.lazy().filter(
            pl.col("putusan") == "tinjau", pl.col("peluang") >= self.p.peluang_tinjau_min.nilai
        )
        who = self.orang.lazy().select("baris_id", "orang")
        joined = (
            pairs.select("kiri", "kanan", "peluang")
            .join(who.rename({"baris_id": "kiri", "orang": "a"}), on="kiri")
            .join(who.rename({"baris_id": "kanan", "orang": "b"}), on="kanan")
            .filter(pl.col("a") != pl.col("b"))
        )
        both = pl.concat(
            [joined.select("peluang", orang="a", orang_lain="b"), joined.select("peluang", orang="b", orang_lain="a")]
        )
        paid = self.penerima.lazy().select("orang").unique()
        found = (
            both.join(paid, on="orang", how="semi")
            .group_by("orang", "orang_lain")
            .agg(pl.col("peluang").max())
            .collect()
        )
        near = pl.concat([found["orang"], found["orang_lain"]]).unique()
        listed = self.rows.filter("daftar", pl.col("orang").is_in(near.implode()))
        listed = listed.select("sumber", "tanggal_data", "orang").unique()
        apart = (
            found.select("orang", "orang_lain")
            .join(listed, on="orang")
            .join(listed.rename({"orang": "orang_lain"}), on=["orang_lain", "sumber", "tanggal_data"], nulls_equal=True)
        )
        return found.join(apart, on=["orang", "orang_lain"], how="anti").sort("orang", "orang_lain")

    @cached_property
    def kokoh(self) -> pl.DataFrame:
        """Payees (baris_id) whose trusted NIK stands, with like name or the same birth date, on a register row."""
        mine = self.penerima.filter(pl.col("nik_mutu") == "TEPERCAYA")
        mine = mine.select("baris_id", "nik", "nama", "lahir")
        rows = self.rows.filter("daftar", pl.col("nik").is_not_null()).select("nik", "nama", "lahir")
        born = mine.join(rows.drop_nulls("lahir"), on=["nik", "lahir"], how="semi")["baris_id"]
        rest = mine.filter(~pl.col("baris_id").is_in(born.implode()))
        pairs = rest.join(rows.rename({"nama": "nama_lain", "lahir": "lahir_lain"}), on="nik")
        named = self.alike(pairs).filter("nama_sama")["baris_id"]  # letters are compared only where dates differ
        return pl.concat([born, named]).unique().sort().to_frame()

    def alike(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """`pairs` (nama, nama_lain, lahir, lahir_lain) with `nama_sama` and `lahir_sama`; unknown agrees in nothing."""
        same = (pl.col("nama") == pl.col("nama_lain")).fill_null(value=False)
        marked = pairs.with_columns(
            nama_sama=same, lahir_sama=(pl.col("lahir") == pl.col("lahir_lain")).fill_null(value=False)
        ).with_row_index("_i")
        rest = marked.filter(~pl.col("nama_sama")).select("_i", "nama", "nama_lain")
        if rest.is_empty():
            return marked.drop("_i")
        near = rest.select("_i", mirip=name_similarity("nama", "nama_lain") >= self.p.nama_sama_min.nilai)
        return (
            marked.join(near, on="_i", how="left", maintain_order="left")
            .with_columns(pl.col("nama_sama") | pl.col("mirip").fill_null(value=False))
            .drop("_i", "mirip")
        )

    def other_name(self, pairs: pl.DataFrame) -> pl.Series:
        """Are `nama` and `nama_lain` so unlike that they are two people's? False where one is unknown."""
        unlike = name_similarity("nama", "nama_lain") < self.p.nama_lain_maks.nilai
        return pairs.select(unlike.fill_null(value=False)).to_series()

    def context(self, people: pl.Series, payments: pl.DataFrame) -> Context:
        """The context of the finding rules over all rows of `people` (orang) and `payments` alone.

        Its records have the columns of `Context.baris` only: millions of rows are read for those of a few people.
        """
        chosen = self.orang.filter(pl.col("orang").is_in(people.implode()))
        ids = chosen.select("baris_id")
        rows = self.frames.records.select(ROW_COLUMNS)
        # Not a join: with the numbers in a filter, the other columns are read of the chosen rows only.
        records = rows.filter(pl.col("baris_id").is_in(ids["baris_id"].implode())).collect().sort("baris_id")
        near = self.frames.links.filter(
            pl.col("kiri").is_in(ids["baris_id"].implode()), pl.col("kanan").is_in(ids["baris_id"].implode())
        )
        empty = {name: tables.empty(name) for name in tables.SCHEMAS}
        given: dict[str, Any] = empty | {
            "records": records,
            "entities": self.frames.entities.join(ids, on="baris_id", how="semi").sort("baris_id"),
            "links": near,
            "payments": payments.select(tables.Payments.column_names()),
        }
        return Context(tables.Tables(**given), load_parameters(), dict(self.programmes), self.tanggal_acuan)

    def numbers_in(self, ctx: Context) -> pl.DataFrame:
        """The people of `context` under both numbers: orang here, di_ctx there. A record ties both together."""
        there = ctx.orang.select("baris_id", di_ctx="orang").collect()
        return self.orang.select("baris_id", "orang").join(there, on="baris_id").select("orang", "di_ctx").unique()

    def worded(self, frame: pl.DataFrame, **words: Mapping[str, str]) -> pl.DataFrame:
        """`frame` with codes of the columns `words` and of `sumber` in the words of the language in force."""
        sources = frame["sumber"].cast(pl.String).unique().drop_nulls().to_list() if "sumber" in frame.columns else []
        replaced = [
            pl.col(column).replace_strict(
                {code: _(text) for code, text in texts.items()}, default=None, return_dtype=pl.String
            )
            for column, texts in words.items()
        ]
        if sources:
            labels = {source: self.label(source) for source in sources}
            replaced.append(
                pl.col("sumber").cast(pl.String).replace_strict(labels, default=None, return_dtype=pl.String)
            )
        return frame.with_columns(replaced)

    def label(self, source: str) -> str:
        """The name people know a source by."""
        return source_label(source, self.programmes)

    def valid(self, one: Dated) -> pl.Expr:
        """Does `one` hold at the start (`mulai`) of a payment?"""
        holds = pl.col("mulai") >= one.berlaku_dari
        if one.berlaku_sampai is not None:
            holds &= pl.col("mulai") <= one.berlaku_sampai
        return holds.fill_null(value=False)
