"""A repository under another name: who asks by the former one is sent on, as GitHub does it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest

from service.github.standin.git import git_environment
from tests.service.github.standin.contract import validate_answer
from tests.service.github.standin.served import REPO, Served, open_a_pull

NEW = "/repos/orchard/trees"


@pytest.fixture
def admin(standin: Served) -> httpx.Client:
    standin.appoint("root", role="admin")
    return standin.client("root")


def valid(answer: httpx.Response) -> httpx.Response:
    path = answer.request.url.path.removeprefix("/api/v3")
    validate_answer(answer.request.method, path, answer.status_code, answer.content)
    return answer


def test_a_former_name_leads_to_the_repository_s_number(
    standin: Served, admin: httpx.Client, tmp_path: Path
) -> None:
    _, number = open_a_pull(standin, tmp_path / "ada")
    before = admin.get(REPO).json()
    renamed = valid(admin.patch(REPO, json={"name": "trees"}))
    read = admin.get(f"{REPO}/issues?state=open&per_page=1")
    written = admin.post(f"{REPO}/issues/{number}/comments", json={"body": "Hello."})
    by_number = f"{standin.api_url}/repositories/{before['id']}"

    assert (renamed.json()["full_name"], renamed.json()["id"]) == ("orchard/trees", before["id"])
    assert (read.status_code, read.headers["location"]) == (301, f"{by_number}/issues?state=open&per_page=1")
    assert (written.status_code, written.headers["location"]) == (
        307,
        f"{by_number}/issues/{number}/comments",
    )
    assert read.json()["message"] == "Moved Permanently"
    assert admin.get(read.headers["location"]).json()[0]["number"] == number
    assert admin.post(written.headers["location"], json={"body": "Hello."}).status_code == 201
    assert admin.get(by_number).json() == admin.get(NEW).json()
    assert [one["body"] for one in admin.get(f"{NEW}/issues/{number}/comments").json()] == ["Hello."]
    assert admin.get("/repositories/99999").status_code == 404


def test_git_and_pages_lead_on_too(standin: Served, admin: httpx.Client, tmp_path: Path) -> None:
    admin.patch(REPO, json={"name": "trees"})
    git = ("git", "ls-remote", f"{standin.base_url}/orchard/taxonomy.git", "HEAD")
    followed = subprocess.run(git, env=git_environment(), capture_output=True, text=True, check=False)
    refused = subprocess.run(
        ("git", "-c", "http.followRedirects=false", *git[1:]),
        env=git_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    page = httpx.get(f"{standin.base_url}/orchard/taxonomy/pulls?page=2", trust_env=False)

    assert followed.returncode == 0, followed.stderr
    assert "HEAD" in followed.stdout
    assert refused.returncode != 0
    assert (page.status_code, page.headers["location"]) == (
        301,
        f"{standin.base_url}/orchard/trees/pulls?page=2",
    )


def test_who_may_not_and_what_cannot_be_are_refused(standin: Served, admin: httpx.Client) -> None:
    assert standin.client("max").patch(REPO, json={"name": "trees"}).status_code == 404
    for name in ("documents", "no way", ".."):
        assert valid(admin.patch(REPO, json={"name": name})).status_code == 422
    assert admin.patch(REPO, json={"description": "Trees."}).status_code == 422
    assert admin.get(REPO).status_code == 200


def test_a_repository_gets_its_name_back(standin: Served, admin: httpx.Client, tmp_path: Path) -> None:
    admin.patch(REPO, json={"name": "trees"})
    admin.patch(NEW, json={"name": "taxonomy"})
    assert admin.get(REPO).json()["full_name"] == "orchard/taxonomy"
    assert admin.get(NEW).status_code == 301
    open_a_pull(standin, tmp_path / "ada")


def test_a_token_is_for_the_present_name_or_the_number(standin: Served, admin: httpx.Client) -> None:
    number = admin.get(REPO).json()["id"]
    admin.patch(REPO, json={"name": "trees"})
    app = standin.app_requester()
    path = f"/app/installations/{standin.seeded.installation_id}/access_tokens"

    def asked(**wanted: object) -> tuple[int, list[str]]:
        status, _, body = app.requestJson("POST", path, input=wanted)
        validate_answer("POST", path, status, body.encode())
        return status, [
            one["full_name"] for one in httpx.Response(status, text=body).json().get("repositories", [])
        ]

    assert asked(repositories=["trees"]) == (201, ["orchard/trees"])
    assert asked(repository_ids=[number]) == (201, ["orchard/trees"])
    assert asked(repositories=["taxonomy"])[0] == 422


def test_a_repository_is_handed_over(standin: Served, admin: httpx.Client) -> None:
    handed = valid(admin.post(f"{REPO}/transfer", json={"new_owner": "max"}))
    assert (handed.status_code, handed.json()["full_name"]) == (202, "max/taxonomy")
    assert admin.get(REPO).status_code == 301
    assert standin.client("max").get("/repos/max/taxonomy").json()["permissions"]["admin"]
