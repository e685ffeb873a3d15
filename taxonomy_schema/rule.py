"""What a rule is: a code that never changes, a severity, documentation, and two examples that tests run."""

from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from taxonomy_schema.models import Finding, Place, Severity

if TYPE_CHECKING:  # parse.py reports through rules, so it cannot be imported here at run time
    from taxonomy_schema.parse import LeafSource
    from taxonomy_schema.policy import Policy

_LONGEST_QUOTE = 60


@dataclass(frozen=True)
class Example:
    """A leaf as a contributor would write it; `None` for a file that is not there."""

    qna: str | bytes | None
    attribution: str | None = field(default=None)
    id: str = "compositional_skills/writing/short"


class Rule(ABC):
    """One thing that can be said of a leaf. Parsing reports some rules itself; the others look at what parsing left."""

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    docs: ClassVar[str]
    bad: ClassVar[Example | None] = None
    good: ClassVar[Example | None] = None

    def check(self, source: "LeafSource", policy: "Policy") -> Iterator[Finding]:
        """Yield what this rule finds. Rules that parsing reports have nothing to add here."""
        del source, policy
        yield from ()

    @classmethod
    def finding(cls, place: Place, message: str, mend: str, severity: Severity | None = None) -> Finding:
        return Finding(
            code=cls.code, severity=severity or cls.severity, message=message, mend=mend, place=place
        )


def quoted(text: str) -> str:
    """A contributor's text for use in a message: one line, short, and without characters that act on a terminal."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    plain = " ".join(plain.split())
    if len(plain) > _LONGEST_QUOTE:
        plain = plain[: _LONGEST_QUOTE - 1] + "…"
    return f"“{plain}”"
