"""What stands beside the colons of `qna.yaml`, told for all rules at once.

The text is taken apart at its colons, because seeking a single character is many times quicker than seeking several
that begin with a space.
"""

from typing import NamedTuple

from taxonomy_schema.parse import LeafSource


class Colons(NamedTuple):
    """`at_line_ends` counts those that are the last of their line; the others say whether there is any such colon."""

    first_of_line: bool
    space_before: bool
    wide_after: bool
    space_and_line_end: bool
    at_line_ends: int


def colons(source: LeafSource) -> Colons:
    """Of every colon in the text, whether it belongs to a key or not."""
    known: Colons | None = source.kept.get("colons")
    if known is None:
        known = source.kept["colons"] = _colons(source.qna_text or "")
    return known


def _colons(text: str) -> Colons:
    pieces = text.split(":")
    before = [piece[-1:] for piece in pieces]
    before.pop()
    after = ":".join([piece[:2] for piece in pieces])  # each colon with the two characters behind it
    return Colons("\n" in before, " " in before, ":  " in after, ": \n" in after, after.count(":\n"))
