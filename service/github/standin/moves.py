"""Repositories that were renamed or handed over: their former names lead to where they are, as at GitHub."""

from __future__ import annotations

import asyncio
import os
import re
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import DOCUMENTATION, ApiError, invalid
from .links import Links
from .tables import Account, Base, Repo
from .world import World, find_repo

_BY_NUMBER = re.compile(r"/repositories/(?P<id>\d{1,18})(?P<rest>/.*)?\Z")
_BY_NAME = re.compile(r"/repos/(?P<owner>[^/]+)/(?P<name>[^/]+)")
_READS = {"GET", "HEAD"}


class FormerName(Base):
    """What a repository was called, until another takes that name."""

    __tablename__ = "former_names"
    __table_args__ = (UniqueConstraint("owner", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str]
    name: Mapped[str]
    repo_id: Mapped[int] = mapped_column(ForeignKey("repos.id"))
    repo: Mapped[Repo] = relationship(lazy="joined")


class Moved(ApiError):
    """Who asked by a former name is sent on."""

    def __init__(self, repo: Repo) -> None:
        super().__init__(301, "Moved Permanently")
        self.repo_id = repo.id
        self.full_name = repo.full_name


def sent_on(session: Session, owner: str, name: str) -> Moved | None:
    """Whereto somebody is sent who asks for a repository that is not there; None when it never was."""
    found = session.scalar(select(FormerName).where(FormerName.owner == owner, FormerName.name == name))
    return None if found is None else Moved(found.repo)


def demand_present(session: Session, path: str) -> None:
    """Raises Moved for any path of the API below a former name, before anything else is looked at."""
    found = _BY_NAME.match(path)
    if found is not None and find_repo(session, found["owner"], found["name"]) is None:
        moved = sent_on(session, found["owner"], found["name"])
        if moved is not None:
            raise moved


def move(world: World, session: Session, repo: Repo, *, owner: Account, name: str) -> None:
    """Give a repository another name, another owner, or both. Its number and all that is in it stay.

    Raises ApiError (422) when the name is taken, StandInError for what can be no name.
    """
    there = find_repo(session, owner.login, name)
    if there is not None:
        raise invalid("Repository", "name", "custom", "name already exists on this account")
    # A link, so that a kill between this and the commit leaves both names working.
    real, link = world.git_path(repo.owner.login, repo.name).resolve(), world.git_path(owner.login, name)
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(os.path.relpath(real, link.parent), target_is_directory=True)
    session.execute(delete(FormerName).where(FormerName.owner == owner.login, FormerName.name == name))
    session.add(FormerName(owner=repo.owner.login, name=repo.name, repo=repo))
    repo.owner, repo.name = owner, name
    session.flush()


def answer(request: Request, moved: Moved, links: Links) -> Response:
    """As GitHub's API has it: 301 for what only reads, 307 for the rest, both to the repository's number."""
    first, *parts = request.scope["path"].strip("/").split("/")
    if first == "repos":
        url = "/".join([f"{links.api}/repositories/{moved.repo_id}", *map(quote, parts[2:])])
        status = 301 if request.method in _READS else 307
    else:
        url, status = links.page(moved.full_name, *parts[1:]), 301
    url += f"?{request.url.query}" if request.url.query else ""
    body = {"message": moved.message, "url": url, "documentation_url": DOCUMENTATION}
    return JSONResponse(body, status_code=status, headers={"Location": url})


class ByNumber:
    """Middleware: `/repositories/ID/...` is the same as `/repos/OWNER/NAME/...`, whatever its name is now."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.app = app
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _BY_NUMBER.match(scope["path"]) if scope["type"] == "http" else None
        if found is not None:
            name = await asyncio.to_thread(self._name, int(found["id"]))
            path = f"/repos/{name}{found['rest'] or ''}"
            scope = {**scope, "path": path, "raw_path": quote(path).encode()}
        await self.app(scope, receive, send)

    def _name(self, repo_id: int) -> str:
        with self.world.session() as session:
            repo = session.get(Repo, repo_id)
            return "-/-" if repo is None else repo.full_name  # which nobody can be called
