"""The page on loopback that an App's registration begins and ends at."""

import hmac
import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.errors import GitHubFailed, ServiceError
from service.github.manifest import NewApp, manifest, registration_url

log = logging.getLogger(__name__)

_BACK: Final = "/registered"
_SLOWEST_SECONDS: Final = 10
"""A browser may open a connection and never use it."""
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True)
class Wish:
    """Which App is asked for, and where."""

    web_url: str
    """GitHub's."""
    org: str
    name: str
    url: str
    """Where GitHub reaches this service."""
    public: bool


@dataclass
class Registration:
    """One registration: `finish(code)` makes the App's secrets ours. When GitHub fails it is called again with the next
    answer; when our own files do, that is the end (`failure`).
    """

    wish: Wish
    finish: Callable[[str], NewApp]
    address: str = ""
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    made: NewApp | None = None
    failure: ServiceError | None = None
    done: threading.Event = field(default_factory=threading.Event)
    _finishing: threading.Lock = field(default_factory=threading.Lock)

    def form(self) -> tuple[HTTPStatus, dict[str, Any]]:
        wish = self.wish
        asked = manifest(
            name=wish.name, url=wish.url, redirect_url=f"{self.address}{_BACK}", public=wish.public
        )
        action = registration_url(wish.web_url, org=wish.org, state=self.state)
        values = {"manifest": asked, "action": action, "web_url": wish.web_url, "org": wish.org}
        return HTTPStatus.OK, {"title": f"Make the GitHub App {asked['name']}"} | values

    def back(self, query: str) -> tuple[HTTPStatus, dict[str, Any]]:
        """GitHub sent the browser back to us; anybody else may only try."""
        said = parse_qs(query)
        state, code = said.get("state", [""])[-1], said.get("code", [""])[-1]
        if not hmac.compare_digest(state.encode(), self.state.encode()):
            log.warning("an answer without our state was not taken")
            return HTTPStatus.BAD_REQUEST, _fault(
                "This answer does not belong to the registration that waits here.",
                f"Begin again at {self.address}/ in the browser that you are signed in with.",
            )
        with self._finishing:
            if self.made is None:
                try:
                    self.made = self.finish(code)
                except GitHubFailed as error:
                    log.warning("%s", error)
                    return HTTPStatus.BAD_GATEWAY, _fault(
                        error.message, f"{error.mend} Load this page again to try once more.".strip()
                    )
                except ServiceError as error:
                    self.failure = error
                    self.done.set()
                    return HTTPStatus.INTERNAL_SERVER_ERROR, _fault(error.message, error.mend)
            self.done.set()
        return HTTPStatus.OK, {"title": f"The App {self.made.name} is made", "made": self.made}


def _fault(fault: str, mend: str) -> dict[str, Any]:
    return {"title": "That did not work", "fault": fault, "mend": mend}


@contextmanager
def serving(registration: Registration, port: int) -> Iterator[None]:
    """Serve on 127.0.0.1 (port 0: a free one) and fill in the address, until the block is left."""

    class Handler(_Handler):
        of = registration

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        registration.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    of: Registration
    timeout = _SLOWEST_SECONDS
    server_version = "graft"

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if self.headers.get("Host") != urlsplit(self.of.address).netloc:
            # Another name for this address: a page elsewhere that wants to read ours.
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        elif asked.path == "/":
            self._show(*self.of.form())
        elif asked.path == _BACK:
            self._show(*self.of.back(asked.query))
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _show(self, status: HTTPStatus, values: dict[str, Any]) -> None:
        nonce = secrets.token_urlsafe(16)
        blank = {"made": None, "fault": ""}
        body = _templates.get_template("page.html").render(blank | values | {"nonce": nonce}).encode()
        self.send_response(status)
        for name, value in _headers(nonce, self.of.wish.web_url).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Not to the terminal: a request's line holds the code."""


def _headers(nonce: str, web_url: str) -> dict[str, str]:
    # https: besides GitHub itself, since it may send on to a company's sign-in before it answers.
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action https: {web_url.rstrip('/')}"
    )
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
