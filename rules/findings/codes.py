"""The codes of the domain notes that have no rule of their own: another name of a rule, or no list to answer them.

Codes without a rule stand in the catalogue with the reason, so that nobody takes silence for a clean bill. The fixed
other names of a rule are its `alias`; here are those that hold only for some of its findings.
"""

from __future__ import annotations

from typing import Final

from rules.i18n import N_

# Code -> the rules whose findings carry it as a further name, and when.
TOLD_WITH: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "D03": (("D02",), N_("the occupation is that of a soldier or police officer")),
    "D04": (("D02",), N_("the occupation is that of a pensioner of the state")),
    "D05": (("D02",), N_("the occupation is with a state or regional enterprise")),
    "D06": (("D02",), N_("the occupation is that of an official")),
    "D07": (("D02",), N_("the occupation is that of a village official")),
    "K04": (("ST13",), N_("the card has two heads or more")),
    "N16": (("ST51", "D12"), N_("paid, and Dukcapil says dead or moved")),
    "ST54": (("ST52",), N_("Regsosek says abroad: still of the family, but no person that PKH counts")),
    "ST61": (("ST60",), N_("never touched since before 2018")),
    "ST72": (("ST51",), N_("the dead payee drew the money of a family programme")),
}
# Code -> why no list that padan reads can answer it, or where else it is told.
UNANSWERED: Final[dict[str, str]] = {
    "D08": N_("No list of certified teachers (Dapodik) is read."),
    "D09": N_("No list of wages (BPJS Ketenagakerjaan) is read."),
    "D10": N_("No list of company owners (AHU) is read."),
    "D11": N_(
        "The lists of persons state neither the tariff of the meter nor vehicles in a column that is read; "
        "the family sheets are not joined to payments."
    ),
    "D15": N_("No list of dormant or blocked accounts (PPATK, banks) is read."),
    "D16": N_("What a musdes decides comes back with `padan verify` and is kept as a decision, not found by a rule."),
    "N06": N_("A warning only: kecamatan retired before 2016 are in no known list. `padan decode` shows it."),
    "N11": N_(
        "Information only: a NIK names the place of first registration, not of residence. `padan decode` shows it."
    ),
    "ST37": N_("No list of payments names the component paid for; the gate judges the ages of the family."),
    "ST55": N_("Extracts of Dukcapil carry no date of arrival; a new family that stands in no list is ST06."),
    "ST71": N_("Told by the trend against an earlier run (`--sebelumnya`): the findings that are still open."),
    "ST74": N_("No list of dormant accounts is read."),
    "ST75": N_("A complaint of people, in no list; ST01 explains it."),
}
