"""Results as a person reads them in a terminal (rich tables) or as a program does (plain JSON values)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from padan import console
from rules.errors import Place
from rules.i18n import N_, _
from rules.masking import mask_text

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console
    from rich.table import Table

    from matching.explain import Explanation
    from padan.label import Case, Labels
    from padan.planning import Forecast
    from padan.verify import Verified
    from rules.tables import Tables
    from sources.inspecting import Inspection, SheetInspection

# Checks of one number that are no findings of their own (rules/nik.py).
_CHECKS = {"N10": N_("The birth date in the NIK is another than the one stated")}
_REPORTS = ("laporan.html", "laporan.xlsx", "desa", "kembali", "data", "run.json")


def table(title: str, columns: Sequence[str], numeric: Iterable[int] = ()) -> Table:
    """An empty table of the house style; columns with the indices `numeric` are set to the right."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    right = set(numeric)
    for index, name in enumerate(columns):
        made.add_column(name, justify="right" if index in right else "left", overflow="fold")
    return made


def number(value: float | None) -> str:
    """`1.234.567` as Indonesia writes it, `1,234,567` in English; empty for None."""
    from rules.i18n import language

    if value is None:
        return ""
    text = f"{round(value):,}"
    return text.replace(",", ".") if language() == "id" else text


def share(value: float | None) -> str:
    """A share with three decimals; empty for None."""
    from rules.i18n import language

    if value is None:
        return ""
    return f"{value:.3f}".replace(".", ",") if language() == "id" else f"{value:.3f}"


def run_summary(tables: Tables) -> dict[str, Any]:
    """What a batch job wants to know of a run: control totals, counts, findings by severity and code, timings."""
    import polars as pl

    found = tables.findings
    by_code = found.group_by("kode").agg(n=pl.len(), pasti=pl.col("nominal_pasti").sum()).sort("kode")
    levels = found.group_by(pl.col("tingkat").cast(pl.String)).agg(n=pl.len()).sort("tingkat")
    return {
        "tanggal_acuan": tables.info["tanggal_acuan"],
        "kekekalan": tables.info["kekekalan"],
        "jumlah": tables.info["jumlah"],
        "temuan_per_tingkat": {row["tingkat"]: row["n"] for row in levels.to_dicts()},
        "temuan_per_kode": {row["kode"]: row["n"] for row in by_code.to_dicts()},
        "diputuskan": tables.info.get("diputuskan", {}),
        "tren": tables.info.get("tren", {}).get("jumlah"),
        "catatan": tables.info.get("catatan", []),
        "tahap": tables.info["tahap"],
    }


def plan(found: Forecast) -> None:
    """What a run will need: the lists, the passes with their pairs, the stages, and whether it fits."""
    from padan import memory, planning

    screen = console.out()
    lists = table(_("Lists"), [_("Source"), _("File"), _("Rows"), "MB"], (2, 3))
    for one in found.berkas:
        lists.add_row(one.sumber, one.berkas, number(one.baris), number(one.bita / memory.MB))
    screen.print(lists)
    if found.lintasan:
        passes = table(_("Pairs"), [_("Pass"), _("In its blocks"), _("New")], (1, 2))
        for each in found.lintasan:
            passes.add_row(each.nama, number(each.kandidat), number(each.pasangan))
        screen.print(passes)
    stages = table(_("Stages"), [_("Stage"), _("Seconds"), _("Memory")], (1, 2))
    for need in found.tahap:
        stages.add_row(planning.stage_title(need.tahap), number(need.detik), memory.words(need.bita))
    screen.print(stages)
    if found.kasar:
        screen.print(_("From the outside of the files only: pairs are a guess."))
    screen.print(planning.short_line(found))
    short = planning.short_of(found)
    screen.print(_("It fits.") if short is None else planning.refusal(found, short).message, style="bold")


