"""`attribution.txt`: whose work a leaf draws on. One or more works, each some lines of `Field: value`."""

import re
from dataclasses import dataclass, field
from typing import Final

# The names InstructLab's guides give, and spellings met in leaves.
_FIELDS: Final = {
    "title of work": "title",
    "title of the work": "title",
    "title": "title",
    "link to work": "link",
    "link to the work": "link",
    "link": "link",
    "revision": "revision",
    "license of the work": "licence",
    "licence of the work": "licence",
    "license of work": "licence",
    "license": "licence",
    "licence": "licence",
    "creator names": "creators",
    "creator name": "creators",
    "creators": "creators",
}
_LINE: Final = re.compile(r"^\s*([A-Za-z][A-Za-z ]{2,30}?)\s*:[ \t]*(.*)$")


@dataclass(slots=True)
class Work:
    """One work: its fields as written, and the line (from 1) and column of each value."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)


def read_works(text: str) -> tuple[Work, ...]:
    """The works a text names, in order; a field that comes again begins the next work."""
    works: list[Work] = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = _LINE.match(line)
        name = _FIELDS.get(match[1].lower()) if match else None
        if match is None or name is None:
            continue
        if not works or name in works[-1].values:
            works.append(Work(number))
        works[-1].values[name] = match[2].strip()
        works[-1].places[name] = (number, match.start(2) + 1)
    return tuple(works)
