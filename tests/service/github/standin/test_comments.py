from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.service.github.standin.served import REPO, Served


@pytest.fixture
def issue(standin: Served) -> str:
    standin.client("ada").post(f"{REPO}/issues", json={"title": "How?"})
    return f"{REPO}/issues/1"


def test_a_comment_holds_65536_characters_and_not_one_more(standin: Served, issue: str) -> None:
    ada = standin.client("ada")
    assert ada.post(f"{issue}/comments", json={"body": "x" * 65_536}).status_code == 201
    refused = ada.post(f"{issue}/comments", json={"body": "x" * 65_537})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body")
    assert ada.post(f"{issue}/comments", json={"body": " "}).status_code == 422
    assert ada.post(f"{issue}/comments", json={}).json()["errors"][0]["code"] == "missing_field"
    assert len(standin.history("comment.created")) == 1


def test_since_gives_what_changed_at_or_after_that_second(standin: Served, issue: str) -> None:
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    for minutes in (0, 5):
        moment = noon + timedelta(minutes=minutes)
        standin.world.clock = partial(datetime.fromtimestamp, moment.timestamp(), UTC)
        standin.client("ada").post(f"{issue}/comments", json={"body": f"after {minutes}"})
    found = standin.client().get(f"{REPO}/issues/comments", params={"since": "2026-01-31T12:05:00Z"}).json()
    assert [one["body"] for one in found] == ["after 5"]
    standin.world.clock = lambda: noon + timedelta(minutes=9)
    first = standin.client().get(f"{issue}/comments").json()[0]
    standin.client("ada").patch(f"{REPO}/issues/comments/{first['id']}", json={"body": "edited"})
    found = standin.client().get(f"{issue}/comments", params={"since": "2026-01-31T12:06:00Z"}).json()
    assert [one["body"] for one in found] == ["edited"]


def test_a_comment_is_its_author_s_and_the_maintainers_to_change(standin: Served, issue: str) -> None:
    comment = standin.bot().post(f"{issue}/comments", json={"body": "by the bot"}).json()
    assert comment["user"]["login"] == "graftlab[bot]"
    assert comment["performed_via_github_app"]["slug"] == "graftlab"
    where = f"{REPO}/issues/comments/{comment['id']}"
    assert standin.client("ada").patch(where, json={"body": "mine"}).status_code == 403
    assert standin.client().patch(where, json={"body": "nobody's"}).status_code == 401
    assert standin.client("max").patch(where, json={"body": "max's"}).status_code == 200


def test_a_deleted_comment_s_number_is_never_given_again(standin: Served, issue: str) -> None:
    ada = standin.client("ada")
    first = ada.post(f"{issue}/comments", json={"body": "one"}).json()["id"]
    assert ada.delete(f"{REPO}/issues/comments/{first}").status_code == 204
    assert ada.get(f"{REPO}/issues/comments/{first}").status_code == 404
    assert ada.post(f"{issue}/comments", json={"body": "two"}).json()["id"] > first


def test_the_same_reaction_twice_is_one(standin: Served, issue: str) -> None:
    ada = standin.client("ada")
    comment = ada.post(f"{issue}/comments", json={"body": "hello"}).json()["id"]
    where = f"{REPO}/issues/comments/{comment}/reactions"
    assert [ada.post(where, json={"content": "eyes"}).status_code for _ in range(2)] == [201, 200]
    assert ada.post(where, json={"content": "shrug"}).status_code == 422
    assert ada.get(f"{REPO}/issues/comments/{comment}").json()["reactions"]["eyes"] == 1


def test_labels_are_the_triagers_to_set(standin: Served, issue: str) -> None:
    assert standin.client("ada").post(f"{issue}/labels", json=["leaf"]).status_code == 403
    assert [one["name"] for one in standin.client("tess").post(f"{issue}/labels", json=["leaf"]).json()] == [
        "leaf"
    ]
    assert standin.client("tess").delete(f"{issue}/labels/leaf").json() == []