def run_result(tables: Tables, out: Path) -> None:
    """The closing words of `padan run`: control totals, people, findings, where the reports are."""
    screen = console.out()
    summary = run_summary(tables)
    shown = table(
        _("Control totals"), [_("Source"), _("File"), _("Sheet"), _("Read"), _("Used"), _("Rejected")], (3, 4, 5)
    )
    for row in summary["kekekalan"]:
        counts = (number(row[name]) for name in ("baris_dibaca", "baris_dipakai", "baris_ditolak"))
        shown.add_row(row["sumber"], row["berkas"], row["lembar"] or "", *counts)
    screen.print(shown)
    counts = summary["jumlah"]
    screen.print(
        _("{rows} rows are {persons} people; {findings} findings; reference date {date}.").format(
            rows=number(counts["records"]),
            persons=number(counts["persons"]),
            findings=number(counts["findings"]),
            date=summary["tanggal_acuan"] or "-",
        )
    )
    for level in ("KRITIS", "TINGGI", "SEDANG", "INFO"):
        if level in summary["temuan_per_tingkat"]:
            screen.print(f"  {level:<7} {number(summary['temuan_per_tingkat'][level]):>9}")
    if summary["tren"]:
        since = {status: number(n) for status, n in summary["tren"].items()}
        screen.print(
            _("Since the earlier run: {new} new, {open} still open, {solved} solved, {alarms} false alarms.").format(
                new=since["BARU"], open=since["TETAP"], solved=since["SELESAI"], alarms=since["ALARM"]
            )
        )
    screen.print("\n" + _("Reports in {folder}:").format(folder=out))
    for name in _REPORTS:
        if (out / name).exists():
            screen.print(f"  {name}", soft_wrap=True)


def link_summary(info: dict[str, Any]) -> dict[str, Any]:
    """What a batch job wants to know of a `padan link`."""
    names = ("rows", "pairs_compared", "pairs_possible", "match", "review", "entities", "entities_of_several_rows")
    fit = {name: info["model"][name] for name in ("konvergen", "putaran", "awalan", "beda_antar_awalan")}
    return {**{name: info[name] for name in names}, "model": fit, "passes": info["passes"]}


def link_result(info: dict[str, Any], out: Path) -> None:
    """The closing words of `padan link`: rows, passes, pairs, entities, and what deserves a look."""
    screen = console.out()
    shown = table(_("Passes"), [_("Key"), _("Pairs"), _("Left out")], (1, 2))
    for one in info["passes"]:
        shown.add_row(_markup(one["nama"]), number(one["pasangan"]), number(one["pasangan_dilewati"]))
    screen.print(shown)
    rows = sum(info["rows"].values())
    screen.print(
        _("{rows} rows are {entities} entities, {several} of them with several rows.").format(
            rows=number(rows), entities=number(info["entities"]), several=number(info["entities_of_several_rows"])
        )
    )
    screen.print(
        _("{pairs} pairs compared: {match} matches, {review} for review.").format(
            pairs=number(info["pairs_compared"]), match=number(info["match"]), review=number(info["review"])
        )
    )
    model = info["model"]
    if not model["konvergen"]:
        screen.print(
            _("The model did not settle after {n} rounds; look at the pairs before you use them.").format(
                n=model["putaran"]
            )
        )
    if model["beda_antar_awalan"] > 0.02:
        screen.print(
            _("Fits from different starts disagree by {share} of the matches; the data hardly tell them apart.").format(
                share=share(model["beda_antar_awalan"])
            )
        )
    unseen = sum(one["pasangan"] for one in model["tingkat_tanpa_data"])
    if unseen:
        screen.print(
            _(
                "{n} times a pair has a level that the data do not show; its weight rests on a stated prior "
                "(run.json: tingkat_tanpa_data)."
            ).format(n=number(unseen))
        )
    screen.print("\n" + _("Results in {folder}:").format(folder=out))
    for name in ("pairs.parquet", "entities.parquet", "rows.parquet", "run.json"):
        screen.print(f"  {name}", soft_wrap=True)


