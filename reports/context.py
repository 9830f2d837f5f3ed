"""What every report needs beside the tables: region names, rule titles, groups of findings, and common joins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, wraps
from threading import RLock
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

import polars as pl

from reports.labels import source_label
from rules.findings.context import numbered
from rules.i18n import N_, _
from rules.tables import Tables
from rules.vocab import PAYMENT_PREFIX, REGISTERS, SEVERITY

CERTAIN: Final = 0.99  # a finding is "certain" from this probability on (design: bands)
GROUPS: Final[Mapping[str, str]] = {
    "usang": N_("Stale families"),
    "ganda": N_("Duplicate people"),
    "bayar": N_("Double recipients"),
    "identitas": N_("Identity problems"),
    "lain": N_("Other findings"),
}
_DUPLICATE: Final = ("GANDA_DAFTAR", "ST29", "ST40")
_IDENTITY_ST: Final = ("ST41", "ST42")  # one person, two NIKs or KKs: about papers, not about who lives together
_BLANKET_SHARE: Final = 0.5  # staleness rules: "when they touch more than half of it"
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What the reports show of a rule, in the run's language."""

    kode: str
    judul: str
    tingkat: str = ""
    dasar: str = ""
    tindakan: str = ""
    per_berkas: bool = False


def group_expr(code: str = "kode") -> pl.Expr:
    """The group (key of GROUPS) that a finding is counted in; each code is in one group."""
    kode = pl.col(code)
    return (
        pl.when(kode.is_in(_DUPLICATE))
        .then(pl.lit("ganda"))
        .when(kode.str.starts_with("BG") | kode.is_in(["EKSKLUSIF", "ST73"]))
        .then(pl.lit("bayar"))
        .when(kode.str.contains(r"^[NK]\d") | kode.is_in(_IDENTITY_ST))
        .then(pl.lit("identitas"))
        .when(kode.str.starts_with("ST"))
        .then(pl.lit("usang"))
        .otherwise(pl.lit("lain"))
    )


