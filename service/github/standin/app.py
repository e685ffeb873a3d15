"""The stand-in's composition root."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from . import admin, moves, smart_http
from .call import links_of
from .courier import Courier
from .errors import ApiError, GitError
from .manners import Manners, RateLimits
from .moves import ByNumber, Moved
from .pages import registration
from .pages import router as pages
from .pages.render import page
from .pushes import tell_of_everything
from .rest import (
    apps,
    checks,
    contents,
    git_data,
    issues,
    labels,
    manifests,
    people,
    pulls,
    releases,
    repos,
    review_requests,
    reviews,
    scanning,
)
from .world import Clock, World, utc_now

RATE_LIMIT = 15_000
_log = logging.getLogger(__name__)
# `checks` before `contents`: a commit's name may hold slashes, so `commits/{ref}` matches whatever comes first.
# Pages come last, since `/{owner}/{name}` matches most of what others mean.
_REST = (
    *(apps, manifests, people, checks, issues, labels, review_requests, reviews, pulls, releases, scanning),
    *(git_data, contents, repos),
)
_ROUTERS = (
    *(module.router for module in _REST),
    *(admin.public, admin.router, smart_http.router, registration.router, pages.router),
)


def create_app(
    home: Path, *, clock: Clock = utc_now, base_url: str = "http://127.0.0.1", rate_limit: int = RATE_LIMIT
) -> FastAPI:
    """A GitHub of its own in `home`: the REST API under `/` and `/api/v3`, Git and pages under `/`.

    `base_url` is used where no request says it: in events found untold at a start.
    """
    world = World(home, clock=clock, base_url=base_url)
    limits = RateLimits(rate_limit)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(tell_of_everything, world)
        courier = asyncio.create_task(Courier(world).run())
        try:
            yield
        finally:
            courier.cancel()
            await asyncio.gather(courier, return_exceptions=True)
            world.engine.dispose()

    app = FastAPI(
        title="GraftLab stand-in", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None,
        routes=[route for router in _ROUTERS for route in router.routes],  # built once for all apps of a process
    )  # fmt: skip
    app.state.world, app.state.limits = world, limits
    _add_error_answers(app)
    app.add_middleware(ByNumber, world=world)
    app.add_middleware(Manners, world=world, limits=limits)
    return app


def _add_error_answers(app: FastAPI) -> None:
    app.add_exception_handler(ApiError, _refuse)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _unknown)
    app.add_exception_handler(GitError, _git_failed)


def _answer(error: ApiError) -> JSONResponse:
    return JSONResponse(error.body(), status_code=error.status, headers=error.headers)


async def _refuse(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    if isinstance(error, Moved):
        return moves.answer(request, error, links_of(request))
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return page("error.html", status=error.status, title=str(error.status), message=f"{error.message}.")
    return _answer(error)


async def _unreadable(_request: Request, error: Exception) -> Response:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    if any(fault["type"] == "json_invalid" for fault in faults):
        return _answer(ApiError(400, "Problems parsing JSON"))
    if any(fault["loc"][0] == "path" for fault in faults):  # a word where a number belongs
        return _answer(ApiError(404, "Not Found"))
    return _answer(ApiError(422, "Invalid request."))


async def _unknown(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _answer(ApiError(404, "Not Found") if status in {404, 405} else ApiError(status, str(error)))


async def _git_failed(request: Request, error: Exception) -> Response:
    _log.error("%s %s: %s", request.method, request.url.path, error)
    return _answer(ApiError(500, "Server Error"))
