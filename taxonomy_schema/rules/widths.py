"""How wide the lines of `qna.yaml` are: people read them beside others, in half a window."""

import functools
import re
from collections.abc import Iterator
from typing import Final

from taxonomy_schema.findings import Finding, Place, Severity
from taxonomy_schema.parse import LeafSource
from taxonomy_schema.parse_rules import changed
from taxonomy_schema.patterns import late
from taxonomy_schema.policy import Policy
from taxonomy_schema.rules.leaf_rule import LeafRule

# What no new line can be put into: a word, a comment or an entry of one word, or a key with one word behind it.
_ONE_WORD: Final = late(r" *(?:#+.?|-.)?(?:[^ ]*|[\w\"']+: +[^ ]*)")

_LINES: Final = (
    "answer: Ice is lighter than the water around it,",
    "which it pushes aside, so that four fifths and more of it swim below.",
)


@functools.cache
def _lines_up_to(most: int) -> re.Pattern[str]:
    """All lines at a file's beginning that are no longer: in one match, which takes half the time of splitting."""
    return re.compile(rf"(?:.{{0,{most}}}+\n)*+")


class LongLine(LeafRule):
    code = "GL149"
    title = "A line is very long"
    severity = Severity.HINT
    docs = (
        "Lines of at most 120 characters can be read beside each other in a review, and a change of one word marks one "
        "line and not a whole paragraph. The place is the first long line; the others are counted. A word that cannot "
        "be broken, such as an address, is not meant. As `yamllint` judges with `max: 120`: its relaxed profile says "
        "80, and InstructLab switches that off."
    )
    bad = changed("answer: It is lighter than water.", " ".join(_LINES))
    good = changed("answer: It is lighter than water.", "\n      ".join(_LINES))

    def check(self, source: LeafSource, policy: Policy) -> Iterator[Finding]:
        text = source.qna_text or ""
        most = policy.line_characters
        short = _lines_up_to(most).match(text)
        if short is not None and len(text) - short.end() > most:
            yield from self._told(source, most)

    def _told(self, source: LeafSource, most: int) -> Iterator[Finding]:
        long = [
            (number, len(line))
            for number, line in enumerate(source.qna_lines, start=1)
            if len(line) > most and not _ONE_WORD.fullmatch(line)
        ]
        if not long:
            return
        number, length = long[0]
        more = len(long) - 1
        others = f" {more} more line{' is' if more == 1 else 's are'} too long." if more else ""
        yield self.finding(
            Place(file=source.qna_file, line=number, column=most + 1),
            f"This line has {length:,} characters; with more than {most} it cannot be read beside another in a review."
            f"{others}",
            "Go on in a new line, indented deeper than the key: in a text without “|” that reads as one space. "
            "“graft fmt” does it for a text in one line.",
        )


RULES: Final[tuple[LeafRule, ...]] = (LongLine(),)
