"""What is known when something has to be decided. Gathered by jobs from GitHub and the ledger, never from payloads."""

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["admin", "maintain", "write", "triage", "read", "none"]


@dataclass(frozen=True)
class Policy:
    """`.graft.yaml` of the base branch."""

    trusted_authors: frozenset[str] = frozenset()
    """Approved by policy, within a budget."""
    budget_minutes: int = 0
    """Accelerator-minutes a week for each trusted author."""


@dataclass(frozen=True)
class Person:
    login: str
    role: Role = "none"
    is_author: bool = False

    @property
    def may_triage(self) -> bool:
        return self.role in {"admin", "maintain", "write", "triage"}

    @property
    def may_maintain(self) -> bool:
        return self.role in {"admin", "maintain"}


@dataclass(frozen=True)
class OpenRun:
    id: int
    kind: str
    head_sha: str


@dataclass(frozen=True)
class PullRequestFacts:
    """A pull request now, and what the ledger knew of it before."""

    number: int
    state: Literal["open", "closed", "merged"]
    draft: bool
    held: bool
    author: Person
    head_sha: str
    base_sha: str
    known_head_sha: str | None
    """None: never seen."""
    approved_sha: str | None
    """The head that holds a live approval."""
    check_passed: bool | None
    """Of the present head; None: not checked yet."""
    spent_minutes: float = 0.0
    """By its author this week."""
    open_runs: tuple[OpenRun, ...] = ()
    touches_taxonomy: bool = True
    policy: Policy = field(default_factory=Policy)

    @property
    def approved(self) -> bool:
        return self.approved_sha == self.head_sha
