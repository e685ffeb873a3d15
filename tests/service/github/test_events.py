import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.github.events import EVENTS, EventSummary, MalformedEvent, identify

SHA = "a" * 40
REPOSITORY = {"full_name": "orchard/taxonomy", "id": 1, "private": False}
SENDER = {"login": "ada", "type": "User"}
COMMON = {"repository": REPOSITORY, "sender": SENDER}


def read(event: str, body: Any) -> EventSummary:
    return identify(event, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("event", "body", "expected"),
    [
        (
            "pull_request",
            COMMON | {"action": "opened", "pull_request": {"number": 7, "head": {"sha": SHA}, "title": "x"}},
            EventSummary("pull_request", "opened", "orchard/taxonomy", 7, None, SHA, "ada", known=True),
        ),
        (
            "issue_comment",
            COMMON | {"action": "created", "issue": {"number": 7}, "comment": {"id": 99, "body": "hi"}},
            EventSummary("issue_comment", "created", "orchard/taxonomy", 7, 99, None, "ada", known=True),
        ),
        (
            "push",
            COMMON | {"ref": "refs/heads/main", "after": SHA},
            EventSummary("push", None, "orchard/taxonomy", None, None, SHA, "ada", known=True),
        ),
        (
            "check_run",
            COMMON | {"action": "rerequested", "check_run": {"head_sha": SHA, "name": "graft"}},
            EventSummary("check_run", "rerequested", "orchard/taxonomy", None, None, SHA, "ada", known=True),
        ),
        (
            "pull_request_review",
            COMMON | {"action": "submitted", "pull_request": {"number": 7, "head": {"sha": SHA}}},
            EventSummary(
                "pull_request_review", "submitted", "orchard/taxonomy", 7, None, SHA, "ada", known=True
            ),
        ),
        ("ping", {"zen": "Keep it simple.", "hook_id": 3}, EventSummary("ping", known=True)),
        (
            "installation",
            {"action": "created", "installation": {"id": 5}, "sender": {"login": "x[bot]", "type": "Bot"}},
            EventSummary("installation", "created", sender="x[bot]", sender_is_bot=True, known=True),
        ),
        (
            "star",
            COMMON | {"action": "created"},
            EventSummary("star", "created", "orchard/taxonomy", sender="ada"),
        ),
    ],
)
def test_an_event_says_what_it_is_about(event: str, body: Any, expected: EventSummary) -> None:
    assert read(event, body) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"1",
        b'"x"',
        b"{",
        b"\xff\xfe",
        b"payload=%7B%7D",
        b"[" * 100_000,
        b"9" * 10_000,
        b"NaN",
    ],
)
@pytest.mark.parametrize("event", ["pull_request", "star"])
def test_what_is_no_json_object_is_malformed(event: str, body: bytes) -> None:
    with pytest.raises(MalformedEvent) as caught:
        identify(event, body)
    assert "application/json" in caught.value.mend


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "opened"},
        COMMON | {"action": "opened", "pull_request": {"number": "x", "head": {"sha": SHA}}},
        COMMON | {"action": "opened", "pull_request": {"number": -1, "head": {"sha": SHA}}},
        COMMON | {"action": "opened", "pull_request": {"number": 2**70, "head": {"sha": SHA}}},
        COMMON | {"action": "opened", "pull_request": {"number": 1, "head": {"sha": "../x"}}},
        COMMON | {"action": "opened", "pull_request": None},
    ],
)
def test_another_shape_than_githubs_is_not_known(body: Any) -> None:
    assert not read("pull_request", body).known


@pytest.mark.parametrize(
    "name", ["orchard", "../x", "a/b/c", "a/b\u0000", "a/" + "b" * 500, 5, None, {"x": 1}]
)
def test_a_repositorys_name_that_cannot_be_one_is_not_passed_on(name: Any) -> None:
    assert read("push", {"repository": {"full_name": name}}).repository is None


@pytest.mark.parametrize("action", ["a\u0000b", "A B", "", "x" * 100, 5, ["opened"]])
def test_an_action_that_cannot_be_one_is_not_passed_on(action: Any) -> None:
    assert read("star", {"action": action}).action is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["action", "repository", "full_name", "pull_request", "number", "head", "sha", "sender"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from([*EVENTS, "star"]), _JSON | st.binary(max_size=100))
def test_no_body_makes_it_fall(event: str, body: Any) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        summary = identify(event, raw)
    except MalformedEvent:
        return
    assert summary.event == event
