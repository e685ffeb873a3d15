"""A light load of webhooks: a few connections, one loop, no client library, so that the server is what is measured.

Every request has the same signed body under a delivery id of its own (the id is a header, which is not signed).
"""

import asyncio
import json
import random
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final, cast

from service.errors import ServiceError
from service.github.signature import HEADER, sign

CONNECTIONS: Final = 64
_WORDS: Final = (
    "answer", "archive", "assign", "branch", "check", "clone", "comment", "commit", "content", "deploy", "download",
    "event", "fork", "git", "hook", "issue", "label", "language", "leaf", "license", "merge", "milestone", "notify",
    "page", "push", "release", "review", "seed", "star", "status", "subscribe", "tag", "team", "teach", "tree", "trust",
)  # fmt: skip
_LONGEST: Final = 1 + max(map(len, _WORDS))
_WARM_SECONDS: Final = 0.3
_TICK_SECONDS: Final = 0.001
_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length: "


class LoadFailed(ServiceError):
    """The server did not answer as it should, so nothing was measured."""


@dataclass(frozen=True, slots=True)
class Request:
    """The bytes before and after the delivery id."""

    before: bytes
    after: bytes

    @classmethod
    def to(cls, port: int, secret: bytes, body: bytes) -> "Request":
        lines = (
            "POST /webhooks/github HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "User-Agent: GitHub-Hookshot/bench",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "X-GitHub-Event: pull_request",
            f"{HEADER}: {sign(secret, body)}",
            "X-GitHub-Delivery: ",
        )
        return cls("\r\n".join(lines).encode(), _HEAD_END + body)

    def new(self) -> bytes:
        return b"%b%b%b" % (self.before, secrets.token_hex(16).encode(), self.after)


def payload(size: int) -> bytes:
    """A pull request's webhook of `size` bytes, shaped as GitHub's are: objects full of addresses and ids, and a text.

    Ids and words are drawn, from a seed, so that it can be packed about as well as GitHub's and not better.
    """
    draw = random.Random(7)  # noqa: S311 - no secret is drawn

    def links(of: str, count: int) -> dict[str, Any]:
        found: dict[str, Any] = {
            f"{draw.choice(_WORDS)}_{n}_url": f"https://api.github.com/{of}/orchard/{draw.choice(_WORDS)}{{/other}}"
            for n in range(count)
        }
        return found | {"node_id": f"{draw.getrandbits(120):030x}", "pushed_at": draw.getrandbits(31)}

    user = {"login": "ada", "id": 7, "type": "User", "site_admin": False} | links("users", 12)
    repository = {"full_name": "orchard/taxonomy", "id": 9, "private": False} | links("repos", 40)
    ends = [
        {"sha": f"{draw.getrandbits(160):040x}", "ref": ref, "user": user, "repo": repository} for ref in "ab"
    ]
    pull: dict[str, Any] = {
        "number": 7,
        "state": "open",
        "user": user,
        "head": ends[0],
        "base": ends[1],
        "body": "",
    }
    event = {"action": "synchronize", "number": 7, "pull_request": pull, "repository": repository}
    event |= {"sender": user}
    while (left := size - len(json.dumps(event))) > _LONGEST:
        pull["body"] += "".join(f"{draw.choice(_WORDS)} " for _ in range(left // _LONGEST))
    body = json.dumps(event).encode()
    return body + b" " * max(0, size - len(body))


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, load: "_Load") -> None:
        self._load = load
        self._answer = bytearray()
        self._transport: asyncio.Transport | None = None
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so
        self._load.free(self)

    def send(self, due: float) -> None:
        self.due = due
        assert self._transport is not None  # noqa: S101 - only connected ones are free
        self._transport.write(self._load.request.new())

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head = self._answer.find(_HEAD_END)
        at = self._answer.find(_LENGTH, 0, head)
        if head < 0 or at < 0:
            return
        length = int(self._answer[at + len(_LENGTH) : self._answer.index(b"\r\n", at)])
        if len(self._answer) < head + len(_HEAD_END) + length:
            return
        status = int(self._answer[9:12])
        self._answer.clear()
        self._load.answered(self, status)

    def connection_lost(self, _reason: Exception | None) -> None:
        self._load.lost()


@dataclass
class _Load:
    """Sends whenever a connection is free (`per_second` 0), or as a clock says, however long the answers take."""

    request: Request
    per_second: float = 0.0
    took: list[float] = field(default_factory=list)
    """Seconds from when each request was due to its answer."""
    _idle: "deque[_Connection]" = field(default_factory=deque)
    _due: "deque[float]" = field(default_factory=deque)
    _begin: float = 0.0
    _ending: bool = False
    _fault: str = ""

    def free(self, connection: _Connection) -> None:
        if self._ending:
            return
        if not self.per_second:
            connection.send(time.perf_counter())
        elif self._due:
            connection.send(self._due.popleft())
        else:
            self._idle.append(connection)

    def answered(self, connection: _Connection, status: int) -> None:
        now = time.perf_counter()
        if status != 202:  # noqa: PLR2004 - both servers answer it to every request here
            self._fault = self._fault or f"it answered {status}"
        if self._begin and connection.due >= self._begin and not self._ending:
            self.took.append(now - connection.due)
        self.free(connection)

    def lost(self) -> None:
        if not self._ending:
            self._fault = self._fault or "it closed a connection"

    async def run(self, port: int, seconds: float) -> float:
        """Answers a second, after a short warm-up."""
        loop = asyncio.get_running_loop()
        made = [
            await loop.create_connection(lambda: _Connection(self), "127.0.0.1", port)
            for _ in range(CONNECTIONS)
        ]
        await self._pass(_WARM_SECONDS)
        self._begin = time.perf_counter()
        await self._pass(seconds)
        elapsed = time.perf_counter() - self._begin
        self._ending = True
        for transport, _ in made:
            transport.abort()
        if self._fault or not self.took:
            raise LoadFailed(f"the load on port {port} failed: {self._fault or 'nothing was answered'}")
        return len(self.took) / elapsed

    async def _pass(self, seconds: float) -> None:
        began = time.perf_counter()
        sent = 0
        while (now := time.perf_counter()) - began < seconds:
            while self.per_second and began + sent / self.per_second <= now:
                due = began + sent / self.per_second
                sent += 1
                if self._idle:
                    self._idle.popleft().send(due)
                else:
                    self._due.append(due)
            await asyncio.sleep(_TICK_SECONDS if self.per_second else seconds / 10)


def rate(port: int, request: Request, seconds: float) -> float:
    """Answers a second when the next request leaves as soon as an answer is there. Raises LoadFailed."""
    return _run(_Load(request), port, seconds)


def p99(port: int, request: Request, seconds: float, *, per_second: float) -> float:
    """Seconds within which 99 of 100 are answered, each reckoned from when it was due. Raises LoadFailed."""
    load = _Load(request, per_second=per_second)
    _run(load, port, seconds)
    return sorted(load.took)[int(len(load.took) * 0.99)]


def _run(load: _Load, port: int, seconds: float) -> float:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(load.run(port, seconds))
    return uvloop.run(load.run(port, seconds))
