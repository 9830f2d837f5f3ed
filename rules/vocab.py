"""Closed vocabularies of the canonical tables. Source code lists are mapped onto these in the layouts."""

from __future__ import annotations

from typing import Final

# Registers and lists a row can come from. Payment lists are "bayar_<program>" and therefore open-ended.
REGISTERS: Final = ("dtks", "p3ke", "regsosek", "dtsen", "dukcapil")
PAYMENT_PREFIX: Final = "bayar_"

SEX: Final = ("L", "P")
RELATION: Final = ("KEPALA", "PASANGAN", "ANAK", "MENANTU", "CUCU", "ORTU_MERTUA", "PEMBANTU", "LAINNYA")
MARITAL: Final = ("BELUM_KAWIN", "KAWIN", "CERAI_HIDUP", "CERAI_MATI")
# Canonical presence; never a source's raw code (MK-DTKS 2 = not confirmed, Regsosek 4 = abroad, SIAK 2 = dead).
PRESENCE: Final = (
    "ADA", "MENINGGAL", "PINDAH", "LUAR_NEGERI", "BARU", "TIDAK_DITEMUKAN", "GANDA", "TIDAK_VALID",
)  # fmt: skip
GONE: Final = ("MENINGGAL", "PINDAH", "LUAR_NEGERI", "TIDAK_DITEMUKAN", "GANDA")  # of these: no longer in the family
# How far an id can be trusted. TEPERCAYA: usable as a key. LEMAH: usable as evidence (a warning stands against it).
# TAK_TEPERCAYA: there is a value but it must not be used as a key. KOSONG: no value (or a placeholder).
TRUST: Final = ("TEPERCAYA", "LEMAH", "TAK_TEPERCAYA", "KOSONG")
# LENGKAP: a full date. TAHUN: only the birth year is known (stored as 1 July). UMUR: reckoned from a stated age.
DATE_QUALITY: Final = ("LENGKAP", "TAHUN", "UMUR", "KOSONG")
REGION_SCHEME: Final = ("KEMENDAGRI", "BPS", "TIDAK_DIKETAHUI")
# The unit a source groups people by: Kartu Keluarga, BKKBN nuclear family, DTKS family id, kitchen (household).
FAMILY_UNIT: Final = ("KK", "BKKBN", "DTKS", "DAPUR")
DECISION: Final = ("padan", "tinjau", "bukan")
FAMILY_LINK: Final = ("sama", "pecah", "gabung", "pindah")
SEVERITY: Final = ("KRITIS", "TINGGI", "SEDANG", "INFO")
# What a village decides on a line of its list, and on a doubtful pair of rows.
OUTCOME: Final = ("PERBARUI", "USULKAN", "HAPUS", "ALARM")
PAIR_OUTCOME: Final = ("SATU", "DUA")
# A finding beside those of an earlier run: new, still open, gone, or found to be a false alarm in between.
TREND: Final = ("BARU", "TETAP", "SELESAI", "ALARM")
