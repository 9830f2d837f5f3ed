"""Names: cleaning, the canonical spelling key, tokens and a consonant skeleton, vectorised over distinct names.

The key brings spellings of one name together (Van Ophuijsen to EYD, Arabic transliteration, f/v/p, z/j, doubling, word
ends; identity_rules.md section 6) and is idempotent. It serves comparison and blocking only: nothing shown to a person
comes from it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import ascii_uppercase
from typing import Final

import polars as pl

_HERE: Final = Path(__file__).parent

# Spelling classes in the order they are applied to one word of A-Z. Several name the pair they were made for.
_OLD: Final = (  # only in words that show the old spelling elsewhere: a modern j must not become y
    ("DJ", "1"), ("TJ", "2"), ("NJ", "NY"), ("SJ", "SY"), ("J", "Y"), ("1", "J"), ("2", "C"),
)  # fmt: skip
_CLASSES: Final = (
    ("Q", "K"),
    (r"(KH|CH|H|K)OER", "${1}OIR"),  # KHOERUL is KHOIRUL, not old spelling
    ("OE|OO", "U"),
    ("KH", "H"),
    (r"^CH(AI|OI|AL|OL|AD|AT|UD|US|UZ|OT|AF|UL|AM|OM|OS)", "H$1"),  # CHOLIK, CHAIRUL against CHANDRA
    ("^CHR", "KR"),
    (r"CH([BDFGHJKLMNPQRSTVWXYZ]|$)", "H$1"),  # RACHMAT, ICHSAN, SOLEKH
    (r"([AU])CH([AIUEO])", "${1}H$2"),  # ACHIR
    ("CH", "C"),
    ("SY|SH|TS", "S"),
    ("DZ", "Z"),
    (r"([DTGBJ])H", "$1"),
    ("PH|F|V", "P"),  # FITRI, PITRI
    ("X", "KS"),
    ("^Z", "J"),  # ZAENAL, JAENAL
    ("Z", "S"),  # AZIS, ASIS
    ("AE", "AI"),  # SAEFUL, SYAIFUL
    (r"IY([AUEO])", "I$1"),  # JUHARIYAH
    (r"IE([^M]|$)", "I$1"),  # FITRIE; JUMIEM is JUMIYEM
    (r"UW([AIEO])", "U$1"),
    (r"([BCDGHJKLMPRSTW])Y([AIUEO])", "${1}I$2"),  # MULYANI, MULIANI
    (r"([BCDGHJKLMNPRSTW])Y([BCDGHJKLMNPRSTW]|$)", "${1}I$2"),
    (r"([AEU])Y([BCDGHJKLMPRSTW]|$)", "${1}I$2"),
    ("^ABDULR", "ABDUR"),  # ABDULRAHMAN, ABDURRAHMAN
    (r"^ABDUL([SNTDJ])", "ABDU$1"),
    (r"^NOR(H|AI|LA|JAN|DIN)", "NUR$1"),
    (r"OH$", "AH"),  # MUNAWAROH
    (r"^(AB?D?U?)?ROH([MI])", "${1}RAH$2"),
    (r"^HOI", "HAI"),
    (r"^HOLI", "HALI"),
    (r"([AIUEO])H$", "$1"),  # FATIMA(H)
    (r"^JUH([AE].{3,})$", "JU$1"),  # JUHARIAH, JUARIYAH; not SUHARTI, SUARTI
    (r"^H(ALIMA|AMIDA|ASANA|ABIBA|APSA|ABSA|ASNA|AJARA|OTIJA|ADIJA|ATIJA|ASANUDIN|ASBULA)", "$1"),  # (H)ALIMAH
    (r"^([BCDGKPST])E([LR])([AIUEO])", "$1$2$3"),  # SELAMET, SERI
    ("NINGSI$", "INGSI"),
    ("B$", "P"),  # ZAINAB, JENAP
    ("D$", "T"),  # AHMAD, AHMAT
    ("([^N])G$", "${1}K"),
)
_DOUBLES: Final = (
    "|".join(f"({letter}){letter}+" for letter in ascii_uppercase),
    "".join(f"${{{k}}}" for k in range(1, 27)),  # only the group that was found holds a letter
)
_SKELETON: Final = (
    ("[BPFV]", "P"), ("[DT]", "T"), ("NG|NY", "N"), ("[GKQ]", "K"), ("Z", "S"),
)  # fmt: skip
_KEY_LENGTH: Final = 6
UNSURE: Final = r"(?i)\b(?:ST|MD|A)\b"  # names in which an abbreviation may depend on sex or region


@dataclass(frozen=True, slots=True)
class _Words:
    """The word lists of names.toml and varian_nama.csv, made ready for matching."""

    variants: dict[str, str]
    light: tuple[str, ...]  # in key form
    joined: tuple[str, ...]
    front: str  # regex of titles in front
    back: str  # regex of degrees behind
    bali: tuple[str, ...]
    andi: tuple[str, ...]


def _dotted(word: str) -> str:
    return r"[.\s]*".join(word)


@cache
def _words() -> _Words:
    settings = tomllib.loads((_HERE / "names.toml").read_text(encoding="utf-8"))
    rows = pl.read_csv(_HERE / "data" / "varian_nama.csv", infer_schema=False).filter(pl.col("pakai") == "ya")
    plain = rows.filter(pl.col("jenis") == "awalan", ~pl.col("varian").str.contains(r"[ .]"))
    titles = sorted(rows.filter(pl.col("jenis") == "gelar")["varian"].unique(), key=lambda word: (-len(word), word))
    front = "|".join(title.replace(".", "").replace(" ", r"\s+") for title in titles)
    safe = "|".join(_dotted(word) for word in settings["gelar_aman"])
    marked = "|".join(_dotted(word) for word in [*settings["gelar_aman"], *settings["gelar_bertanda"]])
    with_dot = "|".join(r"\.\s*".join(word) for word in settings["gelar_bertanda"])
    return _Words(
        variants=dict(
            plain.sort("kanonik", "varian")
            .unique("varian", keep="first", maintain_order=True)
            .select("varian", "kanonik")
            .iter_rows()
        ),
        light=tuple(_reduce_words(settings["ringan"])),
        joined=tuple(settings["sambung"]),
        front=rf"^(?:(?:{front})[.\s]+)+",
        back=rf"(?:\s*,[\s.]*(?:{marked})\b[.\s]*|[\s,]+(?:{safe})\b[.\s]*|\s+(?:{with_dot})\b[.\s]*)+$",
        bali=tuple(settings["provinsi_bali"]),
        andi=tuple(settings["provinsi_andi"]),
    )


# -- one word ----------------------------------------------------------------------------------------------------------


def _single(word: pl.Expr) -> pl.Expr:
    """Runs of one letter to one letter."""
    return word.str.replace_all(*_DOUBLES)


def spelling_key(word: pl.Expr) -> pl.Expr:
    """The spelling key of a single word of capitals; idempotent. Order matters, see the classes."""
    old = word
    for written, modern in _OLD:
        old = old.str.replace_all(written, modern, literal=True)
    shows_old = word.str.contains("OE|DJ|TJ|SJ") & ~word.str.contains("(?:KH|CH|H|K)OER")
    word = pl.when(shows_old).then(old).otherwise(word)
    for pattern, replacement in _CLASSES:
        word = word.str.replace_all(pattern, replacement)
        if pattern in ("OE|OO", "UW([AIEO])"):
            word = _single(word)
    return _single(word)


def _reduce_words(words: list[str]) -> list[str]:
    return pl.DataFrame({"w": words}).select(spelling_key(pl.col("w"))).to_series().to_list()


def skeleton(key: pl.Expr) -> pl.Expr:
    """First letter and consonants of a word key in sound classes, at most six, for blocking.

    Coarser than the key: voiced and unvoiced fall together; vowels, h, w and y fall away behind the first letter.
    Where fewer than three sounds are left (JOKO, ADI) the key itself stands, else short names would all be one.
    """
    whole = key.str.replace_all("[^A-Z]", "").str.replace("^H", "")
    whole = whole.str.replace("^E", "I").str.replace("^O", "U")
    first, body = whole.str.head(1), whole.str.slice(1).str.replace_all("[AIUEOHWY]", "")
    whole = first + body
    for pattern, replacement in _SKELETON:
        whole = whole.str.replace_all(pattern, replacement)
    whole = _single(whole)
    return pl.when(whole.str.len_bytes() > 2).then(whole.str.head(_KEY_LENGTH)).otherwise(key.str.head(_KEY_LENGTH))


# -- whole names -------------------------------------------------------------------------------------------------------


_DEAD: Final = r"\(?\bALM(?:H|ARHUM|ARHUMAH)?\b\.?\)?"
# Alias: a word, a slash, or something in brackets.
_ALIAS: Final = r"(?:\bALIAS\b|\bALS\b\.?|\bA\.?K\.?A\b\.?|[/@]|\()\s*(.*)$"
_FATHER: Final = r"\s(?:BIN|BINTI|BINTE|BTI|BT)\s+(.+)$"


def _cleaned(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds `bersih ayah alias ortu` to distinct names in `nama`."""
    words = _words()
    # Most names are plain words already, in which nothing below finds anything to do.
    name = frame.get_column("nama").cast(pl.String)
    found = "|".join((_DEAD, _ALIAS, _FATHER, words.front, words.back))
    rest = ~(name.str.contains("^[A-Z]+(?: [A-Z]+)*$") & ~name.str.contains(found)).fill_null(value=False)
    tidied = _tidied(frame.filter(rest))
    values = {"bersih": name}
    for column, kind in (("ayah", pl.String), ("alias", pl.String), ("ortu", pl.Boolean)):
        nothing = False if kind == pl.Boolean else None
        values[column] = pl.repeat(nothing, len(name), dtype=kind, eager=True)
    place = rest.arg_true()
    return frame.with_columns(
        plain.scatter(place, tidied.get_column(column)).alias(column) for column, plain in values.items()
    )


