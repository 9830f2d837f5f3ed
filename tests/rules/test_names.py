"""Names: what is stripped and kept, which spellings share a key, and which names must not."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.names import add_name_columns, skeleton


def made(name: str | None, jk: str | None = None, wilayah: str | None = None) -> dict[str, object]:
    frame = pl.DataFrame(
        {"nama": [name], "jenis_kelamin": [jk], "kode_wilayah": [wilayah]},
        schema={"nama": pl.String, "jenis_kelamin": pl.String, "kode_wilayah": pl.String},
    )
    return add_name_columns(frame, "nama", "n_").row(0, named=True)


def key(name: str) -> object:
    return made(name)["n_kunci"]


@pytest.mark.parametrize(
    "spellings",
    [
        ("SHOLEH", "SOLEH", "SALEH", "SOLIH"),
        ("FITRI", "PITRI", "FITRIE"),
        ("VERA", "FERA", "PERA"),
        ("ZAENAL", "JAENAL", "ZAINAL"),
        ("AZIS", "AJIS", "ASIS"),
        ("HALIMAH", "ALIMAH", "HALIMA"),
        ("JUHARIAH", "JUARIYAH"),
        ("SITI FATIMAH", "SITI FATIMA", "SITTI PATIMAH"),
        ("SYAIFUL", "SAEFUL"),
        ("MULIANI", "MULYANI"),
        ("KETUT", "KTUT"),
        ("MUHAMMAD", "MUHAMAD", "MOCHAMMAD", "MOH."),
        ("RAHMAT", "RACHMAT", "ROHMAT"),
        ("ANNISA", "ANISA"),
        ("SLAMET", "SELAMET"),
        ("SRI WAHYUNI", "SERI WAHYUNI"),
        ("TRI", "TERI"),
        ("AHMAD", "AHMAT", "ACHMAD"),
        ("YUSUF", "YUSUP", "JOESOEF"),
        ("ZAINAB", "JENAP"),
        ("ABDUL RAHMAN", "ABDULRAHMAN", "ABD.RAHMAN", "ABDURRAHMAN", "ABDUL ROHMAN"),
        ("NUR HAYATI", "NURHAYATI", "NOOR HAYATI", "NOERHAJATI"),
        ("SOEKARNO", "SUKARNO"),
        ("DJOKO", "JOKO"),
        ("TJAHJO", "CAHYO"),
        ("KHADIJAH", "CHADIDJAH", "HADIJAH"),
        ("KHOIRUL", "HOERUL", "CHAIRUL"),
        ("JUMIEM", "JUMIYEM"),
        ("SITI AMINAH", "SITI-AMINAH", "SITIAMINAH"),
    ],
)
def test_documented_spellings_share_a_key(spellings: tuple[str, ...]) -> None:
    assert len({key(name) for name in spellings}) == 1, [key(name) for name in spellings]


def test_common_names_stay_apart() -> None:
    text = (
        "SUTRISNO SLAMET MULYADI HERMAN SUPARDI ISMAIL SUPRIYANTO WAHYUDI JUNAIDI SUPARMAN NURHAYATI SULASTRI SUMIATI "
        "SUMARNI SUNARTI AMINAH ERNAWATI KARTINI HADI ADI HERI ERI EKA IKA DEDI DIDI DEWI DWI EKO RAHMA RAMA SUHARTI "
        "SUARTI JONO SONO JUMARNI BUDI PUDI RUDI TONI DONI JAYA YAYA BANJAR BANYAR SURYANI SURYANA SUTINI SUTINA ANI"
    )
    frame = add_name_columns(pl.DataFrame({"nama": text.split()}), "nama", "n_")
    assert frame.filter(pl.col("n_kunci").is_duplicated())["nama"].to_list() == []


def test_titles_marks_father_and_alias_are_taken_apart() -> None:
    row = made("Hj. Siti Aminah, S.Pd.I")
    assert (row["n_bersih"], row["n_token"], row["n_ringan"]) == ("SITI AMINAH", ["AMINA"], ["SITI"])
    row = made("Drs. H. AHMAD BIN SALEH (ALM)")
    assert (row["n_bersih"], row["n_ayah"], row["n_ortu"]) == ("AHMAD", "SALEH", True)
    row = made("BUDI ALS. JOKO")
    assert (row["n_bersih"], row["n_alias"], row["n_mononim"]) == ("BUDI", "JOKO", True)
    assert made("R.A. KARTINI")["n_bersih"] == "KARTINI"
    assert made("RADEN")["n_bersih"] == "RADEN"  # nothing but a title is a name
    assert made("MARIA BR. SIREGAR")["n_kunci"] == made("MARIA SIREGAR")["n_kunci"]
    assert made("NU'MAN")["n_bersih"] == "NUMAN"
    for nothing in (None, "", " - ", "123"):
        assert made(nothing)["n_kunci"] is None


def test_abbreviations_depend_on_sex_and_place() -> None:
    assert made("ST AMINAH", "P")["n_kunci"] == made("SITI AMINAH")["n_kunci"]
    assert made("ST MANGKUTO", "L")["n_kunci"] == made("SUTAN MANGKUTO")["n_kunci"]
    assert made("I MD SUDARMA", None, "5103012001")["n_kunci"] == made("I MADE SUDARMA")["n_kunci"]
    assert made("MD SUDARMA", None, "3201012001")["n_kunci"] == made("MUHAMMAD SUDARMA")["n_kunci"]
    assert made("A. TENRI", None, "7308012001")["n_kunci"] == made("ANDI TENRI")["n_kunci"]
    assert made("A. TENRI", None, "3201012001")["n_given"] == "TENRI"
    mother = add_name_columns(pl.DataFrame({"nama_ibu": ["ST AMINAH"]}), "nama_ibu", "i_")
    assert mother["i_kunci"].to_list() == ["SITI AMINA"]


def test_words_without_weight_leave_the_tokens_but_not_a_bare_name() -> None:
    balinese = made("I GUSTI NGURAH MADE SUDARMA")
    assert (balinese["n_token"], balinese["n_given"]) == (["SUDARMA"], "SUDARMA")
    assert made("IGN MADE SUDARMA")["n_kunci"] == balinese["n_kunci"]
    assert made("NI WAYAN")["n_token"] == ["NI", "WAYAN"]
    assert made("MUHAMMAD ARIF")["n_given"] == made("M. ARIP")["n_given"] == made("ARIF")["n_given"]
    assert made("MUHAMMAD")["n_token"] == ["MUHAMAT"]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text("ABDEGHIJKLMNOPRSTUWYZCFQVX '.-,()", max_size=24), min_size=1, max_size=30))
def test_the_key_of_a_key_is_the_key(names: list[str]) -> None:
    once = add_name_columns(pl.DataFrame({"nama": names}), "nama", "n_").filter(pl.col("n_kunci").is_not_null())
    words = once.select(pl.col("n_token").explode()).drop_nulls().unique()
    words = words.filter(pl.col("n_token").str.len_bytes() > 3)  # shorter ones may be titles or abbreviations
    again = add_name_columns(words.rename({"n_token": "nama"}), "nama", "x_")
    twice = add_name_columns(again.select(nama="x_kunci"), "nama", "y_")
    assert twice["y_kunci"].equals(again["x_kunci"], check_names=False)


def test_rows_keep_their_order_and_do_not_depend_on_each_other() -> None:
    names = ["SITI AMINAH", None, "Joko", "SITI AMINAH", "", "DJOKO"]
    frame = pl.DataFrame({"nama": names, "x": range(6)})
    got = add_name_columns(frame, "nama", "n_")
    assert got["nama"].to_list() == names
    assert got["x"].to_list() == list(range(6))
    for i, name in enumerate(names):
        alone = add_name_columns(pl.DataFrame({"nama": [name]}, schema={"nama": pl.String}), "nama", "n_")
        assert got.drop("x").row(i) == alone.row(0)


WORDS = (
    "SITI", "AMINAH", "BIN", "BINTI", "H", "HJ", "DR", "S", "PD", "SPD", "M", "ALM", "ALMARHUM", "ALIAS", "ALS", "AKA",
    "RADEN", "R", "A", "I", "GUSTI", "ANDI", "KH", "SE",
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join), min_size=1, max_size=20))
def test_names_of_plain_capitals_are_cleaned_as_any_other(names: list[str]) -> None:
    plain = add_name_columns(pl.DataFrame({"nama": names}), "nama", "n_").drop("nama")
    small = add_name_columns(pl.DataFrame({"nama": [name.lower() for name in names]}), "nama", "n_").drop("nama")
    assert plain.equals(small)


def test_the_skeleton_survives_vowels_and_voicing_but_keeps_short_names_apart() -> None:
    words = ["SUTINI", "SUTENI", "SUDINI", "HALIMA", "ALIMA", "JOKO", "JAKA"]
    got = pl.DataFrame({"k": words}).select(skeleton(pl.col("k"))).to_series().to_list()
    assert got[0] == got[1] == got[2]
    assert got[3] == got[4]
    assert got[5] != got[6]
