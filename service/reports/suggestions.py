"""The review that offers exact mends on the lines of a pull request's diff, for its author to apply."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from service.github.client import Review, ReviewComment
from service.reports.escape import prose
from taxonomy_schema.suggesting import MOST, Suggestion

MARKER: Final = "<!-- graftlab:suggestion:"
"""Begins the mark in each comment; with our own name as its author it finds them again."""
_BACKTICKS: Final = re.compile("`+")


def render(found: Sequence[Suggestion], head_sha: str, rules_url: str) -> Review:
    """One review of one head commit; `rules_url` is where the rules' pages are."""
    count = len(found)
    what = "One mend is exact" if count == 1 else f"{count} mends are exact"
    more = " There may be more: they come once these are in." if count >= MOST else ""
    return Review(
        head_sha=head_sha,
        body=f"{what} and can be applied with a click, one by one or together as a batch.{more}",
        comments=tuple(_comment(one, rules_url) for one in found),
    )


def _comment(one: Suggestion, rules_url: str) -> ReviewComment:
    said = [
        f"[{finding.code}]({rules_url}/{finding.code}.md): {prose(finding.message, 300)}"
        for finding in one.findings
    ]
    longest = max((len(run) for run in _BACKTICKS.findall(one.new)), default=0)
    fence = "`" * max(3, longest + 1)
    text = "\n".join([*said, "", f"{fence}suggestion", one.new, fence, f"{MARKER}{_mark(one)} -->"])
    return ReviewComment(
        path=one.path, start_line=one.start_line, line=one.end_line, body=text, mark=_mark(one)
    )


def _mark(one: Suggestion) -> str:
    """What a suggestion says, wherever its lines have moved to."""
    return hashlib.sha256(f"{one.path}\0{one.old}\0{one.new}".encode()).hexdigest()[:20]
