"""Who somebody is, as an organisation's owners set it on pages that the stand-in does not have."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from .auth import ROLES
from .errors import invalid
from .tables import Account, CustomRole, Repo, Role, Team, TeamMember, Token
from .world import World, find_account


def appoint(
    world: World,
    session: Session,
    repo: Repo,
    login: str,
    *,
    role: str | None,
    custom_role: str | None,
    teams: list[Any],
) -> dict[str, Any]:
    """Gives an account exactly this role and these teams (slugs, made if need be), and answers with its token."""
    if role is not None and role not in ROLES:
        raise invalid("Role", "role", "invalid")
    account = find_account(session, login) or _account(world, session, login)
    for table in (Role, CustomRole):
        row = session.get(table, (repo.id, account.id))
        if row is not None:
            session.delete(row)
    for member in session.scalars(select(TeamMember).where(TeamMember.account_id == account.id)):
        session.delete(member)
    session.flush()
    if role is not None:
        session.add(Role(repo_id=repo.id, account_id=account.id, role=role))
    if custom_role is not None:
        session.add(CustomRole(repo_id=repo.id, account_id=account.id, name=custom_role))
    for slug in teams:
        team = _team(world, session, repo.owner, str(slug))
        session.add(TeamMember(team_id=team.id, account_id=account.id, role="member"))
    token = session.scalar(
        select(Token).where(Token.account_id == account.id, Token.installation_id.is_(None))
    )
    return {"login": account.login, "token": token.value if token else ""}


def _account(world: World, session: Session, login: str) -> Account:
    account = Account(
        login=login,
        kind="User",
        name=login.capitalize(),
        email=f"{login}@orchard.example",
        created_at=world.now(),
    )
    session.add(account)
    session.flush()
    session.add(Token(value=f"standin_user_{secrets.token_hex(20)}", account_id=account.id))
    session.flush()
    return account


def _team(world: World, session: Session, org: Account, slug: str) -> Team:
    team = session.scalar(select(Team).where(Team.org_id == org.id, Team.slug == slug))
    if team is None:
        team = Team(org=org, slug=slug, name=slug.capitalize(), created_at=world.now())
        session.add(team)
        session.flush()
    return team
