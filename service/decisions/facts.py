"""What is known when something has to be decided. Gathered by jobs from GitHub and the ledger, never from payloads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from service.decisions.budget import Budget

Role = Literal["admin", "maintain", "write", "triage", "read", "none"]


@dataclass(frozen=True)
class Route:
    """Who reviews what a pattern of paths matches: logins, and teams as `org/team`, in lower case."""

    pattern: str
    reviewers: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """`.graft.yaml` of the default branch. Logins and teams are in lower case."""

    trusted_authors: frozenset[str] = frozenset()
    """Approved by policy, within `budget_minutes`."""
    budget_minutes: int = 0
    """Accelerator-minutes in seven days up to which each trusted author is approved by policy."""
    budget_minutes_per_author: int | None = None
    """The most that one author's pull requests use in seven days, whoever approved; None: no limit."""
    budget_minutes_per_week: int | None = None
    """The most that all pull requests together use in seven days, whoever approved; None: no limit."""
    triage_teams: frozenset[str] = frozenset()
    maintain_teams: frozenset[str] = frozenset()
    trusted_teams: frozenset[str] = frozenset()
    routes: tuple[Route, ...] = ()
    """In the file's order; the last that matches counts."""
    rules: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What the maintainers set about the rules of leaves, as it is written."""
    unreadable: bool = False
    """The file is there and cannot be read: no limit is known, so nothing is spent."""


@dataclass(frozen=True)
class Person:
    """Somebody and their rights; `service.decisions.rights` makes them."""

    login: str
    role: Role = "none"
    """The higher of the repository's and what teams of the policy give."""
    is_author: bool = False
    teams: frozenset[str] = frozenset()
    """Of the teams that were asked about, those they surely are in."""
    unsure: bool = False
    """Something could not be looked up; it counts as no right."""
    edited: bool = False
    """They speak by a comment that was edited, perhaps by another."""

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
class Needed:
    """What must come next, when more is known than that somebody has to approve. Plain text."""

    text: str = ""
    reviewers: tuple[str, ...] = ()
    """Who may approve, where the policy routes the changed leaves to some."""


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
    """Accelerator-minutes of its author in the last seven days, with what open runs are expected to use."""
    open_runs: tuple[OpenRun, ...] = ()
    touches_taxonomy: bool = True
    touches_policy: bool = False
    """It changes `.graft.yaml`."""
    policy: Policy = field(default_factory=Policy)
    first_time: bool = False
    """Nothing of its author was merged here before: policy approves nothing of theirs."""
    budgets: tuple[Budget, ...] = ()
    """Those of the policy's limits that count for everybody."""
    routes: tuple[Route, ...] = ()
    """What its leaves fall under."""
    asked: frozenset[str] = frozenset()
    """Reviewers who were asked already."""
    approved_by: str = ""
    held_by_triager: bool = False
    known_needed: Needed = field(default_factory=Needed)
    """What the pull request was last told must come next."""
    look_at: datetime | None = None
    """When it is looked at again by itself."""

    @property
    def approved(self) -> bool:
        return self.approved_sha == self.head_sha
