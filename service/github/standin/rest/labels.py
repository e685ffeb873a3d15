"""Labels of a repository, and on its issues and pull requests."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Body as FastAPIBody
from sqlalchemy import select

from service.github.standin.call import Body, Call, CallNow, Json, TransactionRoute, take
from service.github.standin.errors import invalid, not_found
from service.github.standin.paging import PageNow
from service.github.standin.shapes.issues import label as shape
from service.github.standin.tables import Issue, Label, Repo

router = APIRouter(prefix="/repos/{owner}/{name}", route_class=TransactionRoute)
LabelsBody = Annotated[Json | list[str], FastAPIBody()]
_GREY = "ededed"


def _wanted(body: Json | list[str]) -> list[str]:
    """GitHub takes names alone, or under `labels`."""
    return body if isinstance(body, list) else take(body, "labels", list, resource="Label")


def _find(call: Call, repo: Repo, name: str) -> Label | None:
    return call.session.scalar(select(Label).where(Label.repo_id == repo.id, Label.name == name))


def _label(call: Call, repo: Repo, name: str) -> Label:
    row = _find(call, repo, name)
    if row is None:
        raise not_found()
    return row


@router.get("/labels")
def list_labels(call: CallNow, page: PageNow, owner: str, name: str) -> list[Json]:
    repo = call.repo(owner, name)
    rows = call.session.scalars(select(Label).where(Label.repo_id == repo.id).order_by(Label.name)).all()
    return [shape(row, repo, call.links) for row in page.of(rows)]


@router.post("/labels", status_code=201)
def create_label(call: CallNow, owner: str, name: str, body: Body) -> Json:
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    wanted = take(body, "name", str, resource="Label")
    if _find(call, repo, wanted) is not None:
        raise invalid("Label", "name", "already_exists")
    row = Label(
        repo_id=repo.id, name=wanted,
        color=take(body, "color", str, resource="Label", default=_GREY).lstrip("#"),
        description=take(body, "description", str, resource="Label", default=None),
    )  # fmt: skip
    call.session.add(row)
    call.session.flush()
    call.record("label.created", f"{repo.full_name}:{wanted}", body)
    return shape(row, repo, call.links)


@router.get("/labels/{label}")
def get_label(call: CallNow, owner: str, name: str, label: str) -> Json:
    repo = call.repo(owner, name)
    return shape(_label(call, repo, label), repo, call.links)


@router.patch("/labels/{label}")
def edit_label(call: CallNow, owner: str, name: str, label: str, body: Body) -> Json:
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    row = _label(call, repo, label)
    row.name = take(body, "new_name", str, resource="Label", default=row.name)
    row.color = take(body, "color", str, resource="Label", default=row.color)
    row.description = take(body, "description", str, resource="Label", default=row.description)
    call.record("label.edited", f"{repo.full_name}:{label}", body)
    return shape(row, repo, call.links)


@router.delete("/labels/{label}")
def delete_label(call: CallNow, owner: str, name: str, label: str) -> Response:
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    row = _label(call, repo, label)
    for issue in call.session.scalars(select(Issue).where(Issue.labels.any(Label.id == row.id))):
        issue.labels.remove(row)
    call.session.delete(row)
    call.record("label.deleted", f"{repo.full_name}:{label}")
    return Response(status_code=204)


def _on(call: Call, issue: Issue) -> list[Json]:
    return [shape(row, issue.repo, call.links) for row in sorted(issue.labels, key=lambda row: row.name)]


@router.get("/issues/{number}/labels")
def list_issue_labels(call: CallNow, page: PageNow, owner: str, name: str, number: int) -> list[Json]:
    return list(page.of(_on(call, call.issue(call.repo(owner, name), number))))


@router.post("/issues/{number}/labels")
def add_labels(call: CallNow, owner: str, name: str, number: int, body: LabelsBody) -> list[Json]:
    """Puts labels on, making those that the repository has not yet; each new one is told of."""
    return _add(call, owner, name, number, _wanted(body))


@router.put("/issues/{number}/labels")
def set_labels(call: CallNow, owner: str, name: str, number: int, body: LabelsBody) -> list[Json]:
    wanted = _wanted(body)
    issue = call.issue(call.repo(owner, name), number)
    for row in [row for row in issue.labels if row.name not in wanted]:
        _take_off(call, issue, row)
    return _add(call, owner, name, number, wanted)


def _add(call: Call, owner: str, name: str, number: int, names: list[str]) -> list[Json]:
    repo = call.repo(owner, name)
    call.demand(repo, "triage")
    issue = call.issue(repo, number)
    for wanted in names:
        row = _find(call, repo, str(wanted)) or Label(repo_id=repo.id, name=str(wanted), color=_GREY)
        if row in issue.labels:
            continue
        issue.labels.append(row)
        call.session.flush()
        call.record("label.added", f"{repo.full_name}#{number}", {"label": row.name})
        if issue.pull is not None:
            call.herald().pull_request(issue.pull, "labeled", label=shape(row, repo, call.links))
    return _on(call, issue)


def _take_off(call: Call, issue: Issue, row: Label) -> None:
    call.demand(issue.repo, "triage")
    issue.labels.remove(row)
    call.record("label.removed", f"{issue.repo.full_name}#{issue.number}", {"label": row.name})
    if issue.pull is not None:
        label = shape(row, issue.repo, call.links)
        call.herald().pull_request(issue.pull, "unlabeled", label=label)


@router.delete("/issues/{number}/labels/{label}")
def remove_label(call: CallNow, owner: str, name: str, number: int, label: str) -> list[Json]:
    repo = call.repo(owner, name)
    issue = call.issue(repo, number)
    row = _label(call, repo, label)
    if row not in issue.labels:
        raise not_found()
    _take_off(call, issue, row)
    return _on(call, issue)
