from __future__ import annotations

from pathlib import Path
from typing import Any

from service.github.standin.courier import signature
from tests.service.github.standin.served import REPO, SECRET, Catcher, Served, open_a_pull


def app_get(standin: Served, path: str, method: str = "GET") -> Any:
    _, found = standin.app_requester().requestJsonAndCheck(method, path)
    return found


def test_payloads_are_signed_and_carry_github_s_headers(told: Served, catcher: Catcher) -> None:
    ping = catcher.wait_for("ping")
    assert ping.headers["x-hub-signature-256"] == signature(SECRET, ping.raw)
    assert ping.headers["x-github-hook-installation-target-type"] == "integration"
    assert ping.headers["content-type"] == "application/json"
    assert len(ping.headers["x-github-delivery"]) == 36


def test_events_arrive_in_the_order_they_happened(told: Served, catcher: Catcher) -> None:
    ada = told.client("ada")
    told.order_fault("delay-webhook", match="issues", seconds=1)  # so that the others have to queue
    ada.post(f"{REPO}/issues", json={"title": "How?"})
    for number in range(8):
        ada.post(f"{REPO}/issues/1/comments", json={"body": str(number)})
    caught = catcher.wait(lambda all_: len(all_) >= 10)
    said = [one.body["comment"]["body"] for one in caught if one.name == "issue_comment.created"]
    assert said == [str(number) for number in range(8)]


def test_a_failed_delivery_is_kept_not_retried_and_redelivered_under_its_own_id(
    told: Served, catcher: Catcher
) -> None:
    catcher.wait_for("ping")
    catcher.status = 503
    told.client("ada").post(f"{REPO}/issues", json={"title": "How?"})
    failed = catcher.wait_for("issues.opened")
    kept = told.wait_tried(lambda all_: next((one for one in all_ if one["event"] == "issues"), None))
    assert (kept["status_code"], kept["status"]) == (503, "Invalid HTTP Response: 503")
    catcher.status = 202
    app_get(told, f"/app/hook/deliveries/{kept['id']}/attempts", "POST")
    caught = catcher.wait(lambda all_: sum(one.event == "issues" for one in all_) == 2)
    again = caught[-1]
    assert again.raw == failed.raw
    assert again.headers["x-github-delivery"] == failed.headers["x-github-delivery"]
    told.wait_tried(lambda all_: [one for one in all_ if one["redelivery"] and one["status"] == "OK"])
    newest = app_get(told, "/app/hook/deliveries")[0]
    assert (newest["redelivery"], newest["status"], newest["guid"]) == (True, "OK", kept["guid"])


def test_a_dropped_webhook_is_on_record_as_failed(told: Served, catcher: Catcher) -> None:
    catcher.wait_for("ping")
    told.order_fault("drop-webhook", match="issue_comment")
    ada = told.client("ada")
    ada.post(f"{REPO}/issues", json={"title": "How?"})
    ada.post(f"{REPO}/issues/1/comments", json={"body": "lost"})
    ada.post(f"{REPO}/issues/1/comments", json={"body": "arrives"})
    assert catcher.wait_for("issue_comment.created").body["comment"]["body"] == "arrives"
    outcomes = [
        one["status"] for one in app_get(told, "/app/hook/deliveries") if one["event"] == "issue_comment"
    ]
    assert "failed to connect to host" in outcomes


def test_a_duplicated_webhook_comes_twice_under_one_id(told: Served, catcher: Catcher) -> None:
    told.order_fault("duplicate-webhook", match="issues")
    told.client("ada").post(f"{REPO}/issues", json={"title": "How?"})
    caught = catcher.wait(lambda all_: sum(one.event == "issues" for one in all_) == 2)
    assert len({one.headers["x-github-delivery"] for one in caught if one.event == "issues"}) == 1


def test_what_happens_in_a_fork_is_not_told(told: Served, catcher: Catcher, tmp_path: Path) -> None:
    open_a_pull(told, tmp_path / "ada")
    catcher.wait_for("pull_request.opened")
    assert "push" not in catcher.names()
