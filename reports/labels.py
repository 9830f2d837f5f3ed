"""Words of the reports: how registers, columns, codes, numbers and dates are shown in the run's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

import polars as pl

from rules.i18n import N_, _, language
from rules.vocab import PAYMENT_PREFIX

_SOURCES: Final = {"dtks": "DTKS", "p3ke": "P3KE", "regsosek": "Regsosek", "dtsen": "DTSEN", "dukcapil": "Dukcapil"}
_PROGRAMS: Final = {"pkh": "PKH", "bpnt": "BPNT/Sembako", "pbi_jkn": "PBI-JKN", "blt_desa": "BLT Desa", "bst": "BST"}
_COLUMNS: Final[Mapping[str, str]] = {
    "nik": "NIK",
    "nik_asli": N_("NIK as written"),
    "nik_mutu": N_("trust in the NIK"),
    "nik_kode": N_("check of the NIK"),
    "no_kk": N_("KK number"),
    "no_kk_asli": N_("KK number as written"),
    "kk_mutu": N_("trust in the KK number"),
    "kk_kode": N_("check of the KK number"),
    "id_keluarga": N_("family id"),
    "id_keluarga_asli": N_("family id as written"),
    "id_art": N_("ART id"),
    "sufiks_art": N_("ART suffix"),
    "id_individu": N_("id of the person"),
    "id_rumah_tangga": N_("household id"),
    "nuk": N_("family number in the household"),
    "nama": N_("name"),
    "nama_ibu": N_("mother's name"),
    "nama_ayah": N_("father's name"),
    "nama_kepala": N_("head of family"),
    "jenis_kelamin": N_("sex"),
    "tempat_lahir": N_("birthplace"),
    "tanggal_lahir": N_("birth date"),
    "hub_kk": N_("relation to head of family"),
    "hub_krt": N_("relation to head of household"),
    "status_kawin": N_("marital status"),
    "keberadaan": N_("presence"),
    "tanggal_status": N_("date of status"),
    "tanggal_perbarui": N_("last update"),
    "tanggal_data": N_("data date"),
    "nonaktif": N_("inactive"),
    "kode_kk": N_("KK code (R115)"),
    "no_bangunan": N_("building number"),
    "no_keluarga": N_("family number"),
    "kode_wilayah": N_("region"),
    "kode_wilayah_asli": N_("region code as written"),
    "alamat": N_("address"),
    "dusun": N_("hamlet"),
    "pekerjaan": N_("occupation"),
    "pendidikan": N_("education"),
    "disabilitas": N_("disability"),
    "hamil": N_("pregnant"),
    "desil": N_("decile"),
    "jumlah_anggota": N_("declared members"),
    "jumlah_baris": N_("rows found"),
    "program": N_("programme"),
    "periode": N_("period"),
    "periode_awal": N_("period from"),
    "periode_akhir": N_("period to"),
    "tahap": N_("stage"),
    "no_kartu": N_("card number"),
    "nominal": N_("amount"),
    "bayar_id": N_("payment"),
    "status_padan": N_("Dukcapil matching status"),
    "nik_ayah": N_("father's NIK"),
    "nik_ibu": N_("mother's NIK"),
    "keluarga_id": N_("source family"),
}
_VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "jenis_kelamin": {"L": N_("male"), "P": N_("female")},
    "relation": {
        "KEPALA": N_("head"),
        "PASANGAN": N_("spouse"),
        "ANAK": N_("child"),
        "MENANTU": N_("child-in-law"),
        "CUCU": N_("grandchild"),
        "ORTU_MERTUA": N_("parent or parent-in-law"),
        "PEMBANTU": N_("servant"),
        "LAINNYA": N_("other"),
    },
    "status_kawin": {
        "BELUM_KAWIN": N_("never married"),
        "KAWIN": N_("married"),
        "CERAI_HIDUP": N_("divorced"),
        "CERAI_MATI": N_("widowed"),
    },
    "keberadaan": {
        "ADA": N_("present"),
        "MENINGGAL": N_("dead"),
        "PINDAH": N_("moved"),
        "LUAR_NEGERI": N_("abroad"),
        "BARU": N_("new member"),
        "TIDAK_DITEMUKAN": N_("not found"),
        "GANDA": N_("listed twice"),
        "TIDAK_VALID": N_("not valid"),
    },
}
_SEVERITIES: Final = {"KRITIS": N_("Critical"), "TINGGI": N_("High"), "SEDANG": N_("Medium"), "INFO": N_("Info")}
_REJECTIONS: Final = {
    "BARIS_KOSONG": N_("the row is empty"),
    "TANPA_IDENTITAS": N_("neither a name nor an id"),
    "BARIS_RUSAK": N_("the row is broken (wrong number of columns)"),
    "BARIS_JUMLAH": N_("a total, not a person"),
    "TANPA_PASANGAN": N_("the row fits no person on the sheet of members"),
    "GANDA_DI_LEMBAR": N_("the same family or member stands twice on this sheet; the first row is used"),
}
# Why a probable pair was left to a person (design: constraints move a pair, they never delete it).
_REASONS: Final = {
    "nik_beda": N_("two trusted NIKs differ, and so does the name or the birth date"),
    "satu_kartu": N_("two members of one card in one register"),
    "nik_bersama": N_("one NIK, but another name and birth date"),
    "jembatan_lemah": N_("the only link between two groups of rows"),
    "senama": N_("perhaps a namesake: another birth date, nobody and no number in common"),
}
_UNITS: Final = {
    "KK": N_("Family card (KK)"),
    "BKKBN": N_("BKKBN family"),
    "DTKS": N_("DTKS family id"),
    "DAPUR": N_("Household (one kitchen)"),
}
# Values of these columns identify a person: masked wherever paper or screen may be passed on.
ID_COLUMNS: Final = (
    "nik", "nik_asli", "no_kk", "no_kk_asli", "id_keluarga", "id_keluarga_asli", "id_art", "id_individu",
    "id_rumah_tangga", "no_kartu", "nik_ayah", "nik_ibu", "keluarga_id", "bayar_id",
)  # fmt: skip
DATE_FORMAT: Final = "%d-%m-%Y"


_local_programs: dict[str, str] = {}


def source_label(source: str) -> str:
    """`dtks` -> `DTKS`, `bayar_pkh` -> `Bayar PKH`."""
    if source.startswith(PAYMENT_PREFIX):
        return _("{program} payments").format(program=program_label(source.removeprefix(PAYMENT_PREFIX)))
    return _SOURCES.get(source, source.upper())


def program_label(program: str) -> str:
    """`blt_desa` -> `BLT Desa`; an unknown programme in capitals."""
    return _PROGRAMS.get(program) or _local_programs.get(program) or program.replace("_", " ").upper()


def name_programs(names: Mapping[str, str]) -> None:
    """Call programmes by these names from now on: those that padan does not know, from the files of the user."""
    _local_programs.clear()
    _local_programs.update(names)


def column_label(column: str) -> str:
    """A canonical column in words."""
    return _(_COLUMNS[column]) if column in _COLUMNS else column.replace("_", " ")


def severity_label(severity: str) -> str:
    """`KRITIS` in the run's language."""
    return _(_SEVERITIES[severity]) if severity in _SEVERITIES else severity


