"""A repository that was renamed at GitHub: it is said, nothing is written, and no token goes anywhere else."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr

from service.errors import GitHubFailed, RepositoryMoved
from service.github.client import Check, ReleaseDraft, Review
from service.github.connect import connect
from service.github.pygithub_client import PyGithubClient
from service.github.standin.driver import StandIn
from tests.service.github.conftest import settings_for

REPO, NEW = "orchard/taxonomy", "orchard/trees"
SHA = "a" * 40
SOON = datetime(2026, 1, 1, tzinfo=UTC)

CALLS: dict[str, Callable[[PyGithubClient], Any]] = {
    "read": lambda github: github.pull_request(REPO, 1),
    "list": lambda github: github.open_pull_requests(REPO),
    "comments": lambda github: github.comments_since(REPO, SOON),
    "branch": lambda github: github.default_branch_head(REPO),
    "role": lambda github: github.role(REPO, "tess"),
    "find": lambda github: github.find(REPO),
    "ask": lambda github: github.ask_for_review(REPO, 1, "tess"),
    "comment": lambda github: github.create_comment(REPO, 1, "Hello."),
    "edit": lambda github: github.edit_comment(REPO, 1, "Hello."),
    "delete": lambda github: github.delete_comment(REPO, 1),
    "react": lambda github: github.react(REPO, 1, "eyes"),
    "review": lambda github: github.create_review(REPO, 1, Review(SHA, "Hello.")),
    "release": lambda github: github.publish_release(REPO, ReleaseDraft("v1", SHA, "One", "")),
}
CHECK = Check("graft", SHA, "in_progress", "", "")


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One of its own, whose taxonomy is `orchard/trees` by now; `max` hands it over in the last test."""
    with StandIn(tmp_path_factory.mktemp("moved") / "home") as standin:
        yield standin


@pytest.fixture(scope="module")
def asked_before(standin: StandIn) -> PyGithubClient:
    """A client that has a token from before the change."""
    client = connect(settings_for(standin))
    client.default_branch_head(REPO)
    return client


@pytest.fixture(scope="module")
def renamed(standin: StandIn, asked_before: PyGithubClient) -> StandIn:
    standin.appoint("root", role="admin").repo(REPO).edit(name="trees")
    return standin


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("who", ["app", "app with an old token", "token"])
def test_every_call_says_what_it_is_called_now_and_writes_nothing(
    renamed: StandIn, asked_before: PyGithubClient, who: str, call: Callable[[PyGithubClient], Any]
) -> None:
    token = SecretStr(renamed.seeded.users["max"].token)
    client = {
        "app": lambda: connect(settings_for(renamed)),
        "app with an old token": lambda: asked_before,
        "token": lambda: connect(settings_for(renamed, github_app_id=None, github_token=token)),
    }[who]()
    done = len(renamed.history())
    with pytest.raises(RepositoryMoved) as caught:
        call(client)

    assert caught.value.now == NEW
    assert str(caught.value).startswith(f"{REPO} is now {NEW} at GitHub. Set GRAFT_REPOSITORIES to {NEW}")
    assert len(renamed.history()) == done


def test_a_check_run_is_not_taken_for_written(renamed: StandIn, asked_before: PyGithubClient) -> None:
    for known in (None, 1):
        with pytest.raises(RepositoryMoved):
            asked_before.write_check(REPO, CHECK, known)
    assert renamed.history("check") == []


def test_by_its_present_name_it_is_served(renamed: StandIn) -> None:
    client = connect(settings_for(renamed))
    client.find(NEW)
    assert client.default_branch_head(NEW)[0] == "main"


def test_where_the_app_is_not_installed_the_present_name_is_not_known_and_that_is_said(
    renamed: StandIn, asked_before: PyGithubClient
) -> None:
    root = renamed.person("root").repo(NEW)
    root.requester.requestJsonAndCheck("POST", f"/repos/{NEW}/transfer", input={"new_owner": "max"})
    with pytest.raises(RepositoryMoved) as caught:
        connect(settings_for(renamed)).find(REPO)
    assert caught.value.now is None
    assert f"{REPO} has another name or owner at GitHub now" in str(caught.value)
    assert "with the App installed" in caught.value.mend


class Sending(http.server.BaseHTTPRequestHandler):
    """Sends everybody on; keeps what came along."""

    to: ClassVar[str] = ""
    seen: ClassVar[list[tuple[str, str | None]]] = []

    def _answer(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.seen.append((self.path, self.headers["Authorization"]))
        self.send_response(301 if self.command == "GET" else 307)
        self.send_header("Location", self.to)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def sending(to: str) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    class Handler(Sending):
        pass

    Handler.to, Handler.seen = to, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", Handler.seen
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/repositories/7", "/elsewhere", ""])
def test_no_token_goes_where_an_answer_sends_it(standin: StandIn, tmp_path: Path, path: str) -> None:
    token = SecretStr("ghs_secret")
    with sending("http://127.0.0.1:1") as (other, stolen), sending(f"{other}{path}") as (asked, seen):
        client = connect(settings_for(standin, github_api_url=asked, github_app_id=None, github_token=token))
        with pytest.raises(GitHubFailed) as caught:
            client.find(REPO)
        with pytest.raises(GitHubFailed):
            client.create_comment(REPO, 1, "Hello.")

    assert stolen == []
    assert {authorization for _, authorization in seen} == {"token ghs_secret"}
    assert isinstance(caught.value, RepositoryMoved) == path.startswith("/repositories")
    assert "GRAFT_" in caught.value.mend
