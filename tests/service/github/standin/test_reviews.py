from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.service.github.standin.contract import validate_answer, validate_event
from tests.service.github.standin.served import REPO, Catcher, Served, open_a_pull

FILE = "knowledge/new/qna.yaml"
REMARK = {"path": FILE, "line": 1, "side": "RIGHT", "body": "```suggestion\nversion: 3\n```"}


def review(**changes: Any) -> dict[str, Any]:
    return {"event": "COMMENT", "body": "Two things.", "comments": [REMARK]} | changes


def test_a_review_and_its_remarks_look_as_github_describes_them(standin: Served, tmp_path: Path) -> None:
    copy, number = open_a_pull(standin, tmp_path / "ada")
    bot, at = standin.bot(), f"{REPO}/pulls/{number}"
    made = bot.post(f"{at}/reviews", json=review())
    remark = bot.get(f"{at}/comments").json()[0]
    answered = standin.client("ada").post(f"{at}/comments/{remark['id']}/replies", json={"body": "Why?"})
    copy.write(FILE, "# new\nversion: 3\n")
    copy.commit("Push it down")
    copy.push()
    moved = bot.get(f"{REPO}/pulls/comments/{remark['id']}")
    copy.write(FILE, "version: 2\n")
    copy.commit("Change it")
    copy.push()
    listed = bot.get(f"{at}/comments")

    assert (made.status_code, made.json()["state"], remark["line"]) == (200, "COMMENTED", 1)
    assert answered.json()["in_reply_to_id"] == remark["id"]
    assert moved.json()["line"] == 2
    assert [(one["line"], one["position"]) for one in listed.json()] == [(None, None)] * 2
    assert [one["original_position"] for one in listed.json()] == [1, 1]
    assert bot.delete(f"{REPO}/pulls/comments/{remark['id']}").status_code == 204
    for answer in (made, answered, moved, listed, bot.get(f"{at}/reviews")):
        request = answer.request
        path = request.url.path.removeprefix("/api/v3")
        validate_answer(request.method, path, answer.status_code, answer.content)


def test_a_pull_request_counts_the_remarks_and_answers_that_were_handed_in(
    standin: Served, tmp_path: Path
) -> None:
    _, number = open_a_pull(standin, tmp_path / "ada")
    _, other = open_a_pull(standin, tmp_path / "again", branch="again")
    bot, at = standin.bot(), f"{REPO}/pulls/{number}"

    def counted() -> list[int]:
        answers = [bot.get(f"{REPO}/pulls/{one}") for one in (number, other)]
        for answer in answers:
            path = answer.request.url.path.removeprefix("/api/v3")
            validate_answer("GET", path, answer.status_code, answer.content)
        return [answer.json()["review_comments"] for answer in answers]

    before = counted()
    bot.post(f"{at}/reviews", json={"body": "Not handed in yet.", "comments": [REMARK]})
    not_handed_in = counted()
    bot.post(f"{at}/reviews", json=review())
    remark = bot.get(f"{at}/comments").json()[0]
    standin.client("ada").post(f"{at}/comments/{remark['id']}/replies", json={"body": "Why?"})
    answered = counted()
    bot.delete(f"{REPO}/pulls/comments/{remark['id']}")

    assert [before, not_handed_in, answered, counted()] == [[0, 0], [0, 0], [2, 0], [1, 0]]