def labelling(case: Case, drawn: pl.DataFrame, labels: Labels, who: str, *, unmasked: bool) -> int:
    """Ask in the terminal about every drawn pair not answered yet; returns how many answers were given."""
    from padan import label

    screen = console.out()
    screen.print(_("Are the two rows one person? Judge by the rows alone; the score is not shown."))

    def show(at: int, of: int, left: str, right: str) -> None:
        shown = table(_("Pair {at} of {of}").format(at=at, of=of), ["", "1", "2", ""])
        for title, a, b, sign in label.side_by_side(case, left, right, unmasked=unmasked):
            shown.add_row(_markup(title), _markup(a), _markup(b), sign)
        screen.print(shown)

    def ask() -> str | None:
        while True:
            try:
                text = input(_("[y] the same, [t] two persons, [r] unsure, [k] back, [q] stop: "))
            except EOFError:
                return None
            found = label.ANSWERS.get(text.strip().lower())
            if found:
                return found

    return label.session(drawn, labels, who, show, ask)


def labelled(told: dict[str, Any], csv: Path | None) -> None:
    """The closing words of `padan label`."""
    screen = console.out()
    if csv is not None:
        screen.print(_("Pairs to answer in {file}; fill in its column jawaban with y, t or r.").format(file=csv))
        return
    screen.print(
        _("{given} answers given, {answers} in all: {same} pairs are one person, {different} are two.").format(
            given=number(told["given"]), answers=number(told["answers"]), same=number(told["same"]),
            different=number(told["different"]),
        )
    )  # fmt: skip
    screen.print(_("Answers in {file}.").format(file=told["file"]), soft_wrap=True)


def inspections(found: Sequence[Inspection]) -> None:
    """Per file and sheet: what it was taken for, how each column was read, and how good its data is."""
    screen = console.out()
    codes: set[str] = set()
    for one in found:
        if one.galat is not None:
            continue
        about = ", ".join(
            part for part in (one.format, one.penyandian, repr(one.pemisah) if one.pemisah else None) if part
        )
        screen.print(f"\n[bold]{_markup(one.berkas)}[/bold]  ({_markup(about)})", soft_wrap=True)
        for sheet in one.lembar:
            _sheet(screen, sheet)
            codes |= {code for c in sheet.kolom if c.mutu for code in c.mutu.tidak_sah}
    _legend(screen, codes)


def _legend(screen: Console, codes: set[str]) -> None:
    """The checks that the tables name by code, in words."""
    from rules.findings.registry import all_rules

    words = {rule.kode: rule.judul for rule in all_rules()} | _CHECKS
    for code in sorted(codes):
        screen.print(f"  {code}  {_(words[code])}" if code in words else f"  {code}")


