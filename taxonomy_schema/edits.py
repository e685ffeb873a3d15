"""Exact edits of a text: where they lie, whether they meet, and the text that they leave."""

from collections.abc import Iterable, Sequence

from taxonomy_schema.findings import Edit


def replaced(file: str, line: int, column: int, old: str, new: str) -> Edit:
    """The edit that writes `new` for `old`, which stands in one line from `column` on."""
    return Edit(file, line, column, line, column + len(old), new)


def standing_at(lines: Sequence[str], line: int, column: int, end_line: int, end_column: int) -> str | None:
    """The text between two places; `None` where they are not in the text."""
    if not 0 < line <= end_line <= len(lines):
        return None
    if line == end_line:
        return lines[line - 1][column - 1 : end_column - 1]
    return "\n".join(
        [lines[line - 1][column - 1 :], *lines[line : end_line - 1], lines[end_line - 1][: end_column - 1]]
    )


def apart(groups: Sequence[tuple[Edit, ...]]) -> list[int]:
    """Which of the groups to take, in order, so that none of their edits meets one of a group before it."""
    taken: list[Edit] = []
    kept = []
    for at, group in enumerate(groups):
        if group and not any(_meet(edit, other) for edit in group for other in taken):
            taken += group
            kept.append(at)
    return kept


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits that do not meet, made from its end backwards so that no place moves before its turn.

    Raises:
        ValueError: an edit lies outside the text.

    """
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for edit in sorted(edits, key=_start, reverse=True):
        if not (0 < edit.line <= edit.end_line < len(starts)):
            raise ValueError(f"line {edit.end_line} is not in the text")
        begin = starts[edit.line - 1] + edit.column - 1
        end = starts[edit.end_line - 1] + edit.end_column - 1
        if not begin <= end <= len(text):
            raise ValueError(f"column {edit.end_column} is not in line {edit.end_line}")
        text = text[:begin] + edit.replacement + text[end:]
    return text


def _start(edit: Edit) -> tuple[int, int]:
    return edit.line, edit.column


def _meet(one: Edit, other: Edit) -> bool:
    if one.file != other.file:
        return False
    first, second = sorted((one, other), key=_start)
    return _start(first) == _start(second) or (first.end_line, first.end_column) > _start(second)
