from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from service.github.standin.driver import WorkingCopy
from service.github.standin.errors import GitError
from service.github.standin.git import git_environment
from tests.service.github.standin.served import Served, open_a_pull


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=git_environment(), capture_output=True, text=True, check=True
    )
    return done.stdout


def test_anybody_clones_and_fetches_one_commit_by_its_id(standin: Served, tmp_path: Path) -> None:
    url = f"{standin.base_url}/orchard/documents.git"
    git(tmp_path, "clone", "--quiet", url, "whole")
    assert (tmp_path / "whole/places/skarrow-light.md").is_file()
    git(tmp_path, "init", "--quiet", "one")
    git(tmp_path / "one", "fetch", "--quiet", "--depth=1", url, str(standin.seeded.documents_commit))
    assert git(tmp_path / "one", "rev-parse", "FETCH_HEAD").strip() == standin.seeded.documents_commit


@pytest.mark.parametrize("login", [None, "ada", "tess"])
def test_who_may_not_write_cannot_push(standin: Served, tmp_path: Path, login: str | None) -> None:
    copy = standin.person("max").clone(tmp_path / "copy")
    copy.write("x.md", "x")
    copy.commit("Sneak in")
    token = f"{login}:{standin.seeded.users[login].token}@" if login else ""
    url = standin.base_url.replace("http://", f"http://{token}") + "/orchard/taxonomy.git"
    with pytest.raises(GitError):
        copy.git("push", url, "main")
    assert standin.history("push") == []


def test_the_pull_refs_are_the_server_s_alone(standin: Served, tmp_path: Path) -> None:
    _, number = open_a_pull(standin, tmp_path / "ada")
    copy = standin.person("max").clone(tmp_path / "max")
    with pytest.raises(GitError, match="deny updating a hidden ref"):
        copy.git("push", "--force", "origin", f"main:refs/pull/{number}/head")
    copy.git("fetch", "--quiet", "origin", f"refs/pull/{number}/head")
    assert "knowledge/new/qna.yaml" in copy.git("ls-tree", "-r", "--name-only", "FETCH_HEAD")


def test_a_push_of_many_megabytes_arrives_whole(standin: Served, tmp_path: Path) -> None:
    copy = standin.person("max").clone(tmp_path / "copy")
    noise = subprocess.run(["head", "-c", "6000000", "/dev/urandom"], capture_output=True, check=True).stdout
    (copy.path / "noise.bin").write_bytes(noise)
    copy.commit("Add noise")
    copy.push()
    git(tmp_path, "clone", "--quiet", f"{standin.base_url}/orchard/taxonomy.git", "again")
    assert (tmp_path / "again/noise.bin").read_bytes() == noise


def test_a_push_is_known_to_the_api_when_git_says_it_is_done(standin: Served, tmp_path: Path) -> None:
    copy, number = open_a_pull(standin, tmp_path / "ada")
    for turn in range(3):
        copy.write("knowledge/new/qna.yaml", f"turn: {turn}\n")
        sha = copy.commit(f"Turn {turn}")
        copy.push()
        assert standin.client().get(f"/repos/orchard/taxonomy/pulls/{number}").json()["head"]["sha"] == sha


def test_a_strange_name_reaches_no_folder(standin: Served, tmp_path: Path) -> None:
    client = standin.client()
    for path in ("/orchard/..%2f..%2fapp.pem", "/orchard/nothing", "/..%2f/x", "/-/x.git"):
        url = f"{standin.base_url}{path}/info/refs"
        assert client.get(url, params={"service": "git-upload-pack"}).status_code in {401, 404}, path
    copy = WorkingCopy(tmp_path, "x")
    with pytest.raises(GitError):
        copy.git("clone", f"{standin.base_url}/orchard/nothing.git")
