"""Deliveries become runs, approvals and answers, once each."""

from sqlalchemy import select

from service.github.standin.driver import StandIn
from service.jobs import report
from service.ledger import contributions, queries
from service.ledger.contributions import live_approval
from service.ledger.tables import Outbox, RunKind, RunState, StageState
from tests.service.jobs.acts import (
    checked_pull,
    comment_bodies,
    contribution,
    deliver,
    deliver_comment,
    deliver_pull,
    processed,
    run_list,
)
from tests.service.jobs.conftest import LEAF, House, OpenPull


def test_a_new_pull_request_is_checked_and_answered_by_one_comment_and_one_check(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    row_id = deliver_pull(house, pull.number)
    house.heed()

    assert processed(house, row_id)
    (run,) = run_list(house, pull.number)
    assert (run.kind, run.state, run.head_sha) == (RunKind.CHECK, RunState.SUCCEEDED, pull.head)
    issue = standin.person("ada").repo().get_issue(pull.number)
    assert [comment.user.login for comment in issue.get_comments()] == [standin.seeded.bot]
    checks = list(standin.person("ada").repo().get_commit(pull.head).get_check_runs())
    assert [check.conclusion for check in checks] == ["success"]


def test_a_leaf_with_a_mistake_fails_its_check_on_the_line(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull(good=False)
    deliver_pull(house, pull.number)
    house.heed()

    assert [run.state for run in run_list(house, pull.number)] == [RunState.FAILED]
    (check,) = standin.person("ada").repo().get_commit(pull.head).get_check_runs()
    assert check.conclusion == "failure"
    assert [a.path for a in check.get_annotations()] == [f"{LEAF}/qna.yaml"] * check.output.annotations_count


def test_the_same_delivery_twice_does_nothing_new(house: House, open_pull: OpenPull) -> None:
    pull = open_pull()
    for _ in range(2):
        deliver_pull(house, pull.number, "one-name")
        house.heed()

    assert len(run_list(house, pull.number)) == 1


def test_what_is_not_ours_is_stamped_and_left_alone(house: House) -> None:
    elsewhere = deliver(house, "a", "pull_request", {"number": 1}, repository="else/where")
    unknown = deliver(house, "b", "watch", {"number": 1})
    odd = deliver(house, "c", "issue_comment", {"comment": "no object", "issue": []})
    gone = deliver_pull(house, 9999)
    house.heed()

    assert all(processed(house, row_id) for row_id in (elsewhere, unknown, odd, gone))
    with house.tools.read() as session:
        assert queries.runs(session) == []


def test_a_busy_github_leaves_the_delivery_for_later(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    standin.order_fault("502", match=f"/repos/{standin.seeded.repository}/pulls/{pull.number}")
    row_id = deliver_pull(house, pull.number)
    house.heed()
    assert not processed(house, row_id)

    house.rung.append(("handle_delivery", row_id))
    house.heed()

    assert processed(house, row_id)


def test_approval_starts_an_evaluation_of_exactly_this_head(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    house.heed()
    comment = standin.person("max").comment(pull.number, f"/graft approve {pull.head}")
    deliver_comment(house, pull.number, comment.id)
    house.heed()

    (run,) = run_list(house, pull.number, RunKind.EVALUATE)
    assert run.head_sha == pull.head
    assert [stage.state for stage in run.stages[:2]] == [StageState.READY, StageState.WAITING]
    with house.tools.read() as session:
        approval = live_approval(session, contribution(house, pull.number).id)
    assert approval is not None
    assert (approval.head_sha, approval.by) == (pull.head, "max")


def test_a_comment_is_obeyed_once_however_often_it_is_delivered(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    comment = standin.person("max").comment(pull.number, "/graft help")
    for name in ("first", "edited"):
        deliver_comment(house, pull.number, comment.id, name)
        house.heed()

    answers = [c for c in comment_bodies(standin, pull.number) if f"answer:{comment.id}" in c]
    assert len(answers) == 1


def test_who_may_not_approve_is_told_so(house: House, open_pull: OpenPull, standin: StandIn) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    comment = standin.person("ada").comment(pull.number, "/graft approve")
    deliver_comment(house, pull.number, comment.id)
    house.heed()

    assert run_list(house, pull.number, RunKind.EVALUATE) == []
    assert any("not yours to say" in body for body in comment_bodies(standin, pull.number))


def test_a_push_supersedes_runs_drops_the_approval_and_says_so_on_the_old_check(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    old = pull.head
    deliver_pull(house, pull.number)
    house.heed()
    comment = standin.person("max").comment(pull.number, f"/graft approve {pull.head}")
    deliver_comment(house, pull.number, comment.id)
    house.heed()
    pull.push()
    deliver_pull(house, pull.number, "pushed")
    house.heed()

    states = [run.state for run in run_list(house, pull.number, RunKind.EVALUATE)]
    assert states == [RunState.SUPERSEDED]
    with house.tools.read() as session:
        assert live_approval(session, contribution(house, pull.number).id) is None
    (check,) = standin.person("ada").repo().get_commit(old).get_check_runs()
    assert (check.status, check.conclusion) == ("completed", "cancelled")
    told = [b for b in comment_bodies(standin, pull.number) if "the approval by @max" in b]
    assert len(told) == 1
    assert len([b for b in comment_bodies(standin, pull.number) if "graftlab:report" in b]) == 1


def test_a_report_reads_the_head_again_and_puts_no_verdict_under_another_commit(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = checked_pull(house, open_pull)
    before = comment_bodies(standin, pull.number)
    pull.push()  # and the webhook is lost
    with house.tools.write() as session:
        row = contributions.find(session, house.tools.settings.repositories[0], pull.number)
        assert row is not None
        row.state, row.draft = "open", True  # something new to say
        contributions.want_report(session, row.id)
    report.make_report(house.tools, house.client, row.id)
    assert comment_bodies(standin, pull.number) == before
    assert [task for task, _ in house.rung] == ["handle_delivery"]
    house.heed()

    assert [run.head_sha for run in run_list(house, pull.number)][-1] == pull.head
    assert f"about commit `{pull.head[:8]}`" in comment_bodies(standin, pull.number)[0]


def test_a_closed_pull_requests_runs_are_cancelled(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    house.heed()
    comment = standin.person("max").comment(pull.number, f"/graft approve {pull.head}")
    deliver_comment(house, pull.number, comment.id)
    house.heed()
    standin.person("max").repo().get_pull(pull.number).edit(state="closed")
    deliver_pull(house, pull.number, "closed")
    house.heed()

    (run,) = run_list(house, pull.number, RunKind.EVALUATE)
    assert run.state is RunState.CANCELLED
    with house.tools.read() as session:
        rows = session.scalars(select(Outbox).where(Outbox.kind == "check")).all()
    assert {row.payload["status"] for row in rows} == {"completed"}
