"""YAML bytes -> plain data, with the place of every key and value, in one pass over the parser's events.

Events are pulled one by one with a stack of our own, so that a deep, wide or self-containing document is stopped
at its limit instead of after it has filled the memory or the C stack. No Python object but text, numbers, lists
and mappings is ever made.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml.constructor import SafeConstructor
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.nodes import ScalarNode

from taxonomy_schema.models import Finding
from taxonomy_schema.parse_rules import DuplicateKey, TooLarge, YamlFeature
from taxonomy_schema.places import Lines, Path, Spot
from taxonomy_schema.rule import Rule, quoted
from taxonomy_schema.yaml_faults import unreadable

MAX_DEPTH: Final = 32
MAX_NODES: Final = 20_000
MAX_SCALAR: Final = 100_000
MAX_NUMBER: Final = (
    64  # longer digits are surely no version, and turning them into numbers takes quadratic time
)

_TAG: Final = "tag:yaml.org,2002:"
_IMPLICIT: Final = yaml.SafeLoader.yaml_implicit_resolvers
_CONSTRUCT: Final = SafeConstructor()


@dataclass(frozen=True, slots=True)
class Odd:
    """A value that is no JSON value, such as a date; `kind` is YAML's name for it."""

    kind: str


@dataclass(slots=True)
class YamlSource:
    """What one pass left: plain data (`None` if there was no document), the spot of every path, and faults."""

    data: Any = None
    spots: dict[Path, Spot] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def spot(self, path: Path) -> Spot:
        """Where `path` is written; for values that stand there only by an alias, where the alias is."""
        while path and path not in self.spots:
            path = path[:-1]
        return self.spots.get(path) or Spot(1, 1, 1, 1)


