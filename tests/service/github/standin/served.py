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

import httpx
import uvicorn
from github.Requester import Requester
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.github.standin.app import create_app
from service.github.standin.driver import StandIn, WorkingCopy
from service.github.standin.world import World

SECRET = "a secret for tests"
RATE_LIMIT = 500
REPO = "/repos/orchard/taxonomy"


@dataclass
class Exchange:
    method: str
    path: str
    status: int
    body: bytes
    query: str = ""
    sent: bytes = b""
    """The request's body, when it was JSON."""


class Recorder:
    """Keeps every JSON answer that leaves the server, and every request that comes in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.exchanges: list[Exchange] = []
        self.requests: list[Exchange] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(scope["method"], scope["path"], 0, b"", scope["query_string"].decode())
        self.requests.append(exchange)
        is_json = b"json" in dict(scope["headers"]).get(b"content-type", b"")

        async def listen() -> Message:
            message = await receive()
            if is_json:
                exchange.sent += message.get("body", b"")
            return message

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                if b"application/json" in dict(message["headers"]).get(b"content-type", b""):
                    self.exchanges.append(exchange)
            else:
                exchange.body += message.get("body", b"")
            await send(message)

        await self.app(scope, listen, keep)


class Served(StandIn):
    """The driver's stand-in, in a thread of this process instead of a process of its own."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._clients: dict[str, httpx.Client] = {}
        app = create_app(self.home, rate_limit=RATE_LIMIT)
        self.world: World = app.state.world
        self.recorder = Recorder(app)
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            self.recorder, log_level="error", access_log=False, timeout_graceful_shutdown=2
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, args=(listener,), daemon=True)

    def _run(self, listener: socket.socket) -> None:
        with listener:
            self._server.run(sockets=[listener])

    def start(self) -> Served:
        self._thread.start()
        self._admin("GET", "history")
        return self

    def client(self, login: str | None = None) -> httpx.Client:
        """A bare client at `/api/v3`, as one of the people or as nobody."""
        return self._client(f"token {self.seeded.users[login].token}" if login else "")

    def bot(self) -> httpx.Client:
        """A bare client as the App's installation."""
        auth = self.as_app().get_installation_auth(
            self.seeded.installation_id, requester=self.app().requester
        )
        return self._client(f"token {auth.token}")

    def _client(self, authorization: str) -> httpx.Client:
        if authorization not in self._clients:
            headers = {"Authorization": authorization} if authorization else {}
            self._clients[authorization] = httpx.Client(
                base_url=self.api_url, headers=headers, timeout=30, trust_env=False
            )
        return self._clients[authorization]

    def app_requester(self) -> Requester:
        """PyGithub's requester with the App's key."""
        return self.github("the App's key", self.as_app()).requester

    def wait_tried(self, find: Callable[[list[dict[str, Any]]], Any]) -> Any:
        """What `find` finds among the webhook attempts on record, once it finds it."""
        for _ in range(750):
            if found := find([one for one in self.deliveries() if one["state"] == "tried"]):
                return found
            threading.Event().wait(0.02)
        raise AssertionError(self.deliveries())

    def stop(self) -> None:
        self._hang_up()
        for client in self._clients.values():
            client.close()
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


def open_a_pull(standin: StandIn, folder: Path, *, branch: str = "leaf") -> tuple[WorkingCopy, int]:
    """A contributor's fork with one commit on a branch, and the number of its pull request."""
    ada = standin.person("ada")
    copy = ada.clone(folder)
    copy.branch(branch)
    copy.write("knowledge/new/qna.yaml", "version: 3\n")
    copy.commit("Add a leaf")
    copy.push()
    return copy, ada.open_pull(copy, "Add a leaf").number
