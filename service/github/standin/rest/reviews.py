"""Reviews of pull requests: remarks on lines of the diff, held to GitHub's rules."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Response
from sqlalchemy import select

from service.github.standin import diff
from service.github.standin.call import Body, Call, CallNow, Json, TransactionRoute, take
from service.github.standin.errors import ApiError, forbidden, invalid, not_found
from service.github.standin.paging import PageNow
from service.github.standin.review_tables import Review, ReviewComment
from service.github.standin.shapes import reviews as shapes
from service.github.standin.shapes.pulls import diff_base
from service.github.standin.tables import Pull, Repo

from .issues import text_of

router = APIRouter(prefix="/repos/{owner}/{name}/pulls", route_class=TransactionRoute)
_STATES = {"COMMENT": "COMMENTED", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED"}


@dataclass(frozen=True)
class _Hunk:
    lines: range
    text: str


@router.get("/{number}/reviews")
def list_reviews(call: CallNow, page: PageNow, owner: str, name: str, number: int) -> list[Json]:
    issue = call.pull(call.repo(owner, name), number).issue
    query = select(Review).where(Review.issue_id == issue.id).order_by(Review.id)
    return [
        shapes.review(call.session, row, call.links) for row in page.of(call.session.scalars(query).all())
    ]


@router.post("/{number}/reviews")
def create_review(call: CallNow, owner: str, name: str, number: int, body: Body) -> Json:
    """A review with all its remarks, or none of it: one line outside the diff refuses the whole."""
    repo, author = call.repo(owner, name), call.viewer.user()
    pull = call.pull(repo, number)
    event = take(body, "event", str, resource="PullRequestReview", default=None)
    if event is not None and event not in _STATES:
        raise invalid("PullRequestReview", "event", "invalid")
    if event in {"APPROVE", "REQUEST_CHANGES"} and author.id == pull.issue.author_id:
        what = "approve" if event == "APPROVE" else "request changes on"
        raise ApiError(422, "Unprocessable Entity", errors=[f"Can not {what} your own pull request"])
    text = text_of(body, "PullRequestReview", "") or ""
    remarks = take(body, "comments", list, resource="PullRequestReview", default=[])
    if event in {"COMMENT", "REQUEST_CHANGES"} and not text and not remarks:
        raise ApiError(422, "Unprocessable Entity", errors=["Body can't be blank"])
    sha = take(body, "commit_id", str, resource="PullRequestReview", default=pull.head_sha)
    if call.git(repo).resolve(sha) != sha:
        raise ApiError(422, "Unprocessable Entity", errors=["Commit is not part of the pull request"])
    row = Review(
        issue=pull.issue, author=author, commit_sha=sha, body=text,
        state=_STATES[event] if event else "PENDING", submitted_at=call.now if event else None,
    )  # fmt: skip
    call.session.add(row)
    hunks = _hunks(call, repo, pull, sha)
    made = [_remark(call, row, remark, hunks) for remark in remarks]
    call.session.add_all(made)
    call.session.flush()
    if event:
        _tell(call, row, made)
    call.record("review.created", f"{repo.full_name}#{number}", body)
    return shapes.review(call.session, row, call.links)


def _tell(call: Call, row: Review, remarks: list[ReviewComment]) -> None:
    """A review that was handed in, and each of its remarks, as GitHub tells of them."""
    herald = call.herald()
    herald.review(row, "submitted")
    for remark in remarks:
        herald.review_comment(remark, "created")


def _hunks(call: Call, repo: Repo, pull: Pull, sha: str) -> dict[str, list[_Hunk]]:
    """Path -> the hunks of the diff, each with the lines of the new side that it shows."""
    git = call.git(repo)
    found = {}
    for file in diff.changes(git, diff_base(git, pull), sha):
        found[file.path] = [_Hunk(lines, text) for lines, text in diff.hunks(file.patch or "")]
    return found


def _remark(call: Call, review: Review, remark: Json, hunks: dict[str, list[_Hunk]]) -> ReviewComment:
    path = take(remark, "path", str, resource="PullRequestReviewComment")
    line = take(remark, "line", int, resource="PullRequestReviewComment")
    first = take(remark, "start_line", int, resource="PullRequestReviewComment", default=None)
    text = text_of(remark, "PullRequestReviewComment", "")
    if remark.get("side", "RIGHT") != "RIGHT" or remark.get("start_side", "RIGHT") != "RIGHT":
        raise ApiError(422, "The stand-in knows remarks on the right side of a diff only")
    if not text:
        raise ApiError(422, "Unprocessable Entity", errors=["Body can't be blank"])
    if path not in hunks:
        raise ApiError(422, "Unprocessable Entity", errors=["Path could not be resolved"])
    hunk = next((one for one in hunks[path] if line in one.lines), None)
    if hunk is None:
        raise ApiError(422, "Unprocessable Entity", errors=["Line could not be resolved"])
    if first is not None and (first not in hunk.lines or first >= line):
        raise ApiError(422, "Unprocessable Entity", errors=["Start line could not be resolved"])
    return ReviewComment(
        review=review, author=review.author, path=path, start_line=first, line=line, hunk=hunk.text, body=text,
        created_at=call.now, updated_at=call.now,
    )  # fmt: skip


@router.get("/{number}/reviews/{review_id}")
def get_review(call: CallNow, owner: str, name: str, number: int, review_id: int) -> Json:
    issue = call.pull(call.repo(owner, name), number).issue
    row = call.session.get(Review, review_id)
    if row is None or row.issue_id != issue.id:
        raise not_found()
    return shapes.review(call.session, row, call.links)


@router.get("/{number}/comments")
def list_comments(call: CallNow, page: PageNow, owner: str, name: str, number: int) -> list[Json]:
    repo = call.repo(owner, name)
    issue = call.pull(repo, number).issue
    query = select(ReviewComment).join(Review, Review.id == ReviewComment.review_id)
    query = query.where(Review.issue_id == issue.id, Review.submitted_at.is_not(None)).order_by(
        ReviewComment.id
    )
    rows = page.of(call.session.scalars(query).all())
    return [shapes.comment(call.session, call.git(repo), row, call.links) for row in rows]


@router.post("/{number}/comments/{comment_id}/replies", status_code=201)
def reply(call: CallNow, *, owner: str, name: str, number: int, comment_id: int, body: Body) -> Json:
    repo, author = call.repo(owner, name), call.viewer.user()
    answered = _comment(call, repo, comment_id)
    if answered.review.issue_id != call.pull(repo, number).issue.id:
        raise not_found()
    review = Review(
        issue=answered.review.issue, author=author, commit_sha=answered.review.commit_sha, body="",
        state="COMMENTED", submitted_at=call.now,
    )  # fmt: skip
    row = ReviewComment(
        review=review, author=author, path=answered.path, start_line=answered.start_line, line=answered.line,
        hunk=answered.hunk, body=text_of(body, "PullRequestReviewComment"), reply_to=answered.reply_to or answered.id,
        created_at=call.now, updated_at=call.now,
    )  # fmt: skip
    call.session.add(row)
    call.session.flush()
    _tell(call, review, [row])
    call.record("review_comment.created", f"{repo.full_name}#{number}", body)
    return shapes.comment(call.session, call.git(repo), row, call.links)


@router.get("/comments/{comment_id}")
def get_comment(call: CallNow, owner: str, name: str, comment_id: int) -> Json:
    repo = call.repo(owner, name)
    return shapes.comment(call.session, call.git(repo), _comment(call, repo, comment_id), call.links)


@router.delete("/comments/{comment_id}", status_code=204)
def delete_comment(call: CallNow, owner: str, name: str, comment_id: int) -> Response:
    repo, account = call.repo(owner, name), call.viewer.user()
    row = _comment(call, repo, comment_id)
    if row.author_id != account.id and not call.may(repo, "write"):
        raise forbidden()
    call.herald().review_comment(row, "deleted")
    call.session.delete(row)
    call.record("review_comment.deleted", f"{repo.full_name}#{row.review.issue.number}:{comment_id}")
    return Response(status_code=204)


def _comment(call: Call, repo: Repo, comment_id: int) -> ReviewComment:
    row = call.session.get(ReviewComment, comment_id)
    if row is None or row.review.issue.repo_id != repo.id:
        raise not_found()
    return row
