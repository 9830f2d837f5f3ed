"""Every table's schema, declared once. Stages take and give these frames; `check` guards the seams.

Column names are Indonesian (Satu Data Indonesia); code is English. Row numbers count as a person sees them in Excel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import dataframely as dy
import polars as pl

from rules import vocab
from rules.errors import TableError


class Records(dy.Schema):
    """One row is one person row of an input file."""

    sidik = dy.String()  # content hash (128 bit, hex) of source + cleaned values; equal rows are numbered
    baris_id = dy.UInt32()  # rank of sidik, from 0
    sumber = dy.String()  # dtks, p3ke, regsosek, dtsen, dukcapil, bayar_<program>
    berkas = dy.String()
    lembar = dy.String(nullable=True)
    nomor_baris = dy.UInt32()
    tanggal_data = dy.Date(nullable=True)  # the date the file speaks of
    tanggal_perbarui = dy.Date(nullable=True)  # last update of this very row, where the source says so
    nik_asli = dy.String(nullable=True)  # as written
    nik = dy.String(nullable=True)  # 16 digits when TEPERCAYA or LEMAH; null otherwise
    nik_mutu = dy.Enum(vocab.TRUST)
    nik_kode = dy.String(nullable=True)  # check that decided nik_mutu (N01 ...); null: nothing stands against it
    no_kk_asli = dy.String(nullable=True)
    no_kk = dy.String(nullable=True)
    kk_mutu = dy.Enum(vocab.TRUST)
    kk_kode = dy.String(nullable=True)
    id_keluarga_asli = dy.String(nullable=True)
    id_keluarga = dy.String(nullable=True)  # DTKS family id, P3KE family id
    id_art = dy.String(nullable=True)  # full ART id: family + 2 digits
    sufiks_art = dy.String(nullable=True)  # last two characters of id_art, as written
    id_individu = dy.String(nullable=True)  # id_individu (P3KE), idsemesta, NOKA ...
    id_rumah_tangga = dy.String(nullable=True)  # a stated household or kitchen only, never a building number
    nuk = dy.UInt16(nullable=True)  # number of the family inside the household
    nama = dy.String(nullable=True)  # upper case, blanks collapsed; titles and marks still in it
    nama_ibu = dy.String(nullable=True)
    nama_ayah = dy.String(nullable=True)
    nama_kepala = dy.String(nullable=True)
    jenis_kelamin = dy.Enum(vocab.SEX, nullable=True)
    tempat_lahir = dy.String(nullable=True)
    tanggal_lahir = dy.Date(nullable=True)
    lahir_mutu = dy.Enum(vocab.DATE_QUALITY)
    hub_kk = dy.Enum(vocab.RELATION, nullable=True)  # relation to the head of the KK / family
    hub_krt = dy.Enum(vocab.RELATION, nullable=True)  # relation to the head of the household
    status_kawin = dy.Enum(vocab.MARITAL, nullable=True)
    keberadaan = dy.Enum(vocab.PRESENCE, nullable=True)
    tanggal_status = dy.Date(nullable=True)  # date of keberadaan (death, move), where the source says so
    nonaktif = dy.Bool(nullable=True)  # the source itself calls the row inactive
    kode_kk = dy.UInt8(nullable=True)  # Regsosek R115: 0 as on document, 1 parent family, 2 split-off family
    no_bangunan = dy.String(nullable=True)
    no_keluarga = dy.String(nullable=True)  # Regsosek R110
    kode_wilayah = dy.String(nullable=True)  # Kemendagri: 10 digits for a desa; 6 / 4 / 2 when no more is known
    kode_wilayah_asli = dy.String(nullable=True)
    skema_wilayah = dy.Enum(vocab.REGION_SCHEME)
    alamat = dy.String(nullable=True)
    dusun = dy.String(nullable=True)
    rt = dy.String(nullable=True)  # 3 digits
    rw = dy.String(nullable=True)
    pekerjaan = dy.String(nullable=True)  # canonical class (ASN, TNI ...) or the source's own label
    pendidikan = dy.String(nullable=True)
    disabilitas = dy.Bool(nullable=True)
    hamil = dy.Bool(nullable=True)
    desil = dy.UInt8(nullable=True)
    jumlah_anggota = dy.UInt16(nullable=True)  # size of the family as the source declares it
    status_padan = dy.Bool(nullable=True)  # the source's own word on Dukcapil matching
    nik_ayah = dy.String(nullable=True)
    nik_ibu = dy.String(nullable=True)
    mutu = dy.List(dy.String())  # further quality flags: rule codes (N09, N10, N14, K03 ...)


class Rejected(dy.Schema):
    """An input row that could not be used: where it stood, which check refused it, the masked value."""

    sumber = dy.String(nullable=True)
    berkas = dy.String()
    lembar = dy.String(nullable=True)
    nomor_baris = dy.UInt32()
    kolom = dy.String(nullable=True)
    aturan = dy.String()  # e.g. BARIS_KOSONG, TANPA_IDENTITAS, BARIS_RUSAK, BARIS_JUMLAH
    nilai = dy.String(nullable=True)


class Files(dy.Schema):
    """Control totals, one row per input file and sheet: baris_dibaca = baris_dipakai + baris_ditolak."""

    sumber = dy.String()
    jenis = dy.String()  # layout name, e.g. dtks_desa
    berkas = dy.String()
    lembar = dy.String(nullable=True)
    sha256 = dy.String()
    tanggal_data = dy.Date(nullable=True)
    baris_dibaca = dy.UInt32()  # data rows found (title, header, column-number and end-mark rows are not data)
    baris_dipakai = dy.UInt32()
    baris_ditolak = dy.UInt32()


class Payments(dy.Schema):
    """One payment row. Identical payees are one record, so many payments may share a baris_id."""

    bayar_id = dy.String()  # content hash, numbered when equal
    baris_id = dy.UInt32()  # its payee in records
    program = dy.String()  # pkh, bpnt, pbi_jkn, blt_desa ...
    periode_awal = dy.Date(nullable=True)  # first day of the first month the payment is for
    periode_akhir = dy.Date(nullable=True)  # last day of the last month
    tahap = dy.String(nullable=True)
    no_kartu = dy.String(nullable=True)  # KKS, NOKA, account
    nominal = dy.Int64(nullable=True)  # rupiah
    keterangan = dy.String(nullable=True)
    berkas = dy.String()
    lembar = dy.String(nullable=True)
    nomor_baris = dy.UInt32()


class Families(dy.Schema):
    """A family or household as one source states it."""

    keluarga_id = dy.String()  # "<sumber>:<satuan>:<id_sumber>"
    sumber = dy.String()
    satuan = dy.Enum(vocab.FAMILY_UNIT)
    id_sumber = dy.String()
    nik_kepala = dy.String(nullable=True)
    nama_kepala = dy.String(nullable=True)
    desil = dy.UInt8(nullable=True)
    tanggal_data = dy.Date(nullable=True)
    kode_wilayah = dy.String(nullable=True)
    jumlah_anggota = dy.UInt16(nullable=True)  # declared
    jumlah_baris = dy.UInt16()  # rows found
    baris = dy.List(dy.UInt32())  # baris_id of the members, ascending


class Links(dy.Schema):
    """A scored record pair of the bands padan and tinjau. Level columns (`t_<comparison>`) come on top."""

    kiri = dy.UInt32()
    kanan = dy.UInt32()  # kiri < kanan
    lintasan = dy.UInt8()  # index of the first pass that found the pair
    bobot = dy.Float64()  # log2 odds against all non-match classes
    peluang = dy.Float64()
    putusan = dy.Enum(vocab.DECISION)
    alasan = dy.String(nullable=True)  # the constraint that moved the pair to tinjau


class Entities(dy.Schema):
    """A record in its cluster."""

    baris_id = dy.UInt32()
    person_id = dy.String()
    family_id = dy.String(nullable=True)
    household_id = dy.String(nullable=True)
    keyakinan = dy.Float64()  # probability of the weakest link the membership rests on; 1 for a single row


class Persons(dy.Schema):
    """A person, harmonised: the best value of each field with the source and date it came from."""

    person_id = dy.String()
    family_id = dy.String(nullable=True)
    household_id = dy.String(nullable=True)
    nik = dy.String(nullable=True)
    nik_sumber = dy.String(nullable=True)
    nik_tanggal = dy.Date(nullable=True)
    no_kk = dy.String(nullable=True)
    no_kk_sumber = dy.String(nullable=True)
    no_kk_tanggal = dy.Date(nullable=True)
    nama = dy.String(nullable=True)
    nama_sumber = dy.String(nullable=True)
    nama_tanggal = dy.Date(nullable=True)
    tanggal_lahir = dy.Date(nullable=True)
    tanggal_lahir_sumber = dy.String(nullable=True)
    tanggal_lahir_tanggal = dy.Date(nullable=True)
    jenis_kelamin = dy.Enum(vocab.SEX, nullable=True)
    jenis_kelamin_sumber = dy.String(nullable=True)
    jenis_kelamin_tanggal = dy.Date(nullable=True)
    kode_wilayah = dy.String(nullable=True)
    kode_wilayah_sumber = dy.String(nullable=True)
    kode_wilayah_tanggal = dy.Date(nullable=True)
    daftar = dy.List(dy.String())  # registers present, sorted
    jumlah_baris = dy.UInt16()
    mutu_dukcapil = dy.String(nullable=True)  # Dukcapil grade: which of NIK, name, birth date, KK, alive, region agree
    keyakinan = dy.Float64()


class FamilyLinks(dy.Schema):
    """Two source families that are the same, or came from one another. kiri is the older statement."""

    kiri = dy.String()  # keluarga_id
    kanan = dy.String()
    jenis = dy.Enum(vocab.FAMILY_LINK)
    peluang = dy.Float64()
    bukti_person = dy.List(dy.String())  # shared members, person_id


BUKTI = pl.Struct(
    {
        "baris_id": pl.UInt32,
        "sumber": pl.String,
        "kolom": pl.String,
        "nilai": pl.String,  # unmasked; html and shared copies mask it
        "tanggal": pl.Date,
    }
)


class Findings(dy.Schema):
    """One thing someone must look at."""

    temuan_id = dy.String()  # content hash of kode + sidik of the subject rows
    kode = dy.String()  # primary code: one fact, one code
    alias = dy.List(dy.String())  # other names of the same fact
    tingkat = dy.Enum(vocab.SEVERITY)
    peluang = dy.Float64()  # that of the weakest link it rests on
    person_id = dy.String(nullable=True)
    family_id = dy.String(nullable=True)
    keluarga_id = dy.String(nullable=True)  # the source family it is about, where it is about one
    kode_wilayah = dy.String(nullable=True)
    program = dy.String(nullable=True)
    periode_awal = dy.Date(nullable=True)
    periode_akhir = dy.Date(nullable=True)
    nominal_pasti = dy.Int64()  # rupiah at risk, certain (0 when none)
    nominal_mungkin = dy.Int64()  # rupiah at risk, possible (includes certain)
    bayar = dy.List(dy.String())  # bayar_id of the payments counted
    baris = dy.List(dy.UInt32())  # subject rows: the rows the finding is about, ascending
    bukti = dy.List(
        dy.Struct(
            {
                "baris_id": dy.UInt32(nullable=True),
                "sumber": dy.String(nullable=True),
                "kolom": dy.String(nullable=True),
                "nilai": dy.String(nullable=True),
                "tanggal": dy.Date(nullable=True),
            }
        )
    )
    ringkas = dy.String()  # one sentence in the run's language; holds no NIK, KK or full birth date
    tindakan = dy.String()  # what to do, in the run's language


class Decided(Findings):
    """A finding on which people have decided for this very evidence. False alarms stand here only, others in both."""

    putusan = dy.Enum(vocab.OUTCOME)
    oleh = dy.String()
    tanggal = dy.Date()
    catatan = dy.String(nullable=True)


class Trend(dy.Schema):
    """A finding of this run beside its like in an earlier one, or one of the earlier run that is gone."""

    status = dy.Enum(vocab.TREND)
    temuan_id = dy.String(nullable=True)  # null: no longer found
    temuan_id_lama = dy.String(nullable=True)  # null: new
    kunci = dy.String(nullable=True)  # what told that both are the same: id, row, NIK, ART, family, person
    kode = dy.String()
    tingkat = dy.Enum(vocab.SEVERITY)
    kode_wilayah = dy.String(nullable=True)


@dataclass(slots=True)
class Tables:
    """All frames of a run, as far as the pipeline has come. `info` is what run.json holds (plain JSON values)."""

    records: pl.DataFrame
    rejected: pl.DataFrame
    files: pl.DataFrame
    payments: pl.DataFrame
    families: pl.DataFrame
    links: pl.DataFrame
    entities: pl.DataFrame
    persons: pl.DataFrame
    family_links: pl.DataFrame
    findings: pl.DataFrame
    info: dict[str, Any] = field(default_factory=dict)
    diputuskan: pl.DataFrame = field(default_factory=lambda: empty("diputuskan"))  # empty without decisions
    tren: pl.DataFrame = field(default_factory=lambda: empty("tren"))  # empty without an earlier run


SCHEMAS: Mapping[str, type[dy.Schema]] = {
    "records": Records,
    "rejected": Rejected,
    "files": Files,
    "payments": Payments,
    "families": Families,
    "links": Links,
    "entities": Entities,
    "persons": Persons,
    "family_links": FamilyLinks,
    "findings": Findings,
    "diputuskan": Decided,
    "tren": Trend,
}
# Tables that only some runs fill; a run folder made before they existed lacks their files.
OPTIONAL = ("diputuskan", "tren")


def check(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Cast `frame` to the schema `name` and return it with the schema's columns (links keep their level columns).

    Raises TableError naming the table and the first broken rules: a defect of a stage, never of the user's data.
    """
    schema = SCHEMAS[name]
    extra = [c for c in frame.columns if c.startswith("t_")] if name == "links" else []
    try:
        good = schema.cast(frame)
        if not schema.is_valid(good):
            # Only now, for it says what is wrong: what it returns is a copy in several chunks, slow to gather from.
            schema.validate(good)
    except Exception as error:
        raise TableError(f"table {name} does not keep its schema: {str(error)[:500]}") from error
    return good if not extra else good.with_columns(frame.get_columns()[frame.columns.index(c)] for c in extra)


def empty(name: str) -> pl.DataFrame:
    """An empty frame with the schema of table `name`."""
    return SCHEMAS[name].create_empty()
