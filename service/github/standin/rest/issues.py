"""Issues, comments and reactions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy import func, select

from service.github.standin.call import Body, Call, CallNow, Json, TransactionRoute, take
from service.github.standin.errors import forbidden, invalid, not_found
from service.github.standin.paging import PageNow
from service.github.standin.pushes import close, reopen
from service.github.standin.shapes import issues as shapes
from service.github.standin.tables import Comment, Issue, Reaction, Repo

router = APIRouter(prefix="/repos/{owner}/{name}", route_class=TransactionRoute)
BODY_LIMIT = 65_536


def text_of(body: Json, resource: str, default: Any = ...) -> Any:
    """The `body` field, held to GitHub's limit."""
    text = take(body, "body", str, resource=resource, default=default)
    if text is not None and len(text) > BODY_LIMIT:
        raise invalid(resource, "body", "custom", f"body is too long (maximum is {BODY_LIMIT} characters)")
    return text


def next_number(call: Call, repo: Repo) -> int:
    return (call.session.scalar(select(func.max(Issue.number)).where(Issue.repo_id == repo.id)) or 0) + 1


@router.get("/issues")
def list_issues(
    call: CallNow,
    page: PageNow,
    *,
    owner: str,
    name: str,
    state: str = "open",
    since: str = "",
    labels: str = "",
) -> list[Json]:
    repo = call.repo(owner, name)
    query = (
        select(Issue).where(Issue.repo_id == repo.id, Issue.updated_at >= since).order_by(Issue.number.desc())
    )
    if state != "all":
        query = query.where(Issue.state == state)
    wanted = {label for label in labels.split(",") if label}
    rows = [row for row in call.session.scalars(query) if wanted <= {label.name for label in row.labels}]
    return [shapes.issue(call.session, row, call.links) for row in page.of(rows)]


@router.post("/issues", status_code=201)
def create_issue(call: CallNow, owner: str, name: str, body: Body) -> Json:
    repo, author = call.repo(owner, name), call.viewer.user()
    row = Issue(
        repo=repo, number=next_number(call, repo), title=take(body, "title", str, resource="Issue"),
        body=text_of(body, "Issue", None), author=author, state="open", created_at=call.now, updated_at=call.now,
    )  # fmt: skip
    call.session.add(row)
    call.session.flush()
    call.record("issue.created", f"{repo.full_name}#{row.number}", body)
    call.herald().issue(row, "opened")
    return shapes.issue(call.session, row, call.links)


@router.get("/issues/comments")
def list_repo_comments(call: CallNow, page: PageNow, owner: str, name: str, since: str = "") -> list[Json]:
    repo = call.repo(owner, name)
    query = select(Comment).join(Issue, Issue.id == Comment.issue_id)
    query = query.where(Issue.repo_id == repo.id, Comment.updated_at >= since).order_by(Comment.id)
    return [
        shapes.comment(call.session, row, call.links) for row in page.of(call.session.scalars(query).all())
    ]


@router.get("/issues/{number}")
def get_issue(call: CallNow, owner: str, name: str, number: int) -> Json:
    return shapes.issue(call.session, call.issue(call.repo(owner, name), number), call.links)


@router.patch("/issues/{number}")
def edit_issue(call: CallNow, owner: str, name: str, number: int, body: Body) -> Json:
    issue = call.issue(call.repo(owner, name), number)
    edit(call, issue, body)
    return shapes.issue(call.session, issue, call.links)


def edit(call: Call, issue: Issue, body: Json) -> None:
    """Changes title, body or state; the author may, and whoever may triage."""
    account = call.viewer.user()
    if account.id != issue.author_id:
        call.demand(issue.repo, "triage")
    issue.title = take(body, "title", str, resource="Issue", default=issue.title)
    issue.body = text_of(body, "Issue", issue.body)
    issue.updated_at = call.now
    state = take(body, "state", str, resource="Issue", default=issue.state)
    if state not in {"open", "closed"}:
        raise invalid("Issue", "state", "invalid")
    call.record("issue.edited", f"{issue.repo.full_name}#{issue.number}", body)
    if state == issue.state:
        return
    if state == "closed":
        close(call.herald(), issue, None if issue.pull else body.get("state_reason") or "completed")
    elif issue.pull is not None and issue.pull.merged_at is not None:
        raise invalid("PullRequest", "state", "custom", "a merged pull request cannot be reopened")
    else:
        reopen(call.herald(), issue)


@router.get("/issues/{number}/comments")
def list_comments(
    call: CallNow, page: PageNow, *, owner: str, name: str, number: int, since: str = ""
) -> list[Json]:
    issue = call.issue(call.repo(owner, name), number)
    query = (
        select(Comment).where(Comment.issue_id == issue.id, Comment.updated_at >= since).order_by(Comment.id)
    )
    return [
        shapes.comment(call.session, row, call.links) for row in page.of(call.session.scalars(query).all())
    ]


