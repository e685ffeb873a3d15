"""From the parser's marks to the lines and columns that editors and code hosts show."""

import bisect
import re
from typing import Any, Final, NamedTuple

from taxonomy_schema.findings import Place

Path = tuple[str | int, ...]

# YAML 1.1 also ends a line at these; editors and code hosts do not.
_ODD_BREAKS: Final = re.compile("[\x85\u2028\u2029]|\r(?!\n)")
_BREAK: Final = re.compile("\n")


class Spot(NamedTuple):
    """Where a value is written, counting from 1; its key too, if it has one; `text` is the scalar as written."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str | None = None
    plain: bool = False
    key_line: int = 0
    key_column: int = 0


class Lines:
    """The lines of one file."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.last = max(1, text.count("\n") + (not text.endswith("\n")))
        self._starts: list[int] | None = None
        if ("\r" in text or not text.isascii()) and _ODD_BREAKS.search(text):
            self._starts = [0, *(match.end() for match in _BREAK.finditer(text))]

    @property
    def odd(self) -> bool:
        """Whether YAML counts more lines than editors do."""
        return self._starts is not None

    def of(self, mark: Any) -> tuple[int, int]:
        """Line and column, from 1, of a mark of the YAML parser."""
        if self._starts is None:
            return mark.line + 1, mark.column + 1
        line = bisect.bisect_right(self._starts, mark.index)
        return line, mark.index - self._starts[line - 1] + 1

    def place(self, mark: Any) -> Place:
        return self._at(*self.of(mark))

    def value(self, spot: Spot) -> Place:
        """The place of a value."""
        last = spot.end_line - 1 if spot.end_column == 1 and spot.end_line > spot.line else spot.end_line
        return self._at(spot.line, spot.column, last)

    def key(self, spot: Spot) -> Place:
        """The place of a value's key, or of the value where it has none."""
        if spot.key_line:
            return self._at(spot.key_line, spot.key_column)
        return self._at(spot.line, spot.column)

    def _at(self, line: int, column: int, end_line: int | None = None) -> Place:
        """A place in the file; the parser's end of the file lies past its last line, where nothing can be shown."""
        if line > self.last:
            return Place(file=self.file, line=self.last)
        return Place(file=self.file, line=line, column=column, end_line=end_line and min(end_line, self.last))
