"""Asking for reviews of pull requests. The reviews themselves are left out."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select

from service.github.standin.call import Body, Call, CallNow, Json, TransactionRoute, take
from service.github.standin.errors import ApiError
from service.github.standin.review_tables import ReviewRequest
from service.github.standin.shapes import pulls as shapes
from service.github.standin.shapes.people import simple_team, simple_user
from service.github.standin.tables import Pull, Repo, Role, Team
from service.github.standin.world import find_account

router = APIRouter(
    prefix="/repos/{owner}/{name}/pulls/{number}/requested_reviewers", route_class=TransactionRoute
)
_NO_COLLABORATOR = (
    "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a "
    "collaborator of the {repo} repository."
)


def _asked(call: Call, row: Pull) -> list[ReviewRequest]:
    query = select(ReviewRequest).where(ReviewRequest.issue_id == row.issue_id).order_by(ReviewRequest.id)
    return list(call.session.scalars(query))


@router.get("")
def list_requested(call: CallNow, owner: str, name: str, number: int) -> Json:
    asked = _asked(call, call.pull(call.repo(owner, name), number))
    return {
        "users": [simple_user(one.account, call.links) for one in asked if one.account],
        "teams": [simple_team(one.team, call.links) for one in asked if one.team],
    }


@router.post("", status_code=201)
def ask(call: CallNow, owner: str, name: str, number: int, body: Body) -> Json:
    """Asks people and teams: all of them, or 422 and nobody. Who was asked already is not told again."""
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    row = call.pull(repo, number)
    wanted = _wanted(call, repo, row, body)
    there = {(one.account_id, one.team_id) for one in _asked(call, row)}
    for one in wanted:
        if (one.account_id, one.team_id) in there:
            continue
        call.session.add(one)
        call.session.flush()
        call.session.refresh(one)
        call.record("review.requested", f"{repo.full_name}#{number}", body)
        call.herald().review_requested(row, one)
    return shapes.simple_pull(call.session, row, call.links)


@router.delete("")
def no_longer(call: CallNow, owner: str, name: str, number: int, body: Body) -> Json:
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    row = call.pull(repo, number)
    gone = {(one.account_id, one.team_id) for one in _wanted(call, repo, row, body)}
    for one in _asked(call, row):
        if (one.account_id, one.team_id) in gone:
            call.session.delete(one)
    call.session.flush()
    return shapes.simple_pull(call.session, row, call.links)


def _wanted(call: Call, repo: Repo, row: Pull, body: Json) -> list[ReviewRequest]:
    logins = take(body, "reviewers", list, resource="PullRequest", default=[])
    slugs = take(body, "team_reviewers", list, resource="PullRequest", default=[])
    wanted = []
    for login in logins:
        account = find_account(call.session, str(login))
        if account is not None and account.id == row.issue.author_id:
            raise ApiError(422, "Review cannot be requested from pull request author.")
        if account is None or call.session.get(Role, (repo.id, account.id)) is None:
            raise ApiError(422, _NO_COLLABORATOR.format(repo=repo.full_name))
        wanted.append(ReviewRequest(issue_id=row.issue_id, account_id=account.id))
    for slug in slugs:
        of_owner = select(Team).where(Team.org_id == repo.owner_id, Team.slug == str(slug))
        team = call.session.scalar(of_owner)
        if team is None:
            raise ApiError(422, _NO_COLLABORATOR.format(repo=repo.full_name))
        wanted.append(ReviewRequest(issue_id=row.issue_id, team_id=team.id))
    return wanted
