"""Settings: every mistake at once, each with its key; files found, dated and put in one order."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from padan import config
from padan.translate import use_language
from rules.errors import ConfigError, InputError


@pytest.fixture(autouse=True)
def _english() -> None:
    use_language("en")


def write(folder: Path, text: str) -> Path:
    path = folder / "padan.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_full_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "dtks").mkdir()
    for name in ("b.csv", "a.csv"):
        (tmp_path / "dtks" / name).write_text("x", encoding="utf-8")
    (tmp_path / "pkh.csv").write_text("x", encoding="utf-8")
    path = write(
        tmp_path,
        """
        keluaran = "hasil"
        tanggal_acuan = 2026-03-31
        mode_uji = true
        [ambang]
        padan = 0.92
        [[masukan]]
        daftar = "dtks"
        berkas = ["dtks/*.csv"]
        tanggal = 2025-12-31
        kolom = { nik = "NO KTP" }
        [[masukan]]
        daftar = "bayar"
        program = "pkh"
        berkas = ["pkh.csv"]
        """,
    )
    settings = config.read(path)
    assert settings.tanggal_acuan == date(2026, 3, 31)
    assert (settings.ambang.padan, settings.ambang.tinjau, settings.ambang.pasti) == (0.92, 0.20, 0.99)
    found = config.input_files(settings)
    assert [(f.sumber, f.path.name) for f in found] == [("bayar_pkh", "pkh.csv"), ("dtks", "a.csv"), ("dtks", "b.csv")]
    assert found[1].tanggal == date(2025, 12, 31)
    assert found[1].kolom == {"nik": "NO KTP"}


def test_all_errors_come_at_once_and_name_their_keys(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        tanggal_acuan = "2026-03-31"
        keluran = "hasil"
        [ambang]
        padan = 1.5
        [[masukan]]
        daftar = "dtsk"
        berkas = []
        """,
    )
    with pytest.raises(ConfigError) as caught:
        config.read(path)
    text = caught.value.message
    for key in ("tanggal_acuan:", "keluran:", "ambang.padan:", "masukan[1].daftar:", "masukan[1].berkas:"):
        assert key in text
    assert "did you mean keluaran" in text
    assert "5 settings are wrong" in text
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[[masukan]]\ndaftar='bayar'\nberkas=['x']", "program"),
        ("[[masukan]]\ndaftar='dtks'\nberkas=['x']\nprogram='pkh'", "program"),
        ("[[masukan]]\ndaftar='dtks'\nberkas=['x']\n[ambang]\ntinjau=0.95", "ambang"),
        ("mode_uji='ya'\n[[masukan]]\ndaftar='dtks'\nberkas=['x']", "mode_uji"),
        ("", "masukan"),
    ],
)
def test_each_wrong_value_is_named(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        config.read(write(tmp_path, text))


def test_broken_toml_says_the_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.read(write(tmp_path, 'keluaran = "a"\nmode_uji = ja\n'))
    assert caught.value.place.row == 2


def test_a_missing_settings_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        config.read(tmp_path / "padan.toml")


def test_a_date_behind_the_file_name(tmp_path: Path) -> None:
    (tmp_path / "a@b.csv").write_text("x", encoding="utf-8")
    (tmp_path / "x@2022-10-31").write_text("x", encoding="utf-8")
    settings = config.from_command({"dtks": [f"{tmp_path}/a@b.csv@2022-10-31"], "p3ke": [f"{tmp_path}/x@2022-10-31"]})
    found = config.input_files(settings)
    assert [(f.path.name, f.tanggal) for f in found] == [("a@b.csv", date(2022, 10, 31)), ("x@2022-10-31", None)]


@pytest.mark.parametrize("bad", ["f.csv@2022-13-31", "f.csv@2022-02-30"])
def test_an_impossible_date_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError, match="calendar"):
        config.from_command({"dtks": [bad]})


@pytest.mark.parametrize("bad", ["pkh.csv", "=pkh.csv", "pkh="])
def test_a_payment_needs_its_programme(bad: str) -> None:
    with pytest.raises(ConfigError, match="PROGRAMME=FILE"):
        config.from_command({}, [bad])


def test_no_input_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no input"):
        config.from_command({})


def test_a_path_that_names_nothing(tmp_path: Path) -> None:
    for text in (str(tmp_path / "none.csv"), str(tmp_path / "*.csv")):
        with pytest.raises(InputError) as caught:
            config.input_files(config.from_command({"dtks": [text]}))
        assert caught.value.place.file == text


def test_the_order_of_the_command_does_not_matter_and_twice_is_once(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    a, b = str(tmp_path / "a.csv"), str(tmp_path / "b.csv")
    one = config.input_files(config.from_command({"dtks": [a, b]}))
    other = config.input_files(config.from_command({"dtks": [b, a, a]}))
    assert one == other
    with pytest.raises(ConfigError, match="twice"):
        config.input_files(config.from_command({"dtks": [a], "p3ke": [a]}))


def test_brackets_in_a_real_name_are_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "data [final].csv").write_text("x", encoding="utf-8")
    found = config.input_files(config.from_command({"dtks": [str(tmp_path / "data [final].csv")]}))
    assert found[0].path.name == "data [final].csv"
