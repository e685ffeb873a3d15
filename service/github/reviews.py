"""Reviews of pull requests, and findings for code scanning."""

import base64
import gzip

from github.Repository import Repository

from service.github.client import Review, StandingComment


def standing(repo: Repository, number: int, login: str) -> list[StandingComment]:
    """The review comments that `login` wrote, oldest first."""
    every = list(repo.get_pull(number).get_review_comments())
    answered = {comment.in_reply_to_id for comment in every if comment.in_reply_to_id}
    return [
        StandingComment(
            id=comment.id,
            path=comment.path,
            line=comment.line,
            body=comment.body or "",
            answered=comment.id in answered,
        )
        for comment in every
        if comment.user is not None and comment.user.login.lower() == login.lower()
    ]


def create(repo: Repository, number: int, review: Review) -> int:
    """A review with remarks and without a verdict, on exactly one commit; returns its id."""
    comments = []
    for comment in review.comments:
        one = {"path": comment.path, "line": comment.line, "side": "RIGHT", "body": comment.body}
        if comment.start_line < comment.line:
            one |= {"start_line": comment.start_line, "start_side": "RIGHT"}
        comments.append(one)
    asked = {"commit_id": review.head_sha, "event": "COMMENT", "body": review.body, "comments": comments}
    _, told = repo.requester.requestJsonAndCheck("POST", f"{repo.url}/pulls/{number:d}/reviews", input=asked)
    return int(told["id"])


def delete(repo: Repository, comment_id: int) -> None:
    repo.requester.requestJsonAndCheck("DELETE", f"{repo.url}/pulls/comments/{comment_id:d}")


def upload_sarif(repo: Repository, commit: str, ref: str, sarif: str) -> str:
    """GitHub takes it gzipped, in base64; the same log is the same upload. Returns the upload's id."""
    packed = base64.b64encode(gzip.compress(sarif.encode(), mtime=0)).decode()
    asked = {"commit_sha": commit, "ref": ref, "sarif": packed, "tool_name": "GraftLab"}
    _, told = repo.requester.requestJsonAndCheck("POST", f"{repo.url}/code-scanning/sarifs", input=asked)
    return str(told["id"])
