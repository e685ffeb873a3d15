"""The stand-in in a thread of the test's process, and a receiver that catches its webhooks."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.github.standin.app import create_app
from service.github.standin.driver import StandIn

SECRET = "a secret for tests"


@dataclass
class Exchange:
    method: str
    path: str
    status: int
    body: bytes


class Recorder:
    """Keeps every JSON answer that leaves the server."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.exchanges: list[Exchange] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(scope["method"], scope["path"], 0, b"")

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                if b"application/json" in dict(message["headers"]).get(b"content-type", b""):
                    self.exchanges.append(exchange)
            else:
                exchange.body += message.get("body", b"")
            await send(message)

        await self.app(scope, receive, keep)


class Served(StandIn):
    """The driver's stand-in, in a thread of this process instead of a process of its own."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.recorder = Recorder(create_app(self.home))
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(self.recorder, log_level="error", access_log=False, timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, args=(listener,), daemon=True)

    def _run(self, listener: socket.socket) -> None:
        with listener:
            self._server.run(sockets=[listener])

    def start(self) -> Served:
        self._thread.start()
        self._admin("GET", "history")
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@dataclass
class Caught:
    headers: dict[str, str]
    raw: bytes

    @property
    def event(self) -> str:
        return self.headers["x-github-event"]

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.raw)
        return found

    @property
    def name(self) -> str:
        action = self.body.get("action")
        return f"{self.event}.{action}" if action else self.event


@dataclass
class Catcher:
    """A webhook receiver; answers `status` to everything."""

    status: int = 202
    caught: list[Caught] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    url: str = ""

    def wait(self, enough: Callable[[list[Caught]], bool]) -> list[Caught]:
        with self.changed:
            assert self.changed.wait_for(lambda: enough(self.caught), timeout=15), self.names()
            return list(self.caught)

    def wait_for(self, name: str) -> Caught:
        found = self.wait(lambda caught: any(one.name == name for one in caught))
        return next(one for one in reversed(found) if one.name == name)

    def names(self) -> list[str]:
        return [one.name for one in self.caught]


@contextmanager
def catching() -> Iterator[Catcher]:
    catcher = Catcher()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            headers = {key.lower(): value for key, value in self.headers.items()}
            self.send_response(catcher.status)
            self.send_header("content-length", "0")
            self.end_headers()
            with catcher.changed:
                catcher.caught.append(Caught(headers, raw))
                catcher.changed.notify_all()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    catcher.url = f"http://127.0.0.1:{server.server_port}/webhooks/github"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield catcher
    server.shutdown()
    server.server_close()
    thread.join(5)
