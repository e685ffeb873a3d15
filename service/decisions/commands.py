"""What a decision may order. `jobs.carry_out` gives each its effect, in one transaction."""

from dataclasses import dataclass
from typing import Literal

RunKindName = Literal["check", "evaluate", "release"]
ReactionName = Literal["+1", "-1", "eyes", "rocket", "confused"]


@dataclass(frozen=True)
class StartRun:
    """Idempotent: an open run of the kind on the commit is left as it is."""

    kind: RunKindName
    head_sha: str
    base_sha: str
    requested_by: str


@dataclass(frozen=True)
class CancelRun:
    run_id: int
    state: Literal["cancelled", "superseded"]
    reason: str


@dataclass(frozen=True)
class Approve:
    head_sha: str
    by: str


@dataclass(frozen=True)
class DropApproval:
    """The head moved: leave to spend holds for one commit."""

    head_sha: str


@dataclass(frozen=True)
class Hold:
    held: bool


@dataclass(frozen=True)
class React:
    comment_id: int
    reaction: ReactionName


@dataclass(frozen=True)
class Answer:
    """A reply to one comment; posted once, found again by its marker."""

    comment_id: int
    text: str


@dataclass(frozen=True)
class Report:
    """Bring the sticky comment and the check run up to date."""


@dataclass(frozen=True)
class MarkMerged:
    """The contribution's leaves are part of the tree now."""

    merged_sha: str


Command = StartRun | CancelRun | Approve | DropApproval | Hold | React | Answer | Report | MarkMerged
