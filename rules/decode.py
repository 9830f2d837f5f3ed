"""Explain one id in words: every way a NIK, KK, family id or ART id of that form can be read.

The checks are those of rules.nik, rules.kk and rules.art; nothing is decided twice. Of the region table only the few
rows asked for are read, so that a command line answers at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final

import polars as pl

from rules.art import Reading, expected_relation, position, readings, suffix_reason
from rules.i18n import N_, _
from rules.identity import parameters
from rules.kk import grade_kk, kk_issue_date
from rules.nik import clean_id, grade_nik, is_scientific, nik_birth_date, nik_century_unsure, nik_sex
from rules.wilayah import BPS_LENGTHS, LENGTHS, table

_MONTHS: Final = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"), N_("August"),
    N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip
_CHILDREN: Final = (
    N_("first child (anak pertama)"), N_("second child (anak kedua)"), N_("third child (anak ketiga)"),
    N_("fourth child (anak keempat)"), N_("fifth child (anak kelima)"), N_("sixth child (anak keenam)"),
    N_("seventh child (anak ketujuh)"), N_("eighth child (anak kedelapan)"), N_("ninth child (anak kesembilan)"),
    N_("tenth child (anak kesepuluh)"),
)  # fmt: skip
_SEXES: Final = {"L": N_("male"), "P": N_("female")}
_REASONS: Final = {
    "N01": N_("not 16 digits"),
    "N02": N_(
        "went through a number with too few digits (3,2E+15 or zeros at the end); the lost digits cannot be repaired"
    ),
    "N03": N_("a filler, not a number that was issued"),
    "N04": N_("begins with 0: a temporary number of a village system"),
    "N05": N_("no province has this number"),
    "N06": N_("the first six digits are in no known list of kecamatan (lists before 2016 are not known)"),
    "N07": N_("the day or month does not exist"),
    "N08": N_("the date does not exist in any century"),
    "N15": N_("the birth date lies in the future or too far back"),
    "K01": N_("not 16 digits"),
    "K02": N_("the date of issue does not exist, lies in the future or before the numbers began"),
    "K03": N_("the day is above 40: a woman's NIK"),
    "ST20:kosong": N_("the member number is missing"),
    "ST20:nol": N_("member number 00 is never given"),
    "ST20:bukan_angka": N_("the member number is not two digits"),
    "ST24": N_("the member number is higher than families are large: perhaps two families in one"),
}
_HINT: Final = N_("The member number is the order in which people were listed: a hint, no proof.")


@dataclass(frozen=True, slots=True)
class Explained:
    """One reading. `values` are plain values for programs, `facts` the same for people: label and text in words."""

    jenis: str  # NIK, KK, KELUARGA, ART
    title: str
    mungkin: bool  # nothing speaks against this reading
    kode: str | None  # the check that speaks against it
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    values: dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Decoded:
    """All readings of one text, the possible ones first."""

    text: str
    id: str | None  # cleaned
    readings: tuple[Explained, ...]
    warnings: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; keys are Indonesian as in the tables."""
        return {
            "teks": self.text,
            "id": self.id,
            "peringatan": list(self.warnings),
            "bacaan": [
                {
                    "jenis": reading.jenis,
                    "judul": reading.title,
                    "mungkin": reading.mungkin,
                    "kode": reading.kode,
                    "rincian": [{"nama": name, "nilai": value} for name, value in reading.facts],
                    "peringatan": list(reading.warnings),
                    "nilai": reading.values,
                }
                for reading in self.readings
            ],
        }

    def lines(self) -> list[str]:
        """The readings as lines of text."""
        out = [f"{self.text}"]
        out += [f"  ! {warning}" for warning in self.warnings]
        for reading in self.readings:
            out.append(f"  {reading.title}" + ("" if reading.mungkin else " - " + _("not possible")))
            out += [f"    {name}: {value}" for name, value in reading.facts]
            out += [f"    ! {warning}" for warning in reading.warnings]
        return out


def in_words(day: date) -> str:
    """`1 January 1990` in the language in force."""
    return f"{day.day} {_(_MONTHS[day.month - 1])} {day.year}"