def _sheet(screen: Console, sheet: SheetInspection) -> None:
    from reports.labels import rejection_label

    name = _("sheet {name}: ").format(name=sheet.lembar) if sheet.lembar else ""
    if sheet.tata_letak is None:
        screen.print(
            "  " + _markup(name + _("no header that padan knows; {n} rows").format(n=number(sheet.baris_total)))
        )
        screen.print("  " + _("a list needs a row of headings such as NIK, Nama, No KK, Tanggal Lahir"))
        return
    sure = "" if sheet.yakin else " (" + _("not sure: name the register when you run it") + ")"
    screen.print(
        "  "
        + _markup(name)
        + _("{layout} [{source}], score {score}{sure}; header in row {row}; {n} rows; date {date}").format(
            layout=_markup(sheet.keterangan or sheet.tata_letak), source=sheet.sumber or "?", score=share(sheet.skor),
            sure=sure, row=sheet.baris_judul, n=number(sheet.jumlah_data), date=sheet.tanggal_data or _("unknown"),
        ).replace("[", "\\["),
        soft_wrap=True,
    )  # fmt: skip
    head = [_("Column"), _("Header"), _("Read as"), _("Sure"), _("Empty"), _("Twice"), _("Invalid or not understood")]
    shown = table("", head, (3, 4, 5))
    for column in sheet.kolom:
        quality = column.mutu
        wrong = "" if quality is None else ", ".join(f"{code} {number(n)}" for code, n in quality.tidak_sah.items())
        if quality is not None and quality.tak_dimengerti:
            texts = (f"{text!r} {number(n)}" for text, n in quality.tak_dimengerti.items())
            wrong = ", ".join(filter(None, (wrong, *texts)))
        if quality is not None and quality.skema_wilayah:
            wrong = ", ".join(filter(None, (wrong, quality.skema_wilayah)))
        read_as = column.kanonik or {"diabaikan": _("(left out)")}.get(column.cara, _("(not understood)"))
        if column.saran and not column.kanonik:
            read_as += " " + _("(perhaps {column})").format(column=column.saran)
        shown.add_row(
            column.kolom,
            _markup(column.judul),
            read_as,
            share(column.keyakinan) if column.kanonik else "",
            "" if quality is None else number(quality.kosong),
            "" if quality is None else number(quality.ganda),
            _markup(wrong),
        )
    screen.print(shown)
    for code, n in sheet.ditolak.items():
        screen.print("  " + _("{n} rows refused: {code}").format(n=number(n), code=rejection_label(code)))
    for column_name, near in sheet.hilang:
        hint = " " + _("(nearest: {near})").format(near=near) if near else ""
        screen.print("  " + _("required column missing: {column}").format(column=column_name) + _markup(hint))


