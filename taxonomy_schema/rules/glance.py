"""A quick look at a leaf's bytes, for rules that seek what few leaves hold; and the close look that follows a hit.

Bytes are sieved by `bytes.translate`, which takes about a microsecond a file, where a regular expression over the same
text takes ten times as long. What is left is short, or uniform, and tells whether anything can be there at all.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

from taxonomy_schema.findings import Place
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.patterns import late
from taxonomy_schema.places import Path
from taxonomy_schema.rules.walk import place

_LETTERS: Final = bytes([*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1)])
_DIGITS: Final = b"0123456789"
_COMMON: Final = _LETTERS + b" \n\r\t.,:;'\"?!()-_"

_AS_DIGITS: Final = bytes.maketrans(_DIGITS, b"0" * 10)
_AS_TOKENS: Final = bytes.maketrans(_LETTERS + _DIGITS + b"_-", b"a" * (len(_LETTERS) + len(_DIGITS)) + b"aa")
_BETWEEN_DIGITS: Final = b" -"
_ESCAPE: Final = late(rb"\\[xuU/\r\n]")
"""What a quoted text may write a character as, or break a word with, so that the file does not show it."""

_LEAST_DIGITS: Final = b"0" * 4
_ENOUGH_DIGITS: Final = b"0" * 7
_LONG_RUN: Final = b"0" * 9
_IN_BRACKETS: Final = b")0000000"
_DOTTED: Final = late(rb"0\.0{1,3}\.0{1,5}\.?0")
_LONG_TOKEN: Final = b"a" * 16
_LONG_KEY: Final = b"questions_and_answers:"
_TOKEN: Final = late(rb"[A-Za-z0-9_-]+")
_COMMIT: Final = late(rb"[0-9a-f]{40}")
_DIGIT: Final = late(rb"[0-9]")


class Glance:
    """`raw`: both files but for the document's commit, and the texts of `qna.yaml` once more where some are written
    with escapes. `signs`: the digits and uncommon signs of it, in order: a sign that is not there needs no search.
    """

    def __init__(self, source: LeafSource) -> None:
        qna = source.files.qna or b""
        self.escaped = b"\\" in qna and _ESCAPE.search(qna) is not None
        if self.escaped:
            qna += b"\n" + "\n".join([event.value for _, event in source.yaml.scalars()]).encode()
        document = source.data.get("document")
        commit = document["commit"].encode() if document is not None else b""
        if _COMMIT.fullmatch(commit):  # anything else could stand for words that are to be found
            qna = qna.replace(commit, b"")
        attribution = source.files.attribution or b""
        self._qna = qna
        self.raw = b"%b\n%b" % (qna, attribution)
        uncommon = qna.translate(None, _COMMON)
        self._digits = uncommon.translate(_AS_DIGITS)
        self.signs = uncommon + attribution.translate(None, _COMMON)

    @cached_property
    def text(self) -> str:
        """`raw` as text, for a first search by a rule's own pattern."""
        return self.raw.decode("utf-8", "replace")

    @cached_property
    def _number(self) -> bytes:
        return self._qna.translate(_AS_DIGITS, _BETWEEN_DIGITS)

    @cached_property
    def has_long_number(self) -> bool:
        """In `qna.yaml`: nine digits with at most spaces and hyphens between them, or as telephone numbers begin."""
        if _ENOUGH_DIGITS not in self._digits and b"+" not in self.signs:
            return False  # what may stand between the digits of a number is common
        number = self._number
        return _LONG_RUN in number or _IN_BRACKETS in number or (b"+" in self.signs and b"+00" in number)

    @cached_property
    def has_dotted_number(self) -> bool:
        """In `qna.yaml`: four numbers with full stops between them, or before the last a hyphen."""
        if _LEAST_DIGITS not in self._digits:
            return False
        number = self._number
        return b"0.0" in number and _DOTTED.search(number) is not None

    @cached_property
    def has_long_token(self) -> bool:
        """A word of 16 letters, digits, `_` and `-`, a digit among them or all capitals, that is no commit id."""
        raw = self.raw.replace(_LONG_KEY, b"")
        runs = raw.translate(_AS_TOKENS)
        start = runs.find(_LONG_TOKEN)
        while start >= 0:
            token = _TOKEN.match(raw, start)
            if token is None:  # pragma: no cover - a run is a token
                break
            mixed = _DIGIT.search(token[0]) or token[0].isupper()
            if mixed and not _COMMIT.fullmatch(token[0]):
                return True
            start = runs.find(_LONG_TOKEN, token.end())
        return False


def glance(source: LeafSource) -> Glance:
    """The leaf's, made once."""
    known: Glance | None = source.kept.get("glance")
    if known is None:
        known = source.kept["glance"] = Glance(source)
    return known


class Text(NamedTuple):
    """One value of `qna.yaml`, found by its path, or one line of the attribution, found by its number from 1."""

    value: str
    path: Path | None
    line: int


def texts(source: LeafSource) -> list[Text]:
    """Every text that a leaf holds, in the order it is written; comments are none."""
    known: list[Text] | None = source.kept.get("texts")
    if known is None:
        known = [Text(event.value, path, 0) for path, event in source.yaml.scalars()]
        lines = (source.attribution_text or "").split("\n")
        known += [Text(line, None, number) for number, line in enumerate(lines, start=1)]
        source.kept["texts"] = known
    return known


def found(source: LeafSource, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], Text]]:
    """The first match in each text that has one."""
    for text in texts(source):
        match = pattern.search(text.value)
        if match:
            yield match, text


def near(source: LeafSource, text: Text, words: str) -> Place:
    """Where in a text's lines the words stand as such, or its beginning if they are written with escapes or folded."""
    if text.path is None:
        column = text.value.find(words) + 1
        return Place(file=source.attribution_file, line=text.line, column=max(column, 1))
    start = place(source, text.path)
    lines = source.qna_lines
    for number in range(start.line, min(start.end_line or start.line, len(lines)) + 1):
        column = lines[number - 1].find(words, start.column - 1 if number == start.line else 0)
        if column >= 0:
            return Place(file=start.file, line=number, column=column + 1)
    return start.at(end_line=None)
