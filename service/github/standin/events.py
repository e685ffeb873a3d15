"""Webhook payloads, written into the courier's queue in the same transaction as what they tell of."""

from __future__ import annotations

import json
import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from .git import ZERO, CommitData, GitRepo
from .links import Links
from .review_tables import Review, ReviewComment, ReviewRequest
from .shapes import checks, commits, issues, pulls, releases, reviews
from .shapes.people import events_of, installation, node_id, simple_org, simple_team, simple_user
from .shapes.repos import repo as repo_shape
from .tables import Account, App, CheckRun, Comment, Delivery, Installation, Issue, Pull, Release, Repo
from .world import World

Json = dict[str, Any]


class Herald:
    """Tells the Apps installed on a repository's owner what happened there."""

    def __init__(self, world: World, session: Session, site: str, sender: Account) -> None:
        self.world = world
        self.session = session
        self.links = Links(site)
        self.sender = sender

    def pull_request(self, row: Pull, action: str, **extra: Any) -> None:
        git = self.world.git(row.issue.repo)
        body = {
            "action": action,
            "number": row.issue.number,
            "pull_request": pulls.pull(self.session, git, row, self.links),
        }
        self._tell(row.issue.repo, "pull_request", body | extra)

    def review_requested(self, row: Pull, asked: ReviewRequest) -> None:
        if asked.account is not None:
            self.pull_request(
                row, "review_requested", requested_reviewer=simple_user(asked.account, self.links)
            )
        elif asked.team is not None:
            self.pull_request(row, "review_requested", requested_team=simple_team(asked.team, self.links))

    def review(self, row: Review, action: str) -> None:
        """Of a review that was handed in; a pending one is its author's alone."""
        shape = reviews.review(self.session, row, self.links)
        # Webhooks spell the state otherwise than the API, and have no empty texts.
        shape |= {"state": row.state.lower(), "body": row.body or None}
        self._of_review(row, "pull_request_review", action, review=shape)

    def review_comment(self, row: ReviewComment, action: str) -> None:
        git = self.world.git(row.review.issue.repo)
        shape = reviews.comment(self.session, git, row, self.links)
        self._of_review(row.review, "pull_request_review_comment", action, comment=shape)

    def _of_review(self, row: Review, event: str, action: str, **said: Json) -> None:
        pull = row.issue.pull
        if pull is not None:
            shape = pulls.simple_pull(self.session, pull, self.links)
            self._tell(row.issue.repo, event, {"action": action, "pull_request": shape} | said)

    def issue_comment(self, row: Comment, action: str, **extra: Any) -> None:
        body = {
            "action": action,
            "issue": issues.issue(self.session, row.issue, self.links),
            "comment": issues.comment(self.session, row, self.links),
        }
        self._tell(row.issue.repo, "issue_comment", body | extra)

    def issue(self, row: Issue, action: str) -> None:
        body = {"action": action, "issue": issues.issue(self.session, row, self.links)}
        self._tell(row.repo, "issues", body)

    def check_run(self, row: CheckRun, action: str, *, identifier: str = "") -> None:
        runs = list(self.session.scalars(select(CheckRun).where(CheckRun.suite_id == row.suite_id)))
        shape = checks.check_run(self.session, row, self.links)
        shape["check_suite"] = checks.check_suite(self.session, row.suite, runs, self.links)
        body: Json = {"action": action, "check_run": shape}
        if action == "requested_action":
            body["requested_action"] = {"identifier": identifier}
        if action == "rerequested":  # the suite is reset, the run itself is not
            shape["check_suite"] |= {"status": "queued", "conclusion": None}
        self._tell(row.suite.repo, "check_run", body)

    def release(self, row: Release, action: str, **extra: Any) -> None:
        shape = releases.release(row, self.links)
        self._tell(row.repo, "release", {"action": action, "release": shape} | extra)

    def push(self, repo: Repo, name: str, before: str, after: str) -> None:
        git = self.world.git(repo)
        page = self.links.page(repo.owner.login, repo.name)
        new = list(_new_commits(git, repo, name, before, after))
        listed = [self._push_commit(git, commit, page) for commit in reversed(new)]
        head = listed[-1] if listed else None
        if head is None and after != ZERO and git.object_type(after) == "commit":
            head = self._push_commit(git, git.commit(after), page)
        body = {
            "ref": name,
            "before": before,
            "after": after,
            "base_ref": None,
            "compare": f"{page}/compare/{before[:12]}...{after[:12]}",
            "created": before == ZERO,
            "deleted": after == ZERO,
            "forced": ZERO not in (before, after) and git.merge_base(before, after) != before,
            "commits": listed,
            "head_commit": head,
            "pusher": {"name": self.sender.login, "email": self.sender.email},
        }
        self._tell(repo, "push", body)

    def _push_commit(self, git: GitRepo, commit: CommitData, page: str) -> Json:
        parent = commit.parents[0] if commit.parents else None
        out = git.run("diff-tree", "--root", "-r", "--name-status", "-z", "--no-commit-id",
                      *([parent, commit.sha] if parent else [commit.sha]))  # fmt: skip
        fields = out.decode(errors="replace").split("\0")[:-1]
        named = list(zip(fields[::2], fields[1::2], strict=True))
        author, committer = commits.person(commit.author), commits.person(commit.committer)
        return {
            "id": commit.sha,
            "tree_id": commit.tree,
            "distinct": True,
            "message": commit.message,
            "timestamp": committer["date"],
            "url": f"{page}/commit/{commit.sha}",
            "author": author,
            "committer": committer,
            "added": [path for status, path in named if status == "A"],
            "removed": [path for status, path in named if status == "D"],
            "modified": [path for status, path in named if status not in {"A", "D"}],
        }

    def ping(self, app: App) -> None:
        body = {
            "zen": "Keep it logically awesome.",
            "hook_id": app.id,
            "hook": {
                "type": "App",
                "id": app.id,
                "name": "web",
                "active": True,
                "app_id": app.id,
                "events": events_of(app),
                "config": {
                    "content_type": "json",
                    "insecure_ssl": "0",
                    "secret": "********",
                    "url": app.hook_url,
                },
                "created_at": app.created_at,
                "updated_at": app.created_at,
                "deliveries_url": f"{self.links.api}/app/hook/deliveries",
            },
        }
        self._enqueue(app, "ping", body)

    def installation(self, row: Installation, action: str) -> None:
        """Told to the App itself, whatever it subscribed to."""
        if row.app.hook_url is None:
            return
        repos = self.session.scalars(select(Repo).where(Repo.owner_id == row.account_id).order_by(Repo.id))
        body: Json = {
            "action": action,
            "installation": installation(row, self.links),
            "repositories": [
                {
                    "id": repo.id,
                    "node_id": node_id("Repository", repo.id),
                    "name": repo.name,
                    "full_name": repo.full_name,
                    "private": False,
                }
                for repo in repos
            ],
            "sender": simple_user(self.sender, self.links),
        }
        if action == "created":
            body["requester"] = None
        self._enqueue(row.app, "installation", body, installation=row)

    def _tell(self, repo: Repo, event: str, body: Json) -> None:
        query = select(Installation).where(Installation.account_id == repo.owner_id)
        for row in self.session.scalars(query):
            app = row.app
            if app.hook_url is None or row.suspension or event not in events_of(app):
                continue
            whole = body | {
                "repository": self._repository(repo, event),
                "sender": simple_user(self.sender, self.links),
                "installation": {
                    "id": row.id,
                    "node_id": node_id("IntegrationInstallation", row.id),
                },
            }
            if repo.owner.kind == "Organization":
                whole["organization"] = simple_org(repo.owner, self.links)
            self._enqueue(app, event, whole, repo=repo, installation=row)

    def _repository(self, repo: Repo, event: str) -> Json:
        shape = repo_shape(repo, self.links)
        if event == "push":  # pushes name the owner twice
            shape["owner"] |= {"name": repo.owner.login, "email": repo.owner.email}
            shape["organization"] = repo.owner.login
        return shape

    def _enqueue(
        self,
        app: App,
        event: str,
        body: Json,
        *,
        repo: Repo | None = None,
        installation: Installation | None = None,
    ) -> None:
        delivery = Delivery(
            guid=str(uuid.uuid4()),
            app_id=app.id,
            repo_id=repo.id if repo else None,
            installation_id=installation.id if installation else None,
            event=event,
            action=body.get("action"),
            payload=json.dumps(body, separators=(",", ":")).encode(),
            url=app.hook_url or "",
            created_at=self.world.now(),
        )
        self.session.add(delivery)


def _new_commits(git: GitRepo, repo: Repo, name: str, before: str, after: str) -> list[CommitData]:
    """Commits that a push brought: at most 20, as GitHub sends them; none for tags and deletions."""
    if after == ZERO or not name.startswith("refs/heads/"):
        return []
    if before != ZERO:
        return list(git.log(f"{before}..{after}", limit=20))
    default = git.resolve(f"refs/heads/{repo.default_branch}")
    known = [f"{default}..{after}"] if default and default != after else [after]
    return list(git.log(*known, limit=20))
