"""GitHub in trouble, as the stand-in plays it: what the client says, and that it neither waits nor repeats."""

import http.server
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from service.errors import GitHubBusy, GitHubFailed
from service.github.connect import connect
from service.github.pygithub_client import PyGithubClient
from service.github.standin.driver import StandIn
from tests.service.github.conftest import settings_for

REPO = "orchard/taxonomy"


def test_a_server_error_is_busy_and_is_asked_once(client: PyGithubClient, standin: StandIn) -> None:
    client.default_branch_head(REPO)
    standin.order_fault("500", match=f"/repos/{REPO}")
    began = time.monotonic()
    with pytest.raises(GitHubBusy) as caught:
        client.default_branch_head(REPO)
    assert time.monotonic() - began < 5
    assert caught.value.retry_after == 20
    assert client.default_branch_head(REPO)[0] == "main"


@pytest.mark.parametrize("kind", ["429", "403-retry-after"])
def test_a_limit_says_how_long_it_lasts(client: PyGithubClient, standin: StandIn, kind: str) -> None:
    standin.order_fault(kind, match=f"/repos/{REPO}", seconds=17)
    with pytest.raises(GitHubBusy) as caught:
        client.default_branch_head(REPO)
    assert caught.value.retry_after == pytest.approx(17, abs=2)


def test_an_answer_that_breaks_off_is_busy(client: PyGithubClient, standin: StandIn) -> None:
    standin.order_fault("drop-connection", match=f"/repos/{REPO}")
    with pytest.raises(GitHubBusy):
        client.default_branch_head(REPO)


def test_nobody_listening_is_busy(standin: StandIn) -> None:
    nobody = connect(settings_for(standin, github_api_url="http://127.0.0.1:1/api/v3"))
    with pytest.raises(GitHubBusy, match="no answer"):
        nobody.default_branch_head(REPO)


def test_a_role_that_cannot_be_asked_is_not_taken_for_none(client: PyGithubClient, standin: StandIn) -> None:
    standin.order_fault("500", match=f"/repos/{REPO}/collaborators")
    with pytest.raises(GitHubBusy):
        client.role(REPO, "tess")


def test_what_is_forbidden_to_ask_is_not_known(client: PyGithubClient, standin: StandIn) -> None:
    client.default_branch_head(REPO)
    for part in (f"/repos/{REPO}/collaborators", "/orgs/orchard/teams"):
        standin.order_fault("403", match=part)
    assert client.role(REPO, "tess") is None
    assert client.in_team(REPO, "orchard/triagers", "tess") is None


def test_a_token_that_went_bad_is_replaced(client: PyGithubClient) -> None:
    client.default_branch_head(REPO)
    credentials = client._credentials
    issued = credentials._issued[REPO]  # type: ignore[attr-defined]
    credentials._issued[REPO] = type(issued)("ghs_gone", issued.expires_at)  # type: ignore[attr-defined]
    with pytest.raises(GitHubBusy, match="token was refused"):
        client.default_branch_head(REPO)
    assert client.default_branch_head(REPO)[0] == "main"


class _Hook(http.server.BaseHTTPRequestHandler):
    """Takes webhooks, or does not."""

    well: ClassVar[threading.Event] = threading.Event()
    taken: ClassVar[list[str]] = []
    came: ClassVar[threading.Semaphore] = threading.Semaphore(0)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        ok = self.well.is_set()
        self.send_response(202 if ok else 503)
        self.end_headers()
        if ok:
            self.taken.append(self.headers["X-GitHub-Delivery"])
        self.came.release()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def hook() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Hook) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_deliveries_that_failed_are_found_and_sent_again_under_their_id(hook: str, tmp_path: Path) -> None:
    with StandIn(tmp_path / "home", webhook_url=hook, webhook_secret="s") as standin:
        client = connect(settings_for(standin))
        since = datetime.now(UTC) - timedelta(hours=1)
        standin.person("ada").repo().create_issue("An issue")
        assert _Hook.came.acquire(timeout=30)
        failed = _until_some(client, since)
        assert client.failed_deliveries(datetime.now(UTC) + timedelta(hours=1)) == []
        _Hook.well.set()
        for delivery in failed:
            client.redeliver(delivery)
            assert _Hook.came.acquire(timeout=30)
        deadline = time.monotonic() + 30
        while client.failed_deliveries(since) and time.monotonic() < deadline:
            threading.Event().wait(0.05)
        assert client.failed_deliveries(since) == []
        assert {one["guid"] for one in standin.deliveries()} >= set(_Hook.taken) != set()
    with pytest.raises(GitHubFailed):
        client.redeliver(1)


def _until_some(client: PyGithubClient, since: datetime) -> list[int]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if found := client.failed_deliveries(since):
            return found
        threading.Event().wait(0.05)
    raise AssertionError("no failed delivery was listed")
