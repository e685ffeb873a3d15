from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.service.github.standin.served import RATE_LIMIT, REPO, Served


def test_the_api_is_the_same_with_and_without_its_prefix(standin: Served) -> None:
    with httpx.Client(base_url=standin.base_url, trust_env=False) as client:
        plain, prefixed = client.get(REPO).json(), client.get(f"/api/v3{REPO}").json()
    assert plain["id"] == prefixed["id"]
    assert plain["url"] == f"{standin.base_url}{REPO}"
    assert prefixed["url"] == f"{standin.base_url}/api/v3{REPO}"


def test_what_did_not_change_is_304_and_costs_nothing(standin: Served) -> None:
    ada = standin.client("ada")
    first = ada.get(f"{REPO}/issues")
    again = ada.get(f"{REPO}/issues", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    left = int(ada.get("/user").headers["x-ratelimit-remaining"])
    assert left == int(first.headers["x-ratelimit-remaining"]) - 1
    ada.post(f"{REPO}/issues", json={"title": "How?"})
    assert ada.get(f"{REPO}/issues", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_pages_link_to_each_other_until_the_last(standin: Served) -> None:
    ada = standin.client("ada")
    for number in range(7):
        ada.post(f"{REPO}/issues", json={"title": str(number)})
    url: str | None = f"{REPO}/issues?per_page=3&state=all"
    titles: list[str] = []
    while url is not None:
        answer = ada.get(url)
        titles += [one["title"] for one in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert titles == ["6", "5", "4", "3", "2", "1", "0"]
    assert "page=3" in ada.get(f"{REPO}/issues?per_page=3").links["last"]["url"]
    assert ada.get(f"{REPO}/issues?per_page=100").links == {}


def test_who_has_asked_too_much_waits_for_the_hour_to_end(standin: Served) -> None:
    ada = standin.client("ada")
    for _ in range(RATE_LIMIT):
        last = ada.get("/meta")
    assert last.headers["x-ratelimit-remaining"] == "0"
    refused = ada.get("/user")
    assert (refused.status_code, refused.json()["message"]) == (403, "API rate limit exceeded")
    assert ada.get("/rate_limit").json()["resources"]["core"]["remaining"] == 0
    assert standin.client("tess").get("/user").status_code == 200
    standin.world.clock = lambda: datetime.now(UTC) + timedelta(minutes=61)
    assert ada.get("/user").status_code == 200


@pytest.mark.parametrize(
    ("kind", "status"), [("500", 500), ("502", 502), ("403-retry-after", 403), ("429", 429)]
)
def test_a_fault_on_order_comes_as_often_as_ordered_and_does_nothing(
    standin: Served, kind: str, status: int
) -> None:
    standin.order_fault(kind, times=2, match=f"{REPO}/issues", method="POST")
    ada = standin.client("ada")
    answers = [ada.post(f"{REPO}/issues", json={"title": "x"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 201]
    assert ("retry-after" in answers[0].headers) == (status in {403, 429})
    assert len(standin.history("issue.created")) == 1


@pytest.mark.parametrize("kind", ["500-after", "drop-connection"])
def test_an_answer_may_be_hidden_although_the_work_was_done(standin: Served, kind: str) -> None:
    standin.order_fault(kind, match=f"{REPO}/issues")
    ada = standin.client("ada")
    try:
        assert ada.post(f"{REPO}/issues", json={"title": "x"}).status_code == 500
    except httpx.RemoteProtocolError:
        assert kind == "drop-connection"
    assert len(standin.history("issue.created")) == 1


def test_a_timeout_is_longer_than_a_hasty_client_waits(standin: Served) -> None:
    standin.order_fault("timeout", match="/user", seconds=0.6)
    with pytest.raises(httpx.ReadTimeout):
        standin.client("ada").get("/user", timeout=0.2)
    assert standin.client("ada").get("/user").status_code == 200


def test_an_unknown_fault_is_refused_with_what_is_wrong(standin: Served) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        standin.order_fault("earthquake")
    assert refused.value.response.status_code == 422


async def test_only_this_machine_orders_faults_and_reads_the_history(standin: Served) -> None:
    def from_afar(scope: dict[str, Any]) -> dict[str, Any]:
        return scope | {"client": ("192.0.2.7", 1234)}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await standin.recorder.app(from_afar(scope), receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://standin") as client:
        for path in ("history", "faults", "deliveries"):
            assert (await client.get(f"/_standin/{path}")).status_code == 403
        assert (await client.get("/_standin/healthz")).status_code == 200


def test_the_history_tells_every_write_in_order_with_who_and_what(standin: Served) -> None:
    standin.client("ada").post(f"{REPO}/issues", json={"title": "How?"})
    standin.bot().post(f"{REPO}/issues/1/comments", json={"body": "So."})
    standin.client("max").patch(f"{REPO}/issues/1", json={"state": "closed"})
    told = [(one["who"], one["what"], one["target"]) for one in standin.history()]
    where = "orchard/taxonomy#1"
    assert told == [
        ("ada", "issue.created", where),
        ("graftlab[bot]", "comment.created", where),
        ("max", "issue.edited", where),
    ]
    assert len(standin.history("comment")) == 1


def test_a_fault_may_be_meant_for_one_kind_of_token_and_for_a_share(standin: Served) -> None:
    ada, tess = standin.client("ada"), standin.client("tess")
    token = ada.headers["authorization"].partition(" ")[2]
    standin.order_fault("500", times=100, match="/user", credential=token, share=0.25)

    assert [ada.get("/user").status_code for _ in range(8)] == [200, 200, 200, 500] * 2
    assert {tess.get("/user").status_code for _ in range(8)} == {200}
