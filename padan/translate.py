"""click in two languages: its own texts go through our catalogue, and help texts are translated when they are shown.

click marks its texts for gettext but ships no catalogue. It asks the standard library's global text domain, so pointing
that domain at our catalogue is enough; the texts we rely on are listed below so that they get into the catalogue.
"""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from rules import i18n
from rules.i18n import N_, _

# Texts of click 8.2-8.5 a user of padan can meet (singular forms; click fills the same placeholders).
CLICK_TEXTS = (
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("Error: {message}"),
    N_("Try '{command} {option}' for help."),
    N_("Show this message and exit."),
    N_("Missing command."),
    N_("Missing argument"),
    N_("Missing option"),
    N_("Missing parameter"),
    N_("Missing {param_type}"),
    N_("No such option {name!r}."),
    N_("No such command {name!r}."),
    N_("Did you mean {possibility}?"),
    N_("(Did you mean one of: {possibilities}?)"),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Got unexpected extra argument ({args})"),
    N_("Got unexpected extra arguments ({args})"),
    N_("Option {name!r} requires an argument."),
    N_("Option {name!r} does not take a value."),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("{value!r} is not one of {choices}."),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is a file."),
    N_("{name} {filename!r} is a directory."),
    N_("file"),
    N_("File"),
    N_("directory"),
    N_("Directory"),
    N_("path"),
    N_("default: {default}"),
    N_("required"),
    N_("Aborted!"),
)


def use_language(language: str) -> None:
    """Speak `language` (`id` or `en`) from now on, in our texts and in click's."""
    i18n.set_language(language)
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(i18n.DOMAIN, str(Path(i18n.__file__).parent / "locale"))
    gettext.textdomain(i18n.DOMAIN)


# click picks these with ngettext, which asks the catalogue for plural forms that Indonesian does not have.
_PLURALS = (
    (re.compile(r"Did you mean (?P<possibility>[^,()]*)\?"), "Did you mean {possibility}?"),
    (re.compile(r"\(Did you mean one of: (?P<possibilities>.*)\?\)"), "(Did you mean one of: {possibilities}?)"),
    (re.compile(r"Got unexpected extra argument \((?P<args>.*)\)"), "Got unexpected extra argument ({args})"),
    (re.compile(r"Got unexpected extra arguments \((?P<args>.*)\)"), "Got unexpected extra arguments ({args})"),
)


def message_of(error: click.ClickException) -> str:
    """The message of `error` in the language in force."""
    text = error.format_message()
    for pattern, source in _PLURALS:
        found = pattern.search(text)
        if found:
            text = text[: found.start()] + _(source).format(**found.groupdict()) + text[found.end() :]
    return text


def usage_text(error: click.ClickException) -> str:
    """`error` as click shows it: usage, where to find help, the message."""
    lines = []
    ctx = getattr(error, "ctx", None)
    if ctx is not None:
        help_names = max(ctx.command.get_help_option_names(ctx), key=len, default="--help")
        lines += [
            ctx.get_usage(),
            _("Try '{command} {option}' for help.").format(command=ctx.command_path, option=help_names),
            "",
        ]
    return "\n".join([*lines, _("Error: {message}").format(message=message_of(error))]) + "\n"


def language_in(args: Sequence[str]) -> str:
    """The language an argument list asks for, wherever `--lang` stands; else `PADAN_LANG`; else Indonesian."""
    wanted = os.environ.get("PADAN_LANG", "")
    for position, token in enumerate(args):
        if token == "--":
            break
        if token == "--lang" and position + 1 < len(args):
            wanted = args[position + 1]
        elif token.startswith("--lang="):
            wanted = token.removeprefix("--lang=")
    return wanted if wanted in i18n.LANGUAGES else i18n.DEFAULT


class Option(click.Option):
    """An option whose help text is translated when it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The option and its help in the language in force."""
        source, metavar = self.help, self.metavar
        self.help = _(source) if source else source
        self.metavar = _(metavar) if metavar else metavar
        try:
            return super().get_help_record(ctx)
        finally:
            self.help, self.metavar = source, metavar


class Several(Option):
    """An option that takes every value up to the next option: `--dtks a.csv b.csv`, as a shell expands `*.csv`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed to click unchanged
        super().__init__(*args, **(kwargs | {"multiple": True}))


class Argument(click.Argument):
    """An argument whose name in the usage line is translated."""

    def make_metavar(self, ctx: click.Context) -> str:
        """The translated name."""
        source = self.metavar
        self.metavar = _(source) if source else source
        try:
            return super().make_metavar(ctx)
        finally:
            self.metavar = source


class Command(click.Command):
    """A command whose texts are translated when they are shown, and that knows `Several`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse after giving each value of a `Several` option its option name."""
        names = {name for p in self.params if isinstance(p, Several) for name in p.opts}
        return super().parse_args(ctx, spread(args, names))

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The help option; made once by click, so its text is renewed here."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _("Show this message and exit.")
        return option

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - click wraps the line itself
        """The first sentence of the help, whole."""
        text = _(self.help) if self.help else ""
        return text.partition("\n")[0].partition(". ")[0].strip().removesuffix(".")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The translated help."""
        source = self.help
        self.help = _(source) if source else source
        try:
            super().format_help_text(ctx, formatter)
        finally:
            self.help = source

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The translated epilogue."""
        source = self.epilog
        self.epilog = _(source) if source else source
        try:
            super().format_epilog(ctx, formatter)
        finally:
            self.epilog = source

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """The usage line in the language in force."""
        pieces = super().collect_usage_pieces(ctx)
        words = {"[OPTIONS]": _("[OPTIONS]"), "COMMAND [ARGS]...": _("COMMAND [ARGS]...")}
        return [words.get(piece, piece) for piece in pieces]


def spread(args: Sequence[str], names: set[str]) -> list[str]:
    """Repeat the option before each further value: `--dtks a b` becomes `--dtks a --dtks b`.

    A settings file (`*.toml`) is never a value of such an option, so it may stand anywhere.
    """
    out: list[str] = []
    current, fresh, literal = "", False, False
    for token in args:
        if literal or token == "--":
            literal, current = True, ""
            out.append(token)
        elif token.startswith("-") and token != "-":
            name = token.partition("=")[0]
            current = name if name in names else ""
            fresh = "=" not in token
            out.append(token)
        elif current and token.endswith(".toml"):
            current = ""
            out.append(token)
        else:
            if current and not fresh:
                out.append(current)
            fresh = False
            out.append(token)
    return out
