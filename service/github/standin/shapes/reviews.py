"""Reviews and their remarks; a remark's line is where it stands at the head, and none once its lines changed."""

from __future__ import annotations

import difflib
from typing import Any

from sqlalchemy.orm import Session

from service.github.standin import diff
from service.github.standin.auth import association
from service.github.standin.git import GitRepo
from service.github.standin.links import Links
from service.github.standin.review_tables import Review, ReviewComment

from .issues import issue_page, rollup
from .people import node_id, simple_user

Json = dict[str, Any]


def review(session: Session, row: Review, links: Links) -> Json:
    issue = row.issue
    pull = f"{links.repo(issue.repo.full_name)}/pulls/{issue.number}"
    page = f"{issue_page(issue, links)}#pullrequestreview-{row.id}"
    shape: Json = {
        "id": row.id,
        "node_id": node_id("PullRequestReview", row.id),
        "user": simple_user(row.author, links),
        "body": row.body,
        "state": row.state,
        "html_url": page,
        "pull_request_url": pull,
        "_links": {"html": {"href": page}, "pull_request": {"href": pull}},
        "commit_id": row.commit_sha,
        "author_association": association(session, issue.repo, row.author),
    }
    return shape | ({"submitted_at": row.submitted_at} if row.submitted_at else {})


def comment(session: Session, git: GitRepo, row: ReviewComment, links: Links) -> Json:
    issue = row.review.issue
    base = links.repo(issue.repo.full_name)
    url, pull = f"{base}/pulls/comments/{row.id}", f"{base}/pulls/{issue.number}"
    page = f"{issue_page(issue, links)}#discussion_r{row.id}"
    head = issue.pull.head_sha if issue.pull is not None else row.review.commit_sha
    shape: Json = {
        "url": url,
        "pull_request_review_id": row.review_id,
        "id": row.id,
        "node_id": node_id("PullRequestReviewComment", row.id),
        "diff_hunk": row.hunk,
        "path": row.path,
        "commit_id": head,
        "original_commit_id": row.review.commit_sha,
        "user": simple_user(row.author, links),
        "body": row.body,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "html_url": page,
        "pull_request_url": pull,
        "author_association": association(session, issue.repo, row.author),
        "_links": {"self": {"href": url}, "html": {"href": page}, "pull_request": {"href": pull}},
        "side": "RIGHT",
        "subject_type": "line",
        "reactions": rollup([], url),
    }
    return shape | _places(git, row, head) | ({"in_reply_to_id": row.reply_to} if row.reply_to else {})


def _places(git: GitRepo, row: ReviewComment, head: str) -> Json:
    """Where it stood at its commit, and where it stands at the head: nowhere once its lines changed."""
    then, moved = row.review.commit_sha, _moved(git, row, head)
    line = None if moved is None else row.line + moved
    first = None if moved is None or row.start_line is None else row.start_line + moved
    return {
        "line": line,
        "start_line": first,
        "start_side": None if row.start_line is None else "RIGHT",
        "position": None if line is None else _position(git, row, head, line),
        "original_line": row.line,
        "original_start_line": row.start_line,
        # After a push with force the diff of its commit may be another one.
        "original_position": _position(git, row, then, row.line) or diff.position(row.hunk, row.line),
    }


def _moved(git: GitRepo, row: ReviewComment, head: str) -> int | None:
    """How many lines down the remark's lines went since its commit; `None` where they are no longer there."""
    if head == row.review.commit_sha:
        return 0
    before, after = (_lines(git, sha, row.path) for sha in (row.review.commit_sha, head))
    if before is None or after is None:
        return None
    first = (row.start_line or row.line) - 1
    for block in difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        if block.a <= first and row.line <= block.a + block.size:
            return block.b - block.a
    return None


def _position(git: GitRepo, row: ReviewComment, sha: str, line: int) -> int | None:
    """Where the pull request's diff at a commit shows a line; `None` where it does not."""
    pull = row.review.issue.pull
    if pull is None:
        return None
    base = git.merge_base(pull.base_sha, sha) or diff.EMPTY_TREE
    return diff.position(diff.patches(git.path, base, sha).get(row.path, ""), line)


def _lines(git: GitRepo, sha: str, path: str) -> list[bytes] | None:
    entry = git.entry(sha, path)
    return None if entry is None else git.blob(entry.sha).split(b"\n")
