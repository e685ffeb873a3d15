"""What GraftLab asks of GitHub. `PyGithubClient` (in `pygithub_client.py`) answers it; nothing else does.

Every method raises GitHubGone (404, 410), GitHubBusy (rate limits, 5xx, time-outs), RepositoryMoved (renamed or handed
over) or GitHubFailed (the rest).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

CheckStatus = Literal["queued", "in_progress", "completed"]
Conclusion = Literal["success", "failure", "neutral", "cancelled"]
Reaction = Literal["+1", "-1", "eyes", "rocket", "confused"]
Role = Literal["admin", "maintain", "write", "triage", "read", "none"]


@dataclass(frozen=True)
class PullRequest:
    repository: str
    number: int
    title: str
    author: str
    author_association: str
    head_sha: str
    base_sha: str
    base_branch: str
    state: Literal["open", "closed", "merged"]
    draft: bool
    merged_sha: str | None
    updated_at: datetime


@dataclass(frozen=True)
class Comment:
    id: int
    number: int
    """The pull request or issue it stands in."""
    author: str
    author_is_bot: bool
    body: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Annotation:
    """A finding on its line; `level` failure or notice."""

    path: str
    start_line: int
    end_line: int
    level: Literal["failure", "warning", "notice"]
    title: str
    message: str


@dataclass(frozen=True)
class Action:
    """A button of a check run. GitHub shows at most three; the label has at most 20 characters, the description 40, the
    identifier 20.
    """

    label: str
    description: str
    identifier: str


@dataclass(frozen=True)
class Check:
    """The one check run of a head commit."""

    name: str
    head_sha: str
    status: CheckStatus
    title: str
    summary: str
    conclusion: Conclusion | None = None
    annotations: Sequence[Annotation] = ()
    details_url: str = ""
    external_id: str = ""
    text: str = ""
    actions: Sequence[Action] = ()


@dataclass(frozen=True)
class ReviewComment:
    """A remark on lines of a pull request's diff; `mark` stands in a hidden part of `body`."""

    path: str
    start_line: int
    line: int
    body: str
    mark: str


@dataclass(frozen=True)
class Review:
    head_sha: str
    body: str
    comments: Sequence[ReviewComment] = ()


@dataclass(frozen=True)
class StandingComment:
    """A review comment of ours as GitHub shows it now; `line` is None where the diff has moved on."""

    id: int
    path: str
    line: int | None
    body: str
    answered: bool


@dataclass(frozen=True)
class ReleaseDraft:
    tag: str
    commit: str
    title: str
    body: str
    assets: Sequence[Path] = field(default_factory=tuple)


@dataclass(frozen=True)
class PublishedRelease:
    id: int
    url: str
    assets: dict[str, int]
    """Name -> size in bytes."""


class GitHub(Protocol):
    """One repository's view is by its full name, `owner/name`."""

    def pull_request(self, repository: str, number: int) -> PullRequest: ...

    def open_pull_requests(self, repository: str) -> list[PullRequest]: ...

    def comment(self, repository: str, comment_id: int) -> Comment: ...

    def comments_since(self, repository: str, since: datetime) -> list[Comment]:
        """All issue and pull request comments of the repository that were updated since then."""
        ...

    def role(self, repository: str, login: str) -> Role | None:
        """The person's role by `role_name`, for a role of the organisation's own by the `permission` under it.

        None when it cannot be told: whoever asked then gives no right.
        """
        ...

    def in_team(self, repository: str, team: str, login: str) -> bool | None:
        """Whether somebody is an active member of `org/team`; None when it cannot be told."""
        ...

    def ask_for_review(self, repository: str, number: int, reviewer: str) -> None:
        """Ask a person, or a team (`org/team`), to review. Raises GitHubGone for whoever cannot be asked."""
        ...

    def default_branch_head(self, repository: str) -> tuple[str, str]:
        """(branch, commit)"""
        ...

    def find(self, repository: str) -> None:
        """Nothing when it is there. Raises RepositoryMoved when it is elsewhere by now, GitHubGone when nowhere."""
        ...

    def clone_url(self, repository: str) -> tuple[str, dict[str, str]]:
        """(URL, HTTP headers to send: an Authorization header, or none for a public repository)."""
        ...

    def find_comments(self, repository: str, number: int, marker: str) -> list[int]:
        """Ids of the comments that hold the marker *and* were written by us, the oldest first."""
        ...

    def create_comment(self, repository: str, number: int, body: str) -> int: ...

    def edit_comment(self, repository: str, comment_id: int, body: str) -> None: ...

    def delete_comment(self, repository: str, comment_id: int) -> None:
        """Of our own. Nothing happens when it is gone already."""
        ...

    def react(self, repository: str, comment_id: int, reaction: Reaction) -> None: ...

    def find_check(self, repository: str, head_sha: str, name: str) -> int | None: ...

    def unfinished_checks(self, repository: str, head_sha: str, name: str) -> list[int]:
        """Our check runs of this commit that look as if something were still going on."""
        ...

    def close_check(self, repository: str, check_id: int) -> None:
        """End a check run that nothing of ours stands behind; neutral, so that nobody is blamed."""
        ...

    def write_check(self, repository: str, check: Check, check_id: int | None) -> int:
        """Create (id None) or update; annotations in pages of 50. Returns the id."""
        ...

    def review_comments(self, repository: str, number: int) -> list[StandingComment]:
        """Those that we wrote, oldest first."""
        ...

    def create_review(self, repository: str, number: int, review: Review) -> int:
        """Remarks without a verdict; all lines must be in the diff. Returns the id."""
        ...

    def delete_review_comment(self, repository: str, comment_id: int) -> None: ...

    def upload_sarif(self, repository: str, commit: str, ref: str, sarif: str) -> str:
        """Hand findings to code scanning; only an App with that right, or a token with it, may. Returns an id."""
        ...

    def publish_release(self, repository: str, draft: ReleaseDraft) -> PublishedRelease:
        """Tag, release, assets; each that is there already is adopted, so that a second call completes the first."""
        ...

    def withdraw_release(self, repository: str, tag: str, *, title: str, note: str) -> None:
        """Name the release so, put the note on top of its text and mark it as no longer the latest; once, however
        often it is asked for. GitHubGone when there is none.
        """
        ...

    def failed_deliveries(self, since: datetime) -> list[int]: ...

    def redeliver(self, delivery: int) -> None: ...
