"""Buttons of the check run: who pressed is judged as for a command, and the button means its own commit."""

from typing import Any

import pytest

from service.github.standin.driver import StandIn
from service.jobs import gather
from service.jobs import press as press_job
from service.ledger.tables import RunKind, RunState
from tests.service.jobs.acts import (
    answers,
    checked_pull,
    contribution,
    deliver,
    deliver_pull,
    evaluations,
    processed,
    run_list,
)
from tests.service.jobs.conftest import House, OpenPull, Pull


def check_of(standin: StandIn, pull: Pull, head: str = "") -> Any:
    (check,) = standin.person("max").repo().get_commit(head or pull.head).get_check_runs()
    return check


def press(
    house: House,
    check_id: int,
    identifier: str | None,
    login: str,
    name: str = "press",
    *,
    kind: str = "User",
) -> int:
    """As GitHub tells of it; `identifier` None is GitHub's own Re-run."""
    body: dict[str, Any] = {
        "check_run": {"id": check_id, "head_sha": "0" * 40, "name": "GraftLab", "external_id": "o/t#1@x"},
        "sender": {"login": login, "type": kind},
    }
    action = "rerequested"
    if identifier is not None:
        body["requested_action"], action = {"identifier": identifier}, "requested_action"
    row_id = deliver(house, name, "check_run", body, action=action)
    house.heed()
    return row_id


def test_approve_evaluate_and_cancel_are_offered_when_they_make_sense_and_do_it(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = checked_pull(house, open_pull)
    check = check_of(standin, pull)
    standin.person("max").press(check.id, "approve")  # the stand-in has such a button
    press(house, check.id, "approve", "max", "one")
    (run,) = evaluations(house, pull)
    assert (run.head_sha, run.requested_by) == (pull.head, "max")

    standin.person("max").press(check.id, "cancel")
    press(house, check.id, "cancel", "ada", "two")  # it is her pull request
    assert [run.state for run in evaluations(house, pull)] == [RunState.CANCELLED]

    standin.person("max").press(check.id, "evaluate")
    press(house, check.id, "evaluate", "ada", "three")
    assert [run.state for run in evaluations(house, pull)] == [RunState.CANCELLED, RunState.QUEUED]
    assert answers(standin, pull) == []


def test_who_may_not_approve_may_not_by_a_button_and_is_told_once(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = checked_pull(house, open_pull)
    check = check_of(standin, pull)
    for _ in range(2):
        assert processed(house, press(house, check.id, "approve", "ada"))

    assert evaluations(house, pull) == []
    (said,) = answers(standin, pull)
    assert "@ada pressed **Approve**" in said
    assert "not yours to say" in said


def test_a_button_under_an_old_commit_approves_nothing(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = checked_pull(house, open_pull)
    old = check_of(standin, pull)
    pull.push()
    press(house, old.id, "approve", "max", "before the push is known")
    deliver_pull(house, pull.number, "pushed")
    house.heed()
    press(house, old.id, "approve", "max", "after")

    assert evaluations(house, pull) == []
    assert all("It belongs to" in said for said in answers(standin, pull))
    assert len(answers(standin, pull)) == 2


def test_a_press_that_another_job_overtakes_is_judged_by_what_that_job_saw(
    house: House, open_pull: OpenPull, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull = checked_pull(house, open_pull)
    check, real, seen = check_of(standin, pull), gather.look, list[str]()

    def slow(*arguments: Any) -> gather.World:
        world = real(*arguments)
        seen.append(world.pull.head_sha)
        if len(seen) == 1:  # what we saw is old before it is written: a push comes, and its job is quicker
            pull.push()
            deliver_pull(house, pull.number, "overtakes")
            house.heed()
        return world

    monkeypatch.setattr(press_job, "look", slow)
    press(house, check.id, "approve", "max", "overtaken")

    assert evaluations(house, pull) == []
    assert contribution(house, pull.number).head_sha == pull.head
    (said,) = answers(standin, pull)
    assert "It belongs to" in said
    assert seen == [check.head_sha, pull.head]


def test_programs_and_check_runs_of_others_press_nothing(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = checked_pull(house, open_pull)
    check = check_of(standin, pull)
    for login, kind in (("some-app[bot]", "Bot"), ("graftlab[bot]", "User")):
        press(house, check.id, "approve", login, f"program {login}", kind=kind)
    assert processed(house, press(house, 987_654, "approve", "max", "foreign"))
    for odd in (None, {}, {"identifier": 7}):
        body = {"check_run": odd, "requested_action": odd, "sender": odd}
        assert processed(house, _odd(house, body, str(odd)))

    assert evaluations(house, pull) == []
    assert answers(standin, pull) == []


def _odd(house: House, body: dict[str, Any], name: str) -> int:
    row_id = deliver(house, name, "check_run", body, action="requested_action")
    house.heed()
    return row_id


def test_asked_for_again_a_check_runs_again_and_is_written_again(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = checked_pull(house, open_pull)
    check = check_of(standin, pull)
    written = len(standin.history("check_run.updated"))
    standin.person("max").rerun_check(check.id)
    press(house, check.id, None, "max")

    assert [run.state for run in run_list(house, pull.number, RunKind.CHECK)] == [RunState.SUCCEEDED] * 2
    assert len(standin.history("check_run.updated")) > written
    assert check_of(standin, pull).conclusion == "success"


def test_refused_a_re_run_leaves_no_check_hanging(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = checked_pull(house, open_pull)
    standin.appoint("sam", role="write")  # GitHub shows the button to them
    standin.order_fault("404", match=f"/repos/{standin.seeded.repository}/collaborators")
    written = len(standin.history("check_run.updated"))
    press(house, check_of(standin, pull).id, None, "sam")

    assert len(run_list(house, pull.number, RunKind.CHECK)) == 1
    assert "could not be looked up" in answers(standin, pull)[0]
    assert len(standin.history("check_run.updated")) == written + 1
