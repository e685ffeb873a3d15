"""Mends that are exact: edits after which the leaf says the same, or what its writer clearly meant."""

import json
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from yaml.events import ScalarEvent

from taxonomy_schema.edits import replaced, standing_at
from taxonomy_schema.findings import Edit
from taxonomy_schema.kinds import NEWEST_VERSION
from taxonomy_schema.patterns import late
from taxonomy_schema.places import Spot
from taxonomy_schema.spots import YamlSource

KEYS: Final = (
    "version", "created_by", "task_description", "domain", "document_outline", "document", "repo", "commit", "patterns",
    "seed_examples", "question", "answer", "context", "questions_and_answers",
)  # fmt: skip
_TABBED: Final = late(rf"([ ]*\t[ \t]*)({'|'.join(KEYS)}):(?=[ \t\r]|$)")
_ENTRY: Final = late(r"([ ]*(?:- +)*)(?=[^ #\t-])")
_TEXT: Final = late(
    r"([ ]*(?:- +)*(?:question|answer|context|task_description|domain|document_outline|created_by): +)"
    r"([^\"'|>&*!\[{\s].*)"
)
_NEXT: Final = late(rf"[ ]*(?:- *)*(?:#|(?:{'|'.join(KEYS)}):)")
_SPACES: Final = " \t"


def in_quotes(source: YamlSource, spot: Spot) -> tuple[Edit, ...]:
    """A plain value that is read as something other than text, written as text."""
    lines = source.text.split("\n")
    if not spot.plain or not spot.text or _written(lines, spot) != spot.text:
        return ()
    return (_instead(source.file, spot, json.dumps(spot.text, ensure_ascii=False)),)


def as_number(source: YamlSource, spot: Spot) -> tuple[Edit, ...]:
    """A whole number in quotes, written without them."""
    if spot.plain or not (spot.text or "").isdecimal() or not spot.text:
        return ()
    return (_instead(source.file, spot, str(int(spot.text))),)


def other_key(source: YamlSource, spot: Spot, key: str, known: str) -> tuple[Edit, ...]:
    """A misspelt key, spelt as the format knows it."""
    lines = source.text.split("\n")
    end = spot.key_column + len(key)
    if not spot.key_line or standing_at(lines, spot.key_line, spot.key_column, spot.key_line, end) != key:
        return ()
    return (replaced(source.file, spot.key_line, spot.key_column, key, known),)


def newest_version(source: YamlSource) -> tuple[Edit, ...]:
    """The newest version, written over an older one or, where none is written, at the top."""
    spot = source.find(("version",))
    if spot is not None:
        return (_instead(source.file, spot, str(NEWEST_VERSION)),)
    lines = source.text.split("\n")
    first = next(
        (number for number, line in enumerate(lines, 1) if line.strip() and line[:1] not in "#-%"), 0
    )
    if not first or (source.node is None) or source.node[0].start_mark.column != 0:
        return ()
    end = "\r\n" if lines[first - 1].endswith("\r") else "\n"
    return (Edit(source.file, first, 1, first, 1, f"version: {NEWEST_VERSION}{end}"),)


def without_trailing_space(source: YamlSource) -> tuple[Edit, ...]:
    """No white space at the ends of lines, but for lines of block texts (`|`, `>`), of which it is a part."""
    if source.node is None:
        return ()
    return without_spaced_ends(source.file, source.text, _lines_of_blocks(source))


def without_spaced_ends(file: str, text: str, kept: AbstractSet[int] = frozenset()) -> tuple[Edit, ...]:
    """No white space at the ends of lines, but for the lines that are kept as they are."""
    edits = []
    for number, line in enumerate(text.split("\n"), start=1):
        whole = line.removesuffix("\r")
        shorter = whole.rstrip(_SPACES)
        if len(shorter) < len(whole) and number not in kept:
            edits.append(replaced(file, number, len(shorter) + 1, whole[len(shorter) :], ""))
    return tuple(edits)


def spaces_for_tab(file: str, lines: Sequence[str], line: int) -> tuple[Edit, ...]:
    """A key after a tab, lined up with the keys of the entry above it."""
    match = _TABBED.match(lines[line - 1])
    above = next((one for one in reversed(lines[: line - 1]) if one.strip() and one.lstrip()[:1] != "#"), "")
    lead = _ENTRY.match(above)
    named = lead and above[lead.end() :].split(":", 1)[0]
    if match is None or lead is None or "\t" in lead[1] or named not in KEYS or above.rstrip().endswith(":"):
        return ()
    return (replaced(file, line, 1, match[1], " " * len(lead[1])),)


def quoted_line(file: str, lines: Sequence[str], line: int) -> tuple[Edit, ...]:
    """The whole of a text that stands in one line, in quotes, where the next line surely begins something else."""
    text = lines[line - 1].removesuffix("\r")
    match = _TEXT.match(text)
    below = next((one for one in lines[line:] if one.strip()), "")
    if match is None or " #" in text or (below and not _NEXT.match(below)):
        return ()
    written = match[2].rstrip(_SPACES)
    return (replaced(file, line, match.start(2) + 1, written, json.dumps(written, ensure_ascii=False)),)


def unix_line_ends(file: str, text: str) -> tuple[Edit, ...]:
    """A line feed alone at the end of each line that ends with carriage return and line feed."""
    lines = text.split("\n")[:-1]
    return tuple(
        replaced(file, number, len(line), "\r", "")
        for number, line in enumerate(lines, start=1)
        if line.endswith("\r")
    )


def one_final_newline(file: str, text: str) -> tuple[Edit, ...]:
    """Exactly one line feed at the end of the file."""
    body = text.rstrip(" \t\r\n")
    if not body or text == body + "\n" or text == body + "\r\n":
        return ()
    lines = text.split("\n")
    at = body.count("\n") + 1
    column = len(body) - body.rfind("\n")
    return (Edit(file, at, column, len(lines), len(lines[-1]) + 1, "\n"),)


def _lines_of_blocks(source: YamlSource) -> set[int]:
    return {number for first, last in _blocks(source) for number in range(first + 1, last + 1)}


def _blocks(source: YamlSource) -> Iterator[tuple[int, int]]:
    for _, event in source.scalars():
        if type(event) is ScalarEvent and event.style in ("|", ">"):
            yield source.lines.of(event.start_mark)[0], source.lines.of(event.end_mark)[0]


def _written(lines: Sequence[str], spot: Spot) -> str | None:
    return standing_at(lines, spot.line, spot.column, spot.end_line, spot.end_column)


def _instead(file: str, spot: Spot, new: str) -> Edit:
    return Edit(file, spot.line, spot.column, spot.end_line, spot.end_column, new)