def _markup(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def synthesised(made: dict[str, Any], out: Path) -> None:
    """The files that `padan synth` wrote, and the command that runs them."""
    screen = console.out()
    shown = table(_("Synthetic registers in {folder}").format(folder=out), [_("File"), _("Date"), _("Rows")], (2,))
    for name, rows in made["berkas"].items():
        shown.add_row(name, made["tanggal"].get(name, ""), number(rows))
    screen.print(shown)
    screen.print(_("Run them with: padan run {file} --out FOLDER").format(file=out / "padan.toml"), soft_wrap=True)


def verified(found: Verified) -> None:
    """What became of the filled lists: counts per file, then every line that was refused."""
    screen = console.out()
    head = [_("File"), _("Village"), _("Read"), _("Decided"), _("Blank"), _("Refused"), _("Missing")]
    shown = table(_("Filled village lists"), head, (2, 3, 4, 5, 6))
    for one in found.files:
        counts = (number(n) for n in (one.read, one.decided, one.blank, one.refused, one.missing))
        shown.add_row(_markup(one.file), one.village or "", *counts)
    screen.print(shown)
    for refusal in found.refusals:
        place = console.place_text(Place(file=refusal.file, sheet=refusal.sheet, row=refusal.row))
        line = " " + _("(line {line})").format(line=refusal.line) if refusal.line else ""
        screen.print(_markup(mask_text(f"  {place}{line}: {refusal.why}")), soft_wrap=True)
    if any(one.missing for one in found.files):
        screen.print(_("Missing: lines of the list that are not in the file; they stay open."))
    screen.print(
        _("{n} decisions are new in {file}. Later runs respect them: padan run ... --keputusan {file}").format(
            n=number(found.added), file=found.store
        ),
        soft_wrap=True,
    )


def evaluation(result: dict[str, Any]) -> None:
    """The quality figures of a run on synthetic data."""
    from rules.findings.registry import all_rules

    screen = console.out()
    people = result["entitas"]
    head = [_("Measure"), _("Precision"), _("Recall"), "F1"]
    shown = table(_("People and families"), head, (1, 2, 3))
    shown.add_row(_("pairs of rows (closure)"), *(share(people[k]) for k in ("presisi", "perolehan", "f1")))
    shown.add_row(_("clusters (B-cubed)"), *(share(people[k]) for k in ("b3_presisi", "b3_perolehan", "b3_f1")))
    shown.add_row(_("blocking"), "", share(result["perolehan_penyaringan"]), "")
    family = result["keluarga"]
    shown.add_row(_("family links"), *(share(family[k]) for k in ("presisi", "perolehan", "f1")))
    for kind, figures in family["jenis"].items():
        label = f"  {kind} ({number(figures['sebenarnya'])})"
        shown.add_row(label, *(share(figures[k]) for k in ("presisi", "perolehan", "f1")))
    screen.print(shown)
    columns = [
        _("Code"),
        _("Findings"),
        _("Precision"),
        _("Facts shown"),
        _("Recall"),
        _("All facts"),
        _("Recall of all"),
    ]
    codes = table(_("Findings by code"), columns, range(1, 7))
    own = {rule.kode for rule in all_rules()}
    for code, row in result["temuan"].items():
        if code not in own and not row["fakta"]:
            continue  # only another name of findings that are counted under their own code
        codes.add_row(
            code,
            number(row["temuan"]),
            share(row["presisi"]) if row["temuan"] else "",
            number(row["fakta_terlihat"]),
            share(row["perolehan"]) if row["fakta_terlihat"] else "",
            number(row["fakta"]),
            share(row["perolehan_semua"]) if row["fakta"] else "",
        )
    screen.print(codes)


def explanation_data(found: Sequence[Explanation], *, unmasked: bool = False) -> list[dict[str, Any]]:
    """Explanations as plain values, ids and birth dates masked unless `unmasked`."""
    if unmasked:
        return [one.to_dict() for one in found]
    data = []
    for one in found:
        plain = one.to_dict()
        plain["bukti"] = [term | {side: masked(term[side]) for side in ("kiri", "kanan")} for term in plain["bukti"]]
        data.append(plain)
    return data


def masked(value: str | None) -> str | None:
    """`value` with ids masked; a full date keeps its year only; a region code stays."""
    import re

    if value is None or re.fullmatch(r"(\d\d){1,3}(\d{4})?", value):
        return value
    return re.sub(r"\b(\d{4})-\d{2}-\d{2}\b", r"\1", mask_text(value))


def _weight(value: float) -> str:
    from rules.i18n import language

    text = f"{round(value, 2) + 0.0:+.2f}"  # plus zero: no field weighs -0.00
    return text.replace(".", ",") if language() == "id" else text


def explanations(tables: Tables, found: Sequence[Explanation], *, unmasked: bool = False) -> None:
    """The evidence of each pair, field by field, with the sentence on top."""
    from matching.explain import chance

    screen = console.out()
    if not found:
        screen.print(_("This person has one row only; there is nothing to compare."))
    for one in found:
        screen.print()
        for index in (one.kiri, one.kanan):
            row = tables.records.row(index, named=True)
            where = f"{row['berkas']}:{row['nomor_baris']}" + (f" ({row['lembar']})" if row["lembar"] else "")
            screen.print(f"  {index}: {row['sumber']}  {where}  {row['nama'] or ''}", soft_wrap=True)
        screen.print(one.kalimat, style="bold")
        shown = table("", [_("Field"), _("Agreement"), str(one.kiri), str(one.kanan), _("Weight (log2)")], (4,))
        found_by = _("found by {fields}").format(fields=one.lintasan) if one.lintasan else ""
        shown.add_row(_("start"), found_by, "", "", _weight(one.awal))
        for term in one.bukti:
            values = (term.kiri, term.kanan) if unmasked else (masked(term.kiri), masked(term.kanan))
            shown.add_row(term.kolom, term.tingkat, values[0] or "-", values[1] or "-", _weight(term.bobot))
        shown.add_section()
        p = chance(one.peluang)
        shown.add_row(_("sum"), f"p {p}" if p[0] in "<>" else f"p = {p}", "", "", _weight(one.bobot))
        screen.print(shown)
