"""A small run with everything the reports must show: plausible, synthetic, with region codes that exist."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from reports.context import Context, RuleInfo
from reports.write import make_context
from rules.tables import Tables, check, empty
from rules.wilayah import load_wilayah

DATES = {
    "dtks": date(2022, 10, 31),
    "p3ke": date(2022, 8, 31),
    "regsosek": date(2022, 11, 14),
    "dukcapil": date(2024, 1, 31),
    "bayar_pkh": date(2024, 3, 31),
}
FILES = {
    "dtks": ("dtks_purbalingga.csv", None, "dtks_desa"),
    "p3ke": ("P3KE individu.xlsx", "Sheet1", "p3ke_individu"),
    "regsosek": ("regsosek.csv", None, "regsosek_datar"),
    "dukcapil": ("dukcapil.csv", None, "dukcapil_siak"),
    "bayar_pkh": ("pkh_tahap1.csv", None, "bayar_pkh"),
}
DESA = ("3303012001", "3303012002", "3303022001", "3303022003", "3303051001")
GIVEN_L = ("SLAMET", "AGUS", "BUDI", "JOKO", "SUTRISNO", "EKO", "TEGUH", "WAHYU", "ANDI", "RUDI")
GIVEN_P = ("SITI", "SRI", "ENDANG", "WATI", "NURHAYATI", "LESTARI", "PARTINI", "DEWI", "RATNA", "YULI")
LAST = ("RIYADI", "WIBOWO", "SANTOSO", "HIDAYAT", "PRASETYO", "UTOMO", "SAPUTRA", "RAHAYU", "NINGSIH", "WALUYO")
RULES = {
    kode: RuleInfo(kode, judul, tingkat, "Praktik", tindakan, per_berkas=kode == "ST60")
    for kode, tingkat, judul, tindakan in (
        ("ST01", "TINGGI", "Anak sudah menikah dan punya KK sendiri", "Minta KK anak dan KK orang tua."),
        ("ST10", "KRITIS", "Kepala keluarga meninggal, belum ada pengganti", "Tunjuk pengganti atau akhiri data."),
        ("ST60", "SEDANG", "Data lebih tua dari 24 bulan", "Verifikasi ulang."),
        ("GANDA_DAFTAR", "TINGGI", "Satu orang tercatat dua kali dalam satu daftar", "Pilih satu, tutup yang lain."),
        ("N01", "SEDANG", "NIK tidak 16 digit", "Minta KTP."),
        ("BG01", "KRITIS", "Dibayar dua kali oleh satu program", "Tahan pembayaran kedua."),
    )
}


def _hash(*parts: object) -> str:
    return hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def _frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as table `name`; columns not given are null (or empty lists)."""
    blank = empty(name)
    columns = {c: [row.get(c) for row in rows] for c in blank.columns}
    frame = pl.DataFrame(columns, schema=dict(blank.schema), strict=False)
    lists = [c for c, kind in blank.schema.items() if isinstance(kind, pl.List)]
    return check(name, frame.with_columns(pl.col(c).fill_null(pl.lit([], dtype=blank.schema[c])) for c in lists))


