"""The whole linkage on a small synthetic kabupaten: quality, conservation, order, and explanations that add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fixtures.synth import generate
from matching.engine import Linked, link
from matching.evaluate import clusters, evaluate
from matching.explain import explain_pair, explain_person, find_row
from matching.settings import LinkSettings
from rules.errors import PadanError
from rules.tables import Tables, empty
from sources.load import load
from sources.model import Input, Loaded, SourceSettings

FILES = (
    ("dtks_desa.csv", "dtks", date(2022, 9, 30)),
    ("p3ke_individu.csv", "p3ke", date(2022, 7, 31)),
    ("regsosek.csv", "regsosek", date(2022, 11, 1)),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synth")
    generate(2500, "3201", 11, out, excel=False)
    return out


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Loaded:
    inputs = [Input(folder / name, source, day) for name, source, day in FILES]
    return load(inputs, SourceSettings(mode_uji=True))


@pytest.fixture(scope="module")
def linked(loaded: Loaded) -> Linked:
    return link(loaded.records, loaded.families)


@pytest.fixture(scope="module")
def tables(loaded: Loaded, linked: Linked) -> Tables:
    return Tables(
        loaded.records, loaded.rejected, loaded.files, loaded.payments, loaded.families,
        linked.links, linked.entities, linked.persons, linked.family_links, empty("findings"),
        {"penautan": linked.info},
    )  # fmt: skip


def test_quality_on_the_truth(tables: Tables, folder: Path) -> None:
    figures = evaluate(tables, folder / "truth")
    assert figures["baris_bertruth"] == tables.records.height
    # Far below what is measured in benchmarks; a fall under it means that something broke.
    assert figures["entitas"]["f1"] > 0.95
    assert figures["entitas"]["presisi"] > 0.99
    assert figures["perolehan_penyaringan"] > 0.98
    assert figures["keluarga"]["f1"] > 0.88


def test_every_record_stands_in_one_entity_and_every_entity_is_a_person(tables: Tables) -> None:
    assert tables.entities["baris_id"].to_list() == list(range(tables.records.height))
    assert set(tables.entities["person_id"]) == set(tables.persons["person_id"])
    assert tables.persons["jumlah_baris"].sum() == tables.records.height


def test_matches_are_inside_entities_and_constrained_pairs_give_a_reason(tables: Tables) -> None:
    person = dict(tables.entities.select("baris_id", "person_id").iter_rows())
    matches = tables.links.filter(pl.col("putusan") == "padan")
    assert all(person[a] == person[b] for a, b in matches.select("kiri", "kanan").iter_rows())
    assert (matches["peluang"] >= 0.90).all()
    strong_review = tables.links.filter((pl.col("putusan") == "tinjau") & (pl.col("peluang") >= 0.90))
    assert strong_review["alasan"].null_count() == 0


def test_the_chunk_size_changes_nothing(loaded: Loaded, linked: Linked) -> None:
    again = link(loaded.records, loaded.families, LinkSettings(pasangan_per_bagian=1000))
    assert again.links.equals(linked.links)
    assert again.entities.equals(linked.entities)
    assert again.family_links.equals(linked.family_links)


def test_every_explanation_sums_to_the_score(tables: Tables) -> None:
    some = tables.links.gather_every(max(tables.links.height // 60, 1))
    for row in some.to_dicts():
        told = explain_pair(tables, row["kiri"], row["kanan"])
        assert told.awal + sum(t.bobot for t in told.bukti) == pytest.approx(row["bobot"], abs=1e-9)
        assert told.peluang == pytest.approx(row["peluang"], abs=1e-12)
        assert told.putusan == row["putusan"]
        assert told.kalimat.endswith(".")


def test_a_pair_that_was_not_linked_is_explained_too(tables: Tables) -> None:
    far = explain_pair(tables, 0, tables.records.height - 1)
    assert far.putusan == "bukan"
    assert far.bobot == pytest.approx(far.awal + sum(t.bobot for t in far.bukti), abs=1e-9)


def test_a_person_is_explained_by_its_links_and_rows_are_found_as_seen_in_a_spreadsheet(tables: Tables) -> None:
    person = tables.persons.filter(pl.col("jumlah_baris") == 3)["person_id"][0]
    told = explain_person(tables, person)
    rows = set(tables.entities.filter(pl.col("person_id") == person)["baris_id"])
    assert {t.kiri for t in told} | {t.kanan for t in told} == rows
    first = tables.records.filter(pl.col("sumber") == "dtks").row(0, named=True)
    assert find_row(tables, f"dtks_desa.csv:{first['nomor_baris']}") == first["baris_id"]
    with pytest.raises(PadanError, match="99999999"):
        find_row(tables, "dtks_desa.csv:99999999")
    with pytest.raises(PadanError, match="Pxx"):
        explain_person(tables, "Pxx")


def test_a_row_that_may_stand_in_two_files_is_asked_back(tables: Tables) -> None:
    first = tables.records.row(0, named=True)
    twin = tables.records.head(1).with_columns(
        berkas=pl.lit(f"b/{first['berkas']}"), baris_id=pl.lit(tables.records.height, dtype=pl.UInt32)
    )
    moved = tables.records.with_columns(
        berkas=pl.when(pl.col("berkas") == first["berkas"]).then("a/" + pl.col("berkas")).otherwise("berkas")
    )
    both = replace(tables, records=pl.concat([moved, twin]))
    assert find_row(both, f"b/{first['berkas']}:{first['nomor_baris']}") == tables.records.height
    assert find_row(both, f"/data/a/{first['berkas']}:{first['nomor_baris']}") == first["baris_id"]
    with pytest.raises(PadanError, match=str(first["nomor_baris"])):
        find_row(both, f"{first['berkas']}:{first['nomor_baris']}")


def test_what_people_decided_holds(loaded: Loaded, linked: Linked) -> None:
    """A match that somebody called two people is parted, two strangers whom somebody called one are joined."""
    match = linked.links.filter(pl.col("putusan") == "padan").row(0, named=True)
    label = linked.entities.sort("baris_id")["person_id"]
    other = next(
        i for i in range(len(label) - 1, 0, -1) if label[i] not in {label[match["kiri"]], label[match["kanan"]]}
    )
    decisions = pl.DataFrame(
        {"kiri": [match["kanan"], match["kiri"]], "kanan": [match["kiri"], other], "sama": [False, True]},
        schema_overrides={"kiri": pl.UInt32, "kanan": pl.UInt32},
    )
    again = link(loaded.records, loaded.families, decisions=decisions)
    person = again.entities.sort("baris_id")["person_id"]
    assert person[match["kiri"]] != person[match["kanan"]]
    assert person[match["kiri"]] == person[other]
    told = again.links.filter((pl.col("kiri") == match["kiri"]) & (pl.col("kanan") == match["kanan"]))
    assert told["alasan"].to_list() == ["keputusan"]
    given = Tables(
        info={"penautan": again.info},
        **{name: getattr(loaded, name) for name in ("records", "rejected", "files", "payments", "families")},
        **{name: getattr(again, name) for name in ("links", "entities", "persons", "family_links")},
        findings=empty("findings"),
    )
    said = explain_pair(given, match["kiri"], other)
    assert said.peluang == 1.0
    assert said.awal + sum(term.bobot for term in said.bukti) == pytest.approx(said.bobot, abs=1e-9)


def test_strangers_whom_no_pass_holds_have_next_to_no_chance(tables: Tables) -> None:
    linked = set(zip(tables.links["kiri"], tables.links["kanan"], strict=True))
    pair = next((0, k) for k in range(tables.records.height - 1, 0, -1) if (0, k) not in linked)
    told = explain_pair(tables, *pair)
    assert told.lintasan is None
    assert told.peluang < 1e-3


def test_lists_without_any_nik_are_linked_by_the_rest(loaded: Loaded, folder: Path) -> None:
    empty_nik = pl.lit("KOSONG").cast(loaded.records["nik_mutu"].dtype)
    bare = loaded.records.with_columns(nik=pl.lit(None, pl.String), nik_mutu=empty_nik)
    found = link(bare, loaded.families)
    truth = pl.read_parquet(folder / "truth" / "rows.parquet").select("berkas", "lembar", "nomor_baris", "orang_id")
    both = (
        bare.with_columns(berkas=pl.col("berkas").str.split("/").list.last())
        .join(truth, on=["berkas", "lembar", "nomor_baris"], nulls_equal=True)
        .filter(pl.col("orang_id").is_not_null())
        .join(found.entities.select("baris_id", "person_id"), on="baris_id")
        .select(truth="orang_id", found="person_id")
    )
    figures = clusters(both)
    assert figures["presisi"] > 0.98
    assert figures["perolehan"] > 0.85


def test_labels_calibrate_the_probabilities(loaded: Loaded, linked: Linked) -> None:
    """Told that half of the sure pairs were wrong, the linkage believes its sure pairs less."""
    sure = linked.links.filter(pl.col("peluang") > 0.97).head(400)
    labels = sure.select("kiri", "kanan", sama=pl.int_range(pl.len()) % 2 == 0, pangsa=pl.lit(1.0))
    again = link(loaded.records, loaded.families, labels=labels)
    assert again.info["kalibrasi_label"]["info"]["labels"] == 400
    both = sure.join(again.links, on=["kiri", "kanan"], suffix="_b")
    assert both["peluang_b"].mean() < both["peluang"].mean() - 0.1


def test_the_run_states_its_expected_errors_as_ranges(linked: Linked) -> None:
    stated = linked.info["perkiraan_galat"]
    for key in ("laju_salah_gabung", "laju_terlewat"):
        assert 0 < stated[key]["bawah"] < stated[key]["harapan"] < stated[key]["atas"] < 0.2
