"""Constraints and clusters: what must stay apart does, with a reason, and order never matters."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from matching.compare import Comparer
from matching.constraints import REASONS, reasons
from matching.encoding import encode
from matching.entities import cluster, weakest_links
from tests.matching.builder import records

BORN = date(1990, 5, 17)
CARD = "3201911001150001"
TYPO = "3201911705980001"
NIK_A, NIK_B = "3201911705900001", "3201911705900002"


def reason_of(left: dict, right: dict) -> str | None:
    e = encode(records([left, right]))
    a, b = np.array([0], dtype=np.uint32), np.array([1], dtype=np.uint32)
    return REASONS[int(reasons(e, a, b, Comparer(e).levels(a, b))[0])]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        # Twins: born the same day, serials differ, given names differ.
        ({"nik": NIK_A, "nama": "HASAN BASRI"}, {"nik": NIK_B, "nama": "HUSEN WIJAYA", "sumber": "p3ke"}, "nik_beda"),
        # One person with an old and a new NIK: name and date agree, so nothing stands against it.
        ({"nik": NIK_A, "nama": "HASAN BASRI"}, {"nik": NIK_B, "nama": "HASAN BASRI", "sumber": "p3ke"}, None),
        # One digit of the NIK typed wrong.
        ({"nik": NIK_A, "nama": "HASAN BASRI"}, {"nik": TYPO, "nama": "HASSAN BASRI", "sumber": "p3ke"}, None),
        # Two rows of one card in one list.
        ({"no_kk": CARD, "nama": "SITI AMINAH"}, {"no_kk": CARD, "nama": "NUR AMINAH"}, "satu_kartu"),
        # The same two in two lists are only candidates.
        (
            {"no_kk": CARD, "nama": "SITI AMINAH"},
            {"no_kk": CARD, "nama": "NUR AMINAH", "sumber": "p3ke"},
            None,
        ),
    ],
)  # fmt: skip
def test_reasons(left: dict, right: dict, expected: str | None) -> None:
    assert reason_of({"tanggal_lahir": BORN, **left}, {"tanggal_lahir": BORN, **right}) == expected


def _neighbours(**other: object) -> dict:
    """Of two women of one name in one desa, each with a husband on her card, the reason against the first two rows."""
    first = {"nama": "ENOK", "tanggal_lahir": date(1968, 10, 2), "no_kk": CARD, "kode_wilayah": "3201112003"}
    second = first | {"tanggal_lahir": date(1968, 3, 2), "no_kk": "3201902004120002", "sumber": "p3ke"} | other
    husbands = [first | {"nama": "DARSONO"}, second | {"nama": "SUGENG"}]
    # The village is full of them: the name is no rare one.
    others = [first | {"no_kk": None, "sumber": "regsosek"} for _ in range(3)]
    made = records([first, second, *husbands, *others, *({"nama": f"X{k} Y{k}"} for k in range(100))])
    e = encode(made)
    a, b = np.array([0], dtype=np.uint32), np.array([1], dtype=np.uint32)
    return {"alasan": REASONS[int(reasons(e, a, b, Comparer(e).levels(a, b))[0])]}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, "senama"),
        # Day and month swapped are a slip of the pen, and so is nothing at all.
        ({"tanggal_lahir": date(1968, 2, 10)}, None),
        ({"tanggal_lahir": date(1968, 10, 2)}, None),
        # One card says that she is meant, whatever the date.
        ({"no_kk": CARD}, None),
    ],
)
def test_namesakes_of_one_village_are_for_people_to_judge(other: dict, expected: str | None) -> None:
    assert _neighbours(**other)["alasan"] == expected


def test_a_child_under_a_parents_nik_is_a_shared_nik() -> None:
    parent = {"nik": NIK_A, "nama": "SUTRISNO", "tanggal_lahir": BORN}
    child = {"nik": NIK_A, "nama": "DEWI LESTARI", "tanggal_lahir": date(2015, 2, 3), "sumber": "p3ke"}
    assert reason_of(parent, child) == "nik_bersama"


def test_a_row_that_resembles_two_rows_of_one_list_does_not_join_them() -> None:
    brothers = records(
        [
            {"nama": "AHMAD FAUZI", "tanggal_lahir": BORN, "nik": NIK_A},
            {"nama": "AHMAD FAUZAN", "tanggal_lahir": BORN, "nik": NIK_B},
            {"nama": "AHMAD FAUZI", "tanggal_lahir": BORN, "sumber": "p3ke"},
        ]
    )
    e = encode(brothers)
    a, b = np.array([0, 1], dtype=np.uint32), np.array([2, 2], dtype=np.uint32)
    p = np.array([0.998, 0.94])
    found = cluster(e, Comparer(e), a, b, np.array([9.0, 4.0]), p)
    assert found.label.tolist() == [0, 1, 0]
    assert found.cut.tolist() == [False, True]
    assert weakest_links(3, found.label, a[:1], b[:1], p[:1]).tolist() == [0.998, 1.0, 0.998]


def test_clusters_do_not_depend_on_the_order_of_links() -> None:
    rng = np.random.default_rng(3)
    rows = [
        {"nama": f"ORANG {i // 3}", "tanggal_lahir": BORN, "sumber": ("dtks", "p3ke", "regsosek")[int(rng.integers(3))]}
        for i in range(60)
    ]
    e = encode(records(rows))
    a, b = np.triu_indices(60, 1)
    pick = rng.random(len(a)) < 0.06
    a, b = a[pick].astype(np.uint32), b[pick].astype(np.uint32)
    weight = np.round(rng.normal(8, 2, len(a)), 1)
    p = 1 / (1 + np.exp2(-weight))
    compare = Comparer(e)
    first = cluster(e, compare, a, b, weight, p)
    order = rng.permutation(len(a))
    second = cluster(e, compare, a[order], b[order], weight[order], p[order])
    assert (first.label == second.label).all()
    assert (first.cut[order] == second.cut).all()
    # Two rows of one edition stand together only when they were linked directly.
    direct = {(int(x), int(y)) for x, y in zip(a, b, strict=True)}
    for x in range(60):
        for y in range(x + 1, 60):
            if first.label[x] == first.label[y] and e.edisi[x] == e.edisi[y]:
                assert (x, y) in direct


def test_the_weakest_link_is_that_of_the_bridge() -> None:
    table = records([{"sumber": source, "nama": "SITI AMINAH"} for source in ("dtks", "p3ke", "regsosek", "dtsen")])
    e = encode(table)
    a, b = np.array([0, 2, 1], dtype=np.uint32), np.array([1, 3, 2], dtype=np.uint32)
    p = np.array([0.999, 0.999, 0.91])
    found = cluster(e, Comparer(e), a, b, np.log2(p / (1 - p)), p)
    assert set(found.label.tolist()) == {0}
    assert weakest_links(4, found.label, a, b, p) == pytest.approx(0.91)


def test_a_chain_of_hundreds_is_no_person() -> None:
    table = records([{"nama": f"ORANG {i}"} for i in range(260)])
    e = encode(table)
    a = np.arange(259, dtype=np.uint32)
    p = np.linspace(0.91, 0.9999, 259)
    found = cluster(e, Comparer(e), a, a + 1, np.log2(p / (1 - p)), p)
    assert np.bincount(found.label).max() <= 200
    assert found.cut.any()
