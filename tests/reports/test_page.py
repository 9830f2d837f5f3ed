from __future__ import annotations

import json
import re
from dataclasses import replace

import polars as pl
import pytest

from reports.context import Context
from reports.page import drill_down, render_page
from rules import i18n


@pytest.fixture(scope="module")
def page(context: Context) -> str:
    return render_page(context)


def test_the_page_loads_nothing_from_outside(page: str) -> None:
    assert re.findall(r"""(?:src|href)=["'](?!#)[^"']*""", page) == []
    assert "@import" not in page
    assert re.findall(r"https?://(?!www\.w3\.org/)", page) == []  # name spaces of SVG are no links
    assert "default-src 'none'" in page


def test_no_id_and_no_full_birth_date_is_on_the_page(page: str, context: Context) -> None:
    assert re.findall(r"(?<![0-9.])\d{15,19}(?![0-9])", page) == []
    born = context.tables.records["tanggal_lahir"].drop_nulls().unique()
    shown = [d for d in born if d.strftime("%d-%m-%Y") in page or d.isoformat() in page]
    assert shown == []


def test_a_name_cannot_become_markup(context: Context) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    records = context.tables.records.with_columns(nama=pl.lit(evil))
    files = context.tables.files.with_columns(berkas=pl.lit(evil))
    page = render_page(replace(context, tables=replace(context.tables, records=records, files=files)))
    assert "<img" not in page
    assert evil not in page


def test_the_embedded_data_leads_to_every_village(page: str, context: Context) -> None:
    text = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert text is not None
    data = json.loads(text.group(1))
    codes = {row[0] for row in data["wilayah"]}
    assert {len(c) for c in codes} == {2, 4, 6, 10}
    assert all(code[:n] in codes for code in codes for n in (2, 4, 6) if n < len(code))
    assert set(data["desa"]) <= codes
    assert all(len(v["r"]) <= v["n"] for v in data["desa"].values())
    people = {row[0]: row[2] for row in data["wilayah"]}
    assert people["33"] == context.tables.persons.height


def test_the_page_is_a_function_of_the_tables(page: str, context: Context) -> None:
    turned = replace(context, tables=replace(context.tables, findings=context.tables.findings.reverse()))
    assert render_page(turned) == page


def test_the_drill_down_is_capped_and_says_so(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    import reports.page

    monkeypatch.setattr(reports.page, "_MAX_FAMILIES", 10)
    data = drill_down(context)
    shown = sum(len(v["r"]) for v in data["desa"].values())
    assert shown <= 10 < data["jumlah"] == sum(v["n"] for v in data["desa"].values())


def test_the_page_speaks_english_too(context: Context) -> None:
    before = i18n.language()
    try:
        i18n.set_language("en")
        assert '<html lang="en">' in render_page(context)
        assert "Stale families" in render_page(context)
    finally:
        i18n.set_language(before)
