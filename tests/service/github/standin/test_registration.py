"""What the owner of an App's installation may do to it, and what its tokens are narrowed to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.github.standin.contract import validate_answer, validate_event
from tests.service.github.standin.served import REPO, Catcher, Served


def token(standin: Served, **asked: Any) -> Any:
    path = f"/app/installations/{standin.seeded.installation_id}/access_tokens"
    as_app = standin._client(f"Bearer {standin.as_app().token}")
    answer = as_app.post(path, json=asked)
    validate_answer("POST", path, answer.status_code, answer.content)
    return answer


def test_a_token_says_what_it_was_narrowed_to_and_holds_to_it(standin: Served) -> None:
    made = token(standin, repositories=["documents"], permissions={"issues": "read", "contents": "write"})
    assert made.json()["repository_selection"] == "selected"
    assert [one["name"] for one in made.json()["repositories"]] == ["documents"]
    client = standin._client(f"token {made.json()['token']}")
    assert client.get("/installation/repositories").json()["total_count"] == 1
    label = {"name": "x", "color": "000000"}
    contents = {"message": "m", "content": "eA=="}
    statuses = [
        client.get(f"{REPO}/issues").status_code,
        client.post("/repos/orchard/documents/labels", json=label).status_code,
        client.put(f"{REPO}/contents/x.md", json=contents).status_code,
        client.put("/repos/orchard/documents/contents/x.md", json=contents).status_code,
    ]
    assert statuses == [200, 403, 403, 201]


@pytest.mark.parametrize(
    "asked", [{"repositories": ["nothing"]}, {"permissions": {"administration": "write"}}]
)
def test_nothing_is_given_that_the_installation_does_not_have(standin: Served, asked: dict[str, Any]) -> None:
    assert token(standin, **asked).status_code == 422


def test_the_app_is_told_of_its_installation_s_rest_and_end(told: Served, catcher: Catcher) -> None:
    path = f"/app/installations/{told.seeded.installation_id}"
    bot, as_app = told.bot(), told._client(f"Bearer {told.as_app().token}")
    assert as_app.put(f"{path}/suspended").status_code == 204
    assert (token(told).status_code, bot.get(REPO).status_code) == (403, 403)
    assert as_app.get(path).json()["suspended_at"]
    told.client("tess").post(f"{REPO}/issues", json={"title": "unheard"})
    assert as_app.delete(f"{path}/suspended").status_code == 204
    assert bot.get(REPO).status_code == 200
    assert as_app.delete(path).status_code == 204
    assert (bot.get(REPO).status_code, as_app.get(path).status_code) == (401, 404)
    catcher.wait_for("installation.deleted")
    assert [name for name in catcher.names() if name != "ping"] == [
        "installation.suspend",
        "installation.unsuspend",
        "installation.deleted",
    ]
    for caught in catcher.caught:
        validate_event(caught.event, caught.raw)


def test_the_app_sees_where_its_webhooks_go_and_never_their_secret(told: Served, catcher: Catcher) -> None:
    answer = told._client(f"Bearer {told.as_app().token}").get("/app/hook/config")
    validate_answer("GET", "/app/hook/config", answer.status_code, answer.content)
    assert answer.json()["url"] == catcher.url
    assert set(answer.json()["secret"]) == {"*"}
