"""What Git is told beside the address: our token, and that it is for this host alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.errors import GitHubBusy
from service.github.connect import connect
from service.jobs.clones import fetch
from service.settings import Settings

REPOSITORY = "garden/taxonomy"
ADVERTISED = b"001e# service=git-upload-pack\n0000000eversion 2\n000cls-refs\n0000"
"""As a Git server begins: only then does Git come back, with whatever it was told to send."""


class GitHost(ThreadingHTTPServer):
    """A loopback server that begins to speak Git, or sends everybody on to `elsewhere`."""

    def __init__(self, elsewhere: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.elsewhere = elsewhere
        self.authorizations: list[str | None] = []
        """Of every request, in order."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: GitHost

    def do_GET(self) -> None:
        self.server.authorizations.append(self.headers["Authorization"])
        self.send_response(302 if self.server.elsewhere else 200)
        if self.server.elsewhere:
            self.send_header("Location", self.server.elsewhere + self.path)
        self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        self.end_headers()
        self.wfile.write(ADVERTISED)

    def do_POST(self) -> None:
        self.server.authorizations.append(self.headers["Authorization"])
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(host: GitHost) -> Iterator[GitHost]:
    thread = threading.Thread(target=host.serve_forever, daemon=True)
    thread.start()
    with host:
        yield host
        host.shutdown()
    thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def fetch_from(home: Path, host: GitHost) -> None:
    token, nobody = SecretStr("ghs_secret"), "http://127.0.0.1:1"
    settings = Settings(home=home, github_web_url=host.url, github_api_url=nobody, github_token=token)
    with pytest.raises(GitHubBusy):
        fetch(settings, connect(settings), REPOSITORY)


def test_who_is_asked_sees_the_token_each_time(tmp_path: Path) -> None:
    with serving(GitHost()) as host:
        fetch_from(tmp_path, host)

    assert len(host.authorizations) == 2
    assert all(seen is not None and seen.startswith("Basic ") for seen in host.authorizations)


def test_where_a_redirect_leads_nothing_is_asked_and_no_token_arrives(tmp_path: Path) -> None:
    with serving(GitHost()) as other, serving(GitHost(other.url)) as host:
        fetch_from(tmp_path, host)

    assert host.authorizations
    assert other.authorizations == []
