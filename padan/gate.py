"""`padan gate`: a payment list against a finished run, or against files of which a run is made first."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, Final

import polars as pl

from blocking.jit import in_background
from padan import pipeline, stamps, store
from padan.console import Report
from padan.gate_run import Base, GateSettings, base_of, inputs_of, new_lists, run_of
from padan.returning import returned
from reports.gate import FOLDER, GateResult, write_gate
from rules import i18n
from rules.errors import ConfigError, TableError
from rules.findings.programme import Programme, load_programmes, programme_files
from rules.gate.additions import additions, coverage
from rules.gate.judge import all_marks, verdicts
from rules.gate.parameters import GateParameters, load_gate_parameters
from rules.gate.registry import gate_rules
from rules.gate.view import View
from rules.i18n import _
from rules.masking import mask_text
from rules.vocab import PAYMENT_PREFIX
from sources.formats import books_kept

PASSED: Final = 10  # exit code: a limit was passed; the files are written all the same
# Rules of programme_rules.md, section 3, that no source of padan can answer.
UNANSWERED: Final = ("D08", "D09", "D10", "D11", "D15", "D16")


def gate(settings: GateSettings, out: Path, report: Report) -> tuple[dict[str, Any], bool]:
    """Judge the list into the folder `out`; returns the summary and whether a limit was passed.

    Raises PadanError for what the user can mend. The same input gives the same bytes in every file.
    """
    local = programme_files(settings.program_berkas)
    programmes = load_programmes(local)
    programme = _known(settings.program, programmes)
    parameters = load_gate_parameters(settings.parameter)
    with store.open_folder(out) as folder:
        _clear(folder.path)
        base = base_of(settings, out, report)
        with books_kept():  # the list is read to be judged, and again to be given back
            summary = _judge(settings, base, programme, programmes, parameters, out, report)
    return summary, bool(summary["batas"]["dilampaui"])


def _judge(
    settings: GateSettings, base: Base, programme: Programme, programmes: dict[str, Programme],
    parameters: GateParameters, out: Path, report: Report,
) -> dict[str, Any]:  # fmt: skip
    """Read the list, judge it against the run and write everything into `out`; what ringkasan.json holds."""
    report(0.30, _("Reading the list"))
    inputs = inputs_of(settings)
    hashes = stamps.sha256_files([one.path for one in inputs])
    names = pipeline.names(inputs)
    labels = [base.labels.get(digest, name) for name, digest in zip(names, hashes, strict=True)]
    listed = in_background(lambda: new_lists(settings, base, inputs, hashes))  # while the run is read here
    run = run_of(base, hashes)
    from padan.gate_link import put_together  # half a second to import: while the list is still being read

    loaded = listed()
    again = in_background(lambda: {name: read() for name, read in returned(inputs, labels).items()})
    report(0.45, _("Linking"))
    frames, rejected, files, how = put_together(run, loaded, parameters)
    report(0.60, _("Judging"))
    view = View(frames, programme, programmes, parameters, settings.tanggal_acuan)
    found = verdicts(view)
    report(0.75, _("Proposals"))
    proposed = in_background(lambda: additions(view))
    placed = _with_places(view, found)
    more, sheets = proposed(), again()
    summary = _summary(settings, base, view, found, rejected, files, more, how)
    summary["masukan"] = [{"berkas": name, "sha256": digest} for name, digest in zip(names, hashes, strict=True)]
    result = GateResult(placed, rejected, more, summary, view.tanggal_acuan)
    write_gate(result, sheets, out, lambda share: report(0.8 + 0.2 * share, _("Writing")))
    report(1.0, _("Done"))
    return summary


def _known(code: str, programmes: dict[str, Programme]) -> Programme:
    found = programmes.get(code.lower().replace("-", "_"))
    if found is None:
        raise ConfigError(
            _("padan knows no programme {code}").format(code=mask_text(code)),
            hint=_("known are {known}; give a file of your own with --program-berkas").format(
                known=", ".join(sorted(programmes))
            ),
        )
    return found


def _clear(out: Path) -> None:
    for name in (FOLDER,):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in ("ringkasan.json", "tambah.xlsx", "padan-galat.log"):
        (out / name).unlink(missing_ok=True)


def _with_places(view: View, found: pl.DataFrame) -> pl.DataFrame:
    """`found` with its evidence as places: list of (label, sumber, berkas, lembar, nomor_baris, tanggal)."""
    row = _("{file} row {row}")
    before, between = row.split("{file}")[0], row.split("{file}")[1].split("{row}")[0]
    where = pl.concat_str(pl.lit(before), "berkas", pl.lit(between), pl.col("nomor_baris").cast(pl.String))
    found = found.with_row_index("_i")
    rows = found.filter(pl.col("bukti").list.len() > 0).select("_i", baris_id="bukti").explode("baris_id")
    known = (
        view.frames.records.select("baris_id", "sumber", "berkas", "lembar", "nomor_baris", tanggal="tanggal_data")
        .filter(pl.col("baris_id").is_in(rows["baris_id"].unique().implode()))
        .collect()
    )
    labels = {source: view.label(source) for source in known["sumber"].unique().sort().to_list()}
    named = pl.col("sumber").replace_strict(labels, default=None, return_dtype=pl.String)
    day = pl.col("tanggal").dt.strftime("%d-%m-%Y").fill_null("-")
    text = pl.concat_str(named, pl.lit(" "), day, pl.lit(" ("), where, pl.lit(")"))
    rows = rows.join(known.with_columns(label=text), on="baris_id")
    paid = found.filter(pl.col("bukti_bayar").list.len() > 0).select("_i", lain="bukti_bayar").explode("lain")
    other = view.frames.payments.select(
        "berkas", "lembar", "nomor_baris", lain="bayar_id", sumber=pl.lit(PAYMENT_PREFIX) + pl.col("program"),
        tanggal="periode_awal",
    ).filter(pl.col("lain").is_in(paid["lain"].unique().implode()))  # fmt: skip
    paid = paid.join(other.with_columns(label=where), on="lain")
    return (
        found.drop("bukti", "bukti_bayar")
        .join(_listed(rows, "bukti"), on="_i", how="left", maintain_order="left")
        .join(_listed(paid, "bukti_bayar"), on="_i", how="left", maintain_order="left")
        .with_columns(pl.col("bukti", "bukti_bayar").fill_null([]))
        .drop("_i")
    )


def _listed(places: pl.DataFrame, name: str) -> pl.DataFrame:
    """Per verdict `_i` its places as the list `name`: the newest source first, ties by place."""
    places = places.sort(
        "_i",
        "tanggal",
        "berkas",
        "lembar",
        "nomor_baris",
        descending=[False, True, False, False, False],
        nulls_last=True,
    )
    place = pl.struct("label", "sumber", "berkas", "lembar", "nomor_baris", "tanggal")
    return places.group_by("_i", maintain_order=True).agg(place.alias(name))


def _summary(
    settings: GateSettings, base: Base, view: View, found: pl.DataFrame, rejected: pl.DataFrame,
    files: pl.DataFrame, more: pl.DataFrame, how: dict[str, int],
) -> dict[str, Any]:  # fmt: skip
    """What ringkasan.json holds. Raises TableError when a row of the list was lost."""
    read, refused = int(files["baris_dibaca"].sum()), rejected.height
    if read != found.height + refused:
        raise TableError(f"the gate lost rows: {read} read, {found.height} judged, {refused} refused")
    put = {
        word: {
            "baris": int((found["putusan"] == word).sum()),
            "rupiah": int(found.filter(pl.col("putusan") == word)["rupiah"].sum()),
        }
        for word in ("LAYAK", "VERIFIKASI", "TAHAN")
    }
    codes = (
        all_marks(view)
        .join(found.select("bayar_id", "rupiah"), on="bayar_id")
        .group_by("kode", "akibat")
        .agg(baris=pl.col("bayar_id").n_unique(), rupiah=pl.col("rupiah").sum())
        .sort("kode", "akibat")
    )
    share = put["TAHAN"]["baris"] / max(found.height, 1)
    too_many = settings.maks_tahan is not None and share > settings.maks_tahan
    too_much = settings.maks_rupiah is not None and put["TAHAN"]["rupiah"] > settings.maks_rupiah
    known = base.info["masukan"]
    dates = view.rows.filter("daftar").group_by("sumber").agg(pl.col("tanggal_data").max()).sort("sumber")
    return {
        "program": view.programme.kode,
        "nama_program": view.programme.nama,
        "satuan": view.programme.satuan,
        "tanggal_acuan": str(view.tanggal_acuan) if view.tanggal_acuan else None,
        "periode": [_text(view.bayar["periode_awal"].min()), _text(view.bayar["periode_akhir"].max())],
        "kekekalan": {"dibaca": read, "dinilai": found.height, "ditolak": refused},
        "putusan": put,
        "aturan": codes.with_columns(pl.col("akibat").cast(pl.String)).to_dicts(),
        "penerima": {"jumlah": view.penerima.height, **how},
        "tambah": {k: int((more["jenis"] == k).sum()) for k in ("DESIL", "PELENGKAP")},
        "cakupan": coverage(view),
        "sumber": {str(r["sumber"]): _text(r["tanggal_data"]) for r in dates.to_dicts()},
        "versi_lama_dilewati": view.versi_lama,
        "tidak_dapat_diperiksa": list(UNANSWERED),
        "terhadap": [{"sumber": one["sumber"], "berkas": one["berkas"], "sha256": one["sha256"]} for one in known],
        "batas": {
            "maks_tahan": settings.maks_tahan,
            "maks_rupiah": settings.maks_rupiah,
            "bagian_tahan": round(share, 6),
            "dilampaui": too_many or too_much,
        },
        "aturan_gerbang": [rule.kode for rule in gate_rules()],
        "bahasa": i18n.language(),
        "versi": stamps.versions()["padan"],
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def share_of(text: str) -> float:
    """`2%`, `2,5 %` or `0.02` as a share. Raises ValueError for anything else."""
    found = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?)\s*(%?)\s*", text)
    if not found:
        raise ValueError(text)
    value = float(found[1].replace(",", ".")) / (100 if found[2] else 1)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


def rupiah_of(text: str) -> int:
    """`250000000`, `250.000.000` or `Rp250.000.000` as a number. Raises ValueError for anything else."""
    digits = re.sub(r"^\s*rp\.?\s*|[._\s]", "", text.lower())
    if not digits.isdigit():
        raise ValueError(text)
    return int(digits)


__all__ = ["PASSED", "GateSettings", "gate", "rupiah_of", "share_of"]
