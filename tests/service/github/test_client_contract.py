"""Each method that the service asks of GitHub, by PyGithub, over HTTP, against the stand-in."""

import base64
import io
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_type_hints

import httpx
import pytest

from service.errors import GitHubFailed, GitHubGone
from service.github.client import Action, Annotation, Check, GitHub, ReleaseDraft
from service.github.connect import connect
from service.github.pygithub_client import PyGithubClient
from service.github.standin.driver import StandIn
from tests.service.github.conftest import Opened, settings_for

REPO = "orchard/taxonomy"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OpenPull = Callable[[], Opened]


def check(sha: str, **changes: object) -> Check:
    made = Check(
        "graft", sha, "completed", "2 errors", "Two errors.", "failure", details_url="https://graft.example/1"
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def annotation(line: int, message: str = "Mend it.") -> Annotation:
    return Annotation("a/qna.yaml", line, line, "failure", "GL101", message)


def test_the_client_is_what_the_service_asks_for(client: PyGithubClient) -> None:
    github: GitHub = client
    assert github is client
    assert get_type_hints(PyGithubClient.write_check)["return"] is int


def test_a_pull_request_from_being_opened_to_being_merged(
    client: PyGithubClient, standin: StandIn, open_pull: OpenPull
) -> None:
    number, sha = open_pull()
    opened = client.pull_request(REPO, number)
    assert (opened.author, opened.head_sha, opened.state, opened.draft) == ("ada", sha, "open", False)
    assert (opened.base_branch, opened.base_sha) == client.default_branch_head(REPO)
    assert opened.merged_sha is None
    assert opened in client.open_pull_requests(REPO)
    merged_sha = standin.person("max").merge(number)
    merged = client.pull_request(REPO, number)
    assert (merged.state, merged.merged_sha) == ("merged", merged_sha)
    assert number not in {pull.number for pull in client.open_pull_requests(REPO)}
    assert client.default_branch_head(REPO) == ("main", merged_sha)


def test_a_closed_pull_request_is_closed_and_not_merged(
    client: PyGithubClient, standin: StandIn, open_pull: OpenPull
) -> None:
    number, _ = open_pull()
    standin.person("max").repo().get_pull(number).edit(state="closed")
    closed = client.pull_request(REPO, number)
    assert (closed.state, closed.merged_sha) == ("closed", None)


@pytest.mark.parametrize(
    ("login", "role"),
    [
        ("max", "maintain"),
        ("tess", "triage"),
        ("ada", "read"),
        ("nobody-known", None),
        ("../../user", None),
        ("", None),
    ],
)
def test_roles_are_told_apart_and_doubt_is_none_of_them(
    client: PyGithubClient, login: str, role: str | None
) -> None:
    assert client.role(REPO, login) == role


@pytest.mark.parametrize(
    ("builds_on", "counts_as"),
    [("read", "read"), ("triage", "read"), ("maintain", "write"), ("admin", "admin")],
)
def test_an_organisations_own_role_counts_as_what_github_folds_it_into(
    client: PyGithubClient, standin: StandIn, builds_on: str, counts_as: str
) -> None:
    standin.appoint("cora", role=builds_on, custom_role="gardener of the east")
    assert client.role(REPO, "cora") == counts_as


@pytest.mark.parametrize(
    ("team", "login", "inside"),
    [
        ("orchard/triagers", "tess", True),
        ("orchard/triagers", "max", False),
        ("orchard/nothing", "tess", False),
        ("nowhere/triagers", "tess", False),
        ("orchard/../users", "tess", None),
        ("triagers", "tess", None),
        ("orchard/triagers", "../tess", None),
    ],
)
def test_membership_of_a_team_is_told(
    client: PyGithubClient, team: str, login: str, inside: bool | None
) -> None:
    assert client.in_team(REPO, team, login) is inside


def test_reviews_are_asked_of_people_and_teams_and_of_nobody_else(
    client: PyGithubClient, standin: StandIn, open_pull: OpenPull
) -> None:
    number, _ = open_pull()
    for reviewer in ("tess", "orchard/maintainers", "tess"):
        client.ask_for_review(REPO, number, reviewer)
    for stranger in ("ada", "nobody-known", "orchard/nothing", "elsewhere/triagers"):
        with pytest.raises(GitHubGone):
            client.ask_for_review(REPO, number, stranger)
    people, teams = standin.person("max").repo().get_pull(number).get_review_requests()
    assert [person.login for person in people] == ["tess"]
    assert [team.slug for team in teams] == ["maintainers"]


def test_buttons_come_and_go_with_the_check_run_and_keep_githubs_limits(
    client: PyGithubClient, standin: StandIn, open_pull: OpenPull
) -> None:
    _, sha = open_pull()
    long = Action("A label that is far too long", "d" * 60, "go")
    check_id = client.write_check(REPO, check(sha, actions=(long,) * 4), None)
    standin.person("max").press(check_id, "go")
    client.write_check(REPO, check(sha, actions=()), check_id)
    with pytest.raises(httpx.HTTPStatusError):
        standin.person("max").press(check_id, "go")


def test_comments_are_read_and_looked_through(
    client: PyGithubClient, standin: StandIn, open_pull: OpenPull
) -> None:
    number, _ = open_pull()
    said = standin.person("tess").comment(number, "/graft approve")
    comment = client.comment(REPO, said.id)
    assert (comment.number, comment.author, comment.author_is_bot) == (number, "tess", False)
    assert comment.body == "/graft approve"
    assert comment in client.comments_since(REPO, LONG_AGO)
    assert comment not in client.comments_since(REPO, datetime.now(UTC) + timedelta(hours=1))


def test_our_comment_is_found_by_marker_and_author_and_edited_in_place(
    client: PyGithubClient, standin: StandIn, open_pull: OpenPull
) -> None:
    number, _ = open_pull()
    marker = "<!-- graft:report -->"
    assert client.find_comments(REPO, number, marker) == []
    standin.person("ada").comment(number, f"{marker} ha!")
    assert client.find_comments(REPO, number, marker) == []
    older = client.create_comment(REPO, number, f"{marker}\nolder")
    own = client.create_comment(REPO, number, f"{marker}\nfirst")
    standin.person("ada").comment(number, f"{marker} again")
    assert own != older
    assert client.find_comments(REPO, number, marker) == [older, own]
    client.edit_comment(REPO, own, f"{marker}\nsecond")
    comment = client.comment(REPO, own)
    assert comment.body == f"{marker}\nsecond"
    assert comment.author == client.login == "graftlab[bot]"
    assert comment.author_is_bot


def test_a_comment_too_long_for_github_is_cut_with_a_link(
    client: PyGithubClient, open_pull: OpenPull
) -> None:
    number, _ = open_pull()
    own = client.create_comment(REPO, number, "<!-- m -->\n" + "a line of text\n" * 10_000)
    body = client.comment(REPO, own).body
    assert len(body) <= 65_000
    assert "[All of it](https://graft.example)" in body
    assert body.startswith("<!-- m -->\na line of text\n")


def test_a_reaction_is_given_once_however_often_it_is_asked_for(
    client: PyGithubClient, standin: StandIn, open_pull: OpenPull
) -> None:
    number, _ = open_pull()
    said = standin.person("tess").comment(number, "/graft approve")
    for _ in range(2):
        client.react(REPO, said.id, "rocket")
    assert [reaction.content for reaction in said.get_reactions()] == ["rocket"]


def test_a_check_run_gets_all_its_annotations_and_each_once(
    client: PyGithubClient, standin: StandIn, open_pull: OpenPull
) -> None:
    _, sha = open_pull()
    assert client.find_check(REPO, sha, "graft") is None
    annotations = [annotation(line) for line in range(1, 121)]
    check_id = client.write_check(REPO, check(sha, annotations=annotations), None)
    assert client.find_check(REPO, sha, "graft") == check_id
    assert client.find_check(REPO, sha, "other") is None
    again = [*annotations, annotation(7), annotation(500, "One more.")]
    assert client.write_check(REPO, check(sha, annotations=again), check_id) == check_id
    run = standin.app().get_repo(REPO).get_check_run(check_id)
    lines = [item.start_line for item in run.get_annotations()]
    assert sorted(lines) == sorted([*range(1, 121), 7, 500])
    assert (run.status, run.conclusion, run.output.title) == ("completed", "failure", "2 errors")


def test_a_check_run_that_was_half_written_is_completed(
    client: PyGithubClient, standin: StandIn, open_pull: OpenPull
) -> None:
    _, sha = open_pull()
    wanted = check(sha, annotations=[annotation(line) for line in range(1, 101)])
    standin.order_fault("500", match=f"/repos/{REPO}/check-runs", method="PATCH")
    with pytest.raises(GitHubFailed):
        client.write_check(REPO, wanted, None)
    check_id = client.find_check(REPO, sha, "graft")
    assert check_id is not None
    run = standin.app().get_repo(REPO).get_check_run(check_id)
    assert run.status == "in_progress"
    client.write_check(REPO, wanted, check_id)
    run = standin.app().get_repo(REPO).get_check_run(check_id)
    assert run.status == "completed"
    assert sorted(item.start_line for item in run.get_annotations()) == list(range(1, 101))


def test_a_check_run_in_progress_has_no_verdict(
    client: PyGithubClient, standin: StandIn, open_pull: OpenPull
) -> None:
    _, sha = open_pull()
    check_id = client.write_check(REPO, check(sha, status="in_progress", conclusion=None), None)
    assert standin.app().get_repo(REPO).get_check_run(check_id).conclusion is None
    client.write_check(REPO, check(sha, conclusion="success", annotations=[]), check_id)
    assert standin.app().get_repo(REPO).get_check_run(check_id).conclusion == "success"


def test_the_clone_url_and_its_header_let_git_read(client: PyGithubClient, tmp_path: Path) -> None:
    url, headers = client.clone_url(REPO)
    flags = [flag for name, value in headers.items() for flag in ("-c", f"http.extraHeader={name}: {value}")]
    subprocess.run(["git", *flags, "clone", "--quiet", "--bare", url, str(tmp_path / "clone")], check=True)
    assert (tmp_path / "clone" / "HEAD").is_file()
    assert base64.b64decode(headers["Authorization"].split()[1]).startswith(b"x-access-token:")


def draft_of(tmp_path: Path, tag: str, commit: str) -> ReleaseDraft:
    (tmp_path / "model.safetensors").write_bytes(b"m" * 5000)
    (tmp_path / "card.md").write_text("A card.")
    return ReleaseDraft(tag, commit, f"Model {tag}", "Notes.", sorted(tmp_path.iterdir()))


def test_a_release_is_published_whole_and_a_second_time_changes_nothing(
    client: PyGithubClient, standin: StandIn, tmp_path: Path
) -> None:
    branch, commit = client.default_branch_head(REPO)
    draft = draft_of(tmp_path, "2026.48.1", commit)
    published = client.publish_release(REPO, draft)
    assert published.assets == {"card.md": 7, "model.safetensors": 5000}
    assert standin.app().get_repo(REPO).get_git_ref("tags/2026.48.1").object.sha == commit
    before = standin.history()
    assert client.publish_release(REPO, draft) == published
    assert standin.history() == before
    assert branch == "main"


def test_a_release_that_broke_off_is_hidden_until_the_next_call_completes_it(
    client: PyGithubClient, standin: StandIn, tmp_path: Path
) -> None:
    _, commit = client.default_branch_head(REPO)
    draft = draft_of(tmp_path, "2026.48.2", commit)
    (tmp_path / "card.md").rename(tmp_path / "z.md")
    draft = replace(draft, assets=sorted(tmp_path.iterdir()))
    standin.order_fault("drop-connection", match=f"/repos/{REPO}/releases", method="PATCH")
    with pytest.raises(GitHubFailed):
        client.publish_release(REPO, draft)
    (found,) = [one for one in standin.app().get_repo(REPO).get_releases() if one.tag_name == "2026.48.2"]
    for asset in found.get_assets():
        if asset.name == "z.md":
            asset.delete_asset()
            found.upload_asset_from_memory(io.BytesIO(b"A c"), 3, "z.md", "text/plain")
    published = client.publish_release(REPO, draft)
    assert published.id == found.id
    assert published.assets == {"model.safetensors": 5000, "z.md": 7}
    assert standin.app().get_repo(REPO).get_release("2026.48.2").draft is False


def test_a_tag_that_means_another_commit_stops_the_release(
    client: PyGithubClient, standin: StandIn, open_pull: OpenPull, tmp_path: Path
) -> None:
    _, commit = client.default_branch_head(REPO)
    client.publish_release(REPO, draft_of(tmp_path, "2026.48.3", commit))
    number, _ = open_pull()
    other = standin.person("max").merge(number)
    with pytest.raises(GitHubFailed, match="is there already"):
        client.publish_release(REPO, draft_of(tmp_path, "2026.48.3", other))


@pytest.mark.parametrize("name", ["two words.md", ".hidden", "ends.", "näme"])
def test_a_file_that_github_would_rename_is_not_uploaded(
    client: PyGithubClient, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("x")
    draft = ReleaseDraft("2026.48.9", "a" * 40, "t", "b", [tmp_path / name])
    with pytest.raises(GitHubFailed, match="rename"):
        client.publish_release(REPO, draft)


def test_what_is_not_there_is_gone(client: PyGithubClient) -> None:
    for ask in (
        lambda: client.pull_request(REPO, 9999),
        lambda: client.comment(REPO, 9999),
        lambda: client.edit_comment(REPO, 9999, "x"),
        lambda: client.create_comment(REPO, 9999, "x"),
        lambda: client.find_check(REPO, "f" * 40, "graft"),
        lambda: client.pull_request("../orchard", 1),
        lambda: client.pull_request("orchard/..", 1),
        lambda: client.pull_request("orchard/taxonomy?x=", 1),
        lambda: client.find_check(REPO, "main/../..", "graft"),
    ):
        with pytest.raises(GitHubGone):
            ask()


def test_a_token_does_what_a_user_may_and_says_what_only_an_app_can(
    standin: StandIn, open_pull: OpenPull
) -> None:
    token = standin.seeded.users["max"].token
    as_user = connect(settings_for(standin, github_app_id=None, github_token=token))
    number, sha = open_pull()
    assert as_user.login == "max"
    own = as_user.create_comment(REPO, number, "<!-- m --> by hand")
    assert as_user.find_comments(REPO, number, "<!-- m -->") == [own]
    assert as_user.failed_deliveries(LONG_AGO) == []
    assert not as_user.can_write_checks
    with pytest.raises(GitHubFailed, match="token cannot write check runs"):
        as_user.write_check(REPO, check(sha), None)
