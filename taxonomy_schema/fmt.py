"""Writes a leaf's files in one form, without changing what they say: order of keys, indentation, block texts, width.

Comments stay. The same text formatted again is the same text. What would read otherwise afterwards is left alone.
"""

import io
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString

from taxonomy_schema import mends
from taxonomy_schema.attribution import read_works
from taxonomy_schema.edits import applied
from taxonomy_schema.files import LeafFiles
from taxonomy_schema.kinds import NEWEST_VERSION
from taxonomy_schema.parse import LeafSource, read_source
from taxonomy_schema.schema import raised
from taxonomy_schema.yaml_source import Odd, read_yaml

WIDTH: Final = 100
"""Columns after which a folded text goes on in the next line; its last word may run over."""
_ORDER: Final = (
    "version", "created_by", "task_description", "domain", "document_outline", "document", "repo", "commit", "patterns",
    "context", "question", "answer", "questions_and_answers", "seed_examples",
)  # fmt: skip
_RANK: Final = {key: rank for rank, key in enumerate(_ORDER)}
_MOST_ROUNDS: Final = 4


@dataclass(frozen=True)
class Formatted:
    """A leaf as it should be written. `left_alone` says of which file it is not, and why."""

    files: LeafFiles
    left_alone: tuple[str, ...] = ()


def format_leaf(files: LeafFiles, *, upgrade: bool = False) -> Formatted:
    """Both files of a leaf in their one form; with `upgrade`, lifted to the newest version where they fit it."""
    source = read_source(files)
    left_alone: list[str] = []
    attribution, qna = files.attribution, files.qna
    if source.attribution_text is not None:
        attribution = _attribution(source, left_alone).encode()
    if files.qna is not None and (source.qna_text is None or source.yaml.findings):
        first = source.findings[0] if source.qna_text is None else source.yaml.findings[0]
        left_alone.append(f"{first.place.file}:{first.place.line}: {first.code} {first.message} {first.mend}")
    elif source.qna_text is not None and isinstance(source.yaml.data, dict):
        qna = _qna(source, left_alone, upgrade=upgrade).encode()
    return Formatted(files._replace(qna=qna, attribution=attribution), tuple(left_alone))


def _attribution(source: LeafSource, left_alone: list[str]) -> str:
    text = source.attribution_text or ""
    tidied = _tidied(source.attribution_file, text)
    if [work.values for work in read_works(tidied)] != [work.values for work in read_works(text)]:
        left_alone.append(f"{source.attribution_file}: it would read otherwise, and is left as it is.")
        return text
    return tidied


def _tidied(file: str, text: str) -> str:
    for edits in (mends.unix_line_ends, mends.without_spaced_ends, mends.one_final_newline):
        text = applied(text, edits(file, text))
    return text


def _qna(source: LeafSource, left_alone: list[str], *, upgrade: bool) -> str:
    text = source.qna_text or ""
    if upgrade and source.sound and source.data.get("version") != NEWEST_VERSION:
        text = applied(text, raised(source.yaml, knowledge=source.is_knowledge))
    wanted = read_yaml(text, source.qna_file)
    for _ in range(_MOST_ROUNDS):
        try:
            written = _once(source.qna_file, text)
        except (YAMLError, ValueError, TypeError, NotImplementedError) as error:
            reason = str(error).splitlines()[0]
            left_alone.append(
                f"{source.qna_file}: it cannot be written anew ({reason}), and is left as it is."
            )
            return source.qna_text or ""
        again = read_yaml(written, source.qna_file)
        if again.findings or not _same(again.data, wanted.data):
            left_alone.append(f"{source.qna_file}: it would read otherwise, and is left as it is.")
            return source.qna_text or ""
        if written == text:
            return written
        text = written
    left_alone.append(f"{source.qna_file}: it finds no rest, and is left as it is.")
    return source.qna_text or ""


