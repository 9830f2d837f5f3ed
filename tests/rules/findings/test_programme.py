"""Programme files: those of padan hold what the law says; a local one is one TOML file, and a wrong one says why."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rules import i18n
from rules.errors import ConfigError
from rules.findings import catalogue
from rules.findings.programme import FOLDER, load_programmes, read_programme

LOCAL = """
kode = "bantuan_kabupaten"
nama = "Bantuan Kabupaten"
satuan = "KELUARGA"
dasar = "Perbup 12/2025"
status_bukti = "F"
terikat_desa = true

[[nominal]]
nominal_bulanan = 150000
berlaku_dari = 2025-01-01
dasar = "Perbup 12/2025"
status_bukti = "F"

[[eksklusif]]
program = "pkh"
berlaku_dari = 2025-01-01
dasar = "Perbup 12/2025"
status_bukti = "F"
"""


@pytest.fixture(autouse=True)
def _english() -> None:
    i18n.set_language("en")


def write(folder: Path, text: str, name: str = "lokal.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_programme_of_padan_names_basis_and_mark() -> None:
    known = load_programmes()
    assert {"pkh", "bpnt", "pbi_jkn", "blt_desa", "bst", "blt_covid", "pip", "permakanan", "prakerja"} <= set(known)
    for path in FOLDER.glob("*.toml"):
        assert read_programme(path).kode == path.stem
    assert {o.program for o in known["blt_covid"].eksklusif} >= {"pkh", "bpnt", "pbi_jkn", "pip", "prakerja"}
    assert known["blt_desa"].terikat_desa
    assert known["pkh"].desil[0].berlaku_dari == date(2025, 1, 1)


def test_a_local_programme_is_one_file_or_a_folder_of_files(tmp_path: Path) -> None:
    path = write(tmp_path, LOCAL)
    for given in (path, tmp_path):
        found = load_programmes((given,))
        assert found["bantuan_kabupaten"].nama == "Bantuan Kabupaten"
        assert "pkh" in found


def test_a_local_programme_is_in_the_catalogue(tmp_path: Path) -> None:
    text = catalogue.text("id", (write(tmp_path, LOCAL),))
    assert "| bantuan_kabupaten | Bantuan Kabupaten | KELUARGA | Perbup 12/2025 | F |" in text


def test_every_mistake_is_told_at_once_with_file_and_key(tmp_path: Path) -> None:
    wrong = LOCAL.replace('"KELUARGA"', '"KK"').replace("terikat_desa = true", "terikat_dsa = true")
    wrong = wrong.replace("nominal_bulanan = 150000", 'nominal_bulanan = "150000"').replace(
        "= 2025-01-01", '= "2025"', 1
    )
    with pytest.raises(ConfigError) as caught:
        load_programmes((write(tmp_path, wrong),))
    message = caught.value.message
    assert caught.value.place.file == "lokal.toml"
    for part in (
        "satuan: must be one of",
        "terikat_dsa: is not a key padan knows; did you mean terikat_desa?",
        "nominal[1].nominal_bulanan: must be a whole number",
        "nominal[1].berlaku_dari: must be a date",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('program = "pkh"', 'program = "pkhh"'), "eksklusif[1].program: nobody declares pkhh"),
        (('kode = "bantuan_kabupaten"', 'kode = "bpnt"'), "kode: bpnt is the code of bpnt.toml too"),
        (('kode = "bantuan_kabupaten"', 'kode = "Bantuan"'), "kode: must be lower-case"),
        (("150000", "150000\nberlaku_sampai = 2024-01-01"), "nominal[1]: berlaku_sampai lies before"),
        (('dasar = "Perbup 12/2025"', ""), "dasar: is missing"),
    ],
)  # fmt: skip
def test_what_contradicts_is_refused(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_programmes((write(tmp_path, LOCAL.replace(*change, 1)),))
    assert said in caught.value.message


def test_a_known_programme_is_replaced_only_when_the_file_says_so(tmp_path: Path) -> None:
    text = LOCAL.replace('"bantuan_kabupaten"', '"bst"').replace("terikat_desa", "menggantikan = true\nterikat_desa")
    assert load_programmes((write(tmp_path, text),))["bst"].nama == "Bantuan Kabupaten"


def test_no_toml_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_programme(write(tmp_path, 'kode = "a"\nnama = \n'))
    assert caught.value.place.row == 2
    with pytest.raises(ConfigError, match="no such file"):
        read_programme(tmp_path / "tiada.toml")
    (tmp_path / "kosong").mkdir()
    with pytest.raises(ConfigError, match="no programme file"):
        load_programmes((tmp_path / "kosong",))
