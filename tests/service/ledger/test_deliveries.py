"""A delivery is recorded once and handled until it is stamped."""

from datetime import datetime

from sqlalchemy import Engine

from service.ledger import deliveries
from service.ledger.session import read_scope, session_scope
from service.ledger.tables import Delivery
from tests.service.ledger.makers import later


def record(engine: Engine, delivery_id: str, body: bytes, now: datetime) -> tuple[int, bool]:
    with session_scope(engine) as session:
        return deliveries.record(
            session,
            delivery_id=delivery_id,
            event="pull_request",
            action="opened",
            repository="garden/taxonomy",
            body=body,
            now=now,
        )


def test_a_delivery_that_arrives_twice_is_kept_once_as_it_was_first(engine: Engine, now: datetime) -> None:
    first = record(engine, "d-1", b"one", now)
    again = record(engine, "d-1", b"two", now)

    assert first[1]
    assert again == (first[0], False)
    with read_scope(engine) as session:
        assert session.get_one(Delivery, first[0]).body == b"one"


def test_deliveries_are_unprocessed_until_they_are_stamped(engine: Engine, now: datetime) -> None:
    first, second = (record(engine, name, b"", now)[0] for name in ("d-1", "d-2"))
    with session_scope(engine) as session:
        deliveries.begin(session, first, not_before=now)
        deliveries.failed(session, first, error="GitHub was busy", not_before=now)
    with session_scope(engine) as session:
        assert deliveries.unprocessed(session, now=now) == [first, second]
        assert session.get_one(Delivery, first).attempts == 1
        deliveries.processed(session, first, now=now)

    with read_scope(engine) as session:
        assert deliveries.unprocessed(session, now=now) == [second]
        assert session.get_one(Delivery, first).error is None


def test_what_fails_again_and_again_is_in_nobodys_way(engine: Engine, now: datetime) -> None:
    poison, good = (record(engine, name, b"", now)[0] for name in ("d-1", "d-2"))
    with session_scope(engine) as session:
        deliveries.begin(session, poison, not_before=later(now, 60))  # and its worker died of it

    with read_scope(engine) as session:
        assert session.get_one(Delivery, poison).attempts == 1
        assert deliveries.unprocessed(session, now=now, limit=1) == [good]
        assert deliveries.unprocessed(session, now=later(now, 60)) == [poison, good]


def test_who_looks_by_itself_leaves_alone_what_has_just_come(engine: Engine, now: datetime) -> None:
    old = record(engine, "d-1", b"", now)[0]
    record(engine, "d-2", b"", later(now, 10))

    with read_scope(engine) as session:
        assert deliveries.unprocessed(session, now=later(now, 11), before=later(now, 9)) == [old]
