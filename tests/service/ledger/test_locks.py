"""A right has one holder, also where holders die, sleep, or have their clock set back."""

import threading
from datetime import datetime

import pytest
from sqlalchemy import Engine

from service.errors import LeaseLost
from service.ledger import locks
from service.ledger.locks import Held
from service.ledger.session import read_scope, session_scope
from tests.service.ledger.makers import SECONDS, later


def acquire(engine: Engine, owner: str, now: datetime) -> Held | None:
    with session_scope(engine) as session:
        return locks.acquire(session, "outbox:garden", owner=owner, now=now, seconds=SECONDS)


def test_a_right_is_free_again_when_its_holder_fell_silent_and_the_holder_is_told(
    engine: Engine, now: datetime
) -> None:
    first = acquire(engine, "one", now)
    assert first is not None
    assert acquire(engine, "other", later(now, SECONDS - 1)) is None
    assert acquire(engine, "other", later(now, SECONDS + 1)) is not None

    with session_scope(engine) as session, pytest.raises(LeaseLost):
        locks.renew(session, first, now=now, seconds=SECONDS)


def test_a_right_taken_before_the_clock_was_set_back_does_not_last_until_then(
    engine: Engine, now: datetime
) -> None:
    assert acquire(engine, "dead", later(now, 7200)) is not None

    assert acquire(engine, "heir", now) is not None


def test_a_pause_holds_for_everybody_until_it_is_over(engine: Engine, now: datetime) -> None:
    for seconds in (10, 30):  # the later word counts
        with session_scope(engine) as session:
            locks.pause(session, "outbox:garden", until=later(now, seconds))

    with read_scope(engine) as session:
        assert locks.paused(session, "outbox:garden", now=later(now, 29))
        assert not locks.paused(session, "outbox:garden", now=later(now, 30))
        assert not locks.paused(session, "outbox:orchard", now=now)
        assert not locks.paused(session, "outbox:garden", now=later(now, -9000))  # the clock was set back


def test_who_is_alone_under_a_name_sees_what_the_one_before_wrote(engine: Engine, now: datetime) -> None:
    inside, go_on = threading.Event(), threading.Event()
    seen: list[bool] = []

    def first() -> None:
        with session_scope(engine) as session:
            locks.alone(session, "garden/taxonomy#1")
            inside.set()
            assert go_on.wait(30)
            locks.pause(session, "written", until=later(now, 60))

    def second() -> None:
        with session_scope(engine) as session:
            locks.alone(session, "garden/taxonomy#1")
            seen.append(locks.paused(session, "written", now=now))

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(30)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(60)

    assert seen == [True]
