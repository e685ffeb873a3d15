"""Pull requests, as lists show them and as one alone is shown."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.github.standin import diff
from service.github.standin.auth import association
from service.github.standin.git import GitRepo
from service.github.standin.links import Links
from service.github.standin.review_tables import Review, ReviewComment, ReviewRequest
from service.github.standin.tables import Issue, Pull, Repo

from .issues import comment_count, issue_page, label
from .people import node_id, simple_team, simple_user
from .repos import repo as repo_shape

Json = dict[str, Any]


def diff_base(git: GitRepo, pull: Pull) -> str:
    """Where the head branched off: what GitHub compares a pull request's head with."""
    return git.merge_base(pull.base_sha, pull.head_sha) or diff.EMPTY_TREE


def _side(repo: Repo, name: str, sha: str, links: Links) -> Json:
    return {
        "label": f"{repo.owner.login}:{name}",
        "ref": name,
        "sha": sha,
        "user": simple_user(repo.owner, links),
        "repo": repo_shape(repo, links),
    }


def simple_pull(session: Session, row: Pull, links: Links) -> Json:
    issue = row.issue
    asked = session.scalars(
        select(ReviewRequest).where(ReviewRequest.issue_id == issue.id).order_by(ReviewRequest.id)
    ).all()
    base = links.repo(issue.repo.full_name)
    url = f"{base}/pulls/{issue.number}"
    issue_url = f"{base}/issues/{issue.number}"
    page = issue_page(issue, links)
    statuses = f"{base}/statuses/{row.head_sha}"
    addresses = {
        "self": url, "html": page, "issue": issue_url, "comments": f"{issue_url}/comments",
        "review_comments": f"{url}/comments", "review_comment": f"{base}/pulls/comments{{/number}}",
        "commits": f"{url}/commits", "statuses": statuses,
    }  # fmt: skip
    return {
        "url": url,
        "id": issue.id,
        "node_id": node_id("PullRequest", issue.id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue_url,
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": f"{base}/pulls/comments{{/number}}",
        "comments_url": f"{issue_url}/comments",
        "statuses_url": statuses,
        "number": issue.number,
        "state": issue.state,
        "locked": False,
        "active_lock_reason": None,
        "title": issue.title,
        "user": simple_user(issue.author, links),
        "body": issue.body,
        "labels": [label(item, issue.repo, links) for item in issue.labels],
        "milestone": None,
        "created_at": issue.created_at,
        "updated_at": issue.updated_at,
        "closed_at": issue.closed_at,
        "merged_at": row.merged_at,
        "merge_commit_sha": row.merge_commit_sha,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [simple_user(one.account, links) for one in asked if one.account],
        "requested_teams": [simple_team(one.team, links) for one in asked if one.team],
        "draft": row.draft,
        "head": _side(row.head_repo, row.head_ref, row.head_sha, links),
        "base": _side(issue.repo, row.base_ref, row.base_sha, links),
        "_links": {name: {"href": address} for name, address in addresses.items()},
        "author_association": association(session, issue.repo, issue.author),
        "auto_merge": None,
    }


def review_comment_count(session: Session, issue: Issue) -> int:
    """How many remarks and answers stand in reviews that were handed in."""
    query = select(func.count(ReviewComment.id)).join(Review, Review.id == ReviewComment.review_id)
    return session.scalar(query.where(Review.issue_id == issue.id, Review.submitted_at.is_not(None))) or 0


def pull(session: Session, git: GitRepo, row: Pull, links: Links) -> Json:
    """A whole pull request, with its sizes and whether it merges cleanly (a real trial by Git)."""
    files = diff.changes(git, diff_base(git, row), row.head_sha)
    commits, _ = git.ahead_behind(row.base_sha, row.head_sha)
    mergeable: bool | None = None
    state = "unknown"
    if row.issue.state == "open":
        tip = git.resolve(f"refs/heads/{row.base_ref}") or row.base_sha
        mergeable = git.merge_tree(tip, row.head_sha) is not None
        state = "clean" if mergeable else "dirty"
    return simple_pull(session, row, links) | {
        "merged": row.merged_at is not None,
        "mergeable": mergeable,
        "rebaseable": False,
        "mergeable_state": state,
        "merged_by": simple_user(row.merged_by, links) if row.merged_by else None,
        "comments": comment_count(session, row.issue),
        "review_comments": review_comment_count(session, row.issue),
        "maintainer_can_modify": False,
        "commits": commits,
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "changed_files": len(files),
    }
