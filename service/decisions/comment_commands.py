r"""Which `/graft` commands a comment gives.

A command stands on a line of its own, at the start of the line, in a plain paragraph. Quotes, code, headings, lists,
tables, links, emphasis, HTML and HTML comments never fire, and neither does `\/graft`: Markdown decides what a reader
would see as being said, so the comment is parsed as Markdown and not searched.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from itertools import pairwise
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

PREFIX: Final = "/graft"
MAX_COMMANDS: Final = 10
"""More than that in one comment is no conversation; the rest is left unread."""
_LONGEST_BODY: Final = 65_536
"""GitHub takes no longer comment."""

_COMMAND = re.compile(rf"{PREFIX}(?:[ \t]+(?P<rest>.*))?$", re.DOTALL)
_TAG = re.compile(r"<!--.*?(?:-->|$)|<(?P<end>/?)(?P<name>[a-z][a-z0-9]*)[^<>]*>", re.DOTALL | re.IGNORECASE)
_SETS_APART = frozenset(
    {
        "a",
        "blockquote",
        "code",
        "del",
        "details",
        "kbd",
        "ol",
        "pre",
        "q",
        "s",
        "samp",
        "strike",
        "table",
        "ul",
    }
    | {f"h{level}" for level in range(1, 7)}
)
"""HTML elements whose content the author quotes, strikes or folds away."""

# Escapes stay tokens of their own, so that an escaped slash is not a command.
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")


class Who(StrEnum):
    """Who may give a command; the value is the phrase for people."""

    ANYONE = "anyone"
    AUTHOR = "the author of the pull request, or triagers (role triage or higher)"
    APPROVED_AUTHOR = "triagers (role triage or higher); the author once the commit is approved"
    TRIAGER = "triagers (role triage or higher)"
    TRUSTED = "triagers (role triage or higher), and trusted authors"
    MAINTAINER = "maintainers (role maintain or admin)"


@dataclass(frozen=True)
class CommandSpec:
    """One line of the table of commands."""

    name: str
    who: Who
    what: str
    arguments: str = ""

    @property
    def usage(self) -> str:
        return f"{PREFIX} {self.name} {self.arguments}".rstrip()


COMMANDS: Final = (
    CommandSpec("help", Who.ANYONE, "what can be said here"),
    CommandSpec("status", Who.ANYONE, "where this stands, and what comes next"),
    CommandSpec("precheck", Who.AUTHOR, "does the present release already know this? scores on the seeds"),
    CommandSpec(
        "preview",
        Who.TRUSTED,
        "a few generated samples with the judge's reasons",
        arguments="[leaf]",
    ),
    CommandSpec(
        "approve", Who.TRIAGER, "leave to spend accelerator time on exactly this head commit", "[commit]"
    ),
    CommandSpec("evaluate", Who.APPROVED_AUTHOR, "the whole run: generate, train, measure, compare"),
    CommandSpec(
        "ask",
        Who.APPROVED_AUTHOR,
        "the same prompt to base model, release and candidate, side by side",
        arguments='"prompt"',
    ),
    CommandSpec("cancel", Who.AUTHOR, "stop what runs for this pull request"),
    CommandSpec("retry", Who.AUTHOR, "run again what did not end well"),
    CommandSpec("hold", Who.AUTHOR, "let nothing start that costs accelerator time"),
    CommandSpec("unhold", Who.AUTHOR, "undo `hold`"),
    CommandSpec("release", Who.MAINTAINER, "cut a release of the model now", "[--dry-run]"),
)
_BY_NAME: Final = {spec.name: spec for spec in COMMANDS}


@dataclass(frozen=True)
class ParsedCommand:
    """A known command; `line` counts from 1 in the comment, `rest` is what follows the name as it was written."""

    name: str
    arguments: tuple[str, ...]
    line: int
    rest: str = ""

    @property
    def spec(self) -> CommandSpec:
        return _BY_NAME[self.name]


@dataclass(frozen=True)
class UnknownCommand:
    """A word after `/graft` that is no command, and the command that may have been meant."""

    word: str
    suggestion: str | None
    line: int


def parse(body: str) -> list[ParsedCommand | UnknownCommand]:
    """The commands of a comment in their order, at most MAX_COMMANDS; never raises, whatever the text."""
    if PREFIX not in body:
        return []
    found: list[ParsedCommand | UnknownCommand] = []
    for line, text in _said_lines(_MARKDOWN.parse(body[:_LONGEST_BODY])):
        match = _COMMAND.match(text.strip())
        if match is None:
            continue
        found.append(_interpret(match["rest"] or "", line))
        if len(found) == MAX_COMMANDS:
            break
    return found


def _interpret(rest: str, line: int) -> ParsedCommand | UnknownCommand:
    words = _words(rest)
    if not words:
        return ParsedCommand("help", (), line)
    name = words[0].lower()
    if name in _BY_NAME:
        return ParsedCommand(name, tuple(words[1:]), line, rest.strip()[len(name) :].strip())
    close = get_close_matches(name[:40], _BY_NAME, n=1, cutoff=0.6)
    return UnknownCommand(words[0], close[0] if close else None, line)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # an apostrophe in a sentence
        return text.split()


def _said_lines(tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """(line, text) of each line of a top-level paragraph that starts with plain text."""
    html = _OpenElements()
    for before, token in pairwise(tokens):
        if before.type == "html_block":
            html.feed(before.content)
        if token.type != "inline" or before.type != "paragraph_open" or before.level != 0 or html.open:
            continue
        first = (token.map or [0])[0] + 1
        yield from _plain_lines(token.children or [], first)


def _plain_lines(children: Sequence[Token], first: int) -> Iterator[tuple[int, str]]:
    number, parts, plain = first, list[str](), True
    inside = _OpenElements()
    for child in children:
        if child.type in {"softbreak", "hardbreak"}:
            if plain and parts:
                yield number, "".join(parts)
            number, parts, plain = number + 1, [], not inside.open
            continue
        if child.type == "html_inline":
            inside.feed(child.content)
            number += child.content.count("\n")
        if child.type == "text" and not child.content:
            continue  # left over where emphasis begins
        if not parts:
            plain = plain and child.type == "text" and child.level == 0
        # Emphasis and links give no text of their own; what they hold does.
        parts.append(child.content if child.type in {"text", "text_special", "code_inline"} else "")
    if plain and parts:
        yield number, "".join(parts)


class _OpenElements:
    """How many raw HTML elements that set their content apart are open."""

    def __init__(self) -> None:
        self.open = 0

    def feed(self, html: str) -> None:
        for tag in _TAG.finditer(html):
            if (tag["name"] or "").lower() in _SETS_APART:
                self.open = max(0, self.open + (-1 if tag["end"] else 1))
