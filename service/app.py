"""The web process's composition root: `uvicorn --factory service.app:create_app`.

It knows the webhook secrets and the ledger. It has no credentials for GitHub, and loads no engine.
"""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import badges, metrics, web
from service.errors import Misconfigured
from service.headers import RAW_HEADERS, SECURITY_HEADERS
from service.ledger.session import Nudge, make_engine
from service.logging import configure
from service.settings import Settings, get_settings
from service.webhooks import endpoints, health

log = logging.getLogger(__name__)


def create_app(settings: Settings | None = None, *, nudge: Nudge | None = None) -> FastAPI:
    """The app for these settings; without, for those of the process, whose faults end it with one sentence.

    Raises Misconfigured (given settings) or SystemExit (the process's own).
    """
    if settings is not None:
        return _create(settings, nudge)
    try:
        own = get_settings()
        configure(as_json=own.log_json, secrets=[secret.get_secret_value() for secret in own.webhook_secrets])
        app = _create(own, nudge)
    except Misconfigured as error:
        raise SystemExit(f"GraftLab does not start: {error.message}. {error.mend}") from error
    _settle()
    return app


class _App(FastAPI):
    """Deliveries go straight to their door: the layers between cost as much as all that a delivery needs."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == endpoints.PATH and scope["method"] == "POST":
            scope["app"] = self
            await endpoints.receive_delivery(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _settle() -> None:
    """What is loaded now stays for as long as the process: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


def _create(settings: Settings, nudge: Nudge | None) -> FastAPI:
    app = _App(
        title="GraftLab",
        version=version("graftlab"),
        docs_url=None,  # the usual pages load scripts from elsewhere; /openapi.json is there
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.settings = settings
    secrets = settings.require_webhook_secrets()
    app.state.engine = make_engine(settings)
    app.state.door = endpoints.Door.of(secrets, app.state.engine, nudge or _queue_nudge())
    for router in (endpoints.router, health.router, metrics.router, web.router):
        app.include_router(router)
    # They answer HEAD too, which makes their operation ids double; they are no API but pictures.
    app.include_router(badges.router, include_in_schema=False)
    app.add_middleware(_SecurityHeaders)
    app.add_exception_handler(HTTPException, _refuse)
    app.add_exception_handler(Exception, _fail)
    return app


def _queue_nudge() -> Nudge:
    # Imported here: the queue reads the process's settings, and their faults are to be told in one sentence.
    from service.queue import nudge

    return nudge


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    log.info("serving %s at %s", ", ".join(settings.repositories) or "no repository yet", settings.public_url)
    yield
    await run_in_threadpool(app.state.door.close)
    app.state.engine.dispose()


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    return _page(request, HTTPStatus(error.status_code), str(error.detail), dict(error.headers or {}))


async def _fail(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the server logs it
    return _page(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "This is our fault. The log says more.", SECURITY_HEADERS
    )


def _page(request: Request, status: HTTPStatus, detail: str, headers: dict[str, str]) -> Response:
    """For people a small page, of our own words only; for programs JSON."""
    if "text/html" in request.headers.get("accept", ""):
        title = f"{status.value} {status.phrase}"
        html = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
            f'<p>{status.description or "Nothing more is known."}</p><p><a href="/">To the start</a></p>'
        )
        return Response(html, status.value, headers, "text/html")
    return JSONResponse({"message": detail}, status.value, headers)


class _SecurityHeaders:
    """Plain ASGI, so that streams stay streams."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, _with_headers(send) if scope["type"] == "http" else send)


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            missing = (header for header in RAW_HEADERS if header[0] not in there)
            message = {**message, "headers": [*message["headers"], *missing]}
        await send(message)

    return with_headers
