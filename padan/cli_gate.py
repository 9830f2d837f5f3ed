"""The commands `gate` and `sample`, added to the group of `padan.cli`; as thin as the others."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from padan import console
from padan.cli import _FILE, _GIVEN, _OUT, _as_date, _own_programmes, _shared, _test_mode, cli
from padan.translate import Argument, Option, Several
from rules.i18n import N_, _


def _as_share(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    from padan.gate import share_of

    try:
        return share_of(value) if value else None
    except ValueError as error:
        raise click.BadParameter(_("must be a share like 0.02 or 2%")) from error


def _as_rupiah(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    from padan.gate import rupiah_of

    try:
        return rupiah_of(value) if value else None
    except ValueError as error:
        raise click.BadParameter(_("must be an amount like 250000000 or 250.000.000")) from error


@cli.command(
    "gate",
    help=N_(
        "Judge a payment list before the money goes out: LAYAK, TAHAN or VERIFIKASI for every row.\n\n"
        "TAHAN only for what is certain; everything in doubt is VERIFIKASI. The list comes back in its own layout with "
        "the verdict, the reason, the rules and the rows it rests on. TAMBAH lists who seems to be missing, for review."
    ),
    epilog=N_(
        "Exit codes: 0 done; 10 done, but a limit (--maks-tahan, --maks-rupiah) was passed; 1 unexpected error; "
        "2 wrong option or setting; 3 an input file cannot be used; 4 the output cannot be written or read; "
        "5 not enough memory; 70 defect of padan; 130 stopped."
    ),
)
@click.argument("payments", cls=Argument, metavar=N_("PAYMENTS..."), nargs=-1, required=True)
@click.option("--program", cls=Option, required=True, metavar=N_("CODE"), help=N_("Programme: pkh, bpnt, pbi_jkn ..."))
@click.option(
    "--terhadap",
    cls=Several,
    required=True,
    metavar=N_("RUN | REGISTER=FILE..."),
    help=N_("Folder of a finished run, a padan.toml, or files (dtks=, p3ke=, regsosek=, dtsen=, dukcapil=)."),
)
@click.option("--out", required=True, help=N_("Folder of the results."), **_OUT)
@_own_programmes
@click.option("--parameter", help=N_("TOML with own values for rules/gate/parameters.toml."), **_GIVEN)
@click.option(
    "--tanggal-acuan",
    cls=Option,
    metavar=N_("DATE"),
    callback=_as_date,
    help=N_("For payments without a period (default: the start of the payment period)."),
)
@click.option(
    "--maks-tahan", cls=Option, metavar="2%", callback=_as_share, help=N_("Most rows that may be held, as a share.")
)
@click.option("--maks-rupiah", cls=Option, metavar="N", callback=_as_rupiah, help=N_("Most rupiah that may be held."))
@_test_mode
@_shared
def gate(
    payments: tuple[str, ...],
    program: str,
    terhadap: tuple[str, ...],
    out: Path,
    program_berkas: tuple[str, ...],
    parameter: Path | None,
    tanggal_acuan: date | None,
    maks_tahan: float | None,
    maks_rupiah: int | None,
    mode_uji: bool,
    json: bool,
    quiet: bool,
) -> int:
    """A payment list before disbursement."""
    cli.folder = out
    from padan import gate as work

    settings = work.GateSettings(
        daftar=tuple(Path(text) for text in payments),
        program=program,
        terhadap=terhadap,
        program_berkas=tuple(Path(text) for text in program_berkas),
        parameter=parameter,
        tanggal_acuan=tanggal_acuan,
        mode_uji=mode_uji,
        maks_tahan=maks_tahan,
        maks_rupiah=maks_rupiah,
    )
    with console.progress(quiet=quiet or json) as report:
        summary, passed = work.gate(settings, out, report)
    if json:
        console.print_json({"ok": not passed, "folder": str(out), **summary})
    elif not quiet:
        show_gate(summary, out)
    return work.PASSED if passed else console.OK


def show_gate(summary: dict[str, Any], out: Path) -> None:
    """The verdicts and the rules behind them, in the terminal."""
    from padan.show import number, share, table

    screen = console.out()
    verdicts = table(_("Verdicts"), [_("Verdict"), _("Rows"), "Rp"], (1, 2))
    for word, found in summary["putusan"].items():
        verdicts.add_row(word, number(found["baris"]), number(found["rupiah"]))
    verdicts.add_row(_("refused rows"), number(summary["kekekalan"]["ditolak"]), "")
    verdicts.add_row(_("rows read"), number(summary["kekekalan"]["dibaca"]), "")
    screen.print(verdicts)
    rules = table(_("Rules"), [_("Rule"), _("Effect"), _("Rows"), "Rp"], (2, 3))
    for one in summary["aturan"]:
        rules.add_row(one["kode"], one["akibat"], number(one["baris"]), number(one["rupiah"]))
    screen.print(rules)
    screen.print(
        _("TAMBAH (for review): {n} by decile, {m} by expected pair.").format(
            n=number(summary["tambah"]["DESIL"]), m=number(summary["tambah"]["PELENGKAP"])
        )
    )
    if summary["batas"]["dilampaui"]:
        screen.print(_("A limit was passed: {share} of the rows are held. Look before you pay.").format(
            share=share(100 * summary["batas"]["bagian_tahan"]) + " %"
        ), style="bold")  # fmt: skip
    screen.print(_("Written to {folder}").format(folder=out))


@cli.command(
    "sample",
    help=N_(
        "Draw a random sample of findings for a check in the field; read the answers back.\n\n"
        "Stratified by rule and band of probability. With --hasil the filled file gives the estimated share of true "
        "findings with a 95 per cent interval."
    ),
)
@click.argument("folder", cls=Argument, metavar=N_("RUN_FOLDER"), type=click.Path(path_type=Path))
@click.option("--n", cls=Option, metavar="N", type=click.IntRange(1), default=200, help=N_("Findings to draw."))
@click.option("--seed", cls=Option, metavar="S", type=click.IntRange(0), default=1, help=N_("Seed."))
@click.option("--kode", cls=Several, metavar=N_("CODE..."), help=N_("Only these rules (default: all)."))
@click.option("--out", help=N_("The workbook to write (.xlsx)."), **_FILE)
@click.option("--hasil", help=N_("The workbook with the answers."), **_GIVEN)
@_shared
@click.pass_context
def sample(
    ctx: click.Context,
    folder: Path,
    n: int,
    seed: int,
    kode: tuple[str, ...],
    out: Path | None,
    hasil: Path | None,
    json: bool,
    quiet: bool,
) -> None:
    """A sample of findings, or what its answers say."""
    if (out is None) == (hasil is None):
        raise click.UsageError(_("give either --out (draw) or --hasil (read the answers)"), ctx)
    from padan import sample as work
    from padan import store

    run = store.read_run(folder)
    found = work.result(run, hasil) if hasil else work.make(run, out or Path(), n=n, seed=seed, kode=kode)
    if json:
        console.print_json({"ok": True, **found})
    elif hasil is not None:
        show_rates(found)
    elif not quiet:
        console.out().print(
            _("{n} of {all} findings drawn into {file}").format(n=found["sampel"], all=found["temuan"], file=out)
        )


def show_rates(found: dict[str, Any]) -> None:
    """Estimated shares of true findings, in the terminal."""
    from padan.show import number, share, table

    rows = table(
        _("Estimated share of true findings (95 per cent interval)"),
        [_("Rule"), _("Findings"), _("Checked"), _("True"), _("Share"), _("from"), _("to")],
        range(1, 7),
    )
    for name, one in (*found["aturan"].items(), (_("all"), found["semua"])):
        rows.add_row(
            name, *(number(one[c]) for c in ("populasi", "dijawab", "benar")),
            *(share(one[c]) for c in ("laju", "bawah", "atas")),
        )  # fmt: skip
    console.out().print(rows)
    console.out().print(
        _("{n} lines without an answer, {m} could not be told, {k} strata without any answer (left out).").format(
            n=number(found["belum_dijawab"]), m=number(found["ragu"]), k=number(found["lapis_tanpa_jawaban"])
        )
    )
