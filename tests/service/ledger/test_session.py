"""Transactions and the nudges that follow them."""

import threading

import pytest
from sqlalchemy import Engine, select

from service.errors import Misconfigured
from service.ledger.session import (
    insert_or_ignore,
    make_engine,
    nudge_after_commit,
    read_scope,
    session_scope,
)
from service.ledger.tables import Cursor
from service.settings import Settings


class Nudges(list[tuple[str, int]]):
    def __call__(self, task: str, row_id: int) -> None:
        self.append((task, row_id))


def test_nudges_leave_once_each_and_only_after_the_commit(engine: Engine) -> None:
    seen: list[list[str]] = []

    def look(task: str, row_id: int) -> None:
        with read_scope(engine) as session:
            seen.append([task, str(row_id), *session.scalars(select(Cursor.name))])

    with session_scope(engine, look) as session:
        session.add(Cursor(name="a", value="1"))
        nudge_after_commit(session, "sweep", 7)
        nudge_after_commit(session, "sweep", 7)
        assert seen == []

    assert seen == [["sweep", "7", "a"]]


def test_a_rolled_back_transaction_leaves_neither_rows_nor_nudges(engine: Engine) -> None:
    nudges = Nudges()

    def fail() -> None:
        with session_scope(engine, nudges) as session:
            session.add(Cursor(name="a", value="1"))
            nudge_after_commit(session, "sweep", 7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with read_scope(engine) as session:
        assert session.scalars(select(Cursor)).all() == []
    assert nudges == []


def test_a_broker_that_is_down_does_not_fail_the_caller(engine: Engine) -> None:
    def broken(task: str, row_id: int) -> None:
        raise ConnectionError(task, row_id)

    with session_scope(engine, broken) as session:
        session.add(Cursor(name="a", value="1"))
        nudge_after_commit(session, "sweep", 7)

    with read_scope(engine) as session:
        assert session.get(Cursor, "a") is not None


def test_inserting_what_is_there_changes_nothing(engine: Engine) -> None:
    with session_scope(engine) as session:
        assert insert_or_ignore(session, Cursor, {"name": "a", "value": "1"}) is not None
        assert insert_or_ignore(session, Cursor, {"name": "a", "value": "2"}) is None

    with read_scope(engine) as session:
        assert session.get_one(Cursor, "a").value == "1"


def test_writers_wait_for_each_other_instead_of_failing(engine: Engine) -> None:
    with session_scope(engine) as session:
        session.add(Cursor(name="count", value="0"))

    def add() -> None:
        for _ in range(10):
            with session_scope(engine) as session:
                row = session.get_one(Cursor, "count", with_for_update=True)
                row.value = str(int(row.value) + 1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with read_scope(engine) as session:
        assert session.get_one(Cursor, "count").value == "40"


def test_a_reader_does_not_wait_for_a_writer(engine: Engine) -> None:
    with session_scope(engine) as writer:
        writer.add(Cursor(name="a", value="1"))
        writer.flush()
        with read_scope(engine) as reader:
            assert reader.scalars(select(Cursor)).all() == []


def test_sqlite_waits_for_the_disk_and_keeps_foreign_keys(tmp_path: object, settings: Settings) -> None:
    if settings.database_url.startswith("postgresql"):
        pytest.skip("a matter of SQLite")
    engine = make_engine(settings)
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()

    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(Misconfigured, match="mysql"):
        make_engine(Settings(database_url="mysql://localhost/x"))
