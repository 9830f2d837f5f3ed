"""Payment lists: payees become records, payments their own rows with program, period and amount."""

from __future__ import annotations

import re
from datetime import date

import polars as pl

from rules.vocab import PAYMENT_PREFIX
from sources import assemble, dates, periods
from sources.clean import clean
from sources.layout import Layout
from sources.shape import BARIS
from sources.spelling import key

# Names of programmes as lists print them; what is not here keeps its own name as a slug.
_PROGRAMS = {
    "pkh": ("pkh", "programkeluargaharapan"),
    "bpnt": (
        "bpnt",
        "bnpt",
        "sembako",
        "bsp",
        "programsembako",
        "bantuanpangannontunai",
        "kartusembako",
        "bpntsembako",
        "sembakobpnt",
    ),
    "pbi_jkn": ("pbijkn", "pbi", "jknpbi", "pbijk", "pbinasional", "kispbi", "bpjspbi"),
    "blt_desa": ("bltdesa", "bltdd", "bltdanadesa", "bltd", "bantuanlangsungtunaidanadesa", "bantuanlangsungtunaidesa"),
    "bst": ("bst", "bantuansosialtunai"),
    "pip": ("pip", "programindonesiapintar", "kip"),
}
_SLUG = {name: program for program, names in _PROGRAMS.items() for name in names}
# What a row says of its payment, not of its payee: read by `with_payments` and not needed after it.
_OF_PAYMENT = ("periode", "periode_awal", "periode_akhir", "bulan", "tahun", "tahap", "no_kartu", "keterangan")
PAYMENT_COLUMNS = ("_program", "_awal", "_akhir", "_tahap", "_no_kartu", "_nominal", "_keterangan")


def clean_payments(data: pl.DataFrame, chosen: Layout, reference: date | None) -> pl.DataFrame:
    """`clean` for a payment list, with `_sama`: rows of one number write their payee alike.

    A list of six months names each payee six times: what stands there is cleaned once.
    """
    about = [c for c in data.columns if c in _OF_PAYMENT or c in (BARIS, "nominal", "program")]
    payee = [c for c in data.columns if c not in about]
    # Whether a column holds member ids shows in how often they stand there: that is judged on all rows.
    whole = "id_keluarga" in payee and "id_art" not in payee
    if whole or any(2 * data.get_column(c).n_unique() > data.height for c in payee if c in ("nik", "no_kk")):
        return clean(data, chosen, reference).with_row_index("_sama")
    same = _numbers(data, payee)
    first = same.is_first_distinct().arg_true()
    once = clean(data.select(BARIS, *payee).select(pl.all().gather(first)), chosen, reference).drop(BARIS)
    paid = clean(data.select(about), chosen, reference)
    return paid.hstack(once.select(pl.all().gather(same))).with_columns(same)


def _numbers(frame: pl.DataFrame, columns: list[str]) -> pl.Series:
    """`_sama`: the distinct rows of `columns` numbered from 0 as they come, for every row."""
    if not columns:
        return pl.Series("_sama", [0], dtype=pl.UInt32).new_from_index(0, frame.height)
    groups = frame.select(columns).with_row_index("_i").group_by(columns, maintain_order=True).agg("_i").select("_i")
    return groups.with_row_index("_sama").explode("_i", empty_as_null=False).sort("_i").get_column("_sama")


def program_slug(text: str) -> str:
    """`PKH`, `BLT Dana Desa`, `Program Sembako` as the short name used in `sumber` and `program`."""
    text = re.sub(r"\b(?:tahun\s+)?20\d\d\b", " ", text, flags=re.IGNORECASE)
    plain = key(text)
    return _SLUG.get(plain) or re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_") or "lain"


