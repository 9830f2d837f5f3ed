"""What people call a source."""

from __future__ import annotations

from collections.abc import Mapping

from rules import vocab
from rules.findings.programme import Programme
from rules.i18n import N_, _

_SOURCE_LABELS = {
    "dtks": N_("DTKS"),
    "p3ke": N_("P3KE"),
    "regsosek": N_("Regsosek"),
    "dtsen": N_("DTSEN"),
    "dukcapil": N_("Dukcapil"),
}


def source_label(source: str, programmes: Mapping[str, Programme]) -> str:
    """The name people know a source by; payment lists carry the name of their programme."""
    if source in _SOURCE_LABELS:
        return _(_SOURCE_LABELS[source])
    code = source.removeprefix(vocab.PAYMENT_PREFIX)
    known = programmes.get(code)
    return _("payment list of {programme}").format(programme=known.nama if known else code.upper())
