"""Translations: source strings are English, the Indonesian catalogue is complete, Indonesian is the default.

Mark a string where it is shown with `_("...")`; mark one that is only declared (metadata) with `N_("...")` and
translate it where it is shown. Placeholders are named: `_("{n} rows").format(n=5)`.
"""

from __future__ import annotations

import gettext as _gettext
from pathlib import Path

DOMAIN = "padan"
LANGUAGES = ("id", "en")
DEFAULT = "id"
_LOCALE_DIR = Path(__file__).parent / "locale"
_current: _gettext.NullTranslations = _gettext.NullTranslations()
_language = "en"


def set_language(language: str) -> None:
    """Choose the language of everything shown from now on; `en` shows the source strings."""
    global _current, _language  # noqa: PLW0603 - one process speaks one language
    _language = language
    if language == "en":
        _current = _gettext.NullTranslations()
    else:
        _current = _gettext.translation(DOMAIN, localedir=_LOCALE_DIR, languages=[language], fallback=True)


def language() -> str:
    """The language in force, `id` or `en`."""
    return _language


def _(text: str) -> str:
    """`text` in the language in force."""
    return _current.gettext(text) if text else ""  # of an empty text gettext would return the catalogue's header


def N_(text: str) -> str:  # noqa: N802 - the gettext convention
    """Mark `text` for extraction without translating it here."""
    return text


set_language(DEFAULT)
