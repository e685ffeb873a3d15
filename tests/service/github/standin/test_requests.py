"""Everything that the service sends to GitHub is as GitHub describes it, and so is what it reads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.github.client import Annotation, Check, ReleaseDraft
from service.github.connect import connect
from service.github.pygithub_client import PyGithubClient
from tests.service.github.conftest import settings_for
from tests.service.github.standin.contract import validate_answer, validate_request
from tests.service.github.standin.served import Catcher, Served, open_a_pull

REPO = "orchard/taxonomy"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def ask_everything(client: PyGithubClient, standin: Served, folder: Path) -> None:
    """Each method that the service has for GitHub, at least once."""
    _, number = open_a_pull(standin, folder / "ada")
    head = client.pull_request(REPO, number).head_sha
    said = standin.person("tess").comment(number, "/graft status")
    client.open_pull_requests(REPO)
    client.comment(REPO, said.id)
    client.comments_since(REPO, LONG_AGO)
    client.role(REPO, "tess")
    _, commit = client.default_branch_head(REPO)
    client.clone_url(REPO)
    client.find_comments(REPO, number, "<!-- m -->")
    own = client.create_comment(REPO, number, "<!-- m --> first")
    client.edit_comment(REPO, own, "<!-- m --> second")
    client.react(REPO, said.id, "eyes")
    client.find_check(REPO, head, "graft")
    annotations = tuple(
        Annotation("a.yaml", line, line, "failure", "GL101", "Mend it.") for line in range(1, 61)
    )
    begun = Check(
        "graft", head, "in_progress", "Checking", "Soon.", None, details_url="https://graft.example/1"
    )
    check = client.write_check(REPO, begun, None)
    ended = Check("graft", head, "completed", "60 errors", "Many.", "failure", annotations=annotations)
    client.write_check(REPO, ended, check)
    (folder / "card.md").write_text("A card.")
    client.publish_release(REPO, ReleaseDraft("2026.48.1", commit, "Model", "Notes.", [folder / "card.md"]))


def redeliver(client: PyGithubClient, catcher: Catcher, standin: Served) -> None:
    standin.wait_tried(lambda tried: [one for one in tried if one["event"] == "pull_request"])
    for failed in client.failed_deliveries(LONG_AGO)[:1]:
        client.redeliver(failed)


def test_every_request_and_every_answer_of_the_services_own_client_is_as_github_describes_it(
    told: Served, catcher: Catcher, tmp_path: Path
) -> None:
    catcher.status = 500  # so that there are deliveries to ask for again
    client = connect(settings_for(told))
    standin_only = len(told.recorder.requests)
    ask_everything(client, told, tmp_path)
    redeliver(client, catcher, told)
    faults, writes = [], set()
    for one in told.recorder.requests[standin_only:]:
        path = one.path.removeprefix("/api/v3").replace("/api/uploads", "")
        if not one.path.startswith("/api/"):
            continue  # Git's own, and the stand-in's
        try:
            name = validate_request(one.method, path, one.query, one.sent)
            if one.body:
                validate_answer(one.method, path, one.status, one.body)
        except (ValidationError, ValueError, LookupError) as error:
            faults.append(f"{one.method} {path}: {error}")
            continue
        if one.method != "GET":
            writes.add(name)
    assert not faults, "\n\n".join(faults)
    assert writes >= {
        "apps.create_installation_access_token",
        "apps.redeliver_webhook_delivery",
        "checks.create",
        "checks.update",
        "git.create_ref",
        "issues.create_comment",
        "issues.update_comment",
        "reactions.create_for_issue_comment",
        "repos.create_release",
        "repos.update_release",
        "repos.upload_release_asset",
    }


@pytest.mark.parametrize(
    ("path", "query", "body"),
    [
        ("/repos/a/b/issues/1/comments", "", b'{"text": "hello"}'),
        ("/repos/a/b/issues/1/comments", "", b'{"body": "hello", "colour": "red"}'),
        ("/repos/a/b/check-runs", "", b'{"name": "graft"}'),
        ("/repos/a/b/check-runs", "", b'{"name": "g", "head_sha": "a", "status": "thinking"}'),
        ("/app/hook/deliveries/1/attempts", "", b'{"now": true}'),
        ("/repos/a/b/issues/1/comments", "quiet=1", b'{"body": "hello"}'),
    ],
)
def test_the_contract_refuses_requests_that_github_would_not_understand(
    path: str, query: str, body: bytes
) -> None:
    with pytest.raises((ValidationError, ValueError)):
        validate_request("POST", path, query, body)
