"""Whether what starts a line stands as deep as the rest of the file makes one expect.

The first step inwards sets the step for the whole file, and the first list below a key says whether lists are moved
in. Only what begins a line is looked at, and each list or mapping once: inside it YAML itself keeps things in line.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from taxonomy_schema.patterns import late
from taxonomy_schema.spots import YamlSource

_VALUES: Final = (AliasEvent, ScalarEvent, MappingStartEvent, SequenceStartEvent)
_PROPERTIES: Final = late(r"(?:[&!]\S*[ \t]*)+(?:#.*)?$")
_OPENERS: Final = ("[", "{")


class Uneven(NamedTuple):
    """A line, from 1, that starts at column `found` (from 0) where `expected` was to be."""

    line: int
    found: int
    expected: int


class _UnknownError(Exception):
    """Something is written so unusually that nothing is expected of its indentation."""


def uneven_lines(source: YamlSource) -> list[Uneven]:
    """Lines whose first thing is not where it is expected, in order; of a text that was read to its end."""
    return _Indents(source).read()


class _Indents:
    def __init__(self, source: YamlSource) -> None:
        self.lines = source.text.split("\n")
        self.events: Iterator[Any] = iter(source.events)
        self.found: list[Uneven] = []
        self.step: int | None = None
        self.lists_in: bool | None = None

    def read(self) -> list[Uneven]:
        try:
            for event in self.events:
                if isinstance(event, DocumentStartEvent):
                    root = next(self.events)
                    self._hold(self._place(root), 0)
                    self._inside(root)
        except _UnknownError:
            pass
        return self.found

    def _place(self, event: Any) -> tuple[int, int]:
        """Line and column, from 0, of the value itself, after its anchor and tag."""
        line, column = event.start_mark.line, event.start_mark.column
        if (event.anchor or getattr(event, "tag", None)) and _PROPERTIES.match(self._line(line), column):
            for below in range(line + 1, len(self.lines)):
                shown = self.lines[below].lstrip(" ")
                if shown.strip() and not shown.startswith("#"):
                    return below, len(self.lines[below]) - len(shown)
        return line, column

    def _line(self, number: int) -> str:
        return self.lines[number] if number < len(self.lines) else ""

    def _first(self, place: tuple[int, int]) -> bool:
        return not self._line(place[0])[: place[1]].strip()

    def _margin(self, line: int) -> int:
        return len(self._line(line)) - len(self._line(line).lstrip(" "))

    def _hold(self, place: tuple[int, int], expected: int) -> None:
        if self._first(place) and place[1] != expected:
            self.found.append(Uneven(place[0] + 1, place[1], expected))

    def _further(self, base: int, column: int) -> int:
        """One step further in than `base`; something at `column` sets the step if nothing has."""
        if self.step is None:
            self.step = column - base
        return base + self.step

    def _inside(self, event: Any) -> None:
        kind = type(event)
        if kind is MappingStartEvent:
            if event.flow_style:
                self._flow(event, MappingEndEvent)
            else:
                self._mapping()
        elif kind is SequenceStartEvent:
            if event.flow_style:
                self._flow(event, SequenceEndEvent)
            else:
                self._list(event)

    def _mapping(self) -> None:
        column: int | None = None
        while not isinstance(key := next(self.events), MappingEndEvent):
            place = key.start_mark.line, key.start_mark.column
            if column is None:
                column = place[1]
            if not isinstance(key, ScalarEvent | AliasEvent) or place[1] != column:
                raise _UnknownError  # a key after “? ”
            value = next(self.events)
            if not _is_empty(value):
                self._below_key(value, column)
            self._inside(value)

    def _below_key(self, value: Any, column: int) -> None:
        place = self._place(value)
        if not self._first(place):
            return
        if not isinstance(value, SequenceStartEvent) or value.flow_style:
            expected = self._further(column, place[1])
        else:
            if self.lists_in is None:
                self.lists_in = place[1] != column
            expected = self._further(column, place[1]) if self.lists_in else column
        self._hold(place, expected)

    def _list(self, event: Any) -> None:
        hyphen = self._place(event)[1]
        while not isinstance(entry := next(self.events), SequenceEndEvent):
            if not _is_empty(entry):
                place = self._place(entry)
                if self._first(place) and place[1] != hyphen:
                    after_anchor = place[0] != entry.start_mark.line
                    expected = entry.start_mark.column if after_anchor else self._further(hyphen, place[1])
                    self._hold(place, expected)
            self._inside(entry)

    def _flow(self, event: Any, end: type) -> None:
        """What stands between brackets or braces, over several lines."""
        line, column = self._place(event)
        if self._line(line)[column : column + 1] not in _OPENERS:
            raise _UnknownError  # a pair without braces in a list
        margin = self._margin(line)
        indent: int | None = None
        while not isinstance(item := next(self.events), end):
            place = self._place(item)
            if indent is None:
                indent = place[1] if place[0] == line else self._further(margin, place[1])
            self._hold(place, indent)
            self._inside(item)
            if end is MappingEndEvent:
                value = next(self.events)
                if not _is_empty(value):
                    below = self._place(value)
                    if self._first(below):
                        self._hold(below, self._further(indent, below[1]))
                self._inside(value)
        mark = item.start_mark  # type: ignore[attr-defined]  # of the event that ended the loop
        self._hold((mark.line, mark.column), margin)


def _is_empty(event: Any) -> bool:
    """Whether nothing at all is written for a value."""
    return isinstance(event, ScalarEvent) and not event.value and not event.style and not event.tag
