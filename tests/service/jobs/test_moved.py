"""A taxonomy that is renamed at GitHub while work is under way: it is said, and nothing is lost."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from service.errors import RepositoryMoved
from service.github.standin.driver import Person, StandIn
from service.jobs import send_outbox, sweep
from service.jobs.clones import fetch
from service.ledger import deliveries, outbox
from service.ledger.tables import Delivery, Lock, Outbox, OutboxState, RunState, Stage, StageState
from tests.service.jobs.acts import checked_pull, comment_bodies, deliver_pull, processed, run_list
from tests.service.jobs.conftest import House, OpenPull

OLD, NEW = "orchard/taxonomy", "orchard/trees"
SAID = f"{OLD} is now {NEW} at GitHub. Set GRAFT_REPOSITORIES to {NEW}, in place of {OLD}, and start anew."


@pytest.fixture
def admin(standin: StandIn) -> Iterator[Person]:
    """Who may rename it; in the end it has its name back."""
    root = standin.appoint("root", role="admin")
    yield root
    if root.repo(NEW).full_name == NEW:
        root.repo(NEW).edit(name="taxonomy")


def let_time_pass(house: House) -> None:
    """Whatever waits for another try may have it now."""
    past = house.tools.now() - timedelta(seconds=1)
    with house.tools.write() as session:
        session.execute(update(Stage).where(Stage.state == StageState.READY).values(not_before=past))
        session.execute(update(Outbox).where(Outbox.state != OutboxState.SENT).values(not_before=past))
        session.execute(update(Lock).values(expires_at=past))
        for one in session.scalars(select(Delivery).where(Delivery.processed_at.is_(None))):
            deliveries.replay(session, one.id)


def test_a_check_and_a_delivery_wait_until_the_name_is_right(
    house: House, open_pull: OpenPull, admin: Person
) -> None:
    checking, told = open_pull(), open_pull()
    house._do("handle_delivery", deliver_pull(house, checking.number), stages=False)
    admin.repo(OLD).edit(name="trees")
    row_id = deliver_pull(house, told.number)
    house.heed()

    with house.tools.read() as session:
        delivery, stage = session.get_one(Delivery, row_id), session.scalars(select(Stage)).one()
    assert (delivery.error, delivery.processed_at) == (SAID, None)
    assert (stage.state, stage.attempts) == (StageState.READY, 1)
    assert stage.failure is not None
    assert (stage.failure["code"], stage.failure["retryable"]) == ("moved", True)
    assert f"{stage.failure['message']}. {stage.failure['mend']}" == SAID
    assert run_list(house, checking.number)[0].state.is_open

    admin.repo(NEW).edit(name="taxonomy")
    let_time_pass(house)
    house.rung.append(("sweep", 0))
    house.heed()
    house.rung.append(("check", 0))
    house.heed()

    assert processed(house, row_id)
    states = [run_list(house, one.number)[0].state for one in (checking, told)]
    assert states == [RunState.SUCCEEDED, RunState.SUCCEEDED]


def test_a_letter_is_kept_however_long_it_takes(
    house: House, open_pull: OpenPull, admin: Person, standin: StandIn
) -> None:
    pull = checked_pull(house, open_pull)
    now = house.tools.now()
    payload = {"number": pull.number, "marker": "<!-- kept -->", "body": "Kept. <!-- kept -->"}
    with house.tools.write() as session:
        outbox.put(session, key="kept", kind="comment", repository=OLD, payload=payload, now=now)
    admin.repo(OLD).edit(name="trees")
    for _ in range(10):
        let_time_pass(house)
        send_outbox.send_all(house.tools, house.client)
    with house.tools.read() as session:
        letter = session.scalars(select(Outbox).where(Outbox.key == "kept")).one()
    assert letter.attempts == 10
    assert SAID in (letter.error or "")

    admin.repo(NEW).edit(name="taxonomy")
    let_time_pass(house)
    send_outbox.send_all(house.tools, house.client)
    assert any("Kept." in body for body in comment_bodies(standin, pull.number))


def test_git_s_failure_and_the_sweeper_s_are_said_with_the_name(
    house: House, admin: Person, caplog: pytest.LogCaptureFixture
) -> None:
    fetch(house.tools.settings, house.client, OLD)
    url = house.client.clone_url(OLD)
    admin.repo(OLD).edit(name="trees")
    assert house.client.clone_url(OLD) == url  # the token is from before, so Git is the first to meet it
    with pytest.raises(RepositoryMoved):
        fetch(house.tools.settings, house.client, OLD)
    with caplog.at_level(logging.WARNING):
        sweep.sweep(house.tools, house.client)
    assert SAID in caplog.text
