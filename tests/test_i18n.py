"""The Indonesian catalogue is complete: whatever the program can say in English, it says in Indonesian."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from rules import i18n

ROOT = Path(__file__).parents[1]
PO = ROOT / "rules" / "locale" / "id" / "LC_MESSAGES" / "padan.po"
# A placeholder with its conversion and format, and the old form that click uses.
PLACEHOLDER = re.compile(r"\{[^{}]*\}|%\(\w+\)[a-z]")


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with PO.open("rb") as stream:
        return read_po(stream, locale="id")


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """Every marked string -> the file it stands in."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as stream:
        methods, options = parse_mapping_cfg(stream)
    found = {}
    for file, _line, message, _comments, _context in extract_from_dir(
        ROOT, methods, options, keywords={"_": None, "N_": None}, directory_filter=lambda path: "/." not in str(path)
    ):
        if isinstance(message, str) and message:
            found[message] = file
    return found


def test_every_string_is_translated(catalogue: Catalog, sources: dict[str, str]) -> None:
    assert len(sources) > 500
    missing = {
        text: file for text, file in sources.items() if catalogue.get(text) is None or not catalogue[text].string
    }
    assert missing == {}, "run `make i18n`, then fill in rules/locale/id/LC_MESSAGES/padan.po"


def test_no_string_is_hidden_inside_an_f_string() -> None:
    # The extractor does not look into f-strings: such a text would never be translated, and no test would miss it.
    hidden = re.compile(r"""\bf"[^"\n]*\{\s*N?_\('|\bf'[^'\n]*\{\s*N?_\(\"""")
    packages = ("rules", "sources", "blocking", "matching", "reports", "fixtures", "padan")
    files = [path for name in packages for path in (ROOT / name).rglob("*.py")]
    assert [p.name for p in files if hidden.search(p.read_text(encoding="utf-8"))] == []


def test_nothing_is_fuzzy_or_left_over(catalogue: Catalog, sources: dict[str, str]) -> None:
    assert [m.id for m in catalogue if m.fuzzy] == []
    assert list(catalogue.obsolete) == []
    assert sorted(m.id for m in catalogue if m.id and m.id not in sources) == []


def test_placeholders_and_outer_blanks_agree(catalogue: Catalog) -> None:
    for message in catalogue:
        if not message.id:
            continue
        given, said = str(message.id), str(message.string)
        assert set(PLACEHOLDER.findall(given)) == set(PLACEHOLDER.findall(said)), given
        assert (given[:1].isspace(), given[-1:].isspace()) == (said[:1].isspace(), said[-1:].isspace()), given
        assert given.count("\n") == said.count("\n"), given


def test_the_compiled_catalogue_is_in_step(catalogue: Catalog) -> None:
    with PO.with_suffix(".mo").open("rb") as stream:
        compiled = read_mo(stream)
    assert {m.id: m.string for m in compiled if m.id} == {m.id: m.string for m in catalogue if m.id}


def test_indonesian_is_spoken_by_default_and_english_on_request() -> None:
    before = i18n.language()
    try:
        i18n.set_language(i18n.DEFAULT)
        assert i18n._("Stale families") == "Keluarga usang"
        assert i18n._("") == ""  # gettext would answer with the header of the catalogue
        i18n.set_language("en")
        assert i18n._("Stale families") == "Stale families"
    finally:
        i18n.set_language(before)
