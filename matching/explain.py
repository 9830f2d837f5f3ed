"""Why two rows are, or are not, taken for one person: the evidence field by field.

The weights add up to the score of the pair. The score is log2 of the odds of the match classes together against all
others together, and a mixture is no product of fields; but with r_c the share of class c in its mixture given the pair,
    log2 sum_c q_c P_c = sum_f sum_c r_c log2 P_c(f) + sum_c r_c log2(q_c / r_c)
holds exactly. The first part is spread over the fields, the second goes to the starting weight.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from blocking.candidates import found_by, plan
from blocking.passes import standard
from matching.compare import Comparer
from matching.constraints import REASONS, reasons
from matching.context import context_of
from matching.decided import CERTAIN
from matching.encoding import encode
from matching.levels import COMPARISONS, REGISTERS
from matching.model import Model
from matching.probability import Probability
from matching.settings import LinkSettings
from rules.errors import PadanError
from rules.i18n import N_, _, language
from rules.tables import Tables

# The canonical column that shows best what a comparison looked at.
_SHOWN = {
    "nama": "nama",
    "nik": "nik",
    "lahir": "tanggal_lahir",
    "kelamin": "jenis_kelamin",
    "ibu": "nama_ibu",
    "keluarga": "no_kk",
}
REASON_TEXT = {
    "nik_beda": N_("two trusted NIKs differ, and the name or the birth date differs too"),
    "satu_kartu": N_("both rows stand on one family card of one list as different members"),
    "nik_bersama": N_("the NIK is the same but given name and birth date differ: a shared NIK"),
    "jembatan_lemah": N_("joining them would merge rows that must stay apart"),
    "senama": N_("another birth date, and neither NIK, card nor a family member in common: perhaps a namesake"),
    "keputusan": N_("somebody who checked them said that they are two people"),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One field of the evidence: its level, the two values as written (unmasked), its weight in log2 odds."""

    kolom: str
    tingkat: str
    kiri: str | None
    kanan: str | None
    bobot: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """`bobot` is `awal` plus the weights of `bukti`; `kalimat` says it in one sentence of the language in force."""

    kiri: int
    kanan: int
    lintasan: str | None
    awal: float
    bukti: list[Term]
    bobot: float
    peluang: float
    putusan: str
    alasan: str | None
    kalimat: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for --json."""
        return asdict(self)


def split_score(model: Model, levels: npt.NDArray[np.uint8], stratum: int) -> tuple[float, npt.NDArray[np.float64]]:
    """(starting weight, weight per comparison) in log2 odds of one pair; they sum to the pair's score."""
    where = np.array([stratum], dtype=np.uint16)
    return _split(model, levels, model.log_terms(levels[None, :], where)[0], np.log(model.share[stratum]))


def split_unfound(model: Model, levels: npt.NDArray[np.uint8], rows: int) -> tuple[float, npt.NDArray[np.float64]]:
    """The same for a pair that no pass holds: nothing is settled, and of `rows` rows one is expected to match."""
    classes = len(model.spec.classes)
    share = np.full(classes, 1e-12)
    share[: model.spec.padanan] = 1.0 / max(rows, 2) / model.spec.padanan
    share[-1] = 1.0 - share[:-1].sum()
    return _split(model, levels, model.unconditioned(levels), np.log(share))


def _split(
    model: Model, levels: npt.NDArray[np.uint8], terms: npt.NDArray[np.float64], share: npt.NDArray[np.float64]
) -> tuple[float, npt.NDArray[np.float64]]:
    split = model.spec.padanan
    for_start, for_fields = _mixture(share[:split], terms[:, :split])
    against_start, against_fields = _mixture(share[split:], terms[:, split:])
    weights = (for_fields - against_fields) / np.log(2)
    # A missing value weighs only through the passes that did not find the pair: it belongs to the start.
    unseen = levels == 0
    start = (for_start - against_start) / np.log(2) + float(weights[unseen].sum())
    weights[unseen] = 0.0
    return start, weights


