"""Both languages on the command line, and options that take several values."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from padan.cli import cli
from padan.translate import language_in, spread
from rules.i18n import DOMAIN


def test_several_values_become_repeated_options() -> None:
    args = ["--dtks", "a", "b", "--out", "x", "--p3ke=c", "d", "--quiet", "padan.toml"]
    assert spread(args, {"--dtks", "--p3ke"}) == [
        "--dtks", "a", "--dtks", "b", "--out", "x", "--p3ke=c", "--p3ke", "d", "--quiet", "padan.toml",
    ]  # fmt: skip


def test_a_settings_file_is_never_swallowed() -> None:
    assert spread(["--dtks", "a", "my.toml"], {"--dtks"}) == ["--dtks", "a", "my.toml"]


@given(st.lists(st.sampled_from(["--dtks", "--out", "a", "b.csv", "--quiet", "--", "x=y", "-"]), max_size=8))
def test_spreading_keeps_every_word_in_order(args: list[str]) -> None:
    out = spread(args, {"--dtks"})
    rest = iter(out)
    assert all(word in rest for word in args)
    assert set(out) <= set(args)


@pytest.mark.parametrize(
    ("args", "language"),
    [
        ([], "id"),
        (["--lang", "en", "run"], "en"),
        (["run", "--lang=en"], "en"),
        (["run", "--lang", "fr"], "id"),
        (["decode", "--", "--lang", "en"], "id"),
    ],
)
def test_the_language_is_found_wherever_it_stands(
    monkeypatch: pytest.MonkeyPatch, args: list[str], language: str
) -> None:
    monkeypatch.delenv("PADAN_LANG", raising=False)
    assert language_in(args) == language


def test_the_environment_may_choose_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADAN_LANG", "en")
    assert language_in(["run"]) == "en"
    assert language_in(["run", "--lang", "id"]) == "id"


def test_clicks_own_texts_are_ours_to_translate() -> None:
    assert DOMAIN == "padan"
    english = CliRunner().invoke(cli, ["run", "--help", "--lang", "en"]).output
    assert "Usage: padan run" in english
    assert "Show this message and exit." in english
    assert "Exit codes" in english


@pytest.mark.parametrize("command", ["run", "inspect", "decode", "synth", "evaluate", "explain"])
def test_every_option_has_a_help_text(command: str) -> None:
    for parameter in cli.commands[command].params:
        if parameter.param_type_name == "option":
            assert parameter.help, parameter.name  # type: ignore[attr-defined]
