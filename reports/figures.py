"""Counts of a run: control totals, overlaps, registers side by side, findings and rupiah by region. Pure Polars."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from reports.context import CERTAIN, Context, once
from reports.families import stale_families
from reports.labels import percent
from rules.findings.money import money_once
from rules.i18n import N_, _

_MAX_SOURCES = 60  # bits of a combination mask
AGE_GROUPS = ((0, 6), (7, 18), (19, 59), (60, 200))


def control_totals(context: Context) -> pl.DataFrame:
    """Files with `selisih` = rows read - used - rejected (0 where the run kept every row)."""
    signed = [pl.col(c).cast(pl.Int64) for c in ("baris_dibaca", "baris_dipakai", "baris_ditolak")]
    return (
        context.tables.files.sort("sumber", "berkas", "lembar", nulls_last=True)
        .with_columns(signed)
        .with_columns(selisih=pl.col("baris_dibaca") - pl.col("baris_dipakai") - pl.col("baris_ditolak"))
    )


@dataclass(frozen=True, slots=True)
class Overlap:
    """Who is in which registers.

    `matrix[i][j]` counts the units in both i and j; `combos` are (exactly these sources, count), largest first.
    """

    sources: list[str]
    matrix: list[list[int]]
    combos: list[tuple[list[str], int]]
    total: int


def overlap(members: pl.DataFrame, sources: list[str]) -> Overlap:
    """Overlap of `sources` over `members` (columns unit, a number from 0, sumber; null units are left out)."""
    sources = sources[:_MAX_SOURCES]
    bits = {s: 1 << i for i, s in enumerate(sources)}
    members = members.drop_nulls().filter(pl.col("sumber").cast(pl.String).is_in(sources))
    # Units are numbers without large gaps: each has a place in an array, where the bits of its sources meet.
    unit = members["unit"].to_numpy()
    masks = np.zeros(int(unit.max()) + 1 if unit.size else 0, dtype=np.int64)
    for source, bit in bits.items():
        masks[unit[(members["sumber"] == source).to_numpy()]] |= bit
    kinds, counted = np.unique(masks[masks > 0], return_counts=True)
    pairs = sorted(zip(kinds.tolist(), counted.tolist(), strict=True), key=lambda one: (-one[1], one[0]))
    matrix = [[sum(n for mask, n in pairs if mask & bits[a] and mask & bits[b]) for b in sources] for a in sources]
    combos = [([s for s in sources if mask & bits[s]], n) for mask, n in pairs]
    return Overlap(sources, matrix, combos, sum(n for _mask, n in pairs))


@once
def person_overlap(context: Context) -> Overlap:
    """Persons by the sources they are in, payment lists included."""
    return overlap(context.coded.select("sumber", unit="orang"), context.sources)


def register_combinations(context: Context) -> list[tuple[list[str], int]]:
    """Persons by exactly the registers they stand in, payment lists apart; largest first."""
    counts: Counter[tuple[int, ...]] = Counter()
    for sources, n in person_overlap(context).combos:
        counts[tuple(i for i, s in enumerate(context.registers) if s in sources)] += n
    found = sorted(counts.items(), key=lambda one: (-one[1], sum(1 << i for i in one[0])))
    return [([context.registers[i] for i in which], n) for which, n in found if which]


@once
def family_overlap(context: Context) -> Overlap:
    """Families (by a member) by the registers they are in."""
    return overlap(context.coded.select("sumber", unit="keluarga"), context.registers)


def _age(as_of: date | None) -> pl.Expr:
    if as_of is None:
        return pl.lit(None, dtype=pl.Int32)
    born = pl.col("tanggal_lahir")
    before = (born.dt.month() > as_of.month) | ((born.dt.month() == as_of.month) & (born.dt.day() > as_of.day))
    return (as_of.year - born.dt.year()) - before.cast(pl.Int32)


def measures() -> list[tuple[str, str]]:
    """Key and title of each figure that registers are compared by, in the order shown."""
    ages = [
        (
            f"umur_{low}",
            _("Age {low}-{high}").format(low=low, high=high) if high < 200 else _("Age {low}+").format(low=low),
        )
        for low, high in AGE_GROUPS
    ]
    return [
        ("orang", _("Persons")),
        ("keluarga", _("Families")),
        ("laki", _("Male")),
        ("perempuan", _("Female")),
        *ages,
        ("desil_1", _("Persons in decile 1")),
        ("desil_4", _("Persons in deciles 1-4")),
    ]


def _person_figures(context: Context, digits: int) -> pl.DataFrame:
    age = _age(context.as_of)
    known = {c: pl.col(c).is_not_null().any() for c in ("jenis_kelamin", "tanggal_lahir", "desil")}
    who = context.coded.select("sumber", "orang", wilayah=context.coded_region(digits))
    first = context.coded_who(digits)[0].is_first_distinct()  # of a person in a register and region
    rows = who.hstack(context.rows.select(*known)).with_columns(pertama=first)
    rows = rows.filter(pl.col("sumber").cast(pl.String).is_in(context.registers))
    # A register that never states a field has no figure for it, which is not the same as zero.
    states = rows.group_by("sumber").agg(**{f"ada_{c}": e for c, e in known.items()})
    counts = (
        rows.filter(pl.col("wilayah").is_not_null() & pl.col("pertama"))
        .with_columns(umur=age)
        .group_by("sumber", "wilayah")
        .agg(
            orang=pl.len().cast(pl.Int64),
            laki=(pl.col("jenis_kelamin") == "L").sum().cast(pl.Int64),
            perempuan=(pl.col("jenis_kelamin") == "P").sum().cast(pl.Int64),
            **{f"umur_{a}": pl.col("umur").is_between(a, b).sum().cast(pl.Int64) for a, b in AGE_GROUPS},
            desil_1=(pl.col("desil") == 1).sum().cast(pl.Int64),
            desil_4=pl.col("desil").is_between(1, 4).sum().cast(pl.Int64),
        )
        .join(states, on="sumber")
        .with_columns(pl.col("sumber", "wilayah").cast(pl.String))
    )
    blank = {
        "jenis_kelamin": ("laki", "perempuan"),
        "tanggal_lahir": tuple(f"umur_{a}" for a, _b in AGE_GROUPS),
        "desil": ("desil_1", "desil_4"),
    }
    return counts.with_columns(
        pl.when(f"ada_{c}").then(pl.col(name)).alias(name) for c, names in blank.items() for name in names
    ).drop(f"ada_{c}" for c in known)


@once
def side_by_side(context: Context, digits: int) -> pl.DataFrame:
    """The same figure in each register: kode, ukuran, one column per register, selisih, selisih_persen.

    `digits` 6 is the kecamatan, 10 the desa. A register without the field has null, one that has nobody there 0.
    `selisih` is largest - smallest register, `selisih_persen` relates it to the largest (0-1).
    """
    families = (
        context.main_families.with_columns(wilayah=pl.col("kode_wilayah").str.slice(0, digits))
        .filter((pl.col("wilayah").str.len_chars() == digits) & pl.col("sumber").is_in(context.registers))
        .group_by("sumber", "wilayah")
        .agg(keluarga=pl.len().cast(pl.Int64))
    )
    keys = [key for key, _title in measures()]
    people = _person_figures(context, digits)
    long = (
        people.join(families, on=["sumber", "wilayah"], how="left")
        .unpivot(keys, index=["sumber", "wilayah"], variable_name="ukuran", value_name="nilai")
        .with_columns(urut=pl.col("ukuran").replace_strict({k: i for i, k in enumerate(keys)}, return_dtype=pl.Int32))
    )
    registers = context.registers
    if long.is_empty():
        schema = {"wilayah": pl.String, "ukuran": pl.String, **dict.fromkeys(registers, pl.Int64)}
        return pl.DataFrame(schema={**schema, "selisih": pl.Int64, "selisih_persen": pl.Float64})
    stated = long.group_by("sumber", "ukuran").agg(ada=pl.col("nilai").is_not_null().any())
    grid = long.select("wilayah", "ukuran", "urut").unique().join(pl.DataFrame({"sumber": registers}), how="cross")
    wide = (
        grid.join(long.drop("urut"), on=["wilayah", "ukuran", "sumber"], how="left")
        .join(stated, on=["sumber", "ukuran"], how="left")
        .with_columns(nilai=pl.when(pl.col("ada").fill_null(False)).then(pl.col("nilai").fill_null(0)))
        .sort("wilayah", "urut")
        .pivot("sumber", index=["wilayah", "ukuran", "urut"], values="nilai", maintain_order=True)
        .sort("wilayah", "urut")
        .select("wilayah", "ukuran", *registers)
    )
    high, low = pl.max_horizontal(registers), pl.min_horizontal(registers)
    return wide.with_columns(selisih=high - low).with_columns(
        selisih_persen=pl.when(high > 0).then(pl.col("selisih") / high)
    )


@once
def rupiah_at_risk(context: Context) -> pl.DataFrame:
    """`money_once` of all findings, in their order."""
    return money_once(context.findings, context.tables.payments)


@once
def by_code(context: Context) -> pl.DataFrame:
    """Findings per code, worst first: kelompok, kode, tingkat, temuan, pasti_n, orang, keluarga, rupiah (once)."""
    money = rupiah_at_risk(context)
    return (
        context.findings.join(money, on="temuan_id", how="left")
        .group_by("kelompok", "kode")
        .agg(
            urut=pl.col("urut").min(),
            tingkat=pl.col("tingkat").cast(pl.String).sort_by("urut").first(),
            temuan=pl.len().cast(pl.Int64),
            yakin=(pl.col("peluang") >= CERTAIN).sum().cast(pl.Int64),
            orang=pl.col("person_id").drop_nulls().n_unique().cast(pl.Int64),
            keluarga=pl.coalesce("keluarga_id", "family_id").drop_nulls().n_unique().cast(pl.Int64),
            pasti=pl.col("pasti").sum(),
            mungkin=pl.col("mungkin").sum(),
        )
        .sort("urut", "temuan", "kode", descending=[False, True, False])
    )


@once
def double_paid(context: Context) -> pl.DataFrame:
    """Findings of the group `bayar` with `pasti` and `mungkin` counted once per payment row."""
    found = context.findings.filter(pl.col("kelompok") == "bayar")
    return found.join(money_once(found, context.tables.payments), on="temuan_id", how="left", maintain_order="left")


@once
def double_paid_by_place(context: Context) -> pl.DataFrame:
    """Double recipients per programme, kecamatan and desa, most rupiah first."""
    return (
        context.with_places(double_paid(context))
        .group_by("program", pl.col("kode_wilayah").str.slice(0, 10), "kecamatan", "desa")
        .agg(
            temuan=pl.len().cast(pl.Int64),
            yakin=(pl.col("peluang") >= CERTAIN).sum().cast(pl.Int64),
            keluarga=pl.coalesce("family_id", "person_id").n_unique().cast(pl.Int64),
            pasti=pl.col("pasti").sum(),
            mungkin=pl.col("mungkin").sum(),
        )
        .sort("mungkin", "temuan", "program", "kode_wilayah", descending=[True, True, False, False], nulls_last=True)
    )


@once
def region_tree(context: Context) -> pl.DataFrame:
    """Per region of every level: persons, stale families, duplicate people, double recipients, identity, rupiah, worst.

    One row per code of 2, 4, 6 and 10 digits that holds a person or a finding; sorted by code.
    """
    money = rupiah_at_risk(context)
    findings = context.findings.join(money, on="temuan_id", how="left").select(
        "kode_wilayah", "kelompok", "urut", "pasti", "mungkin",
    )  # fmt: skip
    people = context.tables.persons.select("kode_wilayah")
    stale_records = stale_families(context).select("kode_wilayah")
    parts: list[pl.DataFrame] = []
    for digits in (2, 4, 6, 10):
        code = pl.col("kode_wilayah").str.slice(0, digits)
        deep = pl.col("kode_wilayah").str.len_chars() >= digits
        crowd = people.filter(deep).group_by(code.alias("kode")).agg(orang=pl.len().cast(pl.Int64))
        counts = (
            findings.filter(deep)
            .group_by(code.alias("kode"))
            .agg(
                temuan=pl.len().cast(pl.Int64),
                kritis=(pl.col("urut") == 0).sum().cast(pl.Int64),
                tinggi=(pl.col("urut") == 1).sum().cast(pl.Int64),
                **{g: (pl.col("kelompok") == g).sum().cast(pl.Int64) for g in ("ganda", "bayar", "identitas", "lain")},
                pasti=pl.col("pasti").sum(),
                mungkin=pl.col("mungkin").sum(),
            )
        )
        stale = stale_records.filter(deep).group_by(code.alias("kode")).agg(usang=pl.len().cast(pl.Int64))
        counts = counts.join(stale, on="kode", how="full", coalesce=True)
        parts.append(
            crowd.join(counts, on="kode", how="full", coalesce=True).with_columns(digit=pl.lit(digits, pl.Int8))
        )
    return pl.concat(parts).with_columns(pl.exclude("kode", "digit").fill_null(0)).sort("kode")


@dataclass(frozen=True, slots=True)
class Headline:
    """The figures of the front page."""

    rows_read: int
    rows_used: int
    rows_rejected: int
    persons: int
    families: int
    links: int
    review: int
    stale: int
    family_records: int
    duplicates: int
    double: int
    double_money: int  # certain rupiah of the double recipients alone
    certain_money: int
    possible_money: int
    identity: int
    findings: int
    critical: int


@once
def headline(context: Context) -> Headline:
    """Totals of the run; rupiah count every payment row once over all findings."""
    tables, found = context.tables, context.findings
    money = rupiah_at_risk(context)
    stale = stale_families(context)
    links = tables.links["putusan"].cast(pl.String)

    def size(group: str) -> int:
        return found.filter(pl.col("kelompok") == group).height

    return Headline(
        rows_read=int(tables.files["baris_dibaca"].cast(pl.Int64).sum()),
        rows_used=int(tables.files["baris_dipakai"].cast(pl.Int64).sum()),
        rows_rejected=int(tables.files["baris_ditolak"].cast(pl.Int64).sum()),
        persons=tables.persons.height,
        families=tables.persons["family_id"].drop_nulls().n_unique(),
        links=int((links == "padan").sum()),
        review=int((links == "tinjau").sum()),
        stale=stale.height,
        family_records=context.main_families.height,
        duplicates=size("ganda"),
        double=size("bayar"),
        double_money=int(double_paid(context)["pasti"].sum()),
        certain_money=int(money["pasti"].sum()),
        possible_money=int(money["mungkin"].sum()),
        identity=size("identitas"),
        findings=found.height,
        critical=int((found["urut"] == 0).sum()),
    )


def coverage_notes(context: Context) -> list[str]:
    """Sentences a reader must know before trusting a figure: rows in no region, rules stated once per file."""
    # The rules may have told the same already (one line per file is in their notes too).
    given = context.tables.info.get("catatan_aturan") or []
    told = {(note.get("kode"), note.get("berkas")) for note in given if isinstance(note, dict)}
    notes: list[str] = []
    persons = context.tables.persons
    nowhere = persons.filter(pl.col("kode_wilayah").fill_null("").str.len_chars() < 10).height
    if nowhere:
        notes.append(
            _("{n} persons ({share}) have no village code; they are in the totals but in no village list.").format(
                n=nowhere, share=percent(nowhere, persons.height)
            )
        )
    notes.extend(
        _(
            "Rule {code} ({title}) holds for {n} rows ({share}) of {file}: stated here once, not family by family, "
            "because the whole file is affected."
        ).format(
            code=row["kode"],
            title=context.title(row["kode"]),
            n=row["baris"],
            share=percent(row["bagian"], 1),
            file=row["berkas"],
        )
        for row in context.blanket.iter_rows(named=True)
        if (row["kode"], row["berkas"]) not in told
    )
    return notes


UNIT_NOTE = N_(
    "Families are counted in the unit of each register: DTKS by DTKS family id, P3KE by BKKBN family, the others by KK."
    " A difference is therefore no error by itself."
)