def _tidied(frame: pl.DataFrame) -> pl.DataFrame:
    """`_cleaned` of names that hold more than plain words."""
    words = _words()
    text = pl.col("teks")
    frame = frame.with_columns(
        teks=pl.col("nama").str.to_uppercase().str.replace_all("[\\s\u00a0\u200b\ufeff]+", " ").str.strip_chars()
    )
    frame = frame.with_columns(ortu=text.str.contains(_DEAD), teks=text.str.replace_all(_DEAD, " "))
    frame = frame.with_columns(alias=text.str.extract(_ALIAS, 1), teks=text.str.replace(_ALIAS, ""))
    frame = frame.with_columns(text.str.strip_chars(" ").str.replace(words.back, ""))
    # Letters that belong together: R.A., K.H., A.A., I.B.
    frame = frame.with_columns(
        text.str.replace_all(r"\b(?:(R)\.\s?([AMR])|(K)\.\s?(H)|(A)\.\s?(A)|(I)\.\s?(B))\.", "$1$2$3$4$5$6$7$8 ")
    )
    frame = frame.with_columns(
        text.str.replace_all(r"['`´‘’]", "").str.replace_all(r"[^A-ZÀ-Ý]+", " ").str.strip_chars(" ")
    )
    frame = frame.with_columns(
        ayah=text.str.extract(_FATHER, 1).str.replace(_FATHER, ""), teks=text.str.replace(_FATHER, "")
    )
    frame = frame.with_columns(tanpa=text.str.replace(words.front, ""))
    # A name made of nothing but titles keeps them: RADEN is a name too.
    frame = frame.with_columns(bersih=pl.when(pl.col("tanpa") != "").then("tanpa").otherwise(text))
    tidy = pl.col("alias").str.replace_all(r"[^A-Z ]+", " ").str.replace_all(" +", " ").str.strip_chars(" ")
    return frame.with_columns(
        bersih=pl.when(pl.col("bersih") != "").then("bersih"),
        alias=pl.when(tidy != "").then(tidy),
        ayah=pl.when(pl.col("ayah") != "").then("ayah"),
    ).drop("teks", "tanpa")