def with_payments(frame: pl.DataFrame, chosen: Layout, sumber: str, info: dict[str, str]) -> pl.DataFrame:
    """Add the payment columns (`_program _awal _akhir _tahap _no_kartu _nominal _keterangan`) and `sumber` per row.

    The program is what the user said, else the row's own column, else that of the layout or of the Program sheet.
    """
    said = sumber.removeprefix(PAYMENT_PREFIX)
    default = said if said != "lain" else program_slug(info.get("nama", info.get("namaprogram", "lain")))
    program: pl.Series = pl.Series("_program", [default]).new_from_index(0, frame.height)
    if "program" in frame.columns and (said in ("lain", chosen.program)):
        own = frame.get_column("program")
        distinct = own.unique().drop_nulls().to_list()
        slugs = (
            own.replace_strict(distinct, [program_slug(p) for p in distinct], default=None, return_dtype=pl.String)
            if distinct
            else own
        )
        program = pl.select(pl.coalesce(slugs, program)).to_series()
    spans = _spans(frame, chosen, info)

    def text(name: str) -> pl.Series:
        return frame.get_column(name) if name in frame.columns else pl.Series([None] * frame.height, dtype=pl.String)

    amount = (
        frame.get_column("nominal") if "nominal" in frame.columns else pl.Series([None] * frame.height, dtype=pl.Int64)
    )
    return frame.drop([c for c in ("nominal", "program") if c in frame.columns]).with_columns(
        program.alias("_program"),
        (PAYMENT_PREFIX + program).alias("sumber"),
        spans.get_column("awal").alias("_awal"),
        spans.get_column("akhir").alias("_akhir"),
        text("tahap").alias("_tahap"),
        text("no_kartu").alias("_no_kartu"),
        amount.cast(pl.Int64).alias("_nominal"),
        text("keterangan").alias("_keterangan"),
    )


def _spans(frame: pl.DataFrame, chosen: Layout, info: dict[str, str]) -> pl.DataFrame:
    """First and last day per row out of whatever columns speak of time, the most exact first."""
    rhythm = periods.Rhythm(chosen.bulan_per_tahap)
    years = frame.get_column("tahun").cast(pl.Int32) if "tahun" in frame.columns else None
    begin = pl.Series("awal", [None] * frame.height, dtype=pl.Date)
    end = pl.Series("akhir", [None] * frame.height, dtype=pl.Date)
    if "periode_awal" in frame.columns:
        first = periods.parse(frame.get_column("periode_awal"), years, rhythm)
        last = (
            periods.parse(frame.get_column("periode_akhir"), years, rhythm)
            if "periode_akhir" in frame.columns
            else first
        )
        begin, end = (
            first.get_column("awal"),
            pl.select(pl.coalesce(last.get_column("akhir"), first.get_column("akhir"))).to_series(),
        )
    for name in ("periode", "bulan", "tahap", "keterangan"):
        if name in frame.columns and begin.null_count():
            found = periods.parse(frame.get_column(name), years, rhythm)
            if name == "keterangan":  # a remark counts only when it names a year itself
                found = found.with_columns(pl.when(frame.get_column(name).str.contains(r"20\d\d")).then(pl.all()))
            end = pl.select(pl.coalesce(end, pl.when(begin.is_null()).then(found.get_column("akhir")))).to_series()
            begin = pl.select(pl.coalesce(begin, found.get_column("awal"))).to_series()
    if years is not None and begin.null_count():
        whole = periods.parse(years.cast(pl.String), None, rhythm)
        end = pl.select(pl.coalesce(end, pl.when(begin.is_null()).then(whole.get_column("akhir")))).to_series()
        begin = pl.select(pl.coalesce(begin, whole.get_column("awal"))).to_series()
    stated = info.get("rentangwaktu") or info.get("periode") or info.get("keterangan")
    if begin.null_count() and stated:
        span = periods.one(stated, rhythm)
        if span is not None:
            end = end.fill_null(span[1])
            begin = begin.fill_null(span[0])
    return pl.DataFrame([begin.alias("awal"), end.alias("akhir")])


