"""A programme that only a file of the user knows is called by its name in every report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reports.labels import name_programs, program_label, source_label
from reports.write import make_context
from rules import i18n, tables


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    i18n.set_language("en")
    yield
    name_programs({})


def test_reports_call_a_local_programme_by_its_name() -> None:
    assert program_label("bantuan_kab") == "BANTUAN KAB"
    frames = {name: tables.empty(name) for name in tables.SCHEMAS}
    make_context(tables.Tables(**frames, info={"program": {"bantuan_kab": "Bantuan Kabupaten"}}))
    assert program_label("bantuan_kab") == "Bantuan Kabupaten"
    assert source_label("bayar_bantuan_kab") == "Bantuan Kabupaten payments"
    assert program_label("pkh") == "PKH"
