"""YAML text -> plain data, with the place of every key and value, in one pass over the parser's events.

Events are pulled one by one with a stack of our own, so that a deep, wide or self-containing document is stopped
at its limit instead of after it has filled the memory or the C stack. No Python object but text, numbers, lists
and mappings is ever made. Places are kept as the parser's marks and worked out only for what is asked about.
"""

from typing import Any, Final

import yaml
from yaml.constructor import SafeConstructor
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.nodes import ScalarNode

from taxonomy_schema.findings import Finding
from taxonomy_schema.parse_rules import DuplicateKey, TooLarge, YamlFeature
from taxonomy_schema.rule import Rule, quoted
from taxonomy_schema.spots import YamlSource
from taxonomy_schema.yaml_faults import unreadable

MAX_DEPTH: Final = 32
MAX_NODES: Final = 20_000
MAX_SCALAR: Final = 100_000
MAX_NUMBER: Final = (
    64  # longer digits are surely no version, and turning them into numbers takes quadratic time
)

_TAG: Final = "tag:yaml.org,2002:"
_SCALARS: Final = ("str", "int", "float", "bool", "null", "timestamp")
_IMPLICIT: Final = yaml.SafeLoader.yaml_implicit_resolvers
_CONSTRUCT: Final = SafeConstructor()
_LONGEST_WORD: Final = 5
"""Of what YAML 1.1 reads as true, false or nothing, `false` is the longest."""


class Odd:
    """A value that is no JSON value, such as a date; `kind` is YAML's name for it. Equal to itself alone."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind


class _StopError(Exception):
    """Reading cannot go on; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class _Frame:
    """An open list or mapping: its values, their nodes, and the key that waits for its value."""

    __slots__ = ("anchor", "before", "children", "container", "key", "key_event", "mapping", "merges")

    def __init__(self, container: Any, anchor: str | None, before: int, *, mapping: bool) -> None:
        self.container = container
        self.children: Any = {} if mapping else []
        self.mapping = mapping
        self.anchor = anchor
        self.before = before  # how many values there were before it: the rest is its weight
        self.key: str | None = ""
        """`None` is the merge key `<<`."""
        self.key_event: Any = None
        self.merges: list[Any] = []


def read_yaml(text: str, file: str) -> YamlSource:
    """Read one YAML document. Never raises for what the text holds; `findings` is empty if it is sound."""
    source = YamlSource(file, text)
    builder = _Builder(source)
    try:
        parser = yaml.CBaseLoader(text)
        builder.read(parser.get_event)
    except _StopError as stop:
        source.findings.append(stop.finding)
    except yaml.YAMLError as error:
        source.findings.append(unreadable(error, source.lines, text))
    return source


def _merge(container: dict[str, Any], merged: Any) -> None:
    """Add what is not there; what is no mapping stays under its key, and is refused as any unknown key."""
    for one in merged if isinstance(merged, list) else [merged]:
        if not isinstance(one, dict):
            container["<<"] = merged
            return
        for key, value in one.items():
            container.setdefault(key, value)


