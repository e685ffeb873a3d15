"""A whole pull request's story by an unmodified PyGithub: every answer and payload is as GitHub describes its own."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from github import Auth, GithubIntegration
from github.ContentFile import ContentFile
from github.PullRequest import PullRequest
from github.Repository import Repository
from github.Requester import Requester
from pydantic import ValidationError

from service.github.standin.driver import StandIn
from service.github.standin.seed import KNOWLEDGE_CONTRIBUTION, SKILL_CONTRIBUTION
from tests.service.github.standin.contract import validate_answer, validate_event
from tests.service.github.standin.served import Catcher, Served

# Paths that GitHub serves, that its answers name, and that its own description leaves out.
UNDESCRIBED = re.compile(r"GET /(organizations/|repos/[^/]+/[^/]+/statuses/)")
ANNOTATION = {
    "path": f"{KNOWLEDGE_CONTRIBUTION}/qna.yaml", "start_line": 3, "end_line": 3, "start_column": 1, "end_column": 4,
    "annotation_level": "failure", "title": "GL101", "message": "version is missing", "raw_details": "details",
}  # fmt: skip


def tell_the_story(standin: StandIn, folder: Path) -> None:
    """Opens, checks, discusses, mends, merges and releases a leaf, and closes another."""
    ada, tess = standin.person("ada"), standin.person("tess")
    copy = ada.clone(folder / "ada")
    copy.branch("thirty-lanterns")
    copy.add_leaf(KNOWLEDGE_CONTRIBUTION, standin.seeded.contributions[KNOWLEDGE_CONTRIBUTION])
    copy.commit("Add Thirty Lanterns")
    copy.push()
    pull = ada.open_pull(copy, "Add Thirty Lanterns", "A game of walking home in the dark.")
    repo = standin.app().get_repo(standin.seeded.repository)
    read_everything(repo, pull)
    check(repo, pull.head.sha)
    discuss(standin, repo, pull)
    copy.write(f"{KNOWLEDGE_CONTRIBUTION}/notes.md", "mended\n")
    copy.commit("Mend it")
    copy.push()
    tess.repo().get_pull(pull.number).add_to_labels("leaf", "a new label")
    standin.person("max").merge(pull.number)
    assert pull.is_merged()
    publish(repo)
    copy.branch("refusals")
    copy.add_leaf(SKILL_CONTRIBUTION, standin.seeded.contributions[SKILL_CONTRIBUTION])
    copy.commit("Add kind refusals")
    copy.push()
    second = ada.open_pull(copy, "Add kind refusals")
    second.edit(state="closed")
    second.edit(state="open", title="Add kind refusals, again")
    first = repo.get_commit(pull.head.sha).get_check_runs()[0]
    standin.person("max").rerun_check(first.id)
    standin.person("max").press(first.id, "approve")
    standin.app().get_repo(standin.seeded.repository).get_pull(second.number).create_review_request(
        reviewers=["tess"], team_reviewers=["maintainers"]
    )
    assert [[one.login for one in people] for people in second.get_review_requests()[:1]] == [["tess"]]
    standin.app().get_repo(standin.seeded.repository).get_pull(second.number).delete_review_request(
        reviewers=["tess"]
    )
    assert not list(second.get_review_requests()[0])


def read_everything(repo: Repository, pull: PullRequest) -> None:
    head = repo.get_pull(pull.number).head.sha
    assert [file.status for file in pull.get_files()] == ["added", "added"]
    assert [commit.sha for commit in pull.get_commits()] == [head]
    leaf = repo.get_contents(f"{KNOWLEDGE_CONTRIBUTION}/qna.yaml", ref=head)
    assert isinstance(leaf, ContentFile)
    assert leaf.decoded_content.startswith(b"version: 3")
    folder = repo.get_contents("knowledge", ref="main")
    assert isinstance(folder, list)
    assert len(folder) == 3
    assert repo.get_git_tree(head, recursive=True).tree
    assert repo.get_git_blob(repo.get_git_tree("main").tree[0].sha).content
    assert repo.get_git_commit(head).message.startswith("Add Thirty")
    assert repo.get_git_ref("heads/main").object.type == "commit"
    assert repo.get_git_ref(f"pull/{pull.number}/head").object.sha == head
    assert repo.compare("main", head).ahead_by == 1
    assert repo.get_branch("main").name == "main"
    assert [branch.name for branch in repo.get_branches()] == ["main"]
    assert repo.get_commits(path="README.md").totalCount == 1
    assert repo.get_commit(head).files[1].additions > 100
    assert [found.number for found in repo.get_pulls(state="open", head="ada:thirty-lanterns")] == [
        pull.number
    ]
    assert [found.number for found in repo.get_issues()] == [pull.number]
    assert list(repo.get_git_matching_refs("heads/"))
    assert repo.get_readme().name == "README.md"
    assert [fork.full_name for fork in repo.get_forks()] == ["ada/taxonomy"]


def check(repo: Repository, sha: str) -> None:
    run = repo.create_check_run("graft check", sha, status="in_progress", external_id="run-1")
    output = {
        "title": "1 error",
        "summary": "One thing to mend.",
        "text": "More.",
        "annotations": [ANNOTATION],
    }
    run.edit(output=output)
    run.edit(status="completed", conclusion="failure", output=output)
    assert len(list(run.get_annotations())) == 2
    assert repo.get_check_run(run.id).conclusion == "failure"
    run.edit(actions=[{"label": "Approve", "description": "Spend time on this", "identifier": "approve"}])
    commit = repo.get_commit(sha)
    assert [found.name for found in commit.get_check_runs(check_name="graft check")] == ["graft check"]
    commit.create_status("success", "https://orchard.example/", "fine", "graft/leaf")
    assert commit.get_combined_status().state == "success"
    assert commit.get_statuses()[0].context == "graft/leaf"


def discuss(standin: StandIn, repo: Repository, pull: PullRequest) -> None:
    asked = standin.person("tess").comment(pull.number, "/graft evaluate")
    bot_issue = repo.get_issue(pull.number)
    bot_issue.get_comment(asked.id).create_reaction("eyes")
    assert [one.content for one in asked.get_reactions()] == ["eyes"]
    sticky = bot_issue.create_comment("<!-- graft --> queued")
    sticky.edit("<!-- graft --> done")
    assert [one.body for one in bot_issue.get_comments(since=asked.created_at)][-1].endswith("done")
    bot_issue.create_comment("a slip").delete()
    bot_issue.create_reaction("heart")
    repo.create_label("graft: approved", "00ff00", "May be evaluated")
    assert {label.name for label in repo.get_labels()} == {"leaf", "graft: approved"}
    issue = standin.person("ada").repo().create_issue("How do I sign off?", "I wonder.")
    issue.edit(state="closed")
    assert repo.get_collaborator_permission("tess") == "read"
    assert repo.get_collaborator_role_name("tess") == "triage"
    org = standin.person("max").github().get_organization("orchard")
    assert org.get_team_by_slug("triagers").get_team_membership("tess").state == "active"
    assert org.get_repos().totalCount == 2
    assert standin.person("max").github().get_rate_limit().rate.remaining > 0


def publish(repo: Repository) -> None:
    head = repo.get_branch("main").commit.sha
    tag = repo.create_git_tag("2026.04.1", "Release", head, "commit")
    repo.create_git_ref("refs/tags/2026.04.1", tag.sha)
    assert repo.get_git_tag(tag.sha).tag == "2026.04.1"
    release = repo.create_git_release("2026.04.1", "2026.04.1", "What is new", target_commitish=head)
    body = b'{"a": 1}'
    asset = release.upload_asset_from_memory(BytesIO(body), len(body), "report.json", "application/json")
    assert asset.download_count == 0
    assert repo.get_latest_release().tag_name == "2026.04.1"
    assert [one.name for one in repo.get_release("2026.04.1").get_assets()] == ["report.json"]
    assert [one.name for one in repo.get_tags()] == ["2026.04.1"]
    assert [one.tag_name for one in repo.get_releases()] == ["2026.04.1"]
    release.update_release("2026.04.1", "What is new, mended")


def ask_as_app(standin: StandIn) -> None:
    owner, name = standin.seeded.repository.split("/")
    auth = Auth.AppAuth(standin.seeded.app_id, standin.seeded.app_key.read_text())
    with GithubIntegration(
        auth=auth, base_url=standin.api_url, seconds_between_requests=None, seconds_between_writes=None
    ) as integration:
        app = integration.get_app()
        assert app.slug == "graftlab"
        assert [one.id for one in integration.get_installations()] == [standin.seeded.installation_id]
        assert integration.get_repo_installation(owner, name).id == standin.seeded.installation_id
        ask_for_deliveries(app.requester)


def ask_for_deliveries(asker: Requester) -> None:
    _, deliveries = asker.requestJsonAndCheck("GET", "/app/hook/deliveries", {"per_page": 2})
    _, delivery = asker.requestJsonAndCheck("GET", f"/app/hook/deliveries/{deliveries[0]['id']}")
    assert delivery["request"]["payload"]["action"]
    asker.requestJsonAndCheck("POST", f"/app/hook/deliveries/{delivery['id']}/attempts")


def test_every_answer_and_payload_of_a_whole_story_is_as_github_describes_it(
    told: Served, catcher: Catcher, tmp_path: Path
) -> None:
    tell_the_story(told, tmp_path)
    catcher.wait(lambda caught: [one.name for one in caught].count("pull_request.review_requested") == 2)
    ask_as_app(told)
    faults = []
    seen = set()
    for exchange in told.recorder.exchanges:
        path = exchange.path.removeprefix("/api/v3").replace("/api/uploads", "")
        if path.startswith("/_standin/") or UNDESCRIBED.match(f"{exchange.method} {path}"):
            continue
        try:
            seen.add(validate_answer(exchange.method, path, exchange.status, exchange.body))
        except (ValidationError, LookupError) as error:
            faults.append(f"{exchange.method} {path} -> {exchange.status}: {error}")
    for caught in catcher.caught:
        try:
            validate_event(caught.event, caught.raw)
        except ValidationError as error:
            faults.append(f"{caught.name}: {error}")
    assert not faults, "\n\n".join(faults)
    assert len(seen) > 50
    assert {"ping", "pull_request.opened", "pull_request.synchronize", "pull_request.closed", "pull_request.reopened",
            "pull_request.labeled", "issue_comment.created", "issue_comment.edited", "issue_comment.deleted", "push",
            "check_run.created", "check_run.completed", "check_run.rerequested", "check_run.requested_action",
            "pull_request.review_requested", "release.created",
            "release.published"} <= set(catcher.names())  # fmt: skip


def test_the_contract_refuses_an_answer_that_lacks_what_github_promises() -> None:
    good = json.dumps({"permission": "read", "role_name": "triage", "user": None}).encode()
    validate_answer("GET", "/repos/a/b/collaborators/c/permission", 200, good)
    with pytest.raises(ValidationError):
        validate_answer("GET", "/repos/a/b/collaborators/c/permission", 200, b'{"permission": "read"}')