def member_in_words(number: int) -> str:
    """What a position hints at: head, wife or the next person listed, first child ..."""
    if number == 1:
        return _("household head")
    if number == 2:
        return _("wife or husband of the head, else the next person listed")
    if number - 3 < len(_CHILDREN):
        return _(_CHILDREN[number - 3])
    return _("child number {n} (anak ke-{n})").format(n=number - 2)


def decode(text: str, *, mode_uji: bool = False, tanggal_acuan: date | None = None) -> Decoded:
    """Every reading of `text` as NIK, KK, family id or ART id.

    `tanggal_acuan` (default: today, for this is a question at the keyboard and no stage of a run) settles the century
    of two-digit years. Never raises on bad ids: what cannot be read says so in `warnings`.
    """
    acuan = tanggal_acuan or date.today()
    row = pl.DataFrame({"t": [text]}, schema={"t": pl.String})
    cleaned, scientific = row.select(clean_id(pl.col("t")).alias("id"), is_scientific(pl.col("t")).alias("e")).row(0)
    if cleaned is None:
        return Decoded(text, None, (), (_("nothing to read: an empty value or a word for nothing"),))
    if scientific:
        return Decoded(text, cleaned, (), (_(_REASONS["N02"]),))
    found: list[Explained] = []
    if len(cleaned) == 16 and cleaned.isascii() and cleaned.isdigit():
        found += [_nik(cleaned, acuan, mode_uji), _kk(cleaned, acuan)]
    if cleaned[:-2].isascii() and cleaned[:-2].isdigit():
        found += [_member(reading) for reading in readings(cleaned) if reading.suffix is not None or cleaned.isdigit()]
    warnings = []
    if not cleaned.isdigit():
        warnings.append(_("holds characters that are no digits"))
    if not found and len(cleaned) in (15, 17) and cleaned.isdigit():
        warnings.append(
            _("{n} digits: a NIK or KK with a digit lost or added is kept as it is, never repaired").format(
                n=len(cleaned)
            )
        )
    if not found:
        sizes = ", ".join(str(size) for size in parameters().art.panjang_keluarga)
        warnings.append(
            _("{n} characters: no known id (NIK and KK have 16 digits, family ids {sizes}, ART ids two more)").format(
                n=len(cleaned), sizes=sizes
            )
        )
    found.sort(key=lambda reading: not reading.mungkin)
    return Decoded(text, cleaned, tuple(found), tuple(warnings))


@lru_cache
def _rows(codes: tuple[str, ...], column: str = "kode") -> dict[str, dict[str, Any]]:
    # Kept, because a number that may be a NIK and a KK asks for one region twice.
    frame = table().filter(pl.col(column).is_in(list(codes)))
    return {row[column]: row for row in frame.to_dicts()}


def _place(code: str, lengths: tuple[int, ...], column: str = "kode") -> tuple[list[str], dict[str, Any] | None]:
    """Names from desa up to province as far as known, and the deepest row found."""
    heads = tuple(code[:length] for length in lengths if len(code) >= length)
    rows = _rows(heads, column)
    known = [rows[head] for head in heads if head in rows]
    return [row["nama"] for row in reversed(known)], known[-1] if known else None