class _Builder:
    def __init__(self, source: YamlSource) -> None:
        self.source = source
        self.top = self.frame = _Frame([], None, 0, mapping=False)
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.documents = 0
        self.count = 0
        """Values so far, an alias counted as what it stands for."""

    def read(self, next_event: Any) -> None:
        """Take every event; what stands at the top becomes the source's data."""
        scalar, keep = self._scalar, self.source.events.append
        while True:
            event = next_event()
            keep(event)
            kind = type(event)
            if kind is ScalarEvent:
                scalar(event)
            elif kind is MappingStartEvent:
                self._open(event, {}, mapping=True)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close()
            elif kind is SequenceStartEvent:
                self._open(event, [], mapping=False)
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                self._document(event)
            elif kind is StreamEndEvent:
                break
        if self.top.container:
            self.source.data, self.source.node = self.top.container[0], self.top.children[0]

    def _document(self, event: DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            raise self._stopped(
                YamlFeature,
                event,
                "A line “---” starts a second document here, which would not be read.",
                "Remove this “---”; what follows it belongs above, or into another leaf.",
            )

    def _scalar(self, event: Any) -> None:
        written = event.value
        if len(written) > MAX_SCALAR:
            raise self._stopped(
                TooLarge,
                event,
                f"One text has {len(written):,} characters; {MAX_SCALAR:,} is the most, so the file is not read "
                "further.",
                "Keep the passage that the questions are about.",
            )
        # What is quoted or a block, and has no tag, is text; and so is what is plain and begins as no other value does.
        value = written
        if event.tag is not None or (
            event.implicit[0] and not (len(written) > _LONGEST_WORD and written[0].isalpha())
        ):
            value = self._resolve(event, written)
        frame = self.frame
        if frame.mapping and frame.key_event is None:
            if (
                value is written
                and written != "<<"
                and event.anchor is None
                and written not in frame.container
            ):
                frame.key, frame.key_event = written, event  # as nearly all keys are
            else:
                self._key(frame, event, value)
            return
        self.count += 1
        if self.count > MAX_NODES:
            raise self._too_many(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        if not frame.mapping:
            frame.container.append(value)
            frame.children.append((event, None, None))
        elif frame.key is None:
            self._place(frame, event, value, None)
        else:
            frame.container[frame.key] = value
            frame.children[frame.key] = (event, frame.key_event, None)
            frame.key_event = None

    def _key(self, frame: _Frame, event: Any, value: Any) -> None:
        written = event.value
        if written == "<<" and not event.style:
            frame.key, frame.key_event = None, event
            self.source.linked = True
            return
        if type(value) is not str:
            self._say(
                YamlFeature,
                event,
                f"The key {quoted(written)} is read as something other than text, so it is no key of a leaf.",
                f'If it is the key you mean, write it in quotes: "{quoted(written)[1:-1]}":',
            )
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        self._named(frame, event, written)

    def _named(self, frame: _Frame, event: Any, key: str) -> None:
        if key in frame.container:
            first = frame.children[key][1]
            self._say(
                DuplicateKey,
                event,
                f"The key {quoted(key)} already stands in line {self.source.lines.of(first.start_mark)[0]}: only "
                "one could be read.",
                "Keep one of the two lines; if this begins another entry, start it with “- ”.",
            )
        frame.key, frame.key_event = key, event

    def _open(self, event: Any, container: Any, *, mapping: bool) -> None:
        frame = self.frame
        if frame.mapping and frame.key_event is None:
            raise self._stopped(
                YamlFeature,
                event,
                "Brackets, braces or a “?” stand where a key should be, so reading stops here.",
                "Write a key as one word, such as “answer:”; put a text that begins with [ or { in quotes.",
            )
        if event.tag is not None:
            self._check_tag(event, ("map", "seq"))
        if event.flow_style:
            self.source.flow = True
        if event.anchor is not None:
            self.source.linked = True
        before = self.count
        self.count += 1
        if self.count > MAX_NODES:
            raise self._too_many(event)
        if len(self.stack) >= MAX_DEPTH:
            raise self._stopped(
                TooLarge,
                event,
                f"Lists or keys stand in one another more than {MAX_DEPTH} deep, so the file is not read further.",
                "If the brackets are part of a text, put the whole text in quotes; if not, write it as the guide "
                "shows.",
            )
        opened = _Frame(container, event.anchor, before, mapping=mapping)
        self._place(frame, event, container, opened.children)
        self.stack.append(frame)
        self.frame = opened

    def _close(self) -> None:
        frame = self.frame
        for merged in reversed(frame.merges):
            _merge(frame.container, merged)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (frame.container, self.count - frame.before)
        self.frame = self.stack.pop()

    def _alias(self, event: AliasEvent) -> None:
        anchor = event.anchor or ""
        if anchor not in self.anchors:
            raise self._stopped(
                YamlFeature,
                event,
                f"{quoted('*' + anchor)} stands for a text named elsewhere in the file, and there is no such text.",
                "If the “*” is part of your text, put the whole text in quotes; if not, write the text out.",
            )
        value, weight = self.anchors[anchor]
        self.count += weight
        if self.count > MAX_NODES:
            raise self._too_many(event)
        frame = self.frame
        if frame.mapping and frame.key_event is None:
            if not isinstance(value, str):
                raise self._stopped(
                    YamlFeature,
                    event,
                    "A word with “*” stands where a key should be, and stands for no text.",
                    "Write a key as one word, such as “answer:”.",
                )
            self._named(frame, event, value)
            return
        self._place(frame, event, value, None)

    def _place(self, frame: _Frame, event: Any, value: Any, children: Any) -> None:
        """Put a value, and its node, where the stack says."""
        if not frame.mapping:
            frame.container.append(value)
            frame.children.append((event, None, children))
            return
        key = "<<" if frame.key is None else frame.key
        frame.children[key] = (event, frame.key_event, children)
        frame.key_event = None
        if frame.key is None:
            frame.merges.append(value)  # filled in when the mapping ends: a list is still empty here
        else:
            frame.container[key] = value

    def _resolve(self, event: Any, written: str) -> Any:
        """The value YAML 1.1 gives this scalar, as PyYAML's safe loader resolves it."""
        if event.tag is not None and event.tag != "!":
            self._check_tag(event, _SCALARS)
            return self._construct(event.tag.removeprefix(_TAG), written)
        if not event.implicit[0]:
            return written
        for tag, pattern in _IMPLICIT.get(written[:1], ()):
            if pattern.match(written):
                return self._construct(tag.removeprefix(_TAG), written)
        return written

    def _construct(self, kind: str, written: str) -> Any:
        if kind == "str":
            return written
        if kind == "null":
            return None
        if len(written) <= MAX_NUMBER and kind in ("int", "float", "bool"):
            node = ScalarNode(_TAG + kind, written)
            try:
                return getattr(_CONSTRUCT, f"construct_yaml_{kind}")(node)
            except (ValueError, LookupError, OverflowError):
                pass  # an explicit tag on text that is no such thing
        self.source.odd = True
        return Odd(kind)

    def _check_tag(self, event: Any, allowed: tuple[str, ...]) -> None:
        if event.tag is None or event.tag == "!" or event.tag.removeprefix(_TAG) in allowed:
            return
        self._say(
            YamlFeature,
            event,
            f"“!” begins a tag here ({quoted(event.tag)[1:-1]}), which tells programs to make something other "
            "than text.",
            "Remove the word with “!”; if it is part of your text, put the whole text in quotes.",
        )

    def _too_many(self, event: Any) -> _StopError:
        return self._stopped(
            TooLarge,
            event,
            f"The file holds more than {MAX_NODES:,} values, more than people can review, so it is not read further.",
            "Split it into several leaves, and use no “*” names.",
        )

    def _say(self, rule: type[Rule], event: Any, message: str, mend: str) -> None:
        self.source.findings.append(rule.finding(self.source.lines.place(event.start_mark), message, mend))

    def _stopped(self, rule: type[Rule], event: Any, message: str, mend: str) -> _StopError:
        return _StopError(rule.finding(self.source.lines.place(event.start_mark), message, mend))
