"""What a rule is: a code that never changes, a severity, documentation, and two examples that tests run."""

from typing import ClassVar, NamedTuple

from taxonomy_schema.findings import Edit, Finding, Place, Severity

_LONGEST_QUOTE = 60
RULES_URL = "https://github.com/graftlab/graftlab/blob/main/docs/rules"
"""Where the pages of the rules are read, unless a service says another place."""


class Example(NamedTuple):
    """A leaf as a contributor would write it; `None` for a file that is not there."""

    qna: str | bytes | None
    attribution: str | None = None
    id: str = "compositional_skills/writing/short"


class Rule:
    """One thing that can be said of a leaf or a tree. Reading reports some itself; `LeafRule`s look at what it left.

    `bad` breaks the rule and `good` does not; they are `None` where one leaf cannot show it.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    lenient: ClassVar[bool] = False
    """An error that is a hint at times, as its `docs` say."""
    docs: ClassVar[str]
    bad: ClassVar[Example | None] = None
    good: ClassVar[Example | None] = None

    @classmethod
    def finding(
        cls,
        place: Place,
        message: str,
        mend: str,
        severity: Severity | None = None,
        fix: tuple[Edit, ...] = (),
    ) -> Finding:
        return Finding(
            code=cls.code, severity=severity or cls.severity, message=message, mend=mend, place=place, fix=fix
        )


def quoted(text: str) -> str:
    """A contributor's text for use in a message: one line, short, and without characters that act on a terminal."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    plain = " ".join(plain.split())
    if len(plain) > _LONGEST_QUOTE:
        plain = plain[: _LONGEST_QUOTE - 1] + "…"
    return f"“{plain}”"
