"""What every rule may need, computed once per run and only when asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cached_property
from threading import RLock

import numpy as np
import polars as pl

from rules import vocab
from rules.findings.labels import source_label
from rules.findings.parameters import Parameters
from rules.findings.programme import Programme
from rules.findings.registry import PAYMENTS
from rules.tables import Tables

KK_SOURCES = ("dukcapil", "dtsen", "regsosek")  # registers outside the DTKS that state a KK
TELLS_DEATH = ("dukcapil", "regsosek")  # sources whose word on a death is taken
_CHOSEN = "_dipilih"
EDITIONS = 1024  # of all registers together, far more than a run has
ROW_COLUMNS = (  # what `Context.baris` reads of the records
    "baris_id", "sumber", "berkas", "lembar", "tanggal_data", "tanggal_perbarui", "nik", "nik_kode", "no_kk",
    "kk_kode", "id_keluarga", "id_art", "sufiks_art", "nuk", "nama", "jenis_kelamin", "tanggal_lahir", "lahir_mutu",
    "hub_kk", "hub_krt", "status_kawin", "keberadaan", "tanggal_status", "nonaktif", "kode_kk", "no_bangunan",
    "no_keluarga", "kode_wilayah", "kode_wilayah_asli", "skema_wilayah",
)  # fmt: skip


def kk_number() -> pl.Expr:
    """The number of the KK number of rows of `Context.kartu`, one for each in all editions."""
    return pl.col("kartu_ke") // EDITIONS


def kk_in_register() -> pl.Expr:
    """The same with the register: what joins the rows of a card in all editions of one register."""
    return kk_number() * EDITIONS + pl.col("register")


def kept(frame: pl.LazyFrame) -> pl.LazyFrame:
    """`frame`, computed here and now: for a step that is read more than once, which a lazy plan would compute anew."""
    return frame.collect().lazy()


def numbered(ids: pl.Expr) -> pl.Expr:
    """Texts as numbers, one for each text: rows are grouped and joined by them in a fifth of the time. Their order
    means nothing."""
    return ids.cast(pl.Categorical).to_physical()


def beside(known: pl.Series, frame: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """`frame` with the columns of `facts`, whose rows have the numbers `known` (ascending), for its `baris_id`.

    Rows of other numbers are dropped. A look-up by place: a join would hash all that is known for a few rows.
    """
    ids = frame["baris_id"]
    gapless = known.len() > 0 and known[0] == 0 and known[-1] == known.len() - 1
    place = ids if gapless else pl.Series(known.search_sorted(ids, side="left"))
    there = (place < known.len()) & (known.gather(place.clip(upper_bound=max(known.len() - 1, 0))) == ids)
    if not there.all():
        frame, place = frame.filter(there), place.filter(there)
    return frame.hstack(facts[place])


def _dense(ids: pl.Series) -> pl.Series:
    """The rank of each id among the distinct ones, from 1; null for null. Equal to `rank("dense")`."""
    # Ids are a letter and sixteen hexadecimal digits: as numbers they sort alike in a tenth of the time.
    first = ids.drop_nulls().head(1).str.head(1)
    regular = len(first) and ids.str.contains(rf"^{re.escape(first[0])}[0-9a-f]{{16}}$").all()
    sortable = ids.str.slice(1).str.to_integer(base=16, dtype=pl.UInt64) if regular else ids
    return sortable.rank("dense").cast(pl.UInt32)


class LazyTables:
    """The tables of a run as lazy frames, so that a rule reads only the columns and rows that it needs."""

    def __init__(self, tables: Tables) -> None:
        self.records = tables.records.lazy()
        self.payments = tables.payments.lazy()
        self.families = tables.families.lazy()
        self.links = tables.links.lazy()
        self.entities = tables.entities.lazy()
        self.persons = tables.persons.lazy()
        self.family_links = tables.family_links.lazy()


class Context:
    """Shared frames of one run. They are computed when first asked for, kept, and given out lazily.

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
        self.lazy = LazyTables(tables)
        self._once: dict[str, pl.LazyFrame] = {}
        self._guard = RLock()
        self._locks: dict[str, RLock] = {}

    def once(self, key: str, make: Callable[[Context], pl.LazyFrame]) -> pl.LazyFrame:
        """The frame `make` gives, computed once per run: for steps that several rules share, two of which may ask."""
        with self._guard:
            lock = self._locks.setdefault(key, RLock())
        with lock:
            if key not in self._once:
                self._once[key] = kept(make(self))
        return self._once[key]

    def label(self, source: str) -> str:
        """The name people know a source by; payment lists carry the name of their programme."""
        return source_label(source, self.programmes)

    def beside(self, frame: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
        """`frame` with the columns of `facts` (rows of `self.records`, in their order) for its `baris_id`."""
        return beside(self.records["baris_id"], frame, facts)

    @cached_property
    def records(self) -> pl.DataFrame:
        """The records in the order of baris_id."""
        records = self.tables.records
        return records if records["baris_id"].is_sorted() else records.sort("baris_id")

    @cached_property
    def ranked(self) -> bool:
        """Whether baris_id is the rank of sidik, as in the records of a run: then numbers can be sorted for texts."""
        return self.records["sidik"].is_sorted()

    @cached_property
    def bernama(self) -> pl.DataFrame:
        """What a finding shows of each of `records`: sidik, nama, tanggal_data, kode_wilayah, its person, and `asal`,
        the place of its label in `Context.asal`."""
        return self.records.select("sidik", "nama", "tanggal_data", "kode_wilayah").hstack(
            [*self._orang.select("person_id", "family_id", "keyakinan", "orang", "keluarga"), self._labelled[1]]
        )

    @property
    def asal(self) -> pl.Series:
        """The labels of the sources of the records, each once."""
        return self._labelled[0]

    @cached_property
    def _labelled(self) -> tuple[pl.Series, pl.Series]:
        """`asal`, and for each record the place of its label there."""
        labels = {source: self.label(source) for source in self.records["sumber"].unique().sort().to_list()}
        names = sorted(set(labels.values()))
        places = {source: names.index(label) for source, label in labels.items()}
        place = self.records["sumber"].replace_strict(places, return_dtype=pl.UInt32).alias("asal")
        return pl.Series(names, dtype=pl.String), place

    @cached_property
    def _orang(self) -> pl.DataFrame:
        """`orang` as a frame, in the order of baris_id."""
        known = self.tables.entities.select("baris_id", "person_id", "family_id", "keyakinan")
        rows = self._records["baris_id"]
        # Both tables are kept in this order, so most often there is nothing to join.
        if not rows.equals(known["baris_id"]):
            known = rows.to_frame().join(known, on="baris_id", how="left", maintain_order="left")
        key = known["person_id"]
        if key.null_count():
            key = known.select(pl.coalesce("person_id", pl.format("#{}", "baris_id"))).to_series()
        with ThreadPoolExecutor(2) as both:  # every rule waits for these, so that the other core has nothing to do
            persons, families = both.map(_dense, (key, known["family_id"]))
        return known.with_columns(orang=persons, keluarga=families, keyakinan=pl.col("keyakinan").fill_null(1.0))

    @property
    def orang(self) -> pl.LazyFrame:
        """baris_id, person_id, family_id, keyakinan and the integers `orang`, `keluarga`, for every record.

        A record outside the entities stands alone: `orang` is then its own and `person_id` is null.
        """
        return self._orang.lazy()

    @cached_property
    def _records(self) -> pl.DataFrame:
        return self.records.select(ROW_COLUMNS)

    @cached_property
    def _baris(self) -> pl.DataFrame:
        kab = pl.col("kode_wilayah").str.head(4)
        gone = pl.col("keberadaan").is_in(vocab.GONE)
        return self._records.hstack(self._orang.select("orang", "keluarga", "keyakinan")).with_columns(
            terbaru=pl.col("tanggal_data").eq_missing(pl.col("tanggal_data").max().over("sumber", kab)),
            daftar=~pl.col("sumber").str.starts_with(vocab.PAYMENT_PREFIX),
            lahir=pl.when(pl.col("lahir_mutu") == "LENGKAP").then("tanggal_lahir"),
            mati=(pl.col("keberadaan") == "MENINGGAL").fill_null(value=False),
            pergi=gone.fill_null(value=False) | pl.col("nonaktif").fill_null(value=False),
            hub=pl.coalesce("hub_kk", "hub_krt"),
            terbitan=self._edition_of_rows,
            register=self._editions["register"].gather(self._edition_of_rows),
        )

    @cached_property
    def _editions(self) -> pl.DataFrame:
        """Every edition (sumber, tanggal_data) with its number `terbitan`, and that of its register."""
        editions = self._records.select("sumber", "tanggal_data").unique().sort("sumber", "tanggal_data")
        if editions.height >= EDITIONS:
            raise ValueError("too many editions")
        register = (pl.col("sumber").rank("dense") - 1).cast(pl.UInt16)
        return editions.with_row_index("terbitan").with_columns(register=register)

    @cached_property
    def _edition_of_rows(self) -> pl.Series:
        edition = ["sumber", "tanggal_data"]
        rows = self._records.select(edition)
        return rows.join(self._editions, on=edition, how="left", nulls_equal=True, maintain_order="left")["terbitan"]

    @property
    def baris(self) -> pl.LazyFrame:
        """Records with `orang`, `keluarga`, `keyakinan`, and these columns.

        `terbaru`: of the newest edition of its register in its kabupaten (an older edition is history, no claim);
        `daftar`: of a register, not of a payment list; `lahir`: the birth date where it is a full one;
        `mati`: the row itself says dead; `pergi`: it says dead, moved, not found, duplicate or inactive;
        `hub`: relation inside the family, or inside the household where only that is stated; `terbitan`: the number
        here of the edition (sumber, tanggal_data); `register`: that of `sumber`, in the order of the names.
        """
        return self._baris.lazy()

    @cached_property
    def _persons(self) -> int:
        """The highest number of a person."""
        return int(self._orang.get_column("orang").max() or 0)  # type: ignore[arg-type]

    def among(self, people: pl.LazyFrame) -> pl.Expr:
        """Whether the person `orang` is one of `people`: looked up by place, where a join would hash millions."""
        marks = np.zeros(self._persons + 1, dtype=bool)
        marks[people.select("orang").collect().to_series().to_numpy()] = True
        return pl.lit(pl.Series(marks)).gather(pl.col("orang"))

    def _chosen(self, rows: pl.Series) -> pl.LazyFrame:
        """`baris` of the DTKS rows for which the boolean `rows` (one per row) is true."""
        beside = self._baris.with_columns(
            rows.alias(_CHOSEN), self._in_dtks["keluarga_ke"], self._in_dtks["berkrt"], self._kartu["kartu_ke"]
        )
        return beside.lazy().filter(_CHOSEN).drop(_CHOSEN)

    @property
    def bendera(self) -> pl.LazyFrame:
        """One row per row and check against it: baris_id, kode (`N10`), rinci (graded: `N10:tahun`), asal.

        `asal` is nik_kode or kk_kode where the check decided the grade of that id, mutu for a further flag. A code may
        come from both ids: N05 as `kk_kode` is the province of the card.
        """
        return self._bendera.lazy()

    @cached_property
    def _bendera(self) -> pl.DataFrame:
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
    def _in_dtks(self) -> pl.DataFrame:
        """Per row of `baris`: is it in `dtks`, `dapur`, `dtks_tunggal`, the number of its DTKS family, and `berkrt`."""
        listed = (pl.col("sumber") == "dtks") & pl.col("terbaru") & pl.col("id_keluarga").is_not_null()
        rows = self._baris.lazy().with_row_index("i").filter(listed)
        rows = rows.select("i", "tanggal_data", "id_keluarga", "orang", krt=pl.col("hub_krt").is_not_null())
        family = pl.concat_str("id_keluarga", pl.col("tanggal_data").cast(pl.Int32).fill_null(0), separator="|")
        rows = kept(rows.select("i", "tanggal_data", "orang", "krt", keluarga_ke=numbered(family)))
        stating = rows.filter("krt").select("keluarga_ke").unique()
        stating = rows.join(stating, on="keluarga_ke", how="semi").select("i")
        small = kept(rows.filter(pl.len().over("keluarga_ke") <= self.p.anggota_wajar_maks.nilai))
        of_one = pl.col("keluarga_ke").min() == pl.col("keluarga_ke").max()
        single = small.filter(of_one.over("orang", "tanggal_data"))
        found = pl.collect_all([rows.select("i", "keluarga_ke"), small.select("i"), single.select("i"), stating])
        number = pl.Series("keluarga_ke", [None], dtype=pl.UInt32).new_from_index(0, self._baris.height)
        marks = {
            name: self._marked(one["i"])
            for name, one in zip(("dtks", "dapur", "tunggal", "berkrt"), found, strict=True)
        }
        return pl.DataFrame(marks | {"keluarga_ke": number.scatter(found[0]["i"], found[0]["keluarga_ke"])})

    def _marked(self, rows: pl.Series) -> pl.Series:
        marks = np.zeros(self._baris.height, dtype=bool)
        marks[rows.to_numpy()] = True
        return pl.Series(marks)

    @property
    def dtks(self) -> pl.LazyFrame:
        """DTKS rows of the newest edition that carry a family id. A DTKS family is (tanggal_data, id_keluarga), and
        `keluarga_ke` its number here; `berkrt`: somebody in it has a relation to the head of the household; `kartu_ke`
        as in `kartu`."""
        return self._chosen(self._in_dtks["dtks"])

    @property
    def dapur(self) -> pl.LazyFrame:
        """Of `dtks` the families of a believable size: a filler on thousands of rows relates nobody to anybody."""
        return self._chosen(self._in_dtks["dapur"])

    @property
    def dtks_tunggal(self) -> pl.LazyFrame:
        """Of `dapur` the rows of people who stand in one family only: a double entry (ST29) says nothing of a split."""
        return self._chosen(self._in_dtks["tunggal"])

    @property
    def dtks_ganda(self) -> pl.LazyFrame:
        """Of `dapur` the rows of people who stand in several families."""
        return self._chosen(self._in_dtks["dapur"] & ~self._in_dtks["tunggal"])

    @cached_property
    def _kartu(self) -> pl.DataFrame:
        """`kartu` with its mark `_pakai`, as rows beside those of `baris` (nulls where it is no row of a card)."""
        head = (pl.col("hub") == "KEPALA") & pl.col("kode_kk").ne_missing(2)
        on_card = pl.col("daftar") & pl.col("no_kk").is_not_null()
        rows = self._numbered().filter(on_card).with_columns(unit=pl.col("kk") * EDITIONS + pl.col("terbitan"))
        cards = rows.select("i", "unit", "orang", "status_kawin", head=head.fill_null(value=False)).collect()
        # By place: the rows of a card are counted and its head is looked up under its number, without a join.
        place = cards["unit"].rank("dense").cast(pl.Int64).to_numpy() - 1
        heads = cards["head"].arg_true().to_numpy()
        many = int(place.max(initial=-1)) + 1
        leader = np.full(many, -1, dtype=np.int64)
        leader[place[heads[::-1]]] = heads[::-1]  # the first of a card is written last
        about = pl.DataFrame(
            {
                "isi": pl.Series(np.bincount(place, minlength=many)[place], dtype=pl.UInt32),
                "kepala": pl.Series(np.bincount(place[heads], minlength=many)[place], dtype=pl.UInt32),
                "ke": pl.Series(leader[place]),
            }
        )
        facts = about.select(
            "isi",
            "kepala",
            pl.lit(cards["orang"]).gather(pl.when(pl.col("ke") >= 0).then("ke")).alias("kepala_orang"),
            pl.lit(cards["status_kawin"]).gather(pl.when(pl.col("ke") >= 0).then("ke")).alias("kepala_kawin"),
            cards["unit"].alias("kartu_ke"),
        )
        row = pl.Series(values=[None], dtype=pl.UInt32).new_from_index(0, self._baris.height)
        row = row.scatter(cards["i"], pl.int_range(cards.height, dtype=pl.UInt32, eager=True))
        return facts.select(pl.all().gather(row))

    def _numbered(self) -> pl.LazyFrame:
        """`baris` with its place `i` and its card `kk` as a number.

        Rows are grouped by these dozens of times over millions of them; by one number it takes a fifth of the time.
        """
        digits = pl.col("no_kk").cast(pl.UInt64, strict=False)
        strange = (digits.is_null() | (digits >= 10**16)) & pl.col("no_kk").is_not_null()
        if self._baris.select(strange.any()).item():  # never, unless the records were not made by sources
            digits = pl.col("no_kk").rank("dense").cast(pl.UInt64)
        return self._baris.lazy().with_row_index("i").with_columns(kk=digits)

    @property
    def kartu(self) -> pl.LazyFrame:
        """Register rows with a usable KK, with facts of their card as that register writes it.

        `isi`: rows on the card; `kepala`: heads on it; `kepala_orang`: the person who is its head (null when none);
        `kepala_kawin`: his marital status; `kartu_ke`: the number here of the card in that edition (see `kk_number`).
        A Regsosek split-off family (R115 = 2) lawfully adds a head to its card and is not counted. A card with two
        heads is two families under one number: one of them is wrong or old.
        """
        return self._baris.hstack(self._kartu).lazy().filter(pl.col("isi").is_not_null())

    @property
    def baris_kartu(self) -> pl.LazyFrame:
        """`baris` with `kartu_ke` (see `kartu`), null where a row is on no card."""
        return self._baris.with_columns(self._kartu["kartu_ke"]).lazy()

    @cached_property
    def _kartu_terbaru(self) -> pl.DataFrame:
        lodger = (pl.col("hub") == "LAINNYA").fill_null(value=False)
        rows = self._numbered().with_columns(self._kartu["isi"].is_not_null().alias("kartu")).filter("kartu", "terbaru")
        # Of a person in a register: the number of the two in one.
        who = pl.col("orang").cast(pl.UInt64) * EDITIONS + pl.col("register")
        rows = kept(rows.select("i", "tanggal_data", "kk", lodger=lodger, who=who))
        rows = kept(rows.with_columns(sekali=pl.col("who").is_unique()))
        several = kept(rows.filter(~pl.col("sekali")))  # few
        kin = several.filter(~pl.col("lodger"))
        placed = pl.concat([kin, several.filter("lodger").join(kin, on="who", how="anti")])
        one = placed.filter((pl.col("kk").min() == pl.col("kk").max()).over("who"))
        newest = one.sort("tanggal_data", "i", descending=[True, False]).unique(
            "who", keep="first", maintain_order=True
        )
        found = pl.concat([rows.filter("sekali"), newest]).select("i", "tanggal_data")
        # The newest first, those without a date before all; sorted by one number.
        age = (pl.col("tanggal_data").max() - pl.col("tanggal_data")).dt.total_days() + 1
        order = (age.fill_null(0) * 2**32 + pl.col("i")).arg_sort()
        return self._baris.hstack(self._kartu)[found.select(pl.col("i").gather(order)).collect().to_series()]

    @property
    def kartu_terbaru(self) -> pl.LazyFrame:
        """Of `kartu` the newest row of each person in each register: what that register says of the person now.

        A person on two cards of one register is left out: which card is his, that register does not say. Yet who has a
        place in a family there and is a lodger elsewhere is entered twice, and the family is his.
        """
        return self._kartu_terbaru.lazy()

    @property
    def mati(self) -> pl.LazyFrame:
        """Persons called dead by Dukcapil or Regsosek: orang, bukti_baris, meninggal (else the source's date)."""
        return self._mati.lazy()

    @cached_property
    def _mati(self) -> pl.DataFrame:
        dead = self.baris.filter(pl.col("sumber").is_in(TELLS_DEATH), "terbaru", "mati")
        return (
            dead.group_by("orang", maintain_order=True)
            .agg(
                bukti_baris="baris_id",
                meninggal=pl.coalesce(pl.col("tanggal_status").min(), pl.col("tanggal_data").min()),
            )
            .collect()
        )

    @property
    def bayar(self) -> pl.LazyFrame:
        """Payments with person, family and ids of the payee. `satuan` is null for a programme padan does not know."""
        return self._bayar.lazy()

    @cached_property
    def _bayar(self) -> pl.DataFrame:
        units = {code: programme.satuan for code, programme in self.programmes.items()}
        payee = self.baris.select("baris_id", "orang", "keluarga", "keyakinan", "nik", "no_kk", "tanggal_data")
        return (
            self.lazy.payments.join(payee, on="baris_id", how="inner")
            .with_columns(satuan=pl.col("program").replace_strict(units, default=None, return_dtype=pl.String))
            .sort("program", "periode_awal", "periode_akhir", "bayar_id")
            .collect()
        )

    @property
    def tinjau(self) -> pl.LazyFrame:
        """Persons joined by a pair of the review band: orang_kiri, orang_kanan (both orders), peluang (best pair).

        Read by the rules about recipients: a pair may be held back by a constraint, and the money flows all the same.
        Two people who both stand in one edition of a register are two people there (twins, namesakes) and left out.
        """
        return self._tinjau.lazy()

    @cached_property
    def _tinjau(self) -> pl.DataFrame:
        doubtful = self.lazy.links.filter(
            pl.col("putusan") == "tinjau", pl.col("peluang") >= self.p.peluang_tinjau_min.nilai
        )
        said = doubtful.select("kiri", "kanan", "peluang").collect()
        for side in ("kiri", "kanan"):
            person = self._orang.select(pl.col("orang").alias(f"orang_{side}"))
            said = self.beside(said.rename({side: "baris_id"}), person).drop("baris_id")
        pairs = said.lazy().select("orang_kiri", "orang_kanan", "peluang")
        pairs = pairs.filter(pl.col("orang_kiri") != pl.col("orang_kanan"))
        people = pl.concat([said.select(orang=f"orang_{side}") for side in ("kiri", "kanan")]).lazy()
        listed = kept(self.baris.filter("daftar", self.among(people)).select("terbitan", "orang").unique())
        left = pairs.select("orang_kiri", "orang_kanan").unique().join(listed, left_on="orang_kiri", right_on="orang")
        both = left.join(listed.rename({"orang": "orang_kanan"}), on=["orang_kanan", "terbitan"], how="semi")
        pairs = pairs.join(both, on=["orang_kiri", "orang_kanan"], how="anti")
        swapped = pairs.select(pl.col("orang_kanan").alias("orang_kiri"), orang_kanan="orang_kiri", peluang="peluang")
        return (
            pl.concat([pairs, swapped])
            .group_by("orang_kiri", "orang_kanan")
            .agg(pl.col("peluang").max())
            .sort("orang_kiri", "orang_kanan")
            .collect()
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
