from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.service.github.standin.served import REPO, Served


def key_token(standin: Served, key: str | None = None, algorithm: str = "RS256", **claims: Any) -> str:
    now = int(time.time())
    body = {"iat": now - 10, "exp": now + 300, "iss": str(standin.seeded.app_id)} | claims
    return jwt.encode(body, key or standin.seeded.app_key.read_text(), algorithm=algorithm)


def ask(standin: Served, token: str) -> tuple[int, str]:
    answer = standin.client().get("/app", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json().get("message", "")


def test_the_app_is_known_by_its_key(standin: Served) -> None:
    assert ask(standin, key_token(standin)) == (200, "")
    assert standin.client().get("/app").status_code == 401


def test_another_key_and_another_algorithm_prove_nothing(standin: Served) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert ask(standin, key_token(standin, other.decode()))[0] == 401
    assert ask(standin, key_token(standin, "a shared secret, long enough for the library", "HS256"))[0] == 401
    assert ask(standin, "a.b.c")[0] == 401


NOW = int(time.time())


@pytest.mark.parametrize(
    ("claims", "word"),
    [
        ({"exp": NOW - 5}, "exp"),
        ({"exp": NOW + 3600}, "too far"),
        ({"iat": NOW + 900}, "iat"),
        ({"iss": "999"}, "Integration"),
    ],
)
def test_a_key_s_token_must_be_fresh_and_short(standin: Served, claims: dict[str, Any], word: str) -> None:
    status, message = ask(standin, key_token(standin, **claims))
    assert status == 401
    assert word in message


def test_an_installation_s_token_runs_out_after_an_hour(standin: Served) -> None:
    bot = standin.bot()
    assert bot.get("/installation/repositories").json()["total_count"] == 2
    standin.world.clock = lambda: datetime.now(UTC) + timedelta(minutes=61)
    assert bot.get("/installation/repositories").status_code == 401


def test_a_token_that_nobody_gave_is_refused_everywhere(standin: Served) -> None:
    for path in ("/user", REPO, f"{REPO}/pulls"):
        answer = standin.client().get(path, headers={"Authorization": "token guessed"})
        assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [("ada", "read", "read"), ("tess", "read", "triage"), ("max", "write", "maintain")],
)
def test_the_older_word_and_the_role_s_name_differ_as_on_github(
    standin: Served, login: str, permission: str, role: str
) -> None:
    found = standin.bot().get(f"{REPO}/collaborators/{login}/permission").json()
    assert (found["permission"], found["role_name"]) == (permission, role)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{REPO}/releases", {"tag_name": "v1"}),
        ("POST", f"{REPO}/git/refs", {"ref": "refs/heads/x", "sha": "main"}),
        ("PUT", f"{REPO}/contents/x.md", {"message": "m", "content": ""}),
        ("POST", f"{REPO}/statuses/main", {"state": "success"}),
        ("POST", f"{REPO}/labels", {"name": "x"}),
    ],
)
def test_a_contributor_may_not_write_to_the_repository(
    standin: Served, method: str, path: str, body: Any
) -> None:
    assert standin.client("ada").request(method, path, json=body).status_code == 403
    assert standin.client().request(method, path, json=body).status_code == 401
    assert standin.history() == []


def test_refusals_are_github_s_json(standin: Served) -> None:
    client = standin.client()
    for path in (
        "/repos/orchard/nothing",
        f"{REPO}/pulls/99",
        f"{REPO}/pulls/word",
        "/no/such/path/at/all",
        f"{REPO}/issues/0",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["message"]) == (404, "Not Found"), path
    broken = standin.client("ada").post(
        f"{REPO}/issues", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert (broken.status_code, broken.json()["message"]) == (400, "Problems parsing JSON")
    assert standin.client("ada").post(f"{REPO}/issues", json=["x"]).status_code == 422


def test_teams_are_shown_to_members_and_installed_apps_alone(standin: Served) -> None:
    path = "/orgs/orchard/teams/triagers/memberships/tess"
    assert standin.bot().get(path).json()["state"] == "active"
    assert standin.client("max").get(path).status_code == 200
    assert standin.client("ada").get(path).status_code == 404
    assert standin.client().get(path).status_code == 404


def test_who_was_appointed_has_exactly_that(standin: Served) -> None:
    rita = standin.appoint("rita", role="triage", custom_role="birder", teams=["birders"])
    bot = standin.bot()
    told = bot.get(f"{REPO}/collaborators/rita/permission").json()
    assert (told["role_name"], told["permission"]) == ("birder", "read")
    assert bot.get("/orgs/orchard/teams/birders/memberships/rita").status_code == 200
    assert rita.github().get_user().login == "rita"
    standin.appoint("rita", role="write")
    assert bot.get(f"{REPO}/collaborators/rita/permission").json()["role_name"] == "write"
    assert bot.get("/orgs/orchard/teams/birders/memberships/rita").status_code == 404
