"""`padan sample`: draw findings for a check in the field, read the answers back, say how many findings are true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl

from padan.console import OutputError
from reports.sample import ANSWER, ANSWERS, CODE, write_sample
from rules.errors import InputError, Place
from rules.i18n import _
from rules.sampling import draw, estimate, wilson, with_strata
from rules.tables import Tables


def make(run: Tables, out: Path, *, n: int, seed: int, kode: Sequence[str] = ()) -> dict[str, Any]:
    """Draw `n` findings (of the rules `kode`, all by default) into the workbook `out`; what was drawn, per stratum.

    Raises InputError when there is no such finding, OutputError when `out` exists: it may hold answers.
    """
    findings = run.findings.filter(pl.col("kode").is_in(list(kode))) if kode else run.findings
    if findings.is_empty():
        raise InputError(
            _("the run holds no finding to draw from"),
            hint=_("codes of rules stand in the report and in data/findings"),
        )
    if out.exists():
        raise OutputError(
            _("this file exists and may hold answers"),
            place=Place(file=str(out)),
            hint=_("give another name with --out"),
        )
    drawn = draw(findings, n, seed)
    write_sample(drawn, run, out)
    strata = drawn.group_by("kode", "pita").agg(pl.col("lapis_jumlah").first(), pl.col("lapis_sampel").first())
    return {
        "temuan": findings.height,
        "sampel": drawn.height,
        "seed": seed,
        "lapis": strata.sort("kode", "pita").to_dicts(),
    }


def result(run: Tables, file: Path) -> dict[str, Any]:
    """The estimated rate of true findings from the answers in `file`: in all, per rule and per stratum, with intervals.

    Raises InputError with the row for a code that is no finding of this run, an answer that is none, or a code twice.
    """
    answers = _read(file)
    strata = with_strata(run.findings).select("temuan_id", "kode", "pita")
    known = answers.join(strata, on="temuan_id", how="left")
    for row in known.filter(pl.col("kode").is_null()).head(1).to_dicts():
        raise InputError(
            _("the code is no finding of this run"), place=Place(file.name, None, row["baris"], CODE),
            hint=_("give the run the sample was drawn from"),
        )  # fmt: skip
    drawn = known["kode"].unique().implode()
    size = strata.filter(pl.col("kode").is_in(drawn)).group_by("kode", "pita").agg(populasi=pl.len())
    told = known.group_by("kode", "pita").agg(
        sampel=pl.len(),
        dijawab=pl.col("jawab").is_in(["YA", "TIDAK"]).sum(),
        benar=(pl.col("jawab") == "YA").sum(),
        ragu=(pl.col("jawab") == "RAGU").sum(),
    )
    per = size.join(told, on=["kode", "pita"], how="left").with_columns(
        pl.col("sampel", "dijawab", "benar", "ragu").fill_null(0)
    )
    per = per.sort("kode", "pita")
    if int(per["dijawab"].sum()) == 0:
        raise InputError(
            _("the sample holds no answer yet"), place=Place(file=file.name, column=ANSWER),
            hint=_("fill the column with {answers}").format(answers=", ".join(ANSWERS)),
        )  # fmt: skip
    rules = {
        str(code): asdict(estimate(part))
        for (code,), part in sorted(per.partition_by("kode", as_dict=True).items(), key=lambda one: str(one[0]))
        if int(part["dijawab"].sum())
    }
    strata_rows = [
        {**row, "bawah": wilson(row["benar"], row["dijawab"], row["populasi"])[0],
         "atas": wilson(row["benar"], row["dijawab"], row["populasi"])[1]}
        for row in per.to_dicts()
    ]  # fmt: skip
    return {
        "semua": asdict(estimate(per)),
        "aturan": rules,
        "lapis": strata_rows,
        "belum_dijawab": int((answers["jawab"] == "").sum()),
        "ragu": int(per["ragu"].sum()),
        "lapis_tanpa_jawaban": int((per["dijawab"] == 0).sum()),
    }


def _read(file: Path) -> pl.DataFrame:
    """temuan_id, jawab (upper case, "" for none) and baris (as in Excel) of a filled sheet."""
    try:
        sheet = fastexcel.read_excel(str(file)).load_sheet(
            0, header_row=None, dtypes="string", skip_whitespace_tail_rows=True
        )
        grid = sheet.to_polars()
    except Exception as error:
        raise InputError(
            _("this is no workbook that can be read"), place=Place(file=file.name),
            hint=_("save it as xlsx in Excel or LibreOffice"),
        ) from error  # fmt: skip
    head = next((i for i, row in enumerate(grid.iter_rows()) if CODE in row and ANSWER in row), None)
    if head is None:
        raise InputError(
            _("the columns {code} and {answer} are missing").format(code=CODE, answer=ANSWER),
            place=Place(file=file.name),
            hint=_("fill in the file that `padan sample` wrote, without changing its headings"),
        )  # fmt: skip
    names = list(grid.row(head))
    frame = (
        grid.with_row_index("baris", offset=1)[head + 1 :]
        .select(
            pl.col("baris").cast(pl.Int64),
            temuan_id=pl.col(grid.columns[names.index(CODE)]).str.strip_chars(),
            jawab=pl.col(grid.columns[names.index(ANSWER)]).str.strip_chars().str.to_uppercase().fill_null(""),
        )
        .filter(pl.col("temuan_id").fill_null("") != "")
    )
    for row in frame.filter(~pl.col("jawab").is_in([*ANSWERS, ""])).head(1).to_dicts():
        raise InputError(
            _("the answer is none of {answers}").format(answers=", ".join(ANSWERS)),
            place=Place(file.name, None, row["baris"], ANSWER), hint=_("leave it empty where nobody checked"),
        )  # fmt: skip
    for row in frame.filter(~pl.col("temuan_id").is_first_distinct()).head(1).to_dicts():
        raise InputError(
            _("the code stands in this file twice"), place=Place(file.name, None, row["baris"], CODE),
            hint=_("keep one of the two lines"),
        )  # fmt: skip
    return frame