_TOGETHER: Final = (  # several words that are one; before the name is cut into words
    (r"^(?:I GUSTI|I ?GST|IGST|IG) (?:NGURAH|NGR)\b|^IGN\b", "I GUSTI NGURAH"),
    (r"^I ?GST\b", "I GUSTI"),
    (r"^(?:ANAK AGUNG|A A|AA)\b", "ANAKAGUNG"),
    (r"\bIDA BAGUS\b|^IB\b|^I B\b", "IDABAGUS"),
    (r"\bIDA AYU\b|^I A\b|^IA\b", "IDAAYU"),
    (r"\b(?:BR|BORU|BERU) ", ""),
    (r"\bSITI([A-Z]{4,})", "SITI $1"),
)


def _tokens(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Canonical words of distinct names: `i n` in the order of the name, and the word keys that `n` numbers, sorted.

    Words are numbers as soon as possible: a million names share some ten thousand words.
    """
    words = _words()
    text, whole = pl.col("bersih"), frame.get_column("bersih")
    for pattern, replacement in _TOGETHER:
        text = text.str.replace_all(pattern, replacement)
    some = whole.str.contains("|".join(pattern for pattern, _ in _TOGETHER)).fill_null(value=False)
    whole = whole.scatter(some.arg_true(), frame.filter(some).select(text).to_series())
    split = frame.select("i", "jk", "wilayah", kata=whole.str.split(" ")).drop_nulls("kata")
    split = split.with_columns(several=pl.col("kata").list.len() > 1)
    long = split.explode("kata")
    start = (pl.col("i") != pl.col("i").shift(1)).fill_null(value=True)  # words of one name stand together
    word, province, first = pl.col("kata"), pl.col("wilayah"), start & pl.col("several")
    long = long.select(
        "i",
        kata=pl.when((word == "ST") & (pl.col("jk") == "P"))
        .then(pl.lit("SITI"))
        .when((word == "ST") & (pl.col("jk") == "L"))
        .then(pl.lit("SUTAN"))
        .when((word == "MD") & province.is_in(list(words.bali)))
        .then(pl.lit("MADE"))
        .when((word == "MD") | ((word == "M") & first))
        .then(pl.lit("MUHAMMAD"))
        .when((word == "A") & first & province.is_in(list(words.andi)))
        .then(pl.lit("ANDI"))
        .otherwise(word),
    )
    word_of = long.get_column("kata").cast(pl.Categorical(pl.Categories.random()))
    different = word_of.unique()
    written = different.cast(pl.String).replace(words.variants)
    bases = written.unique().sort()
    number = pl.repeat(0, len(different), dtype=pl.UInt32, eager=True)
    number = number.scatter(different.to_physical(), _numbers(written, bases))
    long = long.select("i", b=number.gather(word_of.to_physical()))
    # NUR HAYATI and NURHAYATI, ABDUL RAHMAN and ABDULRAHMAN.
    after = pl.col("b").shift(-1, fill_value=0)
    head = pl.lit(bases.is_in(list(words.joined))).gather(pl.col("b"))
    follows = (pl.col("i") == pl.col("i").shift(-1)) & pl.lit(bases.str.len_bytes() > 2).gather(after)
    long = long.with_columns(ekor=after, kepala=head & follows.fill_null(value=False))
    long = long.with_columns(kepala=pl.col("kepala") & ~pl.col("kepala").shift(1, fill_value=False))
    long = long.filter(~pl.col("kepala").shift(1, fill_value=False))
    pairs = long.filter("kepala").select("b", "ekor").unique(maintain_order=True)
    joined = bases.gather(pairs.get_column("b")) + bases.gather(pairs.get_column("ekor"))
    texts = pl.concat([bases, joined]).to_frame("baku").select("baku", kunci=spelling_key(pl.col("baku")))
    keys = texts.get_column("kunci").unique().sort()
    number = _numbers(texts.get_column("kunci"), keys)
    found = number.head(len(bases)).gather(long.get_column("b"))
    heads = (
        long.with_row_index("place")
        .filter("kepala")
        .join(pairs.with_columns(m=number.slice(len(bases))), on=["b", "ekor"])
    )
    return long.select("i", n=found.scatter(heads.get_column("place"), heads.get_column("m"))), keys


def _numbers(texts: pl.Series, known: pl.Series) -> pl.Series:
    """The place of each text in `known`, which holds them all."""
    places = pl.int_range(len(known), dtype=pl.UInt32, eager=True)
    return texts.replace_strict(known, places, return_dtype=pl.UInt32).cast(pl.UInt32)  # without texts it stays text


def name_words(names: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Canonical words of distinct names, and the word keys, sorted: what `add_name_columns` makes its columns of.

    `names`: `i` (ascending), `nama`, and `jk` and `wilayah` (two digits) where an abbreviation may hang on them. The
    words come as `i n` in the order of the names, `n` being the place of a word among the keys.
    """
    return _tokens(_cleaned(names))


def is_light(keys: pl.Series) -> pl.Series:
    """Which words carry little weight."""
    return keys.is_in(list(_words().light)) | (keys.str.len_bytes() == 1)


def _gathered(words: pl.DataFrame, keys: pl.Series) -> pl.DataFrame:
    """Per name `i`: `kunci token ringan given rangka mononim` from its words (see `_tokens`). Plain groupings: fast."""
    words = words.with_columns(ringan=pl.lit(is_light(keys)).gather(pl.col("n")), kata=pl.lit(keys).gather(pl.col("n")))
    whole = words.group_by("i").agg("kata")
    whole = whole.select("i", kunci=pl.col("kata").list.join(" "), mononim=pl.col("kata").list.len() == 1)
    # A name of nothing but light words keeps them as its tokens.
    heavy = words.filter(~pl.col("ringan")).select("i").unique().with_columns(berat=True)
    words = words.join(heavy, on="i", how="left", maintain_order="left")
    words = words.with_columns(ringan=pl.col("ringan") & pl.col("berat").fill_null(value=False))
    given = words.filter(~pl.col("ringan")).select("i", "n")
    given = given.filter((pl.col("i") != pl.col("i").shift(1)).fill_null(value=True))
    heads = given.select("n").unique()
    heads = heads.with_columns(given=pl.lit(keys).gather(pl.col("n"))).with_columns(rangka=skeleton(pl.col("given")))
    given = given.join(heads, on="n", how="left").select("i", "given", "rangka")
    bags = words.unique(["i", "n"]).sort("i", "n")  # the numbers are in the order of the keys
    token = bags.filter(~pl.col("ringan")).group_by("i", maintain_order=True).agg(token="kata")
    ringan = bags.filter("ringan").group_by("i", maintain_order=True).agg(ringan="kata")
    result = whole
    for part in (token, ringan, given):
        result = result.join(part, on="i", how="left")
    return result.with_columns(pl.col("ringan").fill_null([]))


def add_name_columns(
    frame: pl.DataFrame,
    column: str,
    prefix: str,
    *,
    sex: str | None = "jenis_kelamin",
    region: str | None = "kode_wilayah",
) -> pl.DataFrame:
    """`frame` with the name columns of `column`, each named `<prefix>...`; works on distinct names and joins back.

    `bersih` capitals without titles, degrees, marks, alias and father; `ayah` the name behind bin / binti; `alias`;
    `kunci` canonical words joined by blanks; `token` (list, sorted, distinct) words that carry weight, `ringan` (list)
    those that do not; `given` the first word of weight; `rangka` its consonant skeleton; `mononim` and `ortu` (a mark
    of the dead was in the name). Nulls for an empty name. `sex` and `region` name columns used where an abbreviation
    depends on them (ST, MD, A); they may be missing. A mother's name (`nama_ibu`) is a woman's.
    """
    jk = pl.col(sex).cast(pl.String) if sex is not None and sex in frame.columns else pl.lit(None, pl.String)
    if column == "nama_ibu":
        jk = pl.lit("P")
    place = pl.col(region).str.head(2) if region is not None and region in frame.columns else pl.lit(None, pl.String)
    # One text key per name, with the hints only where an abbreviation hangs on them, so that names repeat.
    unsure = pl.col(column).str.contains(UNSURE)
    hinted = pl.format("{}\x1f{}\x1f{}", pl.col(column), jk.fill_null(""), place.fill_null(""))
    keys = frame.select(nama=pl.col(column), k=pl.when(unsure).then(hinted).otherwise(pl.col(column)))
    parts = pl.col("k").str.split("\x1f")
    names = (
        keys.drop_nulls()
        .unique("k")
        .with_row_index("i")
        .with_columns(jk=parts.list.get(1, null_on_oob=True), wilayah=parts.list.get(2, null_on_oob=True))
    )
    names = _cleaned(names)
    names = names.join(_gathered(*_tokens(names)), on="i", how="left", maintain_order="left")
    fresh = ("bersih", "ayah", "alias", "kunci", "token", "ringan", "given", "rangka", "mononim", "ortu")
    names = names.select("k", *(pl.col(name).alias(prefix + name) for name in fresh))
    joined = keys.join(names, on="k", how="left", maintain_order="left")
    return frame.with_columns(joined.select(prefix + name for name in fresh))
