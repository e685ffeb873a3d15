"""`GitHub` (see client.py) by PyGithub, which is used as it is; what it lacks goes through its requester.

No method sleeps or repeats: GitHubBusy says how long to wait, and whoever asked decides.
"""

import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, get_args
from urllib.parse import quote

from github import Github, GithubException
from github.CheckRun import CheckRun
from github.IssueComment import IssueComment
from github.PullRequest import PullRequest as PyPullRequest
from github.Repository import Repository

from service.errors import GitHubBusy, GitHubFailed, GitHubGone, RepositoryMoved
from service.github import checks, deliveries, moves, releases, reviews
from service.github.auth import Connect, Credentials
from service.github.client import (
    Check,
    Comment,
    PublishedRelease,
    PullRequest,
    Reaction,
    ReleaseDraft,
    Review,
    Role,
    StandingComment,
)
from service.github.speaking import speaking
from service.github.text import cut
from service.settings import REPOSITORY_NAME

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\[bot\])?")
_TEAM = re.compile(r"(?P<org>[A-Za-z0-9][A-Za-z0-9_-]*)/(?P<slug>[A-Za-z0-9][A-Za-z0-9._-]*)")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ROLES: Final[tuple[Role, ...]] = get_args(Role)
_GHOST: Final = "ghost"
"""Whom GitHub shows in the place of a deleted account."""
_STALE_SECONDS: Final = 1.0


