"""What one pass over YAML left: plain data beside the parser's marks, from which any place can be worked out."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final, TypeAlias

from yaml.events import AliasEvent, ScalarEvent

from taxonomy_schema.findings import Finding
from taxonomy_schema.places import Lines, Path, Spot

Node: TypeAlias = tuple[Any, Any, Any]
"""A value's event, its key's event if it has a key, and the nodes below it (a list, or a mapping by key)."""

_NOWHERE: Final = Spot(1, 1, 1, 1)


class YamlSource:
    """`data` is `None` if there was no document; `odd` says that it holds values which are no JSON values."""

    def __init__(self, file: str = "", text: str = "") -> None:
        self.file = file
        self.text = text
        self.data: Any = None
        self.node: Node | None = None
        self.odd = False
        self.flow = False
        """Whether a list or mapping is written in brackets or braces."""
        self.linked = False
        """Whether a list or mapping has a name to be told again by, or is told into another by `<<`."""
        self.findings: list[Finding] = []
        self.events: list[Any] = []
        """What the parser told, in order, up to where reading stopped."""

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.file, self.text)

    def find(self, path: Path) -> Spot | None:
        """Where the value at `path` is written; `None` if nothing is written there."""
        node = self.node
        for step in path:
            below = node[2] if node is not None else None
            if isinstance(below, dict):
                node = below.get(step)
            elif isinstance(below, list) and isinstance(step, int) and step < len(below):
                node = below[step]
            else:
                return None
        return self._spot(node) if node is not None else None

    def spot(self, path: Path) -> Spot:
        """Where `path` is written; for values that stand there only by an alias, where the alias is."""
        while True:
            found = self.find(path)
            if found is not None:
                return found
            if not path:
                return _NOWHERE
            path = path[:-1]

    def scalars(self) -> Iterator[tuple[Path, Any]]:
        """Every text, number or nothing that is written out as a value: its path and the parser's event."""
        waiting: list[tuple[Path, Node]] = [((), self.node)] if self.node is not None else []
        while waiting:
            path, (event, _, below) = waiting.pop()
            if type(event) is ScalarEvent:
                yield path, event
            elif isinstance(below, dict):
                waiting.extend([((*path, key), node) for key, node in reversed(below.items())])
            elif below is not None:
                waiting.extend([((*path, at), below[at]) for at in range(len(below) - 1, -1, -1)])

    def spot_of(self, event: Any) -> Spot:
        """Where a scalar of `scalars` stands."""
        return self._spot((event, None, None))

    def _spot(self, node: Node) -> Spot:
        event, key, _ = node
        kind = type(event)
        of = self.lines.of
        line, column = of(event.start_mark)
        if kind is ScalarEvent or kind is AliasEvent:
            end_line, end_column = of(event.end_mark)
        else:
            end_line, end_column = line, column  # where a list or mapping begins
        text, plain = (event.value, not event.style) if kind is ScalarEvent else (None, False)
        key_line, key_column = of(key.start_mark) if key is not None else (0, 0)
        return Spot(line, column, end_line, end_column, text, plain, key_line, key_column)
