"""A patch as lines with their numbers, and the annotations that belong under each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from service.github.standin.tables import Annotation

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True)
class Line:
    """One line of a patch; `kind` is hunk, added, removed or same."""

    kind: str
    old: int | None
    new: int | None
    text: str
    notes: list[Annotation] = field(default_factory=list)


def lines_of(patch: str, notes: list[Annotation]) -> list[Line]:
    """The lines of a patch. A note goes under its last line, or to the top when the patch does not show that line."""
    under: dict[int, list[Annotation]] = {}
    for note in notes:
        under.setdefault(note.end_line, []).append(note)
    found: list[Line] = []
    old = new = 0
    for text in patch.split("\n") if patch else []:
        if hunk := _HUNK.match(text):
            old, new = int(hunk[1]), int(hunk[2])
            found.append(Line("hunk", None, None, text))
        elif text.startswith("+"):
            found.append(Line("added", None, new, text[1:], under.pop(new, [])))
            new += 1
        elif text.startswith("-"):
            found.append(Line("removed", old, None, text[1:]))
            old += 1
        elif text.startswith("\\"):
            found.append(Line("hunk", None, None, text[2:]))
        else:
            found.append(Line("same", old, new, text[1:], under.pop(new, [])))
            old, new = old + 1, new + 1
    homeless = [note for group in under.values() for note in group]
    return [Line("hunk", None, None, "Elsewhere in this file", homeless), *found] if homeless else found
