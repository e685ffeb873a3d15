import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from service.github.signature import sign
from service.ledger import deliveries
from service.ledger.session import session_scope
from service.webhooks.reading import LARGEST
from tests.service.webhooks.conftest import PUSH, SECRET, Door

OPENED = {
    "action": "opened",
    "pull_request": {"number": 7, "head": {"sha": "b" * 40}},
    "repository": {"full_name": "orchard/taxonomy"},
}


def test_a_delivery_is_recorded_and_a_worker_told(door_on_each: Door) -> None:
    door = door_on_each
    answer = door.send(OPENED, event="pull_request", delivery="72d3162e-cc78-11e3-81ab-4c9367dc0958")
    assert answer.status_code == 202
    (row,) = door.rows()
    assert (row.event, row.action, row.repository) == ("pull_request", "opened", "orchard/taxonomy")
    assert row.delivery_id == "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    assert b'"number": 7' in row.body
    assert row.processed_at is None
    door.wait_nudged([("handle_delivery", row.id)])


def test_a_repeat_is_recorded_once_and_told_again_until_it_is_handled(door_on_each: Door) -> None:
    door = door_on_each
    assert door.send().status_code == 202
    assert door.send().status_code == 202
    (row,) = door.rows()
    door.wait_nudged([("handle_delivery", row.id)] * 2)
    with session_scope(door.engine) as session:
        deliveries.processed(session, row.id, now=datetime.now(UTC))
    assert door.send().status_code == 200
    assert len(door.rows()) == 1
    assert door.send(delivery="d-2").status_code == 202
    # Nudges go in order: had the repeat been told of, it would stand before this one.
    door.wait_nudged([*[("handle_delivery", row.id)] * 2, ("handle_delivery", door.rows()[1].id)])


def test_an_older_secret_is_still_good(door: Door) -> None:
    raw = b'{"zen": "."}'
    assert door.send(raw, X_Hub_Signature_256=sign(b"older", raw)).status_code == 200


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=" + "0" * 64,
        sign(b"another secret", b"{}"),
        sign(b"", b"{}"),
        "sha1=" + hmac.new(SECRET, b"{}", hashlib.sha1).hexdigest(),
    ],
)
def test_what_is_not_signed_with_our_secret_is_refused_and_nothing_is_stored(
    door: Door, signature: str
) -> None:
    sha1 = "sha1=" + hmac.new(SECRET, b"{}", hashlib.sha1).hexdigest()
    answer = door.send(b"{}", X_Hub_Signature_256=signature, X_Hub_Signature=sha1)
    assert answer.status_code == 401
    assert answer.json()["mend"]
    assert door.rows() == []
    assert door.nudged == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X_GitHub_Event": ""},
        {"X_GitHub_Delivery": ""},
        {"X_GitHub_Event": "../push"},
        {"X_GitHub_Event": "x" * 200},
        {"X_GitHub_Delivery": "a b"},
        {"X_GitHub_Delivery": "x" * 200},
    ],
)
def test_headers_that_are_missing_or_odd_are_refused(door: Door, headers: dict[str, str]) -> None:
    assert door.send(**headers).status_code == 400
    assert door.rows() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"payload=%7B%7D", b"{", b"\xff", b"[" * 10_000])
def test_a_body_that_is_no_json_object_is_refused_with_what_to_set(door: Door, body: bytes) -> None:
    answer = door.send(body)
    assert answer.status_code == 400
    assert "application/json" in answer.json()["mend"]
    assert door.rows() == []


@pytest.mark.parametrize(
    "body",
    [
        {"repository": {"full_name": "a/b\u0000"}, "action": "x\u0000"},
        {"repository": None, "action": ["opened"]},
        {"pull_request": {"number": 2**80}},
        {"title": "\u0000\ud800"},
    ],
)
def test_hostile_bodies_that_are_signed_are_kept_and_harm_nothing(door_on_each: Door, body: object) -> None:
    door = door_on_each
    assert door.send(body, event="pull_request").status_code == 200
    (row,) = door.rows()
    assert (row.action, row.repository) == (None, None)


def test_an_event_without_meaning_here_is_kept(door: Door) -> None:
    answer = door.send({"action": "started", "repository": {"full_name": "orchard/taxonomy"}}, event="watch")
    assert answer.status_code == 200
    (row,) = door.rows()
    assert row.event == "watch"


def test_a_ping_is_answered(door: Door) -> None:
    answer = door.send({"zen": "Keep it simple.", "hook_id": 1}, event="ping")
    assert (answer.status_code, answer.json()["message"]) == (200, "pong")
    assert door.rows() == []


def test_a_broker_that_is_down_fails_nothing(door: Door) -> None:
    door.broker_is_down = True
    assert door.send().status_code == 202
    assert len(door.rows()) == 1


def test_a_ledger_that_is_down_asks_github_to_come_again(door_on_each: Door) -> None:
    door = door_on_each
    with door.engine.begin() as connection:
        connection.execute(text("ALTER TABLE deliveries RENAME TO elsewhere"))
    answer = door.send()
    assert answer.status_code == 503
    assert "sql" not in answer.text.lower()
    assert door.nudged == []


def test_the_largest_body_that_github_sends_is_taken(door: Door) -> None:
    raw = b'{"x": "' + b"y" * (LARGEST - 9) + b'"}'
    assert len(raw) == LARGEST
    assert door.send(raw).status_code == 200


def test_a_larger_body_is_refused_whether_it_is_announced_or_not(door: Door) -> None:
    raw = b'{"x": "' + b"y" * (LARGEST - 8) + b'"}'
    assert door.send(raw).status_code == 413

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(raw), 1 << 20):
            yield raw[start : start + (1 << 20)]

    headers = {"X-GitHub-Event": "push", "X-GitHub-Delivery": "d", "X-Hub-Signature-256": sign(SECRET, raw)}
    assert door.client.post("/webhooks/github", content=pieces(), headers=headers).status_code == 413
    assert door.rows() == []


def test_other_methods_and_paths_are_refused(door: Door) -> None:
    assert door.client.get("/webhooks/github").status_code == 405
    assert door.client.post("/webhooks/gitlab", json=PUSH).status_code == 404
