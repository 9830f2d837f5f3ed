"""What the page on the quality of the findings says of each code beside its figures.

Three kinds of rules are told apart, because they are not equally hard: `bentuk` rules look at dates and formats alone;
`satu` rules compare values that one list writes (rows of a card or family, a NIK with the values beside it); `dua`
rules compare lists and therefore rest on the linkage.
"""

from __future__ import annotations

from typing import Final

from rules.findings.codes import TOLD_WITH
from rules.findings.registry import all_rules

FORMS: Final = (
    "N01", "N02", "N03", "N04", "N05", "N07", "N08", "N14", "N15", "K01", "K02", "K03", "ST07", "ST20", "ST21", "ST22",
    "ST23", "ST24", "ST25", "ST60", "ST61", "ST62", "ST65",
)  # fmt: skip
ONE_LIST: Final = (
    "N09", "N10", "N17", "K04", "K06", "K07", "K08", "ST13", "ST14", "ST15", "ST26", "ST27", "ST28", "ST30", "ST31",
    "ST32", "ST33", "ST34", "ST35", "ST36", "ST76",
)  # fmt: skip
# Codes that only the older file of the DTKS can show: it states presence, marriage, inactive rows, dates of update and
# both ids. They are taken from a run that has that file as its only edition.
OLDER: Final = ("ST04", "ST11", "ST12", "ST25", "ST60", "ST61", "ST70")

# Why a code is below the bar, or why it has few cases or none.
REMARKS: Final[dict[str, str]] = {
    "D02": "A flag to verify, not a reason to hold. Who moved or split off without a record is still read as family, "
    "and an older list may state work that ended.",
    "D07": "As D02; and Regsosek has one code for all excluded work, so a village official whom only Regsosek shows is "
    "told as D02.",
    "D03": "The simulation has no soldiers or police officers.",
    "D04": "No programme file excludes pensioners in the months that the simulation pays.",
    "D05": "The simulation has nobody in a state enterprise.",
    "D06": "The simulation has no such officials.",
    "D14": "The limits on deciles hold from 2025 on, or name P3KE, whose deciles end at the limit; the simulation pays "
    "in 2023.",
    "ST05": "Recall, in one seed of 77 couples, nine missed: six of their rows carry an old card number, so that no "
    "list shows the two on one card.",
    "ST07": "Precision .949 in one seed: all 26 wrong ones of 510 are families whose cards differ between registers, "
    "18 of them moved.",
    "ST46": "Information. Ten of the 15 wrong ones of one seed are families that stand on several cards in the DTKS "
    "(ST43); eight rows carry an old card number.",
    "ST45": "Recall only: information, told only where the register nearest in time says so and no other speaks "
    "against it. An old parent or a son-in-law whom only a list of a year later shows may have come since.",
    "K08": "The simulation writes no filler in place of a KK number.",
    "N17": "The simulated civil register has recorded everybody.",
    "ST15": "The simulation takes orphans into another family, so no children are left alone.",
    "ST65": "Every file of the simulation is given with its date.",
}


def kind(code: str) -> str:
    """`bentuk`, `satu` or `dua`."""
    return "bentuk" if code in FORMS else "satu" if code in ONE_LIST else "dua"


def codes() -> dict[str, str]:
    """Every code that is told, with its title: the rules, and the names that hold for some findings of a rule."""
    titles = {rule.kode: rule.judul for rule in all_rules()}
    titles |= {code: f"{', '.join(rules)}: {when}" for code, (rules, when) in TOLD_WITH.items()}
    return dict(sorted(titles.items()))
