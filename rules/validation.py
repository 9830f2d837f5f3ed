"""What pydantic found wrong with a TOML file, in words for the people who wrote the file: every key at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rules.errors import ConfigError, Place
from rules.i18n import N_, _
from rules.masking import mask_text

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# pydantic's own texts are English and speak to programmers; these are ours, by error type.
MESSAGES: Mapping[str, str] = {
    "missing": N_("is missing"),
    "extra_forbidden": N_("is not a key padan knows"),
    "literal_error": N_("must be one of {expected}, found {value}"),
    "string_pattern_mismatch": N_("must be lower-case letters, digits and _, found {value}"),
    "too_short": N_("needs at least one entry"),
    "string_too_short": N_("must not be empty"),
    "greater_than_equal": N_("must be at least {ge}, found {value}"),
    "less_than_equal": N_("must be at most {le}, found {value}"),
    "date_type": N_("must be a date like 2026-03-31 without quotes, found {value}"),
    "bool_type": N_("must be true or false, found {value}"),
    "int_type": N_("must be a whole number without quotes, found {value}"),
    "float_type": N_("must be a number, found {value}"),
    "string_type": N_("must be a text in quotes, found {value}"),
    "list_type": N_("must be a list [ ... ], found {value}"),
    "dict_type": N_("must be a table of key = value, found {value}"),
    "model_type": N_("must be a table of key = value, found {value}"),
}


class TomlTexts(NamedTuple):
    """What is said about a TOML file that cannot be used; English sources, translated where they are shown."""

    missing: str = N_("there is no such file")
    unreadable: str = N_("the file cannot be read: {why}")
    hint: str = N_("texts stand in quotes, dates and numbers without")  # for a file that is no TOML


def read_toml(path: Path, texts: TomlTexts | None = None) -> dict[str, Any]:
    """The TOML in `path`. Raises ConfigError with the line where the file stops being TOML."""
    texts = texts or TomlTexts()
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigError(_(texts.missing), place=Place(file=str(path))) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(_(texts.unreadable).format(why=type(error).__name__), place=Place(file=str(path))) from error
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+), column (\d+)", str(error))
        raise ConfigError(
            _("this is not valid TOML: {why}").format(why=mask_text(str(error))),
            place=Place(file=path.name, row=int(found[1]) if found else None),
            hint=_(texts.hint),
        ) from error


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean x?` for the known word nearest to `word`; nothing when none is near."""
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    return _("; did you mean {key}?").format(key=near[0]) if near else ""


def describe(
    error: ErrorDetails,
    known: Iterable[str] = (),
    own: Mapping[str, str] | None = None,
    *,
    messages: Mapping[str, str] | None = None,
    near: Callable[[str], str] | None = None,
) -> str:
    """`syarat[2].dasar: is missing`; `known` are keys to suggest, `own` texts of our ValueErrors.

    `messages` go before `MESSAGES`. `near` says of an unknown key what was meant; by default the nearest of `known`.
    """
    key = ""
    for part in error["loc"]:
        key += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if key else str(part)
    value = mask_text(repr(error.get("input")))[:60]
    kind = error["type"]
    template = {**MESSAGES, **(messages or {})}.get(kind)
    if kind == "value_error":
        text = _((own or {}).get(str(error["ctx"]["error"]), "")) or str(error["msg"])
    elif template is not None:
        facts = {"expected": ""} | error.get("ctx", {})
        facts["expected"] = str(facts["expected"]).replace(" or ", _(" or "))
        text = _(template).format(value=value, **facts)
    else:
        text = _("has a value padan cannot use: {value}").format(value=value)
    if kind == "extra_forbidden":
        word = str(error["loc"][-1])
        text += near(word) if near is not None else nearest(word, sorted(known))
    return f"{key}: {text}" if key else text
