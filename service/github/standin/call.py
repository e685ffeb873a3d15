"""One request to the REST API: its transaction, its viewer, and what its endpoint needs at hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Body as FastAPIBody
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from . import auth, moves, scopes
from .auth import Viewer
from .errors import ApiError, invalid, not_found
from .events import Herald
from .git import GitRepo
from .links import Links
from .tables import Account, Deed, Issue, Pull, Repo
from .world import World, find_repo

Json = dict[str, Any]
_READS = {"GET", "HEAD", "OPTIONS"}


class Call:
    """The request's database transaction is committed before its answer leaves."""

    def __init__(self, world: World, session: Session, links: Links, viewer: Viewer) -> None:
        self.world = world
        self.session = session
        self.links = links
        self.viewer = viewer

    @property
    def now(self) -> str:
        return self.world.now()

    def repo(self, owner: str, name: str) -> Repo:
        repo = find_repo(self.session, owner, name)
        if repo is None:
            raise moves.sent_on(self.session, owner, name) or not_found()
        return repo

    def git(self, repo: Repo) -> GitRepo:
        return self.world.git(repo)

    def commit(self, repo: Repo, name: str) -> str:
        sha = self.git(repo).resolve(name)
        if sha is None:
            raise ApiError(422, f"No commit found for SHA: {name}")
        return sha

    def may(self, repo: Repo, role: str) -> bool:
        return auth.may(self.session, self.viewer, repo, role)

    def demand(self, repo: Repo, role: str) -> Account:
        return auth.demand(self.session, self.viewer, repo, role)

    def issue(self, repo: Repo, number: int) -> Issue:
        issue = self.session.query(Issue).filter_by(repo_id=repo.id, number=number).one_or_none()
        if issue is None:
            raise not_found()
        return issue

    def pull(self, repo: Repo, number: int) -> Pull:
        pull = self.issue(repo, number).pull
        if pull is None:
            raise not_found()
        return pull

    def herald(self) -> Herald:
        return Herald(self.world, self.session, self.links.site, self.viewer.user())

    def record(self, what: str, target: str, body: object = None) -> None:
        """Puts a write into the history, in the same transaction as the write itself."""
        raw = body if isinstance(body, bytes) else json.dumps(body, sort_keys=True, default=str).encode()
        digest = hashlib.sha256(raw).hexdigest()
        self.session.add(
            Deed(at=self.now, who=self.viewer.login, what=what, target=target, body_sha256=digest)
        )


def links_of(request: Request) -> Links:
    site = f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"
    return Links(site, request.scope.get("standin.prefix", ""))


def current_call(request: Request) -> Call:
    call: Call = request.scope["standin.call"]
    return call


CallNow = Annotated[Call, Depends(current_call)]


class TransactionRoute(APIRoute):
    """Runs an endpoint in a transaction; writers one after the other, readers side by side."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_in_transaction(request: Request) -> Response:
            world: World = request.app.state.world
            if request.method in _READS:
                return await _transact(world, request, handle)
            await request.body()  # before the lock, so that a slow client holds up nobody
            async with world.writing:
                response = await _transact(world, request, handle)
            world.deliver.set()
            return response

        return handle_in_transaction


async def _transact(
    world: World, request: Request, handle: Callable[[Request], Coroutine[Any, Any, Response]]
) -> Response:
    with Session(world.engine, expire_on_commit=False) as session, session.begin():
        viewer = await run_in_threadpool(auth.identify, session, world, request.headers.get("authorization"))
        moves.demand_present(session, request.scope["path"])
        scopes.demand(viewer, request.method, request.scope["path"])
        request.scope["standin.call"] = Call(world, session, links_of(request), viewer)
        return await handle(request)


def take(body: Json, field: str, kind: type | tuple[type, ...], *, resource: str, default: Any = ...) -> Any:
    """A field of a request's body, or 422 in GitHub's form when it is missing or of another type."""
    value = body.get(field)
    if value is None:
        if default is ...:
            raise invalid(resource, field, "missing_field")
        return default
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise invalid(resource, field, "invalid")
    return value


Body = Annotated[Json, FastAPIBody()]
