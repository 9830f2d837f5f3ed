"""What every rule may need, computed once per run and only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property

import polars as pl

from rules import vocab
from rules.findings.parameters import Parameters
from rules.findings.programme import Programme
from rules.findings.registry import PAYMENTS
from rules.i18n import N_, _
from rules.tables import Tables

KK_SOURCES = ("dukcapil", "dtsen", "regsosek")  # registers outside the DTKS that state a KK
TELLS_DEATH = ("dukcapil", "regsosek")  # sources whose word on a death is taken
_SOURCE_LABELS = {
    "dtks": N_("DTKS"),
    "p3ke": N_("P3KE"),
    "regsosek": N_("Regsosek"),
    "dtsen": N_("DTSEN"),
    "dukcapil": N_("Dukcapil"),
}
_COLUMNS = (
    "baris_id", "sumber", "berkas", "lembar", "tanggal_data", "tanggal_perbarui", "nik", "nik_kode", "no_kk",
    "kk_kode", "id_keluarga", "id_art", "sufiks_art", "nuk", "nama", "jenis_kelamin", "tanggal_lahir", "lahir_mutu",
    "hub_kk", "hub_krt", "status_kawin", "keberadaan", "tanggal_status", "nonaktif", "kode_kk", "no_bangunan",
    "no_keluarga", "kode_wilayah", "kode_wilayah_asli", "skema_wilayah", "mutu",
)  # fmt: skip


def source_label(source: str, programmes: Mapping[str, Programme]) -> str:
    """The name people know a source by; payment lists carry the name of their programme."""
    if source in _SOURCE_LABELS:
        return _(_SOURCE_LABELS[source])
    code = source.removeprefix(vocab.PAYMENT_PREFIX)
    known = programmes.get(code)
    return _("payment list of {programme}").format(programme=known.nama if known else code.upper())


class Context:
    """Shared frames of one run.

    `baris` (records with their person, one row per record) is what most rules start from. Person and family are dense
    integers (`orang`, `keluarga`), because three million joins on 32-digit strings cost seconds per rule.
    """

    def __init__(
        self,
        tables: Tables,
        parameters: Parameters,
        programmes: dict[str, Programme],
        tanggal_acuan: date | None = None,
    ) -> None:
        self.tables = tables
        self.p = parameters
        self.programmes = programmes
        newest = tables.records["tanggal_data"].max()
        self.tanggal_acuan = tanggal_acuan or (newest if isinstance(newest, date) else None)
        self.paid = frozenset(tables.payments["program"].unique().to_list())
        present = set(tables.records["sumber"].unique().to_list())
        self.sources = frozenset(present | ({PAYMENTS} if self.paid else set()))
        self._once: dict[str, pl.DataFrame] = {}

    def once(self, key: str, make: Callable[[Context], pl.DataFrame]) -> pl.DataFrame:
        """The frame `make` gives, computed once per run: for steps that several rules of a module share."""
        if key not in self._once:
            self._once[key] = make(self)
        return self._once[key]

    def label(self, source: str) -> str:
        """The name people know a source by; payment lists carry the name of their programme."""
        return source_label(source, self.programmes)

    @cached_property
    def bernama(self) -> pl.DataFrame:
        """What a finding shows of a row: baris_id, sidik, nama, tanggal_data, kode_wilayah, label and its person."""
        records = self.tables.records
        labels = {source: self.label(source) for source in records["sumber"].unique().sort().to_list()}
        return records.select(
            "baris_id",
            "sidik",
            "nama",
            "tanggal_data",
            "kode_wilayah",
            label=pl.col("sumber").replace_strict(labels, default=None, return_dtype=pl.String),
        ).join(self.orang.select("baris_id", "person_id", "family_id", "keyakinan"), on="baris_id", how="left")

    @cached_property
    def orang(self) -> pl.DataFrame:
        """baris_id, person_id, family_id, keyakinan and the integers `orang`, `keluarga`, for every record.

        A record outside the entities stands alone: `orang` is then its own and `person_id` is null.
        """
        joined = self.tables.records.select("baris_id").join(
            self.tables.entities.select("baris_id", "person_id", "family_id", "keyakinan"), on="baris_id", how="left"
        )
        key = pl.coalesce("person_id", pl.format("#{}", "baris_id"))
        return joined.sort("baris_id").with_columns(
            orang=key.rank("dense").cast(pl.UInt32),
            keluarga=pl.col("family_id").rank("dense").cast(pl.UInt32),
            keyakinan=pl.col("keyakinan").fill_null(1.0),
        )

    @cached_property
    def baris(self) -> pl.DataFrame:
        """Records with `orang`, `keluarga`, `keyakinan`, and these columns.

        `terbaru`: of the newest edition of its register in its kabupaten (an older edition is history, no claim);
        `daftar`: of a register, not of a payment list; `lahir`: the birth date where it is a full one;
        `mati`: the row itself says dead; `pergi`: it says dead, moved, not found, duplicate or inactive;
        `hub`: relation inside the family, or inside the household where only that is stated.
        """
        kab = pl.col("kode_wilayah").str.head(4)
        gone = pl.col("keberadaan").is_in(["MENINGGAL", "PINDAH", "LUAR_NEGERI", "TIDAK_DITEMUKAN", "GANDA"])
        return (
            self.tables.records.select(_COLUMNS)
            .join(self.orang.select("baris_id", "orang", "keluarga", "keyakinan"), on="baris_id", how="left")
            .sort("baris_id")
            .with_columns(
                terbaru=pl.col("tanggal_data").eq_missing(pl.col("tanggal_data").max().over("sumber", kab)),
                daftar=~pl.col("sumber").str.starts_with(vocab.PAYMENT_PREFIX),
                lahir=pl.when(pl.col("lahir_mutu") == "LENGKAP").then("tanggal_lahir"),
                mati=(pl.col("keberadaan") == "MENINGGAL").fill_null(value=False),
                pergi=gone.fill_null(value=False) | pl.col("nonaktif").fill_null(value=False),
                hub=pl.coalesce("hub_kk", "hub_krt"),
            )
        )

    @cached_property
    def bendera(self) -> pl.DataFrame:
        """One row per row and check against it: baris_id, kode (`N10`), rinci (graded: `N10:tahun`), asal.

        `asal` is nik_kode or kk_kode where the check decided the grade of that id, mutu for a further flag. A code may
        come from both ids: N05 as `kk_kode` is the province of the card.
        """
        records = self.tables.records
        deciding = [
            records.select("baris_id", rinci=column, asal=pl.lit(column)).drop_nulls("rinci")
            for column in ("nik_kode", "kk_kode")
        ]
        further = (
            records.filter(pl.col("mutu").list.len() > 0)
            .select("baris_id", rinci="mutu", asal=pl.lit("mutu"))
            .explode("rinci", empty_as_null=False)
        )
        return pl.concat([*deciding, further]).with_columns(kode=pl.col("rinci").str.split(":").list.first())

    @cached_property
    def dtks(self) -> pl.DataFrame:
        """DTKS rows of the newest edition that carry a family id. A DTKS family is (tanggal_data, id_keluarga)."""
        return self.baris.filter(pl.col("sumber") == "dtks", "terbaru", pl.col("id_keluarga").is_not_null())

    @cached_property
    def dapur(self) -> pl.DataFrame:
        """Of `dtks` the families of a believable size: a filler on thousands of rows relates nobody to anybody."""
        return self.dtks.filter(pl.len().over("tanggal_data", "id_keluarga") <= self.p.anggota_wajar_maks.nilai)

    @cached_property
    def dtks_tunggal(self) -> pl.DataFrame:
        """Of `dapur` the rows of people who stand in one family only: a double entry (ST29) says nothing of a split."""
        return self.dapur.filter(pl.col("id_keluarga").n_unique().over("orang", "tanggal_data") == 1)

    @cached_property
    def kartu(self) -> pl.DataFrame:
        """Register rows with a usable KK, with facts of their card as that register writes it.

        `isi`: rows on the card; `kepala`: heads on it; `kepala_orang`: the person who is its head (null when none);
        `kepala_kawin`: his marital status. A Regsosek split-off family (R115 = 2) lawfully adds a head to its card and
        is not counted. A card with two heads is two families under one number: one of them is wrong or old.
        """
        unit = ("sumber", "tanggal_data", "no_kk")
        head = (pl.col("hub") == "KEPALA") & pl.col("kode_kk").ne_missing(2)
        return self.baris.filter("daftar", pl.col("no_kk").is_not_null()).with_columns(
            isi=pl.len().over(unit),
            kepala=head.sum().over(unit),
            kepala_orang=pl.col("orang").filter(head).first().over(unit),
            kepala_kawin=pl.col("status_kawin").filter(head).first().over(unit),
        )

    @cached_property
    def kartu_terbaru(self) -> pl.DataFrame:
        """Of `kartu` the newest row of each person in each register: what that register says of the person now.

        A person on two cards of one register is left out: which card is his, that register does not say. Yet who has a
        place in a family there and is a lodger elsewhere is entered twice, and the family is his.
        """
        lodger = (pl.col("hub") == "LAINNYA").fill_null(value=False)
        return (
            self.kartu.filter("terbaru")
            .filter(~lodger | lodger.all().over("orang", "sumber"))
            .filter(pl.col("no_kk").n_unique().over("orang", "sumber") == 1)
            .sort("tanggal_data", "baris_id", descending=[True, False])
            .unique(["orang", "sumber"], keep="first", maintain_order=True)
        )

    @cached_property
    def mati(self) -> pl.DataFrame:
        """Persons called dead by Dukcapil or Regsosek: orang, bukti_baris, meninggal (else the source's date)."""
        dead = self.baris.filter(pl.col("sumber").is_in(TELLS_DEATH), "terbaru", "mati")
        return dead.group_by("orang", maintain_order=True).agg(
            bukti_baris="baris_id",
            meninggal=pl.coalesce(pl.col("tanggal_status").min(), pl.col("tanggal_data").min()),
        )

    @cached_property
    def bayar(self) -> pl.DataFrame:
        """Payments with person, family and ids of the payee. `satuan` is null for a programme padan does not know."""
        units = {code: programme.satuan for code, programme in self.programmes.items()}
        payee = self.baris.select("baris_id", "orang", "keluarga", "keyakinan", "nik", "no_kk", "tanggal_data")
        return (
            self.tables.payments.join(payee, on="baris_id", how="inner")
            .with_columns(satuan=pl.col("program").replace_strict(units, default=None, return_dtype=pl.String))
            .sort("program", "periode_awal", "periode_akhir", "bayar_id")
        )

    @cached_property
    def tinjau(self) -> pl.DataFrame:
        """Persons joined by a pair of the review band: orang_kiri, orang_kanan (both orders), peluang (best pair).

        Read by the rules about recipients: a pair may be held back by a constraint, and the money flows all the same.
        Two people who both stand in one edition of a register are two people there (twins, namesakes) and left out.
        """
        who = self.orang.select("baris_id", "orang")
        pairs = (
            self.tables.links.lazy()
            .filter(pl.col("putusan") == "tinjau", pl.col("peluang") >= self.p.peluang_tinjau_min.nilai)
            .select("kiri", "kanan", "peluang")
            .join(who.lazy().rename({"baris_id": "kiri", "orang": "orang_kiri"}), on="kiri")
            .join(who.lazy().rename({"baris_id": "kanan", "orang": "orang_kanan"}), on="kanan")
            .filter(pl.col("orang_kiri") != pl.col("orang_kanan"))
            .select("orang_kiri", "orang_kanan", "peluang")
            .collect()
        )
        listed = self.baris.filter("daftar").select("sumber", "tanggal_data", "orang").unique()
        left = pairs.select("orang_kiri", "orang_kanan").unique().join(listed, left_on="orang_kiri", right_on="orang")
        both = left.join(
            listed.rename({"orang": "orang_kanan"}), on=["orang_kanan", "sumber", "tanggal_data"], nulls_equal=True
        )
        pairs = pairs.join(both, on=["orang_kiri", "orang_kanan"], how="anti")
        swapped = pairs.select(pl.col("orang_kanan").alias("orang_kiri"), orang_kanan="orang_kiri", peluang="peluang")
        return (
            pl.concat([pairs, swapped])
            .group_by("orang_kiri", "orang_kanan")
            .agg(pl.col("peluang").max())
            .sort("orang_kiri", "orang_kanan")
        )

    @cached_property
    def uang(self) -> pl.DataFrame:
        """bayar_id, nominal (rupiah, null when unknown) and `tertulis` (the list states it).

        Where a list states no amount, the programme's monthly amount of that time stands in, for each month begun.
        """
        start, end = pl.col("periode_awal"), pl.coalesce("periode_akhir", "periode_awal")
        months = (end.dt.year() - start.dt.year()) * 12 + end.dt.month().cast(pl.Int32) - start.dt.month() + 1
        usual = pl.lit(None, dtype=pl.Int64)
        for code, programme in sorted(self.programmes.items()):
            for amount in programme.nominal:
                valid = (pl.col("program") == code) & (start >= amount.berlaku_dari)
                if amount.berlaku_sampai is not None:
                    valid &= start <= amount.berlaku_sampai
                usual = pl.when(valid).then(pl.lit(amount.nominal_bulanan) * months).otherwise(usual)
        return self.tables.payments.select(
            "bayar_id", nominal=pl.coalesce("nominal", usual), tertulis=pl.col("nominal").is_not_null()
        )
