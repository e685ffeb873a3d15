"""`attribution.txt`: whose work a leaf draws on. One or more works, each some lines of `Field: value`."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from taxonomy_schema.patterns import late

FIELD_NAMES: Final = {
    "title": "Title of work",
    "link": "Link to work",
    "revision": "Revision",
    "licence": "License of the work",
    "creators": "Creator names",
}
"""The fields, each with the name that InstructLab's guides give it."""

# Those names, and spellings met in leaves.
_FIELDS: Final = {
    **{name.lower(): key for key, name in FIELD_NAMES.items()},
    "title of the work": "title",
    "title": "title",
    "link to the work": "link",
    "link": "link",
    "licence of the work": "licence",
    "license of work": "licence",
    "licence of work": "licence",
    "license": "licence",
    "licence": "licence",
    "creator name": "creators",
    "creators": "creators",
    "creator": "creators",
}
_LINE: Final = late(r"^\s*([A-Za-z][A-Za-z ]{2,30}?)\s*:[ \t]*(.*)$")


class Work(NamedTuple):
    """One work: its fields as written, and the line (from 1) and column of each value."""

    line: int
    values: dict[str, str]
    places: dict[str, tuple[int, int]]


def read_works(text: str) -> tuple[Work, ...]:
    """The works a text names, in order; a field that comes again begins the next work."""
    works: list[Work] = []
    for number, line in enumerate(text.splitlines(), start=1):
        said, colon, value = line.partition(":")
        name = _FIELDS.get(said.strip().lower()) if colon else None
        if name is None:
            continue
        if not works or name in works[-1].values:
            works.append(Work(number, {}, {}))
        works[-1].values[name] = value.strip()
        works[-1].places[name] = (number, len(line) - len(value.lstrip(" \t")) + 1)
    return tuple(works)


def unread_lines(text: str) -> Iterator[tuple[int, str, str]]:
    """What `read_works` passes over: the line's number, the line, and what stands before its colon, if it has one."""
    for number, line in enumerate(text.splitlines(), start=1):
        match = _LINE.match(line)
        if line.strip() and (match is None or match[1].lower() not in _FIELDS):
            yield number, line, match[1] if match else ""