def split_payee(frame: pl.DataFrame, info: dict[str, str]) -> pl.DataFrame:
    """OpenSID's *Peserta* is a NIK, a KK or a household number according to the target group 1, 2, 3 of the program."""
    if "peserta" not in frame.columns:
        return frame
    target = re.search(r"[1-4]|penduduk|keluarga|rumah|kelompok", info.get("sasaran", "").casefold())
    word = target.group(0) if target else ""
    goal = {
        "1": "nik",
        "penduduk": "nik",
        "2": "no_kk",
        "keluarga": "no_kk",
        "3": "id_rumah_tangga",
        "rumah": "id_rumah_tangga",
    }
    column = goal.get(word, "nik" if not info else "id_rumah_tangga")
    filled = pl.coalesce(column, "peserta") if column in frame.columns else pl.col("peserta")
    return frame.with_columns(filled.alias(column)).drop("peserta")


def split(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split cleaned payment rows (`clean_payments`) into payees and payments, tied by the number `_penerima`.

    Payees: one row for all rows that write the payee alike, standing at the first of them: a list of six months checks
    each payee once. Payments: every row, with its number and the payment columns.
    """
    alike = [
        c for c in frame.columns if c not in _OF_PAYMENT and c not in PAYMENT_COLUMNS and c not in (BARIS, "_sama")
    ]
    written = frame.get_column("_sama")
    once = frame.select(BARIS, "_sama", *alike).filter(written.is_first_distinct())
    once = once.with_columns(_numbers(once, alike).alias("_penerima"))
    ids = written.replace_strict(once.get_column("_sama"), once.get_column("_penerima")).alias("_penerima")
    payee = once.filter(once.get_column("_penerima").is_first_distinct()).drop("_sama")
    return payee, frame.select(BARIS, *PAYMENT_COLUMNS).with_columns(ids)


def payees(frame: pl.DataFrame, paid: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Validated payees and the payments of `split` as (payees, payments).

    Payees: one row per distinct content (`_bayar` is its content hash), standing at its first row; `assemble.records`
    makes one record of those that the files of one program share.
    Payments: every row, with `_bayar` to find its payee again.
    """
    group = assemble.content_hash(frame, assemble.CONTENT, "sumber")
    frame = frame.with_columns(group.alias("_bayar")).sort("lembar", BARIS, nulls_last=True)
    first = frame.unique("_bayar", keep="first", maintain_order=True).drop("_penerima")
    of_payee = frame.select("_penerima", "_bayar", "berkas", "lembar")
    payments = paid.join(of_payee, on="_penerima", how="left", maintain_order="left")
    return first, payments.select("_bayar", *PAYMENT_COLUMNS, "berkas", "lembar", BARIS)


def payments_table(payments: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """The `payments` table; `records` still carries `_bayar`."""
    names = {c: c[1:] for c in PAYMENT_COLUMNS} | {"_awal": "periode_awal", "_akhir": "periode_akhir"}
    payee = records.filter(pl.col("_bayar").is_not_null()).select("_bayar", "baris_id", "sidik")
    frame = payments.join(payee, on="_bayar", how="inner").rename(names)
    content = ["program", "periode_awal", "periode_akhir", "tahap", "no_kartu", "nominal", "keterangan"]
    hashes = assemble.content_hash(frame, content, "sidik")
    ids, order = assemble.number_equal(frame, hashes, ("berkas", "lembar", "nomor_baris"))
    frame = frame.with_columns(ids.alias("bayar_id")).drop("_bayar", "sidik")
    return frame.select(pl.all().gather(order))


def newest_period(frame: pl.DataFrame) -> date | None:
    """First day of the newest period paid for: the date a list without one speaks of."""
    newest = frame.get_column("_awal").max() if "_awal" in frame.columns else None
    return newest if isinstance(newest, date) else None


__all__ = [
    "clean_payments", "dates", "newest_period", "payees", "payments_table", "program_slug", "split", "split_payee",
    "with_payments",
]  # fmt: skip