def rejection_label(code: str) -> str:
    """A reason of rejection in words; an unknown code as it is."""
    return _(_REJECTIONS[code]) if code in _REJECTIONS else code


def reason_label(code: str) -> str:
    """Why a pair was moved to review, in words; an unknown code as it is."""
    return _(_REASONS[code]) if code in _REASONS else code


def unit_label(unit: str) -> str:
    """A family unit (`KK`, `DTKS` ...) in words."""
    return _(_UNITS[unit]) if unit in _UNITS else unit


def value_labels(column: str) -> dict[str, str]:
    """Stored value -> words for a column with a closed vocabulary, empty for others."""
    key = "relation" if column in ("hub_kk", "hub_krt") else column
    return {code: _(text) for code, text in _VALUES.get(key, {}).items()}


def mapped(column: pl.Expr, words: Mapping[str, str]) -> pl.Expr:
    """`column` (String or Enum) in words; values without words stay as they are."""
    text = column.cast(pl.String)
    return text.replace(dict(words)) if words else text


def sources_expr(column: pl.Expr, sources: list[str]) -> pl.Expr:
    """`source_label`, vectorised; `sources` are the distinct values."""
    return mapped(column, {s: source_label(s) for s in sources})


def number(value: int) -> str:
    """`1234567` -> `1.234.567` (Indonesian) or `1,234,567`."""
    text = f"{value:,}"
    return text.replace(",", ".") if language() == "id" else text


def rupiah(value: int) -> str:
    """`1200000` -> `Rp1.200.000`."""
    return f"Rp{number(value)}"


def rupiah_short(value: int) -> str:
    """Rupiah for a headline: `Rp1,2 miliar`."""
    for size, word in ((10**12, _("trillion")), (10**9, _("billion")), (10**6, _("million"))):
        if value >= size:
            return f"Rp{decimal(value / size)} {word}"
    return rupiah(value)


def decimal(value: float, digits: int = 1) -> str:
    """`12.3` -> `12,3` (Indonesian)."""
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language() == "id" else text


def percent(part: float, whole: float) -> str:
    """`part` of `whole` in per cent; a dash when there is no whole."""
    return f"{decimal(100 * part / whole)} %" if whole else "–"


def day(value: date | None) -> str:
    """`31-10-2022`, or an empty string."""
    return value.strftime(DATE_FORMAT) if value else ""


def month_range(start: date | None, end: date | None) -> str:
    """The months of a payment: `01-2024` or `01-2024 s.d. 03-2024`."""
    parts = [d.strftime("%m-%Y") for d in (start, end) if d]
    return " – ".join(dict.fromkeys(parts))


_LONG_ID = r"\d{7,}(\d{2})"


def short_id(value: pl.Expr) -> pl.Expr:
    """An id by its last two characters, `••01`: on paper and screen sixteen bullets would push out what matters."""
    return pl.concat_str(pl.lit("••"), value.str.tail(2))


def masked_text(column: pl.Expr) -> pl.Expr:
    """Free text with every run of nine or more digits masked."""
    return column.str.replace_all(_LONG_ID, "••${1}")


def masked_value(column: pl.Expr, value: pl.Expr) -> pl.Expr:
    """A value of `column` as it may be passed on: ids by two digits, birth dates by the year, text without ids."""
    year = value.str.extract(r"(\d{4})")
    return (
        pl.when(column.is_in(ID_COLUMNS))
        .then(short_id(value))
        .when(column == "tanggal_lahir")
        .then(year)
        .otherwise(masked_text(value))
    )


def safe_name(text: str) -> str:
    """`text` fit for a file name on Windows and Linux."""
    return re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", text).strip(" .") or "_"