def make_tables(families: int = 80, seed: int = 1) -> Tables:  # noqa: PLR0912
    """A run over `families` families of three to five members in five villages of one kabupaten."""
    rng = np.random.default_rng(seed)
    records: list[dict[str, Any]] = []
    payments: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    counters = dict.fromkeys(FILES, 1)
    people: list[dict[str, Any]] = []
    for f in range(families):
        desa = DESA[f % len(DESA)]
        for m in range(int(rng.integers(3, 6))):
            sex = "L" if m == 0 or (m > 1 and rng.random() < 0.5) else "P"
            year = int(rng.integers(1950, 1985)) if m < 2 else int(rng.integers(1995, 2021))
            born = date(year, int(rng.integers(1, 13)), int(rng.integers(1, 29)))
            day = born.day + (40 if sex == "P" else 0)
            people.append({
                "keluarga": f, "m": m, "desa": desa, "sex": sex, "born": born,
                "nama": f"{rng.choice(GIVEN_L if sex == 'L' else GIVEN_P)} {rng.choice(LAST)}",
                "nik": f"330390{day:02d}{born.month:02d}{born.year % 100:02d}{len(people):04d}",
                "kk": f"330391{1 + f % 28:02d}0315{f:04d}",
                "hub": ("KEPALA", "PASANGAN")[m] if m < 2 else "ANAK",
            })  # fmt: skip

    def add(source: str, number: int, **change: Any) -> int:
        person = people[number]
        berkas, lembar, _jenis = FILES[source]
        counters[source] += 1
        kk = None if source == "p3ke" else person["kk"]
        row = {
            "sumber": source, "berkas": berkas, "lembar": lembar, "nomor_baris": counters[source],
            "tanggal_data": DATES[source], "nik": person["nik"], "nik_asli": person["nik"], "nik_mutu": "TEPERCAYA",
            "no_kk": kk, "no_kk_asli": kk, "kk_mutu": "TEPERCAYA" if kk else "KOSONG", "nama": person["nama"],
            "id_keluarga": f"33030120010{person['keluarga']:05d}" if source == "dtks" else None,
            "jenis_kelamin": person["sex"], "tanggal_lahir": person["born"], "lahir_mutu": "LENGKAP",
            "hub_kk": person["hub"], "kode_wilayah": person["desa"], "skema_wilayah": "KEMENDAGRI",
            "alamat": "JL. MELATI NO. 3", "rt": f"{1 + person['keluarga'] % 4:03d}", "rw": "002", "mutu": [],
            "desil": 1 + person["keluarga"] % 6 if source in ("p3ke", "regsosek") else None,
            "orang": number, **change,
        }  # fmt: skip
        row["sidik"] = _hash(source, row["nomor_baris"], row["nama"])
        records.append(row)
        return len(records) - 1

    for i in range(len(people)):
        for source, share in (("dtks", 0.8), ("p3ke", 0.4), ("regsosek", 0.9), ("dukcapil", 0.97)):
            if rng.random() < share:
                add(source, i)
    first_row: dict[tuple[str, int], int] = {}
    for k, row in enumerate(records):
        first_row.setdefault((row["sumber"], row["orang"]), k)
    doubles = [add("dtks", i, nama=people[i]["nama"].replace("I", "IE", 1)) for i in range(0, len(people), 37)]
    formula = add("dtks", 5, nama="=CMD|' /C calc'!A0", alamat="+62 JALAN @RAYA")
    paid = [add("bayar_pkh", i) for i in range(0, len(people), 4)]
    ids = {k: n for n, k in enumerate(sorted(range(len(records)), key=lambda k: str(records[k]["sidik"])))}
    for k, row in enumerate(records):
        row["baris_id"] = ids[k]
    for k in paid:
        for month in (1, 1) if k % 5 == 0 else (1,):
            start = date(2024, month, 1)
            payments.append({
                "bayar_id": _hash("bayar", k, len(payments)), "baris_id": ids[k], "program": "pkh",
                "periode_awal": start, "periode_akhir": date(2024, 3, 31),
                "tahap": "1", "no_kartu": f"6013{k:012d}", "nominal": 750_000,
                "berkas": FILES["bayar_pkh"][0], "nomor_baris": 2 + len(payments), "asal": k,
            })  # fmt: skip
    for n in range(3):
        rejected.append({
            "sumber": "dtks", "berkas": FILES["dtks"][0], "nomor_baris": 900 + n, "kolom": "NAMA",
            "aturan": ("BARIS_KOSONG", "TANPA_IDENTITAS", "BARIS_RUSAK")[n], "nilai": "••••••••••••••01",
        })  # fmt: skip

    person_id = [_hash("orang", i) for i in range(len(people))]
    family_id = [_hash("keluarga", p["kk"]) for p in people]
    by_family: dict[tuple[str, str, str], list[int]] = {}
    for row in records:
        unit = {
            "dtks": ("DTKS", row["id_keluarga"]),
            "p3ke": ("BKKBN", f"P{people[row['orang']]['keluarga']:06d}"),
        }.get(row["sumber"], ("KK", row["no_kk"]))
        if not row["sumber"].startswith("bayar"):
            by_family.setdefault((row["sumber"], unit[0], str(unit[1])), []).append(row["baris_id"])
    named = {row["baris_id"]: row for row in records}
    families_rows = [
        {
            "keluarga_id": f"{s}:{u}:{i}", "sumber": s, "satuan": u, "id_sumber": i,
            "nama_kepala": named[min(rows)]["nama"],
            "tanggal_data": DATES[s], "kode_wilayah": named[min(rows)]["kode_wilayah"], "jumlah_anggota": len(rows),
            "jumlah_baris": len(rows), "baris": sorted(rows), "desil": named[min(rows)]["desil"],
        }
        for (s, u, i), rows in sorted(by_family.items())
    ]  # fmt: skip

    findings: list[dict[str, Any]] = []

    def find(kode: str, tingkat: str, rows: list[int], columns: tuple[str, ...], text: str, **more: Any) -> None:
        subject = records[rows[0]]
        who = subject["orang"]
        findings.append({
            "temuan_id": _hash(kode, *rows), "kode": kode, "tingkat": tingkat, "peluang": more.pop("peluang", 0.97),
            "person_id": person_id[who], "family_id": family_id[who],
            "keluarga_id": f"dtks:DTKS:{subject['id_keluarga']}" if kode.startswith("ST") else None,
            "kode_wilayah": subject["kode_wilayah"], "nominal_pasti": 0, "nominal_mungkin": 0,
            "baris": sorted(ids[k] for k in rows),
            "bukti": [
                {"baris_id": ids[k], "sumber": records[k]["sumber"], "kolom": c, "nilai": str(records[k][c]),
                 "tanggal": DATES[records[k]["sumber"]]}
                for k in rows for c in columns if records[k].get(c) is not None
            ],
            "ringkas": text, "tindakan": RULES[kode].tindakan, **more,
        })  # fmt: skip

    for i in range(len(people)):
        dtks, capil = first_row.get(("dtks", i)), first_row.get(("dukcapil", i))
        if dtks is None or capil is None:
            continue
        if people[i]["m"] == 2 and i % 3 == 0:
            find(
                "ST01", "TINGGI", [dtks, capil], ("hub_kk", "no_kk", "tanggal_lahir"), "Anak sudah menikah, KK sendiri."
            )
        if people[i]["m"] == 0 and people[i]["keluarga"] % 9 == 0:
            find("ST10", "KRITIS", [dtks, capil], ("hub_kk", "nama"), "Kepala keluarga meninggal menurut Dukcapil.")
        if i % 11 == 0:
            find("N01", "SEDANG", [dtks], ("nik_asli",), "NIK tidak 16 digit.")
    for k in doubles:
        first = first_row.get(("dtks", records[k]["orang"]))
        if first is not None:
            find("GANDA_DAFTAR", "TINGGI", [first, k], ("nama", "nik"), "Tercatat dua kali di DTKS.", peluang=0.995)
    find("ST01", "TINGGI", [formula], ("nama",), "=HYPERLINK(1)")
    twice: dict[int, list[dict[str, Any]]] = {}
    for payment in payments:
        twice.setdefault(payment["asal"], []).append(payment)
    for k, rows in twice.items():
        if len(rows) > 1:
            find(
                "BG01", "KRITIS", [k], ("nik", "nominal"), "Dibayar dua kali untuk periode yang sama.", peluang=0.998,
                program="pkh", periode_awal=date(2024, 1, 1), periode_akhir=date(2024, 3, 31), nominal_pasti=750_000,
                nominal_mungkin=750_000, bayar=[p["bayar_id"] for p in rows],
            )  # fmt: skip

    links = []
    for row in records:
        anchor = first_row.get(("dukcapil", row["orang"]))
        if anchor is not None and ids[anchor] != row["baris_id"]:
            pair = sorted((ids[anchor], row["baris_id"]))
            links.append(
                {"kiri": pair[0], "kanan": pair[1], "lintasan": 0, "bobot": 12.5, "peluang": 0.999, "putusan": "padan"}
            )
    for i in range(0, len(people) - 7, 13):
        a, b = first_row.get(("dtks", i)), first_row.get(("dukcapil", i + 7))
        if a is not None and b is not None:
            pair = sorted((ids[a], ids[b]))
            links.append({
                "kiri": pair[0], "kanan": pair[1], "lintasan": 2, "bobot": 1.5, "peluang": 0.55, "putusan": "tinjau",
                "alasan": "nik_beda",
            })  # fmt: skip

    present: dict[int, set[str]] = {}
    for row in records:
        present.setdefault(row["orang"], set()).add(row["sumber"])
    persons = [
        {
            "person_id": person_id[i], "family_id": family_id[i], "nik": p["nik"], "nik_sumber": "dukcapil",
            "nik_tanggal": DATES["dukcapil"], "nama": p["nama"], "tanggal_lahir": p["born"], "jenis_kelamin": p["sex"],
            "kode_wilayah": p["desa"], "daftar": sorted(present[i]), "keyakinan": 0.99,
            "jumlah_baris": sum(r["orang"] == i for r in records),
        }
        for i, p in enumerate(people) if i in present
    ]  # fmt: skip
    files = [
        {
            "sumber": s, "jenis": jenis, "berkas": berkas, "lembar": lembar,
            "sha256": hashlib.sha256(berkas.encode()).hexdigest(), "tanggal_data": DATES[s],
            "baris_dipakai": len(payments) if s == "bayar_pkh" else sum(r["sumber"] == s for r in records),
            "baris_ditolak": len(rejected) if s == "dtks" else 0,
        }
        for s, (berkas, lembar, jenis) in FILES.items()
    ]  # fmt: skip
    for file in files:
        file["baris_dibaca"] = file["baris_dipakai"] + file["baris_ditolak"]
    entities = [
        {
            "baris_id": r["baris_id"],
            "person_id": person_id[r["orang"]],
            "family_id": family_id[r["orang"]],
            "keyakinan": 0.99,
        }
        for r in records
    ]
    return Tables(
        records=_frame("records", records).sort("baris_id"),
        rejected=_frame("rejected", rejected),
        files=_frame("files", files),
        payments=_frame("payments", payments),
        families=_frame("families", families_rows),
        links=_frame("links", links),
        entities=_frame("entities", entities),
        persons=_frame("persons", persons),
        family_links=empty("family_links"),
        findings=_frame("findings", findings),
        info={
            "tanggal_acuan": "2024-03-31",
            "catatan": ["Aturan ST53 tidak dapat dijalankan: perlu Regsosek dengan kolom 404."],
            "mutu": {"pasangan": {"taksiran_presisi": 0.984, "taksiran_recall": 0.971}},
            "pengaturan": {"ambang_padan": 0.9, "ambang_tinjau": 0.2},
        },
    )


@pytest.fixture(scope="session")
def tables() -> Tables:
    return make_tables()


@pytest.fixture(scope="session")
def context(tables: Tables) -> Context:
    regions = load_wilayah().filter(pl.col("kode").str.starts_with("33"))
    return make_context(tables, regions=regions, rules=RULES)
