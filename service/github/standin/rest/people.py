"""Users, organisations and teams."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Response
from sqlalchemy import func, select

from service.github.standin import auth
from service.github.standin.call import Call, CallNow, Json, TransactionRoute
from service.github.standin.errors import not_found
from service.github.standin.paging import PageNow
from service.github.standin.shapes import people
from service.github.standin.shapes.repos import repo as repo_shape
from service.github.standin.tables import Account, Repo, Team, TeamMember
from service.github.standin.world import find_account

router = APIRouter(route_class=TransactionRoute)


def account_named(call: Call, login: str, *, org: bool = False) -> Account:
    account = find_account(call.session, login)
    if account is None or (org and account.kind != "Organization"):
        raise not_found()
    return account


def _repos_of(call: Call, account: Account) -> Sequence[Repo]:
    return call.session.scalars(select(Repo).where(Repo.owner_id == account.id).order_by(Repo.id)).all()


@router.get("/user")
def get_me(call: CallNow) -> Json:
    me = call.viewer.user()
    return people.public_user(me, call.links, repos=len(_repos_of(call, me)), private=True)


@router.get("/users/{login}")
def get_user(call: CallNow, login: str) -> Json:
    account = account_named(call, login)
    return people.public_user(account, call.links, repos=len(_repos_of(call, account)))


@router.get("/users/{login}/repos")
@router.get("/orgs/{login}/repos")
def list_repos(call: CallNow, page: PageNow, login: str) -> list[Json]:
    repos = _repos_of(call, account_named(call, login))
    return [repo_shape(row, call.links) for row in page.of(repos)]


@router.get("/user/repos")
def list_my_repos(call: CallNow, page: PageNow) -> list[Json]:
    repos = _repos_of(call, call.viewer.user())
    return [repo_shape(row, call.links, role="admin") for row in page.of(repos)]


@router.get("/orgs/{org}")
def get_org(call: CallNow, org: str) -> Json:
    account = account_named(call, org, org=True)
    return people.full_org(account, call.links, repos=len(_repos_of(call, account)))


@router.get("/orgs/{org}/members/{login}")
def is_member(call: CallNow, org: str, login: str) -> Response:
    owner, member = account_named(call, org, org=True), account_named(call, login)
    query = select(TeamMember).join(TeamMember.team).where(Team.org_id == owner.id)
    if call.session.scalar(query.where(TeamMember.account_id == member.id)) is None:
        raise not_found()
    return Response(status_code=204)


@router.get("/orgs/{org}/teams")
def list_teams(call: CallNow, page: PageNow, org: str) -> list[Json]:
    owner = account_named(call, org, org=True)
    auth.demand_member(call.session, call.viewer, owner.id)
    teams = call.session.scalars(select(Team).where(Team.org_id == owner.id).order_by(Team.id)).all()
    return [_shape(call, row) for row in page.of(teams)]


def _shape(call: Call, row: Team) -> Json:
    members = call.session.scalar(select(func.count()).where(TeamMember.team_id == row.id))
    return people.team(row, call.links, members=members or 0)


def _by_slug(call: Call, org: str, slug: str) -> Team:
    owner = account_named(call, org, org=True)
    auth.demand_member(call.session, call.viewer, owner.id)
    team = call.session.scalar(select(Team).where(Team.org_id == owner.id, Team.slug == slug))
    if team is None:
        raise not_found()
    return team


def _by_id(call: Call, org_id: int, team_id: int) -> Team:
    auth.demand_member(call.session, call.viewer, org_id)
    team = call.session.get(Team, team_id)
    if team is None or team.org_id != org_id:
        raise not_found()
    return team


def _membership(call: Call, team: Team, login: str) -> Json:
    member = call.session.get(TeamMember, (team.id, account_named(call, login).id))
    if member is None:
        raise not_found()
    return people.membership(member, call.links)


def _members(call: Call, team: Team) -> list[Account]:
    query = select(TeamMember).where(TeamMember.team_id == team.id).order_by(TeamMember.account_id)
    return [member.account for member in call.session.scalars(query)]


@router.get("/orgs/{org}/teams/{slug}")
def get_team(call: CallNow, org: str, slug: str) -> Json:
    return _shape(call, _by_slug(call, org, slug))


@router.get("/orgs/{org}/teams/{slug}/members")
def list_members(call: CallNow, page: PageNow, org: str, slug: str) -> list[Json]:
    members = _members(call, _by_slug(call, org, slug))
    return [people.simple_user(account, call.links) for account in page.of(members)]


@router.get("/orgs/{org}/teams/{slug}/memberships/{login}")
def get_membership(call: CallNow, org: str, slug: str, login: str) -> Json:
    return _membership(call, _by_slug(call, org, slug), login)


@router.get("/organizations/{org_id}/team/{team_id}/members")
def list_members_by_id(call: CallNow, page: PageNow, org_id: int, team_id: int) -> list[Json]:
    members = _members(call, _by_id(call, org_id, team_id))
    return [people.simple_user(account, call.links) for account in page.of(members)]


@router.get("/organizations/{org_id}/team/{team_id}/memberships/{login}")
def get_membership_by_id(call: CallNow, org_id: int, team_id: int, login: str) -> Json:
    return _membership(call, _by_id(call, org_id, team_id), login)