def _region(code: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Fact and warnings about the six-digit region of a NIK or KK."""
    names, row = _place(code, LENGTHS[:3])
    facts = [(_("issued in"), f"{', '.join(names)} ({code})" if names else f"{code}")]
    warnings = []
    if row is not None and row["status"] == "dicabut":
        if row["pengganti"]:
            now, _row = _place(row["pengganti"], LENGTHS)
            warnings.append(
                _("the code {code} is retired, today: {place}").format(
                    code=row["kode"], place=f"{', '.join(now)} ({row['pengganti']})"
                )
            )
        else:
            warnings.append(_("the code {code} is retired").format(code=row["kode"]))
    return facts, warnings


def _nik(digits: str, acuan: date, mode_uji: bool) -> Explained:
    schema = {"raw": pl.String, "tanggal_lahir": pl.Date, "jenis_kelamin": pl.String, "dari_angka": pl.Boolean}
    frame = pl.DataFrame([(digits, None, None, False)], schema=schema, orient="row")
    graded = grade_nik(frame, tanggal_acuan=acuan, mode_uji=mode_uji)
    row = frame.select(
        lahir=nik_birth_date(pl.col("raw"), acuan),
        kelamin=nik_sex(pl.col("raw")).cast(pl.String),
        unsure=nik_century_unsure(pl.col("raw"), acuan),
    ).row(0, named=True) | graded.row(0, named=True)
    code = row["nik_kode"]
    born, sex = row["lahir"], row["kelamin"]
    facts, warnings = _region(digits[:6])
    if born is not None:
        older = (
            born.replace(year=born.year - 100) if row["unsure"] and not (born.month == 2 and born.day == 29) else None
        )
        facts.append((_("born"), in_words(born) + (" " + _("or {date}").format(date=in_words(older)) if older else "")))
    facts.append((_("sex"), _(_SEXES[sex]) + (" " + _("(day + 40)") if sex == "P" else "")))
    facts.append((_("serial"), digits[12:]))
    warnings = ([_(_REASONS[code])] if code in _REASONS else []) + warnings
    warnings += [_(_REASONS[flag]) for flag in row["nik_bendera"] if flag in _REASONS]
    return Explained(
        "NIK",
        _("NIK (person number)"),
        code is None,
        code,
        tuple(facts),
        tuple(warnings),
        {
            "wilayah": digits[:6],
            "tanggal_lahir": born.isoformat() if born else None,
            "jenis_kelamin": sex,
            "nomor_urut": digits[12:],
        },
    )


def _kk(digits: str, acuan: date) -> Explained:
    frame = pl.DataFrame({"raw": [digits], "dari_angka": [False]})
    issue = frame.select(terbit=kk_issue_date(pl.col("raw"), acuan))
    row = issue.row(0, named=True) | grade_kk(frame, tanggal_acuan=acuan).row(0, named=True)
    code, issued = row["kk_kode"], row["terbit"]
    facts, warnings = _region(digits[:6])
    if issued is not None:
        facts.append((_("issued on"), in_words(issued)))
    facts.append((_("serial"), digits[12:]))
    return Explained(
        "KK",
        _("KK (family card number)"),
        code is None,
        code,
        tuple(facts),
        tuple(([_(_REASONS[code])] if code in _REASONS else []) + warnings),
        {"wilayah": digits[:6], "tanggal_terbit": issued.isoformat() if issued else None, "nomor_urut": digits[12:]},
    )


def _member(reading: Reading) -> Explained:
    """A family id, or a family id with a member."""
    family, suffix = reading.family, reading.suffix
    scheme, names = "BPS", _place(family[:10], BPS_LENGTHS, "kode_bps")[0]
    if len(names) < 2:
        scheme, names = "Kemendagri", _place(family[:10], LENGTHS)[0]
    facts = [(_("family"), family)]
    warnings = []
    if len(names) > 1:  # a province alone is no evidence: two digits nearly always fit
        facts.append(
            (_("region in the id"), _("{place} ({scheme} code)").format(place=", ".join(names), scheme=scheme))
        )
    else:
        warnings.append(_("the first digits are no region in either list of codes"))
    values: dict[str, str | int | None] = {"keluarga": family}
    if suffix is None:
        return Explained("KELUARGA", _("family id (DTKS)"), True, None, tuple(facts), tuple(warnings), values)
    number, relation, reason = (
        pl.DataFrame({"s": [suffix]})
        .select(position(pl.col("s")), expected_relation(pl.col("s")).alias("h"), suffix_reason(pl.col("s")).alias("a"))
        .row(0)
    )
    facts.append((_("member"), suffix))
    values |= {"anggota": suffix, "posisi": number, "hubungan": relation}
    if number is not None:
        facts.append((_("position"), member_in_words(number)))
        warnings.append(_(_HINT))
    if reason is not None:
        warnings.insert(0, _(_REASONS[reason]))
    title = _("ART id: family of {n} digits + member").format(n=len(family))
    impossible = reason is not None and reason.startswith("ST20")
    return Explained("ART", title, not impossible, reason, tuple(facts), tuple(warnings), values)
