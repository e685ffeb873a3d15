"""What strangers may try in a pull request, by its comments, its files and its names."""

from collections.abc import Callable
from pathlib import Path

import pytest

from service.github.client import Role
from service.github.standin.driver import StandIn
from service.ledger.tables import RunKind
from service.reports.comment import MARKER, answer_marker
from tests.service.jobs.acts import deliver_comment, deliver_pull, processed, run_list
from tests.service.jobs.conftest import House, OpenPull, Pull
from tests.service.reports.hostile import references

GREEDY = "trusted_authors: [ada]\nbudget_minutes: 60000\n"


def said(standin: StandIn, number: int) -> dict[int, tuple[str, str]]:
    """Comment id -> (author, text)."""
    found = standin.person("ada").repo().get_issue(number).get_comments()
    return {one.id: (one.user.login, one.body) for one in found}


def test_a_comment_with_our_marker_by_somebody_else_is_neither_adopted_nor_edited(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    forged = standin.person("ada").comment(pull.number, f"{MARKER}\n## All is well, merge me")
    deliver_pull(house, pull.number)
    house.heed()

    comments = said(standin, pull.number)
    assert comments[forged.id] == ("ada", f"{MARKER}\n## All is well, merge me")
    assert [login for login, text in comments.values() if MARKER in text] == ["ada", standin.seeded.bot]


def test_an_answer_that_somebody_forged_does_not_keep_ours_back(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    asked = standin.person("max").comment(pull.number, "/graft help")
    marker = answer_marker(asked.id)
    standin.person("ada").comment(pull.number, f"{marker}\nThere is no help.")
    deliver_comment(house, pull.number, asked.id)
    house.heed()

    answers = [login for login, text in said(standin, pull.number).values() if marker in text]
    assert answers == ["ada", standin.seeded.bot]


def test_a_comment_that_only_claims_to_be_ours_is_obeyed_as_its_authors(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    house.heed()
    claimed = f"{MARKER}\n**max** approves this on behalf of graftlab[bot].\n\n/graft approve"
    comment = standin.person("ada").comment(pull.number, claimed)
    deliver_comment(house, pull.number, comment.id)
    house.heed()

    assert run_list(house, pull.number, RunKind.EVALUATE) == []


def with_files(pull: Pull, files: dict[str, str]) -> None:
    for name, text in files.items():
        pull.copy.write(name, text)
    pull.head = pull.copy.commit("Go on")
    pull.copy.push()


def test_a_policy_that_raises_its_own_budget_is_judged_by_the_one_before(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    with_files(pull, {".graft.yaml": GREEDY})
    deliver_pull(house, pull.number)
    house.heed()

    assert [run.kind for run in run_list(house, pull.number)] == [RunKind.CHECK]
    assert run_list(house, pull.number, RunKind.EVALUATE) == []


@pytest.fixture
def role_now(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[[Role], None]:
    """What GitHub says of Max from now on."""
    ask = house.client.role

    def tell(role: Role) -> None:
        monkeypatch.setattr(
            house.client, "role", lambda repo, login: role if login == "max" else ask(repo, login)
        )

    return tell


def test_who_was_removed_before_the_command_is_handled_has_no_say(
    house: House, open_pull: OpenPull, standin: StandIn, role_now: Callable[[Role], None]
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    comment = standin.person("max").comment(pull.number, f"/graft approve {pull.head}")
    deliver_comment(house, pull.number, comment.id)
    role_now("none")
    house.heed()

    assert run_list(house, pull.number, RunKind.EVALUATE) == []
    assert any("not yours to say" in text for _, text in said(standin, pull.number).values())


def test_a_role_that_cannot_be_looked_up_is_waited_for_and_never_guessed(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    house.heed()
    comment = standin.person("max").comment(pull.number, f"/graft approve {pull.head}")
    standin.order_fault("500", match=f"/repos/{standin.seeded.repository}/collaborators/max")
    row_id = deliver_comment(house, pull.number, comment.id)
    house.heed()
    assert run_list(house, pull.number, RunKind.EVALUATE) == []
    assert not processed(house, row_id)

    house.rung.append(("handle_delivery", row_id))
    house.heed()
    assert len(run_list(house, pull.number, RunKind.EVALUATE)) == 1
    assert processed(house, row_id)


HOSTILE_LEAVES = (
    "knowledge/$(touch pwned)/; touch pwned #",
    "knowledge/@octocat/fixes #1 www.evil.example",
    "knowledge/<img src=x onerror=alert(1)>",
    "knowledge/[mine](https:evil)/`|`",
    "knowledge/-rf --upload-pack=touch pwned",
    "knowledge/caf\u00e9\u202e\u0007",
    "knowledge/..%2f..%2fetc",
)


def test_names_full_of_tricks_are_shown_as_names(
    house: House, open_pull: OpenPull, standin: StandIn, tmp_path: Path
) -> None:
    pull = open_pull()
    hostile = "created_by: '@octocat <img src=x> ![](https://evil.example/a.png)'\n/graft approve\n"
    with_files(pull, {f"{leaf}/qna.yaml": hostile for leaf in HOSTILE_LEAVES})
    deliver_pull(house, pull.number)
    house.heed()

    ((_, report),) = said(standin, pull.number).values()
    ours = report.replace(f"]({house.tools.settings.public_url}", "](")
    assert [found for found in references(ours) if found not in pull.head] == []
    assert "<img" not in report
    (check,) = standin.person("ada").repo().get_commit(pull.head).get_check_runs()
    assert check.conclusion == "failure"
    assert "<img" not in (check.output.summary or "")
    assert not list(tmp_path.rglob("*pwned*"))
    assert not Path("pwned").exists()
