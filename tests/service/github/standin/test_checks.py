from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.service.github.standin.served import REPO, Served

NOTE = {"path": "README.md", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "m"}


@pytest.fixture
def head(standin: Served) -> str:
    return str(standin.client().get(f"{REPO}/branches/main").json()["commit"]["sha"])


def output(**more: Any) -> dict[str, Any]:
    return {"output": {"title": "t", "summary": "s", **more}}


@pytest.mark.parametrize("login", ["ada", "max"])
def test_only_an_app_writes_checks(standin: Served, head: str, login: str) -> None:
    answer = standin.client(login).post(f"{REPO}/check-runs", json={"name": "x", "head_sha": head})
    assert (answer.status_code, answer.json()["message"]) == (403, "You must authenticate via a GitHub App.")
    assert (
        standin.client().post(f"{REPO}/check-runs", json={"name": "x", "head_sha": head}).status_code == 401
    )


def test_fifty_annotations_go_in_one_request_and_fifty_one_do_not(standin: Served, head: str) -> None:
    bot = standin.bot()
    body = {"name": "x", "head_sha": head}
    assert bot.post(f"{REPO}/check-runs", json=body | output(annotations=[NOTE] * 51)).status_code == 422
    run = bot.post(f"{REPO}/check-runs", json=body | output(annotations=[NOTE] * 50)).json()
    more = bot.patch(f"{REPO}/check-runs/{run['id']}", json=output(annotations=[NOTE] * 10)).json()
    assert more["output"]["annotations_count"] == 60
    page = bot.get(f"{REPO}/check-runs/{run['id']}/annotations", params={"per_page": 100}).json()
    assert len(page) == 60


@pytest.mark.parametrize(("field", "room"), [("summary", 65_535), ("text", 65_535)])
def test_texts_beyond_github_s_room_are_refused(standin: Served, head: str, field: str, room: int) -> None:
    bot, body = standin.bot(), {"name": "x", "head_sha": head}
    assert bot.post(f"{REPO}/check-runs", json=body | output(**{field: "x" * room})).status_code == 201
    assert bot.post(f"{REPO}/check-runs", json=body | output(**{field: "x" * (room + 1)})).status_code == 422


@pytest.mark.parametrize(
    "fault",
    [
        {"annotation_level": "error"},
        {"end_line": 0},
        {"start_line": 0},
        {"end_line": 2, "start_column": 1},
        {"message": None},
    ],
)
def test_an_annotation_github_would_refuse_is_refused(
    standin: Served, head: str, fault: dict[str, Any]
) -> None:
    body = {"name": "x", "head_sha": head} | output(annotations=[NOTE | fault])
    answer = standin.bot().post(f"{REPO}/check-runs", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["resource"] == "CheckAnnotation"
    assert standin.client().get(f"{REPO}/commits/{head}/check-runs").json()["total_count"] == 0


ACTION = {"label": "Approve", "description": "Spend time on this commit", "identifier": "approve"}


@pytest.mark.parametrize(
    "actions",
    [
        [ACTION] * 4,
        [ACTION | {"label": "x" * 21}],
        [ACTION | {"description": "x" * 41}],
        [ACTION | {"identifier": "x" * 21}],
        [{"label": "Approve", "identifier": "approve"}],
    ],
)
def test_buttons_beyond_github_s_limits_are_refused(
    standin: Served, head: str, actions: list[dict[str, str]]
) -> None:
    body = {"name": "x", "head_sha": head}
    assert standin.bot().post(f"{REPO}/check-runs", json=body | {"actions": actions}).status_code == 422


def test_only_who_may_write_presses_a_button_and_only_one_that_is_there(standin: Served, head: str) -> None:
    body = {"name": "x", "head_sha": head, "actions": [ACTION]}
    run = standin.bot().post(f"{REPO}/check-runs", json=body).json()
    standin.person("max").press(run["id"], "approve")
    for login, identifier in (("tess", "approve"), ("ada", "approve"), ("max", "cancel")):
        with pytest.raises(httpx.HTTPStatusError):
            standin.person(login).press(run["id"], identifier)
    assert [deed["who"] for deed in standin.history("check_run.requested_action")] == ["max"]


def test_a_run_that_is_asked_for_again_stays_as_it_is(standin: Served, head: str) -> None:
    run = standin.bot().post(
        f"{REPO}/check-runs", json={"name": "x", "head_sha": head, "conclusion": "failure"}
    )
    standin.person("max").rerun_check(run.json()["id"])
    again = standin.client().get(f"{REPO}/check-runs/{run.json()['id']}").json()
    assert (again["status"], again["conclusion"]) == ("completed", "failure")


def test_a_conclusion_completes_a_run_and_a_completed_run_needs_one(standin: Served, head: str) -> None:
    bot = standin.bot()
    run = bot.post(f"{REPO}/check-runs", json={"name": "x", "head_sha": head}).json()
    assert (run["status"], run["conclusion"]) == ("queued", None)
    assert bot.patch(f"{REPO}/check-runs/{run['id']}", json={"status": "completed"}).status_code == 422
    done = bot.patch(f"{REPO}/check-runs/{run['id']}", json={"conclusion": "success"}).json()
    assert (done["status"], done["conclusion"]) == ("completed", "success")
    assert done["completed_at"]


def test_of_runs_with_one_name_the_newest_is_listed(standin: Served, head: str) -> None:
    bot = standin.bot()
    first, second = (
        bot.post(f"{REPO}/check-runs", json={"name": "x", "head_sha": head}).json() for _ in range(2)
    )
    listed = bot.get(f"{REPO}/commits/main/check-runs").json()["check_runs"]
    assert [run["id"] for run in listed] == [second["id"]]
    every = bot.get(f"{REPO}/commits/main/check-runs", params={"filter": "all"}).json()["check_runs"]
    assert [run["id"] for run in every] == [second["id"], first["id"]]
