"""Each letter arrives once, whatever happens between GitHub and the ledger."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from service.github.standin.driver import StandIn
from service.jobs import send_outbox
from service.ledger import locks, outbox
from service.ledger.tables import Lock, Outbox, OutboxState
from tests.service.jobs.acts import deliver_pull
from tests.service.jobs.conftest import House, OpenPull


class Killed(BaseException):
    """As SIGKILL: no handler sees it."""


def letters(house: House) -> dict[str, Outbox]:
    with house.tools.read() as session:
        return {row.kind: row for row in session.scalars(select(Outbox))}


def let_the_dead_ones_right_run_out(house: House) -> None:
    with house.tools.write() as session:
        session.execute(update(Lock).values(expires_at=house.tools.now() - timedelta(seconds=1)))


def test_a_sender_that_dies_after_sending_does_not_make_its_successor_say_it_twice(
    house: House, open_pull: OpenPull, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    real, deaths = outbox.mark_sent, []

    def die(*arguments: object, **more: object) -> bool:
        deaths.append(1)
        raise Killed

    monkeypatch.setattr(outbox, "mark_sent", die)
    for _ in range(2):  # the comment's sender dies, then the next one at the same letter
        with pytest.raises(Killed):
            house.heed()
        let_the_dead_ones_right_run_out(house)
        house.rung.append(("send_outbox", 0))
    monkeypatch.setattr(outbox, "mark_sent", real)
    house.heed()

    assert len(deaths) == 2
    assert {row.state for row in letters(house).values()} == {OutboxState.SENT}
    repo = standin.person("ada").repo()
    assert repo.get_issue(pull.number).get_comments().totalCount == 1
    assert repo.get_commit(pull.head).get_check_runs().totalCount == 1


def test_only_one_sends_at_a_time(house: House, open_pull: OpenPull, standin: StandIn) -> None:
    pull = open_pull()
    with house.tools.write() as session:
        held = locks.acquire(session, "outbox:orchard", owner="other", now=house.tools.now(), seconds=5)
    assert held is not None
    deliver_pull(house, pull.number)
    house.heed()
    assert {row.state for row in letters(house).values()} == {OutboxState.PENDING}

    with house.tools.write() as session:
        locks.release(session, held)
    send_outbox.send_all(house.tools, house.client)

    assert {row.state for row in letters(house).values()} == {OutboxState.SENT}


def test_when_github_asks_for_a_pause_nobody_writes_before_it_is_over(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    comments = f"/repos/{standin.seeded.repository}/issues/{pull.number}/comments"
    standin.order_fault("403-retry-after", match=comments, method="POST", seconds=30)
    house.heed()

    with house.tools.read() as session:
        right = session.get_one(Lock, "pause:github:orchard")
        waiting = outbox.take(session, now=house.tools.now())
    assert right.expires_at is not None
    assert right.expires_at > house.tools.now()
    assert waiting is None or waiting.kind == "check"
    assert letters(house)["comment"].attempts == 1


def test_a_comment_that_somebody_deleted_is_written_anew(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    house.heed()
    max_repo = standin.person("max").repo()
    next(iter(max_repo.get_issue(pull.number).get_comments())).delete()
    pull.push(good=False)
    deliver_pull(house, pull.number, "pushed")
    house.heed()

    assert max_repo.get_issue(pull.number).get_comments().totalCount == 1


def test_a_write_whose_answer_got_lost_is_adopted(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    comments = f"/repos/{standin.seeded.repository}/issues/{pull.number}/comments"
    standin.order_fault("500-after", match=comments, method="POST")
    house.heed()
    assert letters(house)["comment"].state is OutboxState.PENDING

    let_the_dead_ones_right_run_out(house)
    with house.tools.write() as session:
        session.execute(update(Outbox).values(not_before=None))
    send_outbox.send_all(house.tools, house.client)

    assert letters(house)["comment"].state is OutboxState.SENT
    assert standin.person("ada").repo().get_issue(pull.number).get_comments().totalCount == 1
