"""A delivery is recorded once and handled until it is stamped."""

from datetime import datetime

from sqlalchemy import Engine, text

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


def test_one_that_always_fails_is_given_up_until_it_is_replayed(engine: Engine, now: datetime) -> None:
    poison, sound = (record(engine, name, b"", now)[0] for name in ("d-1", "d-2"))
    for _ in range(deliveries.MOST_FAULTS):
        with session_scope(engine) as session:
            assert deliveries.unprocessed(session, now=now) == [poison, sound]
            deliveries.begin(session, poison, not_before=now)
            deliveries.failed(session, poison, error="ValueError: no", not_before=now)
    with session_scope(engine) as session:
        assert deliveries.unprocessed(session, now=now) == [sound]
        assert deliveries.state(session.get_one(Delivery, poison)) == "given up"
        deliveries.replay(session, poison)
    with read_scope(engine) as session:
        assert deliveries.unprocessed(session, now=now) == [poison, sound]


def test_neither_github_being_away_nor_killed_workers_count_against_a_delivery(
    engine: Engine, now: datetime
) -> None:
    refused, killed = (record(engine, name, b"", now)[0] for name in ("d-1", "d-2"))
    for _ in range(deliveries.MOST_FAULTS + 1):
        with session_scope(engine) as session:
            deliveries.begin(session, killed, not_before=now)
            deliveries.begin(session, refused, not_before=now)
            deliveries.failed(session, refused, error="GitHub was busy", not_before=now, counted=False)
    with read_scope(engine) as session:
        assert deliveries.unprocessed(session, now=now) == [refused, killed]
        assert deliveries.state(session.get_one(Delivery, refused)) == "failing"


def test_many_are_recorded_at_once_each_once_and_in_order(engine: Engine, now: datetime) -> None:
    first, _ = record(engine, "d-1", b"one", now)
    with session_scope(engine) as session:
        deliveries.processed(session, first, now=now)
    arrivals = [
        deliveries.Arrival(name, "push", None, None, body)
        for name, body in (("d-2", b"two"), ("d-1", b"other"), ("d-2", b"again"), ("d-3", b"three"))
    ]
    with engine.begin() as connection:
        rows = deliveries.record_all(connection, arrivals, now=now)
    assert [(row.new, row.processed) for row in rows] == [
        (True, False),
        (False, True),
        (True, False),
        (True, False),
    ]
    assert rows[0].id == rows[2].id
    with read_scope(engine) as session:
        kept = {row.id: row.body for row in deliveries.find(session, deliveries.Filter(), limit=9)}
    assert kept == {first: b"one", rows[0].id: b"two", rows[3].id: b"three"}


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


def test_a_body_is_packed_on_the_disk_and_read_whole_also_one_from_before(
    engine: Engine, now: datetime
) -> None:
    body = b'{"action": "opened", "pad": "' + b"seeds and leaves " * 500 + b'"}'
    new, old = (record(engine, name, body, now)[0] for name in ("d-1", "d-2"))
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE deliveries SET body = :body WHERE id = :id"), {"body": body, "id": old}
        )

    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, length(body) AS length FROM deliveries")).all()
    kept = {row.id: row.length for row in rows}
    with read_scope(engine) as session:
        assert session.get_one(Delivery, new).body == session.get_one(Delivery, old).body == body
    assert kept[new] < len(body) / 10 < kept[old] == len(body)