class PyGithubClient:
    """Threads may share it. `connect` makes PyGithub's object for credentials; links to the rest of cut texts go to
    `more_url`.
    """

    def __init__(
        self, credentials: Credentials, connect: Connect, *, web_url: str, more_url: str = ""
    ) -> None:
        self._credentials = credentials
        self._connect = connect
        self._web_url = web_url.rstrip("/")
        self._more_url = more_url
        self._local = threading.local()
        self._login: str | None = None

    @property
    def can_write_checks(self) -> bool:
        """Only an App may; with a token, findings go to the comment alone."""
        return self._credentials.is_app

    @property
    def login(self) -> str:
        """Our own login, as GitHub shows it beside what we write. Asked once."""
        if self._login is None:
            with speaking("who we are"):
                github = self._github("")
                _, told = github.requester.requestJsonAndCheck(
                    "GET", "/app" if self.can_write_checks else "/user"
                )
                self._login = f"{told['slug']}[bot]" if self.can_write_checks else str(told["login"])
        return self._login

    def pull_request(self, repository: str, number: int) -> PullRequest:
        with self._repository(repository, f"pull request {number}") as repo:
            return _pull_request(repository, repo.get_pull(number).complete())

    def open_pull_requests(self, repository: str) -> list[PullRequest]:
        with self._repository(repository, "open pull requests") as repo:
            found = repo.get_pulls(state="open", sort="created", direction="asc")
            return [_pull_request(repository, pull) for pull in found]

    def comment(self, repository: str, comment_id: int) -> Comment:
        with self._repository(repository, f"comment {comment_id}") as repo:
            return _comment(_comment_at(repo, comment_id).complete())

    def comments_since(self, repository: str, since: datetime) -> list[Comment]:
        with self._repository(repository, "comments") as repo:
            found = repo.get_issues_comments(sort="updated", direction="asc", since=since.astimezone(UTC))
            return [_comment(comment) for comment in found]

    def role(self, repository: str, login: str) -> Role | None:
        if not _LOGIN.fullmatch(login):
            return None
        try:
            with self._repository(repository, f"role of {login}") as repo:
                path = f"{repo.url}/collaborators/{quote(login, safe='')}/permission"
                _, told = repo.requester.requestJsonAndCheck("GET", path)
        except (GitHubBusy, RepositoryMoved):
            raise
        except GitHubFailed:
            return None
        return _role(told)

    def in_team(self, repository: str, team: str, login: str) -> bool | None:
        found = _TEAM.fullmatch(team)
        if found is None or not _LOGIN.fullmatch(login):
            return None
        path = f"/orgs/{found['org']}/teams/{found['slug']}/memberships/{quote(login, safe='')}"
        try:
            with self._repository(repository, f"membership of {login} in {team}") as repo:
                _, told = repo.requester.requestJsonAndCheck("GET", path)
        except GitHubGone:
            return False  # GitHub's way to say that somebody is no member
        except (GitHubBusy, RepositoryMoved):
            raise
        except GitHubFailed:
            return None
        return isinstance(told, dict) and told.get("state") == "active"

    def ask_for_review(self, repository: str, number: int, reviewer: str) -> None:
        team = _TEAM.fullmatch(reviewer)
        if team and team["org"].lower() != repository.partition("/")[0].lower():
            raise GitHubGone(f"{reviewer} is no team of the owner of {repository}")
        asked = {"team_reviewers": [team["slug"]]} if team else {"reviewers": [reviewer]}
        try:
            with self._repository(repository, f"review of {number} by {reviewer}") as repo:
                path = f"{repo.url}/pulls/{number:d}/requested_reviewers"
                repo.requester.requestJsonAndCheck("POST", path, input=asked)
        except (GitHubBusy, RepositoryMoved):
            raise
        except GitHubFailed as error:  # no collaborator, the author, no such team
            raise GitHubGone(error.message) from error

    def default_branch_head(self, repository: str) -> tuple[str, str]:
        with self._repository(repository, "default branch") as repo:
            branch = repo.default_branch
            return branch, repo.get_branch(branch).commit.sha

    def find(self, repository: str) -> None:
        with self._repository(repository, "whether it is there") as repo:
            repo.requester.requestJsonAndCheck("GET", f"/repos/{repository}")

    def clone_url(self, repository: str) -> tuple[str, dict[str, str]]:
        _known(repository)
        url = f"{self._web_url}/{repository}.git"
        with speaking(f"token for {repository}"):
            token = self._credentials.for_repository(repository).token
        basic = b64encode(f"x-access-token:{token}".encode()).decode()
        return url, {"Authorization": f"Basic {basic}"}

    def find_comments(self, repository: str, number: int, marker: str) -> list[int]:
        own = self.login.lower()
        with self._repository(repository, f"comments of {number}") as repo:
            return sorted(
                comment.id
                for comment in repo.get_issue(number).get_comments()
                if marker in (comment.body or "") and _author(comment.user).lower() == own
            )

    def create_comment(self, repository: str, number: int, body: str) -> int:
        with self._repository(repository, f"comment on {number}") as repo:
            return repo.get_issue(number).create_comment(cut(body, link=self._more_url)).id

    def edit_comment(self, repository: str, comment_id: int, body: str) -> None:
        with self._repository(repository, f"edit of comment {comment_id}") as repo:
            _comment_at(repo, comment_id).edit(cut(body, link=self._more_url))

    def delete_comment(self, repository: str, comment_id: int) -> None:
        try:
            with self._repository(repository, f"removal of comment {comment_id}") as repo:
                _comment_at(repo, comment_id).delete()
        except GitHubGone:
            return

    def react(self, repository: str, comment_id: int, reaction: Reaction) -> None:
        with self._repository(repository, f"reaction to comment {comment_id}") as repo:
            _comment_at(repo, comment_id).create_reaction(reaction)

    def find_check(self, repository: str, head_sha: str, name: str) -> int | None:
        with self._repository(repository, f"check of {head_sha[:10]}") as repo:
            found = repo.get_commit(_sha(head_sha)).get_check_runs(check_name=name)
            return max((run.id for run in found if self._is_ours(run)), default=None)

    def unfinished_checks(self, repository: str, head_sha: str, name: str) -> list[int]:
        if not self.can_write_checks:
            return []
        with self._repository(repository, f"checks of {head_sha[:10]}") as repo:
            found = repo.get_commit(_sha(head_sha)).get_check_runs(check_name=name, filter="all")
            return sorted(run.id for run in found if run.status != "completed" and self._is_ours(run))

    def close_check(self, repository: str, check_id: int) -> None:
        with self._repository(repository, f"end of check {check_id}") as repo:
            checks.close(repo, check_id)

    def write_check(self, repository: str, check: Check, check_id: int | None) -> int:
        if not self.can_write_checks:
            raise GitHubFailed(
                "a token cannot write check runs",
                mend="Set GRAFT_GITHUB_APP_ID and GRAFT_GITHUB_APP_KEY_FILE; until then findings are in the comment.",
            )
        with self._repository(repository, f"check of {check.head_sha[:10]}") as repo:
            return checks.write(repo, check, check_id, link=self._more_url)

    def review_comments(self, repository: str, number: int) -> list[StandingComment]:
        with self._repository(repository, f"review comments of {number}") as repo:
            return reviews.standing(repo, number, self.login)

    def create_review(self, repository: str, number: int, review: Review) -> int:
        _sha(review.head_sha)
        with self._repository(repository, f"review of {number}") as repo:
            return reviews.create(repo, number, review)

    def delete_review_comment(self, repository: str, comment_id: int) -> None:
        with self._repository(repository, f"review comment {comment_id}") as repo:
            reviews.delete(repo, comment_id)

    def upload_sarif(self, repository: str, commit: str, ref: str, sarif: str) -> str:
        with self._repository(repository, f"code scanning of {_sha(commit)[:10]}") as repo:
            return reviews.upload_sarif(repo, commit, ref, sarif)

    def publish_release(self, repository: str, draft: ReleaseDraft) -> PublishedRelease:
        _sha(draft.commit)
        with self._repository(repository, f"release {draft.tag}") as repo:
            return releases.publish(repo, draft)

    def withdraw_release(self, repository: str, tag: str, *, title: str, note: str) -> None:
        with self._repository(repository, f"withdrawal of {tag}") as repo:
            releases.withdraw(repo, tag, title=title, note=note)

    def failed_deliveries(self, since: datetime) -> list[int]:
        """Attempts to be made again, the oldest first; nothing with a token, since only an App sees them."""
        if not self._credentials.is_app:
            return []
        with speaking("failed deliveries"):
            return deliveries.failed(self._github("").requester, since)

    def redeliver(self, delivery: int) -> None:
        with speaking(f"redelivery of {delivery}"):
            deliveries.redeliver(self._github("").requester, delivery)

    def _is_ours(self, run: CheckRun) -> bool:
        return f"{run.app.slug}[bot]" == self.login

    def _github(self, repository: str) -> Github:
        """PyGithub's object for one repository and thread (its connection is not to be shared)."""
        made: dict[str, Github] = self._local.__dict__.setdefault("githubs", {})
        if repository not in made:
            one = self._credentials
            made[repository] = self._connect(
                one.for_repository(repository) if repository else one.for_itself()
            )
        return made[repository]

    @contextmanager
    def _repository(self, repository: str, what: str) -> Iterator[Repository]:
        _known(repository)
        with (
            speaking(f"{repository}: {what}"),
            moves.noticed(repository, lambda number: moves.named(self._github(repository).requester, number)),
        ):
            try:
                yield self._github(repository).get_repo(repository)
            except GithubException as error:
                if error.status == HTTPStatus.UNAUTHORIZED and self._credentials.renew(repository):
                    raise GitHubBusy(
                        f"{repository}: {what}: the token was refused", retry_after=_STALE_SECONDS
                    ) from error
                raise


