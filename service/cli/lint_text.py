"""Findings for people: place, source line, caret, mend; in colour where there is a terminal."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from service.cli.remembered import Remembered
from taxonomy_schema.findings import Finding, Severity

_WINDOW: Final = 100
_COLOURS: Final = {Severity.ERROR: "red", Severity.HINT: "yellow"}


_CODES: Final = {"red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_ESCAPES: Final = re.compile("\x1b\\[[0-9;]*m")


def colour(*, error: bool = False) -> bool:
    """Whether to write in colour: `NO_COLOR` and `FORCE_COLOR` decide, and else the terminal does."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stderr if error else sys.stdout).isatty()


def styled(text: str, *, fg: str | None = None, bold: bool = False, dim: bool = False) -> str:
    """A text as a terminal shows it in that colour and weight. Done by hand: a library takes longer than the lint."""
    codes = [code for code, on in (("1", bold), ("2", dim)) if on] + ([_CODES[fg]] if fg else [])
    return f"\x1b[{';'.join(codes)}m{text}\x1b[0m"


def say(text: str, *, error: bool = False, fg: str | None = None) -> None:
    """One text, as a line."""
    line = styled(text, fg=fg) if fg else text
    stream = sys.stderr if error else sys.stdout
    stream.write((line if colour(error=error) else _ESCAPES.sub("", line)) + "\n")


def show(findings: Sequence[Finding], texts: Mapping[str, str], leaves: int) -> None:
    """Every finding with the line it is about, then how many there are; `texts` are files by their path."""
    blocks = findings.blocks if isinstance(findings, Remembered) else _blocks(findings, texts)
    if blocks:
        say("\n".join(blocks))
    errors = errors_among(findings)
    hints = len(findings) - errors
    say(
        f"{count(errors, 'error')}, {count(hints, 'hint')} in {count(leaves, 'leaf', 'leaves')}.",
        fg="red" if errors else "green",
    )


def errors_among(findings: Sequence[Finding]) -> int:
    """How many of the findings are errors."""
    if isinstance(findings, Remembered):
        return findings.errors
    return sum(finding.severity is Severity.ERROR for finding in findings)


def _blocks(findings: Sequence[Finding], texts: Mapping[str, str]) -> list[str]:
    known: dict[str, list[str]] = {}
    for file in {finding.place.file for finding in findings}:
        known[file] = texts.get(file, "").split("\n")
    return [block(finding, _line(known[finding.place.file], finding.place.line)) for finding in findings]


def line_at(text: str | None, line: int) -> str:
    """A line of a text, from 1; empty if there is none."""
    return _line((text or "").split("\n"), line)


def _line(lines: Sequence[str], number: int) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""


def count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def block(finding: Finding, line: str) -> str:
    """A finding as a terminal shows it, in colour: with the line it points at, and a blank one below it."""
    place, shade = finding.place, _COLOURS[finding.severity]
    where = styled(f"{plain(place.file)}:{place.line}:{place.column}", bold=True)
    what = styled(f"{finding.severity} {finding.code}", fg=shade, bold=True)
    lines = [f"{where} {what} {plain(finding.message)}"]
    if line.strip():
        before, shown, width = _window(line, place.column)
        caret = styled("^" * width, fg=shade, bold=True)
        lines.append(styled(f"{place.line:>5} | ", dim=True) + shown)
        lines.append(styled(f"{'':>5} | ", dim=True) + " " * before + caret)
    label = styled("mend: ", bold=True)
    lines.append(styled(f"{'':>5} = ", dim=True) + label + plain(finding.mend))
    return "\n".join([*lines, ""])


def _window(line: str, column: int) -> tuple[int, str, int]:
    """Cells before the caret, the part of the line that is shown, and the cells of the word that is meant."""
    text = plain(line.rstrip("\r"))
    start = max(0, column - _WINDOW // 2) if len(text) > _WINDOW else 0
    lead = "…" if start else ""
    shown = text[start : start + _WINDOW]
    tail = "…" if start + _WINDOW < len(text) else ""
    at = column - 1 - start
    word = shown[at:].split(" ", 1)[0]
    return len(lead) + _cells(shown[:at]), f"{lead}{shown}{tail}", max(1, _cells(word))


def _cells(text: str) -> int:
    """How wide a terminal shows a text; only what is beyond ASCII needs a table of widths."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def plain(text: str) -> str:
    """Text of a contributor with a space for every character that could act on a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " for character in text)
