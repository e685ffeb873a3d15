"""What GitHub does around every answer: the `/api/v3` prefix, rate limits, entity tags, and faults on order."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import ApiError, forbidden, not_found
from .faults import Fault
from .world import World

PREFIXES = ("/api/v3", "/api/uploads")
_HIDDEN = {"500-after", "timeout-after", "drop-connection"}


class RateLimits:
    """How many requests each credential has left in its hour."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used: dict[str, tuple[int, int]] = {}

    def of(self, key: str, now: datetime) -> tuple[int, int]:
        """Requests used in the running hour, and when it ends (seconds since 1970)."""
        used, reset = self._used.get(key, (0, 0))
        return (used, reset) if reset > now.timestamp() else (0, int(now.timestamp()) + 3600)

    def count(self, key: str, now: datetime) -> tuple[int, int]:
        used, reset = self.of(key, now)
        self._used[key] = (used + 1, reset)
        return used + 1, reset


def rate_key(headers: Headers) -> str:
    return hashlib.sha256(headers.get("authorization", "").encode()).hexdigest()


class Manners:
    """Middleware for the whole server; pages, Git and downloads pass through untouched."""

    def __init__(self, app: ASGIApp, world: World, limits: RateLimits) -> None:
        self.app = app
        self.world = world
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope = _without_prefix(scope)
        headers = Headers(scope=scope)
        used, reset = self.limits.of(rate_key(headers), self.world.clock())
        answer = Answer(scope, headers, send, self._rate_headers(used, reset))
        fault = None
        if not scope["path"].startswith("/_standin/"):
            credential = headers.get("authorization", "").partition(" ")[2]
            fault = self.world.faults.for_request(scope["method"], scope["path"], credential)
        if fault is None:
            if used >= self.limits.limit and "standin.prefix" in scope and scope["path"] != "/rate_limit":
                await answer.refuse(ApiError(403, "API rate limit exceeded"))
                return
            await self.app(scope, receive, answer.send)
        else:
            await self._misbehave(fault, scope, receive, answer)
        if answer.counts:
            self.limits.count(rate_key(headers), self.world.clock())

    def _rate_headers(self, used: int, reset: int) -> dict[str, str]:
        left = max(0, self.limits.limit - used - 1)
        return {
            "X-RateLimit-Limit": str(self.limits.limit),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Used": str(used + 1),
            "X-RateLimit-Reset": str(reset),
            "X-RateLimit-Resource": "core",
        }

    async def _misbehave(self, fault: Fault, scope: Scope, receive: Receive, answer: Answer) -> None:
        if fault.kind in _HIDDEN:
            await self.app(scope, receive, _swallow)
        if fault.kind.startswith("timeout"):
            await asyncio.sleep(fault.seconds)
        if fault.kind == "drop-connection":
            await answer.break_off()
        elif fault.kind == "timeout":
            await self.app(scope, receive, answer.send)
        elif fault.kind in {"403", "404"}:
            await answer.refuse(forbidden() if fault.kind == "403" else not_found())
        elif fault.kind in {"403-retry-after", "429"}:
            status = 429 if fault.kind == "429" else 403
            wait = {"Retry-After": str(max(1, round(fault.seconds)))}
            message = (
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            )
            await answer.refuse(ApiError(status, message, headers=wait))
        else:
            await answer.refuse(ApiError(502 if fault.kind == "502" else 500, "Server Error"))


def _without_prefix(scope: Scope) -> Scope:
    for prefix in PREFIXES:
        if scope["path"] == prefix or scope["path"].startswith(prefix + "/"):
            path = scope["path"][len(prefix) :] or "/"
            raw = scope.get("raw_path", b"")[len(prefix) :] or b"/"
            kept = "/api/v3" if path != "/" else prefix
            return {**scope, "path": path, "raw_path": raw, "standin.prefix": kept}
    return scope


async def _swallow(_message: Message) -> None:
    """The answer that nobody gets to see."""


class Answer:
    """Adds rate headers to JSON answers, and turns a read whose tag is known into 304."""

    def __init__(self, scope: Scope, headers: Headers, send: Send, extra: dict[str, str]) -> None:
        self._scope = scope
        self._asked = headers.get("if-none-match", "")
        self._send = send
        self._extra = extra
        self._start: MutableMapping[str, Any] | None = None
        self._body = bytearray()
        self.counts = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = dict(message["headers"]).get(b"content-type", b"")
            if kind.startswith(b"application/json") or message["status"] == 204:  # noqa: PLR2004
                self._start = message
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if message.get("more_body", False):
                return
            await self._finish(self._start)
            message = {"type": "http.response.body", "body": bytes(self._body)}
        await self._send(message)

    async def break_off(self) -> None:
        """Promises a body and sends none: the server then closes the connection, and the client has nothing."""
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"1000")]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def refuse(self, error: ApiError) -> None:
        body = json.dumps(error.body()).encode()
        headers = [(b"content-type", b"application/json; charset=utf-8")]
        headers += [(k.lower().encode(), v.encode()) for k, v in error.headers.items()]
        await self.send({"type": "http.response.start", "status": error.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    async def _finish(self, start: MutableMapping[str, Any]) -> None:
        self.counts = True
        headers = {k: v for k, v in start["headers"] if k != b"content-length"}
        for name, value in {**self._extra, "X-GitHub-Request-Id": uuid.uuid4().hex}.items():
            headers[name.lower().encode()] = value.encode()
        if self._scope["method"] in {"GET", "HEAD"} and start["status"] == 200:  # noqa: PLR2004
            tag = f'"{hashlib.sha256(self._body).hexdigest()}"'
            headers[b"etag"] = f"W/{tag}".encode()
            headers[b"cache-control"] = b"private, max-age=0, must-revalidate"
            if tag in self._asked:
                self.counts = False
                self._body.clear()
                start["status"] = 304
        if start["status"] not in {204, 304}:
            headers[b"content-length"] = str(len(self._body)).encode()
        await self._send({**start, "headers": list(headers.items())})
