"""What is said of a leaf: findings, each with its place. Light on purpose: a check loads nothing heavier."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, Self


class Severity(StrEnum):
    ERROR = "error"
    HINT = "hint"


class Place(NamedTuple):
    """A place in a file of the taxonomy; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1
    end_line: int | None = None

    def at(self, **changes: Any) -> Self:
        """The place with some of its fields changed."""
        return self._replace(**changes)


class Edit(NamedTuple):
    """One exact change of a file: the text from a place up to, not with, another gives way to `replacement`.

    Lines and columns count from 1, in characters; a line ends at its line feed, which is its last column.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    replacement: str


class Finding(NamedTuple):
    """What a rule says of a leaf. An error blocks, a hint does not."""

    code: str
    severity: Severity
    message: str
    mend: str
    place: Place
    fix: tuple[Edit, ...] = ()
    """The mend as exact edits that belong together, where only one is right; else empty."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it; `from_dict` reads it."""
        return {
            **self._asdict(),
            "place": self.place._asdict(),
            "fix": tuple(edit._asdict() for edit in self.fix),
        }

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Self:
        """The finding that `to_dict` wrote.

        Raises:
            KeyError, TypeError, ValueError: it did not write this.

        """
        return cls(
            code=written["code"],
            severity=Severity(written["severity"]),
            message=written["message"],
            mend=written["mend"],
            place=Place(**written["place"]),
            fix=tuple(Edit(**edit) for edit in written.get("fix", ())),
        )


class HasFindings(Protocol):
    @property
    def findings(self) -> tuple[Finding, ...]: ...


class Judged:
    """For what has findings: the errors and hints among them, and whether it is fine."""

    @property
    def errors(self: HasFindings) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def hints(self: HasFindings) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.HINT)

    @property
    def ok(self: HasFindings) -> bool:
        return not any(finding.severity is Severity.ERROR for finding in self.findings)