@router.post("/issues/{number}/comments", status_code=201)
def create_comment(call: CallNow, owner: str, name: str, number: int, body: Body) -> Json:
    issue, author = call.issue(call.repo(owner, name), number), call.viewer.user()
    text = text_of(body, "IssueComment")
    if not text.strip():
        raise invalid("IssueComment", "body", "missing_field")
    row = Comment(
        issue=issue, author=author, app=call.viewer.app, body=text, created_at=call.now, updated_at=call.now
    )
    issue.updated_at = call.now
    call.session.add(row)
    call.session.flush()
    call.record("comment.created", f"{issue.repo.full_name}#{number}", text)
    call.herald().issue_comment(row, "created")
    return shapes.comment(call.session, row, call.links)


def _comment(call: Call, owner: str, name: str, comment_id: int) -> Comment:
    row = call.session.get(Comment, comment_id)
    if row is None or row.issue.repo_id != call.repo(owner, name).id:
        raise not_found()
    return row


def _own_comment(call: Call, owner: str, name: str, comment_id: int) -> Comment:
    row = _comment(call, owner, name, comment_id)
    if call.viewer.user().id != row.author_id:
        call.demand(row.issue.repo, "write")
    return row


@router.get("/issues/comments/{comment_id}")
def get_comment(call: CallNow, owner: str, name: str, comment_id: int) -> Json:
    return shapes.comment(call.session, _comment(call, owner, name, comment_id), call.links)


@router.patch("/issues/comments/{comment_id}")
def edit_comment(call: CallNow, owner: str, name: str, comment_id: int, body: Body) -> Json:
    row = _own_comment(call, owner, name, comment_id)
    before = row.body
    row.body = text_of(body, "IssueComment")
    row.updated_at = row.issue.updated_at = call.now
    call.session.flush()
    call.record("comment.edited", f"{row.issue.repo.full_name}#{row.issue.number}", row.body)
    call.herald().issue_comment(row, "edited", changes={"body": {"from": before}})
    return shapes.comment(call.session, row, call.links)


@router.delete("/issues/comments/{comment_id}")
def delete_comment(call: CallNow, owner: str, name: str, comment_id: int) -> Response:
    row = _own_comment(call, owner, name, comment_id)
    call.record("comment.deleted", f"{row.issue.repo.full_name}#{row.issue.number}", row.body)
    call.herald().issue_comment(row, "deleted")
    call.session.delete(row)
    return Response(status_code=204)


def _react(call: Call, issue: Issue, comment: Comment | None, body: Json) -> JSONResponse:
    account = call.viewer.user()
    content = take(body, "content", str, resource="Reaction")
    if content not in shapes.REACTIONS:
        raise invalid("Reaction", "content", "invalid")
    comment_id = comment.id if comment else None
    facts = {"issue_id": issue.id, "comment_id": comment_id, "account_id": account.id, "content": content}
    row = call.session.query(Reaction).filter_by(**facts).one_or_none()
    status = 200
    if row is None:
        row, status = Reaction(**facts, created_at=call.now), 201
        call.session.add(row)
        call.session.flush()
        call.session.refresh(row)
        call.record("reaction.created", f"{issue.repo.full_name}#{issue.number}", {"content": content})
    return JSONResponse(shapes.reaction(row, call.links), status_code=status)


@router.post("/issues/comments/{comment_id}/reactions")
def react_to_comment(call: CallNow, owner: str, name: str, comment_id: int, body: Body) -> JSONResponse:
    row = _comment(call, owner, name, comment_id)
    return _react(call, row.issue, row, body)


@router.post("/issues/{number}/reactions")
def react_to_issue(call: CallNow, owner: str, name: str, number: int, body: Body) -> JSONResponse:
    return _react(call, call.issue(call.repo(owner, name), number), None, body)


@router.get("/issues/comments/{comment_id}/reactions")
def list_comment_reactions(
    call: CallNow, page: PageNow, owner: str, name: str, comment_id: int
) -> list[Json]:
    row = _comment(call, owner, name, comment_id)
    return [shapes.reaction(reaction, call.links) for reaction in page.of(row.reactions)]


@router.get("/issues/{number}/reactions")
def list_issue_reactions(call: CallNow, page: PageNow, owner: str, name: str, number: int) -> list[Json]:
    issue = call.issue(call.repo(owner, name), number)
    query = select(Reaction).where(Reaction.issue_id == issue.id, Reaction.comment_id.is_(None))
    return [shapes.reaction(row, call.links) for row in page.of(call.session.scalars(query).all())]


@router.delete("/issues/comments/{comment_id}/reactions/{reaction_id}")  # noqa: FAST003  # its own number is enough
@router.delete("/issues/{number}/reactions/{reaction_id}")
def delete_reaction(call: CallNow, owner: str, name: str, reaction_id: int) -> Response:
    """Takes a reaction off; its own number is enough to find it."""
    row = call.session.get(Reaction, reaction_id)
    if row is None or call.session.get_one(Issue, row.issue_id).repo_id != call.repo(owner, name).id:
        raise not_found()
    if row.account_id != call.viewer.user().id:
        raise forbidden("Only the owner of a reaction may remove it")
    call.session.delete(row)
    call.record("reaction.deleted", f"{owner}/{name}", {"content": row.content})
    return Response(status_code=204)
