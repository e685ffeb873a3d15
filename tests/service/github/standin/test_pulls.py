from __future__ import annotations

from pathlib import Path

import pytest
from github import GithubException

from service.github.standin.git import GitRepo
from tests.service.github.standin.served import REPO, Catcher, Served, open_a_pull


def test_a_push_to_the_head_moves_the_pull_request_and_says_from_where_to_where(
    told: Served, catcher: Catcher, tmp_path: Path
) -> None:
    copy, number = open_a_pull(told, tmp_path / "ada")
    before = told.person("max").repo().get_pull(number).head.sha
    copy.write("knowledge/new/qna.yaml", "version: 3\ndomain: x\n")
    after = copy.commit("Mend it")
    copy.push()
    pull = told.person("max").repo().get_pull(number)
    assert (pull.head.sha, pull.commits) == (after, 2)
    assert told.person("max").repo().get_git_ref(f"pull/{number}/head").object.sha == after
    body = catcher.wait_for("pull_request.synchronize").body
    assert (body["before"], body["after"], body["pull_request"]["head"]["sha"]) == (before, after, after)


def test_a_merge_is_a_commit_of_git_with_both_parents_and_is_told_of_once(
    told: Served, catcher: Catcher, tmp_path: Path
) -> None:
    copy, number = open_a_pull(told, tmp_path / "ada")
    repo = told.person("max").repo()
    base, head = repo.get_branch("main").commit.sha, copy.git("rev-parse", "HEAD").strip()
    merged = told.person("max").merge(number)
    commit = GitRepo(told.home / "git/orchard/taxonomy.git").commit(merged)
    assert commit.parents == (base, head)
    assert commit.message.startswith(f"Merge pull request #{number} from ada/leaf")
    assert GitRepo(told.home / "git/orchard/taxonomy.git").entry(merged, "knowledge/new/qna.yaml")
    catcher.wait_for("push")
    closed = [one.body for one in catcher.caught if one.name == "pull_request.closed"]
    assert [(one["pull_request"]["merged"], one["pull_request"]["merge_commit_sha"]) for one in closed] == [
        (True, merged)
    ]
    pushes = [one.body for one in catcher.caught if one.name == "push"]
    assert [(one["ref"], one["before"], one["after"]) for one in pushes] == [
        ("refs/heads/main", base, merged)
    ]


def test_a_merge_made_by_hand_and_pushed_closes_the_pull_request_as_merged(
    told: Served, catcher: Catcher, tmp_path: Path
) -> None:
    copy, number = open_a_pull(told, tmp_path / "ada")
    main = told.person("max").clone(tmp_path / "max")
    main.git("pull", "--quiet", "--no-rebase", "--no-ff", str(copy.path), "leaf")
    main.push()
    pull = told.person("max").repo().get_pull(number)
    assert (pull.state, pull.merged, pull.merged_by.login) == ("closed", True, "max")
    assert catcher.wait_for("pull_request.closed").body["pull_request"]["merged"]


def test_what_conflicts_is_not_mergeable_and_stays_open(standin: Served, tmp_path: Path) -> None:
    copy, number = open_a_pull(standin, tmp_path / "ada")
    copy.write("README.md", "mine\n")
    copy.commit("Change the readme")
    copy.push()
    main = standin.person("max").clone(tmp_path / "max")
    main.write("README.md", "theirs\n")
    main.commit("Change the readme, too")
    main.push()
    pull = standin.person("max").repo().get_pull(number)
    assert (pull.mergeable, pull.mergeable_state) == (False, "dirty")
    with pytest.raises(GithubException) as refused:
        pull.merge()
    assert refused.value.status == 405
    assert standin.person("max").repo().get_pull(number).state == "open"


def test_only_who_may_write_merges_and_only_the_head_they_looked_at(standin: Served, tmp_path: Path) -> None:
    _, number = open_a_pull(standin, tmp_path / "ada")
    for login in ("ada", "tess"):
        assert standin.client(login).put(f"{REPO}/pulls/{number}/merge").status_code == 403
    answer = standin.client("max").put(f"{REPO}/pulls/{number}/merge", json={"sha": "0" * 40})
    assert answer.status_code == 409
    assert standin.history("pull.merged") == []


def test_a_pull_request_may_come_from_a_branch_of_the_repository_itself(
    standin: Served, tmp_path: Path
) -> None:
    copy = standin.person("max").clone(tmp_path / "max")
    copy.branch("own")
    copy.write("NEWS.md", "new\n")
    copy.commit("Tell the news")
    copy.push()
    pull = standin.person("max").open_pull(copy, "Tell the news")
    assert pull.head.repo.full_name == "orchard/taxonomy"
    again = standin.client("max").post(f"{REPO}/pulls", json={"title": "x", "head": "own", "base": "main"})
    assert again.status_code == 422
    assert "already exists" in again.json()["errors"][0]["message"]


def test_a_branch_without_new_commits_makes_no_pull_request(standin: Served, tmp_path: Path) -> None:
    copy = standin.person("ada").clone(tmp_path / "ada")
    copy.branch("same")
    copy.push()
    with pytest.raises(GithubException) as refused:
        standin.person("ada").open_pull(copy, "Nothing")
    assert "No commits between" in str(refused.value)
    assert standin.client().get(f"{REPO}/pulls").json() == []


def test_a_squash_merge_leaves_one_commit_on_one_parent(standin: Served, tmp_path: Path) -> None:
    _, number = open_a_pull(standin, tmp_path / "ada")
    merged = standin.client("max").put(f"{REPO}/pulls/{number}/merge", json={"merge_method": "squash"}).json()
    commit = standin.client().get(f"{REPO}/git/commits/{merged['sha']}").json()
    assert len(commit["parents"]) == 1
    assert commit["message"].startswith(f"Add a leaf (#{number})")
