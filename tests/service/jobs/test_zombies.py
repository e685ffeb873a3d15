"""A sender that slept, and whose right another took meanwhile: what it may still do, and what is done about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from service.errors import GitHubBusy
from service.github.pygithub_client import PyGithubClient
from service.github.standin.driver import StandIn
from service.jobs import pace, send_outbox, sweep
from service.ledger import locks, outbox
from service.ledger.tables import Contribution, Delivery, Lock, Outbox, OutboxState
from service.reports.comment import MARKER
from tests.service.jobs.acts import deliver_pull
from tests.service.jobs.conftest import House, OpenPull

RIGHT = "outbox:orchard"


def take_the_right(house: House) -> None:
    """As the heir of one that fell silent."""
    with house.tools.write() as session:
        session.execute(update(Lock).where(Lock.name == RIGHT).values(expires_at=None))
        assert locks.acquire(session, RIGHT, owner="heir", now=house.tools.now(), seconds=5) is not None


def give_it_back(house: House) -> None:
    with house.tools.write() as session:
        session.execute(update(Lock).where(Lock.name == RIGHT).values(expires_at=None, owner=None))


@contextmanager
def asleep_in(
    house: House, monkeypatch: pytest.MonkeyPatch, method: str, *, after: bool
) -> Iterator[list[str]]:
    """The first call of a client's method falls asleep, before or after it has done its work; the right is taken."""
    real, slept = getattr(PyGithubClient, method), list[str]()

    def call(client: PyGithubClient, *arguments: object) -> object:
        done = real(client, *arguments) if after or slept else None
        if not slept:
            slept.append(method)
            take_the_right(house)
        return done if after or done is not None else real(client, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(PyGithubClient, method, call)
        yield slept


def ours(standin: StandIn, number: int) -> list[str]:
    comments = standin.person("ada").repo().get_issue(number).get_comments()
    return [c.body for c in comments if c.user.login == standin.seeded.bot and MARKER in c.body]


def rows(house: House) -> dict[str, Outbox]:
    with house.tools.read() as session:
        return {row.kind: row for row in session.scalars(select(Outbox))}


def test_who_sleeps_between_looking_and_writing_writes_nothing(
    house: House, open_pull: OpenPull, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    with asleep_in(house, monkeypatch, "find_comments", after=True) as slept:
        house.heed()
    assert slept
    assert ours(standin, pull.number) == []

    give_it_back(house)
    send_outbox.send_all(house.tools, house.client)
    assert len(ours(standin, pull.number)) == 1


def test_a_comment_written_in_ones_sleep_is_made_one_with_the_heirs(
    house: House, open_pull: OpenPull, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    with asleep_in(house, monkeypatch, "create_comment", after=True):
        house.heed()
    house.client.create_comment(standin.seeded.repository, pull.number, f"{MARKER}\nThe heir's, of before.")
    assert len(ours(standin, pull.number)) == 2
    assert rows(house)["comment"].state is OutboxState.PENDING  # in doubt

    give_it_back(house)
    send_outbox.send_all(house.tools, house.client)

    (body,) = ours(standin, pull.number)
    assert pull.head[:8] in body


def test_a_second_comment_whose_writer_died_is_found_by_the_sweeper(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    house.heed()
    house.client.create_comment(standin.seeded.repository, pull.number, f"{MARKER}\nA zombie's last word.")
    assert len(ours(standin, pull.number)) == 2

    sweep.sweep(house.tools, house.client)
    house.heed()

    (body,) = ours(standin, pull.number)
    assert pull.head[:8] in body


def test_a_check_run_left_in_progress_by_nobody_is_ended_and_the_verdict_stands(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    deliver_pull(house, pull.number)
    house.heed()
    repo = standin.app().get_repo(standin.seeded.repository)
    stray = repo.create_check_run(name="GraftLab", head_sha=pull.head, status="in_progress")

    sweep.sweep(house.tools, house.client)
    house.heed()

    found = {check.id: check.conclusion for check in repo.get_commit(pull.head).get_check_runs(filter="all")}
    assert found.pop(stray.id) == "neutral"
    assert list(found.values()) == ["success"]


def test_installations_do_not_wait_for_each_other(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    with house.tools.write() as session:
        outbox.put(
            session,
            key="elsewhere/taxonomy#1:reaction:1",
            kind="reaction",
            repository="elsewhere/taxonomy",
            payload={"comment_id": 1, "reaction": "eyes"},
            now=house.tools.now(),
        )
        busy = locks.acquire(session, "outbox:elsewhere", owner="other", now=house.tools.now(), seconds=5)
        assert busy is not None
        locks.pause(session, "outbox:elsewhere", until=house.tools.now() + timedelta(hours=1))
    deliver_pull(house, pull.number)
    house.heed()

    assert len(ours(standin, pull.number)) == 1
    assert rows(house)["reaction"].state is OutboxState.PENDING


def test_all_processes_keep_one_pace(house: House, open_pull: OpenPull) -> None:
    deliver_pull(house, open_pull().number)
    house.heed()
    now = max(row.sent_at for row in rows(house).values() if row.sent_at)
    with house.tools.read() as session:
        for changes, at, expected in (
            ({"github_write_interval": 1.0}, 0.25, 0.75),
            ({"github_write_interval": 1.0}, 1.5, 0.0),
            ({"github_writes_a_minute": 2}, 30, 5.0),
            ({"github_writes_a_minute": 2}, 61, 0.0),
            ({"github_writes_an_hour": 2}, 3000, 5.0),
        ):
            settings = house.tools.settings.model_copy(update=changes)
            when = now + timedelta(seconds=at)
            assert pace.wait(session, settings, "orchard", now=when) == pytest.approx(expected), changes


def test_trouble_on_the_way_holds_up_its_letter_and_not_the_whole_installation(
    house: House, open_pull: OpenPull, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.tools = type(house.tools)(
        house.tools.settings.model_copy(update={"retry_seconds": 0.0}), house.tools.engine, house.tools.nudge
    )
    deliver_pull(house, open_pull().number)

    def trouble(*_: object) -> None:
        raise GitHubBusy("502", retry_after=600)

    with monkeypatch.context() as patch:
        patch.setattr(PyGithubClient, "create_comment", trouble)
        house.heed()
    send_outbox.send_all(house.tools, house.client)

    assert {row.state for row in rows(house).values()} == {OutboxState.SENT}


def test_a_limit_that_a_reader_met_is_kept_to_by_everybody(
    house: House, open_pull: OpenPull, standin: StandIn
) -> None:
    pull = open_pull()
    standin.order_fault("403-retry-after", match=f"/repos/{standin.seeded.repository}/pulls", seconds=300)
    first = deliver_pull(house, pull.number, "first")
    house.heed()
    second = deliver_pull(house, pull.number, "second")
    house.heed()
    sweep.sweep(house.tools, house.client)  # would find the pull request

    with house.tools.read() as session:
        rows_ = [session.get_one(Delivery, row_id) for row_id in (first, second)]
        assert session.scalars(select(Contribution)).all() == []
    assert [row.attempts for row in rows_] == [1, 0]
    for row in rows_:
        assert row.not_before is not None
        assert row.not_before > house.tools.now() + timedelta(seconds=200)
