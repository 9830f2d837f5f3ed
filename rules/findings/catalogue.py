"""The rule catalogue of docs/, written from the rules themselves: `python -m rules.findings.catalogue`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from rules import i18n
from rules.findings.codes import TOLD_WITH, UNANSWERED
from rules.findings.parameters import load_parameters
from rules.findings.programme import Dated, Programme, load_programmes
from rules.findings.registry import PAYMENTS, Rule, all_rules
from rules.gate.parameters import load_gate_parameters
from rules.gate.registry import gate_rules
from rules.i18n import N_, _

FILE = Path(__file__).parents[2] / "docs" / "rule_catalogue.md"
_MARKS = {
    "S": N_("seed document"),
    "F": N_("found on a public page or in a public repository"),
    "P": N_("practice: audit, validator or field app"),
    "A": N_("assumed"),
}
_LEVELS = {
    "KRITIS": N_("hold the payment"),
    "TINGGI": N_("verify before the next determination"),
    "SEDANG": N_("update at the next musdes"),
    "INFO": N_("for information"),
}


def text(language: str = "en", local: tuple[Path, ...] = ()) -> str:
    """The whole catalogue as Markdown in `language`; `local` are files or folders of own programmes."""
    before = i18n.language()
    i18n.set_language(language)
    try:
        rules = all_rules()
        parts = [
            _head(rules),
            *(_section(rule) for rule in rules),
            _no_rule(),
            _gate(),
            _parameters(),
            _programmes(local),
        ]
        return "\n".join(parts)
    finally:
        i18n.set_language(before)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _item(title: str, text: str) -> str:
    return f"- {title}: {text}"  # titles come in as arguments: the string extractor does not look into f-strings


def _head(rules: list[Rule]) -> str:
    lines = [
        "# " + _("Rule catalogue"),
        "",
        _("Generated from the rules; do not edit. Write it anew with `python -m rules.findings.catalogue`."),
        "",
        _row(_("code"), _("finding"), _("severity"), _("also called")),
        "|---|---|---|---|",
        *(_row(r.kode, _(r.judul), r.tingkat, ", ".join(r.alias)) for r in rules),
        "",
        *(f"- {level}: {_(meaning)}" for level, meaning in _LEVELS.items()),
        "",
    ]
    return "\n".join(lines)


def _section(rule: Rule) -> str:
    def sources(group: tuple[str, ...]) -> str:
        return _(" or ").join(_("a payment list") if s == PAYMENTS else s for s in group)

    needed = "; ".join(sources(group) for group in rule.butuh) or _("any source")
    lines = [
        f"## {rule.kode}: {_(rule.judul)}",
        "",
        _item(_("Severity"), f"{rule.tingkat} ({_(_LEVELS[rule.tingkat])})"),
        _item(_("Basis"), f"{_(rule.dasar)} [{rule.tanda}: {_(_MARKS[rule.tanda])}]"),
        _item(_("Evidence"), _(rule.bukti)),
        _item(_("What to do"), _(rule.tindakan)),
        _item(_("Sentence"), _(rule.ringkas)),
        _item(_("Needs"), needed),
    ]
    if rule.alias:
        lines.append(_item(_("Other names of the same fact"), ", ".join(rule.alias)))
    if rule.per_berkas:
        lines.append("- " + _("Told as one line per file when it touches most of the file."))
    return "\n".join([*lines, ""])


def _no_rule() -> str:
    """Codes of the domain notes without a rule of their own."""
    lines = [
        "## " + _("Codes without a rule of their own"),
        "",
        _row(_("code"), _("told with"), _("when, or why it is not told")),
        "|---|---|---|",
        *(_row(code, ", ".join(rules), _(when)) for code, (rules, when) in sorted(TOLD_WITH.items())),
        *(_row(code, "", _(reason)) for code, reason in sorted(UNANSWERED.items())),
        "",
    ]
    return "\n".join(lines)


def _gate() -> str:
    lines = [
        "## " + _("Gate before payment"),
        "",
        _("What `padan gate` says of a payment row. TAHAN only for what is certain; CATATAN changes no verdict."),
        "",
        _row(_("code"), _("rule"), _("worst effect"), _("basis"), _("mark"), _("What to do"), _("also called")),
        "|---|---|---|---|---|---|---|",
        *(
            _row(r.kode, _(r.judul), r.akibat, _(r.dasar), r.tanda, _(r.tindakan), ", ".join(r.alias))
            for r in gate_rules()
        ),
        "",
    ]
    values = load_gate_parameters()
    rows = [(name, getattr(values, name)) for name in type(values).model_fields]
    lines += [
        _row(_("parameter"), _("value"), _("mark"), _("meaning and source")),
        "|---|---|---|---|",
        *(_row(f"`{name}`", str(value.nilai), value.tanda, value.sumber) for name, value in rows),
        "",
    ]
    return "\n".join(lines)


def _parameters() -> str:
    values = load_parameters()
    rows = [(name, getattr(values, name)) for name in sorted(type(values).model_fields)]
    lines = [
        "## " + _("Parameters"),
        "",
        _("From `rules/parameters.toml`; a file of one's own may overrule any of them."),
        "",
        _row(_("parameter"), _("value"), _("mark"), _("meaning and source")),
        "|---|---|---|---|",
        *(_row(f"`{name}`", str(value.nilai), value.tanda, value.sumber) for name, value in rows),
        "",
    ]
    return "\n".join(lines)


def _programmes(local: tuple[Path, ...]) -> str:
    lines = [
        "## " + _("Programmes"),
        "",
        _row(_("code"), _("name"), _("unit"), _("basis"), _("mark")),
        "|---|---|---|---|---|",
    ]
    conditions: list[str] = []
    for p in load_programmes(local).values():
        lines.append(_row(p.kode, p.nama, p.satuan, p.dasar, p.status_bukti))
        conditions += [_row(p.kode, what, _span(d), d.dasar, d.status_bukti) for what, d in _conditions(p)]
    lines += [
        "",
        "## " + _("Conditions of the programmes"),
        "",
        _row(_("code"), _("condition"), _("valid"), _("basis"), _("mark")),
        "|---|---|---|---|---|",
        *conditions,
        "",
    ]
    return "\n".join(lines)


def _span(one: Dated) -> str:
    return f"{one.berlaku_dari} – {one.berlaku_sampai or ''}".strip()


def _conditions(p: Programme) -> Iterator[tuple[str, Dated]]:
    for amount in p.nominal:
        yield _("Rp{n} a month").format(n=amount.nominal_bulanan), amount
    for limit in p.desil:
        yield _("decile at most {n} ({sources})").format(n=limit.maks, sources=", ".join(limit.sumber)), limit
    for ages in p.umur:
        yield _("age {min}-{maks}").format(min=ages.min, maks=ages.maks), ages
    for part in p.komponen:
        yield _("component {name}").format(name=part.nama), part
    for jobs in p.pekerjaan:
        unit = _("nobody in the family") if jobs.cakupan == "KELUARGA" else _("not the payee")
        yield f"{unit}: {', '.join(jobs.kelas)}", jobs
    for other in p.eksklusif:
        yield _("not beside {program}").format(program=other.program), other
    for other in p.diharapkan:
        yield _("expected beside it: {program}").format(program=other.program), other


if __name__ == "__main__":
    given = tuple(Path(word) for word in sys.argv[1:])  # own programme files: shown, not written into docs
    if given:
        sys.stdout.write(text(i18n.DEFAULT, given))
    else:
        FILE.write_text(text(), encoding="utf-8")
