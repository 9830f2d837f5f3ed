"""Family links on small made families: the same, moved, split, merged, and the traps."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from matching.families import family_links
from matching.persons import entities_frame
from rules.tables import check, empty
from tests.matching.builder import records


def links(old: list[list[tuple]], new: list[list[tuple]]) -> dict[tuple[int, int], str]:
    """Families given as lists of (person, relation[, extra]); DTKS is the older list, Regsosek the newer one."""
    rows: list[dict[str, Any]] = []
    people: list[str] = []
    families: list[dict[str, Any]] = []
    for source, unit, day, side in (
        ("dtks", "DTKS", date(2022, 9, 30), old),
        ("regsosek", "KK", date(2022, 11, 1), new),
    ):
        for k, members in enumerate(side):
            ids = []
            for number, (person, relation, *extra) in enumerate(members):
                more = extra[0] if extra else {}
                ids.append(len(rows))
                people.append(person)
                rows.append(
                    {
                        "sumber": source,
                        "tanggal_data": day,
                        "hub_kk": relation,
                        "sufiks_art": f"{number + 1:02d}",
                        **more,
                    }
                )
            desa = rows[ids[0]].get("kode_wilayah", "3201012001")
            families.append(
                {
                    "keluarga_id": f"{source}:{unit}:{k}", "sumber": source, "satuan": unit, "id_sumber": str(k),
                    "tanggal_data": day, "kode_wilayah": desa, "jumlah_baris": len(ids), "baris": ids,
                }
            )  # fmt: skip
    table = records(rows)
    first = {p: people.index(p) for p in people}
    label = np.array([first[p] for p in people], dtype=np.uint32)
    entities = entities_frame(table, label, np.ones(len(rows)))
    frame = pl.from_dicts(families, schema=dict(empty("families").schema), strict=False)
    found = family_links(table, check("families", frame), entities, label)
    return {
        (int(r["kiri"].rsplit(":")[-1]), int(r["kanan"].rsplit(":")[-1])): str(r["jenis"]) for r in found.to_dicts()
    }


PARENTS = [("ayah", "KEPALA"), ("ibu", "PASANGAN"), ("anak", "ANAK")]


def test_a_family_with_the_same_head_is_the_same() -> None:
    assert links([PARENTS], [[("ayah", "KEPALA"), ("ibu", "PASANGAN")]]) == {(0, 0): "sama"}


def test_in_another_desa_it_has_moved() -> None:
    there = {"kode_wilayah": "3201022004"}
    assert links([PARENTS], [[("ayah", "KEPALA", there), ("ibu", "PASANGAN", there)]]) == {(0, 0): "pindah"}


def test_a_child_with_an_own_card_is_a_split_and_the_parents_go_on() -> None:
    new = [[("ayah", "KEPALA"), ("ibu", "PASANGAN")], [("anak", "KEPALA"), ("menantu", "PASANGAN")]]
    assert links([PARENTS], new) == {(0, 0): "sama", (0, 1): "pecah"}


def test_a_widow_carries_the_family_on() -> None:
    assert links([PARENTS], [[("ibu", "KEPALA"), ("anak", "ANAK")]]) == {(0, 0): "sama"}


def test_a_widowed_parent_in_a_childs_family_has_merged_into_it() -> None:
    old = [[("nenek", "KEPALA")], [("anak", "KEPALA"), ("istri", "PASANGAN")]]
    new = [[("anak", "KEPALA"), ("istri", "PASANGAN"), ("nenek", "ORTU_MERTUA")]]
    assert links(old, new) == {(0, 0): "gabung", (1, 0): "sama"}


def test_whom_the_list_itself_calls_dead_links_no_family() -> None:
    dead = [("kakek", "KEPALA", {"keberadaan": "MENINGGAL"}), ("cucu", "CUCU")]
    assert links([[("kakek", "KEPALA")], PARENTS], [dead, [("ayah", "KEPALA")]]) == {(1, 1): "sama"}


def test_a_row_copied_into_a_strangers_family_makes_no_link() -> None:
    stranger = [("lain", "KEPALA"), ("lain2", "PASANGAN"), ("anak", "LAINNYA")]
    assert links([stranger, PARENTS], [PARENTS]) == {(1, 0): "sama"}


def test_a_card_number_written_wrong_for_some_members_splits_no_family() -> None:
    couple, rest = PARENTS[:2], [("anak", "ANAK"), ("adik", "ANAK")]
    assert links([[*couple, *rest]], [couple, rest]) == {(0, 0): "sama", (0, 1): "sama"}


def test_a_family_goes_on_under_a_child_who_has_become_its_head() -> None:
    assert links([PARENTS], [[("anak", "KEPALA"), ("ibu", "ORTU_MERTUA")]]) == {(0, 0): "sama"}


def test_a_kitchen_that_a_second_head_joined_has_merged() -> None:
    joined = [("nenek", "KEPALA"), ("ayah", "KEPALA"), ("ibu", "PASANGAN"), ("anak", "ANAK")]
    assert links([joined], [[("nenek", "KEPALA")], PARENTS]) == {(0, 0): "sama", (0, 1): "pecah"}


def test_a_family_that_the_newer_list_could_not_find_is_still_that_family() -> None:
    unseen = [(person, relation, {"keberadaan": "TIDAK_DITEMUKAN"}) for person, relation in PARENTS]
    assert links([PARENTS], [unseen]) == {(0, 0): "sama"}