def _known(repository: str) -> None:
    if not REPOSITORY_NAME.fullmatch(repository):
        raise GitHubGone(f"{repository[:100]!r} is no repository's name", mend="It looks like owner/name.")


def _sha(commit: str) -> str:
    if not _COMMIT.fullmatch(commit):
        raise GitHubGone(f"{commit[:80]!r} is no full commit id")
    return commit


def _role(told: Any) -> Role | None:
    """By `role_name`; an organisation's own role counts as what GitHub folds it into."""
    names = (told.get("role_name"), told.get("permission")) if isinstance(told, dict) else ()
    return next((role for name in names for role in _ROLES if role == name), None)


def _author(user: Any) -> str:
    return _GHOST if user is None or user.login is None else str(user.login)


def _pull_request(repository: str, pull: PyPullRequest) -> PullRequest:
    merged = pull.merged_at is not None
    return PullRequest(
        repository=repository,
        number=pull.number,
        title=pull.title,
        author=_author(pull.user),
        author_association=pull.author_association or "NONE",
        head_sha=pull.head.sha,
        base_sha=pull.base.sha,
        base_branch=pull.base.ref,
        state="merged" if merged else "open" if pull.state == "open" else "closed",
        draft=bool(pull.draft),
        merged_sha=pull.merge_commit_sha if merged else None,
        updated_at=pull.updated_at or pull.created_at,
    )


def _comment_at(repo: Repository, comment_id: int) -> IssueComment:
    """Lazy: nothing is asked until an attribute is read."""
    return IssueComment(repo.requester, url=f"{repo.url}/issues/comments/{comment_id:d}")


def _comment(comment: IssueComment) -> Comment:
    user = comment.user
    return Comment(
        id=comment.id,
        number=int(comment.issue_url.rpartition("/")[2]),
        author=_author(user),
        author_is_bot=user is not None and user.type == "Bot",
        body=comment.body or "",
        created_at=comment.created_at,
        updated_at=comment.updated_at,
    )
