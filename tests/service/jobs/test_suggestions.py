"""Exact mends become suggestions in the pull request, once each; findings go to code scanning where that is on."""

from dataclasses import replace

from github.PullRequest import PullRequest
from sqlalchemy import select

from service.github.standin.driver import StandIn
from service.jobs import report, send_outbox
from service.ledger import contributions
from service.ledger.tables import Outbox, OutboxState
from tests.service.jobs.acts import contribution, deliver_pull
from tests.service.jobs.conftest import LEAF, House, OpenPull, Pull


def seen(standin: StandIn, number: int) -> PullRequest:
    return standin.person("ada").repo().get_pull(number)


def checked(house: House, pull: Pull, name: str = "") -> None:
    deliver_pull(house, pull.number, name or f"pull-{pull.number}-{pull.head}")
    house.heed()


def with_settings(house: House, changes: dict[str, object]) -> None:
    house.tools = replace(house.tools, settings=house.tools.settings.model_copy(update=changes))


def report_again(house: House, number: int) -> None:
    row = contribution(house, number)
    with house.tools.write() as session:
        contributions.want_report(session, row.id)
    report.make_report(house.tools, house.client, row.id)
    house.heed()


def test_an_exact_mend_is_suggested_on_its_line_once(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull(good=False)
    checked(house, pull)
    report_again(house, pull.number)

    (remark,) = seen(standin, pull.number).get_review_comments()
    assert (remark.path, remark.line, remark.user.login) == (f"{LEAF}/qna.yaml", 2, standin.seeded.bot)
    assert "```suggestion\ncreated_by: ada\n```" in remark.body
    assert "docs/rules/GL108.md" in remark.body
    (review,) = seen(standin, pull.number).get_reviews()
    assert (review.state, review.commit_id) == ("COMMENTED", pull.head)


def test_a_suggestion_sent_but_not_noted_is_not_sent_twice(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull(good=False)
    checked(house, pull)
    with house.tools.write() as session:
        row = session.scalars(select(Outbox).where(Outbox.key.like(f"%#{pull.number}:suggestions"))).one()
        row.state, row.sent_hash, row.remote_id = OutboxState.PENDING, None, None
    send_outbox.send_all(house.tools, house.client)

    assert seen(standin, pull.number).get_review_comments().totalCount == 1


def test_a_mended_head_takes_the_suggestion_away_unless_somebody_answered_it(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pulls = [open_pull(good=False), open_pull(good=False)]
    for pull in pulls:
        checked(house, pull)
    (remark,) = seen(standin, pulls[1].number).get_review_comments()
    seen(standin, pulls[1].number).create_review_comment_reply(remark.id, "Why?")
    for pull in pulls:
        pull.copy.git("switch", "--quiet", pull.branch)
        pull.push()
        checked(house, pull)

    left = [seen(standin, pull.number).get_review_comments().totalCount for pull in pulls]
    assert left == [0, 2]


def test_a_good_leaf_and_a_service_that_does_not_suggest_get_no_review(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    good = open_pull()
    checked(house, good)
    with_settings(house, {"suggestions": False})
    bad = open_pull(good=False)
    checked(house, bad)

    assert [seen(standin, one.number).get_reviews().totalCount for one in (good, bad)] == [0, 0]


def test_findings_go_to_code_scanning_only_where_that_is_on(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    without, pull = open_pull(good=False), open_pull(good=False)
    checked(house, without)
    with_settings(house, {"code_scanning": True})
    checked(house, pull)

    uploads = [one["target"] for one in standin.history() if one["what"] == "sarif.uploaded"]
    assert uploads == [f"{standin.seeded.repository}@{pull.head}"]