def _same(one: Any, other: Any) -> bool:
    """Equal data, types of scalars included; values that are no JSON values compare by their kind."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, Odd):
        return isinstance(other, Odd) and one.kind == other.kind
    return type(one) is type(other) and bool(one == other)


def _once(file: str, text: str) -> str:
    """The text written anew, once."""
    text = applied(text, mends.unix_line_ends(file, text))
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.allow_duplicate_keys = False
    yaml.explicit_start = text.startswith("---")
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    comments = _own_line_comments(file, text)
    _arrange(document, comments, 0, len(text.split("\n")), depth=0)
    out = io.StringIO()
    yaml.dump(document, out)
    return _without_spare_lines(file, out.getvalue())


def _arrange(value: Any, comments: list[int], start: int, end: int, *, depth: int) -> None:
    """Order keys and choose the form of texts, in place; `start` and `end` are lines from 0."""
    if isinstance(value, CommentedMap):
        lines = {key: value.lc.key(key)[0] for key in value if key in value.lc.data}
        starts = sorted(lines.values())
        for key in list(value):
            first = lines.get(key, start)
            last = next((line for line in starts if line > first), end)
            chosen = _chosen(value[key], depth)
            if chosen is not value[key]:
                value[key] = chosen
            _arrange(value[key], comments, first, last, depth=depth + 1)
        top = min(starts, default=start)
        if not any(top < line < end for line in comments):
            for key in sorted(value, key=lambda key: _RANK.get(key, len(_RANK))):
                value.move_to_end(key)
    elif isinstance(value, CommentedSeq):
        starts = [value.lc.item(index)[0] if index in value.lc.data else start for index in range(len(value))]
        for index, item in enumerate(value):
            last = starts[index + 1] if index + 1 < len(starts) else end
            chosen = _chosen(item, depth)
            if chosen is not item:
                value[index] = chosen
            _arrange(item, comments, starts[index], last, depth=depth + 1)


def _chosen(value: Any, depth: int) -> Any:
    """A text in the form that suits it: a block where it has lines of its own, folded where it is long."""
    anchor = getattr(value, "anchor", None)
    if not isinstance(value, str) or (anchor is not None and anchor.value):
        return value
    body = value.rstrip("\n")
    lines = body.split("\n")
    if (
        not body
        or body != body.strip()
        or any(line != line.rstrip() for line in lines)
        or not _is_plain(value)
    ):
        return value  # only quotes keep these as they are
    if isinstance(value, FoldedScalarString):
        return value
    spare = len(value) - len(body)
    long = len(body) + 2 * depth > WIDTH
    if len(lines) == 1 and long and spare <= 1 and " " in body and "  " not in body:
        return FoldedScalarString(value)
    if len(lines) == 1 and not spare:
        return value
    return value if isinstance(value, LiteralScalarString) else LiteralScalarString(value)


def _is_plain(text: str) -> bool:
    """Whether a block can hold a text: only characters that show, and tabs and hard spaces between them."""
    return all(one.isprintable() or one in "\n\t\xa0" for one in text)


def _own_line_comments(file: str, text: str) -> list[int]:
    """The lines, from 0, that hold only a comment."""
    inside = _lines_of_texts(file, text)
    return [
        number - 1
        for number, line in enumerate(text.split("\n"), start=1)
        if line.lstrip(" \t").startswith("#") and number not in inside
    ]


def _lines_of_texts(file: str, text: str) -> set[int]:
    """The lines, from 1, that a text of several lines goes on in."""
    source = read_yaml(text, file)
    found: set[int] = set()
    for _, event in source.scalars():
        spot = source.spot_of(event)
        last = spot.end_line - (spot.end_column == 1)
        found.update(range(spot.line + 1, last + 1))
    return found


def _without_spare_lines(file: str, text: str) -> str:
    """No blank lines at the end or the beginning, one at most elsewhere, and no white space at ends of lines."""
    inside = _lines_of_texts(file, text)
    kept: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if number in inside:
            kept.append(line)
        elif line.strip() or (kept and kept[-1].strip()):
            kept.append(line.rstrip())
    return "\n".join(kept).rstrip("\n") + "\n"