def _mixture(share: npt.NDArray[np.float64], terms: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
    """The log-likelihood of a mixture as (start, per comparison) parts that sum to it."""
    joint = share + terms.sum(axis=0)
    r = np.exp(joint - np.logaddexp.reduce(joint))
    kept = r > 0
    return float((r[kept] * (share[kept] - np.log(r[kept]))).sum()), terms @ r


def find_row(tables: Tables, text: str) -> int:
    """The baris_id that `text` means: a number, or FILE:ROW with the row as seen in Excel."""
    records = tables.records
    if text.isdigit():
        found = records.filter(pl.col("baris_id") == int(text))
    else:
        name, _sep, number = text.rpartition(":")
        row = int(number) if number.isdigit() else -1
        wanted, file = name.replace("\\", "/"), pl.col("berkas").str.replace_all("\\", "/", literal=True)
        at_row = records.filter(pl.col("nomor_baris") == row)
        found = at_row.filter(file == wanted)
        if found.is_empty():  # the end of a path is enough as long as it means one file
            found = at_row.filter(file.str.ends_with(f"/{wanted}") | pl.lit(wanted).str.ends_with("/" + file))
        if found.height > 1:
            places = found.select(pl.concat_str("berkas", "lembar", separator=" / ", ignore_nulls=True)).to_series()
            raise PadanError(
                _("{row} means more than one row").format(row=text),
                hint=_("give the row number of the records table (baris_id): {rows}").format(
                    rows=", ".join(f"{n} ({place})" for n, place in zip(found["baris_id"], places, strict=True))
                ),
            )
    if found.height == 0:
        raise PadanError(
            _("no row {row} in this run").format(row=text),
            hint=_("give a person_id, a baris_id, or FILE:ROW as it stands in Excel"),
        )
    return int(found["baris_id"][0])


def explain_person(tables: Tables, person_id: str) -> list[Explanation]:
    """The links that hold a person together, strongest first; empty for a person of one row."""
    rows = tables.entities.filter(pl.col("person_id") == person_id)["baris_id"]
    if rows.len() == 0:
        raise PadanError(
            _("no person {person} in this run").format(person=person_id),
            hint=_("person ids stand in data/persons.parquet and in the report"),
        )
    inside = tables.links.filter(pl.col("kiri").is_in(rows.implode()) & pl.col("kanan").is_in(rows.implode())).sort(
        "bobot", "kiri", "kanan", descending=[True, False, False]
    )
    return [explain_pair(tables, r["kiri"], r["kanan"]) for r in inside.to_dicts()]


def explain_pair(tables: Tables, left: int, right: int) -> Explanation:
    """The evidence for and against two rows being one person, whether or not they were linked."""
    left, right = min(left, right), max(left, right)
    model = Model.from_dict(tables.info["penautan"]["model"], standard(), REGISTERS)
    sources = tables.info["penautan"]["model"]["sumber"]
    link = tables.links.filter((pl.col("kiri") == left) & (pl.col("kanan") == right))
    pair = tables.records.filter(pl.col("baris_id").is_in([left, right])).sort("baris_id")
    if pair.height != 2:
        raise PadanError(_("two different rows are needed"), hint=_("give two rows of this run"))
    if link.height:
        levels = np.array([link[f"t_{c.nama}"][0] for c in COMPARISONS], dtype=np.uint8)
        pass_index: int | None = int(link["lintasan"][0])
        reason = link["alasan"][0]
        decision = str(link["putusan"][0])
    else:
        levels, pass_index, reason, decision = _compare(tables, left, right)
    code = np.array([sources.index(s) for s in pair["sumber"]], dtype=np.uint8)
    if pass_index is None:
        start, weights = split_unfound(model, levels, tables.records.height)
    else:
        start, weights = split_score(model, levels, int(model.strata.number(pass_index, code[:1], code[1:])[0]))
    score = float(start + weights.sum())
    terms = [
        Term(
            _(c.judul),
            "; ".join(_(part) for part in c.tingkat[level].split("|")),
            _value(pair, _SHOWN.get(c.nama), 0),
            _value(pair, _SHOWN.get(c.nama), 1),
            float(weight),
        )
        for c, level, weight in zip(COMPARISONS, levels.tolist(), weights.tolist(), strict=True)
    ]
    if link.height:
        probability = float(link["peluang"][0])
        if link["bobot"][0] >= CERTAIN:
            # A person's word outweighs the evidence, which stays in sight.
            terms.append(Term(_("decision"), _("checked: one and the same"), None, None, CERTAIN - score))
            score = CERTAIN
    else:
        within = np.array([code[0] == code[1]])
        probability = float(Probability.of_run(tables.info["penautan"])(np.array([score]), within)[0])
    return Explanation(
        left,
        right,
        model.strata.passes[pass_index].nama if pass_index is not None else None,
        float(start),
        terms,
        score,
        probability,
        decision,
        reason,
        _sentence(terms, probability, decision, reason),
    )


def _value(pair: pl.DataFrame, column: str | None, row: int) -> str | None:
    value = pair[column][row] if column else None
    return None if value is None else str(value)


def _compare(tables: Tables, left: int, right: int) -> tuple[npt.NDArray[np.uint8], int | None, str | None, str]:
    """Levels of a pair that is not among the links, in the light of the entities; needs all records for that."""
    e = encode(tables.records)
    person = tables.entities.sort("baris_id")["person_id"].rank("dense").cast(pl.UInt32).to_numpy() - np.uint32(1)
    a, b = np.array([left], dtype=np.uint32), np.array([right], dtype=np.uint32)
    levels = Comparer(e, context_of(e, person)).levels(a, b)
    held = np.flatnonzero(found_by(plan(e, standard(), LinkSettings().blok_maksimum), a, b)[0])
    reason = REASONS[int(reasons(e, a, b, levels)[0])]
    return levels[0], int(held[0]) if len(held) else None, reason, "bukan"


def chance(probability: float) -> str:
    """A probability in words of the language; never 1 or 0, which no evidence gives."""
    if probability > 0.9999:
        text = "> 0.9999"
    elif probability < 0.0001:
        text = "< 0.0001"
    else:
        text = f"{probability:.4f}"
    return text.replace(".", ",") if language() == "id" else text


def _sentence(terms: list[Term], probability: float, decision: str, reason: str | None) -> str:
    """One sentence: the verdict, the strongest evidence for it and against it, and the constraint, if any."""
    ranked = sorted(terms, key=lambda t: -abs(t.bobot))
    support = [f"{t.kolom} ({t.tingkat})" for t in ranked if t.bobot >= 1][:3]
    against = [f"{t.kolom} ({t.tingkat})" for t in ranked if t.bobot <= -1][:2]
    verdict = {
        "padan": _("The two rows are taken for one person"),
        "tinjau": _("The two rows may be one person and need a review"),
        "bukan": _("The two rows are not taken for one person"),
    }[decision]
    text = _("{verdict} (probability {p})").format(verdict=verdict, p=chance(probability))
    if support:
        text += _(", because of {fields}").format(fields=", ".join(support))
    if against:
        text += _("; against it: {fields}").format(fields=", ".join(against))
    if reason:
        text += _("; moved to review: {reason}").format(reason=_(REASON_TEXT[reason]))
    return text + "."
