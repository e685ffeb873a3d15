"""The white space beside hyphens, colons, commas, brackets and braces: on what the parser told when it read the text,
or where that does not tell enough (brackets, anchors, tags), on its tokens.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Final, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.tokens import (
    AliasToken,
    BlockEntryToken,
    FlowEntryToken,
    FlowMappingEndToken,
    FlowMappingStartToken,
    FlowSequenceEndToken,
    FlowSequenceStartToken,
    KeyToken,
    ScalarToken,
    ValueToken,
)

from taxonomy_schema.spots import YamlSource


class Sign(Enum):
    """What the white space is beside."""

    HYPHEN = "hyphen"
    COLON = "colon"
    COMMA = "comma"
    BRACKET = "bracket"


class Gap(NamedTuple):
    """A sign with white space beside it that should not be there (`wide`), or that should; line and column from 1."""

    sign: Sign
    line: int
    column: int
    wide: bool
    before: bool


_OPEN: Final = (FlowSequenceStartToken, FlowMappingStartToken)
_CLOSE: Final = (FlowSequenceEndToken, FlowMappingEndToken)
_STARTS: Final = (ScalarEvent, MappingStartEvent, SequenceStartEvent)
_ENDS: Final = (MappingEndEvent, SequenceEndEvent)
_KEY_NEXT: Final = -1
_NO_KEY: Final = -2
_ONE: Final = 1
"""Spaces after a hyphen, a colon and a comma; inside brackets it is the most."""


class _UnusualError(Exception):
    """The text is written so that events do not tell where its signs stand."""


def gaps(source: YamlSource) -> list[Gap]:
    """Every one in the text, in order; up to where it is no YAML any more."""
    try:
        return list(_gaps_of_events(source.text, source.events))
    except _UnusualError:
        return gaps_of_tokens(source.text)


def _gaps_of_events(text: str, events: Iterable[Any]) -> Iterator[Gap]:
    """Those of a text in which every key is a word and stands before its colon, and lists have hyphens.

    Raises:
        _UnusualError: it is another text.

    """
    if any(map(_is_unusual, events)):
        raise _UnusualError
    outside: list[tuple[int, int]] = []
    # The column of the list's hyphens; the index behind the colon that has no value yet.
    hyphen, colon = 0, _NO_KEY
    for event in events:
        kind = type(event)
        if kind in _ENDS:
            hyphen, colon = outside.pop()
        if kind not in _STARTS:
            continue
        start, end = event.start_mark, event.end_mark
        if colon == _KEY_NEXT:
            colon = _behind_colon(text, end.index)
            ahead = colon - 1 - end.index
            if ahead:
                yield Gap(Sign.COLON, end.line + 1, end.column + ahead, wide=True, before=True)
            continue
        if colon != _NO_KEY:
            if start.index - colon > _ONE and "\n" not in text[colon : start.index]:
                yield Gap(Sign.COLON, start.line + 1, start.column, wide=True, before=False)
            colon = _KEY_NEXT
        elif outside and start.column - hyphen - 1 > _ONE:
            at = start.index - start.column + hyphen
            if text[at : at + 1] == "-" and not text[at + 1 : start.index].strip(" \t"):
                yield Gap(Sign.HYPHEN, start.line + 1, start.column, wide=True, before=False)
        if kind is not ScalarEvent:
            outside.append((hyphen, colon))
            hyphen, colon = start.column, _NO_KEY if kind is SequenceStartEvent else _KEY_NEXT


def _is_unusual(event: Any) -> bool:
    """Whether something stands beside a value, or around it, that events do not tell the place of."""
    kind = type(event)
    if kind is ScalarEvent:
        return event.anchor is not None or event.tag is not None
    if kind is MappingStartEvent or kind is SequenceStartEvent:
        return event.anchor is not None or event.tag is not None or bool(event.flow_style)
    return kind is AliasEvent


def _behind_colon(text: str, index: int) -> int:
    """Where the text goes on after the colon of a key that ends at `index`."""
    colon = text.find(":", index)
    if colon < 0 or text[index:colon].strip(" \t") or text.find("\n", colon) < 0:
        raise _UnusualError
    return colon + 1


def gaps_of_tokens(text: str) -> list[Gap]:
    """The same, of any text."""
    found: list[Gap] = []
    before: Any = None
    try:
        for token in yaml.scan(text, Loader=yaml.CBaseLoader):
            if before is not None:
                found.extend(_between(before, token, text))
            before = token
    except yaml.YAMLError:
        pass
    return found


def _between(left: Any, right: Any, text: str) -> Iterator[Gap]:
    """What is wrong with the white space between two tokens."""
    line, column = right.start_mark.line + 1, right.start_mark.column
    if left.end_mark.line != right.start_mark.line:
        if isinstance(right, FlowEntryToken):
            yield Gap(Sign.COMMA, line, max(1, column), wide=True, before=True)
        return
    width = right.start_mark.index - left.end_mark.index
    after = _after(left, text)
    if after is not None and width > _ONE:
        yield Gap(after, line, column, wide=True, before=False)
    elif isinstance(left, FlowEntryToken) and width < _ONE:
        yield Gap(Sign.COMMA, line, column + 1, wide=False, before=False)
    if isinstance(right, _CLOSE) and not isinstance(left, _OPEN) and width > _ONE:
        yield Gap(Sign.BRACKET, line, column, wide=True, before=True)
    elif width and isinstance(right, FlowEntryToken):
        yield Gap(Sign.COMMA, line, column, wide=True, before=True)
    elif (
        width
        and isinstance(right, ValueToken)
        and not (isinstance(left, AliasToken) and width == _ONE)
        and text[left.end_mark.index - 1 : left.end_mark.index] != "\n"
    ):
        yield Gap(Sign.COLON, line, column, wide=True, before=True)


def _after(token: Any, text: str) -> Sign | None:
    """What the white space after a token is beside, if that is measured."""
    if isinstance(token, BlockEntryToken):
        return Sign.HYPHEN
    if isinstance(token, ValueToken):
        return Sign.COLON
    if isinstance(token, KeyToken):
        index = token.start_mark.index
        return Sign.COLON if text[index : index + 1] == "?" and token.end_mark.index > index else None
    if isinstance(token, FlowEntryToken):
        return Sign.COMMA
    return Sign.BRACKET if isinstance(token, _OPEN) else None


def first_stray_tab(text: str) -> tuple[int, int] | None:
    """Line and column, from 1, of the first tab that is in no quotes, block or comment."""
    safe_until = 0
    try:
        for token in yaml.scan(text, Loader=yaml.CBaseLoader):
            if isinstance(token, ScalarToken) and token.style:
                at = _tab_outside_comments(text, safe_until, token.start_mark.index)
                if at is not None:
                    return _counted(text, at)
                safe_until = token.end_mark.index
    except yaml.YAMLError:
        return None
    at = _tab_outside_comments(text, safe_until, len(text))
    return None if at is None else _counted(text, at)


def _tab_outside_comments(text: str, start: int, end: int) -> int | None:
    at = text.find("\t", start, end)
    while at >= 0:
        line = text[max(start, text.rfind("\n", 0, at) + 1) : at]
        if not line.lstrip(" ").startswith("#") and " #" not in line:
            return at
        at = text.find("\t", at + 1, end)
    return None


def _counted(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
