"""What a decision may order. `jobs.carry_out` gives each its effect, in one transaction."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from service.decisions.facts import Needed

RunKindName = Literal["check", "evaluate", "release"]
TrialKind = Literal["precheck", "preview", "ask"]
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
    by_triager: bool = False
    """Then only triagers let it go on."""


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
class Say:
    """A comment of its own, posted once for each `about` in the pull request."""

    about: str
    text: str


@dataclass(frozen=True)
class AskForReview:
    """Ask somebody, or a team (`org/team`), for a review of the pull request; once."""

    reviewer: str


@dataclass(frozen=True)
class LookAgain:
    """Look at the pull request by itself at this time: what is in the way is over then."""

    at: datetime


@dataclass(frozen=True)
class Report:
    """Bring the sticky comment and the check run up to date."""

    needed: Needed = field(default_factory=Needed)


@dataclass(frozen=True)
class MarkMerged:
    """The contribution's leaves are part of the tree now."""

    merged_sha: str


@dataclass(frozen=True)
class StartTrial:
    """A short run that answers the comment: its place in the queue at first, at last what came of it."""

    kind: TrialKind
    head_sha: str
    base_sha: str
    requested_by: str
    comment_id: int
    leaf: str | None = None
    """preview: the one leaf that is asked for."""
    prompt: str | None = None
    """ask"""


@dataclass(frozen=True)
class TryRelease:
    """All of a release but publishing it; the run answers the comment."""

    head_sha: str
    requested_by: str
    comment_id: int


Command = (
    StartRun
    | CancelRun
    | Approve
    | DropApproval
    | Hold
    | React
    | Answer
    | Say
    | AskForReview
    | LookAgain
    | Report
    | MarkMerged
    | StartTrial
    | TryRelease
)