class _StopError(Exception):
    """Reading cannot go on; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(slots=True)
class _Frame:
    """An open list or mapping. `weight` counts its values, aliases at the weight of what they stand for."""

    container: list[Any] | dict[str, Any]
    path: Path
    anchor: str | None
    weight: int = 1
    key: str | None = None
    key_spot: Spot | None = None
    merges: list[Any] = field(default_factory=list)


def read_yaml(text: str, lines: Lines) -> YamlSource:
    """Read one YAML document. Never raises for what the text holds; `findings` is empty if it is sound."""
    builder = _Builder(lines)
    try:
        for event in yaml.parse(text, Loader=yaml.CBaseLoader):
            builder.take(event)
    except _StopError as stop:
        builder.source.findings.append(stop.finding)
    except yaml.YAMLError as error:
        builder.source.findings.append(unreadable(error, lines, text))
    return builder.source


class _Builder:
    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.source = YamlSource()
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.documents = 0
        self.weight = 0

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is ScalarEvent:
            self._scalar(event)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            self._open(event, {} if kind is MappingStartEvent else [])
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._close()
        elif kind is AliasEvent:
            self._alias(event)
        elif kind is DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                raise self._stopped(
                    YamlFeature,
                    event,
                    "A second document starts here.",
                    "Keep one document: remove this “---” and what follows it.",
                )

    def _scalar(self, event: ScalarEvent) -> None:
        spot = self.lines.spot(event.start_mark, event.end_mark, event.value, plain=not event.style)
        if len(event.value) > MAX_SCALAR:
            raise self._stopped(
                TooLarge,
                event,
                f"One value has {len(event.value):,} characters; {MAX_SCALAR:,} is the most.",
                "Shorten it.",
            )
        value = self._resolve(event)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.container, dict) and frame.key is None:
            self._key(frame, event, spot, value)
            return
        self._weigh(event, 1)
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._place(value, spot, 1)

    def _key(self, frame: _Frame, event: ScalarEvent, spot: Spot, value: Any) -> None:
        if event.value == "<<" and not event.style:
            frame.key, frame.key_spot = "<<", spot
            return
        if not isinstance(value, str):
            self._say(
                YamlFeature,
                event,
                f"The key {quoted(event.value)} is not read as text.",
                f'Write it in quotes: "{event.value}".',
            )
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._named(frame, event, spot, event.value)

    def _named(self, frame: _Frame, event: NodeEvent, spot: Spot, key: str) -> None:
        if key in frame.container:
            first = self.source.spots[(*frame.path, key)]
            self._say(
                DuplicateKey,
                event,
                f"The key {quoted(key)} already stands in line {first.key_line or first.line}.",
                "Keep one of the two.",
            )
        frame.key, frame.key_spot = key, spot

    def _open(self, event: Any, container: list[Any] | dict[str, Any]) -> None:
        self._weigh(event, 1)
        if len(self.stack) >= MAX_DEPTH:
            raise self._stopped(
                TooLarge,
                event,
                f"The file is nested deeper than {MAX_DEPTH} levels.",
                "Write it as flat as the format is.",
            )
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.container, dict) and frame.key is None:
            raise self._stopped(
                YamlFeature, event, "A key is a list or a mapping here.", "Write keys as plain text."
            )
        self._check_tag(event, ("map", "seq"))
        spot = self.lines.spot(event.start_mark, event.start_mark)
        path = self._place(container, spot, 0)
        self.stack.append(_Frame(container, path, event.anchor))

    def _close(self) -> None:
        frame = self.stack.pop()
        if isinstance(frame.container, dict):
            for merged in frame.merges:
                for key, value in merged.items():
                    frame.container.setdefault(key, value)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.container, frame.weight)
        if self.stack:
            self.stack[-1].weight += frame.weight

    def _alias(self, event: AliasEvent) -> None:
        anchor = event.anchor or ""
        if anchor not in self.anchors:
            raise self._stopped(
                YamlFeature,
                event,
                f"The alias {quoted('*' + anchor)} stands for nothing or for itself.",
                "Write the value out.",
            )
        value, weight = self.anchors[anchor]
        self._weigh(event, weight)
        spot = self.lines.spot(event.start_mark, event.end_mark)
        frame = self.stack[-1]
        if isinstance(frame.container, dict) and frame.key is None:
            if not isinstance(value, str):
                raise self._stopped(
                    YamlFeature,
                    event,
                    "A key is an alias of something that is not text.",
                    "Write keys as plain text.",
                )
            self._named(frame, event, spot, value)
            return
        self._place(value, spot, weight)

    def _place(self, value: Any, spot: Spot, weight: int) -> Path:
        """Put a value where the stack says; return its path."""
        if not self.stack:
            self.source.data = value
            self.source.spots[()] = spot
            return ()
        frame = self.stack[-1]
        frame.weight += weight
        if isinstance(frame.container, list):
            path: Path = (*frame.path, len(frame.container))
            frame.container.append(value)
        else:
            key = frame.key or ""
            path = (*frame.path, key)
            if frame.key_spot is not None:
                spot.key_line, spot.key_column = frame.key_spot.line, frame.key_spot.column
            self._put(frame, key, value, plain_merge=frame.key_spot is not None and frame.key_spot.plain)
            frame.key = frame.key_spot = None
        self.source.spots[path] = spot
        return path

    def _put(self, frame: _Frame, key: str, value: Any, *, plain_merge: bool) -> None:
        if key == "<<" and plain_merge:
            many = value if isinstance(value, list) else [value]
            if all(isinstance(one, dict) for one in many):
                frame.merges.extend(many)
                return
        assert isinstance(frame.container, dict)  # noqa: S101 - the caller looked
        frame.container[key] = value

    def _resolve(self, event: ScalarEvent) -> Any:
        """The value YAML 1.1 gives this scalar, as PyYAML's safe loader resolves it."""
        value: str = event.value
        if event.tag is not None and event.tag != "!":
            self._check_tag(event, ("str", "int", "float", "bool", "null", "timestamp"))
            return _construct(event.tag.removeprefix(_TAG), value)
        if not event.implicit[0]:
            return value
        for tag, pattern in _IMPLICIT.get(value[:1], ()):
            if pattern.match(value):
                return _construct(tag.removeprefix(_TAG), value)
        return value

    def _check_tag(self, event: Any, allowed: tuple[str, ...]) -> None:
        if event.tag is None or event.tag == "!" or event.tag.removeprefix(_TAG) in allowed:
            return
        self._say(
            YamlFeature,
            event,
            f"The tag {quoted(event.tag)} is not allowed.",
            "Remove the tag; leaves hold only text, lists and mappings.",
        )

    def _weigh(self, event: Any, weight: int) -> None:
        self.weight += weight
        if self.weight > MAX_NODES:
            raise self._stopped(
                TooLarge,
                event,
                f"The file holds more than {MAX_NODES:,} values.",
                "Split the leaf, and write aliases out.",
            )

    def _say(self, rule: type[Rule], event: Any, message: str, mend: str) -> None:
        self.source.findings.append(rule.finding(self.lines.place(event.start_mark), message, mend))

    def _stopped(self, rule: type[Rule], event: Any, message: str, mend: str) -> _StopError:
        return _StopError(rule.finding(self.lines.place(event.start_mark), message, mend))


def _construct(kind: str, value: str) -> Any:
    if kind == "str":
        return value
    if kind == "null":
        return None
    if len(value) > MAX_NUMBER or kind not in ("int", "float", "bool"):
        return Odd(kind)
    node = ScalarNode(_TAG + kind, value)
    try:
        return getattr(_CONSTRUCT, f"construct_yaml_{kind}")(node)
    except (ValueError, LookupError, OverflowError):  # an explicit tag on text that is no such thing
        return Odd(kind)
