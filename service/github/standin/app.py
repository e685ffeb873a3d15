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

from . import admin, smart_http
from .courier import Courier
from .errors import ApiError, GitError
from .manners import Manners, RateLimits
from .pages import router as pages
from .pages.render import page
from .pushes import tell_of_everything
from .rest import apps, checks, contents, git_data, issues, labels, people, pulls, releases, repos
from .world import Clock, World, utc_now

RATE_LIMIT = 15_000
_log = logging.getLogger(__name__)
# `checks` before `contents`: a commit's name may hold slashes, so `commits/{ref}` matches whatever comes first.
_REST = (apps, people, checks, issues, labels, pulls, releases, git_data, contents, repos)


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
        title="GraftLab stand-in", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.world, app.state.limits = world, limits
    for module in _REST:
        app.include_router(module.router)
    app.include_router(admin.public)
    app.include_router(admin.router)
    app.include_router(smart_http.router)
    app.include_router(pages.router)
    _add_error_answers(app)
    app.add_middleware(Manners, world=world, limits=limits)
    return app


def _add_error_answers(app: FastAPI) -> None:
    @app.exception_handler(ApiError)
    async def refuse(request: Request, error: ApiError) -> Response:
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return page(
                "error.html", status=error.status, title=str(error.status), message=f"{error.message}."
            )
        return JSONResponse(error.body(), status_code=error.status, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
        broken = any(fault["type"] == "json_invalid" for fault in error.errors())
        refusal = ApiError(400, "Problems parsing JSON") if broken else ApiError(422, "Invalid request.")
        return JSONResponse(refusal.body(), status_code=refusal.status)

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> JSONResponse:
        message = "Not Found" if error.status_code in {404, 405} else str(error.detail)
        status = 404 if error.status_code == 405 else error.status_code  # noqa: PLR2004
        return JSONResponse(ApiError(status, message).body(), status_code=status)

    @app.exception_handler(GitError)
    async def git_failed(request: Request, error: GitError) -> JSONResponse:
        _log.error("%s %s: %s", request.method, request.url.path, error)
        return JSONResponse(ApiError(500, "Server Error").body(), status_code=500)
