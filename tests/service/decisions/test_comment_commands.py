import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decisions.comment_commands import (
    COMMANDS,
    MAX_COMMANDS,
    ParsedCommand,
    UnknownCommand,
    parse,
)
from service.decisions.help_text import help_text


def names(body: str) -> list[str]:
    return [found.name if isinstance(found, ParsedCommand) else f"?{found.word}" for found in parse(body)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("/graft help", ["help"]),
        ("/graft", ["help"]),
        ("  /graft   status  ", ["status"]),
        ("/graft\tstatus", ["status"]),
        ("/graft APPROVE", ["approve"]),
        ("Looks good, thank you!\n\n/graft approve", ["approve"]),
        ("Looks good.\n/graft approve\nSee you.", ["approve"]),
        ("/graft approve\r\n/graft status\r\n", ["approve", "status"]),
        ("/graft approve\n\nand\n\n/graft evaluate", ["approve", "evaluate"]),
        ("/graft hold  \n/graft status", ["hold", "status"]),
        ("/graft release --dry-run", ["release"]),
        ("![logo](x.svg)\n/graft help", ["help"]),
        ("<!-- hello -->\n\n/graft help", ["help"]),
        ("<details>\n\n/graft approve\n\n</details>\n\n/graft help", ["help"]),
        ("/graft frobnicate", ["?frobnicate"]),
    ],
)
def test_what_is_said_on_a_line_of_its_own_fires(body: str, expected: list[str]) -> None:
    assert names(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "",
        "nothing to see",
        "please say /graft approve",
        "/grafting is fun",
        "/graft-approve",
        "//graft approve",
        r"\/graft approve",
        "&#47;graft approve",
        "> /graft approve",
        "> quoted\n/graft approve",
        "> > /graft approve",
        "`/graft approve`",
        "```\n/graft approve\n```",
        "~~~\n/graft approve",
        "    /graft approve",
        "``\n/graft approve\n``",
        "# /graft approve",
        "/graft approve\n---",
        "- /graft approve",
        "1. /graft approve",
        "| a |\n|---|\n| /graft approve |",
        "**/graft approve**",
        "*/graft approve*",
        "~~/graft approve~~",
        "[/graft approve](https://example.org)",
        "[x](https://example.org '\n/graft approve\n')",
        "[x]: https://example.org '\n/graft approve\n'",
        "<!-- \n/graft approve\n-->",
        "<!-- \n\n/graft approve\n\n-->",
        "text <!-- \n/graft approve\n-->",
        "<!-- \n/graft approve",
        "<details>\n\n/graft approve\n\n</details>",
        "<blockquote>\n\n/graft approve\n\n</blockquote>",
        "<BLOCKQUOTE>\n\n/graft approve",
        "said <del>\n/graft approve\n</del>",
        "<pre>\n/graft approve\n</pre>",
        "<script>\n/graft approve\n</script>",
        "<b>/graft approve</b>",
        help_text(),
    ],
)
def test_what_is_quoted_shown_or_hidden_does_not_fire(body: str) -> None:
    assert names(body) == []


def test_arguments_are_words_and_quotes_hold_them_together() -> None:
    (asked,) = parse('/graft ask "why is `ice` *so* light?" now')
    assert isinstance(asked, ParsedCommand)
    assert asked.arguments == ("why is ice so light?", "now")
    (held,) = parse("/graft hold don't run yet")
    assert isinstance(held, ParsedCommand)
    assert held.arguments == ("don't", "run", "yet")


def test_underscores_and_slashes_of_a_leaf_survive_markdown() -> None:
    (preview,) = parse("/graft preview knowledge/birds/black_capped_chickadee")
    assert isinstance(preview, ParsedCommand)
    assert preview.arguments == ("knowledge/birds/black_capped_chickadee",)


def test_lines_count_from_one_in_the_comment() -> None:
    assert [found.line for found in parse("Hi\n\n/graft help\ntext\n/graft staus")] == [3, 5]


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("aprove", "approve"),
        ("evalute", "evaluate"),
        ("stat", "status"),
        ("Relase", "release"),
        ("zzz", None),
    ],
)
def test_an_unknown_word_comes_with_what_may_have_been_meant(word: str, suggestion: str | None) -> None:
    assert parse(f"/graft {word} x") == [UnknownCommand(word, suggestion, 1)]


def test_only_so_many_commands_are_read_from_one_comment() -> None:
    assert len(parse("/graft status\n" * 50)) == MAX_COMMANDS


def test_every_command_of_the_table_is_parsed_and_helped_with() -> None:
    for spec in COMMANDS:
        assert names(f"/graft {spec.name}") == [spec.name]
        assert f"`{spec.usage}`" in help_text()


@given(st.text(alphabet="/graft helpo>`#<!->*_[]()\\\n \t&;x1.|~'\"", max_size=300))
def test_no_text_makes_the_parser_fall(body: str) -> None:
    parse("/graft " + body)
    parse(body + "\n/graft help")


@pytest.mark.parametrize("piece", ["[", "> ", "<a ", "*a", "`a", "- ", "![", "<!--", "_a_ ", "&#", "|a"])
def test_a_comment_as_long_as_github_takes_is_parsed_soon(piece: str) -> None:
    body = ("/graft help\n\n" + piece * 70_000)[:65_536]
    began = time.process_time()
    parse(body)
    assert time.process_time() - began < 5
