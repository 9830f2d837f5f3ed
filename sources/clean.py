"""Data rows under canonical names, still as written, turned into typed columns. Ids keep their text beside them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial

import polars as pl

from sources import codes, dates, values
from sources.layout import Layout
from sources.shape import BARIS

_TEXT = (
    "nama", "nama_ibu", "nama_ayah", "nama_kepala", "tempat_lahir", "alamat", "dusun", "provinsi", "kabupaten",
    "kecamatan", "desa", "no_bangunan", "no_keluarga", "program", "tahap", "keterangan",
)  # fmt: skip
_IDENT = (
    "id_keluarga",
    "id_art",
    "id_individu",
    "id_rumah_tangga",
    "no_kartu",
    "nik_ayah",
    "nik_ibu",
    "nik_kepala",
    "peserta",
)
_RAW = ("nik", "no_kk")  # cleaned by the rules, which must see them as they stand
_CODED = (
    ("jenis_kelamin", "jenis_kelamin"), ("hub_kk", "hubungan"), ("hub_krt", "hubungan"),
    ("status_kawin", "status_kawin"), ("keberadaan", "keberadaan"),
)  # fmt: skip
_YES_NO = (("hamil", "ya_tidak"), ("status_padan", "ya_tidak"), ("nonaktif", "nonaktif"), ("ktp_el", "ya_tidak"))
_AT_ONCE = 2  # columns worked on at once: what Polars does with the texts of one column keeps one core busy
_LOOKS_LIKE_ART = 0.95  # share of suffixes 01-20 from which an id column is read as member ids


def clean(data: pl.DataFrame, chosen: Layout, reference: date | None) -> pl.DataFrame:
    """Typed columns for every canonical column of `data`; `reference` is the date of the file (ages, two-digit years).

    Unreadable values become null, never an error. Raw ids stay as `nik` and `no_kk` (text as written); their checks
    come in `validate`. Region codes are joined in `kode_wilayah_asli` (digits) with the written names beside them.
    """
    have = set(data.columns)
    out: list[pl.Series] = [data.get_column(BARIS)]
    out += [data.get_column(c) for c in have if c.startswith("angka_")]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        out += threads.map(lambda named: named[1](data.get_column(named[0])).alias(named[0]), _columns(have, chosen))
    frame = pl.DataFrame(out)
    return frame.with_columns(
        *_numbers(data, have),
        *_disability(data, have, chosen),
        *_presence(data, frame, have, chosen),
        *_places(data, have),
        *_dates(data, frame, have, reference),
        *_money(data, have),
    ).with_columns(*_member_ids(data, frame, have))


def _columns(have: set[str], chosen: Layout) -> list[tuple[str, Callable[[pl.Series], pl.Series]]]:
    """The columns that are read without looking at any other, and how each is."""

    def coded(name: str, group: str) -> Callable[[pl.Series], pl.Series]:
        return lambda column: codes.canonical(values.text_keep(column), group, chosen.kolom[name].kode)

    def labelled(name: str, group: str | None) -> Callable[[pl.Series], pl.Series]:
        return lambda column: codes.labelled(values.text(column), group, chosen.kolom[name].kode)

    found: list[tuple[str, Callable[[pl.Series], pl.Series]]] = [(name, _as_written) for name in _RAW]
    found += [(name, values.text) for name in _TEXT] + [(name, values.ident) for name in _IDENT]
    found += [(name, coded(name, group)) for name, group in _CODED]
    found += [(name, partial(_yes_no, group=group)) for name, group in _YES_NO]
    found += [(name, labelled(name, group)) for name, group in (("pekerjaan", "pekerjaan"), ("pendidikan", None))]
    return [(name, how) for name, how in found if name in have]


def _yes_no(column: pl.Series, group: str) -> pl.Series:
    word = codes.canonical(values.text_keep(column), group, None)
    return pl.select(pl.when(word.is_not_null()).then(word == "YA")).to_series()


def _as_written(column: pl.Series) -> pl.Series:
    """Trimmed, empty as null; otherwise untouched."""
    trimmed = column.str.strip_chars()
    return pl.select(pl.when(trimmed != "").then(trimmed)).to_series()


def _numbers(data: pl.DataFrame, have: set[str]) -> list[pl.Series]:
    out: list[pl.Series] = []
    for name, dtype, most in (
        ("nuk", pl.UInt16, 99),
        ("jumlah_anggota", pl.UInt16, 99),
        ("kode_kk", pl.UInt8, 2),
        ("umur", pl.UInt16, 130),
    ):
        if name in have:
            out.append(values.whole(data.get_column(name), most).cast(dtype))
    if "desil" in have:
        out.append(values.decile(data.get_column("desil")).alias("desil"))
    elif "persentil" in have:
        out.append(values.decile_of_percentile(data.get_column("persentil")).alias("desil"))
    if "tahun" in have:
        out.append(values.whole(data.get_column("tahun"), 2100).cast(pl.Int32).alias("tahun"))
    return out


def _disability(data: pl.DataFrame, have: set[str], chosen: Layout) -> list[pl.Series]:
    """A named kind of disability, or any Washington Group question answered 1 or 2 (cannot, much difficulty)."""
    questions = [name for name in data.columns if name.startswith("fungsi_")]
    if "disabilitas" in have:
        text = values.text_keep(data.get_column("disabilitas"))
        word = codes.canonical(text, "ya_tidak", chosen.kolom["disabilitas"].kode)
        listed = chosen.kolom["disabilitas"].kode is not None
        none = (word == "TIDAK") & ~(text.is_in(["2", "02"]) & (not listed))
        none = none | text.str.contains(r"^(?:TIDAK|NON|BUKAN|0)")
        return [
            pl.select(pl.when(text.is_not_null()).then(~none.fill_null(value=False))).to_series().alias("disabilitas")
        ]
    if questions:
        answer = [data.get_column(q).str.extract(r"^\s*0?([1-4])", 1).cast(pl.UInt8) for q in questions]
        frame = pl.DataFrame([a.alias(f"q{i}") for i, a in enumerate(answer)])
        worst = frame.select(pl.min_horizontal(pl.all())).to_series()
        return [(worst <= 2).alias("disabilitas")]
    return []


def _presence(data: pl.DataFrame, frame: pl.DataFrame, have: set[str], chosen: Layout) -> list[pl.Series]:
    """Regsosek 205 = 5 (family moved, building gone) speaks for the members whose own 404 says nothing else."""
    if "hasil_pendataan" not in have or chosen.sumber != "regsosek":
        return []
    gone = data.get_column("hasil_pendataan").str.extract(r"^\s*0?(\d)", 1) == "5"
    own = (
        frame.get_column("keberadaan")
        if "keberadaan" in frame.columns
        else pl.Series([None] * data.height, dtype=pl.String)
    )
    quiet = own.is_null() | (own == "ADA")
    return [
        pl.select(pl.when(gone & quiet).then(pl.lit("TIDAK_DITEMUKAN")).otherwise(own)).to_series().alias("keberadaan")
    ]


def _digits(column: pl.Series) -> pl.Series:
    return values.on_distinct(column, _digits_of)


def _digits_of(column: pl.Series) -> pl.Series:
    digits = column.str.replace(r"[.,]0+$", "").str.replace_all(r"[^0-9]", "")
    return pl.select(pl.when(digits != "").then(digits)).to_series()


def _places(data: pl.DataFrame, have: set[str]) -> list[pl.Series]:
    out = []
    code = _region_code(data, have)
    if code is not None:
        out.append(code.alias("kode_wilayah_asli"))
    rt = values.three_digits(data.get_column("rt")) if "rt" in have else None
    rw = values.three_digits(data.get_column("rw")) if "rw" in have else None
    for name in ("rt_rw", "rt", "alamat"):  # a joined column, both in the RT column, or inside the address
        if name not in have or (rt is not None and rw is not None and not (rt.null_count() and rw.null_count())):
            continue
        found = values.rt_rw(data.get_column(name), bare=name != "alamat")
        if name == "rt":
            both = found.get_column("rw").is_not_null()
            found = found.with_columns(rt=pl.when(both).then("rt"))
        rt = found.get_column("rt") if rt is None else pl.select(pl.coalesce(rt, found.get_column("rt"))).to_series()
        rw = found.get_column("rw") if rw is None else pl.select(pl.coalesce(rw, found.get_column("rw"))).to_series()
    out += [column.alias(name) for name, column in (("rt", rt), ("rw", rw)) if column is not None]
    return out


def _region_code(data: pl.DataFrame, have: set[str]) -> pl.Series | None:
    """One joined region code: a whole code, or province, kab, kec and desa parts put together.

    The width of the desa part tells how to pad: four digits are Kemendagri (2+2+2+4), three BPS (2+2+3+3).
    """
    parts = [
        _digits(data.get_column(n)) if n in have else None
        for n in ("kode_provinsi", "kode_kabupaten", "kode_kecamatan", "kode_desa")
    ]
    whole = _digits(data.get_column("kode_wilayah")) if "kode_wilayah" in have else None
    joined: pl.Series | None = None
    village = parts[3]
    widths = (2, 2, 2, 4) if village is not None and (village.str.len_chars() == 4).any() else (2, 2, 3, 3)
    for part, width in zip(parts, widths, strict=True):
        if part is None:
            continue
        padded = part.str.zfill(width)
        if joined is None:
            joined = padded
        else:
            longer = part.str.len_chars() > width  # already carries its parents
            joined = pl.select(
                pl.when(longer).then(part).when(part.is_not_null()).then(joined + padded).otherwise(joined)
            ).to_series()
    if whole is None:
        return joined
    return whole if joined is None else pl.select(pl.coalesce(whole, joined)).to_series()


def _dates(data: pl.DataFrame, frame: pl.DataFrame, have: set[str], reference: date | None) -> list[pl.Series]:
    out = []
    for name in ("tanggal_status", "tanggal_perbarui", "tanggal_data"):
        if name in have:
            out.append(dates.parse(data.get_column(name), reference).get_column("tanggal").alias(name))
    born: pl.DataFrame | None = None
    if "tanggal_lahir" in have:
        born = dates.parse(data.get_column("tanggal_lahir"), reference)
        born = born.with_columns(_century(data, frame, born, reference))
    elif "lahir_tahun" in have:
        parts = [
            data.get_column(n) if n in have else pl.Series(["0"] * data.height)
            for n in ("lahir_hari", "lahir_bulan", "lahir_tahun")
        ]
        born = dates.from_parts(parts[0], parts[1], parts[2], reference)
    if "umur" in have:
        guess = dates.from_age(data.get_column("umur"), reference)
        if born is None:
            born = pl.DataFrame(
                {"tanggal": pl.Series([None] * data.height, dtype=pl.Date), "mutu": ["KOSONG"] * data.height}
            )
        unknown = born.get_column("tanggal").is_null() & guess.is_not_null()
        born = born.select(
            pl.when(unknown).then(guess).otherwise("tanggal").alias("tanggal"),
            pl.when(unknown).then(pl.lit("UMUR")).otherwise("mutu").alias("mutu"),
        )
    if born is not None:
        out += [born.get_column("tanggal").alias("tanggal_lahir"), born.get_column("mutu").alias("lahir_mutu")]
    return out


def _century(data: pl.DataFrame, frame: pl.DataFrame, born: pl.DataFrame, reference: date | None) -> pl.Series:
    """Put two-digit years into the other century where the stated age, or being a head or spouse, asks for it."""
    day = born.get_column("tanggal")
    short = (
        data.get_column("tanggal_lahir")
        .str.contains(r"^\s*\d{1,2}[/\-. ]+[0-9A-Za-z]+[/\-. ]+\d{2}\s*$")
        .fill_null(value=False)
    )
    if not short.any() or reference is None:
        return day
    age = reference.year - day.dt.year()
    wrong = pl.Series([False] * data.height)
    if "umur" in data.columns:
        stated = values.whole(data.get_column("umur"), 130)
        wrong = wrong | ((stated - age) > 50).fill_null(value=False)
    if "hub_kk" in frame.columns:  # nobody of nine years heads a family
        wrong = wrong | (frame.get_column("hub_kk").is_in(["KEPALA", "PASANGAN"]) & (age < 10)).fill_null(value=False)
    return pl.select(pl.when(short & wrong).then(day.dt.offset_by("-100y")).otherwise(day)).to_series().alias("tanggal")


def _money(data: pl.DataFrame, have: set[str]) -> list[pl.Series]:
    out = [values.rupiah(data.get_column("nominal")).alias("nominal")] if "nominal" in have else []
    out += [
        values.text(data.get_column(n)).alias(n)
        for n in ("periode", "periode_awal", "periode_akhir", "bulan")
        if n in have
    ]
    return out


def _member_ids(data: pl.DataFrame, frame: pl.DataFrame, have: set[str]) -> list[pl.Series]:
    """Member id out of family id and number in the list; or a family column that in truth holds member ids."""
    if "id_keluarga" not in have:
        if "id_art" in have:
            member = frame.get_column("id_art")
            return [member.str.head(-2).alias("id_keluarga")]
        return []
    family = frame.get_column("id_keluarga")
    if "id_art" in have:
        return []
    if "urut_art" in have:
        number = values.whole(data.get_column("urut_art"), 99).cast(pl.String).str.zfill(2)
        return [(family + number).alias("id_art")]
    if looks_like_member_ids(family):
        return [family.str.head(-2).alias("id_keluarga"), family.alias("id_art")]
    return []


def looks_like_member_ids(ids: pl.Series) -> bool:
    """Whether an id column can only be member ids: all different, and without two digits they group into families.

    Lengths do not decide: a family id has 16, 17 or 18 digits, a member id two more (see the ids table of the domain).
    """
    long = ids.drop_nulls().filter(ids.drop_nulls().str.contains(r"^\d{18,20}$"))
    if len(long) < 10 or len(long) < 0.9 * len(ids.drop_nulls()):
        return False
    suffix = long.str.tail(2).cast(pl.UInt8)
    families = long.str.head(-2).n_unique()
    lawful = float(suffix.is_between(1, 20).mean() or 0.0)  # type: ignore[arg-type]
    return long.n_unique() >= 0.97 * len(long) and families <= 0.8 * len(long) and lawful >= _LOOKS_LIKE_ART
