"""Exact mends as whole new lines, as code hosts let an author apply them with one click."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from taxonomy_schema.edits import applied
from taxonomy_schema.findings import Edit, Finding
from taxonomy_schema.fixing import Check, safe_fixes
from taxonomy_schema.parse import ParsedLeaf

MOST: Final = 20
"""More would bury the author; who applies these sees the rest."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Lines of a file at the head, as they are and as they should be; `findings` are those it mends."""

    path: str
    start_line: int
    end_line: int
    old: str
    new: str
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it; `from_dict` reads it."""
        return {**asdict(self), "findings": tuple(finding.to_dict() for finding in self.findings)}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Self:
        """The suggestion that `to_dict` wrote. Raises KeyError, TypeError or ValueError if it did not."""
        findings = tuple(Finding.from_dict(finding) for finding in written["findings"])
        return cls(**{**written, "findings": findings})


@dataclass
class _Span:
    first: int
    last: int
    edits: list[Edit]
    findings: list[Finding]


def suggestions(
    leaves: Iterable[ParsedLeaf], shown: Mapping[str, Sequence[range]], check: Check
) -> tuple[Suggestion, ...]:
    """What can be suggested on the lines that the diff shows, at most MOST, in the order of the leaves."""
    found = [one for parsed in leaves for one in _of_leaf(parsed, shown, check)]
    return tuple(found[:MOST])


def _of_leaf(parsed: ParsedLeaf, shown: Mapping[str, Sequence[range]], check: Check) -> Iterator[Suggestion]:
    source = parsed.source
    texts = {source.qna_file: source.qna_text, source.attribution_file: source.attribution_text}
    fixes = safe_fixes(parsed, check)
    for file, text in texts.items():
        if text is None or "\r" in text:
            continue  # a suggestion cannot hold a carriage return
        lines = text.split("\n")
        for span in _spans(fixes, file):
            hunks = shown.get(file, ())
            if span.last > len(lines) or not any(span.first in hunk and span.last in hunk for hunk in hunks):
                continue
            old = "\n".join(lines[span.first - 1 : span.last])
            new = applied("\n".join([*[""] * (span.first - 1), old]), span.edits)[span.first - 1 :]
            if new != old:
                yield Suggestion(file, span.first, span.last, old, new, tuple(span.findings))


def _spans(fixes: Sequence[Finding], file: str) -> list[_Span]:
    """Runs of lines that edits touch, those of several findings on one line together."""
    spans: list[_Span] = []
    every = [(edit, finding) for finding in fixes for edit in finding.fix if edit.file == file]
    for edit, finding in sorted(every, key=lambda one: (one[0].line, one[0].column)):
        if spans and edit.line <= spans[-1].last:
            spans[-1].last = max(spans[-1].last, edit.end_line)
            spans[-1].edits.append(edit)
            if finding not in spans[-1].findings:
                spans[-1].findings.append(finding)
        else:
            spans.append(_Span(edit.line, edit.end_line, [edit], [finding]))
    return spans
