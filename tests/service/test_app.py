"""The web process, started as it is in earnest: uvicorn, as a process of its own."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from service.app import create_app
from service.errors import Misconfigured
from service.github.signature import sign
from service.headers import SECURITY_HEADERS
from service.ledger.migrations import upgrade
from service.ledger.session import make_engine
from service.ledger.tables import Base
from service.settings import Settings, get_settings

SECRET = "a secret to everybody"
COMMAND = [sys.executable, "-m", "uvicorn", "--factory", "service.app:create_app", "--no-access-log"]


def environment(home: Path, **given: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRAFT_")}
    return kept | {"GRAFT_HOME": str(home), "GRAFT_BROKER_URL": "redis://127.0.0.1:1/0"} | given


@contextmanager
def served(home: Path, **given: str) -> Iterator[str]:
    """The URL of a running server; the socket is ours, so that nobody can take its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [*COMMAND, "--fd", str(listening.fileno())]
        env = environment(home, GRAFT_WEBHOOK_SECRETS=SECRET, **given)
        log = (home / "web.log").open("wb")
        with log, subprocess.Popen(command, env=env, pass_fds=[listening.fileno()], stderr=log) as process:
            try:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                process.terminate()
                process.wait(20)


def post(url: str, body: Mapping[str, object], delivery: str = "d-1") -> httpx.Response:
    raw = json.dumps(body).encode()
    headers = {
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": sign(SECRET.encode(), raw),
    }
    return httpx.post(f"{url}/webhooks/github", content=raw, headers=headers, timeout=60, trust_env=False)


def test_with_a_wrong_setting_the_process_ends_and_says_what_to_set(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--port", "0"],
        env=environment(tmp_path, GRAFT_WEBHOOK_SECRETS=SECRET, GRAFT_LEASE_SECONDS="soon"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert "GRAFT_LEASE_SECONDS" in done.stderr
    assert "GraftLab does not start:" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "GRAFT_WEBHOOK_SECRETS"),
        ({"GRAFT_WEBHOOK_SECRETS": " , "}, "GRAFT_WEBHOOK_SECRETS"),
        ({"GRAFT_WEBHOOK_SECRETS": SECRET, "GRAFT_DATABASE_URL": "mysql://x/y"}, "GRAFT_DATABASE_URL"),
    ],
)
def test_each_wrong_setting_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for name in [name for name in os.environ if name.startswith("GRAFT_")]:
        monkeypatch.delenv(name)
    for name, value in environment(tmp_path, **given).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("service.app.configure", lambda **_: None)  # the log of the tests stays theirs
    get_settings.cache_clear()
    try:
        with pytest.raises(SystemExit) as ended:
            create_app()
    finally:
        get_settings.cache_clear()
    assert str(ended.value).startswith("GraftLab does not start: ")
    assert named in str(ended.value)
    assert "\n" not in str(ended.value)


def test_a_slow_ledger_does_not_block_the_loop_and_a_dead_broker_loses_nothing(tmp_path: Path) -> None:
    upgrade(Settings(home=tmp_path, database_url=""))
    with served(tmp_path, GRAFT_DATABASE_URL="") as url:
        assert httpx.get(f"{url}/healthz", timeout=60, trust_env=False).json() == {"status": "alive"}
        other = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        answers: list[int] = []
        body = {"ref": "refs/heads/main", "after": "a" * 40, "repository": {"full_name": "a/b"}}
        posting = threading.Thread(target=lambda: answers.append(post(url, body).status_code))
        posting.start()
        for _ in range(5):
            assert httpx.get(f"{url}/healthz", timeout=5, trust_env=False).status_code == 200
        assert answers == []
        other.execute("ROLLBACK")
        posting.join(60)
        assert answers == [202]
        assert other.execute("SELECT count(*) FROM deliveries").fetchone() == (1,)
        other.close()
        ready = httpx.get(f"{url}/readyz", timeout=60, trust_env=False)
        assert ready.status_code == 503
        assert not ready.json()["parts"]["broker"]["ok"]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(home=tmp_path, database_url="", webhook_secrets=(SecretStr(SECRET),))
    engine = make_engine(settings)
    Base.metadata.create_all(engine)
    with TestClient(
        create_app(settings, nudge=lambda _task, _row: None), raise_server_exceptions=False
    ) as client:
        yield client
    engine.dispose()


def test_without_secrets_no_app_is_made(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no webhook secret"):
        create_app(Settings(home=tmp_path, webhook_secrets=()))


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere", "/runs", "/metrics", "/badge/a/b.svg"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    answer = client.get(path)
    for name in SECURITY_HEADERS:
        assert answer.headers[name]
    assert "unsafe-eval" not in answer.headers["Content-Security-Policy"]


def test_badges_keep_their_own_stricter_policy(client: TestClient) -> None:
    assert "sandbox" in client.get("/badge/a/b.svg").headers["Content-Security-Policy"]


def test_people_get_a_page_and_programs_json_when_nothing_is_there(client: TestClient) -> None:
    page = client.get("/nowhere/<script>", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<script>" not in page.text
    assert client.get("/nowhere").json() == {"message": "Not Found"}


def test_a_fault_of_ours_is_said_to_be_ours_and_tells_nothing_else(client: TestClient) -> None:
    def fail() -> None:
        raise RuntimeError("geheim")

    app = client.app
    assert isinstance(app, FastAPI)
    app.add_api_route("/fails", fail)
    answer = client.get("/fails")
    assert answer.status_code == 500
    assert answer.json() == {"message": "This is our fault. The log says more."}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_api_is_described_with_title_and_version(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["info"]["title"] == "GraftLab"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", described["info"]["version"])
    assert "/webhooks/github" in described["paths"]
