"""Markdown tables that also read well raw, as in an e-mail."""

import unicodedata
from collections.abc import Sequence

_WIDEST = 48
"""A column is not padded beyond this many columns of a terminal."""


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """A table; cells are Markdown whose pipes are escaped already. `right` numbers the right-aligned columns."""
    lines = [header, *rows]
    widths = [max(3, *(min(_WIDEST, _width(line[i])) for line in lines)) for i in range(len(header))]
    rule = [("-" * (w - 1) + ":") if i in right else "-" * w for i, w in enumerate(widths)]
    return "\n".join(
        "| " + " | ".join(_padded(cell, widths[i], i in right) for i, cell in enumerate(line)) + " |"
        for line in (header, rule, *rows)
    )


def _width(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    unseen = sum(unicodedata.category(c) in {"Cf", "Mn"} for c in text)
    return len(text) + wide - unseen


def _padded(cell: str, width: int, right: bool) -> str:
    space = " " * max(0, width - _width(cell))
    return space + cell if right else cell + space


def points(value: float) -> str:
    """A level, in points: `-302.1` with a true minus sign."""
    return f"{value:.1f}".replace("-", "−")


def signed(value: float) -> str:
    """A difference, in points: `+38.2`, `−0.4`, `0.0`."""
    return "0.0" if abs(value) < 0.05 else f"{value:+.1f}".replace("-", "−")  # noqa: PLR2004 - rounds to 0.0


def duration(seconds: float) -> str:
    """`7 s`, `4 min 10 s`, `2 h 05 min`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004
        return f"{whole} s"
    if whole < 3600:  # noqa: PLR2004
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def several(count: int, one: str, many: str = "") -> str:
    """`1 error`, `3 errors`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
