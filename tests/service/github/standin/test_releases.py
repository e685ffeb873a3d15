from __future__ import annotations

import hashlib
from pathlib import Path

from tests.service.github.standin.served import REPO, Catcher, Served


def test_an_asset_comes_back_byte_for_byte_with_its_digest(standin: Served, tmp_path: Path) -> None:
    repo = standin.app().get_repo("orchard/taxonomy")
    release = repo.create_git_release("v1", "v1", "notes")
    content = bytes(range(256)) * 5000
    (tmp_path / "model.bin").write_bytes(content)
    asset = release.upload_asset(str(tmp_path / "model.bin"))
    kept = standin.client().get(f"{REPO}/releases/assets/{asset.id}").json()
    assert (kept["size"], kept["digest"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
    raw = standin.client().get(
        f"{REPO}/releases/assets/{asset.id}", headers={"Accept": "application/octet-stream"}
    )
    assert raw.content == content
    again = standin.bot().post(f"{REPO}/releases/{release.id}/assets?name=model.bin", content=b"x")
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "already_exists")


def test_a_draft_is_seen_by_writers_alone_and_tagged_when_published(told: Served, catcher: Catcher) -> None:
    bot = told.bot()
    draft = bot.post(f"{REPO}/releases", json={"tag_name": "v1", "draft": True}).json()
    assert told.client("ada").get(f"{REPO}/releases").json() == []
    assert told.client().get(f"{REPO}/releases/{draft['id']}").status_code == 404
    assert told.client().get(f"{REPO}/releases/latest").status_code == 404
    assert told.client().get(f"{REPO}/git/ref/tags/v1").status_code == 404
    assert bot.patch(f"{REPO}/releases/{draft['id']}", json={"draft": False}).json()["published_at"]
    assert told.client().get(f"{REPO}/releases/latest").json()["tag_name"] == "v1"
    assert told.client().get(f"{REPO}/git/ref/tags/v1").status_code == 200
    catcher.wait_for("release.published")


def test_a_tag_has_one_release(standin: Served) -> None:
    bot = standin.bot()
    assert bot.post(f"{REPO}/releases", json={"tag_name": "v1"}).status_code == 201
    again = bot.post(f"{REPO}/releases", json={"tag_name": "v1"})
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "already_exists")
    assert bot.post(f"{REPO}/releases", json={"tag_name": "v..2"}).status_code == 422
    assert (
        bot.post(f"{REPO}/releases", json={"tag_name": "v3", "target_commitish": "nowhere"}).status_code
        == 422
    )
    assert len(standin.history("release.published")) == 1
