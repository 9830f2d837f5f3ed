"""NIK: cleaning, graded checks N01-N11, N14, N15, N17 and the parts, as Polars expressions.

Layout (16 digits): province 2, kab/kota 2, kecamatan 2 of first registration (Kemendagri codes), birth date DDMMYY with
40 added to the day for women, serial 4. There is no check digit. Reasons and grades: the table in docs (N01 ...).
"""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from rules import vocab
from rules.identity import parameters
from rules.lists import ascending
from rules.wilayah import PROVINCES, nik_prefixes, regency_prefixes, retired_prefixes

# What spreadsheets and people leave around an id: quotes, an Excel text formula, blanks of every kind, BOM, zero width.
_AROUND: Final = "[\\s\u00a0\u200b\u200c\u200d\u2007\u202f\u2060\ufeff'\"`´‘’“”=]+"
_NULL_WORDS: Final = (
    "", "-", "--", "–", "—", "NULL", "NONE", "NAN", "NA", "N/A", "#N/A", "NIHIL", "KOSONG", "TIDAKADA", "TDKADA",
    "TAKADA", "BELUMADA", "TIDAKTAHU", "TDKTAHU", "TDKTH", "TT", "99", "98", ".", "X", "?",
)  # fmt: skip
_DASH: Final = r"^\s*[-–—]+\s*$"
_PLAIN: Final = r"^[1-9]\d{15}$"
_SCIENTIFIC: Final = r"^[+-]?\d+(?:[.,]\d+)?[eE][+]?\d+$"
_KECAMATAN_UJI: Final = (
    90  # kecamatan parts 90-99 are issued to nobody: synthetic ids use them (counted: 68 is the highest)
)


def _tidy(raw: pl.Expr) -> pl.Expr:
    return raw.cast(pl.String).str.replace_all(_AROUND, "")


def clean_id(raw: pl.Expr) -> pl.Expr:
    """The id as digits where that is safe, in this order: marks around it, a `.0` tail, dots, dashes and blanks inside.

    What still holds other characters is returned tidied but unrepaired; null words become null. Idempotent.
    """
    tidy = _tidy(raw)
    digits = (
        pl.when(tidy.str.contains(_SCIENTIFIC))
        .then(tidy)  # never expanded: only the digits shown are true
        # Only behind 12 or more plain digits: SIAK prints 35.2318.00000000000, where the zeros are the number.
        .otherwise(tidy.str.replace(r"^(\d{12,})[.,]0{1,2}$", "$1").str.replace_all(r"[.\-_/]", ""))
    )
    nothing = tidy.str.to_uppercase().is_in(list(_NULL_WORDS)) | digits.str.to_uppercase().is_in(list(_NULL_WORDS))
    return pl.when(~nothing).then(digits)


def clean_ids(raw: pl.Series) -> pl.Series:
    """`clean_id` of a whole column: plain 16 digits, nearly every row, are told at a glance; the rest is cleaned."""
    frame = raw.cast(pl.String).to_frame("raw")
    plain = pl.col("raw").str.contains(_PLAIN)
    odd = only_where(frame, ~plain, clean_id(pl.col("raw")), pl.String)
    return frame.select(pl.when(plain).then("raw").otherwise(odd)).to_series().alias(raw.name)


def is_scientific(raw: pl.Expr) -> pl.Expr:
    """True where the text is a number in scientific notation (3,20101E+15): digits are lost for good."""
    return _tidy(raw).str.contains(_SCIENTIFIC).fill_null(value=False)


def rounded_column(ids: pl.Series) -> bool:
    """True when a whole column of ids ends in 0: Excel kept 15 digits (N02 for every row of it)."""
    cleaned = ids.to_frame("id").select(clean_id(pl.col("id"))).to_series().drop_nulls()
    full = cleaned.filter(cleaned.str.contains(r"^\d{16}$") & ~cleaned.str.contains(r"^0+$")).unique()
    return len(full) >= parameters().nik.kolom_bulat_minimum and bool(full.str.ends_with("0").all())


