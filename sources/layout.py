"""Layouts: one TOML per register and file kind, checked by pydantic, with every header spelling met in the wild."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from rules.errors import ConfigError, Place
from rules.i18n import _, language
from sources.spelling import key

FOLDER: Final = Path(__file__).parent / "layouts"

# Canonical columns a layout may map headers to. What becomes of them is decided in `clean` and `validate`.
CANONICAL: Final = frozenset((
    "nik", "no_kk", "id_keluarga", "id_art", "urut_art", "id_individu", "id_rumah_tangga", "nuk", "nama", "nama_ibu",
    "nama_ayah", "nama_kepala", "nik_ayah", "nik_ibu", "nik_kepala", "jenis_kelamin", "tempat_lahir", "tanggal_lahir",
    "lahir_hari", "lahir_bulan", "lahir_tahun", "umur", "hub_kk", "hub_krt", "status_kawin", "keberadaan",
    "hasil_pendataan", "tanggal_status", "nonaktif", "kode_kk", "no_bangunan", "no_keluarga", "kode_wilayah",
    "kode_provinsi", "kode_kabupaten", "kode_kecamatan", "kode_desa", "provinsi", "kabupaten", "kecamatan", "desa",
    "alamat", "dusun", "rt", "rw", "rt_rw", "pekerjaan", "pendidikan", "disabilitas", "fungsi_1", "fungsi_2",
    "fungsi_3", "fungsi_4", "fungsi_5", "fungsi_6", "fungsi_7", "fungsi_8", "fungsi_9", "hamil", "desil", "persentil",
    "jumlah_anggota", "status_padan", "ktp_el", "tanggal_perbarui", "tanggal_data", "program", "periode",
    "periode_awal", "periode_akhir", "bulan", "tahun", "tahap", "no_kartu", "nominal", "keterangan", "peserta",
    "sasaran",
))  # fmt: skip
ID_COLUMNS: Final = frozenset((
    "nik", "no_kk", "id_keluarga", "id_art", "id_individu", "id_rumah_tangga", "nik_ayah", "nik_ibu", "nik_kepala",
    "no_kartu", "peserta",
))  # fmt: skip
Kind = Literal["orang", "keluarga", "bayar", "rumah_tangga"]


class Column(BaseModel):
    """How a canonical column is found and read."""

    model_config = ConfigDict(extra="forbid")

    alias: list[str] = []
    kode: str | None = None  # code list "sumber:kolom" of data/kode_referensi.csv
    umum: bool = True  # the common spellings of layouts/umum.toml hold too


class Layout(BaseModel):
    """One kind of file of one register."""

    model_config = ConfigDict(extra="forbid")

    nama: str
    sumber: str
    jenis: Kind
    judul: str
    judul_id: str  # the same in Indonesian; beside it, because the file is read without the catalogue
    acuan: str  # where the facts come from
    program: str | None = None
    tanggal_bawaan: date | None = None
    tanda: list[str] = []  # headers by which this layout is told from its neighbours
    wajib: list[list[str]] = [["nama", "nik", "no_kk"]]  # of each group at least one canonical column
    abaikan: list[str] = []  # headers that belong here but are not used
    kolom: dict[str, Column]
    isi_ke_bawah: list[str] = []  # family columns merged over the members
    kunci_isi: str | None = None  # canonical column whose value starts a new family in a merged hand-out
    gabung_lembar: bool = False  # sheets hold parts of the same persons
    satuan: Literal["DTKS", "BKKBN"] | None = None  # the unit that id_keluarga counts
    rumah_tangga: bool = False  # id_keluarga is a stated household (one kitchen) as well
    bulan_per_tahap: int = 3  # months one payment stage (tahap) covers

    def title(self) -> str:
        """What kind of file this is, in the language in force."""
        return self.judul_id if language() == "id" else self.judul


@cache
def _common() -> dict[str, list[str]]:
    found = tomllib.loads((FOLDER / "umum.toml").read_text("utf-8"))
    strangers = set(found) - CANONICAL
    if strangers:
        raise ConfigError(f"layouts/umum.toml: {sorted(strangers)}", place=Place(file="umum.toml"))
    return {name: list(spellings) for name, spellings in found.items()}


@cache
def layouts() -> tuple[Layout, ...]:
    """All layouts, by file name. Raises ConfigError naming the file and every wrong key."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.toml")) if path.name != "umum.toml")


def layout(name: str) -> Layout:
    """The layout called `name`."""
    return next(one for one in layouts() if one.nama == name)


def _read(path: Path) -> Layout:
    try:
        found = Layout.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigError(str(error), place=Place(file=path.name), hint=_("Mend the layout file.")) from error
    strangers = set(found.kolom) - CANONICAL
    if strangers:
        raise ConfigError(
            _("unknown canonical columns: {names}").format(names=", ".join(sorted(strangers))),
            place=Place(file=path.name),
        )
    return found


@cache
def aliases(name: str) -> dict[str, str]:
    """Header key -> canonical column of layout `name`; the layout's own spellings win over the common ones."""
    chosen = layout(name)
    table: dict[str, str] = {}
    for canonical, column in chosen.kolom.items():
        for spelling in column.alias:
            table.setdefault(key(spelling), canonical)
    own = set(table) | {key(h) for h in chosen.abaikan}
    for canonical, column in chosen.kolom.items():
        if column.umum:
            for spelling in [canonical, *_common().get(canonical, [])]:
                if key(spelling) not in own:
                    table.setdefault(key(spelling), canonical)
    return table


@cache
def ignored(name: str) -> frozenset[str]:
    """Keys of the headers that layout `name` knows but does not use."""
    return frozenset(key(header) for header in layout(name).abaikan) - frozenset(aliases(name))


@cache
def marks(name: str) -> frozenset[str]:
    """Keys of the headers that tell layout `name` from its neighbours."""
    return frozenset(key(mark) for mark in layout(name).tanda)


@cache
def every_key() -> frozenset[str]:
    """All header keys that any layout knows."""
    return frozenset().union(*(frozenset(aliases(one.nama)) | ignored(one.nama) for one in layouts()))


@cache
def preference(name: str) -> dict[str, int]:
    """Rank of each spelling inside its canonical column: of two matching headers the earlier spelling wins."""
    return {spelling: rank for rank, spelling in enumerate(aliases(name))}