def test_a_remark_s_position_counts_the_lines_of_its_file_s_patch(standin: Served, tmp_path: Path) -> None:
    copy, number = open_a_pull(standin, tmp_path / "ada")
    lines = (copy.path / "README.md").read_text().splitlines()
    copy.write("README.md", "\n".join(["First.", *lines[1:-1], "Last."]))
    sha = copy.commit("Change both ends")
    copy.push()
    bot, at = standin.bot(), f"{REPO}/pulls/{number}"
    remark = REMARK | {"path": "README.md", "line": len(lines)}
    bot.post(f"{at}/reviews", json=review(comments=[remark], commit_id=sha))
    patch = next(one["patch"] for one in bot.get(f"{at}/files").json() if one["filename"] == "README.md")
    (told,) = bot.get(f"{at}/comments").json()

    assert patch.count("\n@@ ") == 1  # the second hunk's line counts as well
    assert patch.split("\n")[told["position"]] == "+Last."
    assert told["original_position"] == told["position"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"line": 2}, "Line could not be resolved"),
        ({"path": "README.md"}, "Path could not be resolved"),
        ({"body": ""}, "Body can't be blank"),
        ({"start_line": 1}, "Start line could not be resolved"),
    ],
)
def test_one_remark_outside_the_diff_refuses_the_whole_review(
    standin: Served, tmp_path: Path, fault: dict[str, Any], said: str
) -> None:
    _, number = open_a_pull(standin, tmp_path / "ada")
    bot, at = standin.bot(), f"{REPO}/pulls/{number}"
    answer = bot.post(f"{at}/reviews", json=review(comments=[REMARK, REMARK | fault]))

    assert (answer.status_code, answer.json()["errors"]) == (422, [said])
    assert bot.get(f"{at}/reviews").json() == []
    assert bot.get(f"{at}/comments").json() == []


def test_nobody_approves_their_own_pull_request(standin: Served, tmp_path: Path) -> None:
    _, number = open_a_pull(standin, tmp_path / "ada")
    answer = standin.client("ada").post(f"{REPO}/pulls/{number}/reviews", json={"event": "APPROVE"})

    assert answer.status_code == 422


def test_code_scanning_takes_a_packed_log_and_nothing_else(standin: Served) -> None:
    bot = standin.bot()
    sha = bot.get(f"{REPO}/branches/main").json()["commit"]["sha"]
    log = {"version": "2.1.0", "runs": [{"results": [{}]}]}
    packed = base64.b64encode(gzip.compress(json.dumps(log).encode())).decode()
    asked = {"commit_sha": sha, "ref": "refs/heads/main", "sarif": packed}
    taken = bot.post(f"{REPO}/code-scanning/sarifs", json=asked)

    assert taken.status_code == 202
    validate_answer("POST", f"{REPO}/code-scanning/sarifs", 202, taken.content)
    told = bot.get(f"{REPO}/code-scanning/sarifs/{taken.json()['id']}")
    assert told.json()["processing_status"] == "complete"
    plain = asked | {"sarif": json.dumps(log)}
    assert bot.post(f"{REPO}/code-scanning/sarifs", json=plain).status_code == 400
    assert standin.client("ada").post(f"{REPO}/code-scanning/sarifs", json=asked).status_code == 403


def test_a_review_its_remarks_and_answers_are_told_as_github_tells_them(
    told: Served, catcher: Catcher, tmp_path: Path
) -> None:
    _, number = open_a_pull(told, tmp_path / "ada")
    at = f"{REPO}/pulls/{number}"
    told.bot().post(f"{at}/reviews", json={"body": "Not handed in yet."})
    told.bot().post(f"{at}/reviews", json=review())
    remark = told.bot().get(f"{at}/comments").json()[0]
    told.client("ada").post(f"{at}/comments/{remark['id']}/replies", json={"body": "Why?"})
    told.bot().delete(f"{REPO}/pulls/comments/{remark['id']}")
    catcher.wait_for("pull_request_review_comment.deleted")
    of_reviews = [one for one in catcher.caught if one.event.startswith("pull_request_review")]
    for one in of_reviews:
        validate_event(one.event, one.raw)

    once = ["pull_request_review.submitted", "pull_request_review_comment.created"]
    assert [one.name for one in of_reviews] == [*once, *once, "pull_request_review_comment.deleted"]
    handed_in, remarked, answered = (one.body for one in of_reviews[:3])
    assert (handed_in["review"]["state"], handed_in["review"]["body"]) == ("commented", "Two things.")
    assert remarked["comment"]["pull_request_review_id"] == handed_in["review"]["id"]
    assert (answered["review"]["body"], answered["sender"]["login"]) == (None, "ada")