def is_placeholder(digits: pl.Expr) -> pl.Expr:
    """True for N03 fillers: one digit repeated (any length), known sequences, 9999..., serial 0000."""
    same = pl.any_horizontal(digits.str.contains(f"^{digit}+$") for digit in range(10))
    nines = digits.str.contains(r"^9{12}\d{4}$")
    serial = digits.str.contains(r"^[1-9]\d{11}0000$")
    filler: pl.Expr = same | nines | serial | digits.is_in(list(parameters().nik.pengisi))
    return filler.fill_null(value=False)


# -- parts -------------------------------------------------------------------------------------------------------------


def as_number(nik: pl.Expr) -> pl.Expr:
    """The 16 digits as an integer, null for anything else."""
    return pl.when(nik.str.contains(r"^\d{16}$")).then(nik).cast(pl.Int64, strict=False)


def _part(number: pl.Expr, shift: int, width: int) -> pl.Expr:
    part: pl.Expr = (number // 10**shift) % 10**width
    return part


def nik_region(nik: pl.Expr) -> pl.Expr:
    """Six digits: kecamatan of first registration."""
    return nik.str.head(6)


def nik_birth_day(nik: pl.Expr) -> pl.Expr:
    """Day of birth 1-31 (Int64), the 40 of women taken off; null unless 16 digits."""
    day = _part(as_number(nik), 8, 2)
    return pl.when(day > 40).then(day - 40).otherwise(day)


def nik_birth_month(nik: pl.Expr) -> pl.Expr:
    """Month of birth (Int64)."""
    return _part(as_number(nik), 6, 2)


def nik_birth_yy(nik: pl.Expr) -> pl.Expr:
    """Two-digit birth year (Int64)."""
    return _part(as_number(nik), 4, 2)


def nik_sex(nik: pl.Expr) -> pl.Expr:
    """`P` when 40 was added to the day, else `L` (Enum vocab.SEX); null unless 16 digits."""
    day = _part(as_number(nik), 8, 2)
    return pl.when(day > 40).then(pl.lit("P")).when(day <= 40).then(pl.lit("L")).cast(pl.Enum(vocab.SEX))


def nik_serial(nik: pl.Expr) -> pl.Expr:
    """Serial number of the four last digits (Int64)."""
    return _part(as_number(nik), 0, 4)


def _valid_day(day: pl.Expr, month: pl.Expr, yy: pl.Expr) -> pl.Expr:
    """Whether the date exists in 19YY or 20YY: 29 February of YY 00 exists in 2000."""
    short = month.is_in([4, 6, 9, 11])
    february = pl.when(yy % 4 == 0).then(29).otherwise(28)
    last = pl.when(short).then(30).when(month == 2).then(february).otherwise(31)
    return month.is_between(1, 12) & (day >= 1) & (day <= last)


def _full_year(
    yy: pl.Expr, acuan: date, stated: pl.Expr | None, umur: pl.Expr | None, dewasa: pl.Expr | None
) -> pl.Expr:
    """The century rule: stated birth date, then age, then what only grown-ups are, then 20YY unless that lies ahead."""
    near, far = yy + 2000, yy + 1900
    choice = near
    if dewasa is not None:
        too_young = dewasa & (acuan.year - near < parameters().nik.umur_dewasa_minimum)
        choice = pl.when(too_young.fill_null(value=False)).then(far).otherwise(near)
    hint = None
    if umur is not None:
        hint = acuan.year - umur.cast(pl.Int64)
    if stated is not None:
        year = stated.dt.year().cast(pl.Int64)
        hint = year if hint is None else pl.coalesce(year, hint)
    if hint is not None:
        choice = pl.when((hint - far).abs() < (near - hint).abs()).then(far).otherwise(choice)
    # 20YY lies ahead: 19YY, unless a stated date in the future says the same (then N15 catches both).
    ahead = (yy > acuan.year % 100) if hint is None else (yy > acuan.year % 100) & (hint != near).fill_null(value=True)
    return pl.when(ahead).then(far).otherwise(choice)


def nik_birth_date(
    nik: pl.Expr,
    tanggal_acuan: date,
    *,
    tanggal_lahir: pl.Expr | None = None,
    umur: pl.Expr | None = None,
    dewasa: pl.Expr | None = None,
) -> pl.Expr:
    """Birth date in the NIK (Date), null where it holds none.

    The century comes from the stated birth date, else the stated age at `tanggal_acuan`, else `dewasa` (true for heads,
    spouses, the ever married), else 20YY unless YY lies ahead of the year of `tanggal_acuan`.
    """
    day, month, yy = nik_birth_day(nik), nik_birth_month(nik), nik_birth_yy(nik)
    return _birth_date(day, month, yy, tanggal_acuan, tanggal_lahir, umur, dewasa)


def _birth_date(
    day: pl.Expr,
    month: pl.Expr,
    yy: pl.Expr,
    acuan: date,
    stated: pl.Expr | None,
    umur: pl.Expr | None,
    dewasa: pl.Expr | None,
) -> pl.Expr:
    year = _full_year(yy, acuan, stated, umur, dewasa)
    # 29 February: 1900 is the only year of the two centuries where YY divides by 4 and the day does not exist.
    year = pl.when((day == 29) & (month == 2) & (year == 1900)).then(2000).otherwise(year)
    valid = _valid_day(day, month, yy)
    return pl.date(pl.when(valid).then(year), pl.when(valid).then(month), pl.when(valid).then(day))


def nik_century_unsure(nik: pl.Expr, tanggal_acuan: date) -> pl.Expr:
    """True where both 19YY and 20YY are possible, so that the century rests on other fields."""
    return nik_birth_yy(nik) <= tanggal_acuan.year % 100


# -- graded reasons ----------------------------------------------------------------------------------------------------


def birth_date_reason(nik: pl.Expr, tanggal_lahir: pl.Expr, lahir_mutu: pl.Expr | None = None) -> pl.Expr:
    """N10: how the stated birth date differs from that in the NIK; null when they agree or one is missing.

    `N10:tukar_hari_bulan` day and month swapped, `N10:bawaan` one of them is a default day of the same year,
    `N10:satu_digit`, `N10:tukar_digit` (two neighbours swapped), `N10:tahun` (day and month agree), `N10:lain`. A date
    of which only the year is known (quality TAHUN or UMUR) is compared by its year, an age with one year of play.
    """
    return _birth_reason(nik_birth_day(nik), nik_birth_month(nik), nik_birth_yy(nik), tanggal_lahir, lahir_mutu)


def _birth_reason(
    day: pl.Expr, month: pl.Expr, yy: pl.Expr, tanggal_lahir: pl.Expr, lahir_mutu: pl.Expr | None
) -> pl.Expr:
    s_day, s_month = tanggal_lahir.dt.day().cast(pl.Int64), tanggal_lahir.dt.month().cast(pl.Int64)
    s_yy = tanggal_lahir.dt.year().cast(pl.Int64) % 100
    # Digit by digit on DDMMYY as six numbers.
    mine = [day // 10, day % 10, month // 10, month % 10, yy // 10, yy % 10]
    theirs = [s_day // 10, s_day % 10, s_month // 10, s_month % 10, s_yy // 10, s_yy % 10]
    differ = [(a != b).cast(pl.Int8) for a, b in zip(mine, theirs, strict=True)]
    count = pl.sum_horizontal(differ)
    swapped = pl.any_horizontal(
        (mine[i] == theirs[i + 1]) & (mine[i + 1] == theirs[i]) & (mine[i] != theirs[i]) for i in range(5)
    )
    default = pl.any_horizontal(
        ((s_day == int(text[:2])) & (s_month == int(text[3:]))) | ((day == int(text[:2])) & (month == int(text[3:])))
        for text in parameters().nik.tanggal_bawaan
    )
    same_year = yy == s_yy
    reason = (
        pl.when(count == 0)
        .then(pl.lit(None, pl.String))
        .when(same_year & (day == s_month) & (month == s_day))
        .then(pl.lit("N10:tukar_hari_bulan"))
        .when(same_year & default)
        .then(pl.lit("N10:bawaan"))
        .when(count == 1)
        .then(pl.lit("N10:satu_digit"))
        .when((count == 2) & swapped)
        .then(pl.lit("N10:tukar_digit"))
        .when((day == s_day) & (month == s_month))
        .then(pl.lit("N10:tahun"))
        .otherwise(pl.lit("N10:lain"))
    )
    if lahir_mutu is not None:
        quality = lahir_mutu.cast(pl.String)
        gap = (yy - s_yy + 50) % 100 - 50  # signed distance on the circle of two-digit years
        year_only = pl.when(gap.abs() > pl.when(quality == "UMUR").then(1).otherwise(0)).then(pl.lit("N10:tahun"))
        reason = pl.when(quality.is_in(["TAHUN", "UMUR"])).then(year_only).otherwise(reason)
    return pl.when(tanggal_lahir.is_not_null() & day.is_not_null()).then(reason)


def sex_reason(nik: pl.Expr, jenis_kelamin: pl.Expr) -> pl.Expr:
    """`N09` where the sex in the NIK is not the stated one, else null."""
    return pl.when(nik_sex(nik).cast(pl.String) != jenis_kelamin.cast(pl.String)).then(pl.lit("N09"))


def region_reason(nik: pl.Expr, *, mode_uji: bool) -> pl.Expr:
    """`N06` where the six-digit prefix is in no known edition: a warning, since codes retired before 2016 are unknown.

    With `mode_uji` the kecamatan parts 90-99 of synthetic ids pass under a known kab/kota.
    """
    known = nik.str.head(6).is_in(nik_prefixes().implode())
    if mode_uji:
        trial = nik.str.slice(4, 2).cast(pl.Int64, strict=False) >= _KECAMATAN_UJI
        known = known | (trial & nik.str.head(4).is_in(regency_prefixes().implode()))
    return pl.when(~known).then(pl.lit("N06"))


def residence_reason(nik: pl.Expr, kode_wilayah: pl.Expr) -> pl.Expr:
    """N11, information only: `N11:provinsi`, `N11:kabupaten` or `N11:kecamatan` where issue and residence part ways.

    Retired prefixes are first turned into their successors; kecamatan parts 90-99 are not compared.
    """
    here = nik.str.head(6).replace(retired_prefixes())
    kab = here.str.head(4).replace(retired_prefixes())
    trial = here.str.slice(4, 2).cast(pl.Int64, strict=False) >= _KECAMATAN_UJI
    return (
        pl.when(kab.str.head(2) != kode_wilayah.str.head(2))
        .then(pl.lit("N11:provinsi"))
        .when((kode_wilayah.str.len_bytes() >= 4) & (kab != kode_wilayah.str.head(4)))
        .then(pl.lit("N11:kabupaten"))
        .when((kode_wilayah.str.len_bytes() >= 6) & ~trial & (here != kode_wilayah.str.head(6)))
        .then(pl.lit("N11:kecamatan"))
    )


def swap_reason(raw_nik: pl.Expr, raw_kk: pl.Expr, tanggal_lahir: pl.Expr, jenis_kelamin: pl.Expr) -> pl.Expr:
    """N14: do NIK and KK stand in each other's column? Null when nothing says so.

    `N14:sama` the two columns hold one number; `N14:tertukar` the KK column holds what is this person's NIK by birth
    date, or a woman's NIK, while the NIK column does not agree with the birth date.
    """
    return clean_swap_reason(clean_id(raw_nik), clean_id(raw_kk), tanggal_lahir, jenis_kelamin)


def clean_swap_reason(nik: pl.Expr, kk: pl.Expr, tanggal_lahir: pl.Expr, jenis_kelamin: pl.Expr) -> pl.Expr:
    """`swap_reason` of ids that went through `clean_id`."""
    day, kk_day = nik_birth_day(nik), nik_birth_day(kk)
    dated = tanggal_lahir.is_not_null()
    fits = dated & _same_day(nik, tanggal_lahir)
    kk_fits = dated & _same_day(kk, tanggal_lahir)
    kk_sex, stated = nik_sex(kk).cast(pl.String), jenis_kelamin.cast(pl.String)
    womans = (kk_sex == "P") & _valid_day(kk_day, nik_birth_month(kk), nik_birth_yy(kk))
    not_hers = (nik_sex(nik).cast(pl.String) == "L") & (stated == "P").fill_null(value=False)
    crossed = ~fits & ((kk_fits & (kk_sex == stated).fill_null(value=True)) | (womans & not_hers))
    both = day.is_not_null() & kk_day.is_not_null()
    return pl.when(both & (nik == kk)).then(pl.lit("N14:sama")).when(both & crossed).then(pl.lit("N14:tertukar"))


def _same_day(nik: pl.Expr, tanggal_lahir: pl.Expr) -> pl.Expr:
    """Whether DDMMYY agrees with the date, the 40 of women taken off."""
    number = as_number(nik) // 10**4 % 10**6
    plain = pl.when(number >= 400_000).then(number - 400_000).otherwise(number)
    return plain == ddmmyy(tanggal_lahir)


def ddmmyy(day: pl.Expr) -> pl.Expr:
    """A date as the integer DDMMYY."""
    return day.dt.day().cast(pl.Int64) * 10_000 + day.dt.month().cast(pl.Int64) * 100 + day.dt.year() % 100


def may_be_swapped(nik: pl.Expr, no_kk: pl.Expr, stated: pl.Expr) -> pl.Expr:
    """A cheap bound on N14, of numbers (`as_number`): the day of the KK is a woman's, or its date is the birth date,
    or it is the NIK."""
    middle = no_kk // 10**4 % 10**6
    return (middle >= 400_000) | (middle == ddmmyy(stated)) | (nik % 10**10 == no_kk % 10**10)


def ktp_reason(ktp_el: pl.Expr, tanggal_lahir: pl.Expr, status_kawin: pl.Expr, tanggal_acuan: date) -> pl.Expr:
    """`N17` where no KTP-el is recorded (`ktp_el` false) though the person is 17 or was ever married."""
    due = tanggal_lahir.dt.offset_by(f"{parameters().nik.umur_ktp}y") <= tanggal_acuan
    married = status_kawin.cast(pl.String).is_in(["KAWIN", "CERAI_HIDUP", "CERAI_MATI"])
    return pl.when(~ktp_el & (due.fill_null(value=False) | married.fill_null(value=False))).then(pl.lit("N17"))


# -- the columns -------------------------------------------------------------------------------------------------------

_COLUMNS: Final = pl.Struct(
    {"nik": pl.String, "nik_mutu": pl.Enum(vocab.TRUST), "nik_kode": pl.String, "nik_bendera": pl.List(pl.String)}
)
# Differences of the birth date that may be the NIK's fault. Swapped or default days are the other field's.
_WEAK: Final = ("N10:satu_digit", "N10:tukar_digit", "N10:tahun", "N10:lain")


TRUST: Final = {grade: pl.lit(grade, dtype=pl.Enum(vocab.TRUST)) for grade in vocab.TRUST}


def once_per_kind(rows: pl.DataFrame, value: pl.Expr) -> pl.Series:
    """`value` for every row, worked out once for the rows that are alike."""
    kinds = rows.unique().with_columns(value.alias("_nilai"))
    found = rows.join(kinds, on=rows.columns, how="left", nulls_equal=True, maintain_order="left")
    return found.get_column("_nilai")


def flag_lists(flags: pl.DataFrame) -> pl.Series:
    """One list per row of the flags that are not null, each once and sorted.

    Lists are the dearest values there are: they are made once per set of flags, and most rows share the empty one.
    """
    rows = flags.select(pl.any_horizontal(pl.all().is_not_null())).to_series().arg_true()
    lists = ascending(pl.concat_list(flags.columns).list.drop_nulls().list.unique())
    some = once_per_kind(flags.select(pl.all().gather(rows)), lists.cast(pl.List(pl.String)))
    place = pl.Series([len(some)], dtype=pl.UInt32).new_from_index(0, flags.height)
    place = place.scatter(rows, pl.int_range(len(some), dtype=pl.UInt32, eager=True))
    return pl.concat([some, some.clear().extend_constant([], 1)], rechunk=True).gather(place)


def only_where(
    frame: pl.DataFrame, where: pl.Expr, value: pl.Expr, dtype: pl.DataType | type[pl.DataType]
) -> pl.Series:
    """`value` for the rows of `where`, null elsewhere; the other rows cost nothing, and few rows are ever odd."""
    rows = frame.select(where.fill_null(value=False).alias("w")).to_series().arg_true()
    out = pl.Series(values=[None], dtype=dtype).new_from_index(0, frame.height)
    if rows.is_empty():
        return out
    needed = frame.select(pl.col(value.meta.root_names()).gather(rows))
    return out.scatter(rows, needed.select(value.cast(dtype).alias("v")).to_series())


def _oldest(acuan: date) -> date:
    """The earliest birth date anyone alive can have."""
    year = max(acuan.year - parameters().nik.umur_maksimum, 1)
    return date(year, acuan.month, min(acuan.day, 28))


def _full_code(acuan: date, stated: pl.Expr, umur: pl.Expr | None) -> pl.Expr:
    """Code of the first check that 16 digits (`bilangan` and its parts) fail, else null."""
    number, day, month, yy = (pl.col(name) for name in ("bilangan", "hari", "bulan", "yy"))
    settings = parameters().nik
    ordinal = (_full_year(yy, acuan, stated, umur, None) * 100 + month) * 100 + day
    newest, oldest = (int(day.strftime("%Y%m%d")) for day in (acuan, _oldest(acuan)))
    provinces = [int(code) for code in (*PROVINCES, *settings.provinsi_dicabut)]
    filler = (number % 1_111_111_111_111_111 == 0) | (number // 10**4 == 999_999_999_999)
    checks = (
        ("N03", filler | number.is_in([int(text) for text in settings.pengisi])),
        # Eight zeros at the end hold no month: a rounded number written out, even in a text cell.
        ("N02", (number % 10**8 == 0) & (number >= 10**15)),
        ("N03", (number % 10**4 == 0) & (number >= 10**15)),
        ("N02", pl.col("dari_angka")),
        ("N04", number < 10**15),
        ("N05", ~(number // 10**14).is_in(provinces)),
        ("N07", ~pl.col("hari_asli").is_between(1, 31) & ~pl.col("hari_asli").is_between(41, 71)),
        ("N07", ~month.is_between(1, 12)),
        ("N08", ~_valid_day(day, month, yy)),
        ("N15", ~ordinal.is_between(oldest, newest)),
    )
    return pl.coalesce(pl.when(broken).then(pl.lit(code)) for code, broken in checks)


def _odd_code() -> pl.Expr:
    """The same for anything that is not 16 digits."""
    digits = pl.col("angka")
    rounded = digits.str.contains(_SCIENTIFIC) | digits.str.contains(r"^[1-9]\d{1,7}0{8,}$")
    checks = (("N02", rounded), ("N03", is_placeholder(digits)), ("N02", pl.col("dari_angka")))
    return pl.coalesce(*(pl.when(broken).then(pl.lit(code)) for code, broken in checks), pl.lit("N01"))


def _sound_at_a_glance(acuan: date) -> pl.Expr:
    """Most rows: the number holds the stated birth date, which is possible. No check of `_full_code` can fail there."""
    number, stated = pl.col("bilangan"), pl.col("tanggal_lahir")
    settings = parameters().nik
    provinces = [int(code) for code in (*PROVINCES, *settings.provinsi_dicabut)]
    return (
        (pl.col("selisih") == 0)
        & stated.is_between(max(_oldest(acuan), date(1900, 1, 1)), acuan)
        & (number >= 10**15)
        & (number % 10**4 != 0)
        & (number % 1_111_111_111_111_111 != 0)
        & ~number.is_in([int(text) for text in settings.pengisi])
        & (number // 10**14).is_in(provinces)
        & ~pl.col("dari_angka")
    )


def numbered(raw: pl.Series) -> pl.DataFrame:
    """`angka`, the ids of a column as `clean_id` gives them, and `bilangan`, those of 16 digits as integers."""
    return clean_ids(raw).to_frame("angka").with_columns(bilangan=as_number(pl.col("angka")))


def grade_nik(frame: pl.DataFrame, *, tanggal_acuan: date, mode_uji: bool) -> pl.DataFrame:
    """The columns of `nik_columns` for a frame of raw columns: `raw tanggal_lahir jenis_kelamin dari_angka` and, as far
    as they are known, `lahir_mutu umur no_kk kode_wilayah` (meanings: `nik_columns`)."""
    frame = frame.hstack(numbered(frame.get_column("raw")))
    if "no_kk" in frame.columns:
        card = numbered(frame.get_column("no_kk"))
        frame = frame.with_columns(card["angka"].alias("no_kk"), card["bilangan"].alias("bilangan_kk"))
    graded, flags = graded_nik(frame, tanggal_acuan=tanggal_acuan, mode_uji=mode_uji)
    return graded.with_columns(flag_lists(flags).alias("nik_bendera"))


def graded_nik(frame: pl.DataFrame, *, tanggal_acuan: date, mode_uji: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`nik nik_mutu nik_kode`, and the further reasons as one column per check, step by step.

    `frame` is that of `grade_nik` with the ids `numbered`: `angka` and `bilangan` of the NIK, and, where `no_kk` is
    known, `no_kk` cleaned and `bilangan_kk`. One nested expression would grow beyond all bounds, and Polars would work
    it out once for every column that comes of it.
    """
    digits, number, stated = pl.col("angka"), pl.col("bilangan"), pl.col("tanggal_lahir")
    given = {name: pl.col(name) for name in frame.columns}
    frame = frame.with_columns(hari_asli=_part(number, 8, 2))
    frame = frame.with_columns(
        hari=pl.col("hari_asli") - pl.when(pl.col("hari_asli") > 40).then(40).otherwise(0),
        bulan=_part(number, 6, 2),
        yy=_part(number, 4, 2),
    )
    frame = frame.with_columns(
        selisih=pl.col("hari") * 10_000 + pl.col("bulan") * 100 + pl.col("yy") - ddmmyy(stated),
    )
    odd = only_where(frame, digits.is_not_null() & number.is_null(), _odd_code(), pl.String)
    doubtful = number.is_not_null() & ~_sound_at_a_glance(tanggal_acuan).fill_null(value=False)
    full = only_where(frame, doubtful, _full_code(tanggal_acuan, stated, given.get("umur")), pl.String)
    # A dash in place of the number is a filler; an empty cell or a word for nothing is no value at all.
    dash = only_where(
        frame, digits.is_null(), pl.when(pl.col("raw").str.contains(_DASH)).then(pl.lit("N03")), pl.String
    )
    frame = frame.with_columns(kode=pl.coalesce(odd, full, dash))
    sound = number.is_not_null() & pl.col("kode").is_null()
    # An impossible birth date (its own finding) says nothing about the NIK.
    possible = stated.is_between(_oldest(tanggal_acuan), tanggal_acuan)
    differs = pl.col("selisih") != 0
    birth = _birth_reason(pl.col("hari"), pl.col("bulan"), pl.col("yy"), stated, given.get("lahir_mutu"))
    # Prefixes are few, and whole numbers are compared faster than texts.
    prefix = pl.col("awalan").cast(pl.String).str.zfill(6)
    known = once_per_kind(frame.select(awalan=number // 10**10), region_reason(prefix, mode_uji=mode_uji))
    frame = frame.with_columns(
        n06=pl.when(sound).then(known),
        n09=pl.when(sound & ((pl.col("hari_asli") > 40) != (given["jenis_kelamin"].cast(pl.String) == "P"))).then(
            pl.lit("N09")
        ),
        n10=only_where(frame, sound & differs & possible, birth, pl.String),
        n11=pl.lit(None, pl.String),
        n14=pl.lit(None, pl.String),
    )
    if "kode_wilayah" in given:
        here, trial = given["kode_wilayah"], number // 10**10 % 100 >= _KECAMATAN_UJI
        away = (digits.str.head(4) != here.str.head(4)) | (~trial & (digits.str.head(6) != here.str.head(6)))
        rows = frame.select((sound & away).fill_null(value=False).alias("w")).to_series().arg_true()
        places = frame.select(n=digits.gather(rows).str.head(6), k=here.gather(rows).str.head(6))
        found = once_per_kind(places, residence_reason(pl.col("n"), pl.col("k")))
        frame = frame.with_columns(frame.get_column("n11").scatter(rows, found))
    if "no_kk" in given:
        suspect = may_be_swapped(number, pl.col("bilangan_kk"), stated)
        reason = clean_swap_reason(digits, given["no_kk"], stated, given["jenis_kelamin"])
        frame = frame.with_columns(n14=only_where(frame, suspect, reason, pl.String))
        # One number in both columns: when it agrees with the birth date it is the NIK, and the KK column is wrong.
        stands = (pl.col("n14") == "N14:sama") & ~differs & stated.is_not_null()
        swapped = pl.when(pl.col("n14").is_not_null() & ~stands).then(pl.lit("N14"))
        frame = frame.with_columns(kode=pl.coalesce("kode", swapped))
    usable = number.is_not_null() & pl.col("kode").is_null()
    weak = pl.when(usable & pl.col("n10").is_in(list(_WEAK))).then(pl.lit("N10"))
    flags = [*(pl.when(usable).then(flag).alias(flag) for flag in ("n06", "n09", "n10", "n11")), pl.col("n14")]
    grade = (
        pl.when(digits.is_null() | (pl.col("kode") == "N03"))
        .then(TRUST["KOSONG"])
        .when(pl.col("kode").is_not_null())
        .then(TRUST["TAK_TEPERCAYA"])
        .when(weak.is_not_null())
        .then(TRUST["LEMAH"])
        .otherwise(TRUST["TEPERCAYA"])
    )
    graded = frame.select(nik=pl.when(usable).then(digits), nik_mutu=grade, nik_kode=pl.coalesce("kode", weak))
    return graded, frame.select(flags)


def nik_columns(
    raw: pl.Expr,
    *,
    tanggal_lahir: pl.Expr,
    jenis_kelamin: pl.Expr,
    from_number: pl.Expr,
    tanggal_acuan: date,
    mode_uji: bool,
    lahir_mutu: pl.Expr | None = None,
    umur: pl.Expr | None = None,
    no_kk: pl.Expr | None = None,
    kode_wilayah: pl.Expr | None = None,
) -> list[pl.Expr]:
    """The columns `nik nik_mutu nik_kode nik_bendera` of a raw NIK column.

    `nik` has 16 digits where `nik_mutu` is TEPERCAYA or LEMAH, else it is null. `nik_kode` is the check that decided
    the grade; `nik_bendera` (list, never null) holds the further reasons, graded (`N10:satu_digit`).
    A NIK is LEMAH when the stated birth date contradicts it in a way that may be the NIK's fault. Sex alone (N09),
    swapped or default days (N10), an unknown prefix (N06) and another residence (N11) leave it TEPERCAYA: there the
    other field is wrong more often, or nothing is wrong.

    `raw` and `no_kk` (raw too) are strings; `from_number` is true where the cell was a float or a spreadsheet number;
    `tanggal_lahir` is a Date with its quality in `lahir_mutu`; `umur` a stated age in years; `kode_wilayah` is a
    Kemendagri code.
    """
    fields = {
        "raw": raw.cast(pl.String),
        "tanggal_lahir": tanggal_lahir,
        "jenis_kelamin": jenis_kelamin,
        "dari_angka": from_number.fill_null(value=False),
    }
    optional = {"lahir_mutu": lahir_mutu, "umur": umur, "no_kk": no_kk, "kode_wilayah": kode_wilayah}
    fields |= {name: expression for name, expression in optional.items() if expression is not None}

    def graded(batch: pl.Series) -> pl.Series:
        found = grade_nik(batch.struct.unnest(), tanggal_acuan=tanggal_acuan, mode_uji=mode_uji)
        return found.to_struct(batch.name)

    batch = pl.struct(expression.alias(name) for name, expression in fields.items()).map_batches(
        graded, return_dtype=_COLUMNS, is_elementwise=True
    )
    return [batch.struct.unnest()]
