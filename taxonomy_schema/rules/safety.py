"""Texts that act where they are shown: reviewers should see them before a page or a bot does."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from taxonomy_schema.findings import Finding, Place, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import GOOD, changed
from taxonomy_schema.policy import Policy
from taxonomy_schema.rule import quoted
from taxonomy_schema.rules.leaf_rule import LeafRule
from taxonomy_schema.rules.walk import place

_ACTS: Final = (
    ("an HTML comment, which pages do not show", re.compile(r"<!--")),
    (
        "a mention, which sends somebody a message",
        re.compile(r"(?<![\w@/.+-])@[A-Za-z0-9][A-Za-z0-9-]{0,38}"),
    ),
    ("a command of this service", re.compile(r"(?<![\w/.])/graft\b")),
)
# Joiners that scripts and emoji need are not among them.
_HIDDEN: Final = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)


_SIGNS: Final = ("<!--", "@", "/graft")
"""Without one of these nothing that is written out can act; looking for them costs next to nothing."""
_ESCAPE: Final = re.compile(r"\\[xuU/\r\n]")
"""What a quoted text may write a character as, or break a word with, so that the file does not show it."""


def _both(source: LeafSource) -> str:
    return f"{source.qna_text or ''}\n{source.attribution_text or ''}"


def _texts(source: LeafSource) -> Iterator[tuple[str, Place]]:
    """Every value, and every line of the attribution, with its first and last line."""
    for path, event in source.yaml.scalars():
        yield event.value, place(source, path)
    for number, line in enumerate((source.attribution_text or "").split("\n"), start=1):
        yield line, Place(file=source.attribution_file, line=number, end_line=number)


class _Sought:
    """The lines of both files, split once."""

    def __init__(self, source: LeafSource) -> None:
        self._lines = {
            source.qna_file: (source.qna_text or "").split("\n"),
            source.attribution_file: (source.attribution_text or "").split("\n"),
        }

    def near(self, start: Place, words: str) -> Place:
        """Where in the lines of `start` the words stand as such, or its beginning if they are written with escapes."""
        lines = self._lines[start.file]
        for number in range(start.line, min(start.end_line or start.line, len(lines)) + 1):
            column = lines[number - 1].find(words, start.column - 1 if number == start.line else 0)
            if column >= 0:
                return Place(file=start.file, line=number, column=column + 1)
        return start.at(end_line=None)


class ActsWhereShown(LeafRule):
    code = "GL501"
    title = "A text that would act where it is shown"
    severity = Severity.HINT
    docs = (
        "HTML comments, @mentions and `/graft` commands in a leaf are shown without effect by this service. "
        "They are pointed out, since elsewhere they may hide text or call people."
    )
    bad = changed("answer: It is lighter than water.", "answer: Ask @octocat.")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        both = _both(source)
        if not (_ESCAPE.search(both) or any(sign in both for sign in _SIGNS)):
            return
        lines = _Sought(source)
        for text, start in _texts(source):
            for what, pattern in _ACTS:
                match = pattern.search(text)
                if match:
                    yield self.finding(
                        lines.near(start, match[0]),
                        f"{quoted(match[0])} is {what}.",
                        "Leave it out unless the leaf is about it.",
                    )


class HiddenCharacter(LeafRule):
    code = "GL502"
    title = "A character that cannot be seen"
    severity = Severity.HINT
    docs = "Invisible characters, and those that turn the direction of writing, can make a text look like another."
    bad = changed("answer: It is lighter", "answer: It is\u200b lighter")
    good = GOOD

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        del policy
        if not (_HIDDEN.search(source.beyond_ascii) or _ESCAPE.search(_both(source))):
            return
        lines = _Sought(source)
        for text, start in _texts(source):
            match = _HIDDEN.search(text)
            if match:
                name = unicodedata.name(match[0], "a character without a name").lower()
                yield self.finding(
                    lines.near(start, match[0]),
                    f"An invisible character stands here: {name} (U+{ord(match[0]):04X}).",
                    "Remove it; it came perhaps with a copied text.",
                )


RULES: Final[tuple[LeafRule, ...]] = (ActsWhereShown(), HiddenCharacter())