@dataclass(frozen=True)
class Context:
    """The tables of a run with the look-ups shared by all reports.

    `regions` has the columns kode, nama, tingkat, induk, status of `rules.wilayah.load_wilayah`.
    """

    tables: Tables
    regions: pl.DataFrame
    rules: Mapping[str, RuleInfo]
    notes: tuple[str, ...] = field(default=())
    kept: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)  # of `once`

    @cached_property
    def as_of(self) -> date | None:
        """The date that ages refer to: the run's setting, else the newest data date."""
        stated = self.tables.info.get("tanggal_acuan")
        if isinstance(stated, date):
            return stated
        if isinstance(stated, str) and stated:
            return date.fromisoformat(stated[:10])
        newest = self.tables.records["tanggal_data"].max()
        return newest if isinstance(newest, date) else None

    @cached_property
    def sources(self) -> list[str]:
        """Sources of the run: registers in their usual order, then payment lists by name."""
        found = set(self.tables.records["sumber"].unique()) | set(self.tables.files["sumber"].unique())
        known = [s for s in REGISTERS if s in found]
        return known + sorted(found - set(known))

    @cached_property
    def registers(self) -> list[str]:
        """The sources that are registers, not payment lists."""
        return [s for s in self.sources if not s.startswith(PAYMENT_PREFIX)]

    @cached_property
    def source_names(self) -> dict[str, str]:
        """Source -> name shown."""
        return {s: source_label(s) for s in self.sources}

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Every record with its person and family: the few columns the reports join again and again."""
        return self.tables.records.select(
            "baris_id", "sumber", "berkas", "lembar", "nomor_baris", "tanggal_data", "nik", "nik_asli", "no_kk",
            "no_kk_asli", "nama", "nama_ibu", "jenis_kelamin", "tanggal_lahir", "kode_wilayah", "alamat", "rt", "rw",
            "desil",
        ).join(
            self.tables.entities.select("baris_id", "person_id", "family_id"), on="baris_id", how="left",
            maintain_order="left",
        )  # fmt: skip

    @cached_property
    def coded(self) -> pl.DataFrame:
        """Per row of `rows` what it is counted by: sumber, kode_wilayah (Enum), orang, keluarga (numbers; null: none).

        Numbers and enums are grouped in a fraction of the time of texts.
        """
        facts = self.rows.select(
            pl.col(name).cast(pl.Enum(self.rows[name].drop_nulls().unique().sort()))
            for name in ("sumber", "kode_wilayah")
        )
        ids = {"orang": "person_id", "keluarga": "family_id"}
        return facts.hstack(self.rows.select(numbered(pl.col(old)).alias(new) for new, old in ids.items()))

    def coded_region(self, digits: int) -> pl.Series:
        """Per row of `rows` the first `digits` of its region code (Enum); null where it has fewer."""
        places = self.coded["kode_wilayah"]
        known = cast(pl.Enum, places.dtype).categories
        parts = pl.select(pl.when(known.str.len_chars() >= digits).then(known.str.slice(0, digits))).to_series()
        return parts.cast(pl.Enum(parts.drop_nulls().unique().sort())).gather(places.to_physical())

    def coded_who(self, digits: int) -> tuple[pl.Series, list[tuple[str, str]]]:
        """Per row of `rows` a number for its person, region of `digits` and source; null where it has no such region.

        And the (source, region) that each number stands for, by its remainder: so many numbers there are per person.
        """
        places, sources = self.coded_region(digits), self.coded["sumber"]
        regions, names = (list(cast(pl.Enum, one.dtype).categories) for one in (places, sources))
        who = self.coded["orang"].cast(pl.UInt64).fill_null(2**32 - 1)
        place, source = (one.to_physical().cast(pl.UInt64) for one in (places, sources))
        number = (who * max(len(regions), 1) + place) * max(len(names), 1) + source
        return number, [(name, region) for region in regions for name in names]

    def beside(self, frame: pl.DataFrame, *columns: str, of: pl.DataFrame | None = None) -> pl.DataFrame:
        """`frame` with these columns (default: all) of `rows` for its `baris_id`, null where it has none.

        `of` is another frame with one row per row of `rows`, in their order. A look-up by place: a join would hash
        millions of records for every list.
        """
        facts = (self.rows if of is None else of).select(columns or pl.all())
        known = self.rows["baris_id"]
        if "baris_id" in facts.columns:
            facts = facts.drop("baris_id")
        if not known.len() or not known.is_sorted():
            whole = facts.with_columns(known.alias("baris_id"))
            return frame.join(whole, on="baris_id", how="left", maintain_order="left")
        ids = frame["baris_id"]
        gapless = known[0] == 0 and known[-1] == known.len() - 1
        place = ids if gapless else pl.Series(known.search_sorted(ids, side="left"))
        there = (place < known.len()) & (known.gather(place.clip(upper_bound=known.len() - 1)) == ids)
        place = pl.select(pl.when(there).then(place)).to_series()
        return frame.hstack(facts.select(pl.all().gather(place)))

    @cached_property
    def people(self) -> pl.DataFrame:
        """Per row of `rows`: person_id, the name on the row (`nama_baris`) and that of its person (`nama_orang`)."""
        names = self.tables.persons.select("person_id", nama_orang="nama")
        return self.rows.select("person_id", nama_baris="nama").join(
            names, on="person_id", how="left", maintain_order="left"
        )

    @cached_property
    def doubtful(self) -> pl.DataFrame:
        """Every doubtful pair of rows: kiri, kanan, `sidik_1, sidik_2` of them, `pa, pb` the persons, lesser first."""
        who = self.tables.records.select("sidik")
        if not self.tables.records["baris_id"].equals(self.rows["baris_id"]):
            raise ValueError("rows are not those of the records")
        facts = self.rows.select("person_id").hstack(who)
        found = self.tables.links.filter(pl.col("putusan") == "tinjau").select("kiri", "kanan")
        for side, number in (("kiri", "1"), ("kanan", "2")):
            named = self.beside(found.select(baris_id=side), of=facts)
            found = found.hstack([named["person_id"].alias(f"p{number}"), named["sidik"].alias(f"sidik_{number}")])
        return found.with_columns(pa=pl.min_horizontal("p1", "p2"), pb=pl.max_horizontal("p1", "p2"))

    @cached_property
    def findings(self) -> pl.DataFrame:
        """Findings with `kelompok`, `urut` (0 = worst severity), and the region of the person where theirs is empty."""
        found = self.tables.findings
        home = self.tables.persons.select("person_id", rumah="kode_wilayah")
        facts = (
            found.select("person_id", "kode_wilayah", "kode", "tingkat")
            .join(home, on="person_id", how="left", maintain_order="left")
            .select(
                pl.coalesce("kode_wilayah", "rumah").alias("kode_wilayah"),
                kelompok=group_expr(),
                urut=severity_rank(),
            )
        )
        # Beside the findings, not joined to them: a join would copy their evidence, most of their size.
        return found.with_columns(facts.get_columns())

    @cached_property
    def blanket(self) -> pl.DataFrame:
        """Date and format rules that touch more than half of a file: kode, berkas, baris, bagian (share of the rows).

        They can fire on every row of an old file; then one line per file says more than one line per family.
        """
        codes = [rule.kode for rule in self.rules.values() if rule.per_berkas]
        rows = (
            self.tables.findings.filter(pl.col("kode").is_in(codes))
            .select("kode", baris_id="baris")
            .explode("baris_id")
            .unique()
            .join(self.tables.records.select("baris_id", "berkas"), on="baris_id")
        )
        used = self.tables.files.group_by("berkas").agg(pl.col("baris_dipakai").sum())
        return (
            rows.group_by("kode", "berkas")
            .agg(baris=pl.len())
            .join(used, on="berkas")
            .with_columns(bagian=pl.col("baris") / pl.col("baris_dipakai"))
            .filter(pl.col("bagian") > _BLANKET_SHARE)
            .select("kode", "berkas", "baris", "bagian")
            .sort("kode", "berkas")
        )

    @cached_property
    def worklist(self) -> pl.DataFrame:
        """Findings that are listed one by one: all but those that `blanket` states once per file."""
        if self.blanket.is_empty():
            return self.findings
        files = self.tables.records.select("baris_id", "berkas")
        told = (
            self.tables.findings.filter(pl.col("kode").is_in(self.blanket["kode"].unique().to_list()))
            .select("temuan_id", "kode", baris_id=pl.col("baris").list.first())
            .join(files, on="baris_id")
            .join(self.blanket, on=["kode", "berkas"], how="semi")
        )
        return self.findings.join(told, on="temuan_id", how="anti", maintain_order="left")

    @cached_property
    def main_families(self) -> pl.DataFrame:
        """`reports.families.main_families` of this run."""
        from reports.families import main_families

        return main_families(self)

    @cached_property
    def keyed(self) -> pl.DataFrame:
        """The worklist with `kunci`, the family record of each finding."""
        from reports.families import family_key

        return family_key(self, self.worklist)

    @cached_property
    def names(self) -> dict[str, str]:
        """Region code -> name, current codes before retired ones."""
        frame = self.regions.select("kode", "nama").unique("kode", keep="first", maintain_order=True)
        return dict(zip(frame["kode"].to_list(), frame["nama"].to_list(), strict=True))

    def names_of(self, codes: pl.Series) -> dict[str, str]:
        """`names` of these codes alone: all of them take Polars, and Python, a twentieth of a second at every look."""
        return {code: self.names[code] for code in codes.drop_nulls().unique().sort() if code in self.names}

    @cached_property
    def _places(self) -> pl.DataFrame:
        return self.regions.select("kode", "nama").unique("kode", keep="first", maintain_order=True)

    def region(self, code: str) -> str:
        """The name of a region code; the code itself when it is unknown."""
        return self.names.get(code, code)

    def with_places(self, frame: pl.DataFrame, code: str = "kode_wilayah") -> pl.DataFrame:
        """Add `kecamatan` and `desa` (names; the bare code where there is no name; null where not that deep)."""
        out = frame
        for name, digits in (("kecamatan", 6), ("desa", 10)):
            part = pl.when(pl.col(code).str.len_chars() >= digits).then(pl.col(code).str.slice(0, digits))
            out = (
                out.with_columns(part.alias("_bagian"))
                .join(
                    self._places.rename({"kode": "_bagian", "nama": name}),
                    on="_bagian",
                    how="left",
                    maintain_order="left",
                )
                .with_columns(pl.coalesce(name, "_bagian").alias(name))
                .drop("_bagian")
            )
        return out

    def title(self, code: str) -> str:
        """The title of a rule; the code itself when it has none."""
        return self.rules[code].judul if code in self.rules else code

    def place_title(self) -> str:
        """The region the run is about: the deepest region (at most kabupaten) that holds nearly all records."""
        codes = self.tables.records.select(pl.col("kode_wilayah").drop_nulls())
        for digits in (4, 2):
            top = codes.select(pl.col("kode_wilayah").str.slice(0, digits)).to_series().value_counts(sort=True)
            if top.height and top["count"][0] >= 0.9 * codes.height:
                return self.region(top["kode_wilayah"][0])
        return _("Several provinces") if codes.height else _("Region unknown")


def once(find: Callable[Concatenate[Context, P], T]) -> Callable[Concatenate[Context, P], T]:
    """Let `find` look only once per context and arguments: page, workbook and lists show the same figures."""

    @wraps(find)
    def found(context: Context, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (find, args, tuple(sorted(kwargs.items())))
        with context.kept.setdefault((key, "lock"), RLock()):  # reports are written by two threads
            if key not in context.kept:
                context.kept[key] = find(context, *args, **kwargs)
            known: T = context.kept[key]
            return known

    return found


def severity_rank(column: str = "tingkat") -> pl.Expr:
    """0 for KRITIS ... 3 for INFO."""
    return pl.col(column).cast(pl.String).replace_strict({s: i for i, s in enumerate(SEVERITY)}, return_dtype=pl.UInt8)
