"""NIK: the vectorised checks against a scalar reading of the rule table, and the cases the rule table names."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import nik as n
from rules.wilayah import PROVINCES

ACUAN = date(2024, 6, 30)
SEX = st.sampled_from(["L", "P"])
BIRTHS = st.dates(date(1925, 1, 1), date(2024, 6, 30))
REGENCIES = st.sampled_from(["1101", "3201", "3374", "5171", "7371", "9301", "9101"])  # 9101 is retired


def build(region: str, born: date, sex: str, serial: int) -> str:
    return f"{region}{born.day + (40 if sex == 'P' else 0):02d}{born.month:02d}{born.year % 100:02d}{serial:04d}"


def grade(rows: list[dict[str, object]], *, mode_uji: bool = True, optional: tuple[str, ...] = ()) -> pl.DataFrame:
    schema = {
        "raw": pl.String, "lahir": pl.Date, "jk": pl.String, "angka": pl.Boolean, "lahir_mutu": pl.String,
        "no_kk": pl.String, "kode_wilayah": pl.String, "umur": pl.Int64,
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema)
    return frame.with_columns(
        n.nik_columns(
            pl.col("raw"),
            tanggal_lahir=pl.col("lahir"),
            jenis_kelamin=pl.col("jk"),
            from_number=pl.col("angka"),
            tanggal_acuan=ACUAN,
            mode_uji=mode_uji,
            **{name: pl.col(name) for name in optional},
        )
    )


def one(raw: str | None, **given_values: object) -> dict[str, object]:
    optional = tuple(k for k in ("lahir_mutu", "no_kk", "kode_wilayah", "umur") if k in given_values)
    mode = bool(given_values.pop("mode_uji", True))
    return grade([{"raw": raw, **given_values}], mode_uji=mode, optional=optional).row(0, named=True)


# -- the scalar reference ----------------------------------------------------------------------------------------------


def reference_code(text: str) -> str | None:  # noqa: PLR0911 - one return per check
    """The rule table read check by check, for text without a stated birth date."""
    t = re.sub("[\\s'\"\u00a0\ufeff]", "", text)
    if re.fullmatch(r"\d+([.,]\d+)?[eE]\+?\d+", t):
        return "N02"
    t = re.sub(r"^(\d{12,})[.,]00?$", r"\1", t).replace(".", "").replace("-", "").replace("/", "").replace("_", "")
    if re.fullmatch(r"[1-9]\d{1,7}0{8,}", t):
        return "N02"
    if re.fullmatch(r"(\d)\1*|9{12}\d{4}|[1-9]\d{11}0000", t) or t in ("1234567890123456", "1234567890123450"):
        return "N03"
    if not re.fullmatch(r"\d{16}", t):
        return "N01"
    if t[0] == "0":
        return "N03" if t == "0123456789012345" else "N04"
    if t[:2] not in (*PROVINCES, "54"):
        return "N05"
    day, month, yy = int(t[6:8]), int(t[8:10]), int(t[10:12])
    if not (1 <= day <= 31 or 41 <= day <= 71) or not 1 <= month <= 12:
        return "N07"
    day = day - 40 if day > 40 else day
    years = [y for y in (1900 + yy, 2000 + yy) if day <= calendar.monthrange(y, month)[1]]
    if not years:
        return "N08"
    year = 2000 + yy if yy <= ACUAN.year % 100 else 1900 + yy
    born = date(year if year in years else years[0], month, day)
    return "N15" if born > ACUAN or born < date(ACUAN.year - 120, 6, 28) else None


DIGITS = st.text("0123456789", min_size=14, max_size=18)
DATED = st.builds(
    "{}{:02d}{:02d}{:02d}{:02d}{:04d}".format,
    st.sampled_from(["3201", "5401", "9999", "0101", "1101", "9102"]),
    st.integers(90, 99), st.integers(0, 75), st.integers(0, 14), st.integers(0, 99), st.integers(0, 30),
)  # fmt: skip
SHAPES = st.sampled_from(["{}", "'{}", " {} ", "{}.0", "\u00a0{}", "{}\t", "\ufeff{}", '"{}"', "{},00"])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.builds(lambda t, s: s.format(t), st.one_of(DIGITS, DATED, DATED), SHAPES), min_size=1, max_size=40))
def test_vectorised_checks_say_what_the_rule_table_says(texts: list[str]) -> None:
    made = grade([{"raw": t} for t in texts])
    codes = made["nik_kode"].to_list()
    assert codes == [reference_code(t) for t in texts]
    # A code of the table leaves no usable number; without one the number is there in full.
    assert made.filter(
        pl.col("nik_kode").is_null() != pl.col("nik").str.contains(r"^\d{16}$").fill_null(False)
    ).is_empty()


@settings(deadline=None, max_examples=60)
@given(REGENCIES, st.integers(90, 99), BIRTHS, SEX, st.integers(1, 9999), SHAPES)
def test_a_nik_built_from_parts_decodes_to_its_parts(
    kab: str, kec: int, born: date, sex: str, serial: int, shape: str
) -> None:
    number = build(f"{kab}{kec}", born, sex, serial)
    row = one(shape.format(number), lahir=born, jk=sex)
    assert (row["nik"], row["nik_mutu"], row["nik_kode"], row["nik_bendera"]) == (number, "TEPERCAYA", None, [])
    c = pl.col("nik")
    parts = pl.DataFrame({"nik": [number], "lahir": [born]}).select(
        n.nik_region(c).alias("region"), n.nik_birth_day(c).alias("d"), n.nik_birth_month(c).alias("m"),
        n.nik_birth_yy(c).alias("y"), n.nik_sex(c).cast(pl.String).alias("s"), n.nik_serial(c).alias("n"),
        n.nik_birth_date(c, ACUAN, tanggal_lahir=pl.col("lahir")).alias("t"),
    )  # fmt: skip
    assert parts.row(0) == (f"{kab}{kec}", born.day, born.month, born.year % 100, sex, serial, born)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text("0123456789.,-'E+ \u00a0\tNUL", max_size=24), min_size=1, max_size=30))
def test_cleaning_twice_is_cleaning_once(texts: list[str]) -> None:
    once = pl.DataFrame({"t": texts}).select(n.clean_id(pl.col("t")))
    assert once.select(n.clean_id(pl.col("t"))).equals(once)


# -- cases the rule table names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("'3201904101900001", "3201904101900001"),
        ("3201904101900001.0", "3201904101900001"),
        ("32.0190.410190.0001", "3201904101900001"),
        ("3201 9041 0190 0001", "3201904101900001"),
        ('="3201904101900001"', "3201904101900001"),
        ("35.2318.00000000000", "35231800000000000"),  # SIAK display: the zeros are no `.0` tail
        ("3,20190E+15", "3,20190E+15"),
        ("NULL", None),
        (" - ", None),
        ("", None),
    ],
)
def test_cleaning_in_the_stated_order(raw: str, clean: str | None) -> None:
    assert pl.DataFrame({"t": [raw]}).select(n.clean_id(pl.col("t"))).item() == clean


@pytest.mark.parametrize("raw", ["3,20190E+15", "3.20190410190000E+15", "3201904101900001", "3201900000000000"])
def test_what_went_through_a_float_is_never_repaired(raw: str) -> None:
    row = one(raw, lahir=date(1990, 1, 1), jk="P", angka=raw == "3201904101900001")
    assert (row["nik"], row["nik_mutu"], row["nik_kode"]) == (None, "TAK_TEPERCAYA", "N02")


def test_placeholders_are_no_value_and_say_so() -> None:
    for raw in ("0", "-", "1111111111111111", "9999999999990001", "1234567890123450", "3201904101900000"):
        row = one(raw)
        assert (row["nik"], row["nik_mutu"], row["nik_kode"]) == (None, "KOSONG", "N03"), raw
    assert one(None)["nik_kode"] is None
    assert one("TIDAK ADA")["nik_mutu"] == "KOSONG"


def test_an_unknown_prefix_warns_and_test_mode_admits_synthetic_ones() -> None:
    assert one("3201904101900001")["nik_bendera"] == []
    outside = one("3201904101900001", mode_uji=False)
    assert (outside["nik_mutu"], outside["nik_bendera"]) == ("TEPERCAYA", ["N06"])
    # Test mode admits no unknown kab/kota, and old codes that no list has are a warning, not a fake.
    assert one("3299904101900001")["nik_bendera"] == ["N06"]
    assert one("5401014101900001")["nik_mutu"] == "TEPERCAYA"


@pytest.mark.parametrize(
    ("stated", "reason", "trust"),
    [
        (date(1985, 3, 12), None, "TEPERCAYA"),
        (date(1985, 12, 3), "N10:tukar_hari_bulan", "TEPERCAYA"),
        (date(1985, 1, 1), "N10:bawaan", "TEPERCAYA"),
        (date(1985, 7, 1), "N10:bawaan", "TEPERCAYA"),
        (date(1985, 3, 13), "N10:satu_digit", "LEMAH"),
        (date(1985, 3, 21), "N10:tukar_digit", "LEMAH"),
        (date(1976, 3, 12), "N10:tahun", "LEMAH"),
        (date(1971, 11, 30), "N10:lain", "LEMAH"),
        (date(2027, 5, 5), None, "TEPERCAYA"),  # impossible: says nothing about the NIK
    ],
)
def test_birth_date_differences_are_graded(stated: date, reason: str | None, trust: str) -> None:
    row = one(build("320191", date(1985, 3, 12), "L", 7), lahir=stated, jk="L")
    assert (row["nik_bendera"], row["nik_mutu"]) == ([reason] if reason else [], trust)
    assert row["nik_kode"] == ("N10" if trust == "LEMAH" else None)


def test_a_birth_year_alone_is_compared_by_year() -> None:
    number = build("320191", date(1985, 3, 12), "L", 7)
    assert one(number, lahir=date(1985, 7, 1), jk="L", lahir_mutu="TAHUN")["nik_bendera"] == []
    assert one(number, lahir=date(1986, 7, 1), jk="L", lahir_mutu="TAHUN")["nik_bendera"] == ["N10:tahun"]
    assert one(number, lahir=date(1986, 7, 1), jk="L", lahir_mutu="UMUR")["nik_bendera"] == []


def test_another_sex_warns_without_costing_trust() -> None:
    row = one(build("320191", date(1985, 3, 12), "P", 7), lahir=date(1985, 3, 12), jk="L")
    assert (row["nik_mutu"], row["nik_bendera"]) == ("TEPERCAYA", ["N09"])


def test_residence_elsewhere_is_information() -> None:
    number = build("910190", date(1985, 3, 12), "L", 7)  # Merauke under its retired code
    for place, flag in (("9301012001", []), ("9302012001", ["N11:kabupaten"]), ("3201012001", ["N11:provinsi"])):
        row = one(number, lahir=date(1985, 3, 12), jk="L", kode_wilayah=place)
        assert (row["nik_mutu"], row["nik_bendera"]) == ("TEPERCAYA", flag)
    assert one("3201011203850007", kode_wilayah="3201022001")["nik_bendera"] == ["N11:kecamatan"]


def test_the_century_follows_birth_date_then_age_then_adulthood() -> None:
    c = pl.col("nik")
    frame = pl.DataFrame(
        {
            "nik": [build("320190", date(2010, 5, 5), "L", 1), build("320190", date(1988, 5, 5), "L", 1)],
            "lahir": [date(1910, 5, 1), None],
            "umur": [14, 36],
            "dewasa": [True, None],
        },
        schema_overrides={"lahir": pl.Date, "dewasa": pl.Boolean},
    )
    stated = frame.select(n.nik_birth_date(c, ACUAN, tanggal_lahir=pl.col("lahir"), umur=pl.col("umur")))
    assert stated.to_series().to_list() == [date(1910, 5, 5), date(1988, 5, 5)]
    assert frame.select(n.nik_birth_date(c, ACUAN, umur=pl.col("umur"))).item(0, 0) == date(2010, 5, 5)
    assert frame.select(n.nik_birth_date(c, ACUAN, dewasa=pl.col("dewasa"))).item(0, 0) == date(2010, 5, 5)
    young = pl.DataFrame({"nik": [build("320190", date(2020, 5, 5), "L", 1)], "dewasa": [True]})
    assert young.select(n.nik_birth_date(c, ACUAN, dewasa=pl.col("dewasa"))).item() == date(1920, 5, 5)
    assert frame.select(n.nik_century_unsure(c, ACUAN)).to_series().to_list() == [True, False]


def test_the_29th_of_february_needs_a_leap_year() -> None:
    assert one("3201902902000001")["nik_mutu"] == "TEPERCAYA"  # 2000
    assert one("3201902902850001")["nik_kode"] == "N08"
    row = pl.DataFrame({"nik": ["3201902902000001"], "lahir": [date(1901, 1, 1)]})
    assert row.select(n.nik_birth_date(pl.col("nik"), ACUAN, tanggal_lahir=pl.col("lahir"))).item() == date(2000, 2, 29)


def test_a_birth_date_ahead_of_the_reference_date_is_refused() -> None:
    tomorrow = ACUAN + timedelta(days=1)
    assert one(build("320190", tomorrow, "L", 1))["nik_kode"] == "N15"
    assert one(build("320190", tomorrow, "L", 1), lahir=tomorrow.replace(year=1924))["nik_mutu"] == "TEPERCAYA"


def test_swapped_columns() -> None:
    born = date(1985, 3, 12)
    him, her = build("320190", born, "L", 7), build("320190", born, "P", 7)
    card = "3201901508110003"
    for number, sex in ((him, "L"), (her, "P")):
        row = one(card, lahir=born, jk=sex, no_kk=number)
        assert (row["nik"], row["nik_mutu"], row["nik_kode"]) == (None, "TAK_TEPERCAYA", "N14")
        assert "N14:tertukar" in row["nik_bendera"]
        right = one(number, lahir=born, jk=sex, no_kk=card)
        assert (right["nik"], right["nik_bendera"]) == (number, [])
        # One number in both columns: the birth date says that it is the NIK.
        both = one(number, lahir=born, jk=sex, no_kk=number)
        assert (both["nik"], both["nik_bendera"]) == (number, ["N14:sama"])
    twice = one(card, lahir=born, jk="L", no_kk=card)
    assert (twice["nik"], twice["nik_kode"]) == (None, "N14")
    # A woman's NIK in the KK column of a man's row is his wife's (K03), no swap.
    assert one(him, lahir=born, jk="L", no_kk=her)["nik_bendera"] == []


def test_a_column_cut_to_15_digits_by_excel_is_seen_as_a_whole() -> None:
    cut = [f"3201901203{yy}0010" for yy in range(60, 80)]
    assert n.rounded_column(pl.Series(cut))
    assert not n.rounded_column(pl.Series([*cut, "3201901203850007"]))
    assert not n.rounded_column(pl.Series(cut[:5]))


def test_a_ktp_is_due_at_17_or_on_marriage() -> None:
    frame = pl.DataFrame(
        {
            "ktp": [False, False, False, True],
            "lahir": [date(2000, 1, 1), date(2010, 1, 1), date(2010, 1, 1), date(2000, 1, 1)],
            "kawin": ["BELUM_KAWIN", "BELUM_KAWIN", "KAWIN", "KAWIN"],
        }
    )
    got = frame.select(n.ktp_reason(pl.col("ktp"), pl.col("lahir"), pl.col("kawin"), ACUAN)).to_series()
    assert got.to_list() == ["N17", None, "N17", None]


@given(
    st.lists(
        st.tuples(
            st.one_of(REGENCIES, st.sampled_from(["5401", "9901", "1111", "0101"])),
            st.one_of(BIRTHS, st.sampled_from([date(2011, 11, 11), date(2000, 2, 29)])),
            SEX,
            st.sampled_from([0, 1, 17, 1111, 9999]),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_a_number_that_holds_the_stated_birth_date_is_still_checked(people: list[tuple[str, date, str, int]]) -> None:
    rows: list[dict[str, object]] = []
    for kab, born, sex, serial in people:
        raw = build(kab + ("11" if kab == "1111" else "90"), born, sex, serial)
        rows.append({"raw": raw, "lahir": born, "jk": sex})
    for row, found in zip(rows, grade(rows).rows(named=True), strict=True):
        expected = reference_code(str(row["raw"]))
        assert found["nik_kode"] == (None if expected == "N15" else expected)  # the stated year settles the century


def test_a_whole_column_of_ids_is_cleaned_as_each_id_is() -> None:
    raw = [
        "3201901203850007",
        " 3201901203850007",
        "3201.90.120385.0007",
        "3,2E+15",
        "-",
        None,
        "99",
        "0320190120385",
        "",
    ]
    column = pl.Series("id", raw * 3)
    assert n.clean_ids(column).to_list() == column.to_frame().select(n.clean_id(pl.col("id"))).to_series().to_list()
