"""The outbox: newest content wins, equal content is not sent again, sent means confirmed."""

from datetime import datetime

from sqlalchemy import Engine

from service.ledger import outbox
from service.ledger.outbox import Letter
from service.ledger.session import read_scope, session_scope
from service.ledger.tables import Outbox, OutboxState
from tests.service.ledger.makers import later


def put(engine: Engine, body: str, now: datetime) -> int | None:
    with session_scope(engine) as session:
        return outbox.put(
            session,
            key="garden/taxonomy#1:comment",
            kind="comment",
            repository="garden/taxonomy",
            payload={"body": body},
            now=now,
        )


def take(engine: Engine, now: datetime) -> Letter | None:
    with read_scope(engine) as session:
        return outbox.take(session, now=now)


def taken(engine: Engine, now: datetime) -> Letter:
    letter = take(engine, now)
    assert letter is not None
    return letter


def sent(engine: Engine, letter: Letter, now: datetime) -> bool:
    with session_scope(engine) as session:
        return outbox.mark_sent(session, letter, remote_id=5, now=now)


def test_content_is_sent_once(engine: Engine, now: datetime) -> None:
    assert put(engine, "one", now) is not None
    assert put(engine, "one", now) is None
    assert sent(engine, taken(engine, now), now)

    assert put(engine, "one", now) is None
    assert take(engine, now) is None


def test_newer_content_replaces_what_was_not_sent(engine: Engine, now: datetime) -> None:
    put(engine, "one", now)
    put(engine, "two", now)

    assert taken(engine, now).payload == {"body": "two"}


def test_content_that_changes_while_it_is_sent_is_sent_again(engine: Engine, now: datetime) -> None:
    put(engine, "one", now)
    letter = taken(engine, now)
    put(engine, "two", now)

    assert not sent(engine, letter, now)

    newer = taken(engine, now)
    assert (newer.payload, newer.remote_id) == ({"body": "two"}, 5)
    assert sent(engine, newer, now)


def test_content_that_returns_to_what_was_sent_needs_no_sending(engine: Engine, now: datetime) -> None:
    put(engine, "one", now)
    sent(engine, taken(engine, now), now)
    put(engine, "two", now)

    assert put(engine, "one", now) is None
    assert take(engine, now) is None


def test_what_failed_waits_and_what_is_hopeless_stops(engine: Engine, now: datetime) -> None:
    row_id = put(engine, "one", now)
    with session_scope(engine) as session:
        outbox.mark_failed(session, taken(engine, now), error="busy", not_before=later(now, 10))
    assert take(engine, later(now, 9)) is None
    with session_scope(engine) as session:
        outbox.mark_failed(session, taken(engine, later(now, 10)), error="gone", not_before=None)

    assert take(engine, later(now, 99)) is None
    with read_scope(engine) as session:
        row = session.get_one(Outbox, row_id)
        assert (row.state, row.attempts, row.error) == (OutboxState.FAILED, 2, "gone")


def test_new_content_after_a_failure_is_tried_at_once(engine: Engine, now: datetime) -> None:
    put(engine, "one", now)
    with session_scope(engine) as session:
        outbox.mark_failed(session, taken(engine, now), error="gone", not_before=None)

    assert put(engine, "two", now) is not None
    assert taken(engine, now).attempts == 0


def put_in(engine: Engine, repository: str, now: datetime) -> None:
    with session_scope(engine) as session:
        outbox.put(
            session, key=f"{repository}#1:comment", kind="comment", repository=repository, payload={}, now=now
        )


def test_each_installation_has_letters_of_its_own(engine: Engine, now: datetime) -> None:
    for repository in ("garden/taxonomy", "garden/other", "gar_en/taxonomy"):
        put_in(engine, repository, now)

    with read_scope(engine) as session:
        waiting = outbox.installations(session, now=now)
        first = outbox.take(session, now=now, installation="gar_en")
    assert set(waiting) == {"garden", "gar_en"}
    assert first is not None
    assert first.repository == "gar_en/taxonomy"


def test_what_was_written_is_counted_by_installation_and_time(engine: Engine, now: datetime) -> None:
    for repository, at in (("garden/a", now), ("garden/b", later(now, 50)), ("orchard/c", now)):
        put_in(engine, repository, now)
        with session_scope(engine) as session:
            letter = outbox.take(session, now=now, installation=repository.partition("/")[0])
            assert letter is not None
            outbox.mark_sent(session, letter, remote_id=1, now=at)

    with read_scope(engine) as session:
        assert outbox.written(session, "garden", since=later(now, -60), now=later(now, 51)) == (
            2,
            later(now, 50),
        )
        assert outbox.written(session, "garden", since=later(now, 1), now=later(now, 51))[0] == 1
        assert outbox.written(session, "garden", since=later(now, 60), now=later(now, 120)) == (0, None)


def test_what_is_doubted_is_looked_for_and_sent_again(engine: Engine, now: datetime) -> None:
    put(engine, "one", now)
    letter = taken(engine, now)
    assert sent(engine, letter, now)
    with session_scope(engine) as session:
        outbox.doubt(session, letter.id)

    again = taken(engine, now)
    assert (again.content_hash, again.remote_id) == (letter.content_hash, None)
