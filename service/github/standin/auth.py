"""Who asks, and what they may do."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import timedelta

import jwt
from sqlalchemy import select
from sqlalchemy.orm import Session

from .errors import ApiError, forbidden, not_found
from .tables import Account, App, Installation, Issue, Pull, Repo, Role, Scope, TeamMember, Token
from .world import World, stamp

ROLES = ("none", "read", "triage", "write", "maintain", "admin")
_TOKEN_HOURS = 1


@dataclass(frozen=True)
class Viewer:
    """The asker: nobody, a user, an App's installation (its bot speaks), or an App itself (by its key)."""

    account: Account | None = None
    app: App | None = None
    installation: Installation | None = None
    as_app: bool = False
    scope: Scope | None = None

    @property
    def login(self) -> str:
        if self.as_app and self.app is not None:
            return f"app:{self.app.slug}"
        return self.account.login if self.account else "anonymous"

    def user(self) -> Account:
        if self.as_app:
            raise forbidden("This endpoint requires an installation's or a user's token, not the App's key")
        if self.account is None:
            raise ApiError(401, "Requires authentication")
        return self.account


NOBODY = Viewer()


def identify(session: Session, world: World, header: str | None) -> Viewer:
    """The viewer that an `Authorization` header proves; 401 when it proves nothing."""
    if not header:
        return NOBODY
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        return _by_token(session, world, _password(value))
    if scheme.lower() not in {"token", "bearer"}:
        raise ApiError(401, "Bad credentials")
    return _by_key(session, world, value) if value.count(".") == 2 else _by_token(session, world, value)  # noqa: PLR2004


def _password(encoded: str) -> str:
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ApiError(401, "Bad credentials") from error
    return password or user


def _by_token(session: Session, world: World, value: str) -> Viewer:
    token = session.get(Token, value)
    if token is None or (token.expires_at is not None and token.expires_at <= world.now()):
        raise ApiError(401, "Bad credentials")
    installation = token.installation
    if installation is not None and installation.suspension is not None:
        raise forbidden("This installation has been suspended")
    return Viewer(token.account, installation.app if installation else None, installation, scope=token.scope)


def _by_key(session: Session, world: World, value: str) -> Viewer:
    try:
        issuer = int(jwt.decode(value, options={"verify_signature": False})["iss"])
    except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
        raise ApiError(401, "A JSON web token could not be decoded") from error
    app = session.get(App, issuer)
    if app is None:
        raise ApiError(401, "Integration not found")
    try:
        # Times are held against the world's clock below, which tests may set.
        claims = jwt.decode(
            value, app.public_key, algorithms=["RS256"],
            options={"require": ["exp", "iat", "iss"], "verify_exp": False, "verify_iat": False, "verify_iss": False},
        )  # fmt: skip
    except jwt.PyJWTError as error:
        raise ApiError(401, "A JSON web token could not be decoded") from error
    now = world.clock().timestamp()
    if claims["exp"] <= now:
        raise ApiError(
            401, "'Expiration time' claim ('exp') must be a numeric value representing the future time"
        )
    if claims["exp"] - now > 660:  # noqa: PLR2004  # ten minutes, and one for clocks that differ
        raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")
    if claims["iat"] > now + 60:
        raise ApiError(401, "'Issued at' claim ('iat') must be an Integer representing the time of issue")
    return Viewer(app=app, as_app=True)


def new_installation_token(
    session: Session,
    world: World,
    installation: Installation,
    *,
    repositories: list[int],
    permissions: dict[str, str],
) -> Token:
    """A token narrowed to repositories by id (none: all of the account's) and to permissions."""
    expires = stamp(world.clock() + timedelta(hours=_TOKEN_HOURS))
    token = Token(
        value=f"standin_installation_{secrets.token_hex(20)}",
        account_id=installation.app.bot_id,
        installation_id=installation.id,
        expires_at=expires,
    )
    token.scope = Scope(repositories=repositories, permissions=permissions)
    session.add(token)
    session.flush()
    return token


def role_of(session: Session, repo: Repo, account: Account) -> str:
    """The account's role in a repository; everybody reads, since all repositories here are public."""
    if repo.owner_id == account.id:
        return "admin"
    row = session.get(Role, (repo.id, account.id))
    return row.role if row else "read"


def reaches(viewer: Viewer, repo: Repo) -> bool:
    """Whether an installation's token is for this repository."""
    if viewer.installation is None or viewer.installation.account_id != repo.owner_id:
        return False
    return viewer.scope is None or not viewer.scope.repositories or repo.id in viewer.scope.repositories


def may(session: Session, viewer: Viewer, repo: Repo, role: str) -> bool:
    """Whether the viewer has at least this role. An installation writes wherever it is installed."""
    if viewer.installation is not None:
        held = "write" if reaches(viewer, repo) else "read"
    elif viewer.account is not None:
        held = role_of(session, repo, viewer.account)
    else:
        held = "read"
    return ROLES.index(held) >= ROLES.index(role)


def demand(session: Session, viewer: Viewer, repo: Repo, role: str) -> Account:
    """The viewer's account if it holds the role. Without: 401 for nobody, 403 for an App, 404 or 403 else."""
    account = viewer.user()
    if may(session, viewer, repo, role):
        return account
    if viewer.installation is not None:
        raise forbidden()
    if role in {"maintain", "admin"}:
        raise not_found()  # GitHub hides what takes administration
    raise forbidden("Must have write access to repository.")


def association(session: Session, repo: Repo, account: Account) -> str:
    """GitHub's `author_association`."""
    if repo.owner_id == account.id:
        return "OWNER"
    if in_organisation(session, account, repo.owner_id):
        return "MEMBER"
    if session.get(Role, (repo.id, account.id)):
        return "COLLABORATOR"
    merged = select(Issue.id).join(Pull, Pull.issue_id == Issue.id).where(Pull.merged_at.is_not(None))
    mine = merged.where(Issue.repo_id == repo.id, Issue.author_id == account.id).limit(1)
    return "CONTRIBUTOR" if session.scalar(mine) is not None else "NONE"


def in_organisation(session: Session, account: Account, org_id: int) -> bool:
    """Whether somebody is in one of its teams, which is what makes a member here."""
    teams = select(TeamMember).join(TeamMember.team).where(TeamMember.account_id == account.id)
    return any(member.team.org_id == org_id for member in session.scalars(teams))


def demand_member(session: Session, viewer: Viewer, org_id: int) -> None:
    """GitHub shows teams to the organisation's members and to Apps that are installed there; others see nothing."""
    if viewer.installation is not None and viewer.installation.account_id == org_id:
        return
    if viewer.account is None or not in_organisation(session, viewer.account, org_id):
        raise not_found()
